from __future__ import annotations

import numpy as np
import pytest

from rnn_core import TASKS, RunConfig, Trainer, evaluate
from rnn_core.diagnostics import forecast_lag, forecast_scores
from rnn_core.series import Series, SeriesPlan
from rnn_core.tasks.series import SeriesTask

_NOISE = np.random.default_rng(1).normal(size=500)
VALUES = np.stack([_NOISE.cumsum(), 5 + np.sin(0.5 * np.arange(500)) + 0.1 * _NOISE], axis=1)
SERIES = Series(VALUES, ("walk", "wave"), "both")
PLAN = SeriesPlan(inputs=("walk", "wave"), targets=("walk", "wave"))


def trained(carry_state: bool) -> tuple[Trainer, SeriesTask]:
    config = TASKS["series"].config(hidden_size=6, delay=2, carry_state=carry_state)
    task = SeriesTask(SERIES, PLAN, config)
    trainer = Trainer(config, task=task)
    trainer.advance(300)
    return trainer, task


@pytest.mark.parametrize("carry_state", [True, False])
def test_errors_are_those_of_the_held_out_loss_in_the_unit_of_the_column(carry_state: bool) -> None:
    trainer, task = trained(carry_state)
    found = forecast_scores(trainer)
    assert [each.column for each in found] == ["walk", "wave"]
    squares = np.array([each.scores["network"].rmse for each in found]) / task.units.targets.std
    assert np.mean(squares**2) == pytest.approx(evaluate(trainer).loss.mean, rel=1e-5)
    for floor in task.floors():
        squares = np.array([each.scores[floor.key].rmse for each in found])
        assert np.mean((squares / task.units.targets.std) ** 2) == pytest.approx(floor.value)
    rows = task.held_out.origins
    for each, values in zip(found, VALUES.T, strict=True):
        score = each.scores["persistence"]
        assert score.mae == pytest.approx(np.abs(values[rows] - values[rows + 2]).mean())
        own = values[: task.parts.train]
        period = task.periods[PLAN.targets.index(each.column)] or 1
        assert score.mase == pytest.approx(score.mae / np.abs(own[period:] - own[:-period]).mean())


def test_lags_are_those_of_the_same_rows() -> None:
    trainer, task = trained(carry_state=True)
    walk, wave = forecast_scores(trainer)
    for each in (walk, wave):
        assert each.lags["constant"] is None
    late, rows = walk.lags["persistence"], task.held_out.origins
    assert late is not None
    assert late.lag == forecast_lag(VALUES[rows, 0], VALUES[:, 0], int(rows[0]), 2).lag
    assert round(late.lag) == 2
    in_time = wave.lags["network"]
    assert in_time is not None
    assert round(in_time.lag) == 0


def test_another_task_is_refused() -> None:
    with pytest.raises(ValueError, match="Forecasts are scored on a series"):
        forecast_scores(Trainer(RunConfig()))
