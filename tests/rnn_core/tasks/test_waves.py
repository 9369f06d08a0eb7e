from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from rnn_core import RunConfig, build_task
from tests.rnn_core.tasks.known_answers import (
    best_table,
    floors_of,
    samples_of,
    stream,
)
from tests.rnn_core.waves import NEVER_REPEATS


@pytest.mark.parametrize("frequency", [1.0, 1.3, NEVER_REPEATS])
def test_waves_are_their_formulas(frequency: float) -> None:
    config = RunConfig(
        points_per_period=40, frequency=frequency, amplitude=2.0, phase=0.4, window_length=50
    )
    t = np.arange(1000) / 40 * frequency + 0.4 / (2 * math.pi)  # turns
    angle = 2 * math.pi * t
    sweep = t % 8
    expected = {
        "sum_of_sines": 0.5 * (np.sin(angle) + np.sin(1.555 * angle)),
        "square_wave": np.sign(np.sin(angle)),
        # From one to three turns in the time of one, evenly.
        "chirp": np.sin(2 * math.pi * (sweep + sweep**2 / 8)),
        "noisy_sine": np.sin(angle),
    }
    for name, values in expected.items():
        inputs, _targets = stream(replace(config, task=name), 20)
        np.testing.assert_allclose(inputs[:, 0], 2 * values, atol=1e-9)


@pytest.mark.parametrize("index", [0, 10**6, 10**9])
def test_a_late_window_of_a_wave_is_as_exact_as_the_first(index: int) -> None:
    # A window of 360 samples at 36 points is ten turns: every window is the first again.
    for name in ("square_wave", "noisy_sine"):
        task = build_task(RunConfig(task=name, window_length=360, points_per_period=36))
        np.testing.assert_array_equal(task.batch(index).inputs, task.batch(0).inputs)


def test_a_square_wave_is_up_for_one_half_and_down_for_the_other() -> None:
    inputs, _targets = stream(RunConfig(task="square_wave", window_length=18), 3)
    np.testing.assert_array_equal(inputs[:, 0], np.tile([1.0] * 9 + [-1.0] * 9, 3))


def test_a_noisy_sine_has_noise_of_its_std_on_the_input_only() -> None:
    config = RunConfig(task="noisy_sine", window_length=1000, batch_size=4, delay=3)
    clean = build_task(config)
    noisy = build_task(replace(config, noise_std=0.5))
    noise = np.concatenate(
        [noisy.batch(k).inputs - clean.batch(k).inputs for k in range(0, 100, 4)]
    )
    assert noise.size == 100_000
    assert abs(noise.mean()) < 5 * 0.5 / math.sqrt(1e5)
    assert abs(noise.std() - 0.5) < 5 * 0.5 / math.sqrt(2e5)
    np.testing.assert_array_equal(noisy.batch(5).targets, clean.batch(5).targets)
    # It belongs to the sample: row 1 now is row 0 of the next step.
    np.testing.assert_array_equal(noisy.batch(5).inputs[1], noisy.batch(6).inputs[0])


def test_the_floors_of_a_square_wave() -> None:
    # 18 samples a period, 4 ahead: twice 4 of them change sign on the way.
    floors = floors_of("square_wave", window_length=18, delay=4, amplitude=3.0)
    assert floors["constant"] == pytest.approx(9.0)
    assert floors["persistence"] == pytest.approx(9 * 4 * 8 / 18)
    # Up, 5 of 9 stay up: the mean is 1/9, either way.
    assert floors["memoryless"] == pytest.approx(9 * (1 - 1 / 81))


@pytest.mark.parametrize("name", ["sum_of_sines", "noisy_sine"])
def test_persistence_of_sines(name: str) -> None:
    delay = 7
    ratios = [1.0, 1.555] if name == "sum_of_sines" else [1.0]
    moved = [2 * math.pi * ratio * delay / 31 for ratio in ratios]
    each = [(1 - math.cos(angle)) / len(ratios) ** 2 for angle in moved]
    floors = floors_of(name, points_per_period=31, delay=delay)
    assert floors["persistence"] == pytest.approx(sum(each), rel=1e-9)
    assert floors["constant"] == pytest.approx(0.5 / len(ratios), rel=1e-9)


