from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_core import CELLS, OPTIMIZERS, RULES, TASKS, RunConfig
from rnn_core.rules import Choice, Optional, Real, Rule, Switch, Whole


def allowed(rule: Rule) -> st.SearchStrategy[Any]:
    """All that a rule allows."""
    match rule:
        case Whole():
            return st.integers(rule.low, rule.high)
        case Real():
            return st.floats(rule.low, rule.high, exclude_min=rule.open_low)
        case Optional():
            return st.none() | allowed(rule.rule)
        case Choice():
            return st.sampled_from(rule.options)
        case Switch():
            return st.booleans()


settings_of_runs = st.fixed_dictionaries(
    {}, optional={name: allowed(rule) for name, rule in RULES.items()}
)


@given(settings_of_runs)
def test_a_config_survives_the_way_through_json(settings: Mapping[str, Any]) -> None:
    config = RunConfig.from_dict(settings)
    again = RunConfig.from_dict(json.loads(json.dumps(config.to_dict())))
    assert again == config
    assert hash(again) == hash(config)
    assert {name: config.to_dict()[name] for name in settings} == settings


def test_the_default_is_the_tutorials_run() -> None:
    config = RunConfig()
    assert (config.cell, config.hidden_size, config.num_layers) == ("rnn", 32, 1)
    assert (config.optimizer, config.lr, config.clip_norm) == ("adam", 0.02, None)
    assert (config.window_length, config.points_per_period, config.batch_size) == (10, 18, 1)
    assert config.carry_state


def test_rules_and_registries_name_the_same_things() -> None:
    assert list(RULES) == [field.name for field in dataclasses.fields(RunConfig)]
    assert RULES["task"] == Choice(tuple(TASKS))
    assert RULES["cell"] == Choice(tuple(CELLS))
    assert RULES["optimizer"] == Choice(tuple(OPTIMIZERS))


def test_a_config_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'lr'"):
        RunConfig().lr = 1.0  # type: ignore[misc]


def test_numbers_of_numpy_become_plain_ones() -> None:
    config = RunConfig(hidden_size=np.int64(8), lr=np.float32(0.5), amplitude=2)  # type: ignore[arg-type]
    assert (type(config.hidden_size), type(config.lr), type(config.amplitude)) == (
        int,
        float,
        float,
    )


@pytest.mark.parametrize(
    ("name", "value", "error", "sentence"),
    [
        ("lr", -1, ValueError, "lr must be a positive number, got -1. Try 0.02."),
        ("lr", 0, ValueError, "lr must be a positive number, got 0. Try 0.02."),
        ("lr", math.nan, ValueError, "lr must be a positive number, got nan. Try 0.02."),
        ("lr", math.inf, ValueError, "lr must be a positive number up to 10, got inf. Try 0.02."),
        ("lr", 50.0, ValueError, "lr must be a positive number up to 10, got 50.0. Try 0.02."),
        ("lr", "fast", TypeError, "lr must be a positive number, got 'fast'. Try 0.02."),
        ("lr", True, TypeError, "lr must be a positive number, got True. Try 0.02."),
        (
            "hidden_size",
            0,
            ValueError,
            "hidden_size must be a whole number from 1 to 256, got 0. Try 32.",
        ),
        (
            "hidden_size",
            257,
            ValueError,
            "hidden_size must be a whole number from 1 to 256, got 257. Try 32.",
        ),
        (
            "hidden_size",
            32.0,
            TypeError,
            "hidden_size must be a whole number from 1 to 256, got 32.0. Try 32.",
        ),
        (
            "num_layers",
            True,
            TypeError,
            "num_layers must be a whole number from 1 to 4, got True. Try 1.",
        ),
        (
            "window_length",
            1,
            ValueError,
            "window_length must be a whole number from 2 to 200, got 1. Try 10.",
        ),
        (
            "points_per_period",
            9,
            ValueError,
            "points_per_period must be a whole number from 10 to 200, got 9. Try 18.",
        ),
        ("frequency", 5, ValueError, "frequency must be a number from 0.1 to 4, got 5. Try 1.0."),
        (
            "amplitude",
            0,
            ValueError,
            "amplitude must be a number from 0.1 to 10, got 0. Try 1.0.",
        ),
        (
            "phase",
            4,
            ValueError,
            "phase must be a number from -3.14159 to 3.14159, got 4. Try 0.0.",
        ),
        ("noise_std", -0.1, ValueError, "noise_std must be a number from 0 to 2, got -0.1. Try 0."),
        (
            "noise_seed",
            -1,
            ValueError,
            "noise_seed must be a whole number from 0 to 2147483647, got -1. Try 0.",
        ),
        (
            "batch_size",
            65,
            ValueError,
            "batch_size must be a whole number from 1 to 64, got 65. Try 1.",
        ),
        ("momentum", 1, ValueError, "momentum must be a number from 0 to 0.99, got 1. Try 0.9."),
        (
            "clip_norm",
            0,
            ValueError,
            "clip_norm must be None (no clipping) or a positive number up to 100, got 0. Try 1.0.",
        ),
        (
            "forget_bias",
            "big",
            TypeError,
            "forget_bias must be None (PyTorch's own initialisation) or a number from -5 to 5, "
            "got 'big'. Try 1.0.",
        ),
        ("carry_state", 1, TypeError, "carry_state must be True or False, got 1. Try True."),
        ("cell", 3, TypeError, "cell must be one of rnn, lstm, gru, got 3. Try 'rnn'."),
        (
            "cell",
            "lsmt",
            ValueError,
            "Unknown cell 'lsmt'. Choose from: gru, lstm, rnn. Did you mean 'lstm'?",
        ),
        ("optimizer", "x", ValueError, "Unknown optimizer 'x'. Choose from: adam, rmsprop, sgd."),
        ("task", "copy", ValueError, "Unknown task 'copy'. Choose from: sin_to_cos."),
        (
            "seed",
            2**31,
            ValueError,
            "seed must be a whole number from 0 to 2147483647, got 2147483648. Try 0.",
        ),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_right(
    name: str, value: object, error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match="^" + re.escape(sentence)):
        RunConfig(**{name: value})


@pytest.mark.parametrize(
    ("settings", "error", "sentence"),
    [
        ({"hiden_size": 3}, ValueError, "Unknown setting 'hiden_size'. Choose from: amplitude, "),
        ({"hiden_size": 3}, ValueError, "Did you mean 'hidden_size'?"),
        ([1], TypeError, "settings must be a mapping of names to values, got [1]. Try RunConfig()"),
    ],
)
def test_settings_that_are_none_are_refused(
    settings: Any, error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=re.escape(sentence)):
        RunConfig.from_dict(settings)
