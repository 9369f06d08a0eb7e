"""Sizes, overlaps, clipping and movement, in every page and state, wide and on a phone."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import geometry
from tests.e2e.app import ComparePage, Server, TrainPage
from tests.e2e.conftest import Windows
from tests.e2e.visits import VISITS, WINDOWS, Visit, settle


def resize(page: Page, width: int) -> None:
    page.set_viewport_size(WINDOWS[width])  # type: ignore[arg-type]
    page.wait_for_timeout(150)  # charts follow a little later
    settle(page)


@pytest.mark.parametrize("visit", VISITS, ids=lambda one: one.name)
def test_everything_has_its_place(windows: Windows, server: Server, visit: Visit) -> None:
    width, other = 1400, 390
    page = windows.take(viewport=WINDOWS[width])
    found: list[str] = []
    for name in visit.go(page, server.url):
        found += [f"{name}, {width} px: {one}" for one in geometry.faults(page)]
        width, other = other, width  # the next state is entered at the other width
        resize(page, width)
        found += [f"{name}, {width} px: {one}" for one in geometry.faults(page)]
    assert not found, "\n".join(found)


LOSS = 1  # the number of the loss chart on the Train page


def play_until(train: TrainPage, step: int) -> None:
    train.press("run")
    train.wait_for_step(step)
    train.press("run")
    expect(train.key("run")).to_contain_text("Run")
    settle(train.page)


def loss_faults(train: TrainPage) -> list[str]:
    settle(train.page)
    return [one for one in geometry.faults(train.page) if " px wide" in one or "outside" in one]


def test_nothing_moves_and_the_loss_keeps_its_width_whatever_begins_again(open_page: Any) -> None:
    train = open_page("?pace=5")
    page = train.page
    settle(page)
    # From the first step to the verdict.
    geometry.watch(page)
    train.press("run")
    expect(page.get_by_test_id("stMain")).to_contain_text("Carries memory", timeout=30_000)
    train.wait_for_step(150)
    assert geometry.moved(page) == []
    train.press("run")
    expect(train.key("run")).to_contain_text("Run")
    for restart in ("reset", "new_seed"):
        settle(page)
        geometry.watch(page)
        train.press(restart)
        train.expect_step(0)
        expect(train.chart("loss").locator(".mark-line path").first).to_be_visible()
        assert loss_faults(train) == [], restart
        play_until(train, 40)
        assert geometry.moved(page) == [], restart
    # A change that restarts.
    page.get_by_role("slider", name="Hidden units").press("ArrowRight")
    train.expect_step(0)
    assert loss_faults(train) == []
    assert geometry.in_chart(page, LOSS, "view.data('before').length") > 0
    play_until(train, 40)
    # A branch.
    page.get_by_role("slider", name="Look back").press("Home")
    train.expect_step(0)
    train.key("branch").get_by_role("button").click()
    train.press("step")
    train.expect_step(1)
    assert loss_faults(train) == []
    # Another task: the losses of the one before say nothing on it.
    top = train.chart("figure").bounding_box()["y"]
    page.get_by_role("combobox", name="Task").click()
    page.get_by_role("option", name="Adding problem").click()
    train.expect_step(0)
    settle(page)
    assert loss_faults(train) == []
    assert geometry.in_chart(page, LOSS, "view.data('before').length") == 0
    assert train.chart("figure").bounding_box()["y"] == pytest.approx(top, abs=4)


def test_the_unit_circle_of_the_spectrum_is_round_and_each_lane_of_symbols_is_counted_from_0(
    open_page: Any,
) -> None:
    train = open_page("?task=copy&look=spectrum")
    settle(train.page)
    across, down = geometry.in_chart(
        train.page, 2, "['x', 'y'].map(axis => Math.abs(view.scale(axis)(1) - view.scale(axis)(0)))"
    )
    assert across == pytest.approx(down, rel=0.02)
    labels = geometry.in_chart(
        train.page,
        0,
        """(() => {
          const {texts, plots} = geometry.drawn(geometry.charts()[0]);
          const [above] = plots.filter(one => one.bottom - one.top < 300)
            .sort((a, b) => a.top - b.top);
          return texts.filter(one => /^\\d+$/.test(one.text) && one.right < above.left + 60
            && one.bottom <= above.bottom + 8 && one.top >= above.top - 8)
            .sort((a, b) => b.top - a.top).map(one => Number(one.text));
        })()""",
    )
    starts = [place for place, label in enumerate(labels) if label == 0]
    assert len(starts) == 2, labels  # inputs and targets
    lanes = labels[: starts[1]], labels[starts[1] :]
    apart = {after - before for lane in lanes for before, after in itertools.pairwise(lane)}
    assert len(apart) == 1, labels


def test_nothing_moves_while_networks_are_compared(open_window: Any) -> None:
    compare = open_window(ComparePage, "/compare?seeds=2&hidden_size=4&pace=1")
    settle(compare.page)
    compare.press("run")
    compare.wait_for_step(5)
    geometry.watch(compare.page)
    expect(compare.key("finding")).not_to_contain_text("comes with step", timeout=30_000)
    compare.wait_for_step(40)
    assert geometry.moved(compare.page) == []


#: A page with one fault of each kind, which the checks must find.
FAULTY = """
<div data-testid="stMain" style="width: 500px; height: 400px; overflow: auto; position: relative;
  font: 16px sans-serif">
  <p style="position: absolute; top: 10px; left: 10px; margin: 0">a sentence</p>
  <p style="position: absolute; top: 14px; left: 30px; margin: 0">on top of it</p>
  <p style="position: absolute; top: 60px; width: 60px; overflow: hidden; white-space: nowrap">
    cut off at the end</p>
  <div style="position: absolute; top: 100px; left: 480px; width: 90px; height: 5px"></div>
  <div data-testid="stVegaLiteChart" style="position: absolute; top: 200px; width: 80px;
    height: 40px"><svg class="marks" style="width: 70px; height: 90px; display: block"></svg></div>
  <div data-testid="stDataFrame"><canvas data-testid="data-grid-canvas"></canvas></div>
  <div data-testid="stElementContainer" style="position: absolute; top: 300px; width: 400px">
    <div data-testid="stElementToolbar" style="position: absolute; right: 0; top: -30px;
      width: 50px; height: 20px"></div>
    <p style="position: absolute; right: 0; top: -30px; margin: 0">below tools</p>
    <div id="drawn" data-testid="stVegaLiteChart" aria-label="Chart: Two words" style="width: 400px;
      height: 90px"><svg class="marks" style="width: 400px; height: 90px"></svg></div>
  </div>
