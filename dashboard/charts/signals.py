"""The chart of input, target and prediction over the last windows.

Where each of them is a single number, all three share one lane. Otherwise each number has a lane of
its own, and symbols are drawn at heights of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import altair as alt
import numpy as np
from numpy.typing import NDArray

from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.charts import palette
from dashboard.charts.arrow import Table, where, words
from dashboard.charts.base import (
    GUIDE,
    HEIGHT,
    Chart,
    Spec,
    lane_axis,
    same,
    side_legend,
    specification,
)
from dashboard.charts.kept import kept
from dashboard.charts.labels import apart
from dashboard.charts.placement import Layers, Placement
from dashboard.charts.window_layout import WindowLayout
from rnn_core import Step
from rnn_core.series import Units

_SAMPLES = Table(place=float, line=int, value=float, signal=str)
_WINDOWS = Table(left=float, label=str, short=str)
_ENDS = Table(place=float, value=float, signal=str, said=str)
_NEWEST = Table(left=float, right=float)
_SIGNALS_HOVER = Table(
    place=float, step=int, time=float, input=float, target=float, prediction=float
)
_DATED_HOVER = Table(place=float, step=int, time=str, input=float, target=float, prediction=float)
_Rows = tuple[np.ndarray, ...]
_LANES = Table(place=float, line=int, value=float, point=int, number=float, signal=str)
#: Width that the labels at the lines' ends take, in pixels.
END_ROOM = 74
# The chart alone on a page.
_ALONE = Placement(end_room=END_ROOM)
# A label at a line's end takes this height, in a plot of at least that height, in pixels.
_LABEL, _LEAST_PLOT = 15, 190
# With less width for a window than this, in pixels, its label is the number of its step alone.
_WINDOW_LABEL, _DATED_LABEL = 70, 95


class Signals(Protocol):
    """What the chart shows."""

    @property
    def layout(self) -> WindowLayout:
        """How the windows are arranged."""

    @property
    def windows(self) -> Sequence[Step]:
        """The last steps with a finite loss, oldest first."""

    @property
    def units(self) -> Units | None:
        """Tells when rows of a series were sampled; None where time is a number."""

    @property
    def moving(self) -> bool:
        """Whether the chart is about to change, so that no values are needed on hover."""


def signals(frame: Signals) -> Chart:
    """Input, target and prediction of the last windows.

    The time axis is fixed: each new window replaces the oldest in its place.
    """
    return Chart(
        _spec(current_language(), frame.layout),
        signal_tables(frame),
        _("Lines of input, target and prediction over the last few windows.")
        if frame.layout.is_plain
        else _("Inputs, targets and predictions over the last few windows, one above the other."),
    )


@kept(64)
def _spec(language: str, layout: WindowLayout) -> Spec:
    return specification(signal_chart(layout, _ALONE))


def signal_tables(frame: Signals) -> dict[str, bytes]:
    """The datasets of `signal_chart`."""
    tables = _one_lane_tables(frame) if frame.layout.is_plain else _many_lanes_tables(frame)
    steps = np.array([step.index for step in frame.windows])
    begins = () if frame.units is None else _when(frame, first_only=True)
    return {**tables, **window_tables(frame.layout, steps, begins)}


def _when(frame: Signals, *, first_only: bool = False) -> tuple[str, ...]:
    """When the samples of the windows were taken, or the first of each."""
    assert frame.units is not None
    times = [step.time[0, :1] if first_only else step.time[0] for step in frame.windows]
    return tuple(frame.units.when(np.concatenate(times).astype(np.int64)))


def signal_chart(layout: WindowLayout, placement: Placement) -> Layers:
    """The chart, in the current language."""
    draw = _one_lane_chart if layout.is_plain else _many_lanes_chart
    return draw(layout, placement)


def _one_lane_tables(frame: Signals) -> dict[str, bytes]:
    layout, shown = frame.layout, len(frame.windows)
    steps = np.array([step.index for step in frame.windows])
    left = steps % layout.windows * layout.span
    time = np.concatenate([step.time[0] for step in frame.windows])
    inputs = np.concatenate([step.inputs[0, :, 0] for step in frame.windows])
    targets = np.concatenate([step.targets[0, :, 0] for step in frame.windows])
    prediction = np.concatenate([step.prediction[0, :, 0] for step in frame.windows])
    place = (left[:, None] + layout.points).ravel()
    step = steps.repeat(layout.length)
    columns = (
        np.concatenate([place, place, place]),
        np.concatenate([step, step, step]),
        np.concatenate([inputs, targets, prediction]),
    )
    signal = words(("input", "target", "prediction"), layout.length * shown)
    if any(window.loss_mask is not None for window in frame.windows):
        # Where no answer is wanted, the target is undefined and the prediction untrained.
        answered = _answered(frame)
        drawn = np.concatenate([np.ones_like(answered), answered, answered])
        columns = tuple(column[drawn] for column in columns)
        signal = signal.take(where(drawn))
        targets, prediction = (np.where(answered, v, np.nan) for v in (targets, prediction))
    hover = _DATED_HOVER if layout.dated else _SIGNALS_HOVER
    return {
        "samples": _SAMPLES.rows(*columns, signal),
        "ends": _end_rows(layout, place, (inputs, targets, prediction)),
        "hover": hover.empty
        if frame.moving
        else hover.rows(
            place, step, _when(frame) if layout.dated else time, inputs, targets, prediction
        ),
    }


def _end_rows(
    layout: WindowLayout,
    place: NDArray[np.floating],
    signals: tuple[NDArray[np.floating], ...],
) -> bytes:
    """A label for each signal beside its sample furthest right; NaN is not drawn."""
    drawn = {
        name: values
        for name, values in zip(signal_names(), signals, strict=True)
        if not np.isnan(values).all()
    }
    low, high = _value_range(layout)
    every = np.concatenate([*drawn.values(), [low, high]])
    low, high = float(np.nanmin(every)), float(np.nanmax(every))
    # Not at the newest sample: there it would cover the windows that are about to be replaced.
    ends = [values[np.where(np.isnan(values), -1.0, place).argmax()] for values in drawn.values()]
    each = _LABEL / _LEAST_PLOT * (high - low)
    return _ENDS.rows(
        np.full(len(ends), place.max()),
        apart(ends, np.full(len(ends), each), low, high),
        list(drawn),
        [signal_names()[name] for name in drawn],
    )


def _value_range(layout: WindowLayout) -> tuple[float, float]:
    """Values that the axis spans at least, with room for the windows' labels above."""
    height = layout.high - layout.low
    return layout.low - 0.1 * height, layout.high + 0.3 * height


