from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.compare import contender_table
from dashboard.compare.contenders import SETTINGS, Change
from rnn_core import CELLS, OPTIMIZERS, RULES, RunConfig

Edit = Callable[[pd.DataFrame], pd.DataFrame]


def page(language: str = "en") -> None:
    """The table alone, and what it gives."""
    import streamlit as st

    from dashboard.app.language import use_language
    from dashboard.compare.contender_table import own_contenders
    from rnn_core import RunConfig

    use_language(st.session_state.get("language", "en"))
    base = RunConfig(hidden_size=8)
    first = ({"cell": "rnn"}, {"cell": "gru", "lr": 0.01})
    st.session_state["changes"] = own_contenders(base, first)


@pytest.fixture
def edits(monkeypatch: pytest.MonkeyPatch) -> list[Edit]:
    """Edits that the reader makes in the table, which the test runner has no hands for."""
    made: list[Edit] = []
    editor = contender_table.st.data_editor

    def edited(rows: pd.DataFrame, **settings: Any) -> pd.DataFrame:
        frame: pd.DataFrame = editor(rows, **settings)
        for edit in made:
            frame = edit(frame)
        return frame

    monkeypatch.setattr(contender_table.st, "data_editor", edited)
    return made


def run(app: AppTest) -> tuple[Change, ...]:
    assert list(app.run().exception) == []
    changes: tuple[Change, ...] = app.session_state["changes"]
    return changes


def with_cell(row: int, column: str, value: object) -> Edit:
    def edit(frame: pd.DataFrame) -> pd.DataFrame:
        frame = frame.astype({column: object})
        frame.loc[row, column] = value
        return frame

    return edit


def test_the_table_begins_with_the_contenders_given(edits: list[Edit]) -> None:
    app = AppTest.from_function(page)
    # What is as in the sidebar is no change.
    assert run(app) == ({}, {"cell": "gru", "lr": 0.01})
    table = app.dataframe[0].value
    assert list(table.columns) == list(SETTINGS)
    assert table["cell"].tolist() == ["rnn", "gru"]
    assert table["hidden_size"].tolist() == [8, 8]
    assert table["clip_norm"].isna().all()
    assert not app.warning


def test_edits_are_changes_and_stay(edits: list[Edit]) -> None:
    app = AppTest.from_function(page)
    run(app)
    edits.append(with_cell(0, "hidden_size", 9.0))  # an empty cell makes a column floats
    edits.append(with_cell(1, "clip_norm", 1.0))
    expected = ({"hidden_size": 9}, {"cell": "gru", "lr": 0.01, "clip_norm": 1.0})
    assert run(app) == expected
    assert run(app) == expected
    assert type(app.session_state["changes"][0]["hidden_size"]) is int


@pytest.mark.parametrize("empty", [None, math.nan])
def test_an_empty_cell_means_the_sidebars_value_or_none(edits: list[Edit], empty: object) -> None:
    app = AppTest.from_function(page)
    edits.append(with_cell(1, "lr", empty))
    edits.append(with_cell(1, "clip_norm", empty))
    assert run(app) == ({}, {"cell": "gru"})
    assert not app.warning


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        ("lr", -1.0, "must be above 0, up to 10, not `-1.0`."),
        ("hidden_size", 8.5, "from 1 to 256, not `8.5`."),
        ("cell", "<b>perceptron</b>", "not `<b>perceptron</b>`."),  # as code
    ],
)
def test_a_value_that_is_not_allowed_is_replaced_by_the_sidebars_and_said_so(
    edits: list[Edit], column: str, value: object, sentence: str
) -> None:
    app = AppTest.from_function(page)
    edits.append(with_cell(0, column, value))
    assert run(app) == ({}, {"cell": "gru", "lr": 0.01})
    (warning,) = app.warning
    assert sentence in warning.value


def test_too_few_and_too_many_rows_are_said_so(edits: list[Edit]) -> None:
    app = AppTest.from_function(page)
    edits.append(lambda frame: frame.iloc[:1])
    assert run(app) == ({}, {})
    assert "needs 2 to 6 contenders; the table has 1." in app.warning[0].value
    edits[:] = [lambda frame: pd.concat([frame] * 4, ignore_index=True)]
    assert run(app) == 3 * ({}, {"cell": "gru", "lr": 0.01})
    assert "the table has 8." in app.warning[0].value


def test_in_another_language_the_contenders_stay(edits: list[Edit]) -> None:
    app = AppTest.from_function(page)
    edit = with_cell(0, "hidden_size", 9)
    edits.append(edit)
    expected = run(app)
    edits.clear()  # a table of another language does not know the edits
    app.session_state["language"] = "zh_CN"
    assert run(app) == expected


def test_the_columns_have_the_limits_of_the_rules() -> None:
    columns = contender_table._columns()
    assert list(columns) == list(SETTINGS)
    assert columns["carry_state"]["type_config"]["type"] == "checkbox"
    for name in ("hidden_size", "num_layers"):
        limits, rule = columns[name]["type_config"], RULES[name]
        assert (limits["min_value"], limits["max_value"]) == (rule.low, rule.high)  # type: ignore[union-attr]
        assert limits["step"] == 1
    for name in ("lr", "clip_norm"):  # 0 is not allowed, and a box includes its lower end
        assert 0 < columns[name]["type_config"]["min_value"] < 1e-4


def test_a_row_of_the_table_comes_back_as_its_settings() -> None:
    base = RunConfig(cell="lstm", clip_norm=0.5, forget_bias=1.0, optimizer="sgd", lr=0.3)
    (row,) = contender_table._rows_of(base, ({},)).to_dict("records")
    settings = contender_table._settings(row, RunConfig())
    assert settings == {name: getattr(base, name) for name in SETTINGS}


def test_cells_and_optimizers_are_offered_by_title() -> None:
    columns = contender_table._columns()
    for setting, registry in (("cell", CELLS), ("optimizer", OPTIMIZERS)):
        assert columns[setting]["type_config"]["options"] == [
            {"value": name, "label": entry.title} for name, entry in registry.items()
        ]
    assert {"value": "lstm", "label": "LSTM"} in columns["cell"]["type_config"]["options"]
