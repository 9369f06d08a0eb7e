"""The top bar in a real browser: link, language, definitions, About, and the tour."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.app import ComparePage, TrainPage


def choose_language(page: Page, name: str) -> None:
    """Choose a language in the header."""
    page.locator(".st-key-language_menu").get_by_role("button").click()
    page.get_by_text(name, exact=True).last.click()


def boxes(page: Page) -> list[dict[str, float]]:
    """The buttons of the header, left to right."""
    found = page.locator(".st-key-header button").all()
    shown = [box for box in (one.bounding_box() for one in found) if box is not None]
    return sorted(({**box} for box in shown), key=lambda box: box["x"])


def expect_apart(page: Page, width: int) -> None:
    """The header's buttons overlap neither each other nor anything else in the bar."""
    row = boxes(page)
    assert len(row) >= 3
    for left, right in pairwise(row):
        assert left["x"] + left["width"] <= right["x"]
    menu = page.get_by_test_id("stMainMenuButton").bounding_box()
    assert menu is not None
    assert row[-1]["x"] + row[-1]["width"] <= menu["x"]
    taken = [
        one.bounding_box()
        for name in ("stTopNavLink", "stExpandSidebarButton")
        for one in page.get_by_test_id(name).all()
    ]
    assert all(box["x"] + box["width"] <= row[0]["x"] for box in taken if box is not None)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_link_is_copied_and_says_so(open_window: Any) -> None:
    train = open_window(
        TrainPage, "/?hidden_size=8", permissions=["clipboard-read", "clipboard-write"]
    )
    page = train.page
    expect_apart(page, 1400)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    assert page.title() == "Train · RNN Playground"
    share = train.key("share")
    share.get_by_role("button").click()
    expect(share.get_by_role("status")).to_have_text("Link copied")
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    assert "hidden_size=8" in page.url
    expect(share.get_by_role("button")).to_have_text(re.compile("Share"))
    code = share.get_by_role("img", name="QR code")
    expect(code.locator("svg")).to_be_visible()
    # A link for a class.
    share.get_by_role("checkbox", name="lock the settings").check()
    expect(share.get_by_role("status")).to_have_text("Link copied")
    locked = page.evaluate("navigator.clipboard.readText()")
    assert locked == page.url + "&lock=true"
    expect(code.locator("svg")).to_be_visible()
    page.mouse.click(5, 5)
    expect(code).to_be_hidden()
    # Without the clipboard there is a field to copy from.
    page.evaluate(
        """() => {
          Object.defineProperty(navigator, 'clipboard', {value: undefined});
          document.execCommand = () => false;
        }"""
    )
    share.get_by_role("button").click()
    field = share.get_by_role("textbox")
    expect(field).to_have_value(page.url)
    expect(field).to_be_focused()
    field.press("Escape")
    expect(field).to_be_hidden()
    expect(share.get_by_role("button")).to_be_focused()
    page.goto(locked)
    expect(page.get_by_role("combobox", name="Cell")).to_be_disabled()
    expect(train.key("step").get_by_role("button")).to_be_visible()
    expect(page.get_by_role("link", name="Compare")).to_have_count(0)
    expect(train.key("new_seed")).to_have_count(0)


def test_on_a_phone_the_header_is_a_row_of_icons_and_the_language_is_told(
    open_window: Any,
) -> None:
    compare = open_window(ComparePage, "/compare", viewport={"width": 390, "height": 844})
    page = compare.page
    expect_apart(page, 390)
    assert all(box["width"] < 48 for box in boxes(page))
    assert page.evaluate("document.documentElement.lang") == "en"
    choose_language(page, "简体中文")
    expect(compare.key("run")).to_contain_text("运行")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page).to_have_title("比较 · RNN Playground")
    choose_language(page, "English")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_a_term_is_defined_where_it_is_pointed_at_or_focused(open_page: Any) -> None:
    page = open_page("/").page
    tip = page.get_by_role("tooltip").filter(has_text="The lowest loss that a kind of")
    floor: Locator = page.locator('a[href="#term-floor"]').first
    floor.hover()
    expect(tip).to_be_visible()
    page.mouse.move(5, 5)
    expect(tip).to_be_hidden()
    floor.focus()
    expect(tip).to_be_visible()
    expect(floor).to_have_accessible_description(re.compile("^The lowest loss"))
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    address = page.url
    floor.click()
    expect(tip).to_be_visible()
    assert page.url == address
    page.locator(".st-key-about").get_by_role("button").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("tab", name="Glossary").click()
    expect(dialog).to_contain_text("teacher forcing: ")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


@pytest.fixture
def a_persons(browser: Any) -> Any:
    """What hides from the page that a program drives the browser."""
    return "Object.defineProperty(navigator, 'webdriver', {get: () => false})"


def test_the_tour_comes_once_and_blocks_nothing(open_page: Any, a_persons: str) -> None:
    train = open_page("/", once=True)  # a program's visit: no tour
    page = train.page
    card = page.get_by_role("dialog")
    expect(card).to_have_count(0)
    page.add_init_script(a_persons)
    page.goto(page.url.split("?")[0] + "?hidden_size=8")  # a link with settings: no tour
    expect(train.key("run").get_by_role("button")).to_be_visible()
    page.goto(page.url.split("?")[0])
    expect(card).to_be_visible(timeout=30_000)
    expect(card).to_contain_text("Settings")
    expect(card).to_be_focused()
    train.press("run")
    train.wait_for_step(5)
    train.press("run")
    for title in ("Player", "Signals and hidden state", "Loss and floors", "What next?"):
        card.get_by_role("button", name="Next").click()
        expect(card).to_contain_text(title)
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    train.open(page.url.split("?")[0])
    page.wait_for_timeout(600)
    expect(card).to_have_count(0)
    train.key("header").get_by_role("button", name="Experiments").click()
    page.get_by_role("button", name="Take the tour").click()
    expect(card).to_be_visible()
    card.get_by_role("button", name="Skip the tour").click()
    expect(card).to_have_count(0)
