"""Eigenvalues of a time step and of the recurrent weights, and growth along the window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import altair as alt
import numpy as np

from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.charts.arrow import Table
from dashboard.charts.base import (
    CANVAS,
    GUIDE,
    HEIGHT,
    Chart,
    Spec,
    contender_scale,
    layer,
    same,
    specification,
    title_legend,
)
from dashboard.run.views import cost
from dashboard.run.views.base import Presentation, View, ViewInput
from rnn_core import CELLS, RunConfig, Task
from rnn_core.diagnostics import Lyapunov, Spectrum, lyapunov, step_spectrum, weight_spectrum

# The imaginary parts in view, either way. The real axis has the same scale, whatever the width.
_REACH = 1.6
# Blocks of the recurrent weights that are drawn: one of a cell with gates says little by itself.
_BLOCKS = ("h",)
# Lyapunov exponents that are computed.
_EXPONENTS = 4

_POINTS = Table(x=float, y=float, kind=str)
_LINE = Table(x=float, y=float, order=int)


@dataclass(frozen=True, slots=True, eq=False)
class SpectrumResult:
    """How a time step turns and stretches the state.

    Args:
        step: of the Jacobian of the newest window's last time step.
        weights: of the recurrent weights that are drawn, by the block's letter.
        growth: Lyapunov exponents along the window.
    """

    step: Spectrum
    weights: Mapping[str, Spectrum]
    growth: Lyapunov


class SpectrumView(View[SpectrumResult, None]):
    """Eigenvalues in the complex plane, with the unit circle."""

    key = "spectrum"
    default_controls = None
    beside_text = True

    @property
    def title(self) -> str:
        """Its name on screen."""
        return _("spectrum")

    def compute(self, given: ViewInput[SpectrumResult, None]) -> SpectrumResult:
        """The spectra at the end of the newest window, and the growth along it."""
        now = given.trainer.context()
        count = min(_EXPONENTS, given.trainer.config.hidden_size)
        return SpectrumResult(
            step_spectrum(now.model, now.inputs, now.state, at=[-1]),
            weight_spectrum(now.model, letters=_BLOCKS),
            lyapunov(now.model, now.inputs, now.state, count=count),
        )

    def operations(self, config: RunConfig, task: Task, *, paused: bool) -> float:
        """Twice forward, four directions along the window, and the eigenvalues of each layer."""
        parts = len(CELLS[config.cell].state_parts)
        matrices = 1 + sum(letter in _BLOCKS for letter in CELLS[config.cell].blocks)
        eigenvalues = 16.0 * matrices * config.num_layers * (parts * config.hidden_size) ** 3
        largest = 1.1 * cost.state_size(config) ** 3
        numbers = cost.weights(config, task.input_size)
        along = 5.0 * numbers * config.window_length + cost.pushes(config)
        return 2 * cost.forward(config, task) + along + eigenvalues + largest

    def charts(self, result: SpectrumResult, shown: Presentation[None]) -> list[Chart]:
        """One chart."""
        return [_chart(result)]

    def numbers(self, result: SpectrumResult) -> str:
        """Spectral radius, largest singular value and largest Lyapunov exponent."""
        return _(
            "Last time step: spectral radius {radius:.3g}, largest singular value {stretch:.3g}. "
            "Along the window the fastest direction grows by {growth:.3g} nats per time step "
            "(Lyapunov exponent over {steps} time steps)."
        ).format(
            radius=float(result.step.radius[-1]),
            stretch=float(result.step.stretch[-1]),
            growth=float(result.growth.exponents[0]),
            steps=result.growth.steps,
        )

    def how_to_read(self) -> str:
        """How to read the eigenvalues."""
        return _(
            "Each point shows how one direction of the state is rotated and stretched by a time "
            "step. Near the unit circle it is kept, inside it fades, outside it grows. Healthy for "
            "memory: a few points near the circle, none far outside. An arrow at the edge is a "
            "point further out; pointed at, it says where."
        )


VIEW = SpectrumView()


def _chart(result: SpectrumResult) -> Chart:
    spectra = {"step": result.step}
    if "h" in result.weights:
        spectra["weights"] = result.weights["h"]
    values = {kind: spectrum.eigenvalues[-1] for kind, spectrum in spectra.items()}
    both = np.concatenate(list(values.values()))
    kinds = [kind for kind, part in values.items() for _value in part]
    circle = np.linspace(0, 2 * np.pi, 90)
    return Chart(
        _spec(current_language()),
        {
            "eigenvalues": _POINTS.rows(both.real, both.imag, kinds),
            "circle": _LINE.rows(np.cos(circle), np.sin(circle), np.arange(len(circle))),
        },
        _("Eigenvalues in the complex plane, with the unit circle."),
    )


@lru_cache(maxsize=8)
def _spec(language: str) -> Spec:
    wide = f"{_REACH} * width / height"
    x = alt.X(
        "x:Q",
        title=_("real part"),
        scale=alt.Scale(
            domainMin=alt.ExprRef(f"-{wide}"),
            domainMax=alt.ExprRef(wide),
            nice=False,
            zero=False,
            clamp=True,
        ),
        axis=alt.Axis(tickCount=5),
    )
    y = alt.Y(
        "y:Q",
        title=_("imaginary part"),
        scale=alt.Scale(domain=[-_REACH, _REACH], nice=False, clamp=True),
        axis=alt.Axis(tickCount=5),
    )
    circle = (
        layer("circle")
        .mark_line(strokeDash=[5, 4], strokeWidth=1.5)
        .encode(x=x, y=y, order="order:Q", color=GUIDE)
    )
    names = {"step": _("one time step"), "weights": "W_hh"}
    dots_colour = alt.Color(
        "kind:N",
        title=None,
        scale=contender_scale(tuple(names)),
        legend=title_legend(names, 90),
    )
    dots = (
        layer("eigenvalues")
        .mark_point(filled=True, size=42, opacity=0.75)
        .encode(
            x=same(x),
            y=same(y),
            color=dots_colour,
            tooltip=[alt.Tooltip("x:Q", format=".4f"), alt.Tooltip("y:Q", format=".4f")],
        )
    )
    over, above = f"abs(datum.x) > {wide}", f"abs(datum.y) > {_REACH}"
    # Away from the middle: along the side or the corner that the point has left by.
    angle = f"atan2({over} ? datum.x : 0, {above} ? datum.y : 0) * 180 / PI"
    outside = (
        layer("eigenvalues")
        .mark_point(
            filled=True,
            shape="arrow",
            size=alt.ExprRef(f"{over} || {above} ? 700 : 0"),
            angle=alt.ExprRef(angle),
            opacity=1,
        )
        .encode(x=same(x), y=same(y), color=dots_colour)
    )
    chart = alt.layer(circle, dots, outside).properties(
        title=_("Eigenvalues"), height=HEIGHT + 90, usermeta=CANVAS
    )
    return specification(chart)
