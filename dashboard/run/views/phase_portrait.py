"""The path of the hidden state in the plane in which it varies most, with fixed points."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

import altair as alt
import numpy as np
from numpy.typing import NDArray

from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.charts import palette
from dashboard.charts.arrow import Table
from dashboard.charts.base import (
    CANVAS,
    HEIGHT,
    Chart,
    Spec,
    contender_colour,
    contender_layer,
    label_expression,
    same,
    specification,
)
from dashboard.run.views import cost
from dashboard.run.views.base import Presentation, View, ViewInput
from rnn_core import RunConfig, Task
from rnn_core.diagnostics import (
    Continuum,
    FixedPoints,
    Plane,
    find_fixed_points,
    principal_plane,
)

# Size of the whole state up to which fixed points are searched for.
_MOST_NUMBERS = 128
# The search ends after so many starts without a new point.
_PATIENCE = 256

_PATH = Table(x=float, y=float, order=int, window=int, strength=float)
_POINTS = Table(x=float, y=float, kind=str, name=str)
_CONTINUA = Table(x=float, y=float, order=int, number=int)
# The path and the fixed points, told apart by colour.
_COLOUR = contender_colour(("path", "fixed"), legend=False)


def _circle(radius: float, sweep: int = 1) -> str:
    """A circle as an SVG path."""
    arc = f"A{radius},{radius},0,1,{sweep}"
    return f"M{radius},0{arc},-{radius},0{arc},{radius},0Z"


# The shape of each kind of point. A legend shows neither sizes nor that a mark is hollow, so both
# are part of the shape.
_MARKS = {
    "stable": "circle",
    "saddle": "cross",
    "unstable": "triangle-up",
    "marginal": "diamond",
    "line": "M-1.2,-0.3L1.2,-0.3L1.2,0.3L-1.2,0.3Z",
    "surface": _circle(0.4),
    "slow": _circle(0.75) + _circle(0.45, sweep=0),
}


@dataclass(frozen=True, slots=True, eq=False)
class PhasePortraitResult:
    """The hidden states of the windows in view, in a plane.

    Args:
        points: each window's states in the plane, oldest first, shape ``(T, 2)``.
        plane: the plane of the first two principal components.
        fixed: fixed and slow points at zero input; None while the network is trained, or if its
            state has more than 128 numbers.
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
        """The path; while training is paused fixed points as well, which takes about a second."""
        before = given.previous.plane if given.previous else None
        states = np.concatenate(given.hidden).astype(np.float64)
        plane = principal_plane(states, before=before)
        fixed, fixed_at = None, np.empty((0, 2))
        size = cost.state_size(given.trainer.config)
        if given.paused and size <= _MOST_NUMBERS:
            now = given.trainer.context()
            fixed = find_fixed_points(
                now.model,
                now.inputs,
                now.state,
                patience=_PATIENCE,
                max_iterations=_iterations_in_a_second(size),
            )
            fixed_at = plane.project(fixed.top)
        points = tuple((window - plane.centre) @ plane.axes.T for window in given.hidden)
        return PhasePortraitResult(points, plane, fixed, fixed_at)

    def operations(self, config: RunConfig, task: Task, *, paused: bool) -> float:
        """The plane of the windows in view; at rest the search, which stops after a second."""
        plane = 300.0 * config.window_length * config.hidden_size
        if not paused or cost.state_size(config) > _MOST_NUMBERS:
            return plane
        return plane + cost.forward(config, task) + _search(config)

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
        return " ".join([share, *_sentences(result.fixed)])

    def how_to_read(self) -> str:
        """How to read the path and the marks."""
        return _(
            "The path of the hidden state in the plane in which it varies most, over the windows "
            "in view; the newest is drawn strongest. A closed loop is a stable rhythm. While "
            "training is paused, a search marks fixed points, where the state would stay at zero "
            "input: stable ones attract it, and it leaves saddles along a few directions. Where "
            "an eigenvalue has modulus 1 within its error, a point is marginal. Marginal points "
            "along a line, a ring or a surface are drawn as one: the network can hold any value "
            "along it. At slow points the state moves little but does not stay."
        )


VIEW = PhasePortraitView()


def _iterations_in_a_second(size: int) -> int:
    """About how many iterations of the search take a second, measured on one core."""
    return 40_000_000 // (1000 + size**2)


def _search(config: RunConfig) -> float:
    """Operations of the search: of all iterations, or of some 260 starts if they need fewer."""
    size = cost.state_size(config)
    call = 4e5 * config.num_layers * (4 if cost.uses_autograd(config) else 1)
    starts = 4e8 + 260 * (call + 1_200 * size**2)
    return min(0.8 * cost.PER_SECOND, starts)


def _sentences(found: FixedPoints) -> list[str]:
    """The fixed points by kind, lines and rings, slow points, and how long was searched."""
    kinds = np.array(found.kinds)
    alone, slow = Counter(kinds[found.isolated].tolist()), int(np.sum(kinds == "slow"))
    names = _kind_names()
    said = []
    if alone:
        said.append(
            _("Fixed points found at zero input: {count} ({by_kind}).").format(
                count=alone.total(),
                by_kind=_(", ").join(
                    f"{names[kind]} {alone[kind]}" for kind in names if alone[kind]
                ),
            )
        )
    elif not found.continua:
        said.append(_("No fixed point found at zero input."))
    for continuum in found.continua:
        said.append(
            _("{name} at zero input: {count} points found on it.").format(
                name=_continuum_name(continuum), count=len(continuum.points)
            )
        )
    if slow:
        said.append(_("Slow points: {slow}.").format(slow=slow))
    words = (
        _("The search had {starts} starts; the last {since} found no new fixed point.")
        if found.complete
        else _(
            "The search had {starts} starts and was stopped to save time: there may be more fixed "
            "points."
        )
    )
    return [*said, words.format(starts=found.starts, since=found.since_new)]


