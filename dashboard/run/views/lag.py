"""The lag meter: whether a forecast comes too late, and so repeats the last value."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import altair as alt
import numpy as np
from numpy.typing import NDArray

from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.charts import palette
from dashboard.charts.arrow import Table
from dashboard.charts.base import (
    CANVAS,
    GUIDE,
    Chart,
    Spec,
    layer,
    same,
    specification,
    title_legend,
)
from dashboard.charts.kept import COLUMN, named
from dashboard.run.views import cost
from dashboard.run.views.base import Presentation, View, ViewInput
from rnn_core import RunConfig, Task, Trainer
from rnn_core.cells.module import pack, unpack
from rnn_core.diagnostics import ForecastLag, forecast_lag
from rnn_core.messages import translate
from rnn_core.tasks import ForecastColumn
from rnn_core.tasks.stack import stacked
from rnn_core.training.trainer import NUMPY_DTYPES

# Rows whose forecasts are compared, and rows that are drawn of them, at most.
_MOST, _DRAWN = 2_000, 90
_HEIGHT = 260
_LINES = Table(row=int, value=float, signal=str)
_AGREEMENT = Table(shift=int, agreement=float)
_SHIFTS = Table(shift=float, said=str)

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LagControls:
    """What the reader has chosen.

    Args:
        column: which of the task's forecast columns, from 0; beyond the last one, the last.
    """

    column: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class LagResult:
    """The lag of the forecasts of one column over a stretch.

    Args:
        lag: what was measured; None where there is nothing to measure.
        problem: why nothing could be measured; None where the task is no forecast.
        forecast: of the rows that are drawn, shape ``(n,)``.
        target: likewise.
        last: the last value that was known when each forecast was made, likewise.
        quantity: what the numbers are; empty where they have no name.
    """

    lag: ForecastLag | None
    problem: ValueError | None = None
    forecast: Array | None = None
    target: Array | None = None
    last: Array | None = None
    quantity: str = ""


class LagView(View[LagResult, LagControls]):
    """Forecast against target and last value, and their agreement by shift."""

    key = "lag"
    default_controls = LagControls()
    panel = "dashboard.run.views.lag_panel"
    controls_change_result = True

    @property
    def title(self) -> str:
        """Its name on screen."""
        return _("lag")

    def compute(self, given: ViewInput[LagResult, LagControls]) -> LagResult:
        """The lag over held-out rows."""
        trainer = given.trainer
        task = trainer.task
        columns = task.forecast_columns
        if not columns or task.criterion != "mse":
            return LagResult(None)
        column = columns[min(given.controls.column, len(columns) - 1)]
        inputs, targets, forecast = _stretch(trainer, column)
        values = np.concatenate([inputs, targets[-column.horizon :]])
        try:
            lag = forecast_lag(forecast, values, 0, column.horizon)
        except ValueError as error:
            return LagResult(None, error)
        drawn = slice(-_DRAWN, None)
        lines = np.stack([forecast[drawn], targets[drawn], inputs[drawn]])
        if task.units is not None:
            lines = task.units.undo_target(lines, column.target)
        return LagResult(lag, None, lines[0], lines[1], lines[2], column.name)

    def operations(self, config: RunConfig, task: Task, *, paused: bool) -> float:
        """The forecasts of the rows that are read, and the bootstrap."""
        if not task.forecast_columns:
            return 0.0
        length = config.window_length
        rows = max(2, _MOST // length) * length
        horizon = max(column.horizon for column in task.forecast_columns)
        return cost.predictions(config, task, rows) + 2e8 + 5e6 * horizon

    def charts(self, result: LagResult, shown: Presentation[LagControls]) -> list[Chart]:
        """The two charts, where there is a lag."""
        if result.lag is None or result.forecast is None:
            return []
        assert result.target is not None
        assert result.last is not None
        signals = {"target": result.target, "last": result.last, "forecast": result.forecast}
        rows = np.arange(len(result.forecast))
        lag = result.lag
        return [
            Chart(
                _lines(result.quantity),
                {
                    "lines": _LINES.rows(
                        np.tile(rows, len(signals)),
                        np.concatenate(list(signals.values())),
                        np.repeat(list(signals), len(rows)).tolist(),
                    )
                },
                _("Lines of the forecast, the target and the last known value over held-out rows."),
            ),
            Chart(
                _agreement_spec(current_language()),
                {
                    "agreement": _AGREEMENT.rows(lag.shifts, lag.agreement),
                    "persistence": _SHIFTS.rows([float(lag.horizon)], [_("last value")]),
                    "best": _SHIFTS.rows([lag.lag], [_("lag {lag:.1f}").format(lag=lag.lag)]),
                },
                _("Line of the agreement of forecast and series by shift, the best one marked."),
            ),
        ]

    def numbers(self, result: LagResult) -> str:
        """What the lag says, with its interval, and how the forecast compares to persistence."""
        lag = result.lag
        if lag is None:
            if result.problem is not None:
                return translate(result.problem, _)
            return _(
                "Only a forecast of a number from its own past has a lag. Choose a **task** that "
                "is a forecast."
            )
        at = _("lag {lag:.1f} of horizon {horizon}").format(lag=lag.lag, horizon=lag.horizon)
        if lag.is_persistence:
            said = _(
                "**Your forecast repeats the last value ({at}): it has learnt persistence.**"
            ).format(at=at)
        elif lag.is_in_time:
            said = _("**Your forecast comes in time ({at}).**").format(at=at)
        else:
            said = _("**Your forecast agrees best with another row than its own ({at}).**").format(
                at=at
            )
        more = (
            _(
                "95 % interval {low:.1f} to {high:.1f}. Its squared error is {share:.0%} below "
                "that of persistence."
            )
            if lag.improvement >= 0
            else _(
                "95 % interval {low:.1f} to {high:.1f}. Its squared error is {share:.0%} above "
                "that of persistence."
            )
        )
        return f"{said} " + more.format(low=lag.low, high=lag.high, share=abs(lag.improvement))

    def how_to_read(self) -> str:
        """How to read the charts."""
        return _(
            "Left: the frozen network's forecasts of rows that it was not trained on, with the "
            "value that came and the last one known. Right: the correlation of the forecasts with "
            "the series, shifted by so many rows. Its peak is the lag: 0 for a forecast in time, "
            "the horizon for one that repeats the last value, however low its loss."
        )


VIEW = LagView()


def _stretch(trainer: Trainer, column: ForecastColumn) -> tuple[Array, Array, Array]:
    """Inputs, targets and forecasts of the rows that the held-out loss reads, shape ``(n,)``.

    Args:
        trainer: whose network forecasts.
        column: of which number.
    """
    task, config = trainer.task, trainer.config
    dtype = NUMPY_DTYPES[trainer.dtype]
    count = max(2, _MOST // config.window_length)
    held_out = task.held_out
    if held_out is None:
        first, warm_up, state = trainer.present, 0, trainer.state
        read = stacked(task, first, count, dtype)
        # The row that is furthest ahead, whose state is no other row's.
        rows = slice(-1, None)
        if state is not None:
            state = pack([part[:, rows].contiguous() for part in unpack(state)])
    else:
        warm_up, state, rows = held_out.warm_up, None, slice(0, 1)
        read = stacked(held_out, 0, min(held_out.windows, warm_up + count), dtype)
    inputs = np.ascontiguousarray(read.inputs[:, rows])  # (N, 1, T, D)
    if config.carry_state and task.streaming:
        forecast = trainer.predict(inputs.reshape(1, -1, inputs.shape[-1]), state)[0]
    else:
        forecast = trainer.predict(inputs[:, 0], None)[0]
    skipped = warm_up * config.window_length
    input_row, target_row, forecast_row = (
        part.reshape(-1, part.shape[-1])[skipped:, place].astype(float)
        for part, place in (
            (inputs, column.input),
            (read.targets[:, rows], column.target),
            (forecast, column.target),
        )
    )
    return input_row, target_row, forecast_row


def _lines(quantity: str) -> Spec:
    return named(_lines_spec(current_language()), quantity or _("value"))


@lru_cache(maxsize=8)
def _lines_spec(language: str) -> Spec:
    names = {"target": _("target"), "last": _("last value"), "forecast": _("forecast")}
    chart = (
        layer("lines")
        .mark_line(strokeWidth=1.8, clip=True)
        .encode(
            x=alt.X("row:Q", title=_("row"), axis=alt.Axis(grid=False, tickMinStep=1)),
            y=alt.Y(
                "value:Q",
                title=COLUMN,
                scale=alt.Scale(zero=False),
                axis=alt.Axis(titleLimit=_HEIGHT),
            ),
            color=alt.Color(
                "signal:N",
                title=None,
                scale=alt.Scale(
                    domain=list(names), range=[palette.TARGET, palette.INPUT, palette.PREDICTION]
                ),
                legend=title_legend(names, 90),
            ),
            tooltip=[
                alt.Tooltip("row:Q", title=_("row")),
                alt.Tooltip("signal:N", title=_("signal")),
                alt.Tooltip("value:Q", title=_("value"), format=".5~g"),
            ],
        )
    )
    # In a layer: the legend of a chart without layers would stand below the row of the title.
    return specification(
        alt.layer(chart).properties(title=_("Forecast"), height=_HEIGHT, usermeta=CANVAS)
    )


@lru_cache(maxsize=8)
def _agreement_spec(language: str) -> Spec:
    x = alt.X(
        "shift:Q",
        title=_("rows that the forecast comes late"),
        scale=alt.Scale(nice=False),
        axis=alt.Axis(grid=False, tickMinStep=1),
    )
    y = alt.Y("agreement:Q", title=_("correlation"), scale=alt.Scale(zero=False))
    line = layer("agreement").mark_line(strokeWidth=1.5, point={"size": 30, "filled": True})
    line = line.encode(
        x=x,
        y=y,
        color=alt.value(palette.PREDICTION),
        tooltip=[
            alt.Tooltip("shift:Q", title=_("rows that the forecast comes late")),
            alt.Tooltip("agreement:Q", title=_("correlation"), format=".3f"),
        ],
    )
    marks = []
    for name, colour, rise, dash in (
        ("persistence", GUIDE, -18, [4, 4]),
        ("best", alt.value(palette.PREDICTION), -3, [1, 0]),
    ):
        data = layer(name)
        marks.append(
            data.mark_rule(strokeDash=dash, strokeWidth=1.5).encode(x=same(x), color=colour)
        )
        texts = data.mark_text(align="left", baseline="bottom", dx=5, dy=rise, fontSize=12)
        marks.append(
            texts.encode(x=same(x), y=alt.value("height"), text=alt.Text("said:N"), color=colour)
        )
    chart = alt.layer(line, *marks)
    return specification(
        chart.properties(title=_("Agreement by shift"), height=_HEIGHT, usermeta=CANVAS)
    )
