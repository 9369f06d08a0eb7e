from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dashboard.train.live_run import LiveRun
from dashboard.train.views import text as look_words
from dashboard.train.views.base import AS_IT_IS, FreeLook, Look, Probe
from dashboard.train.views.cache import can_change_waves
from dashboard.train.views.free_charts import free_error, free_signals
from rnn_core import RunConfig
from rnn_core.tasks import SETTINGS, TASKS, build_task
from tests.dashboard.clock import Clock
from tests.dashboard.sent_charts import rows


def run_of(**settings: Any) -> LiveRun:
    run = LiveRun(RunConfig(**{"hidden_size": 4, **settings}), clock=Clock(), engine="torch")
    run.step_once()
    run.step_once()
    return run


def look(run: LiveRun, probe: Probe = AS_IT_IS) -> tuple[Look, FreeLook]:
    taken = run.look("free", probe)
    assert taken is not None
    assert isinstance(taken.found, FreeLook)
    return taken, taken.found


def test_it_hears_the_window_on_screen_and_goes_on_into_those_to_come() -> None:
    run = run_of()
    _taken, found = look(run)
    task, config = build_task(run.config), run.config
    assert found.run is not None
    assert (found.warmup, found.fed_back) == (10, False)
    expected = np.concatenate([task.batch(2 + n).inputs[0] for n in range(21)])
    np.testing.assert_allclose(found.run.inputs, expected, atol=1e-12)
    np.testing.assert_allclose(
        found.run.prediction[: config.window_length], run.frame().step.prediction[0], atol=1e-5
    )


@pytest.mark.parametrize("task", ["mackey_glass", "lorenz", "sum_of_sines", "noisy_sine"])
def test_forecasts_are_fed_back(task: str) -> None:
    delay = 3
    _taken, found = look(run_of(task=task, delay=delay))
    assert found.run is not None
    assert found.fed_back
    at = np.arange(found.warmup, len(found.targets))
    np.testing.assert_array_equal(found.run.inputs[at], found.run.prediction[at - delay])


def test_a_forecast_further_ahead_than_a_window_hears_more_of_them() -> None:
    _taken, found = look(run_of(task="mackey_glass", delay=25))
    assert found.warmup == 30


def test_they_read_on_if_told_so() -> None:
    run = run_of(task="mackey_glass")
    _taken, found = look(run, Probe(feed_back=False))
    assert found.run is not None
    assert not found.fed_back
    following = build_task(run.config).batch(3).inputs[0]
    np.testing.assert_allclose(found.run.inputs[10:20], following, atol=1e-12)


@pytest.mark.parametrize("task", [task for task in TASKS if can_change_waves(task)])
@pytest.mark.parametrize("frequency", [0.3, 1.7, 4.0])
def test_another_frequency_takes_over_without_a_leap(task: str, frequency: float) -> None:
    assert {"frequency", "amplitude"} <= set(SETTINGS[task])
    run = run_of(task=task, points_per_period=200, noise_std=0.0, phase=0.4)
    probe = Probe(feed_back=False, frequency=frequency, amplitude=1.0)
    _taken, found = look(run, probe)
    _taken, before = look(run, Probe(feed_back=False))
    assert found.run is not None
    assert before.run is not None
    warmup = found.warmup
    np.testing.assert_array_equal(found.targets[:warmup], before.targets[:warmup])
    # The first sample of the other wave is that of the old one.
    np.testing.assert_allclose(found.run.inputs[warmup], before.run.inputs[warmup], atol=1e-6)
    other = build_task(replace(run.config, frequency=frequency)).batch(5).inputs[0]
    if task != "square_wave":
        spread = np.abs(np.diff(found.run.inputs[warmup : warmup + 10], axis=0)).max()
        assert spread <= frequency * 2 * np.pi / 200 + 1e-9
        assert np.abs(other).max() <= 1


def test_another_amplitude_is_seen_at_once() -> None:
    run = run_of()
    first, found = look(run)
    again, _found = look(run)
    assert again is first
    _taken, taller = look(run, Probe(amplitude=3.0))
    np.testing.assert_allclose(taller.targets[10:], 3 * found.targets[10:], atol=1e-9)
    assert look(run)[0] is not first


def test_sequences_have_nothing_to_go_on_with() -> None:
    taken, found = look(run_of(task="adding", batch_size=2, window_length=20))
    assert found.run is None
    assert "nothing to go on with" in look_words.numbers(taken)


def test_how_long_it_holds_is_said() -> None:
    taken, found = look(run_of(task="mackey_glass"))
    assert found.run is not None
    valid_steps = found.run.valid_steps
    assert 0 <= valid_steps < len(found.targets) - found.warmup
    assert f"**{valid_steps} time steps**" in look_words.numbers(taken)
    perfect = replace(found, run=replace(found.run, valid_steps=200))
    assert "holds to the end, 200 time steps" in look_words.numbers(replace(taken, found=perfect))


def test_the_error_before_and_after_is_said() -> None:
    taken, found = look(run_of())
    assert found.run is not None
    after = np.sqrt(np.mean(found.run.error[10:] ** 2))
    assert f"over the 200 time steps after {after:.0%}" in look_words.numbers(taken)


def test_the_charts_count_from_where_it_is_alone() -> None:
    _taken, found = look(run_of(task="lorenz"))
    assert found.run is not None
    signals, error = rows(free_signals(found)), rows(free_error(found))
    target = [row for row in signals["signals"] if row["signal"] == "target"]
    assert [row["at"] for row in target] == list(range(-9, 201))
    np.testing.assert_allclose([row["value"] for row in target], found.targets[:, 0])
    assert signals["alone"] == [{"begin": 0.5, "end": 200.0}]
    expected = np.clip(found.run.error, 1e-3, 1e3)
    np.testing.assert_allclose([row["error"] for row in error["error"]], expected)
    assert error["tolerance"] == [{"error": 0.4}]


def test_what_blew_up_stays_out_of_the_picture() -> None:
    _taken, found = look(run_of())
    assert found.run is not None
    wild = found.run.prediction.copy()
    wild[50:] = np.inf
    wild[60:] = np.nan
    run = replace(found.run, prediction=wild, error=np.abs(wild[:, 0]))
    found = replace(found, run=run)
    values = [row["value"] for row in rows(free_signals(found))["signals"]]
    assert np.isfinite(values).all()
    assert max(values) <= found.targets.max() + 1.5 * np.ptp(found.targets) + 1e-9
    assert max(row["error"] for row in rows(free_error(found))["error"]) == 1e3
