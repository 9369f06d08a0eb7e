"""The exact floors of sin → cos."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from hypothesis import given

from rnn_core import Floor, RunConfig, build_task
from rnn_core.tasks.cycles import cycle_floors
from tests.rnn_core.waves import NEVER_REPEATS, any_waves, waves


def values(config: RunConfig) -> list[float]:
    return [floor.value for floor in build_task(config).floors()]


def bounds(config: RunConfig) -> list[str]:
    return [floor.bound for floor in build_task(config).floors()]


# --- known values -----------------------------------------------------------------


def test_the_tutorials_floors() -> None:
    floors = build_task(RunConfig()).floors()
    assert [floor.key for floor in floors] == [
        "constant",
        "memoryless",
        "window_memory",
        "carried_memory",
    ]
    np.testing.assert_allclose([floor.value for floor in floors], [0.55, 0.55, 0.1, 0], rtol=1e-12)
    assert [floor.bound for floor in floors] == ["exact"] * 4


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        # A wave counts with the square of its height.
        (RunConfig(amplitude=3.0), [4.95, 4.95, 0.9, 0.0]),
        (RunConfig(amplitude=0.1), [0.0055, 0.0055, 0.001, 0.0]),
        # Twenty window starts spread evenly: the mean of cos² is a half, at the first point only.
        (RunConfig(frequency=1.3), [0.5, 0.5, 0.05, 0.0]),
        # A wave that never repeats fills the circle evenly.
        (RunConfig(frequency=NEVER_REPEATS), [0.5, 0.5, 0.05, 0.0]),
        (RunConfig(frequency=NEVER_REPEATS, window_length=4), [0.5, 0.5, 0.125, 0.0]),
        # Seventeen points a period: no two of the inputs are equal, so each tells its target.
        (RunConfig(points_per_period=17), [0.5, 0.0, 0.0, 0.0]),
        # Windows that start at a crest, where the target is 0 both times, leave nothing open.
        (RunConfig(phase=math.pi / 2), [0.45, 0.45, 0.0, 0.0]),
        # Nineteen points cover a whole period, so all windows are alike and memory leaves nothing
        # open. Points at 0, 180 and 360 degrees share an input; the others pair up around a crest.
        (RunConfig(window_length=19), [10 / 19 - 1 / 361, (7 + 8 / 3) / 19, 0.0, 0.0]),
    ],
)
def test_known_floors(config: RunConfig, expected: list[float]) -> None:
    np.testing.assert_allclose(values(config), expected, rtol=1e-9, atol=1e-12)


def test_a_shifted_wave_gives_its_phase_away_at_every_point() -> None:
    constant, *others = values(RunConfig(phase=0.3))
    # Both ends of the half period are sampled, so one point counts twice: cos² there, a half else.
    assert constant == pytest.approx((9 * 0.5 + math.cos(0.3) ** 2) / 10, rel=1e-12)
    assert others == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("batch_size", [2, 7, 64])
@pytest.mark.parametrize("frequency", [1.0, 1.3, NEVER_REPEATS])
def test_floors_do_not_depend_on_the_batch_size(batch_size: int, frequency: float) -> None:
    config = RunConfig(frequency=frequency)
    assert (
        build_task(replace(config, batch_size=batch_size)).floors() == build_task(config).floors()
    )


@pytest.mark.parametrize(
    "changes", [{"seed": 5}, {"cell": "gru"}, {"carry_state": False}, {"data_seed": 9}]
)
def test_floors_do_not_depend_on_the_network(changes: dict[str, object]) -> None:
    config = RunConfig.from_dict(changes)
    assert build_task(config).floors() == build_task(RunConfig()).floors()


# --- noise ------------------------------------------------------------------------


def test_noise_turns_what_it_could_raise_into_lower_bounds() -> None:
    # A constant needs no input; and where the clean input is worth no more than a constant, the
    # noisy one lies between the two and is worth the same.
    assert bounds(RunConfig(noise_std=0.1)) == ["exact", "exact", "lower", "lower"]
    # Here the clean input alone tells everything, and noise takes some of that away.
    assert bounds(RunConfig(noise_std=0.1, phase=0.3)) == ["exact", "lower", "lower", "lower"]


@pytest.mark.parametrize("phase", [0.0, 0.3])
@pytest.mark.parametrize("frequency", [1.0, NEVER_REPEATS])
def test_noise_leaves_the_values_of_the_floors(phase: float, frequency: float) -> None:
    clean = RunConfig(phase=phase, frequency=frequency)
    assert values(replace(clean, noise_std=0.5)) == values(clean)
    assert bounds(clean) == ["exact"] * 4


def test_a_floor_is_a_value_that_cannot_be_changed() -> None:
    floor = Floor("constant", 0.5, "exact")
    assert len({floor, Floor("constant", 0.5, "exact")}) == 1
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'value'"):
        floor.value = 0.0  # type: ignore[misc]


# --- properties -------------------------------------------------------------------


@given(waves | any_waves)
def test_more_memory_is_never_worse(config: RunConfig) -> None:
    constant, memoryless, window, carried = values(config)
    rounding = 1e-12 * config.amplitude**2
    assert 0 == carried <= window <= memoryless + rounding
    assert memoryless <= constant + rounding


def one_cycle(config: RunConfig) -> tuple[list[list[int]], list[list[float]]]:
    """A number for every input of a cycle, the same for equal ones, and all targets.

    Angles are counted in whole parts of a turn, so that equal means equal and not nearly so: the
    inputs at two angles are equal when the angles are, or when they mirror each other at a crest.
    """
    task = build_task(config)
    # Tenths of a frequency and at most thirty points a period: their product is a cycle.
    assert task.windows_per_cycle <= 300
    turn = 240 * config.points_per_period
    stride = 24 * round(10 * config.frequency)
    start = round(12 * config.phase / math.pi) * 10 * config.points_per_period
    numbers, targets = [], []
    for k in range(task.windows_per_cycle):
        batch = task.batch(k)
        samples = k * (config.window_length - 1) + np.arange(config.window_length)
        angles = (start + stride * samples) % turn
        mirrored = np.minimum(angles, (turn // 2 - angles) % turn)
        expected = config.amplitude * np.sin(2 * np.pi * mirrored / turn)
        np.testing.assert_allclose(batch.inputs[0, :, 0], expected, atol=1e-10)
        numbers.append(mirrored.tolist())
        targets.append(batch.targets[0, :, 0].tolist())
    return numbers, targets


def error_of_best_table(entries: Iterable[tuple[object, float]]) -> float:
    """Mean squared error of the table that holds, for every key, the mean of its answers."""
    table: dict[object, list[float]] = defaultdict(list)
    for key, answer in entries:
        table[key].append(answer)
    errors = [(a - sum(answers) / len(answers)) ** 2 for answers in table.values() for a in answers]
    return sum(errors) / len(errors)


@given(waves)
def test_the_best_lookup_tables_over_a_whole_cycle_score_the_floors(config: RunConfig) -> None:
    inputs, targets = one_cycle(config)
    samples = [
        (tuple(row[: t + 1]), answers[t])
        for row, answers in zip(inputs, targets, strict=True)
        for t in range(len(row))
    ]
    constant, memoryless, window, _carried = values(config)
    assert constant == pytest.approx(error_of_best_table((0, y) for _, y in samples), abs=1e-9)
    assert memoryless == pytest.approx(
        error_of_best_table((prefix[-1], y) for prefix, y in samples), abs=1e-9
    )
    assert window == pytest.approx(error_of_best_table(samples), abs=1e-9)


@given(any_waves)
def test_two_neighbouring_samples_tell_the_target_so_carried_memory_reaches_its_floor(
    config: RunConfig,
) -> None:
    # sin(a - d) = sin a cos d - cos a sin d, solved for cos a.
    d = 2 * math.pi * config.frequency / config.points_per_period
    batch = build_task(config).batch(3)
    x, y = batch.inputs[:, :, 0], batch.targets[:, :, 0]
    known = (x[:, 1:] * math.cos(d) - x[:, :-1]) / math.sin(d)
    np.testing.assert_allclose(known, y[:, 1:], atol=1e-9 * config.amplitude)


# --- any cycle ------------------------------------------------------------------------------


def test_a_cycle_of_equal_windows_has_no_window_memory_to_gain() -> None:
    inputs, targets = np.zeros((4, 3)), np.tile([1.0, 2.0, 3.0], (4, 1))
    assert cycle_floors(inputs, targets) == pytest.approx((2 / 3, 2 / 3, 0.0), abs=1e-15)


def test_an_input_seen_earlier_in_the_window_tells_what_the_present_one_does_not() -> None:
    inputs = np.array([[0.0, 5.0], [1.0, 5.0]])
    targets = np.array([[0.0, -1.0], [0.0, 1.0]])
    # The second target is known from the first input alone; the second input says nothing.
    assert cycle_floors(inputs, targets) == pytest.approx((0.5, 0.5, 0.0), abs=1e-15)


def test_inputs_that_differ_by_rounding_are_the_same_input() -> None:
    targets = np.array([[1.0], [-1.0]])
    rounded, distinct = np.array([[0.3], [0.1 + 0.2]]), np.array([[0.3], [0.3 + 1e-6]])
    assert cycle_floors(rounded, targets)[1] == 1.0
    assert cycle_floors(distinct, targets)[1] == 0.0
