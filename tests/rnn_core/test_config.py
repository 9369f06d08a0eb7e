from __future__ import annotations

import ast
import dataclasses
import json
import math
import re
from itertools import islice
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.first_seed import SEEDS, mean_losses, median_seed
from rnn_core import (
    CELLS,
    OPTIMIZERS,
    RULES,
    SETTINGS,
    TASKS,
    RunConfig,
    Trainer,
    is_read,
)
from rnn_core.rules import Choice, Flag, FloatRange, IntRange, Nullable, Rule

SEED_RULE = "a whole number from 0 to 2147483647"
CLIP_RULE = "None (no clipping) or a positive number up to 100"
BIAS_RULE = "None (PyTorch's own initialisation) or a number from -5 to 5"
ALL_SETTINGS = (
    "amplitude, batch_size, carry_state, cell, clip_norm, data_seed, delay, forget_bias, "
    "frequency, hidden_size, initialisation, lr, momentum, noise_std, num_layers, optimizer, "
    "phase, points_per_period, seed, single_bias, task, window_length"
)
TASK_NAMES = ", ".join(sorted(TASKS))
TASK_RULE = f"one of {', '.join(TASKS)}"


def refusal(sentence: str) -> str:
    """The pattern that matches this sentence and nothing around it."""
    return f"^{re.escape(sentence)}$"


def allowed(rule: Rule) -> st.SearchStrategy[Any]:
    """All values that a rule allows, limits included."""
    match rule:
        case IntRange():
            return st.integers(rule.low, rule.high)
        case FloatRange():
            return st.floats(rule.low, rule.high, exclude_min=rule.open_low)
        case Nullable():
            return st.none() | allowed(rule.rule)
        case Choice():
            return st.sampled_from(rule.options)
        case Flag():
            return st.booleans()


some_settings = st.fixed_dictionaries(
    {}, optional={name: allowed(rule) for name, rule in RULES.items()}
)


# --- what a config is ---------------------------------------------------------------------


def test_the_default_is_the_tutorials_run() -> None:
    assert RunConfig().to_dict() == {
        "task": "sin_to_cos",
        "window_length": 10,
        "points_per_period": 18,
        "frequency": 1.0,
        "amplitude": 1.0,
        "phase": 0.0,
        "noise_std": 0.0,
        "delay": 1,
        "data_seed": 0,
        "batch_size": 1,
        "cell": "rnn",
        "hidden_size": 32,
        "num_layers": 1,
        "forget_bias": None,
        "initialisation": "pytorch",
        "single_bias": False,
        "carry_state": True,
        "optimizer": "adam",
        "lr": 0.02,
        "momentum": 0.9,
        "clip_norm": None,
        "seed": 13,
    }


def test_the_default_seed_is_the_median_of_a_hundred() -> None:
    losses = mean_losses(SEEDS)
    assert median_seed(SEEDS, losses) == RunConfig().seed
    assert losses[RunConfig().seed] == pytest.approx(0.07007, abs=5e-6)


def test_every_setting_has_a_rule_and_every_rule_a_setting() -> None:
    assert list(RULES) == [field.name for field in dataclasses.fields(RunConfig)]


@pytest.mark.parametrize(
    ("name", "registry"), [("task", TASKS), ("cell", CELLS), ("optimizer", OPTIMIZERS)]
)
def test_a_choice_offers_exactly_what_its_registry_holds(name: str, registry: Any) -> None:
    rule = RULES[name]
    assert isinstance(rule, Choice)
    assert set(rule.options) == set(registry)


def test_the_word_none_is_read_as_none_where_none_is_allowed() -> None:
    assert SETTINGS["clip_norm"].read("none") is None
    assert SETTINGS["clip_norm"].read(2.0) == 2.0
    assert SETTINGS["cell"].read("none") == "none"


def test_the_rules_cannot_be_changed() -> None:
    with pytest.raises(TypeError, match="does not support item assignment"):
        RULES["lr"] = FloatRange(0.0, 1e9)  # type: ignore[index]


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(RunConfig)])
def test_a_config_cannot_be_changed(name: str) -> None:
    config = RunConfig()
    with pytest.raises(dataclasses.FrozenInstanceError, match=f"cannot assign to field '{name}'"):
        setattr(config, name, getattr(config, name))