def test_a_sine_without_noise_has_the_floors_of_its_table() -> None:
    # A quarter of 20 samples ahead the sine is the cosine: rising or falling, nobody can tell.
    floors = floors_of("noisy_sine", points_per_period=20, delay=5, window_length=20)
    assert floors["memoryless"] == pytest.approx(0.5)
    assert floors["carried_memory"] == 0.0


@pytest.mark.parametrize("noise_std", [0.002, 0.01, 0.3, 2.0])
def test_noise_raises_the_memoryless_floor_from_the_clean_one_to_the_constant(
    noise_std: float,
) -> None:
    clean = floors_of("noisy_sine", points_per_period=20, delay=3)["memoryless"]
    floors = floors_of("noisy_sine", points_per_period=20, delay=3, noise_std=noise_std)
    assert clean - 1e-6 <= floors["memoryless"] <= floors["constant"]
    near = {0.002: clean, 0.01: clean}.get(noise_std)
    if near is not None:
        assert floors["memoryless"] == pytest.approx(near, abs=0.003)
    more = floors_of("noisy_sine", points_per_period=20, delay=3, noise_std=min(2, 2 * noise_std))
    assert more["memoryless"] >= floors["memoryless"] - 1e-9


@pytest.mark.parametrize("frequency", [1.0, 1.3, NEVER_REPEATS])
@pytest.mark.parametrize("name", ["sum_of_sines", "square_wave", "chirp", "noisy_sine"])
def test_constant_and_persistence_score_their_floors_on_waves(name: str, frequency: float) -> None:
    config = RunConfig(
        task=name,
        frequency=frequency,
        points_per_period=25,
        window_length=100,
        delay=6,
        amplitude=2.0,
        batch_size=50,
    )
    # 248,000 samples: whole cycles of all waves that repeat.
    inputs, targets = samples_of(config, 2_500 if frequency == NEVER_REPEATS else 2_600)
    floors = {floor.key: floor.value for floor in build_task(config).floors()}
    assert targets.var() == pytest.approx(floors["constant"], rel=2e-3)
    assert np.mean((targets - inputs) ** 2) == pytest.approx(floors["persistence"], rel=2e-3)


@pytest.mark.parametrize("delay", [1, 5, 20])
def test_the_best_table_of_a_sum_of_sines_scores_its_floor(delay: int) -> None:
    # A frequency of which no small multiple is whole: the two phases come in all combinations.
    frequency = math.sqrt(2)
    config = RunConfig(
        task="sum_of_sines", frequency=frequency, window_length=100, delay=delay, batch_size=50
    )
    inputs, targets = samples_of(config, 2_000)
    memoryless = floors_of("sum_of_sines", frequency=frequency, delay=delay)["memoryless"]
    assert best_table(inputs, targets, 100) == pytest.approx(memoryless, rel=0.01)


@pytest.mark.parametrize("frequency", [1.0, NEVER_REPEATS])
@pytest.mark.parametrize(("delay", "noise_std"), [(1, 0.3), (5, 0.3), (4, 0.05), (4, 1.5)])
def test_the_best_table_of_a_noisy_sine_scores_its_floor(
    frequency: float, delay: int, noise_std: float
) -> None:
    config = RunConfig(
        task="noisy_sine",
        frequency=frequency,
        window_length=100,
        delay=delay,
        noise_std=noise_std,
        batch_size=50,
    )
    inputs, targets = samples_of(config, 4_000)
    floors = {floor.key: floor.value for floor in build_task(config).floors()}
    assert best_table(inputs, targets, 400) == pytest.approx(floors["memoryless"], rel=0.01)
    assert np.mean((targets - inputs) ** 2) == pytest.approx(floors["persistence"], rel=0.01)


