"""A server that is started again under a page that plays."""

from __future__ import annotations

import os
import signal

from playwright.sync_api import Browser, expect

from tests.e2e.app import TrainPage, free_port, serve


def test_a_server_that_was_killed_under_a_playing_page_says_so_and_runs_it_again(
    browser: Browser,
) -> None:
    port = free_port()
    with serve(port=port) as server:
        window = browser.new_context(locale="en-US").new_page()
        window.set_default_timeout(30_000)
        train = TrainPage(window).open(server.url + "/?hidden_size=8&pace=5")
        train.press("run")
        train.wait_for_step(100)
        os.kill(server.pid, signal.SIGKILL)
        expect(window.get_by_test_id("stStatusWidget")).to_contain_text("Connecting")
        window.wait_for_timeout(1_200)
        step = int(train.number("step"))
    with serve(port=port) as server:
        expect(train.key("lost")).to_contain_text(f"was lost at step {step}:", timeout=45_000)
        expect(train.key("hidden_size")).to_contain_text("8")
        # The step is drawn last, and the first page of a new server takes long on a busy machine.
        expect(train.readout("step")).to_have_text("0", timeout=45_000)
        assert window.url.endswith("?hidden_size=8&pace=5")
        train.key("again").get_by_role("button").click()
        expect(train.key("verdict")).to_contain_text(f"Run again to step {step}.")
        train.expect_step(step)
        train.expect_to_rest()
        expect(train.key("lost")).to_have_count(0)
        assert window.url.endswith("?hidden_size=8&pace=5")
        assert "Traceback" not in server.log.read_text()
    window.context.close()