def _kind_names() -> dict[str, str]:
    return {
        "stable": _("stable"),
        "saddle": _("saddle"),
        "unstable": _("unstable in every direction"),
        "marginal": _("marginal"),
    }


def _mark_names() -> dict[str, str]:
    return {
        **_kind_names(),
        "unstable": _("unstable"),
        "line": _("line, ring"),
        "surface": _("surface"),
        "slow": _("slow point"),
    }


def _continuum_name(continuum: Continuum) -> str:
    names = {
        ("line", True): _("A line attractor"),
        ("ring", True): _("A ring attractor"),
        ("surface", True): _("An attracting surface"),
        ("line", False): _("An unstable line of fixed points"),
        ("ring", False): _("An unstable ring of fixed points"),
        ("surface", False): _("An unstable surface of fixed points"),
    }
    return names[continuum.kind, continuum.attracting]


def _chart(result: PhasePortraitResult) -> Chart:
    windows = len(result.points)
    lengths = [len(points) for points in result.points]
    path = np.concatenate(result.points)
    number = np.repeat(np.arange(windows), lengths)
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
            "fixed": _fixed_rows(result),
            "continua": _continua_rows(result),
        },
        _("Path of the hidden state in the plane of its first two principal components."),
    )


def _fixed_rows(result: PhasePortraitResult) -> bytes:
    """Points of their own, slow ones included, and the points of surfaces."""
    found = result.fixed
    kinds = np.array(found.kinds if found else (), "<U8")
    drawn = np.ones(len(kinds), bool)
    for continuum in found.continua if found else ():
        kinds[continuum.points] = "surface"
        drawn[continuum.points] = continuum.kind == "surface"
    # The slow ones first, so that no fixed point is hidden.
    order = np.argsort(kinds[drawn] != "slow", kind="stable")
    at, shown, names = result.fixed_at[drawn][order], kinds[drawn][order].tolist(), _mark_names()
    return _POINTS.rows(at[:, 0], at[:, 1], shown, [names[kind] for kind in shown])


def _continua_rows(result: PhasePortraitResult) -> bytes:
    """Lines and rings, each in order; a ring ends where it begins."""
    lines = [np.empty((0, 2))]
    for continuum in result.fixed.continua if result.fixed else ():
        if continuum.kind != "surface":
            closed = continuum.points[:1] if continuum.kind == "ring" else continuum.points[:0]
            lines.append(result.fixed_at[np.concatenate([continuum.points, closed])])
    at = np.concatenate(lines)
    return _CONTINUA.rows(
        at[:, 0],
        at[:, 1],
        np.concatenate([np.arange(len(line)) for line in lines]),
        np.repeat(np.arange(len(lines)), [len(line) for line in lines]),
    )


@lru_cache(maxsize=8)
def _spec(language: str) -> Spec:
    x = alt.X(
        "x:Q", title=_("first principal component"), axis=alt.Axis(tickCount=5, format=".2~g")
    )
    y = alt.Y(
        "y:Q", title=_("second principal component"), axis=alt.Axis(tickCount=5, format=".2~g")
    )
    path = contender_layer("path", "path").encode(
        x=x,
        y=y,
        order="order:Q",
        detail="window:N",
        color=_COLOUR,
    )
    strength = alt.Scale(domain=[0, 1], range=[0, 0.9])
    line = path.mark_line(strokeWidth=1.6).encode(
        strokeOpacity=alt.StrokeOpacity("strength:Q", scale=strength, legend=None)
    )
    dots = (
        contender_layer("path", "path")
        .mark_point(filled=True, size=22)
        .encode(
            x=same(x),
            y=same(y),
            color=_COLOUR,
            fillOpacity=alt.FillOpacity("strength:Q", scale=strength, legend=None),
            tooltip=[
                alt.Tooltip("order:Q", title=_("time step in the window")),
                alt.Tooltip("x:Q", format=".3f"),
                alt.Tooltip("y:Q", format=".3f"),
            ],
        )
    )
    continua = (
        contender_layer("continua", "fixed")
        .mark_line(strokeWidth=5, strokeOpacity=0.55, strokeCap="round")
        .encode(
            x=same(x),
            y=same(y),
            order="order:Q",
            detail="number:N",
            color=_COLOUR,
        )
    )
    fixed = (
        contender_layer("fixed", "fixed")
        .mark_point(filled=True, opacity=1, size=110)
        .encode(
            x=same(x),
            y=same(y),
            shape=alt.Shape(
                "kind:N",
                title=None,
                scale=alt.Scale(domain=list(_MARKS), range=list(_MARKS.values())),
                legend=alt.Legend(
                    orient="top",
                    columns=3,
                    labelExpr=label_expression(_mark_names()),
                    symbolFillColor=palette.GUIDE,
                    symbolStrokeColor=palette.GUIDE,
                ),
            ),
            color=_COLOUR,
            tooltip=[
                alt.Tooltip("name:N", title=_("fixed point")),
                alt.Tooltip("x:Q", format=".3f"),
                alt.Tooltip("y:Q", format=".3f"),
            ],
        )
    )
    chart = alt.layer(line, dots, continua, fixed).properties(
        title=_("Path of the hidden state"), height=HEIGHT + 130, usermeta=CANVAS
    )
    return specification(chart)