def test_any_sum_of_two_sines_is_linear_in_four_inputs() -> None:
    for frequency in (0.1, 1.0, 3.7, NEVER_REPEATS):
        assert floors_of("sum_of_sines", frequency=frequency, delay=9)["linear"] == 0.0


@pytest.mark.parametrize("noise_std", [1e-7, 0.1, 2.0])
def test_the_linear_floor_of_a_noisy_sine_is_what_least_squares_gives(noise_std: float) -> None:
    config = RunConfig(
        task="noisy_sine", window_length=1000, batch_size=60, delay=4, noise_std=noise_std
    )
    inputs, targets = samples_of(config, 360)
    rows = np.lib.stride_tricks.sliding_window_view(inputs, 20)
    wanted = targets[19:]
    fit = np.linalg.lstsq(rows, wanted, rcond=1e-6)[0]
    expected = float(np.mean((wanted - rows @ fit) ** 2))
    (floor,) = (floor for floor in build_task(config).floors() if floor.key == "linear")
    assert floor.lags == 20
    # The residual is a moving average of the noise, of which 360,000 samples show 1 %.
    assert floor.value == pytest.approx(expected, rel=0.03, abs=1e-12)


def test_a_square_wave_is_linear_in_its_last_period_and_no_less() -> None:
    assert floors_of("square_wave", points_per_period=20, delay=3)["linear"] == 0.0
    assert floors_of("square_wave", points_per_period=80, delay=3)["linear"] > 0.05


def test_a_sine_at_few_phases_is_a_table_and_at_many_a_continuum() -> None:
    # 20 samples a period at phase 0 come in pairs, at phase 0.05 they are all distinct.
    quarter = {"points_per_period": 20, "delay": 5, "window_length": 20}
    assert floors_of("noisy_sine", **quarter)["memoryless"] == pytest.approx(0.5)
    assert floors_of("noisy_sine", **quarter, phase=1e-8)["memoryless"] == pytest.approx(0.5)
    assert floors_of("noisy_sine", **quarter, phase=0.05)["memoryless"] == 0.0
    many = floors_of("noisy_sine", frequency=1.003, points_per_period=20, delay=5, phase=0.05)
    moved = 2 * math.pi * 1.003 * 5 / 20
    assert many["memoryless"] == pytest.approx(0.5 * math.sin(moved) ** 2)
    # With the state reset, only the first target of each of 10 is as uncertain.
    assert many["window_memory"] == pytest.approx(many["memoryless"] / 10)


@pytest.mark.parametrize("ahead", [0, 3, 7])
def test_a_cycle_too_long_to_be_read_whole_is_read_at_even_phases(ahead: int) -> None:
    # At frequency 1.0003 the samples repeat after 200,000 only.
    wave = build_task(
        RunConfig(task="noisy_sine", frequency=1.0003, points_per_period=20, phase=0.05)
    )
    here, there = wave._samples(0), wave._samples(ahead)  # type: ignore[attr-defined]
    assert len(here) == len(there) == 20_000
    assert np.mean(here) == pytest.approx(0, abs=1e-12)
    turned = 2 * math.pi * 1.0003 * ahead / 20
    assert np.mean(here * there) == pytest.approx(0.5 * math.cos(turned), abs=1e-12)


@pytest.mark.parametrize(("noise_std", "bound"), [(0.0019, "lower"), (0.0021, "exact")])
def test_below_a_five_hundredth_of_the_amplitude_noise_is_left_out_of_the_memoryless_floor(
    noise_std: float, bound: str
) -> None:
    config = RunConfig(task="noisy_sine", points_per_period=20, delay=3, noise_std=noise_std)
    (floor,) = (each for each in build_task(config).floors() if each.key == "memoryless")
    assert floor.bound == bound


@pytest.mark.parametrize("name", ["sum_of_sines", "square_wave", "chirp", "noisy_sine"])
def test_a_period_of_a_wave_is_two_pi_long(name: str) -> None:
    times = build_task(RunConfig(task=name, points_per_period=20)).batch(2).time[0]
    np.testing.assert_allclose(times, (20 + np.arange(10)) * 2 * math.pi / 20, rtol=1e-6)
