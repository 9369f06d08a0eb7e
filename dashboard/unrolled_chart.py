"""The window as a chain of cells: x_t in, h_t along, y_t out, with live values as colours."""

from __future__ import annotations

from functools import lru_cache
from itertools import chain as chain_of

import altair as alt

from dashboard import chain
from dashboard.arrow import Table
from dashboard.chart import CANVAS, CELLS, GUIDE, Chart, Spec, heat, layer, same, specification
from dashboard.language import current_language
from dashboard.language import gettext as _
from dashboard.looks import UnrolledLook

_DOTS = Table(x=float, y=float, value=float, shown=str, text_y=float)
_ARROWS = Table(x=float, y=float, x2=float, y2=float)
_CHOSEN = Table(left=float, right=float)
_ROWS = Table(y=float, name=str)


def unrolled(found: UnrolledLook, chosen: int) -> Chart:
    """The chain, with one time step marked.

    Args:
        found: the window.
        chosen: a time step, counted from 1.
    """
    window = found.unrolled
    length, at = len(window.inputs), chain.shown_steps(len(window.inputs))
    first = int(at[0])
    rows = chain.rows_of_answers(found)
    targets = chain.height_of_targets(rows)
    columns = [
        list(chain_of.from_iterable(column)) for column in zip(*chain.numbers(found), strict=True)
    ]
    highest = targets + (rows - 1) * chain.APART
    return Chart(
        _spec(
            current_language(), first, length, chain.rows_of_inputs(found), highest, found.symbols
        ),
        {
            "cells": CELLS.rows(*chain.stripes(window.h[:, first:, : chain.MOST_UNITS], at)),
            "dots": _DOTS.rows(*columns),
            "arrows": _ARROWS.rows(*chain.arrows(at)),
            "chosen": _CHOSEN.rows([chosen - 0.45], [chosen + 0.45]),
            "rows": _row_names(targets),
        },
        _("The window as a chain of cells, with inputs below and predictions above."),
    )


def _row_names(targets: float) -> bytes:
    heights = [chain.INPUTS, (chain.CELLS_FROM + chain.CELLS_TO) / 2, chain.PREDICTIONS, targets]
    return _ROWS.rows(heights, ["x", "h", "y", "y*"])


def axes(
    first: int, last: int, inputs: int, top: float, *, right: float = 0.6
) -> tuple[alt.X, alt.Y]:
    """Time steps along the chain, and its heights.

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
    domain = [chain.INPUTS - (inputs - 1) * chain.APART - 0.7, top]
    y = alt.Y("y:Q", title=None, scale=alt.Scale(domain=domain, nice=False), axis=None)
    return x, y


@lru_cache(maxsize=32)
def _spec(language: str, first: int, last: int, inputs: int, highest: float, symbols: bool) -> Spec:
    x, y = axes(first, last, inputs, highest + 0.7)
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
                legend=alt.Legend(),
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
    chart = alt.layer(chosen, arrows, cells, dots, texts, names).properties(
        title=_("The window, unrolled"), height=400, usermeta=CANVAS
    )
    return specification(chart)
