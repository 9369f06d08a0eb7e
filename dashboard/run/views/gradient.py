"""How gradients flow back through the window, and which inputs each prediction depends on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import altair as alt
import numpy as np
from numpy.typing import NDArray

from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.charts.arrow import Table, words
from dashboard.charts.base import (
    CANVAS,
    HEAT_ROWS,
    HEIGHT,
    Chart,
    Spec,
    contender_colour,
    contender_layer,
    contender_scale,
    heat,
    layer,
    same,
    specification,
)
from dashboard.charts.loss_axes import LOSS_LABELS
from dashboard.run.views import cost
from dashboard.run.views.base import Presentation, View, ViewInput
from rnn_core import CELLS, RunConfig, Task
from rnn_core.diagnostics import LagGradient, LagShares, gradient_by_lag, saliency, shares_by_lag

# The longest lag with a share of its own: the work grows with its square.
_LONGEST_LAG = 19
# Time steps on one side of the saliency map at most.
_MOST_POINTS = 50
# A logarithmic axis has no place for zero.
_LEAST = 1e-12

# A colour for each part of the state.

_LAGS = Table(lag=int, norm=float, path=str)
_SHARES = Table(lag=int, share=float)


@dataclass(frozen=True, slots=True, eq=False)
class GradientResult:
    """Gradients of the newest window.

    Args:
        by_lag: of the window's last loss with respect to the states before it.
        shares: of the gradient of the main weights, by lag.
        saliency: of the predictions that are drawn with respect to each input, shape ``(N, T)``.
    """

    by_lag: LagGradient
    shares: LagShares
    saliency: NDArray[np.float64]


class GradientView(View[GradientResult, None]):
    """Gradient norm by lag, share of the weights' gradient by lag, and saliency."""

    key = "gradient"
    default_controls = None

    @property
    def title(self) -> str:
        """Its name on screen."""
        return _("gradient")

    def compute(self, given: ViewInput[GradientResult, None]) -> GradientResult:
        """The gradients of the newest window."""
        now = given.trainer.context()
        window = now.model, now.inputs, now.state, now.targets
        length = len(now.inputs)
        loss: dict[str, Any] = {"criterion": now.criterion, "loss_mask": now.loss_mask}
        return GradientResult(
            gradient_by_lag(*window, **loss),
            shares_by_lag(*window, **loss, max_lag=_LONGEST_LAG, top_layer=True),
            saliency(now.model, now.inputs, now.state, at=range(0, length, _every(length))),
        )

    def operations(self, config: RunConfig, task: Task, *, paused: bool) -> float:
        """Three times forward; back for the last loss, the shares and the saliency."""
        length, hidden = config.window_length, config.hidden_size
        rows = math.ceil(length / _every(length)) * task.output_size
        numbers = cost.weights(config, task.input_size)
        blocks = max(1, len(CELLS[config.cell].blocks))
        lags = min(length, 1 + _LONGEST_LAG)
        shares = 1.6 * lags * length * blocks * hidden**2
        # A prediction depends on half of the window, on average.
        saliency = 0.25 * length * rows * numbers
        return 3 * cost.forward(config, task) + 2 * cost.backward(config, task) + shares + saliency

    def charts(self, result: GradientResult, shown: Presentation[None]) -> list[Chart]:
        """Three charts."""
        return [_gradient(result), _shares(result), _saliency(result)]

    def numbers(self, result: GradientResult) -> str:
        """How much the gradient changes over the window."""
        norms = result.by_lag.hidden[-1]
        first, last = float(norms[0]), float(norms[-1])
        if not (first > 0 and np.isfinite(last)):
            return _("The last time step's loss has no gradient.")
        return _(
            "Over {lags} time steps back the gradient changes by a factor of {factor:.2g}, "
            "{each:.2g} per step on average."
        ).format(
            lags=len(norms) - 1,
            factor=last / first,
            each=(last / first) ** (1 / (len(norms) - 1)),
        )

    def how_to_read(self) -> str:
        """How to read the three charts."""
        return _(
            "Left: how strongly the window's last loss depends on the state a number of time steps "
            "before. A straight fall is a vanishing gradient, a rise an exploding one; healthy is "
            "a gentle slope. Backpropagation stops at the last point, the start of the window. "
            "Middle: the share of the gradient of the top layer's main weight matrix (W_hh in RNN, "
            "LSTM and GRU) that each lag contributes; lags that oppose the whole have negative "
            "shares. Right: the stronger the teal, the more a prediction (row) depends on an input "
            "(column), relative to the strongest."
        )


VIEW = GradientView()


