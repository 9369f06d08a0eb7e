from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_core import Floor, RunConfig, build_task
from rnn_core.tasks.sin_to_cos import SinToCos

KEYS = ("constant", "memoryless", "window_memory", "carried_memory")


def values(config: RunConfig) -> list[float]:
    floors = build_task(config).floors()
    assert tuple(floor.key for floor in floors) == KEYS
    return [floor.value for floor in floors]


def bounds(config: RunConfig) -> list[str]:
    return [floor.bound for floor in build_task(config).floors()]


# --- floors -----------------------------------------------------------------------------


def test_the_tutorials_floors() -> None:
    np.testing.assert_allclose(values(RunConfig()), [0.55, 0.55, 0.1, 0.0], rtol=1e-12)
    assert bounds(RunConfig()) == ["exact"] * 4


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        # Every wave counts with the square of its height.
        (RunConfig(amplitude=3.0), [4.95, 4.95, 0.9, 0.0]),
        # Batches are windows of the same stream.
        (RunConfig(batch_size=5), [0.55, 0.55, 0.1, 0.0]),
        # Twenty window starts, evenly spread: the mean of cos² is a half, at the first point only.
        (RunConfig(frequency=1.3), [0.5, 0.5, 0.05, 0.0]),
        # A wave that never repeats fills the circle evenly.
        (RunConfig(frequency=1.23456789), [0.5, 0.5, 0.05, 0.0]),
        # Ten points at 17 a period: no two of the 17 inputs are equal, so a lookup table knows all.
        (RunConfig(points_per_period=17), [0.5, 0.0, 0.0, 0.0]),
        # Windows that start at a crest, where the input is ±1 and the target 0, leave nothing open.
        (RunConfig(phase=math.pi / 2), [0.45, 0.45, 0.0, 0.0]),
    ],
)
def test_known_floors(config: RunConfig, expected: list[float]) -> None:
    np.testing.assert_allclose(values(config), expected, rtol=1e-9, atol=1e-12)


def test_a_shifted_wave_tells_its_phase_at_every_point_but_a_constant_does_not_hear_it() -> None:
    constant, *others = values(RunConfig(phase=0.3))
    assert constant == pytest.approx(0.5 + 0.05 * math.cos(0.6), rel=1e-9)
    assert others == [0.0, 0.0, 0.0]


def test_noise_leaves_exact_what_a_constant_reaches_and_bounds_the_rest_from_below() -> None:
    assert bounds(RunConfig(noise_std=0.1)) == ["exact", "exact", "lower", "lower"]
    # Here the clean input alone would tell everything, and noise takes some of it away.
    shifted = RunConfig(noise_std=0.1, phase=0.3)
    assert bounds(shifted) == ["exact", "lower", "lower", "lower"]
    assert values(shifted) == values(replace(shifted, noise_std=0.0))


def test_a_floor_can_be_compared_and_kept_in_sets() -> None:
    assert len({Floor("constant", 0.5, "exact"), Floor("constant", 0.5, "exact")}) == 1


waves = st.builds(
    RunConfig,
    window_length=st.integers(2, 12),
    points_per_period=st.integers(10, 24),
    frequency=st.sampled_from([0.5, 1.0, 1.5, 2.0, 1.3]),
    phase=st.sampled_from([0.0, 0.3, math.pi / 2, -1.0]),
)


@given(waves)
def test_more_memory_is_never_worse(config: RunConfig) -> None:
    constant, memoryless, window, carried = values(config)
    assert carried == 0
    assert 0 <= window <= memoryless + 1e-12
    assert memoryless <= constant + 1e-12


@given(waves)
def test_lookup_tables_over_a_whole_cycle_score_the_floors(config: RunConfig) -> None:
    task = SinToCos(config)
    windows = [task.batch(k) for k in range(task.windows_per_cycle)]
    inputs = np.array([batch.inputs[0, :, 0] for batch in windows])  # (N, T)
    targets = np.array([batch.targets[0, :, 0] for batch in windows])

    def score(keys: list[list[object]]) -> float:
        """Error of the best table that knows no more than these keys."""
        entries: dict[object, list[float]] = defaultdict(list)
        for row, answers in zip(keys, targets, strict=True):
            for key, answer in zip(row, answers, strict=True):
                entries[key].append(answer)
        return sum(np.var(answers) * len(answers) for answers in entries.values()) / targets.size

    # + 0.0 makes -0.0 and 0.0 one key.
    rounded = (np.round(inputs, 6) + 0.0).tolist()
    by_input: list[list[object]] = [list(row) for row in rounded]
    by_prefix: list[list[object]] = [
        [tuple(row[: t + 1]) for t in range(len(row))] for row in rounded
    ]
    _constant, memoryless, window, _carried = values(config)
    assert memoryless == pytest.approx(score(by_input), abs=1e-9)
    assert window == pytest.approx(score(by_prefix), abs=1e-9)


