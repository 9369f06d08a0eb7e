from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.tsa.holtwinters import ExponentialSmoothing

from rnn_core.series import naive

SEASON = np.array([0.0, 3.0, -1.0, 2.0])
ORIGINS = np.arange(40, 80)


def _noise(count: int = 400, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=count)


@pytest.mark.parametrize("period", [5, 12, 48])
def test_the_period_of_a_noisy_wave_on_a_trend_is_found(period: int) -> None:
    rows = np.arange(600)
    wave = 3 * np.sin(2 * np.pi * rows / period) + 0.02 * rows + 0.3 * _noise(600)
    assert naive.find_period(wave) == period


@pytest.mark.parametrize(("period", "found"), [(1509, 1500), (1510, None)])
def test_a_period_has_at_most_fifteen_hundred_rows(period: int, found: int | None) -> None:
    pulses = np.cos(2 * np.pi * np.arange(4600) / period) ** 9
    assert naive.find_period(pulses) == found  # a little less: the series has but three


def test_noise_and_random_walks_have_no_period() -> None:
    assert naive.find_period(_noise(1000)) is None
    walks = [naive.find_period(_noise(1000, seed).cumsum()) for seed in range(20)]
    assert walks.count(None) >= 15


@pytest.mark.parametrize("values", [np.ones(100), np.arange(100.0), np.arange(5.0)])
def test_what_cannot_repeat_has_no_period(values: np.ndarray) -> None:
    assert naive.find_period(values) is None


@pytest.mark.parametrize("horizon", [1, 3, 4, 6, 9])
def test_simple_forecasts_are_those_of_pandas(horizon: int) -> None:
    values = pd.Series(_noise(100).cumsum())
    target = ORIGINS + horizon
    made = naive.persistence(values.to_numpy(), ORIGINS)
    np.testing.assert_array_equal(made, values.shift(horizon)[target])
    made = naive.seasonal_persistence(values.to_numpy(), ORIGINS, horizon, 4)
    np.testing.assert_array_equal(made, values.shift(-(-horizon // 4) * 4)[target])
    made = naive.drift(values.to_numpy(), ORIGINS, horizon)
    slope = (values - values[0]) / values.index.to_series()
    np.testing.assert_allclose(made, (values + horizon * slope)[ORIGINS])


def test_seasonal_persistence_forecasts_a_season_without_error() -> None:
    values = np.tile(SEASON, 30)
    for horizon in range(1, 10):
        made = naive.seasonal_persistence(values, ORIGINS, horizon, 4)
        np.testing.assert_array_equal(made, values[ORIGINS + horizon])


def test_linear_autoregression_finds_a_linear_law_and_reads_all_columns() -> None:
    other = _noise(400)
    values = np.zeros(400)
    for n in range(2, 400):
        values[n] = 0.6 * values[n - 1] - 0.3 * values[n - 2] + other[n - 1] + 2
    inputs = np.stack([values, other], axis=1)
    made = naive.Linear.fit(inputs, values, 1, 250).forecasts(inputs, ORIGINS + 250)
    np.testing.assert_allclose(made, values[ORIGINS + 251], atol=1e-8)


def test_linear_autoregression_does_not_read_beyond_the_training_part() -> None:
    values, changed = _noise(400), _noise(400)
    changed[300:] += 100
    first, second = (
        naive.Linear.fit(each[:, None], each, 3, 300).forecasts(each[:, None], ORIGINS + 200)
        for each in (values, changed)
    )
    np.testing.assert_array_equal(first, second)  # origins end at row 279


@pytest.mark.parametrize(("rows", "columns", "lags"), [(1000, 1, 20), (100, 1, 10), (15, 2, 1)])
def test_short_series_have_fewer_lags(rows: int, columns: int, lags: int) -> None:
    assert naive.linear_lags(rows, columns) == lags


@pytest.mark.parametrize("period", [None, 4])
@pytest.mark.parametrize("horizon", [1, 2, 7])
def test_smoothing_forecasts_are_those_of_statsmodels(period: int | None, horizon: int) -> None:
    rng = np.random.default_rng(1)
    season = np.cumsum(rng.normal(size=(30, 4)), axis=0) + 4 * SEASON
    values = season.ravel() + rng.normal(size=120).cumsum()
    fitted = naive.Smoothing.fit(values, 100, period)
    assert fitted.period == period
    parameters = fitted.parameters
    made = fitted.forecasts(values, np.array([99, 109]), horizon)
    for origin, forecast in zip((99, 109), made, strict=True):
        model = ExponentialSmoothing(
            values[: origin + 1],
            trend="add",
            damped_trend=True,
            seasonal="add" if period else None,
            seasonal_periods=period,
            initialization_method="known",
            initial_level=parameters["initial_level"],
            initial_trend=parameters["initial_trend"],
            initial_seasonal=parameters["initial_seasons"] if period else None,
        )
        found = model.fit(
            smoothing_level=parameters["smoothing_level"],
            smoothing_trend=parameters["smoothing_trend"],
            smoothing_seasonal=parameters["smoothing_seasonal"] if period else None,
            damping_trend=parameters["damping_trend"],
            optimized=False,
        )
        assert forecast == pytest.approx(found.forecast(horizon)[-1], rel=1e-6)


def test_smoothing_leaves_out_a_season_that_is_too_long() -> None:
    assert naive.Smoothing.fit(_noise(200), 100, 40).period is None
