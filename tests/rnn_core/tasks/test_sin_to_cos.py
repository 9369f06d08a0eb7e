from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import FrozenInstanceError, replace
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from rnn_core import TASKS, Floor, RunConfig, build_task
from rnn_core.tasks.sin_to_cos import SinToCos
from tests.rnn_core.waves import NEVER_REPEATS, any_waves, waves


def test_the_task_of_a_config_is_found_by_its_name() -> None:
    assert TASKS["sin_to_cos"].build is SinToCos
    assert isinstance(build_task(RunConfig(task="sin_to_cos")), SinToCos)


# --- batches ------------------------------------------------------------------------------


@given(config=any_waves, index=st.integers(0, 200))
def test_a_batch_is_sine_and_cosine_at_its_instants(config: RunConfig, index: int) -> None:
    task = build_task(config)
    batch = task.batch(index)
    shape = (config.batch_size, config.window_length)
    assert batch.time.shape == shape
    assert batch.inputs.shape == batch.targets.shape == (*shape, 1)
    first = np.arange(index, index + config.batch_size)[:, None] * task.span
    within = np.arange(config.window_length) * 2 * np.pi / config.points_per_period
    np.testing.assert_allclose(batch.time, first + within, rtol=1e-12, atol=1e-12)
    angle = config.frequency * (first + within) + config.phase
    size = config.amplitude
    np.testing.assert_allclose(batch.inputs[..., 0], size * np.sin(angle), atol=1e-9 * size)
    np.testing.assert_allclose(batch.targets[..., 0], size * np.cos(angle), atol=1e-9 * size)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("index", [0, 1, 2, 49, 100])
def test_the_first_windows_are_the_tutorials_to_the_last_bit(
    index: int, dtype: type[np.floating]
) -> None:
    points = np.linspace(index * np.pi, (index + 1) * np.pi, 10, dtype=dtype)
    batch = build_task(RunConfig()).batch(index, dtype)
    np.testing.assert_array_equal(batch.inputs[0, :, 0], np.sin(points))
    np.testing.assert_array_equal(batch.targets[0, :, 0], np.cos(points))


@pytest.mark.parametrize("noise_std", [0.0, 0.3])
@pytest.mark.parametrize("frequency", [1.0, NEVER_REPEATS])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_inputs_and_targets_come_in_the_precision_asked_for_and_time_in_float64(
    noise_std: float, frequency: float, dtype: type[np.floating]
) -> None:
    task = build_task(RunConfig(noise_std=noise_std, frequency=frequency))
    batch = task.batch(5, dtype)
    assert batch.inputs.dtype == batch.targets.dtype == dtype
    assert batch.time.dtype == np.float64
    assert task.batch(5).inputs.dtype == np.float64


@pytest.mark.parametrize("noise_std", [0.0, 0.3])
@pytest.mark.parametrize("frequency", [1.0, NEVER_REPEATS])
def test_a_batch_is_the_same_whenever_and_however_often_it_is_asked_for(
    noise_std: float, frequency: float
) -> None:
    config = RunConfig(noise_std=noise_std, frequency=frequency)
    task = build_task(config)
    first = task.batch(9)
    task.batch(200)
    task.batch(2)
    for again in (task.batch(9), build_task(config).batch(9)):
        np.testing.assert_array_equal(again.time, first.time)
        np.testing.assert_array_equal(again.inputs, first.inputs)
        np.testing.assert_array_equal(again.targets, first.targets)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("frequency", [1.0, 1.3, NEVER_REPEATS])
@pytest.mark.parametrize("row", [0, 1, 4])
def test_row_b_is_the_window_that_a_single_row_reads_b_steps_later(
    row: int, frequency: float, dtype: type[np.floating]
) -> None:
    config = RunConfig(frequency=frequency)
    batch = build_task(replace(config, batch_size=5)).batch(6, dtype)
    later = build_task(config).batch(6 + row, dtype)
    np.testing.assert_array_equal(batch.time[row], later.time[0])
    np.testing.assert_array_equal(batch.inputs[row], later.inputs[0])
    np.testing.assert_array_equal(batch.targets[row], later.targets[0])


