"""What a browser keeps of a setting: its label in one language, links, history."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, WebSocketRoute, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.e2e.app import ComparePage, TrainPage

#: High enough for the whole sidebar: a list that opens closes again when it is scrolled to.
HIGH = {"width": 1400, "height": 1700}


def speak(page: Page, language: str) -> None:
    """Choose a language in the header."""
    menu = page.locator(".st-key-language_menu")
    menu.get_by_role("button").click()
    page.get_by_text(language, exact=True).last.click()
    expect(menu).to_contain_text(language)


def test_every_choice_stays_when_the_language_changes(open_window: Any) -> None:
    train = open_window(
        TrainPage, "/?task=adding&cell=gru&optimizer=sgd&look=slow&pace=20", viewport=HIGH
    )
    page = train.page
    task = page.get_by_role("combobox", name=re.compile("^(Task|任务)$"))
    train.press("step")
    page.get_by_role("radio", name="3 back through time").click()
    steps = 1
    for language, key, run, name in (
        ("简体中文", "zh_CN", "运行", "加法问题"),
        ("English", "en", "Run", "Adding problem"),
    ):
        speak(page, language)
        expect(task).to_have_value(name)
        expect(train.key("run")).to_contain_text(run)
        for _ in range(2):
            train.press("step")
            steps += 1
            train.expect_step(steps)
        expect(task).to_have_value(name)
        expect(train.key(f"cell_{key}").get_by_role("combobox")).to_have_value("GRU")
        expect(train.key(f"optimizer_{key}").get_by_role("combobox")).to_have_value("SGD")
        expect(train.key(f"pace_{key}").get_by_role("combobox")).to_have_value("20")
        expect(page.get_by_role("radio", name=re.compile("^3 "))).to_be_checked()
        expect(page).to_have_url(re.compile(r"task=adding"))
        expect(page).to_have_url(re.compile(r"look=slow"))


def test_the_contenders_stay_when_the_language_changes(open_window: Any) -> None:
    class TwoContenders(ComparePage):
        charts = 2 + 2

    compare = open_window(
        TwoContenders, "/compare?preset=carry&seeds=2&hidden_size=4", locale="zh-CN", viewport=HIGH
    )
    page = compare.page
    shown = page.get_by_role("combobox", name=re.compile("^(Contenders|参赛者)$"))
    steps = 0
    for language, preset in (
        ("English", "State carried or reset"),
        ("简体中文", "状态传递还是重置"),
    ):
        speak(page, language)
        expect(shown).to_have_value(preset)
        for _ in range(2):
            compare.press("step")
            steps += 1
            compare.expect_step(steps)
        expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(4)
        expect(shown).to_have_value(preset)
        expect(page).to_have_url(re.compile(r"preset=carry"))


def test_going_back_in_the_browsers_history_takes_back_a_setting(open_window: Any) -> None:
    train = open_window(TrainPage, "/?hidden_size=8")
    page = train.page
    page.get_by_role("slider", name="Hidden units").press("ArrowRight")
    expect(page).to_have_url(re.compile(r"hidden_size=9"))
    page.go_back()
    expect(page).to_have_url(re.compile(r"hidden_size=8"))
    expect(page.get_by_role("slider", name="Hidden units")).to_have_value("8")
    expect(page.get_by_text("hidden_size 9 → 8")).to_be_visible()


class SlowLine:
    """Keeps what the server sends, once told to, until the browser has gone back."""

    def __init__(self) -> None:
        self.holds = False
        self._held: list[bytes] = []

    def connect(self, route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def to_browser(data: str | bytes) -> None:
            assert isinstance(data, bytes)
            if self.holds:
                self._held.append(data)
            else:
                route.send(data)

        def to_server(data: str | bytes) -> None:
            assert isinstance(data, bytes)
            if BackMsg.FromString(data).rerun_script.is_history_navigation:
                self.holds = False
                for held in self._held:
                    route.send(held)
            server.send(data)

        server.on_message(to_browser)
        route.on_message(to_server)

    def wait_for_answer(self, page: Page) -> None:
        """Until a whole run of the page has come and is kept."""
        ends = (ForwardMsg.FromString(data).WhichOneof("type") for data in self._held)
        while "script_finished" not in ends:
            page.wait_for_timeout(20)
            ends = (ForwardMsg.FromString(data).WhichOneof("type") for data in self._held)


def test_going_back_takes_back_a_new_seed_that_is_still_on_its_way(open_page: Any) -> None:
    train, line = open_page(once=True), SlowLine()
    page = train.page
    page.route_web_socket("**/stream", line.connect)
    train.open(page.url + "?hidden_size=8&seed=5&lr=0.05")
    page.get_by_role("slider", name="Learning rate").press("ArrowRight")
    expect(page).to_have_url(re.compile(r"lr=0\.1\b"))
    train.expect_to_rest()
    line.holds = True
    train.press("new_seed")
    line.wait_for_answer(page)
    page.evaluate("history.back()")
    expect(page).to_have_url(re.compile(r"lr=0\.05\b"))
    train.expect_to_rest()
    train.press("step")
    train.expect_step(1)
    expect(page.get_by_role("spinbutton", name="Seed")).to_have_value("5")
    expect(page).to_have_url(re.compile(r"lr=0\.05&seed=5$"))


def test_a_link_cannot_load_anything_from_elsewhere(open_window: Any) -> None:
    asked: list[str] = []
    train = open_window(TrainPage, "/")
    page = train.page
    page.on("request", lambda request: asked.append(request.url))
    address = page.url.rstrip("/")
    page.goto(
        f"{address}/?lr=![x](http://example.invalid/a.png)"
        "&![y](http://example.invalid/b.png)=1&vs=![z](http://example.invalid/c.png)"
    )
    expect(page.get_by_test_id("stAlert")).to_have_count(3)
    expect(page.get_by_test_id("stAlert").first).to_contain_text(
        "![x](http://example.invalid/a.png)"
    )
    expect(page.get_by_test_id("stAlert").locator("img, a")).to_have_count(0)
    assert not [url for url in asked if url.startswith("http://example.invalid")]