def _answered(frame: Signals) -> NDArray[np.bool_]:
    """Time steps of the windows in view at which the target counts, one window after another."""
    every = np.ones(frame.layout.length, bool)
    return np.concatenate(
        [every if step.loss_mask is None else step.loss_mask[0] for step in frame.windows]
    )


def window_tables(
    layout: WindowLayout, steps: np.ndarray, begins: tuple[str, ...] = ()
) -> dict[str, bytes]:
    """Left edge and label of each window, and the extent of the newest.

    Args:
        layout: of the windows.
        steps: whose windows are in view.
        begins: when each of them begins, where its label says that too.
    """
    return _window_tables(current_language(), layout, tuple(steps.tolist()), begins)


# Two plots of a figure show the same windows.
@kept(64)
def _window_tables(
    language: str, layout: WindowLayout, shown: tuple[int, ...], begins: tuple[str, ...]
) -> dict[str, bytes]:
    steps = np.array(shown)
    labels = [_("step {n}").format(n=n) for n in shown]
    if begins:
        labels = [f"{label}\n{begin}" for label, begin in zip(labels, begins, strict=True)]
    left = steps % layout.windows * layout.span
    return {
        "windows": _WINDOWS.rows(left, labels, [str(n) for n in steps]),
        "newest": _NEWEST.rows(left[-1:], left[-1:] + layout.span),
    }