# --- batches ----------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_first_windows_are_the_tutorials_to_the_last_bit(dtype: type[np.floating]) -> None:
    task = build_task(RunConfig())
    for k in (0, 1, 49, 100):
        points = np.linspace(k * np.pi, (k + 1) * np.pi, 10, dtype=dtype)
        batch = task.batch(k, dtype)
        np.testing.assert_array_equal(batch.inputs[0, :, 0], np.sin(points))
        np.testing.assert_array_equal(batch.targets[0, :, 0], np.cos(points))
        assert batch.inputs.dtype == batch.targets.dtype == dtype


@pytest.mark.parametrize("frequency", [1.0, 1.3, 1.2345678])
def test_a_late_window_is_as_fine_as_an_early_one(frequency: float) -> None:
    config = RunConfig(frequency=frequency, phase=0.2, amplitude=2.0)
    batch = build_task(config).batch(100_000, np.float32)
    angle = frequency * batch.time + 0.2
    assert batch.time[0, 0] == pytest.approx(100_000 * np.pi)
    np.testing.assert_allclose(batch.inputs[:, :, 0], 2 * np.sin(angle), atol=3e-4)
    np.testing.assert_allclose(batch.targets[:, :, 0], 2 * np.cos(angle), atol=3e-4)


def test_a_window_ends_where_the_next_begins() -> None:
    task = build_task(RunConfig(window_length=7, points_per_period=33, frequency=1.3))
    here, there = task.batch(3), task.batch(4)
    assert here.time[0, -1] == pytest.approx(there.time[0, 0])
    assert here.inputs[0, -1, 0] == pytest.approx(there.inputs[0, 0, 0])


def test_each_row_of_a_batch_is_one_window_ahead_of_the_row_before() -> None:
    batched, single = build_task(RunConfig(batch_size=4)), build_task(RunConfig())
    for row in range(4):
        np.testing.assert_array_equal(batched.batch(6).inputs[row], single.batch(6 + row).inputs[0])
        np.testing.assert_array_equal(batched.batch(6).time[row], single.batch(6 + row).time[0])


def test_noise_has_its_strength_its_own_seed_and_leaves_the_target_alone() -> None:
    config = RunConfig(noise_std=0.3, window_length=200, points_per_period=50, batch_size=64)
    noisy, clean = build_task(config), build_task(replace(config, noise_std=0.0))
    noise = np.concatenate(
        [(noisy.batch(k).inputs - clean.batch(k).inputs).ravel() for k in range(8)]
    )
    # 100,000 samples: their mean and spread err by about 0.001.
    assert abs(noise.mean()) < 0.005
    assert noise.std() == pytest.approx(0.3, abs=0.004)
    assert abs(np.corrcoef(noise[:-1], noise[1:])[0, 1]) < 0.02
    np.testing.assert_array_equal(noisy.batch(5).targets, clean.batch(5).targets)

    def inputs(**changes: int) -> np.ndarray:
        return build_task(replace(config, **changes)).batch(5).inputs

    np.testing.assert_array_equal(inputs(seed=7), inputs())
    assert not np.array_equal(inputs(noise_seed=7), inputs())


def test_a_batch_is_the_same_whenever_it_is_asked_for() -> None:
    task = build_task(RunConfig(noise_std=0.3))
    late = task.batch(9).inputs
    task.batch(2)
    np.testing.assert_array_equal(task.batch(9).inputs, late)


@pytest.mark.parametrize(
    ("config", "windows"),
    [
        (RunConfig(), 2),
        (RunConfig(window_length=19), 1),
        (RunConfig(frequency=1.3), 20),
        (RunConfig(points_per_period=17), 17),
    ],
)
def test_after_a_cycle_of_windows_the_wave_is_where_it_began(
    config: RunConfig, windows: int
) -> None:
    task = build_task(config)
    assert task.windows_per_cycle == windows
    np.testing.assert_allclose(task.batch(windows).inputs, task.batch(0).inputs, atol=1e-12)
