"""The chart of a search for learning rates."""

from __future__ import annotations

import altair as alt
import numpy as np

from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.charts.arrow import Table
from dashboard.charts.base import (
    CANVAS,
    Chart,
    Spec,
    contender_colour,
    layer,
    same,
    specification,
)
from dashboard.charts.kept import kept
from dashboard.charts.loss_axes import floor_layers, floor_rows, loss_axis
from dashboard.charts.window_layout import WindowLayout
from dashboard.compare.lr_search.live_search import SearchFrame
from rnn_core import Floor

_RATES = Table(lr=float, loss=float, contender=str)
# In pixels.
_HEIGHT = 430
# A logarithmic axis cannot show a loss of zero.
_LEAST = 1e-12


def losses_by_rate(frame: SearchFrame) -> Chart:
    """Median loss of each contender at each learning rate, the lowest one ringed."""
    names = tuple(contender.name for contender in frame.contenders)
    rows, chosen = [], []
    for name, choice in zip(names, frame.choices, strict=True):
        for place, (lr, loss) in enumerate(zip(choice.grid, choice.medians, strict=True)):
            if np.isfinite(loss):
                rows.append((lr, max(float(loss), _LEAST), name))
                if place == choice.place:
                    chosen.append(rows[-1])
    return Chart(
        _losses_by_rate_spec(
            current_language(), frame.layout, names, frame.choices[0].grid, frame.floors
        ),
        {
            "rates": _RATES.rows(*zip(*rows, strict=True)) if rows else _RATES.empty,
            "chosen": _RATES.rows(*zip(*chosen, strict=True)) if chosen else _RATES.empty,
            "floors": floor_rows(frame.floors),
        },
        _("A line for each contender: the median loss at each learning rate."),
    )


@kept(64)
def _losses_by_rate_spec(
    language: str,
    layout: WindowLayout,
    names: tuple[str, ...],
    grid: tuple[float, ...],
    floors: tuple[Floor, ...],
) -> Spec:
    x = alt.X(
        "lr:Q",
        title=_("learning rate"),
        scale=alt.Scale(type="log", domain=[grid[0] / 1.2, grid[-1] * 1.2], nice=False),
        axis=alt.Axis(values=list(grid), format="~g", grid=False),
    )
    y = loss_axis("loss", floors, layout.symbols)
    colour = contender_colour(names, legend=True)
    lines = layer("rates").mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=30))
    rings = layer("chosen").mark_point(size=170, strokeWidth=2)
    hover = layer("rates").mark_point(opacity=0.001, filled=True, size=150)
    rules, labels = floor_layers(y)
    chart = alt.layer(
        rules,
        lines.encode(x=x, y=y, color=colour),
        rings.encode(x=same(x), y=same(y), color=same(colour)),
        labels,
        hover.encode(
            x=same(x),
            y=same(y),
            tooltip=[
                alt.Tooltip("contender:N", title=_("contender")),
                alt.Tooltip("lr:Q", title=_("learning rate"), format="~g"),
                alt.Tooltip("loss:Q", title=_("median loss"), format=".4g"),
            ],
        ),
    )
    return specification(
        chart.properties(title=_("Loss by learning rate"), height=_HEIGHT, usermeta=CANVAS)
    )
