"""The charts of how the hidden state moves: its path, and the eigenvalues of its steps."""

from __future__ import annotations

from functools import lru_cache

import altair as alt
import numpy as np

from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.charts import palette
from dashboard.charts.arrow import Table
from dashboard.charts.base import CANVAS, GUIDE, HEIGHT, Chart, Spec, layer, same, specification
from dashboard.train.views.base import PhaseLook, SpectrumLook

_PATH = Table(x=float, y=float, order=int, window=int, strength=float)
_POINTS = Table(x=float, y=float, kind=str)
_LINE = Table(x=float, y=float, order=int)


def phase(found: PhaseLook) -> Chart:
    """The hidden state's way through the plane in which it moves most, with fixed points."""
    parts = []
    for number, points in enumerate(found.points):
        steps = np.arange(len(points))
        strength = (number + 1) / len(found.points)
        parts.append(
            (
                points[:, 0],
                points[:, 1],
                steps,
                np.full(len(points), number),
                np.full(len(points), strength),
            )
        )
    kinds = found.fixed.kinds if found.fixed is not None else ()
    return Chart(
        _phase_spec(current_language()),
        {
            "path": _PATH.rows(*(np.concatenate(column) for column in zip(*parts, strict=True))),
            "fixed": _POINTS.rows(found.fixed_at[:, 0], found.fixed_at[:, 1], list(kinds)),
        },
        _("Path of the hidden state in the plane of its two main directions."),
    )


def kind_names() -> dict[str, str]:
    """Of fixed points."""
    return {"stable": _("stable"), "saddle": _("saddle"), "unstable": _("unstable")}


@lru_cache(maxsize=8)
def _phase_spec(language: str) -> Spec:
    x = alt.X(
        "x:Q", title=_("first principal component"), axis=alt.Axis(tickCount=5, format=".2~g")
    )
    y = alt.Y(
        "y:Q", title=_("second principal component"), axis=alt.Axis(tickCount=5, format=".2~g")
    )
    path = layer("path").encode(
        x=x,
        y=y,
        order="order:Q",
        detail="window:N",
        color=alt.value(palette.PREDICTION),
    )
    strength = alt.Scale(domain=[0, 1], range=[0, 0.9])
    line = path.mark_line(strokeWidth=1.6).encode(
        strokeOpacity=alt.StrokeOpacity("strength:Q", scale=strength, legend=None)
    )
    dots = (
        layer("path")
        .mark_point(filled=True, size=22)
        .encode(
            x=same(x),
            y=same(y),
            color=alt.value(palette.PREDICTION),
            fillOpacity=alt.FillOpacity("strength:Q", scale=strength, legend=None),
            tooltip=[
                alt.Tooltip("order:Q", title=_("time step in the window")),
                alt.Tooltip("x:Q", format=".3f"),
                alt.Tooltip("y:Q", format=".3f"),
            ],
        )
    )
    names = kind_names()
    fixed = (
        layer("fixed")
        .mark_point(size=90, strokeWidth=2, opacity=1)
        .encode(
            x=same(x),
            y=same(y),
            shape=alt.Shape(
                "kind:N",
                title=_("fixed point"),
                scale=alt.Scale(domain=list(names), range=["circle", "cross", "triangle-up"]),
            ),
            color=alt.value(palette.TARGET),
        )
    )
    chart = alt.layer(line, dots, fixed).properties(
        title=_("Path of the hidden state"), height=HEIGHT + 90, usermeta=CANVAS
    )
    return specification(chart)


def spectrum(found: SpectrumLook) -> Chart:
    """Eigenvalues of the last time step and of the weights, with the unit circle."""
    step = found.step.eigenvalues[-1]
    weights = {letter: block.eigenvalues[-1] for letter, block in found.weights.items()}
    # Of a cell with gates a block of the weights says little alone.
    shown = {"step": step, **({"weights": weights["h"]} if "h" in weights else {})}
    values = np.concatenate(list(shown.values()))
    kinds = [kind for kind, part in shown.items() for _value in part]
    circle = np.linspace(0, 2 * np.pi, 90)
    return Chart(
        _spectrum_spec(current_language()),
        {
            "eigenvalues": _POINTS.rows(values.real, values.imag, kinds),
            "circle": _LINE.rows(np.cos(circle), np.sin(circle), np.arange(len(circle))),
        },
        _("Eigenvalues in the complex plane, with the unit circle."),
    )


@lru_cache(maxsize=8)
def _spectrum_spec(language: str) -> Spec:
    scale = alt.Scale(domain=alt.DomainUnionWith(unionWith=[-1.15, 1.15]), nice=False)
    x = alt.X("x:Q", title=_("real part"), scale=scale, axis=alt.Axis(tickCount=5))
    y = alt.Y("y:Q", title=_("imaginary part"), scale=scale, axis=alt.Axis(tickCount=5))
    circle = (
        layer("circle")
        .mark_line(strokeDash=[5, 4], strokeWidth=1.5)
        .encode(x=x, y=y, order="order:Q", color=GUIDE)
    )
    dots = (
        layer("eigenvalues")
        .mark_point(filled=True, size=42, opacity=0.75)
        .encode(
            x=same(x),
            y=same(y),
            color=alt.Color(
                "kind:N",
                title=None,
                scale=alt.Scale(
                    domain=["step", "weights"], range=[palette.PREDICTION, palette.TARGET]
                ),
                legend=alt.Legend(
                    orient="top",
                    labelExpr=f"datum.label == 'step' ? '{_('one time step')}' : 'W_hh'",
                ),
            ),
            tooltip=[alt.Tooltip("x:Q", format=".4f"), alt.Tooltip("y:Q", format=".4f")],
        )
    )
    chart = alt.layer(circle, dots).properties(
        title=_("Eigenvalues"), height=HEIGHT + 90, usermeta=CANVAS
    )
    return specification(chart)
