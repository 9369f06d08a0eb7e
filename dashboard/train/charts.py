"""Loss and hidden state: a constant Altair specification each, and the Arrow tables that move.

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

from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.charts import palette
from dashboard.charts.arrow import Table
from dashboard.charts.base import (
    CANVAS,
    GUIDE,
    HEIGHT,
    Chart,
    Spec,
    layer,
    same,
    specification,
)
from dashboard.charts.loss_axes import floor_layers, floor_rows, loss_axis, step_axis
from dashboard.train.live_run import Curve, Frame
from rnn_core import Floor

#: Cells of the heat map at most: enough to see a pattern, few enough to redraw ten times a second.
_MOST_CELLS = 2_000
_MOST_POINTS = 50


# --- loss ----------------------------------------------------------------------------------------


_LOSS = alt.value(palette.LOSS)
_CURVE = Table(step=int, loss=float)


def loss(frame: Frame) -> Chart:
    """Loss against step on a logarithmic axis, with the floors as labelled lines."""
    spec, floors = _loss_layout(current_language(), frame.floors, frame.layout.symbols)
    steps, losses = _positive(frame.curve)
    now = _CURVE.rows(steps, losses)
    return Chart(
        spec,
        {
            "now": now,
            "head": _CURVE.rows(*_positive(_head(frame))),
            "before": _CURVE.rows(*_positive(frame.previous)) if frame.previous else _CURVE.empty,
            "floors": floors,
            "hover": _CURVE.empty if frame.moving else now,
        },
        _("Line of the loss at every step, on a logarithmic axis, with the floors."),
    )


def _head(frame: Frame) -> Curve:
    """The step on screen."""
    return np.array([frame.step.index]), np.array([frame.step.loss])


@lru_cache(maxsize=64)
def _loss_layout(language: str, floors: tuple[Floor, ...], symbols: bool) -> tuple[Spec, bytes]:
    """The specification, and the floors as a table: both stay while the settings do."""
    x = step_axis(_("step (updates done)"), 20)
    y = loss_axis("loss", floors, symbols)
    further: dict[str, Any] = {"x": same(x), "y": same(y)}
    line = layer("now").mark_line(strokeWidth=1.3, opacity=0.85).encode(x=x, y=y, color=_LOSS)
    # Clipped: the axes span the present run, and Vega shrinks a plot by what reaches beyond it.
    before = layer("before").mark_line(strokeWidth=1, opacity=0.6, clip=True)
    before = before.encode(color=GUIDE, **further)
    head = layer("head").mark_point(filled=True, opacity=1, size=55).encode(color=_LOSS, **further)
    rules, rule_labels = floor_layers(y)
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
    return specification(chart.properties(title=_("Loss"), height=HEIGHT)), floor_rows(floors)


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
        {"state": cells, "hover": _CELLS.empty if frame.moving else cells},
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
        usermeta=CANVAS,
    )
    return specification(chart)
