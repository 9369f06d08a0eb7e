"""The app around the pages, run by Streamlit's own test runner."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.app import page, sidebar
from dashboard.app.language import gettext
from rnn_core import RunConfig
from rnn_core.messages import N_, InvalidValue

SCRIPT = """
import streamlit as st
from dashboard.app.page import Page, open_app
from dashboard.app.settings import PageSetting
from rnn_core.rules import IntRange
MINE = PageSetting("mine", IntRange(1, 9), 4, page="first")
def show(config, settings):
    from dashboard.app import widgets
    st.text(f"{config.hidden_size} {widgets.whole_number(MINE, 'Mine', 'Help')}")
    for refusal in settings.refusals:
        st.warning(refusal)
open_app(
    Page("first", "Train", ":material/balance:", "Train a network", show, (MINE,)),
    Page("second", "Compare", ":material/balance:", "Compare networks", show),
)
"""


def opened(**query: str) -> AppTest:
    app = AppTest.from_string(SCRIPT, default_timeout=60)
    app.query_params.update(query)
    return healthy(app.run())


def healthy(app: AppTest) -> AppTest:
    assert list(app.exception) == []
    return app


def test_a_page_gets_the_run_and_brings_settings_of_its_own() -> None:
    app = opened(hidden_size="7", mine="5")
    assert app.text[0].value == "7 5"
    healthy(app.number_input(key="mine").set_value(6).run())
    assert app.text[0].value == "7 6"
    assert dict(app.query_params) == {"hidden_size": "7", "mine": "6"}


def test_refused_parameters_leave_the_address_and_are_told_a_few_at_a_time() -> None:
    app = opened(mine="0", **{f"x{number}": "1" for number in range(20)})
    assert dict(app.query_params) == {}
    assert len(app.warning) == 7
    assert app.warning[-1].value == "The link asks for 15 more things that are not possible."


@pytest.fixture
def impossible(monkeypatch: pytest.MonkeyPatch) -> None:
    """No task can have 9 hidden units."""

    def refuse(config: RunConfig) -> None:
        if config.hidden_size == 9:
            raise InvalidValue(N_("a positive number up to {high:g}"), high=8.0)

    monkeypatch.setattr(sidebar, "task_for", refuse)


@pytest.mark.usefixtures("impossible")
def test_an_impossible_setting_is_told_on_the_page_and_the_run_before_stays() -> None:
    app = opened(hidden_size="7")
    healthy(app.slider(key="hidden_size").set_value(9).run())
    assert app.error[0].value.startswith("a positive number up to 8 ")
    assert app.text[0].value == "7 4"
    healthy(app.slider(key="hidden_size").set_value(8).run())
    assert list(app.error) == []
    assert app.text[0].value == "8 4"


@pytest.mark.usefixtures("impossible")
def test_an_impossible_link_is_told_in_the_readers_language_and_all_else_stands() -> None:
    app = opened(hidden_size="9", lang="zh_CN", lr="-1")
    assert app.error[0].value == "不超过 8 的正数"
    assert "`lr`=`-1`" in app.warning[0].value
    assert list(app.text) == []
    assert app.slider(key="hidden_size").value == 9
    assert gettext("Train") == "Train"  # the language is the reader's own
    healthy(app.slider(key="hidden_size").set_value(8).run())
    assert app.text[0].value == "8 4"


def test_a_page_without_a_run_of_the_sidebar_gets_the_seed_and_the_players_settings() -> None:
    script = SCRIPT.replace("show, (MINE,))", "alone, (MINE,), shows_run=False)").replace(
        "open_app(",
        """
def alone(config, settings):
    st.text(f"{config.seed} {config.hidden_size} {settings.most_steps} {settings.step_limit}")
    for refusal in settings.refusals:
        st.warning(refusal)
open_app(""",
        1,
    )
    app = AppTest.from_string(script, default_timeout=60)
    app.query_params.update(
        {"seed": "7", "hidden_size": "9", "pace": "20", "step_limit": "50", "lr": "-1"}
    )
    healthy(app.run())
    assert app.text[0].value == "7 32 20 50"
    assert len(app.warning) == 1
    assert list(app.sidebar.slider) == []
    # What other pages set stays in the address.
    assert app.query_params["hidden_size"] == "9"


FASTER = """
from dataclasses import replace
import streamlit as st
from dashboard.app import player
from dashboard.app.page import Page, open_app
from dashboard.app.settings import PACE
def show(config, settings):
    player.pace(settings.pace)
    st.text(settings.most_steps)
FASTER = replace(PACE, beginning="20")
open_app(Page("only", "Train", ":material/balance:", "Train", show, pace=FASTER))
"""


def test_a_page_begins_at_its_own_pace_which_its_address_leaves_out() -> None:
    app = healthy(AppTest.from_string(FASTER, default_timeout=60).run())
    assert app.text[0].value == "20"
    for chosen, address in [("1", {"pace": "1"}), ("20", {})]:
        healthy(app.selectbox(key="pace_en").set_value(chosen).run())
        assert app.text[0].value == chosen
        assert dict(app.query_params) == address


COMPANION = """
import streamlit as st
from dashboard.app.page import Companion, Page, open_app
from dashboard.app.settings import PageSetting
OWN = PageSetting("own", None, "", parse=str, shared=False)
def show(config, settings):
    st.text("the page")
companion = Companion(lambda: st.text("menu"), lambda path: st.text(f"above {path}"))
open_app(
    Page("first", "Train", ":material/balance:", "Train a network", show),
    Page("second", "Compare", ":material/balance:", "Compare", show, (OWN,), companion=companion),
)
"""


def test_what_a_page_has_on_all_pages_comes_in_the_header_and_above_the_page() -> None:
    app = AppTest.from_string(COMPANION, default_timeout=60)
    app.query_params["own"] = "mine"
    healthy(app.run())
    assert [text.value for text in app.text] == ["menu", "above first", "the page"]
    assert dict(app.query_params) == {"own": "mine"}
    (share,) = [each for each in app.get("bidi_component") if "private" in each.proto.json]
    assert '"private": ["own"]' in share.proto.json.replace('":[', '": [')


@pytest.mark.parametrize(("after", "kept"), [(None, True), (0.0, False), (1.99, False), (2, True)])
def test_what_a_browser_may_be_about_to_forget_is_sent_whole(
    after: float | None, kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = SimpleNamespace(cached_message_hashes=frozenset({"a chart"}))
    state = {} if after is None else {page._ENDED: 100.0}
    monkeypatch.setattr(page, "get_script_run_ctx", lambda **_: context)
    monkeypatch.setattr(page, "monotonic", lambda: 100.0 + (after or 0.0))
    monkeypatch.setattr(st, "session_state", state)
    page._send_whole()
    assert bool(context.cached_message_hashes) == kept


def test_a_run_of_the_page_notes_when_it_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "monotonic", lambda: 55.0)
    assert opened().session_state[page._ENDED] == 55.0