def _gradient(result: GradientResult) -> Chart:
    """Gradient of the last loss with respect to earlier states, by lag, on a logarithmic axis."""
    by_lag = result.by_lag
    paths = {part: norms[-1] for part, norms in by_lag.norms.items()}
    norms = np.concatenate(list(paths.values()))
    lags = np.tile(np.arange(by_lag.index + 2), len(paths))
    path = words(tuple(paths), by_lag.index + 2)
    shown = np.isfinite(norms)
    return Chart(
        _gradient_spec(current_language(), tuple(paths)),
        {"lags": _LAGS.rows(lags[shown], np.maximum(norms[shown], _LEAST), path.filter(shown))},
        _("Line of the gradient's norm against the lag, on a logarithmic axis."),
    )


@lru_cache(maxsize=32)
def _gradient_spec(language: str, paths: tuple[str, ...]) -> Spec:
    x = alt.X(
        "lag:Q",
        title=_("lag (time steps back)"),
        scale=alt.Scale(nice=False),
        axis=alt.Axis(tickMinStep=1, grid=False, format="d"),
    )
    y = alt.Y(
        "norm:Q",
        title=_("norm of the gradient"),
        scale=alt.Scale(type="log", nice=True),
        axis=LOSS_LABELS,
    )
    colour = alt.Color(
        "path:N",
        title=None,
        scale=contender_scale(paths),
        legend=alt.Legend(orient="top") if len(paths) > 1 else None,
    )
    lags = layer("lags")
    line = lags.mark_line(strokeWidth=2).encode(x=x, y=y, color=colour)
    dots = lags.mark_point(filled=True, size=30, opacity=1).encode(
        x=same(x),
        y=same(y),
        color=colour,
        tooltip=[
            alt.Tooltip("path:N", title=_("with respect to")),
            alt.Tooltip("lag:Q", title=_("lag")),
            alt.Tooltip("norm:Q", title=_("norm"), format=".3e"),
        ],
    )
    chart = alt.layer(line, dots).properties(
        title=_("Gradient of the last loss"), height=HEIGHT, usermeta=CANVAS
    )
    return specification(chart)


def _shares(result: GradientResult) -> Chart:
    """Share of the top layer's main weight gradient that each lag contributes."""
    share = result.shares.share[-1]
    share = np.where(np.isfinite(share), share, 0.0)
    return Chart(
        _shares_spec(current_language(), len(share)),
        {"shares": _SHARES.rows(np.arange(len(share)), share)},
        _("Bars of each lag's share of the weights' gradient."),
    )


@lru_cache(maxsize=32)
def _shares_spec(language: str, lags: int) -> Spec:
    x = alt.X(
        "lag:O",
        title=_("lag (time steps back)"),
        scale=alt.Scale(domain=list(range(lags))),
        axis=alt.Axis(labelAngle=0, labelOverlap=True),
    )
    y = alt.Y("share:Q", title=_("share of the gradient"), axis=alt.Axis(format="%", tickCount=5))
    bars = (
        contender_layer("shares", "share")
        .mark_bar()
        .encode(
            x=x,
            y=y,
            color=contender_colour(("share",), legend=False),
            tooltip=[
                alt.Tooltip("lag:O", title=_("lag")),
                alt.Tooltip("share:Q", title=_("share of the gradient"), format=".1%"),
            ],
        )
    )
    chart = alt.layer(bars).properties(
        title=_("Weight gradient by lag"), height=HEIGHT, usermeta=CANVAS
    )
    return specification(chart)


def _every(length: int) -> int:
    """How many time steps a cell of the saliency map stands for."""
    return math.ceil(length / _MOST_POINTS)


def _saliency(result: GradientResult) -> Chart:
    """How strongly every prediction depends on every input, as a heat map."""
    values = result.saliency
    length = values.shape[1]
    every = _every(length)
    shown = values[:, ::every]
    # Of no unit: only relative strength can be read.
    top = np.nanmax(shown, initial=0.0)
    shown = shown / top if top > 0 else shown
    target, source = np.nonzero(np.tril(np.ones_like(shown)))
    at, by = source * every + 1.0, target * every + 1.0
    half = every / 2
    return Chart(
        _saliency_spec(current_language(), length),
        {
            "cells": HEAT_ROWS.rows(
                at - half, at + half, by - half, by + half, shown[target, source]
            )
        },
        _("Heat map of how much each prediction depends on each input."),
    )


@lru_cache(maxsize=32)
def _saliency_spec(language: str, length: int) -> Spec:
    domain = [0.5, length + 0.5]
    x = alt.X(
        "left:Q",
        title=_("input at time step"),
        scale=alt.Scale(domain=domain, nice=False),
        axis=alt.Axis(tickMinStep=1, grid=False, format="d"),
    )
    y = alt.Y(
        "low:Q",
        title=_("prediction at time step"),
        scale=alt.Scale(domain=domain[::-1], nice=False),
        axis=alt.Axis(tickMinStep=1, grid=False, format="d"),
    )
    chart = alt.layer(heat(x, y, _("strength"), [-1, 1], legend=False))
    return specification(chart.properties(title=_("Saliency"), height=HEIGHT, usermeta=CANVAS))
