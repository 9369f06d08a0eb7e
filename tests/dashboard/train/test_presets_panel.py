from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.train.presets import PRESETS
from tests.dashboard.train_page import click, config, healthy, page


def opened(app: AppTest) -> AppTest:
    """The page with the menu open."""
    language = app.query_params.get("lang", "en")
    app.session_state[f"experiments_menu_{language}"] = True
    return healthy(app.run())


def test_a_closed_menu_costs_nothing() -> None:
    assert not [button for button in page().button if str(button.key).startswith("preset_")]


@pytest.mark.parametrize("key", list(PRESETS))
def test_a_click_starts_the_experiment(key: str) -> None:
    app = opened(page(lr="0.05", look="gates", hidden_size="7"))
    app = click(app, f"preset_{key}")
    assert config(app) == PRESETS[key].config
    assert app.query_params["look"] == (PRESETS[key].look or "gates")


@pytest.mark.parametrize("lang", ["", "zh_CN"])
def test_links_open_in_the_same_tab_and_keep_the_chosen_language(lang: str) -> None:
    app = opened(page(**({"lang": lang} if lang else {}), lr="0.05"))
    shown = " ".join(caption.value for caption in app.caption)
    links = re.findall(r'<a href="\./(\?[^"]*)" target="_self">', shown)
    more = {"lang": lang} if lang else {}
    assert [dict(parse_qsl(unescape(link)[1:], keep_blank_values=True)) for link in links] == [
        {**preset.parameters, **more} for preset in PRESETS.values()
    ]
