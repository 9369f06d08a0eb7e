"""What the charts of an unrolled window share: axes, numbers, names and the click selection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import altair as alt

from dashboard.app.language import gettext as _
from dashboard.charts import palette
from dashboard.charts.arrow import Table
from dashboard.charts.base import GUIDE, layer, same
from dashboard.run.views.unrolled import layout as chain

#: The selection that clicks make, with fields ``step`` and ``unit`` (0 beside the cells). A click
#: adds its place, or removes it if it is there, so every click changes something.
CLICKED = "clicked"
# Room below the lowest inputs.
_BELOW = 0.7
_PLACES = Table(left=float, right=float, low=float, high=float, step=int, unit=int)
_CHOSEN = Table(left=float, right=float)
_ROWS = Table(y=float, name=str)

#: The colour of a number: teal is positive, brown negative.
VALUE = alt.Color(
    "value:Q",
    title=None,
    scale=alt.Scale(domain=[-1, 1], clamp=True, range=palette.SIGNED),
    legend=None,
)


class Clicked(NamedTuple):
    """A place in the chart: a time step, and a unit of its cell, from 1; 0 beside its units."""

    step: int
    unit: int


def axes(
    first: int, last: int, inputs: int, top: float, *, right: float = 0.6
) -> tuple[alt.X, alt.Y]:
    """The axes: time steps along the chain, and heights.

    Args:
        first: the first time step that is drawn.
        last: the last one.
        inputs: rows of inputs.
        top: the greatest height.
        right: room after the last time step, in time steps.
    """
    x = alt.X(
        "x:Q",
        title=_("time step in the window"),
        scale=alt.Scale(domain=[first - 1.2, last + right], nice=False),
        axis=alt.Axis(values=list(range(first, last + 1)), format="d", grid=False),
    )
    domain = [_bottom(inputs), top]
    y = alt.Y("y:Q", title=None, scale=alt.Scale(domain=domain, nice=False), axis=None)
    return x, y


def chosen(x: alt.X, opacity: float) -> alt.Chart:
    """The bottom layer, which marks the chosen time step."""
    drawn: alt.Chart = (
        layer("chosen")
        .mark_rect(opacity=opacity)
        .encode(x=alt.X("left:Q", title=x["title"], scale=x["scale"]), x2="right:Q", color=GUIDE)
    )
    return drawn


def chosen_rows(time_step: int) -> bytes:
    """The dataset ``chosen``."""
    return _CHOSEN.rows([time_step - 0.45], [time_step + 0.45])


def numbers(x: alt.X, *, symbols: bool, **more: Any) -> tuple[alt.Chart, alt.Chart]:
    """Inputs, predictions and targets, rows of the dataset ``dots``: as dots, and as texts.

    Args:
        x: from `axes`.
        symbols: whether the texts are inside the dots.
        more: further channels of both.
    """
    data = layer("dots")
    dots = data.mark_point(filled=True, size=150, opacity=1).encode(
        x=same(x), y=alt.Y("y:Q", title=None, axis=None), color=VALUE, **more
    )
    texts = data.mark_text(fontSize=11 if symbols else 10).encode(
        x=same(x),
        y=alt.Y("text_y:Q", title=None, axis=None),
        text="shown:N",
        **({} if symbols else {"color": GUIDE}),
        **more,
    )
    return dots, texts


def names() -> alt.Chart:
    """The labels of the rows, from the dataset ``rows``."""
    drawn: alt.Chart = (
        layer("rows")
        .mark_text(align="left", fontSize=13, fontWeight="bold")
        .encode(x=alt.value(2), y=alt.Y("y:Q", title=None, axis=None), text="name:N", color=GUIDE)
    )
    return drawn


@lru_cache(maxsize=32)
def name_rows(targets: float, losses: float | None = None) -> bytes:
    """The dataset ``rows``.

    Args:
        targets: height of the targets.
        losses: height of the losses, where they are drawn.
    """
    heights = [chain.INPUTS, chain.MIDDLE, chain.PREDICTIONS, targets]
    called = ["x", "h", "y", "y*"]
    if losses is not None:
        heights, called = [*heights, losses], [*called, "L"]
    return _ROWS.rows(heights, called)


def places(x: alt.X, y: alt.Y) -> alt.Chart:
    """The top layer, which makes the whole column of a time step clickable.

    A click also reaches the layers below whose rows have a ``step`` and a ``unit``.
    """
    clicked = alt.selection_point(name=CLICKED, fields=["step", "unit"], toggle="true")
    drawn: alt.Chart = (
        layer("places")
        .mark_rect(opacity=0.001, cursor="pointer", tooltip=None)
        .encode(
            x=alt.X("left:Q", title=x["title"], scale=x["scale"]),
            x2="right:Q",
            y=alt.Y("low:Q", title=None, axis=None, scale=y["scale"]),
            y2="high:Q",
        )
        .add_params(clicked)
    )
    return drawn


@lru_cache(maxsize=32)
def place_rows(length: int, inputs: int, top: float) -> bytes:
    """The dataset ``places`` for a window of this length, with the axes of `axes`."""
    return _PLACES.rows(*chain.columns(chain.shown_steps(length), _bottom(inputs), top))


def places_of(selected: Iterable[Mapping[str, Any]]) -> frozenset[Clicked]:
    """The places in a selection, without marks that belong to no time step."""
    return frozenset(
        Clicked(int(place["step"]), int(place["unit"]))
        for place in selected
        if place.get("step") is not None and place.get("unit") is not None
    )


def last_click(before: frozenset[Clicked], now: frozenset[Clicked]) -> Clicked | None:
    """The place that was clicked on: the one that the selection has gained or lost.

    Returns:
        None if nothing changed, as when a click is delivered twice, or if all is gone, as after a
        double click.
    """
    changed = (now - before) or (before - now)
    return next(iter(changed)) if len(changed) == 1 else None


def _bottom(inputs: int) -> float:
    return chain.INPUTS - (inputs - 1) * chain.APART - _BELOW
