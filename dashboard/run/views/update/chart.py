"""One update on the unrolled window: the parts involved in a phase are strong, the rest faint."""

from __future__ import annotations

from functools import lru_cache

import altair as alt
import numpy as np

from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.charts import palette
from dashboard.charts.arrow import Table
from dashboard.charts.base import (
    CANVAS,
    GUIDE,
    Chart,
    Spec,
    contender_scale,
    layer,
    same,
    specification,
)
from dashboard.run.views.unrolled import layout as chain
from dashboard.run.views.unrolled.layers import (
    VALUE,
    axes,
    chosen,
    chosen_rows,
    name_rows,
    names,
    numbers,
    place_rows,
    places,
)
from dashboard.run.views.update.phases import Place
from dashboard.run.views.update.result import UpdateResult

# Opacity of the parts that are not involved.
_FAINT = 0.15
# The bars of the losses: their distance above the targets, and the height of the highest.
_BARS, _BAR = 0.8, 0.8
_KINDS = ("forward", "back", "update")

_CELLS = Table(
    left=float, right=float, low=float, high=float, value=float, step=int, unit=int, lit=float
)
_DOTS = Table(x=float, y=float, value=float, shown=str, text_y=float, lit=float)
_ARROWS = Table(x=float, y=float, x2=float, y2=float, kind=str, lit=float)
_HEADS = Table(x=float, y=float, angle=float, kind=str, lit=float)
_BARS_OF_LOSS = Table(left=float, right=float, low=float, high=float, lit=float, shown=str)


def slow_motion(result: UpdateResult, place: Place) -> Chart:
    """The chain at one moment of an update.

    Args:
        result: the update.
        place: the phase, and the time step it is at.
    """
    window = result.window
    length = len(window.unrolled.inputs)
    at = chain.shown_steps(length)
    rows = chain.rows_of_outputs(window)
    targets = chain.height_of_targets(rows)
    base = targets + (rows - 1) * chain.APART + _BARS
    inputs, top = chain.rows_of_inputs(window), base + _BAR + 0.5
    return Chart(
        _spec(current_language(), int(at[0]), length, inputs, top, window.symbols),
        {
            "cells": _cells(result, place, at),
            "dots": _dots(result, place),
            **_arrows(place, at, handed_on=result.update.handed_on is not None),
            "bars": _bars(result, place, at, base),
            "chosen": chosen_rows(place.time_step),
            "rows": name_rows(targets, base + _BAR / 2),
            "places": place_rows(length, inputs, top),
        },
        _("The window as a chain of cells; the parts involved in the phase are drawn strongly."),
    )


def _cells(result: UpdateResult, place: Place, at: np.ndarray) -> bytes:
    """States; from backpropagation on, gradients relative to the strongest."""
    phase, step = place
    of_gradient = phase in ("back", "clip", "update")
    values = result.update.hidden if of_gradient else result.window.unrolled.h
    shown = values[:, at[0] :, : chain.MOST_UNITS]
    if of_gradient:
        strongest = np.max(np.abs(shown), initial=0.0)
        shown = shown / strongest if strongest > 0 and np.isfinite(strongest) else shown * 0
    involved = {
        "forward": at <= step,
        "back": at >= step,
        "clip": at >= at[0],
        "carry": at == at[-1],
    }.get(phase, at < at[0])
    lit = np.broadcast_to(_strength(involved)[None, :, None], shown.shape)
    return _CELLS.rows(*chain.stripes(np.nan_to_num(shown), at), lit.ravel())


def _dots(result: UpdateResult, place: Place) -> bytes:
    phase, step = place
    parts = []
    for kind, dots in zip(
        ("input", "prediction", "target"), chain.numbers(result.window), strict=True
    ):
        x = np.array(dots[0])
        involved = {
            "forward": (x <= step) & (kind != "target"),
            "loss": (x > 0) & (kind != "input"),
            "back": (x >= step) & (kind != "input"),
        }.get(phase, x < 0)
        parts.append((*dots, _strength(involved).tolist()))
    return _DOTS.rows(*chain.together(parts))


