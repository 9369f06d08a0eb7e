"""The charts of a sweep."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.app.text import capital, setting_name
from dashboard.charts import palette
from dashboard.charts.arrow import Table
from dashboard.charts.base import (
    CANVAS,
    GUIDE,
    Chart,
    Spec,
    contender_colour,
    layer,
    same,
    specification,
)
from dashboard.charts.kept import kept
from dashboard.charts.loss_axes import LOSS_LABELS, step_axis
from dashboard.sweeps.table import value_name
from dashboard.sweeps.text import value_title
from rnn_core.experiments.sweep import Space, SweptPoint, ranked

#: Points whose learning curves are drawn: the best ones.
MOST_CURVES = 60
# A logarithmic scale cannot show zero.
_LEAST = 1e-12
# In pixels: a chart, and one of several side by side; a row of a heat map, what stands around its
# fields, and its legend.
_HEIGHT, _PANEL, _ROW, _AROUND, _LEGEND = 300, 240, 38, 90, 33
_CELLS = Table(across=str, down=str, median=float, spread=str, others=str)
_RANGE = Table(median=float)
_CURVES = Table(step=float, loss=float, point=str, contender=str)
_BANDS = Table(step=float, low=float, high=float, contender=str)
_LOSSES = Table(loss=float)
_VALUES = Table(value=float, name=str, median=float, low=float, high=float, contender=str)


@dataclass(frozen=True, slots=True)
class Pictures:
    """Which settings the charts of a sweep show.

    Args:
        across: setting of the horizontal axis.
        down: of the vertical one of a heat map; empty where there is none.
        panels: the cells that have a heat map each; one empty name where there is one for all.
    """

    across: str
    down: str
    panels: tuple[str, ...]


def pictures(space: Space) -> Pictures:
    """What suits a space: heat maps of the first two settings, for each cell if it varies, too.

    Where intervals are sampled, hardly two points have a value in common: points over the first
    setting are drawn in their place.
    """
    plain = space.to_dict()["axes"]
    discrete = [name for name in plain if space.sampler == "grid" or isinstance(plain[name], list)]
    if len(discrete) < 2:
        sampled = [name for name in plain if name not in discrete]
        return Pictures((sampled or discrete)[0], "", ("",))
    others = [name for name in discrete if name != "cell"]
    if len(others) == 1:
        return Pictures(others[0], "cell", ("",))
    panels = tuple(plain["cell"]) if "cell" in discrete else ("",)
    return Pictures(others[0], others[1], panels)


def cell_panels(space: Space) -> tuple[str, ...]:
    """The cells that have a chart of learning curves each; one empty name if there is one cell."""
    axis = space.axes.get("cell")
    cells = () if axis is None else axis.grid()
    return tuple(map(str, cells)) if len(cells) > 1 else ("",)


def heat_map(space: Space, points: Sequence[SweptPoint], which: Pictures, panel: str) -> Chart:
    """Median of each pair of values; of points that differ in further settings, the best one's.

    Args:
        space: of the sweep.
        points: of the sweep.
        which: settings it shows.
        panel: the cell it is of; empty for all.
    """
    done = ranked(points)
    rows: dict[tuple[str, str], tuple[str, str, float, str, str]] = {}
    for each in done:
        assert each.outcome is not None
        if panel and each.point["cell"] != panel:
            continue
        across, down = (value_name(name, each.point[name]) for name in (which.across, which.down))
        others = ", ".join(
            f"{name} {value_name(name, value)}"
            for name, value in each.point.items()
            if name not in (which.across, which.down)
        )
        row = (across, down, _shown(each.outcome.value), _spread(each), others or "–")
        rows.setdefault((across, down), row)
    finite = [row for row in rows.values() if math.isfinite(row[2])]
    lost = [(*row[:2], 1.0, *row[3:]) for row in rows.values() if not math.isfinite(row[2])]
    values = [_shown(each.outcome.value) for each in done if each.outcome is not None]
    values = [value for value in values if math.isfinite(value)]
    columns, lines = (
        tuple(value_name(name, value) for value in space.axes[name].grid())
        for name in (which.across, which.down)
    )
    return Chart(
        _heat_spec(
            current_language(),
            which.across,
            which.down,
            columns,
            lines,
            panel,
            space.objective,
            panel == which.panels[-1],
        ),
        {
            "cells": _CELLS.rows(*zip(*finite, strict=True)) if finite else _CELLS.empty,
            "lost": _CELLS.rows(*zip(*lost, strict=True)) if lost else _CELLS.empty,
            "range": _RANGE.rows([min(values), max(values)] if values else []),
        },
        _("A heat map: the median over the seeds at each pair of values."),
    )


@kept(64)
def _heat_spec(
    language: str,
    across: str,
    down: str,
    columns: tuple[str, ...],
    rows: tuple[str, ...],
    panel: str,
    objective: str,
    legend: bool,
) -> Spec:
    x = alt.X(
        "across:N",
        title=setting_name(across),
        scale=alt.Scale(domain=list(columns), padding=0.04),
        axis=alt.Axis(labelAngle=0, grid=False),
    )
    # Numbers grow upwards, names are read downwards.
    order = list(rows) if down == "cell" else list(reversed(rows))
    y = alt.Y(
        "down:N",
        title=setting_name(down),
        scale=alt.Scale(domain=order, padding=0.04),
        axis=alt.Axis(grid=False),
    )
    colour = alt.Color(
        "median:Q",
        title=None,
        # The lower, the stronger: what is sought stands out.
        scale=alt.Scale(type="log", range=palette.AMOUNT, nice=False, reverse=True),
        legend=alt.Legend(
            type="gradient",
            orient="bottom",
            direction="horizontal",
            gradientLength=240,
            gradientThickness=9,
            format=".1~g",
            tickCount=3,
            labelOverlap="greedy",
            padding=0,
            offset=8,
        )
        if legend
        else None,
    )
    tooltip = [
        alt.Tooltip("across:N", title=setting_name(across)),
        alt.Tooltip("down:N", title=setting_name(down)),
        alt.Tooltip("median:Q", title=_("median"), format=".4g"),
        alt.Tooltip("spread:N", title=_("lowest to highest")),
        alt.Tooltip("others:N", title=_("further settings")),
    ]
    cells = layer("cells").mark_rect().encode(x=x, y=y, color=colour, tooltip=tooltip)
    # All panels of a sweep have one scale.
    ends = layer("range").mark_square(opacity=0, size=1).encode(color=same(colour))
    lost = layer("lost").mark_text(text="×", fontSize=16)
    lost = lost.encode(
        x=same(x),
        y=same(y),
        color=GUIDE,
        tooltip=[tooltip[0], tooltip[1], alt.Tooltip("spread:N", title=_("lowest to highest"))],
    )
    title = value_title(objective)
    return specification(
        alt.layer(cells, ends, lost).properties(
            title=f"{value_name('cell', panel)}: {title}" if panel else capital(title),
            height=_AROUND + (_LEGEND if legend else 0) + min(_HEIGHT, _ROW * len(rows)),
            usermeta=CANVAS,
        )
    )


def by_value(space: Space, points: Sequence[SweptPoint], which: Pictures) -> Chart:
    """Median and spread of every point over one setting, coloured by cell."""
    rows = []
    for each in ranked(points):
        assert each.outcome is not None
        if math.isfinite(each.outcome.value):
            value = each.point[which.across]
            rows.append(
                (
                    float(value) if isinstance(value, int | float) else 0.0,
                    value_name(which.across, value),
                    _shown(each.outcome.value),
                    _shown(min(each.outcome.values)),
                    _shown(min(max(each.outcome.values), 1e9)),
                    _cell(space, each),
                )
            )
    given = space.to_dict()["axes"][which.across]
    names = (
        ()
        if isinstance(given, dict) and space.sampler != "grid"
        else tuple(value_name(which.across, value) for value in space.axes[which.across].grid())
    )
    log = isinstance(given, dict) and bool(given["log"])
    return Chart(
        _by_value_spec(
            current_language(), which.across, names, log, _cells(space), space.objective
        ),
        {"points": _VALUES.rows(*zip(*rows, strict=True)) if rows else _VALUES.empty},
        _(
            "A dot for each point of the sweep at its median, and a line from the lowest to the "
            "highest seed."
        ),
    )


@kept(64)
def _by_value_spec(
    language: str,
    across: str,
    names: tuple[str, ...],
    log: bool,
    cells: tuple[str, ...],
    objective: str,
) -> Spec:
    title = setting_name(across)
    x: alt.X
    if names:
        x = alt.X(
            "name:N",
            title=title,
            scale=alt.Scale(domain=list(names)),
            axis=alt.Axis(labelAngle=0, grid=False),
        )
    else:
        x = alt.X(
            "value:Q",
            title=title,
            scale=alt.Scale(type="log" if log else "linear", zero=False),
            axis=alt.Axis(grid=False, format="~g", tickCount=5),
        )
    y = alt.Y(
        "median:Q",
        title=value_title(objective),
        scale=alt.Scale(type="log"),
        axis=LOSS_LABELS,
    )
    colour = contender_colour(cells, legend=len(cells) > 1)
    rules = layer("points").mark_rule(opacity=0.5)
    dots = layer("points").mark_point(filled=True, size=60, opacity=0.9)
    chart = alt.layer(
        rules.encode(x=x, y=alt.Y("low:Q", title=y["title"]), y2="high:Q", color=colour),
        dots.encode(
            x=same(x),
            y=y,
            color=same(colour),
            tooltip=[
                alt.Tooltip("name:N", title=title),
                alt.Tooltip("contender:N", title=_("cell")),
                alt.Tooltip("median:Q", title=_("median"), format=".4g"),
                alt.Tooltip("low:Q", title=_("lowest"), format=".4g"),
                alt.Tooltip("high:Q", title=_("highest"), format=".4g"),
            ],
        ),
    )
    return specification(
        chart.properties(
            title=_("Points by {setting}").format(setting=title), height=_HEIGHT, usermeta=CANVAS
        )
    )


def learning_curves(space: Space, points: Sequence[SweptPoint], panel: str = "") -> Chart:
    """Median training loss of the best points over the steps; thick, with a band, the best one.

    Args:
        space: of the sweep.
        points: of the sweep.
        panel: the cell it is of; empty for all, of which each has its thick line.
    """
    rows, leaders, bands, led = [], [], [], set()
    lowest, highest = math.inf, 0.0
    for each in ranked(points)[:MOST_CURVES]:
        assert each.outcome is not None
        if math.isinf(each.outcome.value):
            break  # losses beyond all bounds would squeeze the others; the table has them
        cell = _cell(space, each)
        name = ", ".join(value_name(key, value) for key, value in each.point.items())
        curve = [
            (step, max(loss, _LEAST), name, cell, max(low, _LEAST), max(high, _LEAST))
            for step, loss, low, high in zip(*each.outcome.curve, strict=True)
            if math.isfinite(loss)
        ]
        finite = [row for row in curve if math.isfinite(row[5])]
        lowest = min([lowest, *(row[4] for row in finite)])
        highest = max([highest, *(row[1] for row in curve)])
        if panel and each.point["cell"] != panel:
            continue
        rows += [row[:4] for row in curve]
        if cell not in led:
            led.add(cell)
            leaders += [row[:4] for row in curve]
            bands += [(row[0], row[4], row[5], cell) for row in finite]
    # All panels of a sweep have one scale.
    ends = [lowest, highest] if lowest < highest else []
    bands = [(step, low, min(high, highest), cell) for step, low, high, cell in bands]
    return Chart(
        _curves_spec(current_language(), _cells(space), panel, space.steps),
        {
            "curves": _CURVES.rows(*zip(*rows, strict=True)) if rows else _CURVES.empty,
            "leaders": _CURVES.rows(*zip(*leaders, strict=True)) if leaders else _CURVES.empty,
            "bands": _BANDS.rows(*zip(*bands, strict=True)) if bands else _BANDS.empty,
            "range": _LOSSES.rows(ends),
        },
        _("A line for each point of the sweep: the median training loss over the steps."),
    )


@kept(64)
def _curves_spec(language: str, cells: tuple[str, ...], panel: str, steps: int) -> Spec:
    x = step_axis(_("training step"), steps)
    if panel:
        x["axis"]["tickCount"] = 3
    y = alt.Y(
        "loss:Q",
        title=_("training loss"),
        scale=alt.Scale(type="log", nice=False),
        axis=LOSS_LABELS,
    )
    colour = contender_colour(cells, legend=len(cells) > 1 and not panel)
    band = layer("bands").mark_area(opacity=0.15)
    thin = layer("curves").mark_line(strokeWidth=1, opacity=0.35)
    thick = layer("leaders").mark_line(strokeWidth=2.5)
    hover = layer("curves").mark_point(opacity=0.001, filled=True, size=60)
    chart = alt.layer(
        band.encode(x=same(x), y=alt.Y("low:Q", title=y["title"]), y2="high:Q", color=same(colour)),
        thin.encode(x=x, y=y, color=colour, detail="point:N"),
        thick.encode(x=same(x), y=same(y), color=same(colour), detail="point:N"),
        layer("range").mark_square(opacity=0, size=1).encode(y=same(y)),
        hover.encode(
            x=same(x),
            y=same(y),
            tooltip=[
                alt.Tooltip("point:N", title=_("point")),
                alt.Tooltip("step:Q", title=_("training step"), format="d"),
                alt.Tooltip("loss:Q", title=_("median loss"), format=".4g"),
            ],
        ),
    )
    title = _("Learning curves")
    return specification(
        chart.properties(
            title=f"{value_name('cell', panel)}: {title}" if panel else title,
            height=_PANEL if panel else _HEIGHT,
            usermeta=CANVAS,
        )
    )


def _cell(space: Space, point: SweptPoint) -> str:
    cell = point.point.get("cell", space.settings.get("cell", "rnn"))
    return value_name("cell", cell)


def _cells(space: Space) -> tuple[str, ...]:
    axis = space.axes.get("cell")
    cells = (space.settings.get("cell", "rnn"),) if axis is None else axis.grid()
    return tuple(value_name("cell", cell) for cell in cells)


def _shown(value: float) -> float:
    return max(value, _LEAST) if math.isfinite(value) else math.inf


def _spread(point: SweptPoint) -> str:
    assert point.outcome is not None
    values = point.outcome.values
    return " – ".join(
        format(each, ".3g") if math.isfinite(each) else _("none")
        for each in (min(values), max(values))
    )
