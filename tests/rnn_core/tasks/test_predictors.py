from __future__ import annotations

import math

import numpy as np
import pytest

from rnn_core.tasks.predictors import (
    SINE,
    Spread,
    linear_fits,
    linear_loss,
    measured,
    smooth_fits,
    smooth_loss,
    table_loss,
)


def autoregression(streams: int, samples: int) -> np.ndarray:
    """x(t+1) = 0.8 x(t) + noise of variance 0.36, so that x has variance 1."""
    rng = np.random.default_rng(3)
    x = np.empty((streams, samples))
    x[:, 0] = rng.standard_normal(streams)
    for t in range(1, samples):
        x[:, t] = 0.8 * x[:, t - 1] + 0.6 * rng.standard_normal(streams)
    return x


def lags(values: np.ndarray, count: int) -> np.ndarray:
    return np.array([values[count - 1 - lag : len(values) - lag] for lag in range(count)])


# --- smooth functions ---------------------------------------------------------------------


def binned(inputs: np.ndarray, targets: np.ndarray, bins: int) -> float:
    """Mean variance of the targets within bins of equally many inputs."""
    ordered = targets[np.argsort(inputs)]
    return float(ordered[: len(ordered) // bins * bins].reshape(bins, -1).var(1, ddof=1).mean())


@pytest.mark.parametrize("function", [np.tanh, np.abs, lambda x: np.sin(4 * x), lambda x: x**3])
def test_the_best_smooth_function_leaves_the_noise(function: np.ufunc) -> None:
    rng = np.random.default_rng(0)
    inputs = rng.uniform(-2, 2, 100_000)
    targets = function(inputs) + 0.5 * rng.standard_normal(100_000)
    found = smooth_loss(Spread.of(inputs), inputs, targets)
    assert found == pytest.approx(0.25, rel=0.02)
    assert found == pytest.approx(binned(inputs, targets, 200), rel=0.02)


def test_few_values_are_a_table_as_far_as_they_are_apart() -> None:
    targets = np.array([1.0, -1.0])
    for apart, expected in ((0.0, 1.0), (1e-8, 1.0), (0.1, 0.0)):
        inputs = np.array([0.3, 0.3 + apart])
        assert table_loss(SINE, inputs, targets, 0.0) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("apart", [3e-4, 1e-3, 2e-3, 3e-3])
def test_the_error_between_two_near_values_is_that_of_a_noisy_input(apart: float) -> None:
    # Of two normal densities a distance apart, drawn and weighed by their posterior.
    rng = np.random.default_rng(1)
    std = 1e-3 * SINE.std
    seen = apart / 2 + std * rng.standard_normal(400_000)
    expected = 1 - np.mean(np.tanh(seen * apart / (2 * std**2)))
    inputs, targets = np.array([-apart / 2, apart / 2]), np.array([-1.0, 1.0])
    assert table_loss(SINE, inputs, targets, 0.0) == pytest.approx(expected, abs=0.01)


def test_the_linear_part_of_a_table_costs_no_precision() -> None:
    inputs = np.linspace(-1, 1, 50)
    assert table_loss(SINE, inputs, 0.3 * inputs + 0.1, 0.3) == 0.0
    pairs, error = np.repeat(inputs, 2), np.tile([1e-3, -1e-3], 50)
    assert table_loss(SINE, pairs, 0.3 * pairs + error, 0.3) == pytest.approx(1e-6, rel=0.01)


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
def test_losses_scale_with_the_square_of_the_signal(size: float) -> None:
    rng = np.random.default_rng(2)
    angle = rng.uniform(0, 2 * np.pi, 200)
    x, y = np.sin(angle), np.cos(angle + 0.3)
    spread = Spread(0.0, size, size * math.sqrt(0.5))
    for loss in (smooth_loss, lambda s, a, b: table_loss(s, a, b, 0.0)):
        expected = loss(SINE, x, y)
        assert loss(spread, size * x, size * y) == pytest.approx(size**2 * expected, rel=1e-6)


# --- linear functions ---------------------------------------------------------------------


def test_two_inputs_determine_a_sine_and_one_does_not() -> None:
    wave = np.sin(0.7 * np.arange(2000))
    read, target = lags(wave[:-3], 2), wave[4:]
    assert linear_loss(read, target) == 0.0
    # Three steps ahead, with 0.7 radians a step.
    expected = 0.5 * math.sin(2.1) ** 2
    assert linear_loss(read[:1], target) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize(("ahead", "count"), [(1, 1), (1, 5), (3, 2)])
def test_an_autoregression_is_forecast_as_well_as_its_equation_allows(
    ahead: int, count: int
) -> None:
    x = autoregression(64, 1000)
    inputs, targets = x[:, :-ahead], x[:, ahead:]
    fits = linear_fits(inputs, count, every=1)
    floor = measured("linear", fits.losses(targets[:, count - 1 :]), count)
    expected = 1 - 0.8 ** (2 * ahead)
    assert abs(floor.value - expected) < 1.5 * floor.error
    assert floor.error < 0.03 * expected
    assert floor.lags == count
    # A linear function of the present input is as good as any: the process is Gaussian.
    smooth = measured("memoryless", smooth_fits(inputs, every=1).losses(targets))
    assert smooth.value == pytest.approx(expected, abs=2 * smooth.error)


def test_fits_agree_with_least_squares_on_all_samples() -> None:
    x = autoregression(128, 60)
    fits = linear_fits(x[:, :-2], 4, every=3)
    targets = x[:, 2:][:, 3::3]
    read = np.array([lags(row[:-2], 4)[:, ::3] for row in x])  # (B, 4, n)
    across = np.concatenate([read, np.ones_like(read[:, :1])], axis=1).swapaxes(1, 2)
    rows, wanted = across.reshape(-1, 5), targets.ravel()
    residual = wanted - rows @ np.linalg.lstsq(rows, wanted)[0]
    expected = (residual**2).reshape(64, -1).mean(axis=1)
    np.testing.assert_allclose(fits.losses(targets), expected, rtol=1e-9)


# --- measured floors ----------------------------------------------------------------------


def test_the_error_of_a_measured_floor_covers_the_truth_in_95_of_100_cases() -> None:
    rng = np.random.default_rng(0)
    floors = [measured("constant", rng.exponential(2.0, 256)) for _ in range(2000)]
    covered = np.mean([abs(floor.value - 2.0) <= floor.error for floor in floors])
    assert covered == pytest.approx(0.95, abs=0.02)


def test_a_measured_floor_is_the_mean_over_its_streams() -> None:
    floor = measured("persistence", np.tile([1.0, 3.0], 50))
    assert (floor.key, floor.bound, floor.value, floor.lags) == ("persistence", "measured", 2, None)
    # The standard error of a hundred values at distance 1 from their mean is 1 / √99, and 1.984
    # of them make a 95 % interval.
    assert floor.error == pytest.approx(1.984 / math.sqrt(99), rel=1e-3)