def test_settings_are_given_by_name_only() -> None:
    with pytest.raises(TypeError, match=re.escape("takes 1 positional argument but 2 were given")):
        RunConfig("sin_to_cos")  # type: ignore[misc]


@given(some_settings)
def test_equal_configs_are_one_key_of_a_dictionary(settings: dict[str, Any]) -> None:
    assert len({RunConfig(**settings), RunConfig(**settings)}) == 1


@pytest.mark.parametrize(
    "changes",
    [{"lr": 0.03}, {"cell": "gru"}, {"seed": 1}, {"clip_norm": 1.0}, {"carry_state": False}],
)
def test_configs_that_differ_in_one_setting_are_different(changes: dict[str, Any]) -> None:
    assert dataclasses.replace(RunConfig(), **changes) != RunConfig()


def test_a_changed_copy_is_checked_too() -> None:
    with pytest.raises(ValueError, match=refusal("lr must be a positive number, got 0. Try 0.02.")):
        dataclasses.replace(RunConfig(), lr=0)


# --- what is accepted ---------------------------------------------------------------------


@pytest.mark.parametrize("name", RULES)
@given(data=st.data())
def test_every_value_inside_the_limits_is_accepted(name: str, data: st.DataObject) -> None:
    value = data.draw(allowed(RULES[name]))
    assert getattr(RunConfig(**{name: value}), name) == value


@pytest.mark.parametrize(
    ("name", "rule"), [(name, rule) for name, rule in RULES.items() if isinstance(rule, IntRange)]
)
def test_whole_numbers_of_numpy_become_plain_ones(name: str, rule: IntRange) -> None:
    value = getattr(RunConfig(**{name: np.int64(rule.high)}), name)
    assert value == rule.high
    assert type(value) is int


@pytest.mark.parametrize(
    ("name", "rule"),
    [(name, rule) for name, rule in RULES.items() if isinstance(rule, FloatRange | Nullable)],
)
@pytest.mark.parametrize("kind", [np.float32, np.float64, np.int64, int])
def test_numbers_of_all_kinds_become_plain_floats(name: str, rule: Rule, kind: Any) -> None:
    # One lies inside the limits of all of them but one.
    number = 0 if name == "momentum" else 1
    value = getattr(RunConfig(**{name: kind(number)}), name)
    assert value == number
    assert type(value) is float


# --- there and back -----------------------------------------------------------------------


@given(some_settings)
def test_a_config_survives_the_way_through_json(settings: dict[str, Any]) -> None:
    config = RunConfig(**settings)
    assert RunConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


@given(some_settings)
def test_what_is_not_named_keeps_its_default(settings: dict[str, Any]) -> None:
    expected = RunConfig().to_dict() | settings
    assert RunConfig.from_dict(MappingProxyType(settings)).to_dict() == expected


def test_a_dictionary_of_settings_is_a_copy_that_may_be_changed() -> None:
    config = RunConfig()
    config.to_dict()["lr"] = 5.0
    assert config.to_dict()["lr"] == 0.02


def test_numbers_of_numpy_come_out_as_plain_ones() -> None:
    config = RunConfig(seed=np.int64(3), lr=np.float64(0.5), clip_norm=np.float32(2))
    assert json.dumps(config.to_dict()) == json.dumps(
        RunConfig(seed=3, lr=0.5, clip_norm=2.0).to_dict()
    )


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"hiden_size": 3},
            f"Unknown setting 'hiden_size'. Choose from: {ALL_SETTINGS}. "
            "Did you mean 'hidden_size'?",
        ),
        (
            {"lr": 0.1, "learning": 0.1},
            f"Unknown setting 'learning'. Choose from: {ALL_SETTINGS}.",
        ),
        ({7: 1}, f"Unknown setting 7. Choose from: {ALL_SETTINGS}."),
        ({"cell": "LSTM"}, f"Unknown cell 'LSTM'. Choose from: {', '.join(sorted(CELLS))}."),
        ({"lr": -1}, "lr must be a positive number, got -1. Try 0.02."),
    ],
)
def test_settings_with_an_unknown_name_or_a_wrong_value_are_refused(
    settings: dict[Any, Any], sentence: str
) -> None:
    with pytest.raises(ValueError, match=refusal(sentence)):
        RunConfig.from_dict(settings)


