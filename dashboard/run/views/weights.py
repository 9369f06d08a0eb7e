"""The weights: the recurrent ones as a map, how all are distributed, and how fast they change."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import altair as alt
import numpy as np
from numpy.typing import NDArray

from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.charts.arrow import Table
from dashboard.charts.base import (
    CANVAS,
    HEAT_ROWS,
    HEIGHT,
    Chart,
    Spec,
    contender_scale,
    heat,
    layer,
    specification,
)
from dashboard.run.views import cost
from dashboard.run.views.base import Presentation, View, ViewInput
from rnn_core import RunConfig, Task
from rnn_core.diagnostics import Weight, copy_parameters, weight_matrices

# Rows and columns of the map at most.
_MOST_POINTS = 50

_BARS = Table(left=float, right=float, count=float, weight=str)


@dataclass(frozen=True, slots=True, eq=False)
class WeightsResult:
    """Every parameter.

    Args:
        weights: by PyTorch's name.
        step: updates done.
        over: how many steps lie between the weights before and these; 0 without weights before.
        copies: the parameters in their own shapes, to compare the next result with.
    """

    weights: Mapping[str, Weight]
    step: int
    over: int
    copies: Mapping[str, NDArray[np.float64]]


class WeightsView(View[WeightsResult, None]):
    """A map of the recurrent weights, and histograms of all weight matrices."""

    key = "weights"
    default_controls = None
    keeps_previous = True

    @property
    def title(self) -> str:
        """Its name on screen."""
        return _("weights")

    def compute(self, given: ViewInput[WeightsResult, None]) -> WeightsResult:
        """The weights, and how much they have changed since the result before."""
        model, before = given.trainer.model, given.previous
        if before is not None and before.step == given.step:
            return before
        return WeightsResult(
            weight_matrices(model, before=before.copies if before else None),
            given.step,
            given.step - before.step if before else 0,
            copy_parameters(model),
        )

    def operations(self, config: RunConfig, task: Task, *, paused: bool) -> float:
        """A copy and a histogram of all numbers."""
        return 120.0 * cost.weights(config, task.input_size)

    def charts(self, result: WeightsResult, shown: Presentation[None]) -> list[Chart]:
        """Two charts."""
        return [_map(result), _histograms(result)]

    def numbers(self, result: WeightsResult) -> str:
        """The change per step, relative to the weights."""
        ratios = {
            name: weight.update_ratio / result.over
            for name, weight in result.weights.items()
            if "weight" in name and weight.update_ratio is not None and result.over
        }
        if not ratios:
            if result.step == 0:
                return _("Train a step to see how much it changes the weights.")
            return _("Changes are measured from this step on: train another to see one.")
        listed = ", ".join(f"`{name}` {ratio:.2g}" for name, ratio in ratios.items())
        return _("Relative change per step, over the last {steps}: {listed}.").format(
            steps=result.over, listed=listed
        )

    def how_to_read(self) -> str:
        """How to read the map and the histograms."""
        return _(
            "Left: the top layer's main weight matrix (W_hh in RNN, LSTM and GRU), gates one below "
            "the other. Right: the distribution of every weight matrix. Healthy: distributions "
            "that widen slowly, and updates of about 0.001 of the weights per step."
        )


VIEW = WeightsView()


def _map(result: WeightsResult) -> Chart:
    """The main weights of the top layer, as a heat map, its gates one below the other."""
    # The top layer's: layers stand in order. A cell may have no such parameter.
    weights = list(result.weights.values())
    weight = next((weight for weight in weights[::-1] if weight.is_main), weights[0])
    values = weight.values
    rows, columns = (np.arange(0, n, math.ceil(n / _MOST_POINTS)) for n in values.shape)
    half_row, half_column = (math.ceil(n / _MOST_POINTS) / 2 for n in values.shape)
    shown = values[np.ix_(rows, columns)]
    row, column = (grid.ravel() + 1.0 for grid in np.meshgrid(rows, columns, indexing="ij"))
    return Chart(
        _map_spec(current_language(), weight.name.removeprefix("rnn."), *values.shape),
        {
            "cells": HEAT_ROWS.rows(
                column - half_column,
                column + half_column,
                row - half_row,
                row + half_row,
                shown.ravel(),
            )
        },
        _("Heat map of the top layer's main weight matrix."),
    )


@lru_cache(maxsize=32)
def _map_spec(language: str, name: str, rows: int, columns: int) -> Spec:
    recurrent = "weight_hh" in name
    title = _("Recurrent weights") if recurrent else _("Weights {name}").format(name=name)
    x = alt.X(
        "left:Q",
        title=_("from unit") if recurrent else _("column"),
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
    return specification(chart.properties(title=title, height=HEIGHT, usermeta=CANVAS))


def _histograms(result: WeightsResult) -> Chart:
    """Histograms of all weight matrices."""
    matrices = {name: weight for name, weight in result.weights.items() if "weight" in name}
    share = [weight.counts / max(weight.counts.max(), 1) for weight in matrices.values()]
    names = [name for name, weight in matrices.items() for _bin in weight.counts]
    return Chart(
        _histograms_spec(current_language(), tuple(matrices)),
        {
            "bars": _BARS.rows(
                np.concatenate([weight.edges[:-1] for weight in matrices.values()]),
                np.concatenate([weight.edges[1:] for weight in matrices.values()]),
                np.concatenate(share),
                names,
            )
        },
        _("Histograms of the weight matrices."),
    )


@lru_cache(maxsize=32)
def _histograms_spec(language: str, names: tuple[str, ...]) -> Spec:
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
                scale=contender_scale(names),
                legend=alt.Legend(orient="top", columns=2, labelLimit=200),
            ),
        )
    )
    chart = alt.layer(bars).properties(
        title=_("Distribution of the weights"), height=HEIGHT, usermeta=CANVAS
    )
    return specification(chart)
