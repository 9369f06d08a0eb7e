from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.sweeps.manager import FOLDER
from dashboard.sweeps.plan import SWEEP_RUNS
from tests.dashboard.sweeps.sweeps_page import page, said
from tests.dashboard.train_page import healthy


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    return tmp_path


def test_the_space_is_chosen_with_widgets_and_stays_in_the_link() -> None:
    app = page()
    assert "Points: **9**" in said(app)
    assert "goes on when you leave" in "".join(each.value for each in app.caption)
    # What varies is not asked for in the sidebar.
    assert [box.value for box in app.sidebar.text_input] == ["varies", "varies"]
    # No run is there that a change would start again.
    assert not [each for each in app.sidebar.caption if "at once" in each.value]
    app = healthy(app.text_input(key="vary_lr_en").set_value("0.001..0.1 x4").run())
    assert "Points: **12**" in said(app)
    assert app.query_params["vary"] == "cell:rnn,lstm,gru;lr:0.001..0.1x4"
    app = healthy(app.multiselect(key="varied_en").set_value(["lr", "hidden_size"]).run())
    assert app.query_params["vary"] == "lr:0.001..0.1x4;hidden_size:4,16,64"


def test_what_is_impossible_is_a_sentence_and_nothing_can_be_started() -> None:
    app = page()
    app = healthy(app.text_input(key="vary_lr_en").set_value("quick").run())
    assert "`lr` must be above 0" in app.error[0].value
    assert app.text_input(key="vary_lr_en").value == "quick"
    assert not [found for found in app.button if found.key == "start_sweep"]
    app = healthy(app.text_input(key="vary_lr_en").set_value("0.1").run())
    assert not app.error
    app = healthy(app.multiselect(key="varied_en").set_value([]).run())
    assert "Nothing varies" in app.error[0].value


def test_too_many_runs_are_refused_with_what_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SWEEP_RUNS, "20")
    app = page()
    assert "27 runs, and this server allows 20" in app.error[0].value
    app = healthy(app.number_input(key="sweep_seeds").set_value(2).run())
    assert not app.error


def test_where_sweeps_are_off_the_page_says_how_to_run_one_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(SWEEP_RUNS, "0")
    app = page()
    assert "Sweeps are off on this server" in app.info[0].value
    assert not [found for found in app.button if found.key == "start_sweep"]
    assert 'cell = ["rnn", "lstm", "gru"]' in app.code[0].value
    assert app.code[1].value.startswith("python -m rnn_core sweep")


def test_links_to_sweeps_that_are_not_there_are_told() -> None:
    app = page(sweep="0123456789")
    assert "This server has no sweep `0123456789`" in app.warning[0].value


def test_a_series_stays_in_the_session_and_its_sweep_goes_home() -> None:
    app = page(task="series", vary="lr:0.01,0.02")
    assert "read no series" in app.info[0].value
    assert not [found for found in app.button if found.key == "start_sweep"]
    assert app.selectbox(key="objective_en").options[0] == "validation loss of the last weights"
    file, line = (code.value for code in app.code)
    assert 'task = "series"' in file
    assert line.startswith("python -m rnn_core sweep sweep_")
    assert "--data rnn_core/series/bundled/sunspots.csv --inputs" in line
    assert len(app.get("download_button")) == 1


def test_equal_parameters_decide_the_hidden_size() -> None:
    app = page(sweep_parameters="500")
    assert not app.error
    # The two that vary, and the one that follows.
    assert sorted(box.value for box in app.sidebar.text_input) == [
        "by parameters",
        "varies",
        "varies",
    ]
    assert "parameters = 500" in app.code[0].value
    app = healthy(app.number_input(key="sweep_parameters").set_value(2).run())
    assert "parameters must be at least" in app.error[0].value
    app = page(sweep_parameters="500", vary="hidden_size:4,8")
    assert "The number of parameters sets hidden_size" in app.error[0].value


def test_an_objective_that_needs_a_threshold_asks_for_it() -> None:
    app = page(objective="steps_to_threshold")
    assert not app.error
    app = healthy(app.number_input(key="sweep_threshold").set_value(None).run())
    assert "needs a threshold" in app.error[0].value