def _arrows(place: Place, at: np.ndarray, *, handed_on: bool) -> dict[str, bytes]:
    """Arrows and their heads: forward in one colour, back in another."""
    phase, step = place
    x, y, x2, y2 = (np.append(part, 0.0) for part in chain.arrows(at))
    # The last one leads out of the last cell into the next window.
    x[-1], x2[-1] = at[-1] + chain.HALF, at[-1] + 1 - chain.HALF
    y[-1] = y2[-1] = chain.MIDDLE
    count = len(at)
    into, along, out = (np.arange(len(x)) // count == part for part in range(3))
    when = np.append(np.tile(at, 3), at[-1] + 1)
    # Backwards, an arrow along the chain starts at the cell it points at, which must have been
    # reached. None leads into the first cell: gradients stop at the start of the window.
    involved = {
        "forward": when <= step,
        "back": (out & (when >= step)) | (along & (when > step)),
        "clip": when <= at[-1],
        "update": when <= at[-1],
        "carry": (when > at[-1]) & handed_on,
    }.get(phase, when < 0)
    backwards = phase in ("back", "clip") and (out | along)
    colour = {"back": "back", "clip": "back", "update": "update"}.get(phase, "forward")
    kinds = [colour] * len(x)
    lit = _strength(involved)
    up = into | out
    head_x, head_y = np.where(backwards, x, x2), np.where(backwards, y, y2)
    angle = np.where(up, 0.0, 90.0) + np.where(backwards, 180.0, 0.0)
    return {
        "arrows": _ARROWS.rows(x, y, x2, y2, kinds, lit),
        "heads": _HEADS.rows(head_x, head_y, angle, kinds, lit),
    }


def _bars(result: UpdateResult, place: Place, at: np.ndarray, base: float) -> bytes:
    """The loss of every time step that has one, relative to the greatest."""
    losses = result.update.losses[at[0] - 1 :]
    loss_mask = np.isfinite(losses)
    steps, losses = at[loss_mask], losses[loss_mask]
    heights = _BAR * losses / max(float(losses.max(initial=0.0)), 1e-300)
    phase, step = place
    involved = {"loss": steps > 0, "back": steps >= step}.get(phase, steps < 0)
    return _BARS_OF_LOSS.rows(
        steps - chain.HALF,
        steps + chain.HALF,
        np.full(len(steps), base),
        base + heights,
        _strength(involved),
        [f"{loss:.2g}" for loss in losses],
    )


def _strength(involved: np.ndarray) -> np.ndarray:
    return np.where(involved, 1.0, _FAINT)


@lru_cache(maxsize=32)
def _spec(language: str, first: int, last: int, inputs: int, top: float, symbols: bool) -> Spec:
    x, y = axes(first, last, inputs, top, right=1.1)
    left = alt.X("left:Q", title=x["title"], scale=x["scale"])
    low = alt.Y("low:Q", title=None, axis=None, scale=y["scale"])
    lit = alt.Opacity("lit:Q", scale=None, legend=None)
    kind = alt.Color(
        "kind:N",
        scale=contender_scale(_KINDS),
        legend=None,
    )
    arrows = (
        layer("arrows")
        .mark_rule(strokeWidth=1.8)
        .encode(x=x, y=y, x2="x2:Q", y2="y2:Q", color=kind, opacity=lit)
    )
    heads = (
        layer("heads")
        .mark_point(filled=True, shape="triangle-up", size=60)
        .encode(
            x=same(x),
            y=alt.Y("y:Q", title=None, axis=None),
            angle=alt.Angle("angle:Q", scale=None, legend=None),
            color=kind,
            opacity=lit,
        )
    )
    cells = (
        layer("cells")
        .mark_rect(cursor="pointer")
        .encode(
            x=same(left),
            x2="right:Q",
            y=low,
            y2="high:Q",
            color=VALUE,
            opacity=lit,
            tooltip=[alt.Tooltip("value:Q", title=_("value"), format=".4f")],
        )
    )
    bars = (
        layer("bars")
        .mark_rect()
        .encode(
            x=same(left),
            x2="right:Q",
            y=same(low),
            y2="high:Q",
            color=alt.value(palette.ONLINE_LOSS),
            opacity=lit,
        )
    )
    losses = (
        layer("bars")
        # In a narrow plot they would run into each other.
        .mark_text(fontSize=10, dy=-7, text=alt.ExprRef("width > 500 ? datum.shown : ''"))
        .encode(
            x=same(left),
            y=alt.Y("high:Q", title=None, axis=None),
            color=GUIDE,
            opacity=lit,
        )
    )
    losses = losses.transform_calculate(middle=f"datum.left + {chain.HALF}").encode(
        x=alt.X("middle:Q", title=x["title"])
    )
    dots, texts = numbers(x, symbols=symbols, opacity=lit)
    chart = (
        alt.layer(
            chosen(x, 0.1),
            arrows,
            heads,
            cells,
            bars,
            losses,
            dots,
            texts,
            names(),
            places(x, y),
        )
        .resolve_scale(color="independent")
        .properties(title=_("One update, in slow motion"), height=430, usermeta=CANVAS)
    )
    return specification(chart)
