from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.app.link import read_link, write_link
from dashboard.app.restrictions import HIDE, LOCK
from dashboard.app.settings import table_of
from rnn_core import RunConfig
from tests.dashboard.train_page import config, healthy, page

TABLE = table_of([LOCK, HIDE])


@pytest.mark.parametrize(
    "parameters",
    [
        {"lock": "true"},
        {"lock": "lr,seed"},
        {"hide": "settings"},
        {"hide": "cell,lessons", "lock": "lr"},
    ],
)
def test_a_link_is_written_as_it_was_read(parameters: dict[str, str]) -> None:
    link = read_link(parameters, TABLE)
    assert link.refusals == ()
    assert write_link(link.values, TABLE) == parameters


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"lock": "everything"}, "settings of the run, separated by commas, or be `true`"),
        ({"hide": "lr,<b>"}, "or be `settings`, `lessons`"),
    ],
)
def test_other_names_are_refused_with_a_sentence(parameters: dict[str, str], said: str) -> None:
    link = read_link(parameters, TABLE)
    assert link.values == {}
    (refusal,) = link.refusals
    assert said in refusal


def disabled(app: AppTest) -> dict[str, bool]:
    """Whether each widget of the sidebar can be changed, by the beginning of its key."""
    names = ("task", "cell", "num_layers", "hidden_size", "carry_state", "lr", "seed", "clip_norm")
    shown = [*app.sidebar.selectbox, *app.sidebar.slider, *app.sidebar.toggle]
    shown += [*app.sidebar.select_slider, *app.sidebar.number_input]
    return {
        name: widget.disabled
        for widget in shown
        for name in names
        if str(widget.key).startswith(name)
    }


def keys(app: AppTest) -> set[str]:
    return {str(button.key) for button in app.button}


def test_what_a_link_locks_is_shown_and_cannot_be_changed() -> None:
    free = page(lr="0.05")
    assert not any(disabled(free).values())
    assert "new_seed" in keys(free)
    app = page(lr="0.05", lock="lr,seed")
    assert {name for name, off in disabled(app).items() if off} == {"lr", "seed"}
    assert config(app).lr == 0.05
    assert "new_seed" not in keys(app)
    assert app.query_params == {"lr": "0.05", "lock": "lr,seed"}


def test_only_a_link_that_locks_says_that_something_is_gray() -> None:
    said = "The link that was opened sets what is gray."
    for parameters, expected in (({}, 0), ({"hide": "cell"}, 0), ({"lock": "lr"}, 1)):
        captions = [shown.value for shown in page(**parameters).sidebar.caption]
        assert sum(said in caption for caption in captions) == expected, parameters


def test_a_locked_page_offers_nothing_that_would_change_it() -> None:
    app = page(lock="true")
    assert all(disabled(app).values())
    app.session_state["experiments_menu_en"] = True
    app.session_state["file_menu_en"] = True
    app = healthy(app.run())
    assert not {key for key in keys(app) if key.startswith(("preset_", "follow_", "new_seed"))}
    assert not app.file_uploader
    app = healthy(app.selectbox(key="pace_en").set_value("5").run())
    assert app.query_params == {"lock": "true", "pace": "5"}


def test_what_a_link_hides_keeps_its_value() -> None:
    app = page(hide="cell,lr", cell="gru", lr="0.05")
    assert {"cell", "lr"}.isdisjoint(disabled(app))
    assert "hidden_size" in disabled(app)
    assert (config(app).cell, config(app).lr) == ("gru", 0.05)


def test_a_hidden_sidebar_leaves_the_run_of_the_link() -> None:
    app = page(hide="settings", cell="lstm", task="mackey_glass")
    assert disabled(app) == {}
    expected = page(cell="lstm", task="mackey_glass")
    assert config(app) == config(expected) != RunConfig()
