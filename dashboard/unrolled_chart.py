"""The window as a chain of cells: x_t in, h_t along, y_t out, with live values as colours."""

from __future__ import annotations

from functools import lru_cache
from itertools import chain as chain_of

import altair as alt

from dashboard import chain
from dashboard.arrow import Table
from dashboard.chain_layers import axes, place_rows, places
from dashboard.chart import CANVAS, GUIDE, Chart, Spec, heat, layer, same, specification
from dashboard.language import current_language
from dashboard.language import gettext as _
from dashboard.looks import UnrolledLook

_CELLS = Table(left=float, right=float, low=float, high=float, value=float, step=int, unit=int)
_DOTS = Table(x=float, y=float, value=float, shown=str, text_y=float)
_ARROWS = Table(x=float, y=float, x2=float, y2=float)
_CHOSEN = Table(left=float, right=float)
_UNIT = Table(left=float, right=float, low=float, high=float)
_ROWS = Table(y=float, name=str)
# Room above the targets.
_ABOVE = 0.7


def unrolled(found: UnrolledLook, chosen: int, unit: int = 1) -> Chart:
    """The chain, with one time step marked, and one unit of the top layer.

    Args:
        found: the window.
        chosen: a time step, counted from 1.
        unit: counted from 1; only the first ones are drawn.
    """
    window = found.unrolled
    length, at = len(window.inputs), chain.shown_steps(len(window.inputs))
    first = int(at[0])
    rows = chain.rows_of_answers(found)
    targets = chain.height_of_targets(rows)
    columns = [
        list(chain_of.from_iterable(column)) for column in zip(*chain.numbers(found), strict=True)
    ]
    cells = chain.stripes(window.h[:, first:, : chain.MOST_UNITS], at)
    left, right, low, high, _value, steps, units = cells
    marked = (steps == chosen) & (units == unit)
    top = targets + (rows - 1) * chain.APART + _ABOVE
    inputs = chain.rows_of_inputs(found)
    return Chart(
        _spec(current_language(), first, length, inputs, top, found.symbols),
        {
            "cells": _CELLS.rows(*cells),
            "dots": _DOTS.rows(*columns),
            "arrows": _ARROWS.rows(*chain.arrows(at)),
            "chosen": _CHOSEN.rows([chosen - 0.45], [chosen + 0.45]),
            "unit": _UNIT.rows(*(edge[marked] for edge in (left, right, low, high))),
            "rows": _row_names(targets),
            "places": place_rows(at, inputs, top),
        },
        _("The window as a chain of cells, with inputs below and predictions above."),
    )


def _row_names(targets: float) -> bytes:
    heights = [chain.INPUTS, (chain.CELLS_FROM + chain.CELLS_TO) / 2, chain.PREDICTIONS, targets]
    return _ROWS.rows(heights, ["x", "h", "y", "y*"])


@lru_cache(maxsize=32)
def _spec(language: str, first: int, last: int, inputs: int, top: float, symbols: bool) -> Spec:
    x, y = axes(first, last, inputs, top)
    chosen = (
        layer("chosen")
        .mark_rect(opacity=0.14)
        .encode(x=alt.X("left:Q", title=x["title"], scale=x["scale"]), x2="right:Q", color=GUIDE)
    )
    arrows = (
        layer("arrows")
        .mark_rule(strokeWidth=1.2, opacity=0.7)
        .encode(x=x, y=y, x2="x2:Q", y2="y2:Q", color=GUIDE)
    )
    cells = heat(
        alt.X("left:Q", title=x["title"], scale=x["scale"]),
        alt.Y("low:Q", title=None, axis=None, scale=y["scale"]),
        "h",
        [-1, 1],
        legend=False,
    ).mark_rect(cursor="pointer")
    unit = (
        layer("unit")
        .mark_rect(filled=False, strokeWidth=2)
        .encode(
            x=alt.X("left:Q", title=x["title"], scale=x["scale"]),
            x2="right:Q",
            y=alt.Y("low:Q", title=None, axis=None, scale=y["scale"]),
            y2="high:Q",
            color=GUIDE,
        )
    )
    dots = (
        layer("dots")
        .mark_point(filled=True, size=150, opacity=1)
        .encode(
            x=same(x),
            y=alt.Y("y:Q", title=None, axis=None),
            color=alt.Color(
                "value:Q",
                title=None,
                scale=alt.Scale(domain=[-1, 1], clamp=True, range="diverging"),
                legend=None,
            ),
        )
    )
    texts = (
        layer("dots")
        .mark_text(fontSize=11 if symbols else 10)
        .encode(
            x=same(x),
            y=alt.Y("text_y:Q", title=None, axis=None),
            text="shown:N",
            **({} if symbols else {"color": GUIDE}),
        )
    )
    names = (
        layer("rows")
        .mark_text(align="left", fontSize=13, fontWeight="bold")
        .encode(x=alt.value(2), y=alt.Y("y:Q", title=None, axis=None), text="name:N", color=GUIDE)
    )
    chart = alt.layer(chosen, arrows, cells, unit, dots, texts, names, places(x, y)).properties(
        title=_("The window, unrolled"), height=400, usermeta=CANVAS
    )
    return specification(chart)
