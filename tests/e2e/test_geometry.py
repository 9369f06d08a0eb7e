"""Sizes, overlaps, clipping and movement: faults that there were once, and one of each kind."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import geometry
from tests.e2e.app import Server, TrainPage
from tests.e2e.visits import LEARN, WINDOWS, Visit, settle


def resize(page: Page, width: int) -> None:
    page.set_viewport_size(WINDOWS[width])  # type: ignore[arg-type]
    page.wait_for_timeout(150)  # charts follow a little later
    settle(page)


@pytest.mark.parametrize("visit", [LEARN[0], LEARN[2]], ids=lambda one: one.name)
def test_everything_has_its_place(browser: Browser, server: Server, visit: Visit) -> None:
    width, other = 1400, 390
    page = browser.new_page(viewport=WINDOWS[width], locale="en-US")
    found: list[str] = []
    for name in visit.go(page, server.url):
        found += [f"{name}, {width} px: {one}" for one in geometry.faults(page)]
        width, other = other, width  # the next state is entered at the other width
        resize(page, width)
        found += [f"{name}, {width} px: {one}" for one in geometry.faults(page)]
    page.close()
    assert not found, "\n".join(found)


LOSS = 1  # the number of the loss chart on the Train page


def loss_faults(train: TrainPage) -> list[str]:
    settle(train.page)
    return [one for one in geometry.faults(train.page) if " px wide" in one or "outside" in one]


def test_the_loss_chart_keeps_its_width_whatever_begins_again(open_page: Any) -> None:
    train = open_page("?pace=max&hidden_size=4")
    page = train.page

    def play_on() -> None:
        train.press("run")
        train.wait_for_step(600)
        train.press("run")
        train.expect_to_rest()

    play_on()
    assert loss_faults(train) == []
    for restart in ("reset", "new_seed"):
        train.press(restart)
        train.expect_step(0)
        expect(train.chart("loss").locator(".mark-line path").first).to_be_visible()
        assert loss_faults(train) == [], restart
        play_on()
    # A change that restarts.
    page.get_by_role("slider", name="Hidden units").press("ArrowRight")
    train.expect_step(0)
    assert loss_faults(train) == []
    assert geometry.in_chart(page, LOSS, "view.data('before').length") > 0
    play_on()
    # A branch.
    page.get_by_role("slider", name="Look back").press("Home")
    train.expect_step(0)
    train.key("branch").get_by_role("button").click()
    train.press("step")
    train.expect_step(1)
    assert loss_faults(train) == []
    # Another task: the losses of the one before say nothing on it.
    page.get_by_role("combobox", name="Task").click()
    page.get_by_role("option", name="Adding problem").click()
    train.expect_step(0)
    settle(page)
    assert loss_faults(train) == []
    assert geometry.in_chart(page, LOSS, "view.data('before').length") == 0


def test_the_unit_circle_of_the_spectrum_is_round(open_page: Any) -> None:
    train = open_page("?look=spectrum")
    settle(train.page)
    across, down = geometry.in_chart(
        train.page, 2, "['x', 'y'].map(axis => Math.abs(view.scale(axis)(1) - view.scale(axis)(0)))"
    )
    assert across == pytest.approx(down, rel=0.02)


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
</div>
"""


def test_faults_are_found(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(FAULTY)
    found = "\n".join(geometry.faults(page))
    page.close()
    assert "“a sentence” and “on top of it” overlap" in found
    assert "“cut off at the end” is cut off" in found
    assert "is 80 px wide" in found
    assert "is larger than its place" in found
    assert "the page scrolls sideways" in found
    assert len(found.splitlines()) == 6  # the last: no Vega view to be read


def test_movement_is_found(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content("<div data-testid=stMain><p id=first>first</p><p>second</p></div>")
    geometry.watch(page)
    page.evaluate("new Promise(requestAnimationFrame)")
    page.evaluate("first.style.marginTop = '50px'")
    page.wait_for_timeout(300)
    found = geometry.moved(page)
    page.close()
    assert any("second" in one and "by " in one for one in found)