@given(config=any_waves, index=st.integers(0, 500))
def test_row_b_is_the_window_of_step_k_plus_b_however_late(config: RunConfig, index: int) -> None:
    batch = build_task(config).batch(index)
    row = config.batch_size - 1
    later = build_task(replace(config, batch_size=1)).batch(index + row)
    np.testing.assert_allclose(batch.time[row], later.time[0], rtol=1e-12, atol=1e-12)
    near = 1e-8 * config.amplitude
    np.testing.assert_allclose(batch.inputs[row], later.inputs[0], atol=near)
    np.testing.assert_allclose(batch.targets[row], later.targets[0], atol=near)


@given(config=any_waves, index=st.integers(0, 500))
def test_a_window_ends_where_the_next_begins(config: RunConfig, index: int) -> None:
    task = build_task(config)
    here, there = task.batch(index), task.batch(index + 1)
    np.testing.assert_allclose(here.time[:, -1], there.time[:, 0], rtol=1e-12)
    near = 1e-8 * config.amplitude
    np.testing.assert_allclose(here.inputs[:, -1], there.inputs[:, 0], atol=near)
    np.testing.assert_allclose(here.targets[:, -1], there.targets[:, 0], atol=near)


@pytest.mark.parametrize("index", [0, 161, 100_000, 100_001])
@pytest.mark.parametrize("batch_size", [1, 64])
@pytest.mark.parametrize("frequency", [1.0, 1.3, NEVER_REPEATS])
def test_a_late_window_in_float32_is_as_exact_as_the_first(
    frequency: float, batch_size: int, index: int
) -> None:
    config = RunConfig(frequency=frequency, batch_size=batch_size)
    batch = build_task(config).batch(index, np.float32)
    windows = index + np.arange(batch_size)[:, None]
    instants = (windows + np.arange(10) / 9) * np.pi
    np.testing.assert_allclose(batch.time, instants, rtol=1e-12)
    np.testing.assert_allclose(batch.inputs[..., 0], np.sin(frequency * instants), atol=1e-4)
    np.testing.assert_allclose(batch.targets[..., 0], np.cos(frequency * instants), atol=1e-4)


def test_what_a_caller_writes_into_a_batch_reaches_no_other() -> None:
    task = build_task(RunConfig())
    expected = task.batch(0).inputs.copy()
    late = task.batch(162)
    for batch in (task.batch(0), late):
        batch.time[...] = batch.inputs[...] = batch.targets[...] = 9.0
    np.testing.assert_array_equal(task.batch(0).inputs, expected)
    np.testing.assert_array_equal(task.batch(162).inputs, expected)
    assert task.batch(0).time[0, 0] == 0.0


@pytest.mark.parametrize("index", [158, 160, 161, 162, 323, 100_000])
def test_rows_are_single_windows_to_the_last_bit_where_the_samples_repeat(index: int) -> None:
    batched, single = build_task(RunConfig(batch_size=4)), build_task(RunConfig())
    for row in range(4):
        ours, theirs = batched.batch(index, np.float32), single.batch(index + row, np.float32)
        np.testing.assert_array_equal(ours.inputs[row], theirs.inputs[0])
        np.testing.assert_array_equal(ours.targets[row], theirs.targets[0])


def test_the_last_row_of_a_large_float32_batch_is_as_exact_as_the_first() -> None:
    config = RunConfig(batch_size=64, window_length=191, points_per_period=10, frequency=4.0)
    batch = build_task(config).batch(3, np.float32)
    np.testing.assert_allclose(batch.inputs[:, :, 0], np.sin(4 * batch.time), atol=1e-4)


