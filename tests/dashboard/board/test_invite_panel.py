from __future__ import annotations

from streamlit.testing.v1 import AppTest

from tests.dashboard.train_page import healthy


def _script() -> None:
    from urllib.parse import parse_qsl

    import streamlit as st

    from dashboard.app import widgets
    from dashboard.app.link import read_link
    from dashboard.app.settings import RUN_SETTINGS
    from dashboard.board import invite_panel
    from rnn_core import RunConfig
    from tests.dashboard.board.rooms import room

    asked = dict(parse_qsl(st.query_params["asked"]))
    link = read_link(asked, invite_panel._TABLE)
    widgets.replace_choices(link.values)
    run = {name: value for name, value in link.values.items() if name in RUN_SETTINGS}
    config = RunConfig(**run)
    own = st.query_params.get("own") == "true"
    st.text(invite_panel.link(room([], own_seeds=own), config, st.query_params["at"]))


def link(asked: str, at: str, *, own: bool = False) -> str:
    app = AppTest.from_function(_script, default_timeout=60)
    app.query_params.update({"asked": asked, "at": at, "own": str(own).lower()})
    return str(healthy(app.run()).text[0].value)


def test_the_link_opens_the_train_page_with_what_is_chosen() -> None:
    asked = "cell=gru&seed=5&step_limit=800&lock=seed"
    found = link(asked, "https://class.example/board?room=ABC234&lang=en")
    assert found == ("https://class.example/?cell=gru&seed=5&step_limit=800&lock=seed&room=ABC234")


def test_where_each_has_a_seed_the_link_names_none() -> None:
    assert link("seed=5", "http://x:8501/board", own=True) == "http://x:8501/?room=ABC234"


def test_a_path_before_the_pages_stays() -> None:
    assert link("", "https://x.org/rnn/board") == "https://x.org/rnn/?room=ABC234"


def test_without_an_address_the_link_is_relative() -> None:
    assert link("", "") == "./?room=ABC234"
