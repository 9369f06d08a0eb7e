"""The Compare page in a real browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.app import ComparePage


@pytest.fixture
def compare(open_window: Any) -> ComparePage:
    page: ComparePage = open_window(ComparePage, "/compare?seeds=4&pace=20")
    return page


def pause(compare: ComparePage) -> int:
    compare.press("run")
    expect(compare.key("run")).to_contain_text("Run")
    return int(compare.number("step"))


def test_networks_learn_together_and_rest_when_paused(compare: ComparePage) -> None:
    compare.expect_step(0)
    compare.press("run")
    compare.wait_for_step(60)
    stopped = pause(compare)
    compare.expect_to_rest()
    page = compare.page
    expect(page.get_by_text("Too few seeds for a verdict.")).to_be_visible()
    expect(page.get_by_text(f"Paused at step {stopped}.")).to_be_visible()


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
    page.get_by_role("button", name="Download", exact=True).click()
    with page.expect_download() as taken:
        page.get_by_role("button", name="Every network").click()
    taken.value.save_as(tmp_path / "networks.csv")
    lines = (tmp_path / "networks.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("contender,task,cell")
    assert len(lines) == 1 + 3 * 4


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 390])
def test_it_fits_the_window(open_window: Any, pictures: Path, scheme: str, width: int) -> None:
    compare = open_window(
        ComparePage,
        "/compare?seeds=4&pace=20",
        viewport={"width": width, "height": 1700},
        color_scheme=scheme,
    )
    compare.press("run")
    compare.wait_for_step(60)
    pause(compare)
    compare.page.screenshot(path=pictures / f"compare-{scheme}-{width}.png")
    assert compare.page.evaluate("document.querySelector('.stMain').scrollWidth") <= width
