"""A page that comes back goes on with its run."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.e2e.app import TrainPage


def test_a_reloaded_page_goes_on_with_its_run_but_a_copy_and_another_link_do_not(
    open_page: Any,
) -> None:
    train = open_page("?hidden_size=8&pace=5")
    train.press("run")
    train.wait_for_step(60)
    train.page.reload()
    train.wait_for_step(61)
    expect(train.key("run")).to_contain_text("Pause")
    train.press("run")
    train.expect_to_rest()
    step, address = train.number("step"), train.page.url
    assert address.endswith("?hidden_size=8&pace=5")
    # The browser gives the copy of a tab what it has kept for the tab.
    with train.page.expect_popup() as copying:
        train.page.evaluate("window.open(location.href, '_blank')")
    copy = TrainPage(copying.value).open(address)
    assert copy.page.evaluate("sessionStorage.length") > 0
    copy.expect_to_rest()
    assert copy.number("step") == 0
    expect(copy.key("lost")).to_have_count(0)
    copy.page.close()
    train.open(address.replace("=8", "=9"))
    train.expect_to_rest()
    assert train.number("step") == 0
    expect(train.key("lost")).to_have_count(0)
    assert step >= 61