@pytest.mark.parametrize("settings", [None, 3, "lr", [("lr", 0.1)], {"lr"}])
def test_settings_that_are_no_mapping_are_refused(settings: Any) -> None:
    sentence = (
        f"settings must be a mapping of names to values, got {settings!r}. "
        "Try RunConfig().to_dict()."
    )
    with pytest.raises(TypeError, match=refusal(sentence)):
        RunConfig.from_dict(settings)


# --- what is refused ----------------------------------------------------------------------

# Name, what is asked for, and what the answer must be.
OUT_OF_LIMITS: list[tuple[str, object, str]] = [
    ("task", "mnist", f"Unknown task 'mnist'. Choose from: {TASK_NAMES}."),
    (
        "task",
        "sin_to_coz",
        f"Unknown task 'sin_to_coz'. Choose from: {TASK_NAMES}. Did you mean 'sin_to_cos'?",
    ),
    ("window_length", 1, "window_length must be a whole number from 2 to 1020, got 1. Try 10."),
    (
        "window_length",
        1021,
        "window_length must be a whole number from 2 to 1020, got 1021. Try 10.",
    ),
    (
        "points_per_period",
        9,
        "points_per_period must be a whole number from 10 to 200, got 9. Try 18.",
    ),
    (
        "points_per_period",
        201,
        "points_per_period must be a whole number from 10 to 200, got 201. Try 18.",
    ),
    ("frequency", 0.05, "frequency must be a number from 0.1 to 4, got 0.05. Try 1.0."),
    ("frequency", 5, "frequency must be a number from 0.1 to 4, got 5. Try 1.0."),
    ("frequency", math.nan, "frequency must be a number from 0.1 to 4, got nan. Try 1.0."),
    ("amplitude", 0, "amplitude must be a number from 0.1 to 10, got 0. Try 1.0."),
    ("amplitude", math.inf, "amplitude must be a number from 0.1 to 10, got inf. Try 1.0."),
    ("phase", 4, "phase must be a number from -3.14159 to 3.14159, got 4. Try 0.0."),
    ("phase", -math.inf, "phase must be a number from -3.14159 to 3.14159, got -inf. Try 0.0."),
    ("noise_std", -0.1, "noise_std must be a number from 0 to 2, got -0.1. Try 0.0."),
    ("noise_std", 2.5, "noise_std must be a number from 0 to 2, got 2.5. Try 0.0."),
    ("delay", 0, "delay must be a whole number from 1 to 100, got 0. Try 1."),
    ("delay", 101, "delay must be a whole number from 1 to 100, got 101. Try 1."),
    ("data_seed", -1, f"data_seed must be {SEED_RULE}, got -1. Try 0."),
    ("data_seed", 2**31, f"data_seed must be {SEED_RULE}, got 2147483648. Try 0."),
    ("batch_size", 0, "batch_size must be a whole number from 1 to 64, got 0. Try 1."),
    ("batch_size", 65, "batch_size must be a whole number from 1 to 64, got 65. Try 1."),
    (
        "cell",
        "lsmt",
        f"Unknown cell 'lsmt'. Choose from: {', '.join(sorted(CELLS))}. Did you mean 'lstm'?",
    ),
    (
        "cell",
        "transformer",
        f"Unknown cell 'transformer'. Choose from: {', '.join(sorted(CELLS))}.",
    ),
    ("hidden_size", 0, "hidden_size must be a whole number from 1 to 256, got 0. Try 32."),
    ("hidden_size", 257, "hidden_size must be a whole number from 1 to 256, got 257. Try 32."),
    ("num_layers", 0, "num_layers must be a whole number from 1 to 4, got 0. Try 1."),
    ("num_layers", 5, "num_layers must be a whole number from 1 to 4, got 5. Try 1."),
    ("forget_bias", 6, f"forget_bias must be {BIAS_RULE}, got 6. Try 1.0."),
    ("forget_bias", math.nan, f"forget_bias must be {BIAS_RULE}, got nan. Try 1.0."),
    (
        "initialisation",
        "ortogonal",
        "Unknown initialisation 'ortogonal'. Choose from: identity, orthogonal, pytorch. Did you "
        "mean 'orthogonal'?",
    ),
    (
        "optimizer",
        "Adam",
        "Unknown optimizer 'Adam'. Choose from: adam, rmsprop, sgd. Did you mean 'adam'?",
    ),
    ("optimizer", "lbfgs", "Unknown optimizer 'lbfgs'. Choose from: adam, rmsprop, sgd."),
    ("lr", -1, "lr must be a positive number, got -1. Try 0.02."),
    ("lr", 0.0, "lr must be a positive number, got 0.0. Try 0.02."),
    ("lr", math.nan, "lr must be a positive number, got nan. Try 0.02."),
    ("lr", math.inf, "lr must be a positive number up to 10, got inf. Try 0.02."),
    ("lr", 50, "lr must be a positive number up to 10, got 50. Try 0.02."),
    ("momentum", -0.1, "momentum must be a number from 0 to 0.99, got -0.1. Try 0.9."),
    ("momentum", 1, "momentum must be a number from 0 to 0.99, got 1. Try 0.9."),
    ("clip_norm", 0, f"clip_norm must be {CLIP_RULE}, got 0. Try 1.0."),
    ("clip_norm", math.inf, f"clip_norm must be {CLIP_RULE}, got inf. Try 1.0."),
    ("seed", -1, f"seed must be {SEED_RULE}, got -1. Try 13."),
    ("seed", 2**31, f"seed must be {SEED_RULE}, got 2147483648. Try 13."),
]
OF_THE_WRONG_KIND: list[tuple[str, object, str]] = [
    ("task", None, f"task must be {TASK_RULE}, got None. Try 'sin_to_cos'."),
    (
        "window_length",
        10.0,
        "window_length must be a whole number from 2 to 1020, got 10.0. Try 10.",
    ),
    (
        "points_per_period",
        "18",
        "points_per_period must be a whole number from 10 to 200, got '18'. Try 18.",
    ),
    ("frequency", True, "frequency must be a number from 0.1 to 4, got True. Try 1.0."),
    ("amplitude", "1", "amplitude must be a number from 0.1 to 10, got '1'. Try 1.0."),
    ("phase", None, "phase must be a number from -3.14159 to 3.14159, got None. Try 0.0."),
    ("noise_std", False, "noise_std must be a number from 0 to 2, got False. Try 0.0."),
    ("delay", 2.0, "delay must be a whole number from 1 to 100, got 2.0. Try 1."),
    ("data_seed", None, f"data_seed must be {SEED_RULE}, got None. Try 0."),
    ("batch_size", True, "batch_size must be a whole number from 1 to 64, got True. Try 1."),
    ("cell", 3, f"cell must be one of {', '.join(CELLS)}, got 3. Try 'rnn'."),
    ("hidden_size", 32.0, "hidden_size must be a whole number from 1 to 256, got 32.0. Try 32."),
    ("num_layers", True, "num_layers must be a whole number from 1 to 4, got True. Try 1."),
    ("forget_bias", "big", f"forget_bias must be {BIAS_RULE}, got 'big'. Try 1.0."),
    ("carry_state", 1, "carry_state must be True or False, got 1. Try True."),
    (
        "initialisation",
        None,
        "initialisation must be one of pytorch, orthogonal, identity, got None. Try 'pytorch'.",
    ),
    ("single_bias", 0, "single_bias must be True or False, got 0. Try False."),
    ("carry_state", None, "carry_state must be True or False, got None. Try True."),
    ("optimizer", None, "optimizer must be one of adam, sgd, rmsprop, got None. Try 'adam'."),
    ("lr", "fast", "lr must be a positive number, got 'fast'. Try 0.02."),
    ("lr", True, "lr must be a positive number, got True. Try 0.02."),
    ("momentum", None, "momentum must be a number from 0 to 0.99, got None. Try 0.9."),
    ("clip_norm", True, f"clip_norm must be {CLIP_RULE}, got True. Try 1.0."),
    ("seed", 1.5, f"seed must be {SEED_RULE}, got 1.5. Try 13."),
]


