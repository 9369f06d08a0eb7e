"""The loss chart: a constant Altair specification, and the Arrow tables that change.

A specification depends only on the layout (settings and language) and is built once. What changes
from frame to frame is sent as data, because a changed specification, title or domain makes the
browser embed the chart again, which flickers.

Exact values on hover come from a layer of their own whose dataset, ``hover``, is empty while the
run is playing: tooltips are the most expensive part of a redraw, and a moving line cannot be
pointed at.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import altair as alt
import numpy as np

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
        placement: where the chart is placed.
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
