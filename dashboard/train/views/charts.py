"""The charts of looks inside: one or two for each view."""

from __future__ import annotations

import math
from functools import lru_cache

import altair as alt
import numpy as np
from numpy.typing import NDArray

from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.charts import palette
from dashboard.charts.arrow import Table, words
from dashboard.charts.base import (
    CANVAS,
    CELLS,
    GUIDE,
    HEIGHT,
    Chart,
    Spec,
    heat,
    layer,
    same,
    specification,
)
from dashboard.train.views.base import (
    FreeLook,
    GatesLook,
    GradientLook,
    Look,
    MemoryLook,
    PhaseLook,
    SlowLook,
    SpectrumLook,
    UnrolledLook,
    WeightsLook,
)
from dashboard.train.views.dynamics_charts import phase, spectrum
from dashboard.train.views.free_charts import free_error, free_signals
from dashboard.train.views.unrolled.chart import unrolled
from dashboard.train.views.update.chart import slow_motion
from dashboard.train.views.update.phases import Place
from dashboard.train.views.weight_charts import weight_histograms, weight_map
from rnn_core import Cell, Floor

# Cells of a heat map at most, and time steps of one gate or one side of the saliency.
_MOST_CELLS, _MOST_POINTS = 2_400, 50
# A logarithmic axis has no place for zero.
_LEAST = 1e-12

_BEGINNING = Place("forward", 1)

_NAMES = Table(at=float, name=str)
_LAGS = Table(lag=int, norm=float, path=str)
_SHARES = Table(lag=int, share=float)
_LOSSES = Table(how=str, loss=float)
_FLOOR = Table(loss=float)

_Array = NDArray[np.floating]


def draw_look(
    look: Look, floors: tuple[Floor, ...], place: Place = _BEGINNING, unit: int = 1
) -> list[Chart]:
    """The charts of a look, none where there is nothing to draw.

    Args:
        look: what was seen.
        floors: the task's.
        place: the time step that is marked in the unrolled window, and the phase of an update.
        unit: the unit that is marked there, counted from 1.
    """
    found = look.found
    if isinstance(found, UnrolledLook):
        return [unrolled(found, place.time_step, unit)]
    if isinstance(found, SlowLook):
        return [slow_motion(found, place)]
    if isinstance(found, GatesLook):
        return [gates(found)] if found.gates is not None else []
    if isinstance(found, GradientLook):
        return [gradient(found), shares(found), saliency(found)]
    if isinstance(found, PhaseLook):
        return [phase(found)]
    if isinstance(found, SpectrumLook):
        return [spectrum(found)]
    if isinstance(found, WeightsLook):
        return [weight_map(found), weight_histograms(found)]
    if isinstance(found, FreeLook):
        return [free_signals(found), free_error(found)] if found.run is not None else []
    assert isinstance(found, MemoryLook)
    return [memory(found, floors)]


