"""The charts of the weights: the recurrent ones as a map, and how all are distributed."""

from __future__ import annotations

import math
from functools import lru_cache

import altair as alt
import numpy as np
from numpy.typing import NDArray

from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.charts import palette
from dashboard.charts.arrow import Table
from dashboard.charts.base import CANVAS, CELLS, HEIGHT, Chart, Spec, heat, layer, specification
from dashboard.train.views.base import WeightsLook

# Rows and columns of the map at most.
_MOST_POINTS = 50

_BARS = Table(left=float, right=float, count=float, weight=str)

_Array = NDArray[np.floating]


def weight_map(found: WeightsLook) -> Chart:
    """The recurrent weights of the top layer, as a heat map, its gates one below the other."""
    # The top layer's: layers stand in order. A cell may have no such parameter.
    weights = list(found.weights.values())
    values = next((weight for weight in weights[::-1] if weight.is_main), weights[0]).values
    rows, columns = (np.arange(0, n, math.ceil(n / _MOST_POINTS)) for n in values.shape)
    every = [math.ceil(n / _MOST_POINTS) / 2 for n in values.shape]
    shown = values[np.ix_(rows, columns)]
    row, column = (grid.ravel() + 1.0 for grid in np.meshgrid(rows, columns, indexing="ij"))
    return Chart(
        _weight_map_spec(current_language(), *values.shape),
        {
            "cells": CELLS.rows(
                column - every[1],
                column + every[1],
                row - every[0],
                row + every[0],
                shown.ravel(),
            )
        },
        _("Heat map of the recurrent weights."),
    )


@lru_cache(maxsize=32)
def _weight_map_spec(language: str, rows: int, columns: int) -> Spec:
    x = alt.X(
        "left:Q",
        title=_("from unit"),
        scale=alt.Scale(domain=[0.5, columns + 0.5], nice=False),
        axis=alt.Axis(grid=False, tickMinStep=1, format="d"),
    )
    y = alt.Y(
        "low:Q",
        title=_("to unit"),
        scale=alt.Scale(domain=[rows + 0.5, 0.5], nice=False),
        axis=alt.Axis(grid=False, tickMinStep=1, format="d"),
    )
    chart = alt.layer(heat(x, y, _("weight"), [-1, 1]))
    return specification(
        chart.properties(title=_("Recurrent weights"), height=HEIGHT, usermeta=CANVAS)
    )


def weight_histograms(found: WeightsLook) -> Chart:
    """Histograms of all weight matrices, one below the other."""
    parts: list[tuple[_Array, _Array, _Array]] = []
    names: list[str] = []
    matrices = {name: weight for name, weight in found.weights.items() if "weight" in name}
    for name, weight in matrices.items():
        share = weight.counts / max(weight.counts.max(), 1)
        parts.append((weight.edges[:-1], weight.edges[1:], share))
        names += [name] * len(share)
    left, right, share = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Chart(
        _histograms_spec(current_language(), tuple(matrices)),
        {"bars": _BARS.rows(left, right, share, names)},
        _("Histograms of the weight matrices."),
    )


@lru_cache(maxsize=32)
def _histograms_spec(language: str, names: tuple[str, ...]) -> Spec:
    colours = palette.CONTENDERS
    scale = alt.Scale(
        domain=list(names), range=[colours[n % len(colours)] for n in range(len(names))]
    )
    bars = (
        layer("bars")
        .mark_rect(opacity=0.45)
        .encode(
            x=alt.X("left:Q", title=_("weight"), axis=alt.Axis(grid=False, tickCount=7)),
            x2="right:Q",
            y=alt.Y(
                "count:Q",
                title=_("share of the fullest bin"),
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(tickCount=3),
            ),
            y2=alt.datum(0),
            color=alt.Color(
                "weight:N",
                title=None,
                scale=scale,
                legend=alt.Legend(orient="top", columns=2, labelLimit=200),
            ),
        )
    )
    chart = alt.layer(bars).properties(
        title=_("Distribution of the weights"), height=HEIGHT, usermeta=CANVAS
    )
    return specification(chart)
