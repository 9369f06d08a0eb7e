"""The window as a chain of cells: x_t in, h_t along, y_t out, with live values as colours."""

from __future__ import annotations

from functools import lru_cache
from itertools import chain

import altair as alt
import numpy as np

from dashboard.arrow import Table
from dashboard.chart import CANVAS, CELLS, GUIDE, Chart, Spec, heat, layer, same, specification
from dashboard.language import current_language
from dashboard.language import gettext as _
from dashboard.looks import UnrolledLook

#: Time steps and units that are drawn at most: the window's last ones, the first ones.
MOST_STEPS, MOST_UNITS = 20, 16
# Heights: of inputs, of the cells, of predictions.
_INPUTS, _CELLS_FROM, _CELLS_TO, _PREDICTIONS = 0.0, 1.0, 4.0, 5.0
# Of several numbers at a time step so many are drawn, so far apart; targets so far above them.
_MOST_NUMBERS, _APART, _ABOVE = 3, 0.45, 0.75
# Half the width of a cell, and how far from a number its text stands.
_HALF, _TEXT = 0.3, 0.38

_DOTS = Table(x=float, y=float, value=float, shown=str, text_y=float)
_ARROWS = Table(x=float, y=float, x2=float, y2=float)
_CHOSEN = Table(left=float, right=float)
_ROWS = Table(y=float, name=str)


def first_step(length: int) -> int:
    """The first time step that is drawn of a window, counted from 1."""
    return max(1, length - MOST_STEPS + 1)


def unrolled(found: UnrolledLook, chosen: int) -> Chart:
    """The chain, with one time step marked.

    Args:
        found: the window.
        chosen: a time step, counted from 1.
    """
    window, symbols = found.unrolled, found.symbols
    length = len(window.inputs)
    first = first_step(length)
    shown = slice(first - 1, length)
    at = np.arange(first, length + 1)
    counted = np.ones(length, bool) if found.counted is None else found.counted
    wanted = counted[shown]
    rows = 1 if symbols else min(_MOST_NUMBERS, window.prediction.shape[1])
    targets = _PREDICTIONS + (rows - 1) * _APART + _ABOVE
    dots = [
        _dots(at, window.inputs[shown], symbols, _INPUTS, -1),
        _dots(at[wanted], window.prediction[shown][wanted], symbols, _PREDICTIONS, 1),
        _dots(at[wanted], found.targets[shown][wanted], symbols, targets, 1),
    ]
    columns = (list(chain.from_iterable(column)) for column in zip(*dots, strict=True))
    inputs = 1 if symbols else min(_MOST_NUMBERS, window.inputs.shape[1])
    return Chart(
        _spec(current_language(), first, length, inputs, targets + (rows - 1) * _APART, symbols),
        {
            "cells": CELLS.rows(*_stripes(window.h[:, first:, :MOST_UNITS], at)),
            "dots": _DOTS.rows(*columns),
            "arrows": _ARROWS.rows(*_arrows(at)),
            "chosen": _CHOSEN.rows([chosen - 0.45], [chosen + 0.45]),
            "rows": _row_names(targets),
        },
        _("The window as a chain of cells, with inputs below and predictions above."),
    )


def _stripes(h: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, ...]:
    """The cells: layers one above the other, a stripe for each unit. ``h`` is ``(L, N, U)``."""
    layers, _steps, units = h.shape
    height = (_CELLS_TO - _CELLS_FROM) / layers
    edges = np.linspace(0.04, 0.96, units + 1) * height
    bottom = _CELLS_FROM + np.arange(layers)[:, None, None] * height
    low = np.broadcast_to(bottom + edges[:-1], h.shape)
    high = np.broadcast_to(bottom + edges[1:], h.shape)
    left = np.broadcast_to(at[None, :, None] - _HALF, h.shape)
    return left.ravel(), left.ravel() + 2 * _HALF, low.ravel(), high.ravel(), h.ravel()


def _dots(
    at: np.ndarray, values: np.ndarray, symbols: bool, row: float, upwards: int
) -> tuple[list[float], list[float], list[float], list[str], list[float]]:
    """Place, value and text of a row of numbers, ``(N, D)``."""
    if symbols:
        numbers = values.argmax(axis=1)[:, None]
    else:
        numbers = np.nan_to_num(values[:, :_MOST_NUMBERS])
    several = numbers.shape[1]
    x = np.repeat(at, several).astype(float)
    y = np.tile(row + upwards * _APART * np.arange(several), len(at))
    flat = numbers.ravel()
    if symbols:  # inside
        text, aside = [str(number) for number in flat], 0.0
        flat = np.zeros(len(flat))
    else:  # outside, and only where there is room
        text = [f"{number:.2f}" if several == 1 else "" for number in flat]
        aside = upwards * _TEXT
    return x.tolist(), y.tolist(), flat.tolist(), text, (y + aside).tolist()


def _arrows(at: np.ndarray) -> tuple[np.ndarray, ...]:
    """From input to cell, from cell to cell, from cell to prediction."""
    middle = (_CELLS_FROM + _CELLS_TO) / 2
    along = at - 1 + _HALF
    ones = np.ones(len(at))
    return (
        np.concatenate([at, along, at]).astype(float),
        np.concatenate([(_INPUTS + 0.25) * ones, middle * ones, _CELLS_TO * ones]),
        np.concatenate([at, along + 1 - 2 * _HALF, at]).astype(float),
        np.concatenate([_CELLS_FROM * ones, middle * ones, (_PREDICTIONS - 0.25) * ones]),
    )


def _row_names(targets: float) -> bytes:
    heights = [_INPUTS, (_CELLS_FROM + _CELLS_TO) / 2, _PREDICTIONS, targets]
    return _ROWS.rows(heights, ["x", "h", "y", "y*"])


@lru_cache(maxsize=32)
def _spec(language: str, first: int, last: int, inputs: int, highest: float, symbols: bool) -> Spec:
    x = alt.X(
        "x:Q",
        title=_("time step in the window"),
        scale=alt.Scale(domain=[first - 1.2, last + 0.6], nice=False),
        axis=alt.Axis(values=list(range(first, last + 1)), format="d", grid=False),
    )
    domain = [_INPUTS - (inputs - 1) * _APART - 0.7, highest + 0.7]
    y = alt.Y("y:Q", title=None, scale=alt.Scale(domain=domain, nice=False), axis=None)
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