# --- cycles -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "windows"),
    [
        (RunConfig(), 2),
        (RunConfig(window_length=19), 1),
        (RunConfig(window_length=5), 9),
        (RunConfig(frequency=2.0), 1),
        (RunConfig(frequency=1.3), 20),
        (RunConfig(frequency=0.1), 20),
        (RunConfig(points_per_period=17), 17),
        (RunConfig(frequency=NEVER_REPEATS), 10_000_000),
        (RunConfig(amplitude=2.0, phase=0.3, noise_std=0.1, batch_size=5), 2),
    ],
)
def test_windows_per_cycle(config: RunConfig, windows: int) -> None:
    assert build_task(config).windows_per_cycle == windows


@given(waves)
def test_after_a_cycle_of_windows_and_no_sooner_the_wave_is_where_it_began(
    config: RunConfig,
) -> None:
    cycle = build_task(config).windows_per_cycle
    assert cycle <= 300
    turns = Fraction(round(10 * config.frequency), 10) * Fraction(
        config.window_length - 1, config.points_per_period
    )
    whole = [k for k in range(1, cycle + 1) if (k * turns).denominator == 1]
    assert whole == [cycle]
    task = build_task(config)
    np.testing.assert_allclose(task.batch(cycle).inputs, task.batch(0).inputs, atol=1e-10)
    np.testing.assert_allclose(task.batch(cycle).targets, task.batch(0).targets, atol=1e-10)


# --- noise --------------------------------------------------------------------------------

NOISY = RunConfig(noise_std=0.3, window_length=200, points_per_period=50, batch_size=64)


def noise_of(config: RunConfig, *indices: int) -> np.ndarray:
    noisy, clean = build_task(config), build_task(replace(config, noise_std=0.0))
    return np.array([noisy.batch(k).inputs - clean.batch(k).inputs for k in indices])


@pytest.mark.parametrize("noise_std", [0.01, 0.3, 2.0])
def test_noise_is_gaussian_has_the_requested_std_and_no_memory(noise_std: float) -> None:
    noise = noise_of(replace(NOISY, noise_std=noise_std), *range(8)) / noise_std
    samples = noise.ravel()[:100_000]
    # Five standard errors of mean, spread, share within one std, and correlation.
    assert len(samples) == 100_000
    assert abs(samples.mean()) < 5 / math.sqrt(1e5)
    assert abs(samples.std() - 1) < 5 / math.sqrt(2e5)
    assert abs((np.abs(samples) < 1).mean() - math.erf(math.sqrt(0.5))) < 5 * 0.466 / math.sqrt(1e5)
    assert abs(np.corrcoef(samples[:-1], samples[1:])[0, 1]) < 5 / math.sqrt(1e5)


def test_noise_grows_with_its_std_and_with_nothing_else() -> None:
    here = noise_of(NOISY, 5)
    np.testing.assert_allclose(noise_of(replace(NOISY, noise_std=0.6), 5), 2 * here, atol=1e-12)
    np.testing.assert_allclose(noise_of(replace(NOISY, amplitude=4.0), 5), here, atol=1e-12)


def test_noise_leaves_targets_and_time_alone() -> None:
    noisy, clean = build_task(NOISY), build_task(replace(NOISY, noise_std=0.0))
    np.testing.assert_array_equal(noisy.batch(5).targets, clean.batch(5).targets)
    np.testing.assert_array_equal(noisy.batch(5).time, clean.batch(5).time)
    assert (noisy.batch(5).inputs != clean.batch(5).inputs).all()


def test_noise_depends_on_its_own_seed_and_not_on_the_networks() -> None:
    inputs = build_task(NOISY).batch(5).inputs
    np.testing.assert_array_equal(build_task(replace(NOISY, seed=7)).batch(5).inputs, inputs)
    assert (build_task(replace(NOISY, data_seed=7)).batch(5).inputs != inputs).all()


def test_every_step_and_every_row_has_noise_of_its_own() -> None:
    # Windows 0 and 2, and 162 of them later, show the same wave.
    noise = noise_of(RunConfig(noise_std=0.3, batch_size=3), 0, 2, 162)
    rows = noise.reshape(9, 10)
    correlation = np.abs(np.corrcoef(rows))[~np.eye(9, dtype=bool)]
    assert (correlation < 0.999).all()


