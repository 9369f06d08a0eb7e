"""What every task promises, whichever it is."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_core import RULES, TASKS, Batch, RunConfig, Task, build_task
from tests.rnn_core.tasks.known_answers import (
    bounds,
    stream,
    task_of,
)

TASKS_BY_DEFAULT = {name: build_task(entry.config()) for name, entry in TASKS.items()}
SEQUENCES = {name for name, task in TASKS_BY_DEFAULT.items() if not task.streaming}
CLASSES = {name for name, task in TASKS_BY_DEFAULT.items() if task.criterion == "cross_entropy"}
WAVES = {"sum_of_sines", "square_wave", "chirp", "noisy_sine"}
#: Tasks on a recorded series, which ends: their training part is read again and again.
RECORDED = {"series"}
ROWS_OF_THEIR_OWN = sorted(set(TASKS) - WAVES - {"sin_to_cos"} - RECORDED)
STREAMS = sorted(set(TASKS) - SEQUENCES - {"sin_to_cos"} - RECORDED)
FORECASTS = sorted(name for name, task in TASKS_BY_DEFAULT.items() if task.horizon is not None)
LEAST = {"temporal_order": 10, "copy": 21, "anbn": 5, "anbncn": 7}

few_examples = settings(max_examples=12)


def configs(name: str) -> st.SearchStrategy[RunConfig]:
    """Settings that a task can have."""
    return st.builds(
        RunConfig,
        task=st.just(name),
        window_length=st.integers(LEAST.get(name, 2), 60),
        points_per_period=st.integers(10, 60),
        frequency=st.floats(0.1, 4.0),
        amplitude=st.floats(0.1, 10.0),
        phase=st.floats(-3.0, 3.0),
        noise_std=st.sampled_from([0.0, 0.3]),
        delay=st.integers(1, 100),
        data_seed=st.integers(0, 2**31 - 1),
        batch_size=st.integers(1, 4),
    )


def arrays(batch: Batch) -> list[np.ndarray]:
    found = [batch.time, batch.inputs, batch.targets]
    return found if batch.loss_mask is None else [*found, batch.loss_mask]


def assert_same(one: Batch, other: Batch) -> None:
    for ours, theirs in zip(arrays(one), arrays(other), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def same(one: Batch, other: Batch) -> bool:
    pairs = zip(arrays(one), arrays(other), strict=True)
    return all(np.array_equal(ours, theirs) for ours, theirs in pairs)


# --- batches ------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", TASKS)
@given(data=st.data())
@few_examples
def test_a_batch_has_the_shapes_the_precision_and_finite_values(
    name: str, dtype: type[np.floating], data: st.DataObject
) -> None:
    config = data.draw(configs(name))
    task = build_task(config)
    batch = task.batch(data.draw(st.integers(0, 50)), dtype)
    shape = (config.batch_size, config.window_length)
    assert batch.time.shape == shape
    assert batch.time.dtype == np.float64
    assert batch.inputs.shape == (*shape, task.input_size)
    assert batch.targets.shape == (*shape, task.output_size)
    assert batch.inputs.dtype == batch.targets.dtype == dtype
    assert np.isfinite(batch.inputs).all()
    assert np.isfinite(batch.targets).all()
    if batch.loss_mask is not None:
        assert batch.loss_mask.shape == shape
        assert batch.loss_mask.dtype == bool
        assert batch.loss_mask.any(axis=1).all()


@pytest.mark.parametrize("name", sorted(CLASSES))
@given(data=st.data())
@few_examples
def test_wherever_it_counts_exactly_one_class_is_right(name: str, data: st.DataObject) -> None:
    batch = build_task(data.draw(configs(name))).batch(data.draw(st.integers(0, 50)))
    loss_mask = np.ones(batch.time.shape, bool) if batch.loss_mask is None else batch.loss_mask
    assert set(np.unique(batch.targets)) <= {0.0, 1.0}
    assert (batch.targets.sum(axis=2)[loss_mask] == 1).all()
    assert (batch.targets[~loss_mask] == 0).all()


@pytest.mark.parametrize("name", TASKS)
@given(data=st.data())
@few_examples
def test_a_batch_can_be_had_again_by_its_number(name: str, data: st.DataObject) -> None:
    config = data.draw(configs(name))
    task = build_task(config)
    index = data.draw(st.integers(0, 60))
    first = task.batch(index)
    for other in data.draw(st.lists(st.integers(0, 200), max_size=4)):
        task.batch(other)
    assert_same(task.batch(index), first)
    network = {"seed": 7, "cell": "gru", "hidden_size": 5, "carry_state": False, "lr": 0.5}
    assert_same(build_task(replace(config, **network)).batch(index), first)


@pytest.mark.parametrize("name", ["mackey_glass", "narma10", "lorenz", "flip_flop", "noisy_sine"])
def test_going_back_and_far_ahead_gives_what_going_forward_gave(name: str) -> None:
    config = RunConfig(task=name, window_length=500, batch_size=2, noise_std=0.3)
    task = build_task(config)
    forward = [task.batch(k) for k in range(400)]
    for k in (399, 0, 123, 396, 5, 398):
        assert_same(task.batch(k), forward[k])
    assert_same(build_task(config).batch(399), forward[399])


@pytest.mark.parametrize("name", ROWS_OF_THEIR_OWN)
@given(data=st.data())
@few_examples
def test_another_seed_and_another_row_are_other_data(name: str, data: st.DataObject) -> None:
    config = replace(data.draw(configs(name)), batch_size=2, window_length=60)
    task = build_task(config)
    other = build_task(replace(config, data_seed=(config.data_seed + 1) % 2**31))
    # Several steps: two strings a^n b^n are one and the same now and then.
    ours, theirs = (np.array([each.batch(k).inputs for k in range(20)]) for each in (task, other))
    assert not np.array_equal(ours, theirs)
    assert not np.array_equal(ours[:, 0], ours[:, 1])


@pytest.mark.parametrize(
    "name", ["mackey_glass", "narma10", "lorenz", "delayed_recall", "flip_flop"]
)
@pytest.mark.parametrize("rows", [3, 20])
def test_a_row_does_not_depend_on_how_many_there_are(name: str, rows: int) -> None:
    config = RunConfig(task=name, delay=7, window_length=300)
    many = build_task(replace(config, batch_size=rows)).batch(7)
    one = build_task(config).batch(7)
    np.testing.assert_array_equal(many.inputs[0], one.inputs[0])
    np.testing.assert_array_equal(many.targets[0], one.targets[0])


@pytest.mark.parametrize("name", TASKS)
def test_what_a_caller_writes_into_a_batch_reaches_no_other(name: str) -> None:
    task = build_task(RunConfig(task=name, window_length=30))
    first, second = task.batch(3), task.batch(3)
    for values in arrays(first):
        values[...] = 9
    assert_same(task.batch(3), second)
    assert not same(first, second)


def test_drawing_data_leaves_the_global_generator_of_numpy_alone() -> None:
    before = np.random.get_state()
    for name in TASKS:
        build_task(RunConfig(task=name, window_length=30, noise_std=0.3)).batch(3)
    after = np.random.get_state()
    assert before[2] == after[2]
    np.testing.assert_array_equal(before[1], after[1])


# --- streams ------------------------------------------------------------------------------


def test_there_are_streams_and_sequences_numbers_and_classes() -> None:
    assert {"sin_to_cos", "mackey_glass", "flip_flop"} <= set(TASKS) - SEQUENCES
    assert {"adding", "copy", "temporal_order", "anbn", "anbncn"} <= SEQUENCES
    assert {"copy", "temporal_order", "anbn", "anbncn"} <= CLASSES
    assert "adding" not in CLASSES


@pytest.mark.parametrize("name", STREAMS)
@given(data=st.data())
@few_examples
def test_windows_go_on_where_the_one_before_ended(name: str, data: st.DataObject) -> None:
    # Cut into windows of another length, the stream of a row is the same.
    config = replace(data.draw(configs(name)), batch_size=1)
    length, other = config.window_length, data.draw(st.integers(2, 200))
    start = data.draw(st.integers(0, 2000))
    windows = range(start, start + 4 * other // length + 2)
    found = joined(config, windows)
    pieces = range(start * length // other + 1, windows.stop * length // other)
    expected = joined(replace(config, window_length=other), pieces)
    begin = pieces.start * other - start * length
    for ours, theirs in zip(found, expected, strict=True):
        cut = ours[begin : begin + len(theirs)]
        np.testing.assert_allclose(cut, theirs, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(np.diff(found[0]), found[0][1] - found[0][0], rtol=1e-6)


def joined(config: RunConfig, windows: range) -> list[np.ndarray]:
    """Time, inputs and targets of row 0, the windows one after another."""
    task = build_task(config)
    batches = [task.batch(k) for k in windows]
    return [
        np.concatenate([getattr(batch, part)[0] for batch in batches])
        for part in ("time", "inputs", "targets")
    ]


@pytest.mark.parametrize("name", sorted(set(TASKS) - {"sin_to_cos"}))
def test_span_is_what_lies_between_the_beginnings_of_two_windows(name: str) -> None:
    task = build_task(RunConfig(task=name, window_length=30))
    between = task.batch(8).time - task.batch(7).time
    np.testing.assert_allclose(between, task.span, rtol=1e-9)


# --- the registry -------------------------------------------------------------------------

#: Another value of each setting of the data, and what must be set for it to matter.
CHANGED: dict[str, Any] = {
    "window_length": 31,
    "batch_size": 3,
    "points_per_period": 23,
    "frequency": 1.3,
    "amplitude": 2.0,
    "phase": 0.5,
    "noise_std": 0.7,
    "delay": 4,
    "data_seed": 1,
}


def test_every_entry_has_what_an_interface_shows() -> None:
    assert len({entry.title for entry in TASKS.values()}) == len(TASKS)
    for name, entry in TASKS.items():
        assert entry.name == name
        assert entry.title == entry.title.strip() != ""
        assert entry.description.endswith(".")
        assert {"window_length", "batch_size"} <= set(entry.settings) <= set(CHANGED)


@pytest.mark.parametrize("setting", [name for name in RULES if name != "task"])
@pytest.mark.parametrize("name", TASKS)
def test_the_settings_that_a_task_lists_and_no_others_change_its_data(
    name: str, setting: str
) -> None:
    config = RunConfig(task=name, window_length=30, noise_std=0.3)
    others = {"cell": "gru", "optimizer": "sgd", "carry_state": False, "momentum": 0.5}
    others |= {"single_bias": True, "initialisation": "orthogonal"}
    value = CHANGED.get(setting, others.get(setting, 1))
    task, changed = build_task(config), build_task(replace(config, **{setting: value}))
    is_same = all(same(task.batch(k), changed.batch(k)) for k in range(8))
    assert is_same == (setting not in TASKS[name].settings)


@pytest.mark.parametrize("name", TASKS)
def test_what_a_task_begins_with_differs_from_the_defaults_and_can_be_built(name: str) -> None:
    defaults = RunConfig().to_dict()
    for setting, value in TASKS[name].defaults.items():
        assert defaults[setting] != value
        if setting in CHANGED:
            assert setting in TASKS[name].settings
    build_task(RunConfig(task=name, **TASKS[name].defaults)).batch(0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "length", "sentence"),
    [
        ("copy", 10, "window_length must be at least 21 for the task Copy memory, got 10. Try 30."),
        ("copy", 20, "window_length must be at least 21 for the task Copy memory, got 20. Try 30."),
        (
            "temporal_order",
            9,
            "window_length must be at least 10 for the task Temporal order, got 9. Try 50.",
        ),
        ("anbn", 4, "window_length must be at least 5 for the task aⁿbⁿ, got 4. Try 21."),
        ("anbncn", 6, "window_length must be at least 7 for the task aⁿbⁿcⁿ, got 6. Try 31."),
    ],
)
def test_windows_too_short_for_a_task_are_refused(name: str, length: int, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        build_task(RunConfig(task=name, window_length=length))
    build_task(RunConfig(task=name, window_length=LEAST[name]))


@pytest.mark.parametrize("name", sorted(set(TASKS) - set(LEAST)))
def test_all_other_tasks_do_with_two_steps(name: str) -> None:
    assert build_task(RunConfig(task=name, window_length=2)).batch(1).inputs.shape[1] == 2


@pytest.mark.parametrize("name", TASKS)
@given(data=st.data())
@few_examples
def test_floors_are_finite_and_highest_first_and_each_kind_stands_once(
    name: str, data: st.DataObject
) -> None:
    config = data.draw(configs(name))
    floors = build_task(config).floors()
    values = [floor.value for floor in floors]
    assert np.isfinite(values).all()
    near = 1e-9 * (1 + config.amplitude**2)
    assert min(values) >= -near
    assert (np.diff(values) <= near).all()
    keys = [floor.key for floor in floors]
    assert len(set(keys)) == len(keys)
    assert "constant" in keys


@pytest.mark.parametrize("name", FORECASTS)
@pytest.mark.parametrize("delay", [1, 7, 100])
def test_the_target_is_the_input_that_is_still_to_come(name: str, delay: int) -> None:
    config = RunConfig(task=name, delay=delay, window_length=30)
    windows = build_task(config).windows_per_cycle if name in RECORDED else 100
    inputs, targets = stream(config, windows)
    np.testing.assert_allclose(targets[:-delay], inputs[delay:], atol=1e-12)
    assert not np.allclose(targets[delay:], inputs[:-delay], atol=0.01)


@pytest.mark.parametrize("name", ["sum_of_sines", "chirp", "noisy_sine", "mackey_glass", "lorenz"])
def test_a_forecast_is_never_right_or_wrong(name: str) -> None:
    task = task_of(name)
    batch = task.batch(3)
    assert task.accuracy(batch, batch.targets) is None


@pytest.mark.parametrize(
    "name",
    [
        "square_wave",
        "delayed_recall",
        "flip_flop",
        "adding",
        "temporal_order",
        "copy",
        "anbn",
        "anbncn",
    ],
)
def test_what_is_wanted_is_right_and_its_opposite_is_wrong(name: str) -> None:
    task = task_of(name, window_length=30)
    batch = task.batch(3)
    assert task.accuracy(batch, batch.targets) == 1.0
    assert task.accuracy(batch, -batch.targets) == 0.0


def test_a_floor_says_how_it_is_meant() -> None:
    noisy = build_task(RunConfig(task="noisy_sine", noise_std=0.3)).floors()
    assert bounds(noisy) == {
        "constant": "exact",
        "persistence": "exact",
        "memoryless": "exact",
        "linear": "exact",
        "window_memory": "lower",
        "carried_memory": "lower",
    }
    tiny = build_task(RunConfig(task="noisy_sine", noise_std=1e-4)).floors()
    assert bounds(tiny)["memoryless"] == "lower"
    for name in ("mackey_glass", "lorenz", "narma10"):
        found = bounds(build_task(RunConfig(task=name)).floors())
        assert found.pop("carried_memory") == "exact"
        assert set(found.values()) == {"measured"}
    assert set(bounds(build_task(RunConfig(task="series")).floors()).values()) == {"fitted"}
    for name in set(TASKS) - {"noisy_sine", "mackey_glass", "lorenz", "narma10"} - RECORDED:
        task = build_task(RunConfig(task=name, window_length=30))
        assert set(bounds(task.floors()).values()) == {"exact"}


@pytest.mark.parametrize("name", TASKS)
def test_floors_do_not_depend_on_the_seeds(name: str) -> None:
    config = RunConfig.from_dict({"task": name, **TASKS[name].defaults})
    floors = build_task(config).floors()
    assert build_task(replace(config, seed=5, data_seed=9)).floors() == floors


# --- floors against an independent estimate -----------------------------------------------

#: Distinct inputs up to which each is a group of its own.
MOST_GROUPS = 1000
#: Waves whose values are a continuum, of which a cycle of some hundred samples is a poor one.
MANY_VALUES = {"sum_of_sines", "chirp"}


def usual(name: str) -> RunConfig:
    """The task's own settings, with other data and cycles of more than 100,000 samples."""
    config = TASKS[name].config(data_seed=77)
    return replace(config, frequency=math.sqrt(2)) if name in MANY_VALUES else config


