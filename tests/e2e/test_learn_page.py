"""The Learn page as a student opens it, from a link of the teacher's."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.e2e.app import LearnPage


def box(found: Locator) -> tuple[float, float, float, float]:
    """Left, top, right and bottom on the screen."""
    found_box = found.bounding_box()
    assert found_box is not None
    x, y = found_box["x"], found_box["y"]
    return x, y, x + found_box["width"], y + found_box["height"]


def test_a_locked_lesson_is_answered_beside_its_run(open_window: Callable[..., LearnPage]) -> None:
    learn = open_window(LearnPage, "/learn?lesson=shapes&seed=7&lock=true")
    page = learn.page
    prose = page.get_by_text("The layer returns the state of every time step")
    expect(prose).to_have_count(0)
    page.get_by_text("Neither: they are equal but for rounding").click()
    expect(prose).to_be_visible()
    learn.press("run")
    expect(page.get_by_text("As you predicted.")).to_be_visible(timeout=60_000)
    for way_out in (
        page.get_by_role("link", name="Compare"),
        page.get_by_role("link", name="Open this run"),
        page.get_by_role("button", name="New seed"),
        page.get_by_role("button", name="Next"),
    ):
        expect(way_out).to_have_count(0)

    # The figure stands beside the text, and stays there while one reads on.
    figure = page.get_by_test_id("stVegaLiteChart").first
    assert box(figure)[0] >= box(prose)[2]
    assert box(figure)[3] <= 900
    page.mouse.move(300, 600)
    page.mouse.wheel(0, 300)
    expect(prose).to_be_in_viewport()
    page.wait_for_function(
        "() => document.querySelector('.st-key-stage').getBoundingClientRect().top < 100"
    )
    assert 0 <= box(figure)[1] < box(figure)[3] <= 900

    # On a phone the run comes first.
    page.set_viewport_size({"width": 390, "height": 844})
    expect(figure).to_be_visible()
    page.wait_for_function(
        "() => document.querySelector('.st-key-stage').getBoundingClientRect().left < 50"
    )
    assert box(figure)[3] <= box(prose)[1]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

    # A prediction counts once.
    page.go_back()
    expect(page.get_by_text("As you predicted.")).to_be_visible()
    expect(prose).to_be_visible()
