"""The lag meter."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dashboard.run.live_run import LiveRun
from dashboard.run.views.lag import LagControls, LagResult, _stretch
from dashboard.run.views.registry import view
from rnn_core import TASKS, RunConfig, Trainer, build_task, evaluate
from rnn_core.series import Series, SeriesPlan
from rnn_core.tasks.series import SeriesTask
from tests.dashboard.runs import inspect, run_after

CONFIG = TASKS["series"].config(window_length=20, hidden_size=4, seed=0)


def walk(config: RunConfig = CONFIG) -> SeriesTask:
    level = np.random.default_rng(3).normal(size=(2_000, 1)).cumsum(axis=0)
    return SeriesTask(
        Series(level, ("price (€)",), "walk"),
        SeriesPlan(inputs=("price (€)",), targets=("price (€)",)),
        config,
    )


def repeat_the_last_value(trainer: Trainer) -> None:
    """Weights with which the forecast is the input, but for a little curvature."""
    with torch.no_grad():
        for weight in trainer.model.parameters():
            weight.zero_()
        trainer.model.rnn.weight_ih_l0[0, 0] = 0.01
        trainer.model.out.weight[0, 0] = 100.0


def measured(config: RunConfig = CONFIG) -> LagResult:
    run = LiveRun(config, task=walk(config), engine="torch", prepare=repeat_the_last_value)
    result: LagResult = inspect(run, "lag").result
    return result


@pytest.mark.parametrize("delay", [1, 3])
def test_a_network_that_repeats_the_last_value_is_told_so(delay: int) -> None:
    result = measured(TASKS["series"].config(window_length=20, hidden_size=4, delay=delay))
    assert result.lag is not None
    assert result.lag.lag == pytest.approx(delay, abs=0.3)
    assert result.lag.is_persistence
    said = view("lag").numbers(result)
    assert said.startswith("**Your forecast repeats the last value (lag ")
    assert f"of horizon {delay}): it has learnt persistence.**" in said
    assert result.quantity == "price (€)"


def test_lines_are_in_the_series_own_unit() -> None:
    result, task = measured(), walk()
    assert result.target is not None
    origins = task.held_out.origins
    np.testing.assert_allclose(
        result.target, task.series.values[origins[-90:] + 1, 0], rtol=1e-5, atol=1e-5
    )


def several(inputs: tuple[str, ...], targets: tuple[str, ...]) -> SeriesTask:
    steps = np.random.default_rng(3).normal(size=(2_000, 3))
    series = Series(steps.cumsum(axis=0) * [1, 10, 100], ("a", "b", "c"), "walks.csv")
    return SeriesTask(series, SeriesPlan(inputs=inputs, targets=targets), CONFIG)


def test_each_target_that_is_an_input_has_a_lag_of_its_own_in_its_own_unit() -> None:
    task = several(("a", "b"), ("c", "b", "a"))
    assert [one.name for one in task.forecast_columns] == ["b", "a"]
    run = LiveRun(CONFIG, task=task, engine="torch")
    for number, column in enumerate(("b", "a", "a")):  # beyond the last one, the last
        result = inspect(run, "lag", LagControls(number)).result
        assert result.quantity == column
        assert result.lag is not None
        rows = task.held_out.origins[-90:]
        np.testing.assert_allclose(
            result.target, task.series.column(column)[rows + 1], rtol=1e-4, atol=1e-3
        )
        np.testing.assert_allclose(
            result.last, task.series.column(column)[rows], rtol=1e-4, atol=1e-3
        )


def test_a_forecast_of_other_columns_has_no_lag() -> None:
    run = LiveRun(CONFIG, task=several(("a", "b"), ("c",)), engine="torch")
    assert inspect(run, "lag", LagControls()).result.lag is None


@pytest.mark.parametrize("carry_state", [True, False])
def test_forecasts_are_those_of_the_held_out_loss(carry_state: bool) -> None:
    config = TASKS["series"].config(window_length=20, hidden_size=4, carry_state=carry_state)
    trainer = Trainer(config, task=walk(config))
    trainer.advance(5)
    _inputs, targets, forecast = _stretch(trainer, trainer.task.forecast_columns[0])
    assert np.mean((forecast - targets) ** 2) == pytest.approx(evaluate(trainer).mean, rel=1e-5)


def test_a_task_without_a_horizon_has_no_lag() -> None:
    run = run_after(1, RunConfig())
    result = inspect(run, "lag").result
    assert result.lag is None
    assert view("lag").charts(result, view("lag").presentation()) == []
    assert view("lag").numbers(result).startswith("Only a forecast of a number")
    config = RunConfig()
    assert view("lag").operations(config, build_task(config), paused=True) == 0
