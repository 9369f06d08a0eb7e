"""The heat map of the hidden state over the windows in view, in the places of the signal chart.

The rows of a dataset are the cells that are shown, in an order that stays: from frame to frame only
the values change.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import altair as alt
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dashboard.app.language import gettext as _
from dashboard.charts import palette
from dashboard.charts.arrow import Table, numbers, where
from dashboard.charts.base import same
from dashboard.charts.kept import kept
from dashboard.charts.placement import PAGE, Layers, Placement
from dashboard.charts.signals import place_axis, window_layers, window_tables
from dashboard.charts.window_layout import WindowLayout

# Cells at most: enough to see a pattern, few enough to redraw ten times a second.
_MOST_CELLS = 1_600
# Columns at most, over all windows.
_MOST_COLUMNS = 100
# Height of the plot where the place does not say another, in pixels.
_HEIGHT = 200

_CELLS = Table(left=np.float32, right=np.float32, unit=np.int16, h=np.float32)
_HOVER = Table(
    left=np.float32, right=np.float32, unit=np.int16, h=np.float32, step=int, point=np.int16
)


def shown_cells(layout: WindowLayout, size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which time steps of a window and which units are drawn: every n-th, and the first ones.

    Args:
        layout: of the windows.
        size: hidden units H.
    """
    most = max(1, _MOST_COLUMNS // layout.windows)
    points = np.arange(0, layout.length, math.ceil(layout.length / most))
    units = np.arange(min(size, max(1, _MOST_CELLS // (len(points) * layout.windows))))
    return points, units


def state_tables(
    layout: WindowLayout,
    hidden: Sequence[NDArray[np.floating]],
    steps: Sequence[int],
    *,
    moving: bool,
) -> dict[str, bytes]:
    """The datasets of `states_chart`.

    Args:
        layout: of the windows.
        hidden: hidden states of the windows in view, ``(T, H)`` each.
        steps: their steps.
        moving: whether the chart is about to change, so that no values are needed on hover.
    """
    size = hidden[-1].shape[1]
    points, units = shown_cells(layout, size)
    values = np.full((layout.windows, len(points), len(units)), np.nan, np.float32)
    for step, states in zip(steps, hidden, strict=True):
        values[step % layout.windows] = states[np.ix_(points, units)]
    filled = ~np.isnan(values[:, 0, 0])
    columns = _places(layout, size)
    each = len(points) * len(units)
    if not filled.all():
        kept = where(np.repeat(filled, each))
        columns = tuple(column.take(kept) for column in columns)
    cells = values[filled].ravel()
    hover = _HOVER.empty
    if not moving:
        shown = np.zeros(layout.windows, np.int64)
        shown[np.array(steps) % layout.windows] = steps
        point = np.tile(np.repeat(points + 1, len(units)), int(filled.sum())).astype(np.int16)
        hover = _HOVER.rows(*columns, cells, np.repeat(shown[filled], each), point)
    return {
        "states": _CELLS.rows(*columns, cells),
        "states_hover": hover,
        "windows": window_tables(layout, np.array(steps))["windows"],
    }


@kept(64)
def _places(layout: WindowLayout, size: int) -> tuple[pa.Array, ...]:
    """Left edge, right edge and unit of each cell: they stay while the layout does.

    The cells of a window share its span evenly. Its last sample may be taken at the same time as
    the first one of the next window, so a cell is not centred on its sample.
    """
    points, units = shown_cells(layout, size)
    edges = np.append(points, layout.length) * (layout.span / layout.length)
    left = (np.arange(layout.windows)[:, None] * layout.span + edges[:-1]).ravel()
    right = (np.arange(layout.windows)[:, None] * layout.span + edges[1:]).ravel()
    return (
        numbers(np.repeat(left, len(units)).astype(np.float32)),
        numbers(np.repeat(right, len(units)).astype(np.float32)),
        numbers(np.tile(units + 1, len(left)).astype(np.int16)),
    )


def states_chart(layout: WindowLayout, size: int, placement: Placement = PAGE) -> Layers:
    """One row per unit, one column per time step of every window in view.

    Args:
        layout: of the windows.
        size: hidden units H.
        placement: where the chart is placed.
    """
    rows = (shown_cells(layout, size)[1] + 1).tolist()
    x = placement.x(place_axis(layout, "left"))
    # Explicit domains spare the browser looking for the distinct values at every redraw.
    y = alt.Y(
        "unit:O",
        title=_("hidden unit"),
        scale=alt.Scale(domain=rows, padding=0),
        axis=alt.Axis(values=rows[:: math.ceil(len(rows) / 6)]),
    )
    colour = alt.Color(
        "h:Q",
        title=None,
        scale=alt.Scale(domain=[-1, 1], clamp=True, range=palette.SIGNED),
        legend=_scale_bar(placement),
    )
    cells = placement.layer("states").mark_rect()
    cells = cells.encode(x=x, x2=alt.X2("right:Q"), y=placement.y(y), color=colour)
    hover = (
        placement.layer("states_hover")
        .mark_rect(opacity=0.001)
        .encode(
            tooltip=[
                alt.Tooltip("step:Q", title=_("step")),
                alt.Tooltip("point:Q", title=_("time step in the window")),
                alt.Tooltip("unit:O", title=_("hidden unit")),
                alt.Tooltip("h:Q", title="h", format=".4f"),
            ],
            x=same(x),
            x2=alt.X2("right:Q"),
            y=same(y),
        )
    )
    _newest, borders, _labels = window_layers(layout, placement)
    return alt.layer(cells, borders, hover).properties(
        **placement.properties(_("Hidden state"), _HEIGHT)
    )


def _scale_bar(placement: Placement) -> alt.Legend | None:
    """What the colours mean, in the room at the right end."""
    if not placement.end_room:
        return None
    return alt.Legend(
        orient="top-right",
        direction="vertical",
        title=_("state h"),
        values=[-1, 0, 1],
        gradientLength=min(110, (placement.height or _HEIGHT) - 60),
        gradientThickness=9,
        padding=0,
        offset=0,
        labelOffset=4,
        titlePadding=8,
    )
