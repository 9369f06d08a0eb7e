"""Everything that can be changed while a run plays, in every order, and several at once."""

from __future__ import annotations

import random
import re
from itertools import permutations
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.app import TrainPage

# By language: the words that a page is recognised by.
WORDS = {
    "English": {"Pause": "Pause", "Run": "Run"},
    "简体中文": {"Pause": "暂停", "Run": "运行"},
}


def change_language(page: Page) -> str:
    """To the other one; give its name."""
    menu = page.locator(".st-key-language_menu")
    name = "简体中文" if "English" in menu.inner_text() else "English"
    menu.get_by_role("button").click()
    page.get_by_text(name, exact=True).last.click()
    expect(menu).to_contain_text(name)
    return name


def change_task(page: Page) -> str:
    """To the other one of two; give its name in the link."""
    box = page.locator("[class*=st-key-task_]").get_by_role("combobox")
    adding = box.input_value() in ("Adding problem", "加法问题")
    box.click()
    wanted = re.compile("^sin → cos$" if adding else "^(Adding problem|加法问题)$")
    page.get_by_role("option", name=wanted).click()
    return "sin_to_cos" if adding else "adding"


def go_and_come_back(page: Page) -> None:
    """To the Compare page, and back to the Train page."""
    links = page.get_by_test_id("stTopNavLink")
    links.nth(1).click()
    expect(page.locator("[class*=st-key-views]")).to_be_visible()
    links.nth(0).click()
    expect(page.locator(".st-key-picture")).to_be_visible()


def test_language_task_and_page_are_changed_while_a_run_plays_in_every_order(
    open_page: Any,
) -> None:
    train: TrainPage = open_page("?hidden_size=8&pace=5")
    page = train.page
    train.press("run")
    train.wait_for_step(10)
    language, task = "English", "sin_to_cos"
    for order in permutations(("language", "task", "page")):
        for kind in order:
            if kind == "language":
                language = change_language(page)
            elif kind == "task":
                task = change_task(page)
            else:
                go_and_come_back(page)
        expect(train.key("run")).to_contain_text(WORDS[language]["Pause"])
        page.wait_for_function(
            "task => (new URLSearchParams(location.search).get('task') ?? 'sin_to_cos') === task",
            arg=task,
        )
        before = int(train.number("step"))
        train.wait_for_step(before + 5)
        expect(page.get_by_test_id("stException")).to_have_count(0)
        expect(train.key("crash")).to_have_count(0)
        expect(train.key("lost")).to_have_count(0)
    train.press("run")
    expect(train.key("run")).to_contain_text(WORDS[language]["Run"])


def test_back_and_forward_bring_back_settings_and_the_run_of_the_page(open_page: Any) -> None:
    train: TrainPage = open_page("?hidden_size=8&pace=5")
    page = train.page
    train.press("run")
    train.wait_for_step(30)
    page.get_by_test_id("stTopNavLink").nth(1).click()
    expect(page.locator("[class*=st-key-views]")).to_be_visible()
    page.wait_for_timeout(2_000)
    for _ in range(3):
        page.go_back()
        train.wait_for_step(30)
        expect(train.key("run")).to_contain_text("Pause")
        expect(train.key("hidden_size")).to_contain_text("8")
        expect(train.key("lost")).to_have_count(0)
        page.go_forward()
        expect(page.locator("[class*=st-key-views]")).to_be_visible()
        page.wait_for_timeout(2_000)  # until the page has answered
    page.go_back()
    train.wait_for_step(31)
    train.press("run")
    train.expect_to_rest()


# In one task of the browser: nothing is drawn in between, and all messages leave together. The
# slider has the focus then, for a key that follows within the frame.
HAMMER = """
names => {
  for (const name of names) document.querySelector(`.st-key-${name} button`)?.click();
  document.querySelector('.st-key-hidden_size input').focus();
}
"""


def test_reset_slider_and_run_within_one_frame_leave_a_page_that_obeys(open_page: Any) -> None:
    train: TrainPage = open_page("?hidden_size=8&pace=5")
    page, choices = train.page, random.Random(5)
    for _ in range(25):
        page.evaluate(HAMMER, choices.choices(["reset", "run", "step", "new_seed"], k=3))
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(choices.choice([0, 40, 150]))
    page.wait_for_timeout(2_500)
    if train.key("run").filter(has_text="Pause").count():
        train.press("run")
    train.expect_to_rest()
    step = int(train.number("step"))
    train.press("step")
    train.expect_step(step + 1)
    train.press("reset")
    train.expect_step(0)
    # What the widgets say is what the link says, and what is trained.
    hidden = train.key("hidden_size").get_by_role("slider").input_value()
    seed = train.key("seed").get_by_role("spinbutton").input_value()
    address = page.evaluate("Object.fromEntries(new URLSearchParams(location.search))")
    assert address.get("hidden_size", "32") == hidden
    assert int(hidden) > 8  # the slider was moved
    assert address.get("seed", "13") == seed
