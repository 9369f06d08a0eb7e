"""The hidden state of the top layer over the newest window."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import altair as alt
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.charts import palette
from dashboard.charts.arrow import Table, numbers
from dashboard.charts.base import CANVAS, Chart, Spec, layer, same, scale_legend, specification
from dashboard.run.views.base import Presentation, View, ViewInput

# Cells of the heat map at most: enough to see a pattern, few enough to redraw ten times a second.
_MOST_CELLS = 2_000
_MOST_POINTS = 50

_CELLS = Table(point=int, unit=int, h=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class StateResult:
    """The hidden state of the newest window, shape ``(T, H)``."""

    hidden: NDArray[np.floating]


class StateView(View[StateResult, None]):
    """Every hidden unit at every time step, as a heat map."""

    key = "state"
    default_controls = None
    reads_model = False
    every_redraw = True

    @property
    def title(self) -> str:
        """Its name on screen."""
        return _("state")

    def compute(self, given: ViewInput[StateResult, None]) -> StateResult:
        """The newest of the windows in view."""
        return StateResult(given.hidden[-1])

    def charts(self, result: StateResult, shown: Presentation[None]) -> list[Chart]:
        """One heat map."""
        return [
            Chart(
                _spec(current_language(), *result.hidden.shape),
                _tables(result.hidden, moving=shown.moving),
                _("Heat map of the hidden state: one row per unit, one column per time step."),
            )
        ]

    def numbers(self, result: StateResult) -> str:
        """Which part of the state is drawn, if not all."""
        length, size = result.hidden.shape
        points, units = shown_cells(length, size)
        if len(units) == size and len(points) == length:
            return ""
        return _(
            "Shown: {units} of {all_units} units, {points} of {all_points} time steps."
        ).format(units=len(units), all_units=size, points=len(points), all_points=length)

    def how_to_read(self) -> str:
        """How to read the heat map."""
        return _(
            "Each row is one unit over the newest window. A unit that keeps one colour stores "
            "something; striped units follow the signal."
        )


VIEW = StateView()


def _tables(hidden: NDArray[np.floating], *, moving: bool) -> dict[str, bytes]:
    """The datasets of the heat map.

    Args:
        hidden: shape ``(T, H)``.
        moving: whether the chart is about to change, so that no values are needed on hover.
    """
    length, size = hidden.shape
    points, units = shown_cells(length, size)
    values = hidden[np.ix_(points, units)].astype(np.float32)  # (points, units)
    cells = _CELLS.rows(*_places(length, size), values.ravel())
    return {"state": cells, "hover": _CELLS.empty if moving else cells}


@lru_cache(maxsize=64)
def _places(length: int, size: int) -> tuple[pa.Array, pa.Array]:
    """Time step and unit of each cell, counted from 1: columns that stay while the layout does."""
    points, units = shown_cells(length, size)
    return (
        numbers(np.repeat(points + 1, len(units))),
        numbers(np.tile(units + 1, len(points))),
    )


def shown_cells(length: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Which time steps and which units fit into the heat map: every n-th, and the first ones."""
    points = np.arange(0, length, math.ceil(length / _MOST_POINTS))
    return points, np.arange(min(size, _MOST_CELLS // len(points)))


@lru_cache(maxsize=64)
def _spec(language: str, length: int, size: int) -> Spec:
    points, rows = ((shown + 1).tolist() for shown in shown_cells(length, size))
    # Explicit domains spare the browser looking for the distinct values at every redraw.
    x = alt.X(
        "point:O",
        title=_("time step in the window"),
        scale=alt.Scale(domain=points),
        axis=alt.Axis(labelAngle=0, values=points[:: math.ceil(len(points) / 12)]),
    )
    y = alt.Y(
        "unit:O",
        title=_("hidden unit"),
        scale=alt.Scale(domain=rows),
        axis=alt.Axis(values=rows[:: math.ceil(len(rows) / 8)]),
    )
    scale = alt.Scale(domain=[-1, 1], clamp=True, range=palette.SIGNED)
    colour = alt.Color("h:Q", title=None, scale=scale, legend=scale_legend())
    cells = layer("state").mark_rect().encode(x=x, y=y, color=colour)
    hover = (
        layer("hover")
        .mark_rect(opacity=0.001)
        .encode(
            x=same(x),
            y=same(y),
            tooltip=[
                alt.Tooltip("unit:O", title=_("hidden unit")),
                alt.Tooltip("point:O", title=_("time step in the window")),
                alt.Tooltip("h:Q", title="h", format=".4f"),
            ],
        )
    )
    # Hundreds of cells are cheaper as pixels than as elements of the page.
    height = min(420, max(270, 9 * len(rows)))
    chart = alt.layer(cells, hover).properties(
        title=_("Hidden state"), height=height, usermeta=CANVAS
    )
    return specification(chart)