</div>
"""
#: What React and Vega know of its table and of its second chart.
DRAW_FAULTS = """() => {
  document.querySelector('canvas').__reactFiber$1 = {memoizedProps: {
    columns: [{title: 'Loss', width: 60}, {title: 'Name', width: 90}], rows: 1,
    getCellContent: ([column]) => ({displayData: ['0.000123456789', 'fits'][column]}),
  }};
  const text = (text, x1, y1) => ({text, bounds: {x1, y1, x2: x1 + 60, y2: y1 + 14}});
  const marks = [
    {marktype: 'text', role: 'mark', items: [
      text('first', 20, 20), text('second', 50, 24), text('beyond', 380, 60)]},
    {marktype: 'symbol', role: 'mark', name: 'dots', items: [
      {x: 500, y: 5, bounds: {x1: 495, y1: 0, x2: 505, y2: 10}}]},
    {marktype: 'symbol', role: 'mark', name: 'clipped', clip: true, items: [
      {x: 500, y: 5, bounds: {x1: 495, y1: 0, x2: 505, y2: 10}}]},
  ];
  const root = {marktype: 'group', role: 'frame', items: [
    {x: 0, y: 0, width: 400, height: 90, items: marks}]};
  const view = {scenegraph: () => ({root}), origin: () => [0, 0]};
  drawn.__reactFiber$1 = {memoizedState: {memoizedState: {current: view}}};
}"""


def test_faults_are_found(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(FAULTY)
    page.evaluate(DRAW_FAULTS)
    found = geometry.faults(page)
    page.close()
    for fault in (
        "“a sentence” and “on top of it” overlap",
        "“cut off at the end” is cut off",
        "“a chart” is 80 px wide",
        "“a chart” is larger than its place",
        "“a chart” cannot be read",
        "the page scrolls sideways",
        "“Loss”: “0.000123456789” needs",
        "“the tools” and “below tools” overlap",
        "“Two words”: “first” and “second” overlap",
        "“Two words”: “beyond” is cut off",
        "“Two words”: 1 points of dots are outside",
    ):
        assert any(fault in one for one in found), (fault, found)
    assert len(found) == 11, found


def test_movement_is_found(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content("<div data-testid=stMain><p id=first>first</p><p>second</p></div>")
    page.wait_for_timeout(600)  # what moves sooner counts as the answer to an input
    geometry.watch(page)
    page.evaluate("first.style.marginTop = '50px'")
    page.wait_for_timeout(200)
    found = geometry.moved(page)
    page.close()
    assert any("second" in one and "by " in one for one in found)
