from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.compare.contenders import (
    FEWEST,
    MOST,
    PRESETS,
    SETTINGS,
    contenders,
    from_text,
    preset_name,
    to_text,
)
from rnn_core import CELLS, RULES, RunConfig
from rnn_core.rules import Choice, FloatRange, IntRange, Nullable


@pytest.mark.parametrize(
    ("preset", "names"),
    [
        ("cells", ["RNN", "LSTM", "GRU"]),
        ("carry", ["carried", "reset"]),
        ("clipping", ["no clipping", "clip 1"]),
        ("forget_bias", ["forget bias 0", "forget bias 1"]),
        ("learning_rates", ["lr 0.004", "lr 0.02", "lr 0.1"]),
    ],
)
def test_a_preset_changes_one_thing_and_names_it(preset: str, names: list[str]) -> None:
    chosen = contenders(RunConfig(), PRESETS[preset](RunConfig()))
    assert [contender.name for contender in chosen] == names
    assert preset_name(preset)
    changed = {
        name
        for contender in chosen
        for name, value in contender.config.to_dict().items()
        if value != chosen[0].config.to_dict()[name]
    }
    assert len(changed) == 1


def test_the_cells_are_compared_with_an_lstm_of_open_forget_gates() -> None:
    base = RunConfig(forget_bias=3.0)
    chosen = contenders(base, PRESETS["with_forget_bias"](base))
    assert [contender.name for contender in chosen] == ["RNN", "LSTM", "GRU", "LSTM, forget bias 1"]
    assert [contender.config.forget_bias for contender in chosen] == [None, None, None, 1.0]
    assert preset_name("with_forget_bias") == "RNN, LSTM, GRU, forget bias 1"


def test_learning_rates_stay_within_the_rule() -> None:
    rates = [change["lr"] for change in PRESETS["learning_rates"](RunConfig(lr=10.0))]
    assert rates == [2.0, 10.0, 10.0]


def test_the_sidebar_decides_what_no_contender_changes() -> None:
    base = RunConfig(task="adding", window_length=30, hidden_size=7, seed=3)
    for contender in contenders(base, PRESETS["cells"](base)):
        assert contender.config == RunConfig(**{**base.to_dict(), "cell": contender.config.cell})


def test_twins_are_told_apart_by_number() -> None:
    chosen = contenders(RunConfig(), [{"cell": "gru"}, {"cell": "gru"}, {"cell": "rnn"}])
    assert [contender.name for contender in chosen] == ["GRU", "GRU #2", "RNN"]


def test_each_is_named_by_what_matters_to_it() -> None:
    changes = [{"cell": "rnn"}, {"cell": "lstm"}, {"cell": "lstm", "forget_bias": 1.0}]
    names = [contender.name for contender in contenders(RunConfig(), changes)]
    assert names == ["RNN", "LSTM", "LSTM, forget bias 1"]


def test_the_usual_is_named_only_where_it_is_all_that_differs() -> None:
    changes = [{"cell": "rnn_relu", "initialisation": "identity", "single_bias": True}, {}]
    names = [contender.name for contender in contenders(RunConfig(), changes)]
    assert names == ["ReLU RNN, identity, one bias", "RNN"]
    names = [each.name for each in contenders(RunConfig(), [{"single_bias": True}, {}])]
    assert names == ["one bias", "two biases"]
    changes = [{"initialisation": name} for name in ("pytorch", "orthogonal", "identity")]
    names = [each.name for each in contenders(RunConfig(), changes)]
    assert names == ["PyTorch", "orthogonal", "identity"]


def test_what_makes_no_difference_is_not_in_the_name() -> None:
    # An RNN has no forget gates, and Adam no momentum.
    chosen = contenders(
        RunConfig(),
        [{"forget_bias": 1.0, "momentum": 0.1}, {"hidden_size": 8}],
    )
    assert [contender.name for contender in chosen] == ["H 32", "H 8"]


def setting(name: str) -> st.SearchStrategy[Any]:
    rule = RULES[name]
    if isinstance(rule, Nullable):
        return st.none() | st.floats(0.5, 5.0)
    if isinstance(rule, Choice):
        return st.sampled_from(rule.options)
    if isinstance(rule, IntRange):
        return st.integers(rule.low, rule.high)
    if isinstance(rule, FloatRange):
        return st.floats(max(rule.low, 1e-6), rule.high)
    return st.booleans()


CHANGES = st.fixed_dictionaries({}, optional={name: setting(name) for name in SETTINGS})


@given(st.lists(CHANGES, min_size=FEWEST, max_size=MOST))
def test_a_link_gives_back_the_contenders_it_was_made_from(changes: list[dict[str, Any]]) -> None:
    assert list(from_text(to_text(changes))) == changes


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("cell:rnn", "A comparison needs 2 to 6 contenders, not 1"),
        (";" * 6, "A comparison needs 2 to 6 contenders, not 7"),
        ("cell:rnn;seed:3", "`seed:3` is not a setting of a contender"),
        ("cell:rnn;cell", "`cell` is not a setting of a contender"),
        ("cell:rnn;cell:lst", f"`cell` must be one of {', '.join(CELLS)}, not `lst`"),
        (
            "cell:rnn;hidden_size:many",
            "`hidden_size` must be a whole number from 1 to 256, not `many`",
        ),
        ("cell:rnn;lr:-1", "`lr` must be above 0, up to 10, not `-1`"),
    ],
)
def test_a_link_that_cannot_be_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        from_text(text)