def gates(found: GatesLook) -> Chart:
    """Every gate of the top layer: a heat map each, side by side."""
    assert found.gates is not None
    values = {letter: gate[-1] for letter, gate in found.gates.values.items()}
    length, size = next(iter(values.values())).shape
    points = np.arange(0, length, math.ceil(length / _MOST_POINTS))
    units = np.arange(min(size, _MOST_CELLS // (len(points) * len(values))))
    width = len(points) + max(1.0, 0.15 * len(points))
    shown = np.array([gate[np.ix_(points, units)] for gate in values.values()])  # (G, P, U)
    left = np.arange(len(values))[:, None, None] * width + np.arange(len(points))[None, :, None]
    left = np.broadcast_to(left, shown.shape).ravel()
    unit = np.broadcast_to(units + 1, shown.shape).ravel()
    names = tuple(values)
    return Chart(
        _gates_spec(current_language(), len(names) * width, len(units)),
        {
            "cells": CELLS.rows(left, left + 1, unit - 0.5, unit + 0.5, shown.ravel()),
            "names": _NAMES.rows(np.arange(len(names)) * width, gate_names(found.gates.cell)),
        },
        _("Heat maps of the gates, side by side: one row per unit, one column per time step."),
    )


def gate_names(cell: Cell) -> list[str]:
    """Letter and name of each gate."""
    label = _("{letter}: {name}")
    return [label.format(letter=gate.letter, name=_(gate.name)) for gate in cell.gates]


@lru_cache(maxsize=32)
def _gates_spec(language: str, width: float, units: int) -> Spec:
    x = alt.X("left:Q", title=None, scale=alt.Scale(domain=[0, width], nice=False), axis=None)
    y = alt.Y(
        "low:Q",
        title=_("hidden unit"),
        scale=alt.Scale(domain=[units + 0.5, 0.5], nice=False),
        axis=alt.Axis(grid=False, tickMinStep=1, format="d"),
    )
    chart = alt.layer(heat(x, y, _("value"), [-1, 1]), _labels_above(x))
    return specification(
        chart.properties(title=_("Gates"), height=min(420, max(240, 9 * units)), usermeta=CANVAS)
    )


def gradient(found: GradientLook) -> Chart:
    """How the last loss depends on the states before it, by lag, on a logarithmic axis."""
    by_lag = found.by_lag
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
        title=_("lag: time steps back"),
        scale=alt.Scale(nice=False),
        axis=alt.Axis(tickMinStep=1, grid=False, format="d"),
    )
    y = alt.Y(
        "norm:Q",
        title=_("norm of the gradient"),
        scale=alt.Scale(type="log", nice=False),
        axis=alt.Axis(format=".1e", tickCount=5),
    )
    colour = alt.Color(
        "path:N",
        title=None,
        scale=alt.Scale(domain=list(paths), range=["orange", "blue"][: len(paths)]),
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


def shares(found: GradientLook) -> Chart:
    """How much of the recurrent weights' gradient comes through so many time steps."""
    share = found.shares.share[-1]
    share = np.where(np.isfinite(share), share, 0.0)
    return Chart(
        _shares_spec(current_language(), len(share)),
        {"shares": _SHARES.rows(np.arange(len(share)), share)},
        _("Bars of the share of the weights' gradient that each lag has."),
    )


@lru_cache(maxsize=32)
def _shares_spec(language: str, lags: int) -> Spec:
    x = alt.X(
        "lag:O",
        title=_("lag: time steps back"),
        scale=alt.Scale(domain=list(range(lags))),
        axis=alt.Axis(labelAngle=0, labelOverlap=True),
    )
    y = alt.Y("share:Q", title=_("share of the gradient"), axis=alt.Axis(format="%", tickCount=5))
    bars = (
        layer("shares")
        .mark_bar()
        .encode(
            x=x,
            y=y,
            color=alt.value(palette.LOSS),
            tooltip=[
                alt.Tooltip("lag:O", title=_("lag")),
                alt.Tooltip("share:Q", title=_("share of the gradient"), format=".1%"),
            ],
        )
    )
    chart = alt.layer(bars).properties(
        title=_("Where learning comes from"), height=HEIGHT, usermeta=CANVAS
    )
    return specification(chart)


def saliency(found: GradientLook) -> Chart:
    """How every prediction depends on every input, as a heat map."""
    values = found.saliency
    every = math.ceil(len(values) / _MOST_POINTS)
    shown = values[::every, ::every]
    # Of no unit: only which are strong and which are weak can be read.
    top = np.nanmax(shown, initial=0.0)
    shown = shown / top if top > 0 else shown
    target, source = np.nonzero(np.tril(np.ones_like(shown)))
    at, by = source * every + 1.0, target * every + 1.0
    half = every / 2
    return Chart(
        _saliency_spec(current_language(), len(values)),
        {"cells": CELLS.rows(at - half, at + half, by - half, by + half, shown[target, source])},
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
    return specification(
        chart.properties(title=_("What predictions rest on"), height=HEIGHT, usermeta=CANVAS)
    )


def memory(found: MemoryLook, floors: tuple[Floor, ...]) -> Chart:
    """Mean loss with the state carried, reset and shuffled."""
    ablation = found.ablation
    losses = {
        "carried": ablation.carried,
        "reset": ablation.reset,
        "shuffled": ablation.shuffled,
    }
    means = [max(float(np.mean(loss)), _LEAST) for loss in losses.values()]
    lines = [floor.value for floor in floors if floor.value > 0]
    return Chart(
        _memory_spec(current_language()),
        {"losses": _LOSSES.rows(list(losses), means), "floors": _FLOOR.rows(lines)},
        _("Marks of the mean loss with the state carried, reset and shuffled."),
    )


def surgery_names() -> dict[str, str]:
    """What is done to the state between two windows."""
    return {"carried": _("carried"), "reset": _("reset"), "shuffled": _("shuffled")}


@lru_cache(maxsize=8)
def _memory_spec(language: str) -> Spec:
    names = surgery_names()
    pairs = ", ".join(f"'{key}': '{name}'" for key, name in names.items())
    x = alt.X(
        "loss:Q",
        title=_("mean loss over the next windows"),
        scale=alt.Scale(type="log", padding=30),
        axis=alt.Axis(format=".1~e", tickCount=5),
    )
    y = alt.Y(
        "how:N",
        title=None,
        scale=alt.Scale(domain=list(names)),
        axis=alt.Axis(labelExpr=f"{{{pairs}}}[datum.label]", grid=True, labelFontSize=13),
    )
    rules = layer("floors").mark_rule(strokeDash=[5, 4]).encode(x=same(x), color=GUIDE)
    dots = (
        layer("losses")
        .mark_point(filled=True, size=160, opacity=1)
        .encode(
            x=x,
            y=y,
            color=alt.value(palette.LOSS),
            tooltip=[alt.Tooltip("loss:Q", title=_("loss"), format=".4g")],
        )
    )
    texts = (
        layer("losses")
        .mark_text(dy=-16, fontSize=13)
        .encode(x=same(x), y=same(y), text=alt.Text("loss:Q", format=".3g"), color=GUIDE)
    )
    chart = alt.layer(rules, dots, texts).properties(
        title=_("Memory surgery"), height=300, usermeta=CANVAS
    )
    return specification(chart)


def _labels_above(x: alt.X) -> alt.Chart:
    labels: alt.Chart = (
        layer("names")
        .mark_text(align="left", baseline="bottom", dy=-4, fontSize=12)
        .encode(
            x=alt.X("at:Q", title=None, scale=x["scale"], axis=None),
            y=alt.value(0),
            text="name:N",
            color=GUIDE,
        )
    )
    return labels