@pytest.mark.parametrize(("name", "value", "sentence"), OUT_OF_LIMITS)
def test_a_value_outside_its_limits_is_refused(name: str, value: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=refusal(sentence)):
        RunConfig(**{name: value})


@pytest.mark.parametrize(("name", "value", "sentence"), OF_THE_WRONG_KIND)
def test_a_value_of_the_wrong_kind_is_refused(name: str, value: Any, sentence: str) -> None:
    with pytest.raises(TypeError, match=refusal(sentence)):
        RunConfig(**{name: value})


def test_the_tables_above_leave_no_setting_out() -> None:
    # A switch has no limits: True and False are all there is.
    assert {name for name, _, _ in OUT_OF_LIMITS} == set(RULES) - {"carry_state", "single_bias"}
    assert {name for name, _, _ in OF_THE_WRONG_KIND} == set(RULES)


@pytest.mark.parametrize("name", RULES)
def test_what_a_refusal_suggests_is_accepted(name: str) -> None:
    with pytest.raises(TypeError, match="Try ") as caught:
        RunConfig(**{name: []})
    found = re.search(r"Try (.+)\.$", str(caught.value))
    assert found is not None
    suggested = ast.literal_eval(found[1])
    assert suggested is not None
    assert getattr(RunConfig(**{name: suggested}), name) == suggested


