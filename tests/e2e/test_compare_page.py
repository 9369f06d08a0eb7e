"""The Compare page in a real browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.app import ComparePage
from tests.e2e.visits import change_theme, settle


@pytest.fixture
def compare(open_window: Any) -> ComparePage:
    page: ComparePage = open_window(ComparePage, "/compare?seeds=4&pace=20")
    return page


def pause(compare: ComparePage) -> int:
    compare.press("run")
    expect(compare.key("run")).to_contain_text("Run")
    settle(compare.page)  # while a page is laid anew, another readout may be the first
    return int(compare.number("step"))


def top(compare: ComparePage, chart: int) -> float:
    """Where a chart begins, in pixels from the top of the window."""
    box = compare.page.get_by_test_id("stVegaLiteChart").nth(chart).bounding_box()
    assert box is not None
    return box["y"]


def test_networks_learn_together_and_rest_when_paused(compare: ComparePage) -> None:
    compare.expect_step(0)
    page = compare.page
    before = top(compare, 0), top(compare, 4)
    compare.press("run")
    compare.wait_for_step(60)
    stopped = pause(compare)
    compare.expect_to_rest()
    expect(page.get_by_text("Too few seeds for a verdict:")).to_be_visible()
    expect(page.get_by_text(f"Paused at step {stopped}.")).to_be_visible()
    # Nothing has moved from step 0 to the verdict.
    assert (top(compare, 0), top(compare, 4)) == pytest.approx(before, abs=4)
    page.get_by_role("button", name="Details").click()
    expect(page.get_by_text("two-sided Wilcoxon signed-rank test")).to_be_visible()


def test_charts_are_not_built_anew_while_playing(compare: ComparePage) -> None:
    compare.press("run")
    compare.wait_for_step(20)
    compare.watch_for_embeds()
    compare.wait_for_step(int(compare.number("step")) + 100)
    assert compare.embeds() == 0


def test_nothing_is_lost_when_the_page_changes(compare: ComparePage) -> None:
    compare.press("run")
    compare.wait_for_step(40)
    stopped = pause(compare)
    page = compare.page
    page.get_by_role("link", name="Train").click()
    expect(page.get_by_text("Watch a recurrent network learn")).to_be_visible()
    page.get_by_role("link", name="Compare").click()
    expect(page.get_by_text(f"Paused at step {stopped}.")).to_be_visible()
    compare.expect_step(stopped)
    expect(page).to_have_url(re.compile(r"seeds=4"))


def test_a_task_brings_its_own_settings_and_is_in_the_link(compare: ComparePage) -> None:
    page = compare.page
    page.get_by_role("combobox", name="Task").click()
    page.get_by_role("option", name="Temporal order").click()
    expect(page).to_have_url(re.compile(r"task=temporal_order"))
    expect(page.get_by_text("random symbols, two of them relevant")).to_be_visible()
    sizes = page.get_by_role("slider", name="Hidden units")
    expect(sizes).to_have_value("4")
    page.reload()
    expect(page.get_by_text("random symbols, two of them relevant")).to_be_visible()
    expect(sizes).to_have_value("4")


def test_a_comparison_can_be_taken_home(compare: ComparePage, tmp_path: Path) -> None:
    page = compare.page
    page.get_by_role("button", name="File", exact=True).click()
    with page.expect_download() as taken:
        page.get_by_role("button", name="Every network").click()
    taken.value.save_as(tmp_path / "networks.csv")
    lines = (tmp_path / "networks.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("contender,task,cell")
    assert len(lines) == 1 + 3 * 4
    # From the same menu logs from elsewhere are laid beside, and the charts stay as they are.
    logs = [tmp_path / "seed1.csv", tmp_path / "seed2.csv"]
    for number, path in enumerate(logs, 1):
        path.write_text(f"step,loss\n0,{number}\n60,0.{number}\n", encoding="utf-8")
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(logs)
    expect(page.get_by_text("median and band of 2 runs")).to_be_visible()
    page.keyboard.press("Escape")
    compare.watch_for_embeds()
    compare.press("run")
    compare.wait_for_step(20)
    pause(compare)
    assert compare.embeds() == 0


def resize(page: Page, width: int) -> None:
    """Another width, from the top of the page."""
    page.set_viewport_size({"width": width, "height": 900})
    page.wait_for_timeout(150)  # charts follow a little later
    settle(page)
    page.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")


def test_it_fits_the_window_in_light_and_dark(open_window: Any, pictures: Path) -> None:
    compare = open_window(ComparePage, "/compare?seeds=4&pace=20")
    page = compare.page
    for width in (1400, 390, 1400):
        resize(page, width)
        # The player comes first, and charts begin well above the fold.
        assert top(compare, 0) < 455
    compare.press("run")
    compare.wait_for_step(60)
    pause(compare)
    for scheme, width in (("light", 1400), ("light", 390), ("dark", 390), ("dark", 1400)):
        change_theme(page, scheme)
        resize(page, width)
        page.screenshot(path=pictures / f"compare-{scheme}-{width}.png")
        assert page.evaluate("document.querySelector('.stMain').scrollWidth") <= width
        if width == 1400:
            # Every column of the table is in view.
            table = page.get_by_test_id("stDataFrame")
            table.scroll_into_view_if_needed()
            assert table.evaluate(
                "table => [...table.querySelectorAll('.dvn-scroller')]"
                ".every(one => one.scrollWidth <= one.clientWidth)"
            )


def test_the_memory_span_says_which_task_it_runs(open_window: Any) -> None:
    compare: ComparePage = open_window(ComparePage, "/compare?seeds=4")
    page = compare.page
    page.get_by_text("How far can they remember?").click()
    expect(page.get_by_text("This experiment has a task of its own")).to_be_visible()
    task = page.get_by_role("textbox", name="Task")
    expect(task).to_be_disabled()
    expect(task).to_have_value("Delayed recall")
    expect(page.get_by_role("textbox", name="Learning rate")).to_have_value("0.01")
    page.get_by_text("How well do they learn?").click()
    expect(page.get_by_role("combobox", name="Task")).to_be_enabled()
    expect(page.get_by_role("slider", name="Learning rate")).to_be_enabled()
