"""The network between a playing page and its server fails, and comes back."""

from __future__ import annotations

import time
from contextlib import ExitStack

from playwright.sync_api import Browser, expect

from tests.e2e.app import Server, TrainPage, serve
from tests.faults.cable import Cable, cable

QUERY = "/?hidden_size=8&pace=5"


def play(browser: Browser, url: str) -> TrainPage:
    """A page that plays."""
    page = browser.new_context(locale="en-US").new_page()
    page.set_default_timeout(60_000)
    train = TrainPage(page).open(url + QUERY)
    train.press("run")
    train.wait_for_step(30)
    return train


def expect_to_go_on(train: TrainPage, step: float) -> None:
    """The same run plays on by itself."""
    train.wait_for_step(int(step) + 1)
    expect(train.key("lost")).to_have_count(0)
    expect(train.page.locator(".silence")).to_be_hidden()
    expect(train.key("run")).to_contain_text("Pause")
    expect(train.page.get_by_test_id("stException")).to_have_count(0)


def test_a_run_goes_on_after_5_30_and_90_seconds_without_a_network(
    browser: Browser, server: Server
) -> None:
    with ExitStack() as laid:
        cables: dict[tuple[str, int], tuple[Cable, TrainPage]] = {}
        for fault in ("cut", "stall"):
            for seconds in (5, 30, 90):
                own = laid.enter_context(cable(server.url))
                cables[fault, seconds] = own, play(browser, own.url)
        began, steps = time.monotonic(), {}
        for (fault, seconds), (own, train) in cables.items():
            getattr(own, fault)()
            train.page.wait_for_timeout(300)  # what is under way arrives
            steps[fault, seconds] = train.number("step")
            if fault == "cut":
                expect(train.page.get_by_test_id("stStatusWidget")).to_contain_text("Connecting")
        for fault, seconds in sorted(cables, key=lambda one: one[1]):
            own, train = cables[fault, seconds]
            time.sleep(max(0.0, began + seconds - time.monotonic()))
            if fault == "stall" and seconds >= 30:  # the browser has not been told of anything
                expect(train.page.locator(".silence")).to_be_visible()
            assert train.number("step") <= steps[fault, seconds] + 50
            own.mend()
            expect_to_go_on(train, steps[fault, seconds])
        for _own, train in cables.values():
            train.page.context.close()


def test_after_too_long_without_a_network_the_page_says_that_its_run_is_lost(
    browser: Browser,
) -> None:
    with (
        serve("streamlit_app.py", "--server.disconnectedSessionTTL=15") as server,
        cable(server.url) as own,
    ):
        train = play(browser, own.url)
        own.cut()
        expect(train.page.get_by_test_id("stStatusWidget")).to_contain_text("Connecting")
        step = int(train.number("step"))
        time.sleep(25)
        own.mend()
        expect(train.key("lost")).to_contain_text(f"was lost at step {step}:", timeout=60_000)
        train.key("again").get_by_role("button").click()
        train.expect_step(step)
        train.expect_to_rest()
        train.page.context.close()
