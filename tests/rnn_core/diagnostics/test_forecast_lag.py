from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from benchmarks.stated_levels import late_forecasts
from rnn_core import RunConfig, Trainer
from rnn_core.diagnostics import ForecastLag, forecast_lag
from rnn_core.diagnostics.forecast_lag import _tail
from rnn_core.series import Series, SeriesPlan
from rnn_core.tasks.series import SeriesTask


def _walk(seed: int, count: int = 1000) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=count).cumsum()


def _noisy_sine(seed: int, count: int = 1500) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 0.2, count)
    return np.sin(2 * np.pi * np.arange(count) / 20) + noise


def _trained(values: np.ndarray, horizon: int, seed: int) -> ForecastLag:
    """The lag of a network that was trained on the series."""
    config = RunConfig(
        delay=horizon, window_length=20, hidden_size=16, lr=0.01, batch_size=4, seed=seed
    )
    plan = SeriesPlan(inputs=("y",), targets=("y",))
    task = SeriesTask(Series(values[:, None], ("y",), "y"), plan, config)
    trainer = Trainer(config, task=task, engine="compiled")
    trainer.advance(600)
    held_out, state, made = task.held_out, None, []
    for index in range(held_out.windows):
        prediction, state = trainer.predict(held_out.batch(index).inputs, state)
        made.append(prediction[0, :, 0])
    forecast = np.concatenate(made[held_out.warm_up :]).astype(float)
    scaled = task.units.targets.apply(values[:, None])[:, 0]
    return forecast_lag(forecast, scaled, int(held_out.origins[0]), horizon)


@pytest.mark.parametrize("horizon", [1, 4, 10])
def test_a_shifted_series_has_the_lag_of_its_shift(horizon: int) -> None:
    values = _walk(0)
    for late in range(-2, horizon + 3):
        made = values[100 + horizon - late : 900 + horizon - late]
        found = forecast_lag(made, values, 100, horizon)
        assert found.lag == pytest.approx(late, abs=0.05)
        assert found.low - 0.05 <= late <= found.high + 0.05


def test_scale_and_offset_of_a_forecast_do_not_matter() -> None:
    values = _walk(1)
    assert forecast_lag(0.1 * values[100:900] - 7, values, 100, 5).lag == pytest.approx(5, abs=0.05)


def test_few_forecasts_from_the_first_row_on_are_still_compared_with_persistence() -> None:
    values = _walk(0, 40)
    found = forecast_lag(values[:25], values, 0, 3)
    assert found.shifts.tolist() == list(range(-5, 4))  # row 3 forecast from row 0 is the last
    assert (found.lag, found.improvement) == (3, 0)


def test_persistence_is_recognised_and_no_better_than_itself() -> None:
    values = _walk(2)
    found = forecast_lag(values[100:900], values, 100, 3)
    assert found.is_persistence
    assert not found.is_in_time
    assert found.improvement == 0


def test_a_late_forecast_that_beats_persistence_is_not_called_persistence() -> None:
    values = _walk(3)
    made = 0.5 * values[100:900] + 0.5 * values[103:903]
    assert not forecast_lag(made, values, 100, 3).is_persistence


def test_networks_on_random_walks_learn_persistence() -> None:
    found = [_trained(_walk(seed), 5, seed) for seed in range(20)]
    assert [round(each.lag) for each in found] == [5] * 20
    assert sum(each.is_persistence for each in found) >= 19  # one network is too poor to tell


def test_networks_on_noisy_sines_forecast_in_time() -> None:
    found = [_trained(_noisy_sine(seed), 5, seed) for seed in range(20)]
    assert [round(each.lag) for each in found] == [0] * 20
    assert all(each.is_in_time and each.improvement > 0.5 for each in found)


def test_equal_arguments_give_equal_intervals() -> None:
    values = _noisy_sine(0)
    first, second = (forecast_lag(values[100:900], values, 100, 5, seed=n) for n in (3, 3))
    assert (first.low, first.high) == (second.low, second.high)


@pytest.mark.parametrize(
    ("made", "first", "message"),
    [
        (np.arange(19.0), 0, "at least 20 forecasts, got 19"),
        (np.arange(100.0), 899, "to row 1003, got 1000 rows"),
        (np.full(100, np.nan), 100, "must be finite"),
        (np.ones(100), 100, "not defined for a constant forecast"),
    ],
)
def test_what_has_no_lag_is_refused(made: np.ndarray, first: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        forecast_lag(made, _walk(0), first, 5)


@pytest.mark.parametrize("blocks", [4, 6, 10, 30, 1000])
def test_ends_lie_as_far_out_as_student_s_for_so_many_blocks(blocks: int) -> None:
    t = stats.t.ppf(0.975, blocks - 1)
    expected = stats.norm.cdf(-t * math.sqrt(blocks / (blocks - 1)))
    assert _tail(blocks) == pytest.approx(expected, rel=0.15 if blocks == 4 else 0.03)


@pytest.mark.parametrize(("rows", "blocks"), [(60, 6), (200, 20)])
def test_the_interval_covers_the_lag_about_as_often_as_it_says(rows: int, blocks: int) -> None:
    """Of forecasts that are as late as the horizon, as those of persistence are."""
    covers = []
    for seed in range(60):
        found = forecast_lag(*late_forecasts(np.random.default_rng([2, seed]), rows, 5.0))
        covers.append(found.low <= 5.0 <= found.high)
    assert rows // blocks == 2 * 5
    # Below this, 93 % would come once in ten thousand times.
    assert sum(covers) >= stats.binom.ppf(1e-4, len(covers), 0.93)


def test_a_series_may_stand_still_for_a_while_but_not_always() -> None:
    walk = _walk(1)
    walk[300:340] = 0.0
    assert forecast_lag(walk[99:899], walk, 99, 1).lag == pytest.approx(1, abs=0.01)
    still = walk.copy()
    still[90:950] = 1.0
    with pytest.raises(ValueError, match="not defined for a constant forecast or a constant"):
        forecast_lag(walk[99:899], still, 99, 1)
    with pytest.raises(ValueError, match="not defined for a constant forecast or a constant"):
        forecast_lag(np.full(800, 2.5), walk, 99, 1)


@pytest.mark.parametrize("unit", [1e-40, 1e-9, 1e9, 1e40])
def test_a_lag_does_not_depend_on_the_unit_of_the_series(unit: float) -> None:
    walk = _walk(2)
    made = walk[99:899] + 0.1 * _walk(3)[:800]
    one, other = forecast_lag(made, walk, 99, 2), forecast_lag(unit * made, unit * walk, 99, 2)
    assert other.lag == pytest.approx(one.lag)
    assert (other.low, other.high) == pytest.approx((one.low, one.high))
    assert other.improvement == pytest.approx(one.improvement)
