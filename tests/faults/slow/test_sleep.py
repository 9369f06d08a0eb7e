"""A computer that sleeps while its page plays."""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import Browser, expect

from tests.e2e.app import Server
from tests.faults.cable import cable
from tests.faults.slow.test_network import expect_to_go_on, play

# Seconds; the server keeps sessions without a connection for 120.
ASLEEP = 45


def freeze(train: Any, *, frozen: bool) -> None:
    """Stop all timers and tasks of the page, or let them go on."""
    client = train.page.context.new_cdp_session(train.page)
    client.send("Page.enable")
    client.send("Page.setWebLifecycleState", {"state": "frozen" if frozen else "active"})


def test_after_sleep_the_run_goes_on_from_where_it_was(browser: Browser, server: Server) -> None:
    with cable(server.url) as own:
        train = play(browser, own.url)
        other = play(browser, server.url)  # a tab in the background, frozen, with its network
        step, others = train.number("step"), other.number("step")
        freeze(other, frozen=True)
        freeze(train, frozen=True)
        own.cut()
        time.sleep(ASLEEP)
        freeze(other, frozen=False)
        own.mend()
        freeze(train, frozen=False)
        expect_to_go_on(train, step)
        expect_to_go_on(other, others)
        # Nothing was trained meanwhile: no timer of the browser asked for it.
        assert train.number("step") < step + 50 * ASLEEP
        expect(train.page.get_by_test_id("stStatusWidget")).to_have_count(0)
        for one in (train, other):
            one.page.context.close()
