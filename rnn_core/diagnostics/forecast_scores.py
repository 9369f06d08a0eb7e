"""Scores of forecasts of held-out rows, network beside naive ones, in the unit of the series."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from rnn_core.arguments import require
from rnn_core.diagnostics.forecast_lag import ForecastLag, forecast_lag
from rnn_core.messages import N_, InvalidValue
from rnn_core.series.scores import Scores
from rnn_core.tasks.series import SeriesTask
from rnn_core.training.trainer import NUMPY_DTYPES, Trainer

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ForecastScores:
    """How far forecasts of one target are off, on the same rows.

    Args:
        column: its name.
        scores: by what forecasts: ``"network"``, then naive forecasts, highest floor first.
        lags: of each of them; None where it has none, as that of a constant.
    """

    column: str
    scores: Mapping[str, Scores]
    lags: Mapping[str, ForecastLag | None]


def forecast_scores(trainer: Trainer) -> tuple[ForecastScores, ...]:
    """Score the forecasts that the present weights make of the held-out rows; changes nothing.

    Args:
        trainer: of a run on a `SeriesTask`; its held-out windows are read.

    Returns:
        One for each target.

    Raises:
        ValueError: when the task is not a series.

    Example:
        >>> from rnn_core import TASKS
        >>> trainer = Trainer(TASKS["series"].config())
        >>> taken = trainer.advance(300)
        >>> [found] = forecast_scores(trainer)
        >>> found.scores["network"].mae < found.scores["constant"].mae
        True
    """
    require("trainer", trainer, Trainer, "a Trainer", "Trainer(RunConfig())")
    task = trainer.task
    if not isinstance(task, SeriesTask):
        raise InvalidValue(N_("Forecasts are scored on a series. Try the task series."))
    made = {"network": _network(trainer, task)}
    made |= {floor.key: task.naive_forecasts[floor.key] for floor in task.floors()}
    origins, answers = task.held_out.origins, task.held_out_targets
    found = []
    for k, name in enumerate(task.plan.targets):
        values = task.series.column(name)
        ours = {key: task.units.undo_target(each[:, k], k) for key, each in made.items()}
        came = task.units.undo_target(answers[:, k], k)
        found.append(
            ForecastScores(
                name,
                MappingProxyType(
                    {
                        key: Scores.scaled(each, came, task.mase_scales[k])
                        for key, each in ours.items()
                    }
                ),
                MappingProxyType(
                    {
                        key: _lag(each, values, int(origins[0]), task.delay)
                        for key, each in ours.items()
                    }
                ),
            )
        )
    return tuple(found)


def _lag(forecast: Array, values: Array, first: int, horizon: int) -> ForecastLag | None:
    try:
        return forecast_lag(forecast, values, first, horizon)
    except ValueError:
        return None


def _network(trainer: Trainer, task: SeriesTask) -> Array:
    """Standardised forecasts of the held-out rows, ``(n, K)``."""
    windows, dtype = task.held_out, NUMPY_DTYPES[trainer.dtype]
    state, made = None, []
    for index in range(windows.windows):
        read = windows.batch(index, dtype).inputs
        prediction, after = trainer.predict(read, state)
        state = after if trainer.config.carry_state else None
        if index >= windows.warm_up:
            made.append(prediction[0])
    return np.concatenate(made).astype(np.float64)