def test_drawing_noise_leaves_the_global_generator_of_numpy_alone() -> None:
    before = np.random.get_state()
    build_task(NOISY).batch(3)
    after = np.random.get_state()
    assert before[2] == after[2]
    np.testing.assert_array_equal(before[1], after[1])


# --- floors -------------------------------------------------------------------------------


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


def test_the_floors_are_continuous_in_the_phase() -> None:
    # Inputs that differ by less than a thousandth are not told apart.
    np.testing.assert_allclose(values(RunConfig(phase=1e-8)), [0.55, 0.55, 0.1, 0], rtol=1e-6)
    np.testing.assert_allclose(values(RunConfig(phase=1e-4)), [0.55, 0.55, 0.1, 0], rtol=0.03)
    phases = np.concatenate([[0], np.geomspace(1e-8, 0.1, 400)])
    found = np.array([values(RunConfig(phase=phase)) for phase in phases])
    steps = np.abs(np.diff(found, axis=0)).max(axis=0)
    assert (steps < [0.002, 0.02, 0.004, 1e-12]).all()
    # Once all inputs differ by more than that, each tells its target.
    np.testing.assert_allclose(values(RunConfig(phase=0.01))[1:], 0, atol=2e-4)


@pytest.mark.parametrize(
    ("points", "phase", "highest"), [(18, 0.0, 0.551), (18, 0.002, 0.551), (18, 0.3, 0.25)]
)
def test_no_perceptron_without_memory_gets_below_the_memoryless_floor(
    points: int, phase: float, highest: float
) -> None:
    config = RunConfig(points_per_period=points, phase=phase)
    reached = perceptron_loss(config, 1000)
    assert 0.9999 * values(config)[1] <= reached <= highest


def perceptron_loss(config: RunConfig, steps: int) -> float:
    """Loss after training on all samples of a cycle at once."""
    task = build_task(config)
    batches = [task.batch(k, np.float32) for k in range(task.windows_per_cycle)]
    inputs, targets = (
        torch.from_numpy(np.concatenate([getattr(batch, part).reshape(-1, 1) for batch in batches]))
        for part in ("inputs", "targets")
    )
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(1, 32), torch.nn.Tanh(), torch.nn.Linear(32, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(steps):
        loss = torch.mean((model(inputs) - targets) ** 2)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


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
    # Here the clean input alone tells something, and noise takes some of that away.
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


@given(waves)
def test_lookup_tables_of_rounded_inputs_score_the_floors(config: RunConfig) -> None:
    phases = Fraction(round(10 * config.frequency), 10 * config.points_per_period).denominator
    assume(phases <= 60)
    task = build_task(config)
    batches = [task.batch(k) for k in range(task.windows_per_cycle)]
    inputs, targets = (
        np.array([getattr(batch, part)[0, :, 0] for batch in batches]) / config.amplitude
        for part in ("inputs", "targets")
    )
    constant, memoryless, window, _carried = np.array(values(config)) / config.amplitude**2
    assert constant == pytest.approx(targets.var())
    # Near a crest inputs may differ by less than the precision, but there the targets are small.
    near = 0.01
    table = error_of_best_table(inputs.ravel(), targets.ravel())
    assert memoryless == pytest.approx(table, abs=near)
    first = error_of_best_table(inputs[:, 0], targets[:, 0])
    assert window == pytest.approx(first / config.window_length, abs=near)


def error_of_best_table(inputs: np.ndarray, targets: np.ndarray) -> float:
    """Mean squared error of the mean target at each value of the input, up to rounding."""
    table: dict[float, list[float]] = defaultdict(list)
    for value, answer in zip(np.round(inputs, 8).tolist(), targets.tolist(), strict=True):
        table[value + 0.0].append(answer)
    return sum(len(answers) * float(np.var(answers)) for answers in table.values()) / len(targets)


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
