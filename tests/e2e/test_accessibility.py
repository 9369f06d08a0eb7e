"""What axe-core and a keyboard find: every page and state in each language, light and dark."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.app import Server
from tests.e2e.axe import CONTRAST, violations
from tests.e2e.conftest import Windows
from tests.e2e.visits import (
    BOARD,
    COMPARE,
    DATA,
    LEARN,
    QUESTION,
    SWEEPS,
    TRAIN,
    WINDOWS,
    Visit,
    change_theme,
    settle,
)

LOCALES = ("en-US", "zh-CN")


# Lessons are built alike: each language has one of its own.
EACH = [
    (visit, locale)
    for visit in (TRAIN, COMPARE, DATA, SWEEPS, BOARD, QUESTION)
    for locale in LOCALES
]


@pytest.mark.parametrize(
    ("visit", "locale"),
    [*EACH, *zip(LEARN[3:5], LOCALES, strict=True)],
    ids=lambda one: getattr(one, "name", one),
)
def test_axe_finds_nothing_serious(
    windows: Windows, server: Server, visit: Visit, locale: str
) -> None:
    # Colours are those of English in every language: the others are seen in one theme.
    scheme, other = ("light", "dark") if locale == LOCALES[0] else ("dark", None)
    page = windows.take(locale=locale, color_scheme=scheme)
    found: list[str] = []
    checked: tuple[str, ...] = ()  # what does not change within a visit
    for state, name in zip(visit.states, visit.go(page, server.url), strict=True):
        besides = (*checked, *state.same)
        found += [f"{name}, {scheme}: {one}" for one in violations(page, besides=besides)]
        if other is not None:
            # The next state is entered in the other theme: changing it draws every chart anew.
            scheme, other = other, scheme
            change_theme(page, scheme)
            found += [
                f"{name}, {scheme}: {one}" for one in violations(page, CONTRAST, besides=besides)
            ]
        checked = ("[data-testid=stSidebar]", "[data-testid=stHeader]")
    assert not found, "\n".join(found)


def focused(page: Any) -> str:
    """The key of the player's button that has the focus; empty if none has."""
    key: str = page.evaluate(
        """() => document.activeElement.closest('.st-key-player [class*=st-key-]')
          ?.className.match(/st-key-(\\w+)/)[1] ?? ''"""
    )
    return key


def test_a_button_with_the_focus_has_its_keys_for_itself(open_page: Any) -> None:
    train = open_page()
    page = train.page
    train.key("step").get_by_role("button").focus()
    for step in (1, 2):
        page.keyboard.press("Space")
        train.expect_step(step)
    train.expect_to_rest()
    # An arrow key chooses another pace or view, and takes no step.
    page.locator("[class*=st-key-look_] [role=radio]").first.focus()
    page.keyboard.press("ArrowRight")
    train.expect_to_rest()
    train.expect_step(2)
    # Elsewhere keys are the player's.
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("ArrowRight")
    train.expect_step(3)


def test_the_player_is_reached_and_played_by_keyboard_alone(open_page: Any) -> None:
    train = open_page()
    page = train.page
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    stops = 1
    while not focused(page).startswith("play"):
        page.keyboard.press("Tab")
        stops += 1
        assert stops < 10
    ring = "getComputedStyle(document.activeElement)"
    assert page.evaluate(f"{ring}.boxShadow + {ring}.outlineStyle") != "nonenone"
    page.keyboard.press("Space")
    train.wait_for_step(10)
    # Run has become Pause, which has the focus now.
    page.wait_for_function("document.activeElement.closest('.st-key-run') !== null")
    page.keyboard.press("Space")
    train.expect_to_rest()
    assert focused(page) == "run" or focused(page).startswith("play")


def test_a_chart_begins_in_the_first_window_at_200_percent_and_on_a_phone(
    windows: Windows, server: Server
) -> None:
    page = windows.take(viewport=WINDOWS[390], device_scale_factor=2)
    for address in ("/", "/compare?seeds=2", "/data", "/learn", "/learn?answers=1a"):
        page.goto(server.url + address)
        for width, height in ((390, 844), (700, 450)):
            page.set_viewport_size({"width": width, "height": height})
            chart = page.get_by_test_id("stVegaLiteChart").first
            expect(chart.locator(".marks").first).to_be_in_viewport(timeout=60_000)
            page.wait_for_timeout(150)
            settle(page)
            box = chart.bounding_box()
            assert box is not None
            assert box["width"] >= 300, (address, width)
            assert box["x"] >= 0, (address, width)
            assert box["x"] + box["width"] <= width, (address, width)
        # Settings are behind one button on a phone, and shortcuts of a keyboard are not shown.
        page.set_viewport_size(WINDOWS[390])  # type: ignore[arg-type]
        expect(page.locator("kbd").locator("visible=true")).to_have_count(0)
