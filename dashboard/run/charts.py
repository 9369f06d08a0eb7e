"""The loss chart: a constant Altair specification, and the Arrow tables that change.

A specification depends only on the layout (settings and language) and is built once. What changes
from frame to frame is sent as data, because a changed specification, title or domain makes the
browser embed the chart again, which flickers.

Exact values on hover come from a layer of their own whose dataset, ``hover``, is empty while the
run is playing: tooltips are the most expensive part of a redraw, and a moving line cannot be
pointed at.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import altair as alt
import numpy as np
from numpy.typing import NDArray

from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.charts import palette
from dashboard.charts.arrow import Table
from dashboard.charts.base import (
    GUIDE,
    Chart,
    Spec,
    same,
    specification,
    title_legend,
)
from dashboard.charts.kept import kept
from dashboard.charts.loss_axes import (
    END_ROOM,
    floor_label_rows,
    floor_layers,
    floor_rows,
    held_out_name,
    loss_axis,
    loss_range,
    step_axis,
)
from dashboard.charts.placement import Layers, Placement
from dashboard.charts.window_layout import WindowLayout
from dashboard.run import text
from dashboard.run.frame import Curve, Frame, HeldOut
from rnn_core import Event, Floor

# As high as the figure beside it, and of that the plot, in pixels.
_HEIGHT, _PLOT = 544, 453
_SMALL, _SMALL_PLOT = 230, 139
# The step axis reaches at least to this step.
_LEAST_STEPS = 20
_ALONE = Placement(end_room=END_ROOM)
_CURVE = Table(step=int, loss=float)
_HELD_OUT = Table(step=int, loss=float, low=float, high=float)
_EVENTS = Table(step=int, said=str)
#: Name of the selection that a click in the chart makes: steps, by ``step``.
SCRUBBED = "scrubbed"
# Events after which the run is worse.
_GRAVE = ("collapse", "divergence")


def loss(frame: Frame, *, small: bool = False) -> Chart:
    """Loss against step on a logarithmic axis, with the floors as labelled lines.

    Args:
        frame: on screen.
        small: whether it stands beside a text, not on a page of its own.
    """
    return Chart(
        _loss_spec(
            current_language(),
            frame.layout,
            frame.floors,
            frame.validates,
            small,
        ),
        loss_tables(frame, _SMALL_PLOT if small else _PLOT),
        _(
            "Lines of the online loss at every step and of the held-out loss, on a logarithmic "
            "axis, with the floors."
        ),
    )


@kept(64)
def _loss_spec(
    language: str,
    layout: WindowLayout,
    floors: tuple[Floor, ...],
    validates: bool,
    small: bool,
) -> Spec:
    placement = replace(_ALONE, height=_SMALL) if small else _ALONE
    return specification(
        loss_chart(
            floors,
            layout.symbols,
            placement,
            standardised=layout.standardised,
            validates=validates,
        )
    )


def loss_tables(frame: Frame, height: int = _PLOT) -> dict[str, bytes]:
    """The datasets of `loss_chart`.

    Args:
        frame: what is shown.
        height: of the plot in pixels.
    """
    now = _CURVE.rows(*_positive(frame.curve))
    held_out = _held_out_rows(frame.held_out)
    floors = current_language(), frame.layout, frame.floors, frame.target_variance
    return {
        "now": now,
        "head": _CURVE.rows(*_positive(_head(frame))),
        "before": _CURVE.rows(*_before(frame)),
        "held_out": held_out,
        "floors": _floor_rows(*floors),
        "floor_labels": _floor_labels(*floors, *_range(frame), height),
        **_event_tables(current_language(), frame.layout, frame.events),
        "hover": _CURVE.empty if frame.moving else now,
        "held_out_hover": _HELD_OUT.empty if frame.moving else held_out,
    }


@kept(64)
def _floor_rows(
    language: str, layout: WindowLayout, floors: tuple[Floor, ...], variance: float | None
) -> bytes:
    return floor_rows(floors, variance)


@kept(64)
def _floor_labels(
    language: str,
    layout: WindowLayout,
    floors: tuple[Floor, ...],
    variance: float | None,
    low: float,
    high: float,
    height: int,
) -> bytes:
    return floor_label_rows(floors, variance, low, high, height)


def _range(frame: Frame) -> tuple[float, float]:
    """The losses that the axis spans: those of the present run, and all floors."""
    _steps, _means, lows, highs = _shown(frame.held_out)
    drawn = np.concatenate([loss_range(frame.floors), _positive(frame.curve)[1], lows, highs])
    return float(drawn.min()), float(drawn.max())


def _before(frame: Frame) -> Curve:
    """The run before, as far as the axis reaches: beyond it are the labels of the floors."""
    steps, losses = _positive(frame.previous) if frame.previous else (np.empty(0), np.empty(0))
    reached = steps <= max(_LEAST_STEPS, frame.curve[0][-1])
    return steps[reached], losses[reached]


def _head(frame: Frame) -> Curve:
    """The step on screen."""
    return np.array([frame.step.index]), np.array([frame.step.loss])


def loss_chart(
    floors: tuple[Floor, ...],
    symbols: bool,
    placement: Placement = _ALONE,
    *,
    standardised: bool = False,
    validates: bool = False,
) -> Layers:
    """The chart, in the current language.

    Args:
        floors: the task's.
        symbols: whether the loss is a cross-entropy over symbols.
        placement: where the chart is placed.
        standardised: whether it is the loss of standardised numbers.
        validates: whether the held-out loss is that of a validation part.
    """
    x = placement.x(step_axis(_("step (updates done)"), _LEAST_STEPS))
    y = loss_axis("loss", floors, symbols, standardised=standardised)
    further: dict[str, Any] = {"x": same(x), "y": same(y)}
    names = {"online": _("online loss"), "held_out": held_out_name(validates=validates)}
    colour = alt.Color(
        "kind:N",
        title=None,
        scale=alt.Scale(domain=list(names), range=[palette.ONLINE_LOSS, palette.HELD_OUT_LOSS]),
        legend=title_legend(names, 90 if placement.axis_room else 12),
    )
    line = placement.layer("now").transform_calculate(kind="'online'")
    line = line.mark_line(strokeWidth=1.3, opacity=0.85).encode(x=x, y=placement.y(y), color=colour)
    data = placement.layer("held_out").transform_calculate(kind="'held_out'")
    band = data.mark_area(opacity=0.25).encode(
        x=same(x),
        y=alt.Y("low:Q", title=y["title"], scale=y["scale"]),
        y2=alt.Y2("high:Q"),
        color=same(colour),
    )
    evaluations = data.mark_line(strokeWidth=1.8, point={"size": 18, "filled": True})
    evaluations = evaluations.encode(color=same(colour), **further)
    # Clipped: the axes span the present run, and Vega shrinks a plot by what reaches beyond it.
    before = placement.layer("before").mark_line(strokeWidth=1, opacity=0.6, clip=True)
    before = before.encode(color=GUIDE, **further)
    head = placement.layer("head").mark_point(filled=True, opacity=1, size=55)
    head = head.encode(color=alt.value(palette.ONLINE_LOSS), **further)
    rules, rule_labels = floor_layers(y, placement)
    hover = (
        placement.layer("hover")
        .mark_point(opacity=0.001, filled=True, size=60)
        .encode(
            tooltip=[
                alt.Tooltip("step:Q", title=_("step")),
                alt.Tooltip("loss:Q", title=_("online loss"), format=".4g"),
            ],
            **further,
        )
    )
    if placement.alone:
        # Wherever one clicks, on the curve or beside it, the nearest step of the curve is meant; on
        # a flag, its step. A step clicked on once more leaves the selection, so that this is told
        # as well.
        clicked = alt.selection_point(name=SCRUBBED, encodings=["x"], nearest=True, toggle="true")
        hover = hover.add_params(clicked)
    held_out_hover = (
        placement.layer("held_out_hover")
        .mark_point(opacity=0.001, filled=True, size=60)
        .encode(
            tooltip=[
                alt.Tooltip("step:Q", title=_("step")),
                alt.Tooltip("loss:Q", title=names["held_out"], format=".4g"),
                alt.Tooltip("low:Q", title=_("95 % interval from"), format=".4g"),
                alt.Tooltip("high:Q", title=_("to"), format=".4g"),
            ],
            **further,
        )
    )
    layers = rules, before, line, band, evaluations, head, rule_labels, hover, held_out_hover
    flags = _flags("events", palette.GUIDE, placement), _flags("grave", palette.GRAVE, placement)
    return alt.layer(*layers, *flags).properties(**placement.properties(_("Loss"), _HEIGHT))


def _held_out_rows(held_out: HeldOut) -> bytes:
    return _HELD_OUT.rows(*_shown(held_out))


def _shown(held_out: HeldOut) -> tuple[NDArray[Any], ...]:
    """The held-out losses that have a place on a logarithmic axis: steps, means, lows, highs."""
    shown = np.isfinite(held_out.highs) & (held_out.means > 0)
    steps, means, lows, highs = (column[shown] for column in held_out)
    # A band that reaches zero ends at a tenth of the mean.
    return steps, means, np.maximum(lows, means / 10), highs


# Events are rare, and each is a sentence: most redraws show those of the one before.
@kept(64)
def _event_tables(
    language: str, layout: WindowLayout, events: tuple[Event, ...]
) -> dict[str, bytes]:
    grave = [event for event in events if event.kind in _GRAVE]
    others = [event for event in events if event.kind not in _GRAVE]
    return {
        name: _EVENTS.rows([event.step for event in some], [text.event(event) for event in some])
        for name, some in (("events", others), ("grave", grave))
    }


def _flags(dataset: str, colour: str, placement: Placement) -> alt.Chart:
    """Flags at the upper edge, at the steps of a dataset's events."""
    flags: alt.Chart = (
        placement.layer(dataset)
        .mark_point(shape="triangle-down", filled=True, size=70, opacity=0.9)
        .encode(
            x=alt.X("step:Q"),
            y=alt.value(5),
            color=alt.value(colour),
            tooltip=alt.Tooltip("said:N", title=_("event")),
        )
    )
    return flags


def _positive(curve: Curve) -> Curve:
    """Without losses of exactly zero, which have no place on a logarithmic axis."""
    steps, losses = curve
    return (steps, losses) if losses.all() else (steps[losses > 0], losses[losses > 0])