def _one_lane_chart(layout: WindowLayout, placement: Placement) -> Layers:
    names = signal_names()
    x = placement.x(place_axis(layout))
    y = alt.Y(
        "value:Q",
        title=value_title(layout),
        scale=alt.Scale(
            domain=alt.DomainUnionWith(unionWith=list(_value_range(layout))), nice=False
        ),
        axis=alt.Axis(
            format=".5~g" if layout.quantity else ".3~g",
            tickCount=5,
            titleLimit=placement.height or HEIGHT,
        ),
    )
    newest, borders, labels = window_layers(layout, placement)
    lines = (
        placement.layer("samples")
        .mark_line(strokeWidth=2)
        .encode(
            x=x,
            y=placement.y(y),
            detail=alt.Detail("line:N"),
            color=signal_colour(names, legend=None),
        )
    )
    ends = (
        placement.layer("ends")
        .mark_text(align="left", baseline="middle", dx=6, fontSize=12)
        .encode(
            x=same(x), y=same(y), text=alt.Text("said:N"), color=signal_colour(names, legend=None)
        )
    )
    # Dots mark the samples of a short window; those of a long one would merge into the line.
    dots = lines.mark_point(filled=True, opacity=1, size=18).encode(x=same(x), y=same(y))
    hover = (
        placement.layer("hover")
        .mark_rule(opacity=0.001, strokeWidth=9)
        .encode(
            x=alt.X("place:Q"),
            tooltip=[
                alt.Tooltip("step:Q", title=_("step")),
                alt.Tooltip("time:N", title=_("time"))
                if layout.dated
                else alt.Tooltip("time:Q", title=_time_title(layout), format=".5~g"),
                *(alt.Tooltip(f"{key}:Q", title=name, format=".4f") for key, name in names.items()),
            ],
        )
    )
    layers = [newest, borders, lines, *([dots] if layout.length <= 20 else []), ends, labels, hover]
    return alt.layer(*layers).properties(**placement.properties(_("Signals"), HEIGHT))


def _many_lanes_tables(frame: Signals) -> dict[str, bytes]:
    """Rows for several numbers per time step, each in a lane, or for symbols."""
    layout = frame.layout
    rows_of_inputs: list[_Rows] = []
    rows_of_targets: list[_Rows] = []
    rows_of_predictions: list[_Rows] = []
    for step in frame.windows:
        left = step.index % layout.windows * layout.span
        answered = layout.answered(step.loss_mask)
        inputs = step.inputs[0]
        targets, prediction = step.targets[0, answered], step.prediction[0, answered]
        every = np.arange(layout.length)
        for rows, points, values, heights in (
            (rows_of_inputs, every, inputs, layout.heights_of_inputs(inputs)),
            (rows_of_targets, answered, targets, layout.heights_of_outputs(targets)),
            (
                rows_of_predictions,
                answered,
                prediction,
                layout.heights_of_outputs(prediction),
            ),
        ):
            lanes = heights.shape[1]
            shown = values.argmax(axis=1)[:, None] if layout.symbols else values
            rows.append(
                (
                    np.repeat(left + layout.points[points], lanes),
                    step.index * layout.lanes + np.tile(np.arange(lanes), len(points)),
                    heights.ravel(),
                    np.repeat(points + 1, lanes),
                    shown.ravel().astype(float),
                )
            )
    tables = {
        name: _lane_rows(name, rows)
        for name, rows in (
            ("input", rows_of_inputs),
            ("target", rows_of_targets),
            ("prediction", rows_of_predictions),
        )
    }
    hidden = {f"hover {name}": _LANES.empty if frame.moving else tables[name] for name in tables}
    return {**tables, **hidden}


