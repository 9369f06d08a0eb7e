"""The path of the hidden state in the plane in which it varies most, with fixed points."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import altair as alt
import numpy as np
from numpy.typing import NDArray

from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.charts import palette
from dashboard.charts.arrow import Table
from dashboard.charts.base import CANVAS, HEIGHT, Chart, Spec, layer, same, specification
from dashboard.train.views.base import Presentation, View, ViewInput
from rnn_core.diagnostics import FixedPoints, Plane, find_fixed_points, principal_plane

# Hidden units up to which fixed points are searched for.
_MOST_UNITS = 64

_PATH = Table(x=float, y=float, order=int, window=int, strength=float)
_POINTS = Table(x=float, y=float, kind=str)


@dataclass(frozen=True, slots=True, eq=False)
class PhasePortraitResult:
    """The hidden states of the windows in view, in a plane.

    Args:
        points: each window's states in the plane, oldest first, shape ``(T, 2)``.
        plane: the plane of the first two principal components.
        fixed: fixed and slow points at zero input; None while the network is trained, or where it
            is too large.
        fixed_at: where they lie in the plane, shape ``(N, 2)``.
    """

    points: tuple[NDArray[np.float64], ...]
    plane: Plane
    fixed: FixedPoints | None
    fixed_at: NDArray[np.float64]


class PhasePortraitView(View[PhasePortraitResult, None]):
    """The path of the hidden state, and where it would stay."""

    key = "phase"
    default_controls = None
    has_preview = True
    keeps_previous = True  # so that the plane does not spin
    beside_text = True

    @property
    def title(self) -> str:
        """Its name on screen."""
        return _("phase")

    def compute(self, given: ViewInput[PhasePortraitResult, None]) -> PhasePortraitResult:
        """The path; fixed points as well, which take up to a second, while training is paused."""
        before = given.previous.plane if given.previous else None
        states = np.concatenate(given.hidden).astype(np.float64)
        plane = principal_plane(states, before=before)
        fixed, fixed_at = None, np.empty((0, 2))
        if given.paused and given.trainer.config.hidden_size <= _MOST_UNITS:
            now = given.trainer.context()
            fixed = find_fixed_points(now.model, now.inputs, now.state)
            fixed_at = (fixed.top - plane.centre) @ plane.axes.T
        points = tuple((window - plane.centre) @ plane.axes.T for window in given.hidden)
        return PhasePortraitResult(points, plane, fixed, fixed_at)

    def charts(self, result: PhasePortraitResult, shown: Presentation[None]) -> list[Chart]:
        """One chart."""
        return [_chart(result)]

    def numbers(self, result: PhasePortraitResult) -> str:
        """Share of the variance in the plane, and the fixed points by kind."""
        share = _("The plane shows {share:.0%} of the state's variance.").format(
            share=float(result.plane.explained.sum())
        )
        if result.fixed is None:
            return share
        kinds = [kind for kind, fixed in zip(result.fixed.kinds, result.fixed.fixed, strict=True)]
        counts = {kind: kinds.count(kind) for kind in ("stable", "saddle", "unstable")}
        fixed_points = _(
            "Fixed points at zero input: {stable} stable, {saddle} saddles, {unstable} unstable in "
            "every direction."
        ).format(**counts)
        return f"{share} {fixed_points}"

    def how_to_read(self) -> str:
        """How to read the path and the marks."""
        return _(
            "The path of the hidden state in the plane in which it varies most, over the windows "
            "in view; the newest is drawn strongest. A closed loop is a stable rhythm. While "
            "training is paused, points at which the state would stay at zero input are marked: "
            "stable ones attract it, and it leaves saddles along a few directions."
        )


VIEW = PhasePortraitView()


def _chart(result: PhasePortraitResult) -> Chart:
    windows = len(result.points)
    lengths = [len(points) for points in result.points]
    path = np.concatenate(result.points)
    number = np.repeat(np.arange(windows), lengths)
    kinds = result.fixed.kinds if result.fixed is not None else ()
    return Chart(
        _spec(current_language()),
        {
            "path": _PATH.rows(
                path[:, 0],
                path[:, 1],
                np.concatenate([np.arange(length) for length in lengths]),
                number,
                (number + 1) / windows,
            ),
            "fixed": _POINTS.rows(result.fixed_at[:, 0], result.fixed_at[:, 1], list(kinds)),
        },
        _("Path of the hidden state in the plane of its first two principal components."),
    )


@lru_cache(maxsize=8)
def _spec(language: str) -> Spec:
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
    names = {"stable": _("stable"), "saddle": _("saddle"), "unstable": _("unstable")}
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
