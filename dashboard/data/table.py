"""The naive forecasts of the validation part, in the series' own unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboard.charts.loss_axes import floor_name
from rnn_core.series.scores import Scores
from rnn_core.tasks.series import SeriesTask

# Numbers from here on are written without decimals, and not as powers of ten.
_WHOLE = 999.5


def number_format(values: Sequence[float]) -> str:
    """The printf format of a column of numbers: three digits, or all before the point.

    Args:
        values: of the column.
    """
    return "%.0f" if max(map(abs, values), default=0.0) >= _WHOLE else "%.3g"


def naive_rows(task: SeriesTask) -> list[dict[str, Any]]:
    """One row for each naive forecast of the first target, worst first.

    Args:
        task: whose validation part is forecast.

    Returns:
        ``floor``, its name; ``mae`` and ``rmse`` in the unit of the column; ``mase``; ``loss``,
        standardised, as the loss chart draws it.
    """
    train = task.series.column(task.plan.targets[0])[: task.parts.train]
    answers = task.units.targets.undo(task.held_out_targets)[:, 0]
    rows = []
    for floor in task.floors():
        forecast = task.units.targets.undo(task.naive_forecasts[floor.key])[:, 0]
        found = Scores.of(forecast, answers, train, task.period)
        rows.append(
            {
                "floor": floor_name(floor),
                "mae": found.mae,
                "rmse": found.rmse,
                "mase": found.mase,
                "loss": floor.value,
            }
        )
    return rows