def _many_lanes_chart(layout: WindowLayout, placement: Placement) -> Layers:
    names = signal_names()
    x = placement.x(place_axis(layout))
    low, high = layout.range
    room = 1.0 if layout.symbols else 0.3 * layout.lane_height
    low, high = low - room, high + 2 * room
    y = alt.Y(
        "value:Q",
        title=_("symbol") if layout.symbols else None,
        scale=alt.Scale(domain=alt.DomainUnionWith(unionWith=[low, high]), nice=False),
        axis=lane_axis(layout, (placement.height or HEIGHT) / (high - low)),
    )
    colour = signal_colour(names, legend=side_legend(names))
    marks: list[alt.Chart] = []
    hovers: list[alt.Chart] = []
    for name, title in names.items():
        place = {"x": same(x), "y": same(y)}
        described = {"x": x, "y": placement.y(y)}
        samples = placement.layer(name).encode(color=colour, **(place if marks else described))
        if layout.symbols or (layout.sparse and name != "input"):
            # A correct prediction is a dot inside the ring of its target.
            ring = name == "target"
            size = {"input": 10, "target": 75, "prediction": 22}[name]
            marks.append(samples.mark_point(filled=not ring, size=size, strokeWidth=1.7, opacity=1))
        else:
            width = 1.0 if name == "input" else 1.6
            marks.append(samples.mark_line(strokeWidth=width).encode(detail=alt.Detail("line:N")))
        hovers.append(
            placement.layer(f"hover {name}")
            .mark_point(opacity=0.001, filled=True, size=90)
            .encode(
                tooltip=[
                    alt.Tooltip("point:Q", title=_("time step in the window")),
                    alt.Tooltip("number:Q", title=title, format=".4~g"),
                ],
                **place,
            )
        )
    newest, borders, labels = window_layers(layout, placement)
    return alt.layer(newest, borders, *marks, labels, *hovers).properties(
        **placement.properties(_("Signals"), HEIGHT, canvas=True)
    )


def _lane_rows(signal: str, windows: list[_Rows]) -> bytes:
    columns = [np.concatenate(column) for column in zip(*windows, strict=True)]
    return _LANES.rows(*columns, words((signal,), len(columns[0])))


def place_axis(layout: WindowLayout, column: str = "place") -> alt.X:
    """Time along a chart of the windows in view, with a tick at each window.

    Args:
        layout: of the windows.
        column: of the dataset.
    """
    edges = [n * layout.span for n in range(layout.windows + 1)]
    if layout.radians:
        title, label = (
            _("t (radians)"),
            "datum.value == 0 ? '0' : format(datum.value / PI, '.2~') + 'π'",
        )
    else:
        title, label = _("t"), "format(datum.value, '.4~')"
    return alt.X(
        f"{column}:Q",
        title=title,
        scale=alt.Scale(domain=[0, edges[-1]], nice=False),
        axis=alt.Axis(values=edges, labelExpr=label, grid=False, labelFlush=True),
    )


def value_title(layout: WindowLayout) -> str:
    """The title of an axis of the numbers that are drawn."""
    if layout.quantity:
        return layout.quantity
    if layout.is_plain and layout.output_names:
        columns = " → ".join((*layout.input_names, *layout.output_names))
        return (
            _("{columns}, standardised").format(columns=columns) if layout.standardised else columns
        )
    return _("value, standardised") if layout.standardised else _("value")


def _time_title(layout: WindowLayout) -> str:
    return _("time (radians)") if layout.radians else _("time")


def window_layers(
    layout: WindowLayout, placement: Placement
) -> tuple[alt.Chart, alt.Chart, alt.Chart]:
    """The newest window's shade, the windows' borders, and their labels."""
    newest = placement.layer("newest").mark_rect(opacity=0.12, tooltip=None)
    newest = newest.encode(x=alt.X("left:Q"), x2=alt.X2("right:Q"), color=GUIDE)
    windows = placement.layer("windows")
    borders = windows.mark_rule(opacity=0.45, strokeDash=[2, 3]).encode(
        x=alt.X("left:Q"), color=GUIDE
    )
    width = _DATED_LABEL if layout.dated else _WINDOW_LABEL
    room = placement.axis_room + placement.end_room + width * layout.windows
    label = alt.ExprRef(f"width >= {room} ? datum.label : datum.short")
    labels = windows.mark_text(
        align="left",
        baseline="top",
        dx=4,
        dy=3,
        fontSize=11,
        text=label,
        lineBreak="\n",
        lineHeight=12,
    ).encode(x=alt.X("left:Q"), y=alt.value(0), color=GUIDE)
    return newest, borders, labels


def signal_names() -> dict[str, str]:
    """Names of the three signals, in the current language."""
    return {"input": _("input"), "target": _("target"), "prediction": _("prediction")}


def signal_colour(names: dict[str, str], legend: alt.Legend | None) -> alt.Color:
    """A colour for each signal."""
    return alt.Color(
        "signal:N",
        title=None,
        scale=alt.Scale(
            domain=list(names), range=[palette.INPUT, palette.TARGET, palette.PREDICTION]
        ),
        legend=legend,
    )
