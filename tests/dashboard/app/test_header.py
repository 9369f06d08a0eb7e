"""The header, run by Streamlit's own test runner."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

SCRIPT = """
import streamlit as st
from dashboard.app import header, widgets
from dashboard.app.language import current_language, use_language
from dashboard.app.settings import LANGUAGE
use_language(widgets.chosen(LANGUAGE) or "en")
header.show(
    "Train a network",
    lambda: st.text("of all pages"),
    lambda: st.text("the page's own menu"),
    private=["room"],
)
"""


def test_one_heading_and_a_menu_of_the_page_and_the_language() -> None:
    app = AppTest.from_string(SCRIPT, default_timeout=60).run()
    assert [title.value for title in app.title] == ["Train a network"]
    assert [text.value for text in app.text] == ["of all pages", "the page's own menu"]
    menu = app.menu_button(key="language_menu")
    assert (menu.label, menu.options) == ("English", ["English", "简体中文"])


def test_the_language_chosen_is_that_of_the_page() -> None:
    app = AppTest.from_string(SCRIPT, default_timeout=60).run()
    assert "lang = 'en'" in app.get("html")[0].proto.body
    app.menu_button(key="language_menu").click("zh_CN").run()
    assert list(app.exception) == []
    assert app.menu_button(key="language_menu").label == "简体中文"
    assert "lang = 'zh-CN'" in app.get("html")[0].proto.body
