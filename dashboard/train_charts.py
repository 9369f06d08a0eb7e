"""The charts: a constant Altair specification each, and the Arrow table that moves.

A specification depends on the layout alone (settings and language), is built once and kept. What
changes from frame to frame travels as data, because a changed specification, title or domain
makes the browser build the chart anew, which flickers.

Exact values on hover come from a layer of their own whose dataset, ``hover``, is empty while the
run is playing: tooltips are the dearest part of a redraw, and nobody can point at a moving line.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import altair as alt
import numpy as np
import pyarrow as pa

from dashboard import palette
from dashboard.arrow import Table, words
from dashboard.chart import (
    GUIDE,
    Chart,
    Spec,
    floor_lines,
    label_expression,
    lane_axis,
    layer,
    loss_title,
    same,
    specification,
)
from dashboard.language import current_language
from dashboard.language import gettext as _
from dashboard.live_run import Curve, Frame
from dashboard.playback import Status
from dashboard.window_layout import WindowLayout
from rnn_core import Floor

_HEIGHT = 330
#: Cells of the heat map at most: enough to see a pattern, few enough to redraw ten times a second.
_MOST_CELLS = 2_000
_MOST_POINTS = 50


# --- signals -------------------------------------------------------------------------------------

_SAMPLES = Table(place=float, line=int, value=float, signal=str)
_WINDOWS = Table(left=float, label=str)
_NEWEST = Table(left=float, right=float)
_SIGNALS_HOVER = Table(
    place=float, step=int, time=float, input=float, target=float, prediction=float
)
_Rows = tuple[np.ndarray, ...]
_LANES = Table(place=float, line=int, value=float, point=int, number=float, signal=str)


def signals(frame: Frame) -> Chart:
    """The last windows: input, target and prediction, swept over a fixed stretch of time."""
    return _one_lane(frame) if frame.layout.is_plain else _many_lanes(frame)


def _one_lane(frame: Frame) -> Chart:
    layout, shown = frame.layout, len(frame.windows)
    steps = np.array([step.index for step in frame.windows])
    left = steps % layout.windows * layout.span
    rows = [
        _first_row(step.time, step.inputs, step.targets, step.prediction) for step in frame.windows
    ]
    time, inputs, targets, prediction = (
        np.concatenate(column) for column in zip(*rows, strict=True)
    )
    place = (left[:, None] + layout.points).ravel()
    step = steps.repeat(layout.length)
    return Chart(
        _one_lane_spec(current_language(), layout),
        {
            "samples": _SAMPLES.rows(
                np.concatenate([place, place, place]),
                np.concatenate([step, step, step]),
                np.concatenate([inputs, targets, prediction]),
                words(("input", "target", "prediction"), layout.length * shown),
            ),
            **_window_tables(layout, steps),
            "hover": _SIGNALS_HOVER.empty
            if _moving(frame)
            else _SIGNALS_HOVER.rows(place, step, time, inputs, targets, prediction),
        },
        _("Lines of input, target and prediction over the last few windows."),
    )


def _window_tables(layout: WindowLayout, steps: np.ndarray) -> dict[str, bytes]:
    """Where the windows stand, and which of them is the newest."""
    left = steps % layout.windows * layout.span
    return {
        "windows": _WINDOWS.rows(left, [_("step {n}").format(n=n) for n in steps]),
        "newest": _NEWEST.rows(left[-1:], left[-1:] + layout.span),
    }


@lru_cache(maxsize=64)
def _one_lane_spec(language: str, layout: WindowLayout) -> Spec:
    names = _signal_names()
    x = _place(layout)
    # With room for the windows' labels above.
    height = layout.high - layout.low
    y = alt.Y(
        "value:Q",
        title=_("value"),
        scale=alt.Scale(
            domain=alt.DomainUnionWith(
                unionWith=[layout.low - 0.1 * height, layout.high + 0.3 * height]
            )
        ),
        axis=alt.Axis(format=".3~g"),
    )
    newest, borders, labels = _window_layers()
    lines = (
        layer("samples")
        .mark_line(strokeWidth=2)
        .encode(
            x=x,
            y=y,
            detail="line:N",
            color=_signal_colour(names),
        )
    )
    # The tutorial's ten points can be seen; two hundred would only thicken the line.
    dots = lines.mark_point(filled=True, opacity=1, size=18).encode(x=same(x), y=same(y))
    hover = (
        layer("hover")
        .mark_rule(opacity=0.001, strokeWidth=9)
        .encode(
            x="place:Q",
            tooltip=[
                alt.Tooltip("step:Q", title=_("step")),
                alt.Tooltip("time:Q", title=_time_title(layout), format=".5~g"),
                *(alt.Tooltip(f"{key}:Q", title=name, format=".4f") for key, name in names.items()),
            ],
        )
    )
    layers = [newest, borders, lines, *([dots] if layout.length <= 20 else []), labels, hover]
    return specification(alt.layer(*layers).properties(title=_("Signals"), height=_HEIGHT))


def _many_lanes(frame: Frame) -> Chart:
    """Several numbers or symbols at a time step: a lane, or a rung of a ladder, for each."""
    layout = frame.layout
    heard: list[_Rows] = []
    wanted: list[_Rows] = []
    said: list[_Rows] = []
    for step in frame.windows:
        left = step.index % layout.windows * layout.span
        counted = layout.counted(step.counted)
        inputs = layout.first_window(step.inputs, layout.inputs)
        targets = layout.first_window(step.targets, layout.outputs)[counted]
        prediction = layout.first_window(step.prediction, layout.outputs)[counted]
        every = np.arange(layout.length)
        for rows, points, values, heights in (
            (heard, every, inputs, layout.heights_of_inputs(inputs)),
            (wanted, counted, targets, layout.heights_of_outputs(targets)),
            (said, counted, prediction, layout.heights_of_outputs(prediction)),
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
        for name, rows in (("input", heard), ("target", wanted), ("prediction", said))
    }
    hidden = {f"hover {name}": _LANES.empty if _moving(frame) else tables[name] for name in tables}
    steps = np.array([step.index for step in frame.windows])
    return Chart(
        _many_lanes_spec(current_language(), layout),
        {**tables, **hidden, **_window_tables(layout, steps)},
        _("Inputs, targets and predictions over the last few windows, one above the other."),
    )


@lru_cache(maxsize=64)
def _many_lanes_spec(language: str, layout: WindowLayout) -> Spec:
    names = _signal_names()
    x = _place(layout)
    low, high = layout.range
    room = 1.0 if layout.symbols else 0.3 * layout.lane_height
    y = alt.Y(
        "value:Q",
        title=_("symbol") if layout.symbols else None,
        scale=alt.Scale(
            domain=alt.DomainUnionWith(unionWith=[low - room, high + 2 * room]), nice=False
        ),
        axis=lane_axis(layout),
    )
    colour = _signal_colour(names)
    marks: list[alt.Chart] = []
    hovers: list[alt.Chart] = []
    for name, title in names.items():
        place = {"x": same(x), "y": same(y)} if marks else {"x": x, "y": y}
        samples = layer(name).encode(color=colour, **place)
        if layout.symbols or (layout.sparse and name != "input"):
            # What is said stands inside what is wanted, if it is right.
            ring = name == "target"
            size = {"input": 10, "target": 75, "prediction": 22}[name]
            marks.append(samples.mark_point(filled=not ring, size=size, strokeWidth=1.7, opacity=1))
        else:
            width = 1.0 if name == "input" else 1.6
            marks.append(samples.mark_line(strokeWidth=width).encode(detail="line:N"))
        hovers.append(
            layer(f"hover {name}")
            .mark_point(opacity=0.001, filled=True, size=90)
            .encode(
                tooltip=[
                    alt.Tooltip("point:Q", title=_("time step in the window")),
                    alt.Tooltip("number:Q", title=title, format=".4~g"),
                ],
                **place,
            )
        )
    newest, borders, labels = _window_layers()
    chart = alt.layer(newest, borders, *marks, labels, *hovers).properties(
        title=_("Signals"),
        height=_HEIGHT,
        usermeta={"embedOptions": {"renderer": "canvas"}},
    )
    return specification(chart)


def _lane_rows(signal: str, windows: list[_Rows]) -> bytes:
    columns = [np.concatenate(column) for column in zip(*windows, strict=True)]
    return _LANES.rows(*columns, words((signal,), len(columns[0])))


def _place(layout: WindowLayout) -> alt.X:
    """Time along the picture, with a mark at each window."""
    edges = [n * layout.span for n in range(layout.windows + 1)]
    if layout.radians:
        title, label = (
            _("time in the picture (radians)"),
            "datum.value == 0 ? '0' : format(datum.value / PI, '.3~') + 'π'",
        )
    else:
        title, label = _("time in the picture"), "format(datum.value, '.4~')"
    return alt.X(
        "place:Q",
        title=title,
        scale=alt.Scale(domain=[0, edges[-1]], nice=False),
        axis=alt.Axis(values=edges, labelExpr=label, grid=False),
    )


def _time_title(layout: WindowLayout) -> str:
    return _("time (radians)") if layout.radians else _("time")


def _window_layers() -> tuple[alt.Chart, alt.Chart, alt.Chart]:
    """The newest window's shade, the windows' borders, and their labels."""
    newest = layer("newest").mark_rect(opacity=0.12).encode(x="left:Q", x2="right:Q", color=GUIDE)
    windows = layer("windows")
    borders = windows.mark_rule(opacity=0.45, strokeDash=[2, 3]).encode(x="left:Q", color=GUIDE)
    labels = windows.mark_text(align="left", baseline="top", dx=4, dy=3, fontSize=11).encode(
        x="left:Q", y=alt.value(0), text="label:N", color=GUIDE
    )
    return newest, borders, labels


def _signal_names() -> dict[str, str]:
    return {"input": _("input"), "target": _("target"), "prediction": _("prediction")}


def _signal_colour(names: dict[str, str]) -> alt.Color:
    return alt.Color(
        "signal:N",
        title=None,
        scale=alt.Scale(
            domain=list(names), range=[palette.INPUT, palette.TARGET, palette.PREDICTION]
        ),
        legend=alt.Legend(orient="top", labelExpr=label_expression(names)),
    )


# --- loss ----------------------------------------------------------------------------------------


_LOSS = alt.value(palette.LOSS)
_CURVE = Table(step=int, loss=float)
_FLOORS = Table(loss=float, label=str)


def loss(frame: Frame) -> Chart:
    """Loss against step on a logarithmic axis, with the floors as labelled lines."""
    spec, floors = _loss_layout(current_language(), frame.floors, frame.layout.symbols)
    steps, losses = _positive(frame.curve)
    now = _CURVE.rows(steps, losses)
    return Chart(
        spec,
        {
            "now": now,
            "head": _CURVE.rows(steps[-1:], losses[-1:]),
            "before": _CURVE.rows(*_positive(frame.previous)) if frame.previous else _CURVE.empty,
            "floors": floors,
            "hover": _CURVE.empty if _moving(frame) else now,
        },
        _("Line of the loss at every step, on a logarithmic axis, with the floors."),
    )


@lru_cache(maxsize=64)
def _loss_layout(language: str, floors: tuple[Floor, ...], symbols: bool) -> tuple[Spec, bytes]:
    """The specification, and the floors as a table: both stay while the settings do."""
    lines = floor_lines(floors)
    values, labels = [value for value, _label in lines], [label for _value, label in lines]
    lowest, highest = min(values, default=0.1), max(values, default=1.0)
    x = alt.X(
        "step:Q",
        title=_("step (updates done)"),
        scale=alt.Scale(domain=alt.DomainUnionWith(unionWith=[0, 20]), nice=False),
        axis=alt.Axis(grid=False, tickMinStep=1, tickCount=6, format="d"),
    )
    y = alt.Y(
        "loss:Q",
        title=loss_title(symbols),
        scale=alt.Scale(
            type="log",
            nice=False,
            domain=alt.DomainUnionWith(unionWith=[lowest / 3, highest * 2]),
        ),
        axis=alt.Axis(format=".2~g", tickCount=5, grid=False),
    )
    further: dict[str, Any] = {"x": same(x), "y": same(y)}
    line = layer("now").mark_line(strokeWidth=1.3, opacity=0.85).encode(x=x, y=y, color=_LOSS)
    before = layer("before").mark_line(strokeWidth=1, opacity=0.6).encode(color=GUIDE, **further)
    head = layer("head").mark_point(filled=True, opacity=1, size=55).encode(color=_LOSS, **further)
    floor_data = layer("floors")
    rules = floor_data.mark_rule(strokeDash=[5, 4]).encode(y=same(y), color=GUIDE)
    rule_labels = floor_data.mark_text(
        align="right", baseline="bottom", dx=-4, dy=-3, fontSize=12, fontWeight="bold"
    ).encode(x=alt.value("width"), y=same(y), text="label:N", color=GUIDE)
    hover = (
        layer("hover")
        .mark_point(opacity=0.001, filled=True, size=60)
        .encode(
            tooltip=[
                alt.Tooltip("step:Q", title=_("step")),
                alt.Tooltip("loss:Q", title=_("loss"), format=".4g"),
            ],
            **further,
        )
    )
    chart = alt.layer(rules, before, line, head, rule_labels, hover)
    return specification(chart.properties(title=_("Loss"), height=_HEIGHT)), _FLOORS.rows(
        values, labels
    )


def _positive(curve: Curve) -> Curve:
    """Without losses of exactly zero, which have no place on a logarithmic axis."""
    steps, losses = curve
    return (steps, losses) if losses.all() else (steps[losses > 0], losses[losses > 0])


# --- hidden state --------------------------------------------------------------------------------


_CELLS = Table(point=int, unit=int, h=np.float32)


def hidden_state(frame: Frame) -> Chart:
    """Every hidden unit at every point of the newest window, as a heat map."""
    length, size = frame.hidden.shape
    points, units = shown_cells(length, size)
    values = frame.hidden[np.ix_(points, units)].astype(np.float32)  # (points, units)
    cells = _CELLS.rows(*_places(length, size), values.ravel())
    return Chart(
        _state_spec(current_language(), length, size),
        {"state": cells, "hover": _CELLS.empty if _moving(frame) else cells},
        _("Heat map of the hidden state: one row per unit, one column per time step."),
    )


@lru_cache(maxsize=64)
def _places(length: int, size: int) -> tuple[pa.Array, pa.Array]:
    """Point and unit of each cell, counted from 1: columns that stay while the layout does."""
    points, units = shown_cells(length, size)
    return (
        pa.array(np.repeat(points + 1, len(units))),
        pa.array(np.tile(units + 1, len(points))),
    )


def shown_cells(length: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Which time steps and which units fit into the heat map: every n-th, and the first ones."""
    points = np.arange(0, length, math.ceil(length / _MOST_POINTS))
    return points, np.arange(min(size, _MOST_CELLS // len(points)))


@lru_cache(maxsize=64)
def _state_spec(language: str, length: int, size: int) -> Spec:
    points, rows = ((shown + 1).tolist() for shown in shown_cells(length, size))
    # Explicit domains spare the browser looking for the distinct values at every redraw.
    x = alt.X(
        "point:O",
        title=_("time step in the window"),
        scale=alt.Scale(domain=points),
        axis=alt.Axis(labelAngle=0, values=points[:: math.ceil(len(points) / 12)]),
    )
    y = alt.Y(
        "unit:O",
        title=_("hidden unit"),
        scale=alt.Scale(domain=rows),
        axis=alt.Axis(values=rows[:: math.ceil(len(rows) / 8)]),
    )
    cells = (
        layer("state")
        .mark_rect()
        .encode(
            x=x,
            y=y,
            color=alt.Color(
                "h:Q", title="h", scale=alt.Scale(domain=[-1, 1], clamp=True, range="diverging")
            ),
        )
    )
    hover = (
        layer("hover")
        .mark_rect(opacity=0.001)
        .encode(
            x=same(x),
            y=same(y),
            tooltip=[
                alt.Tooltip("unit:O", title=_("hidden unit")),
                alt.Tooltip("point:O", title=_("time step in the window")),
                alt.Tooltip("h:Q", title="h", format=".4f"),
            ],
        )
    )
    chart = alt.layer(cells, hover).properties(
        title=_("Hidden state"),
        height=min(420, max(240, 9 * len(rows))),
        # Hundreds of cells are cheaper as pixels than as elements of the page.
        usermeta={"embedOptions": {"renderer": "canvas"}},
    )
    return specification(chart)


def _moving(frame: Frame) -> bool:
    """Whether nobody can point at what is drawn, as it will be gone."""
    return frame.status is Status.PLAYING


def _first_row(*signals: np.ndarray) -> list[np.ndarray]:
    """The first window of a batch, or the only one."""
    return [signal[0] if signal.ndim > 1 else signal for signal in signals]
