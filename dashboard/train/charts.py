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
from numpy.typing import NDArray

from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.charts import palette
from dashboard.charts.arrow import Table
from dashboard.charts.base import (
    GUIDE,
    HEIGHT,
    Chart,
    Spec,
    same,
    specification,
)
from dashboard.charts.loss_axes import floor_layers, floor_rows, loss_axis, step_axis
from dashboard.charts.placement import PAGE, Layers, Placement
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
    return Chart(
        _loss_spec(current_language(), frame.floors, frame.layout.symbols),
        loss_tables(frame),
        _("Line of the loss at every step, on a logarithmic axis, with the floors."),
    )


@lru_cache(maxsize=64)
def _loss_spec(language: str, floors: tuple[Floor, ...], symbols: bool) -> Spec:
    return specification(loss_chart(floors, symbols))


def loss_tables(frame: Frame) -> dict[str, bytes]:
    """The datasets of `loss_chart`."""
    now = _CURVE.rows(*_positive(frame.curve))
    return {
        "now": now,
        "head": _CURVE.rows(*_positive(_head(frame))),
        "before": _CURVE.rows(*_positive(frame.previous)) if frame.previous else _CURVE.empty,
        "floors": _floor_rows(current_language(), frame.floors),
        "hover": _CURVE.empty if frame.moving else now,
    }


@lru_cache(maxsize=64)
def _floor_rows(language: str, floors: tuple[Floor, ...]) -> bytes:
    return floor_rows(floors)


def _head(frame: Frame) -> Curve:
    """The step on screen."""
    return np.array([frame.step.index]), np.array([frame.step.loss])


def loss_chart(floors: tuple[Floor, ...], symbols: bool, placement: Placement = PAGE) -> Layers:
    """The chart, in the current language.

    Args:
        floors: the task's.
        symbols: whether the loss is a cross-entropy over symbols.
        placement: where the chart stands.
    """
    x = placement.x(step_axis(_("step (updates done)"), 20))
    y = loss_axis("loss", floors, symbols)
    further: dict[str, Any] = {"x": same(x), "y": same(y)}
    line = placement.layer("now").mark_line(strokeWidth=1.3, opacity=0.85)
    line = line.encode(x=x, y=placement.y(y), color=_LOSS)
    # Clipped: the axes span the present run, and Vega shrinks a plot by what reaches beyond it.
    before = placement.layer("before").mark_line(strokeWidth=1, opacity=0.6, clip=True)
    before = before.encode(color=GUIDE, **further)
    head = placement.layer("head").mark_point(filled=True, opacity=1, size=55)
    head = head.encode(color=_LOSS, **further)
    rules, rule_labels = floor_layers(y, placement)
    hover = (
        placement.layer("hover")
        .mark_point(opacity=0.001, filled=True, size=60)
        .encode(
            tooltip=[
                alt.Tooltip("step:Q", title=_("step")),
                alt.Tooltip("loss:Q", title=_("loss"), format=".4g"),
            ],
            **further,
        )
    )
    return alt.layer(rules, before, line, head, rule_labels, hover).properties(
        **placement.properties(_("Loss"), HEIGHT)
    )


def _positive(curve: Curve) -> Curve:
    """Without losses of exactly zero, which have no place on a logarithmic axis."""
    steps, losses = curve
    return (steps, losses) if losses.all() else (steps[losses > 0], losses[losses > 0])


# --- hidden state --------------------------------------------------------------------------------


_CELLS = Table(point=int, unit=int, h=np.float32)


def hidden_state(frame: Frame) -> Chart:
    """Every hidden unit at every point of the newest window, as a heat map."""
    return Chart(
        _state_spec(current_language(), *frame.hidden.shape),
        state_tables(frame.hidden, moving=frame.moving),
        _("Heat map of the hidden state: one row per unit, one column per time step."),
    )


@lru_cache(maxsize=64)
def _state_spec(language: str, length: int, size: int) -> Spec:
    return specification(state_chart(length, size))


def state_tables(hidden: NDArray[np.floating], *, moving: bool) -> dict[str, bytes]:
    """The datasets of `state_chart`.

    Args:
        hidden: shape ``(T, H)``.
        moving: whether the chart is about to change, so that no values are needed on hover.
    """
    length, size = hidden.shape
    points, units = shown_cells(length, size)
    values = hidden[np.ix_(points, units)].astype(np.float32)  # (points, units)
    cells = _CELLS.rows(*_places(length, size), values.ravel())
    return {"state": cells, "hover": _CELLS.empty if moving else cells}


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


def state_chart(length: int, size: int, placement: Placement = PAGE) -> Layers:
    """The chart of T time steps and H units, in the current language."""
    points, rows = ((shown + 1).tolist() for shown in shown_cells(length, size))
    # Explicit domains spare the browser looking for the distinct values at every redraw.
    x = placement.x(
        alt.X(
            "point:O",
            title=_("time step in the window"),
            scale=alt.Scale(domain=points),
            axis=alt.Axis(labelAngle=0, values=points[:: math.ceil(len(points) / 12)]),
        )
    )
    y = alt.Y(
        "unit:O",
        title=_("hidden unit"),
        scale=alt.Scale(domain=rows),
        axis=alt.Axis(values=rows[:: math.ceil(len(rows) / 8)]),
    )
    scale = alt.Scale(domain=[-1, 1], clamp=True, range="diverging")
    colour = alt.Color("h:Q", title="h", scale=scale)
    if not placement.alone:
        colour = colour.legend(None)
    cells = placement.layer("state").mark_rect().encode(x=x, y=placement.y(y), color=colour)
    hover = (
        placement.layer("hover")
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
    # Hundreds of cells are cheaper as pixels than as elements of the page.
    height = min(420, max(240, 9 * len(rows)))
    return alt.layer(cells, hover).properties(
        **placement.properties(_("Hidden state"), height, canvas=True)
    )
