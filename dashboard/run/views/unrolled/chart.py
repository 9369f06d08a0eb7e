"""The window as a chain of cells: x_t in, h_t along, y_t out, with current values as colours."""

from __future__ import annotations

from functools import lru_cache

import altair as alt

from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.charts.arrow import Table
from dashboard.charts.base import CANVAS, GUIDE, Chart, Spec, heat, layer, specification
from dashboard.run.views.unrolled import layout as chain
from dashboard.run.views.unrolled.layers import (
    axes,
    chosen,
    chosen_rows,
    name_rows,
    names,
    numbers,
    place_rows,
    places,
)
from dashboard.run.views.unrolled.result import UnrolledResult

_CELLS = Table(left=float, right=float, low=float, high=float, value=float, step=int, unit=int)
_DOTS = Table(x=float, y=float, value=float, shown=str, text_y=float)
_ARROWS = Table(x=float, y=float, x2=float, y2=float)
_UNIT = Table(left=float, right=float, low=float, high=float)
# Room above the targets.
_ABOVE = 0.7


def unrolled(result: UnrolledResult, time_step: int, unit: int = 1) -> Chart:
    """The chain, with one time step and one unit of the top layer marked.

    Args:
        result: the window.
        time_step: counted from 1.
        unit: counted from 1; only the first ones are drawn.
    """
    window = result.unrolled
    length, at = len(window.inputs), chain.shown_steps(len(window.inputs))
    first = int(at[0])
    rows = chain.rows_of_outputs(result)
    targets = chain.height_of_targets(rows)
    cells = chain.stripes(window.h[:, first:, : chain.MOST_UNITS], at)
    left, right, low, high, _value, steps, units = cells
    marked = (steps == time_step) & (units == unit)
    top = targets + (rows - 1) * chain.APART + _ABOVE
    inputs = chain.rows_of_inputs(result)
    return Chart(
        _spec(current_language(), first, length, inputs, top, result.symbols),
        {
            "cells": _CELLS.rows(*cells),
            "dots": _DOTS.rows(*chain.together(chain.numbers(result))),
            "arrows": _ARROWS.rows(*chain.arrows(at)),
            "chosen": chosen_rows(time_step),
            "unit": _UNIT.rows(*(edge[marked] for edge in (left, right, low, high))),
            "rows": name_rows(targets),
            "places": place_rows(length, inputs, top),
        },
        _("The window as a chain of cells, with inputs below and predictions above."),
    )


@lru_cache(maxsize=32)
def _spec(language: str, first: int, last: int, inputs: int, top: float, symbols: bool) -> Spec:
    x, y = axes(first, last, inputs, top)
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
    dots, texts = numbers(x, symbols=symbols)
    chart = alt.layer(chosen(x, 0.14), arrows, cells, unit, dots, texts, names(), places(x, y))
    return specification(
        chart.properties(title=_("The window, unrolled"), height=400, usermeta=CANVAS)
    )
