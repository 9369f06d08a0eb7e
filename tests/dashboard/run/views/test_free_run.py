from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dashboard.run.live_run import LiveRun
from dashboard.run.views.free_run import VIEW, FreeRunControls, FreeRunResult
from rnn_core import RunConfig
from rnn_core.tasks import TASKS, build_task
from tests.dashboard.runs import inspect, run_after
from tests.dashboard.sent_charts import rows


def run_of(**settings: Any) -> LiveRun:
    return run_after(2, RunConfig(**{"hidden_size": 4, **settings}))


def result_of(run: LiveRun, controls: FreeRunControls | None = None) -> FreeRunResult:
    result = inspect(run, "free", controls).result
    assert isinstance(result, FreeRunResult)
    return result


def drawn(result: FreeRunResult) -> tuple[Any, Any]:
    signals, error = VIEW.charts(result, VIEW.presentation())
    return rows(signals), rows(error)


def test_it_warms_up_on_the_window_on_screen_and_continues_into_the_next_ones() -> None:
    run = run_of()
    result = result_of(run)
    task, config = build_task(run.config), run.config
    assert result.run is not None
    assert (result.warmup, result.fed_back) == (10, False)
    expected = np.concatenate([task.batch(2 + n).inputs[0] for n in range(21)])
    np.testing.assert_allclose(result.run.inputs, expected, atol=1e-12)
    np.testing.assert_allclose(
        result.run.prediction[: config.window_length], run.frame().step.prediction[0], atol=1e-5
    )


@pytest.mark.parametrize("task", ["mackey_glass", "lorenz", "sum_of_sines", "noisy_sine"])
def test_forecasts_are_fed_back(task: str) -> None:
    delay = 3
    result = result_of(run_of(task=task, delay=delay))
    assert result.run is not None
    assert result.fed_back
    at = np.arange(result.warmup, len(result.targets))
    np.testing.assert_array_equal(result.run.inputs[at], result.run.prediction[at - delay])


def test_a_horizon_longer_than_a_window_needs_a_longer_warm_up() -> None:
    result = result_of(run_of(task="mackey_glass", delay=25))
    assert result.warmup == 30


def test_without_feedback_they_keep_reading_the_signal() -> None:
    run = run_of(task="mackey_glass")
    result = result_of(run, FreeRunControls(feed_back=False))
    assert result.run is not None
    assert not result.fed_back
    following = build_task(run.config).batch(3).inputs[0]
    np.testing.assert_allclose(result.run.inputs[10:20], following, atol=1e-12)


@pytest.mark.parametrize("task", ["sin_to_cos", "square_wave", "noisy_sine"])
@pytest.mark.parametrize("frequency", [0.3, 1.7, 4.0])
def test_another_frequency_takes_over_without_a_leap(task: str, frequency: float) -> None:
    assert {"frequency", "amplitude"} <= set(TASKS[task].settings)
    run = run_of(task=task, points_per_period=200, noise_std=0.0, phase=0.4)
    controls = FreeRunControls(feed_back=False, frequency=frequency, amplitude=1.0)
    result = result_of(run, controls)
    before = result_of(run, FreeRunControls(feed_back=False))
    assert result.run is not None
    assert before.run is not None
    warmup = result.warmup
    np.testing.assert_array_equal(result.targets[:warmup], before.targets[:warmup])
    # The first sample of the other wave is that of the old one.
    np.testing.assert_allclose(result.run.inputs[warmup], before.run.inputs[warmup], atol=1e-6)
    other = build_task(replace(run.config, frequency=frequency)).batch(5).inputs[0]
    if task != "square_wave":
        spread = np.abs(np.diff(result.run.inputs[warmup : warmup + 10], axis=0)).max()
        assert spread <= frequency * 2 * np.pi / 200 + 1e-9
        assert np.abs(other).max() <= 1


def test_another_amplitude_takes_effect_at_once() -> None:
    run = run_of()
    first = result_of(run)
    assert result_of(run) is first
    taller = result_of(run, FreeRunControls(amplitude=3.0))
    np.testing.assert_allclose(taller.targets[10:], 3 * first.targets[10:], atol=1e-9)
    assert result_of(run) is not first


def test_separate_sequences_have_nothing_to_continue() -> None:
    result = result_of(run_of(task="adding", batch_size=2, window_length=20))
    assert result.run is None
    assert VIEW.charts(result, VIEW.presentation()) == []
    assert "nothing to continue" in VIEW.numbers(result)


def test_the_valid_steps_of_a_forecast_are_said() -> None:
    result = result_of(run_of(task="mackey_glass"))
    assert result.run is not None
    valid_steps = result.run.valid_steps
    assert 0 <= valid_steps < len(result.targets) - result.warmup
    assert f"**{valid_steps} time steps**" in VIEW.numbers(result)
    perfect = replace(result, run=replace(result.run, valid_steps=200))
    assert "to the end, 200 time steps" in VIEW.numbers(perfect)


def test_the_error_before_and_after_warm_up_is_said() -> None:
    result = result_of(run_of())
    assert result.run is not None
    after = np.sqrt(np.mean(result.run.error[10:] ** 2))
    assert f"{after:.0%} over the 200 time steps after it" in VIEW.numbers(result)


def test_the_charts_count_time_steps_after_warm_up() -> None:
    result = result_of(run_of(task="lorenz"))
    assert result.run is not None
    signals, error = drawn(result)
    target = [row for row in signals["signals"] if row["signal"] == "target"]
    assert [row["at"] for row in target] == list(range(-9, 201))
    np.testing.assert_allclose([row["value"] for row in target], result.targets[:, 0])
    assert signals["free"] == [{"begin": 0.5, "end": 200.0}]
    expected = np.clip(result.run.error, 1e-3, 1e3)
    np.testing.assert_allclose([row["error"] for row in error["error"]], expected)
    assert error["tolerance"] == [{"error": 0.4}]


def test_predictions_that_blow_up_are_cut_off() -> None:
    result = result_of(run_of())
    assert result.run is not None
    wild = result.run.prediction.copy()
    wild[50:] = np.inf
    wild[60:] = np.nan
    run = replace(result.run, prediction=wild, error=np.abs(wild[:, 0]))
    result = replace(result, run=run)
    signals, error = drawn(result)
    values = [row["value"] for row in signals["signals"]]
    assert np.isfinite(values).all()
    assert max(values) <= result.targets.max() + 1.5 * np.ptp(result.targets) + 1e-9
    assert max(row["error"] for row in error["error"]) == 1e3