def drawn(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Inputs, targets and weights in the mean loss of time steps of independent data.

    They are 100,000, or as many as 3,000 batches have.
    """
    config = usual(name)
    if build_task(config).streaming:  # elsewhere floors may depend on the batch size
        config = replace(config, batch_size=50)
    task = build_task(config)
    # Rows of a wave are its next windows.
    stride = 1 if name in ROWS_OF_THEIR_OWN else config.batch_size
    inputs, targets, weights, count = [], [], [], 0
    for k in range(1, 3001):
        batch = task.batch(k * stride)
        counted = np.ones(batch.time.shape, bool) if batch.loss_mask is None else batch.loss_mask
        inputs.append(batch.inputs[counted])
        targets.append(batch.targets[counted])
        weights.append(np.full(counted.sum(), 1 / counted.sum()))
        count += len(weights[-1])
        if count > 100_000:
            break
    return np.concatenate(inputs), np.concatenate(targets), np.concatenate(weights)


@pytest.mark.parametrize("name", sorted(set(TASKS) - RECORDED))
def test_constant_persistence_and_memoryless_are_what_100000_samples_give(name: str) -> None:
    task = build_task(usual(name))
    floors = {floor.key: floor for floor in task.floors()}
    inputs, targets, weights = drawn(name)
    estimates = {
        "constant": loss_within(np.zeros(len(inputs), int), targets, weights, task),
        "memoryless": loss_within(groups(inputs), targets, weights, task),
    }
    if "persistence" in floors:
        estimates["persistence"] = float(np.mean((targets - inputs) ** 2))
    for key, estimate in estimates.items():
        floor = floors[key]
        assert floor.value == pytest.approx(estimate, abs=0.02 * estimate + floor.error), key


def groups(inputs: np.ndarray) -> np.ndarray:
    """A number for each distinct input, or for one of 200 intervals of the first feature."""
    distinct, numbers = np.unique(inputs.round(6), axis=0, return_inverse=True)
    if (len(distinct) <= MOST_GROUPS and inputs.shape[1] > 1) or len(distinct) <= 300:
        return numbers.ravel()
    ranks = inputs[:, 0].argsort().argsort()
    others = np.unique(inputs[:, 1:], axis=0, return_inverse=True)[1].ravel()
    return 200 * others + ranks * 200 // len(inputs)


def loss_within(of: np.ndarray, targets: np.ndarray, weights: np.ndarray, task: Task) -> float:
    """Loss of the best prediction for each group."""
    total = np.bincount(of, weights)
    share = np.array([np.bincount(of, weights * column) for column in targets.T])
    share = (share / np.maximum(total, 1e-300)).T[of]  # mean targets, or frequencies of classes
    if task.criterion == "mse":
        losses = np.mean((targets - share) ** 2, axis=1)
    else:
        losses = -np.log((share * targets).sum(axis=1))
    return float(np.average(losses, weights=weights))


@pytest.mark.parametrize("name", sorted({*FORECASTS, "narma10"} - RECORDED))
def test_the_linear_floor_is_what_least_squares_gives(name: str) -> None:
    config = TASKS[name].config(window_length=1000, batch_size=40, data_seed=77)
    (floor,) = (floor for floor in build_task(config).floors() if floor.key == "linear")
    assert floor.lags
    batch = build_task(config).batch(1)
    inputs, targets = batch.inputs[..., 0], batch.targets[..., 0]
    read = np.lib.stride_tricks.sliding_window_view(inputs, floor.lags, axis=1)
    rows, wanted = read.reshape(-1, floor.lags), targets[:, floor.lags - 1 :].ravel()
    # Coefficients as if the inputs had noise of a millionth of their standard deviation.
    noise = 1e-6 * inputs.std() * math.sqrt(len(rows)) * np.eye(floor.lags)
    middle, mean = rows.mean(axis=0), wanted.mean()
    fit = np.linalg.lstsq(
        np.concatenate([rows - middle, noise]),
        np.concatenate([wanted - mean, np.zeros(floor.lags)]),
    )[0]
    estimate = float(np.mean((wanted - mean - (rows - middle) @ fit) ** 2))
    near = 1e-8 * float(targets.var())
    assert floor.value == pytest.approx(estimate, abs=0.02 * estimate + floor.error + near)


@pytest.mark.parametrize("name", list(TASKS))
def test_a_task_says_whether_it_validates(name: str) -> None:
    assert TASKS[name].validates == (TASKS_BY_DEFAULT[name].held_out is not None)