# --- the table of settings ----------------------------------------------------------------


def test_the_table_names_every_field_with_its_default_and_rule() -> None:
    names = [field.name for field in dataclasses.fields(RunConfig)]
    assert list(SETTINGS) == list(RULES) == names
    for name, setting in SETTINGS.items():
        assert setting.name == name
        assert setting.default == getattr(RunConfig(), name)
        assert RULES[name] is setting.rule
    with pytest.raises(TypeError, match="does not support item assignment"):
        SETTINGS["lr"] = SETTINGS["seed"]  # type: ignore[index]


def test_the_learning_rate_alone_takes_effect_in_a_running_trainer() -> None:
    assert [name for name, setting in SETTINGS.items() if setting.live] == ["lr"]


def test_the_groups_say_what_may_differ_in_a_comparison() -> None:
    of_data = [name for name, setting in SETTINGS.items() if setting.group == "data"]
    assert of_data == [
        "task",
        "window_length",
        "points_per_period",
        "frequency",
        "amplitude",
        "phase",
        "noise_std",
        "delay",
        "data_seed",
        "batch_size",
    ]


def test_a_setting_checks_a_value_under_its_own_name() -> None:
    assert SETTINGS["hidden_size"].check(np.int64(7)) == 7
    with pytest.raises(ValueError, match=r"^clip_norm must be None .*, got -1\. Try 1\.0\.$"):
        SETTINGS["clip_norm"].check(-1)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "rnn_relu", "min_gru"])
@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("forget_bias", 2.0),
        ("single_bias", True),
        ("initialisation", "orthogonal"),
        ("momentum", 0.2),
    ],
)
def test_a_setting_that_is_not_read_changes_no_run(
    cell: str, optimizer: str, setting: str, value: float
) -> None:
    config = RunConfig(cell=cell, optimizer=optimizer, hidden_size=3)
    losses = [
        [step.loss for step in islice(Trainer(each).steps(), 4)]
        for each in (config, dataclasses.replace(config, **{setting: value}))  # type: ignore[arg-type]
    ]
    assert (losses[0] == losses[1]) == (not is_read(setting, config))


def test_a_setting_of_the_data_is_read_when_the_task_lists_it() -> None:
    flip_flop = RunConfig(task="flip_flop")
    assert is_read("data_seed", flip_flop)
    assert is_read("hidden_size", flip_flop)
    assert is_read("task", flip_flop)
    assert not is_read("frequency", flip_flop)
    assert is_read("frequency", RunConfig())
    with pytest.raises(ValueError, match=r"^Unknown setting 'frequncy'.*'frequency'\?$"):
        is_read("frequncy", flip_flop)


@pytest.mark.parametrize("name", ["seed", "hidden_size", "lr", "clip_norm", "data_seed"])
def test_numbers_of_numpy_become_plain_ones(name: str) -> None:
    config = RunConfig(**{name: np.int64(3)})  # type: ignore[arg-type]
    assert getattr(config, name) == 3
    assert type(getattr(config, name)) in (int, float)
    assert config == RunConfig(**{name: 3})  # type: ignore[arg-type]
