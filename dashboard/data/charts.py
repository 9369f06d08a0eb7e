"""The series as it is split, and its first windows with the horizon."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import altair as alt
import numpy as np
from numpy.typing import NDArray

from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.charts import palette
from dashboard.charts.arrow import Table
from dashboard.charts.base import CANVAS, GUIDE, Chart, Spec, layer, same, specification
from dashboard.charts.kept import COLUMN, named
from rnn_core.series import Parts, Series, SeriesPlan
from rnn_core.tasks.series import SeriesTask

# Groups of rows that are drawn of a series: each by its lowest and its highest value.
_GROUPS = 700
# Windows that are drawn one by one, and rows of them all at most.
_WINDOWS, _MOST_ROWS = 3, 400
_OVERVIEW, _NEAR, _SMALL = 210, 190, 160
# Room for names above the line, as a share of its range.
_NAME_ROOM = 0.18

_LINE = Table(at=float, value=float)
_PARTS = Table(left=float, right=float, part=str, said=str, top=float)
_NAMES = Table(left=float, right=float, label=str, top=float)
_POINTS = Table(at=float, value=float, role=str, when=str)
_HORIZON = Table(left=float, right=float, value=float, label=str)

Array = NDArray[np.float64]


def overview(series: Series, plan: SeriesPlan) -> Chart:
    """The whole series, its parts shaded: training, validation, test."""
    column = plan.targets[0]
    rows, shown = thinned(series.column(column))
    at, dated = _places(series, rows)
    parts = Parts.of(len(series), plan)
    ends, _dated = _places(series, np.array([0, parts.train, parts.validation, parts.rows - 1]))
    return Chart(
        named(_overview_spec(current_language(), dated), column),
        {
            "series": _LINE.rows(at, shown),
            "parts": _PARTS.rows(
                ends[:-1],
                ends[1:],
                list(part_names()),
                [*part_names().values()],
                np.full(len(part_names()), _top(shown)),
            ),
        },
        _("Line of the series; training, validation and test part are shaded."),
    )


def windows(task: SeriesTask) -> Chart:
    """The first windows of the training part, and the forecast at the end of the first."""
    column, length, delay = task.plan.targets[0], task.length, task.delay
    shown = max(1, min(_WINDOWS, _MOST_ROWS // length))
    rows = np.arange(min(task.parts.train, shown * length + delay))
    values = task.series.column(column)
    lefts = np.arange(shown) * length
    last = length - 1
    when = task.units.when([last, last + delay])
    return Chart(
        named(_windows_spec(current_language()), column),
        {
            "series": _LINE.rows(rows + 1.0, values[rows]),
            "windows": _NAMES.rows(
                lefts + 0.5,
                lefts + length + 0.5,
                [_("window {n}").format(n=n + 1) for n in range(shown)],
                np.full(shown, _top(values[rows])),
            ),
            "points": _POINTS.rows(
                np.array([last, last + delay]) + 1.0,
                values[[last, last + delay]],
                [_("last value read"), _("value to forecast")],
                when,
            ),
            "horizon": _HORIZON.rows(
                [last + 1.0],
                [last + 1.0 + delay],
                [float(values[last])],
                [_("horizon: {rows}").format(rows=delay)],
            ),
        },
        _("Line of the first rows; windows are shaded, and the horizon is an arrow."),
    )


def preview(values: Array) -> Chart:
    """The first rows of a waveform."""
    return Chart(
        _preview_spec(current_language()),
        {"series": _LINE.rows(np.arange(len(values), dtype=float), values)},
        _("Line of the first rows of the waveform."),
    )


@lru_cache(maxsize=8)
def _preview_spec(language: str) -> Spec:
    line = layer("series").mark_line(strokeWidth=1.2)
    line = line.encode(
        x=alt.X("at:Q", title=_("row"), scale=alt.Scale(nice=False), axis=alt.Axis(grid=False)),
        y=alt.Y("value:Q", title=None, axis=alt.Axis(tickCount=3)),
        color=alt.value(palette.TARGET),
    )
    return specification(
        alt.layer(line).properties(title=_("Its first rows"), height=_SMALL, usermeta=CANVAS)
    )


def part_names() -> dict[str, str]:
    """The parts of a series, in their order."""
    return {"train": _("training"), "validation": _("validation"), "test": _("test")}


def thinned(values: Array, groups: int = _GROUPS) -> tuple[NDArray[np.int64], Array]:
    """Rows and values that draw the same picture as the whole series: extremes of each group.

    Args:
        values: shape ``(N,)``.
        groups: each keeps its lowest and its highest value, in the order in which they come.
    """
    size = -(-len(values) // groups)
    if size <= 2:
        return np.arange(len(values)), values
    whole = len(values) // size * size
    grouped = values[:whole].reshape(-1, size)
    first = np.arange(len(grouped)) * size
    extremes = np.stack([grouped.argmin(axis=1), grouped.argmax(axis=1)], axis=1)
    rows = (first[:, None] + np.sort(extremes, axis=1)).ravel()
    rows = np.unique(np.concatenate([rows, np.arange(whole, len(values))]))
    return rows, values[rows]


def _top(values: Array) -> float:
    """The height at which names are written."""
    return float(values.max() + _NAME_ROOM * np.ptp(values))


def _places(series: Series, rows: NDArray[np.int64]) -> tuple[Array, bool]:
    """Places of rows on the time axis; milliseconds where times are dates."""
    times = series.times
    if times is None:
        return (rows + 1).astype(np.float64), False
    found = times[rows]
    places: Array
    if np.issubdtype(times.dtype, np.datetime64):
        places = found.astype("datetime64[ms]").astype(np.int64).astype(np.float64)
        return places, True
    places = np.array(found, dtype=np.float64)
    return places, False


@lru_cache(maxsize=8)
def _overview_spec(language: str, dated: bool) -> Spec:
    x = (
        alt.X(
            "at:T",
            title=None,
            scale=alt.Scale(type="utc", nice=False),
            axis=alt.Axis(grid=False, labelOverlap=True),
        )
        if dated
        else alt.X("at:Q", title=None, scale=alt.Scale(nice=False), axis=alt.Axis(grid=False))
    )
    kind = "T" if dated else "Q"
    names = part_names()
    shades = (
        layer("parts")
        .mark_rect(opacity=0.16)
        .encode(
            x=alt.X(f"left:{kind}"),
            x2=alt.X2("right"),
            color=alt.Color(
                "part:N",
                scale=alt.Scale(
                    domain=list(names), range=[palette.GUIDE, palette.HELD_OUT_LOSS, "violet"]
                ),
                legend=None,
            ),
            tooltip=alt.Tooltip("said:N", title=_("part")),
        )
    )
    line = layer("series").mark_line(strokeWidth=1.2)
    line = line.encode(
        x=x,
        y=alt.Y(
            "value:Q",
            title=COLUMN,
            scale=alt.Scale(zero=False),
            axis=alt.Axis(format=".5~g", tickCount=5, titleLimit=_OVERVIEW),
        ),
        color=alt.value(palette.TARGET),
    )
    # The last one at the right edge: on a narrow page its part has no room for two names.
    named: dict[str, Any] = {"baseline": "top", "dy": 3, "fontSize": 12}
    first = layer("parts").transform_filter("datum.part != 'test'")
    last = layer("parts").transform_filter("datum.part == 'test'")
    said: dict[str, Any] = {"y": alt.Y("top:Q"), "text": alt.Text("said:N"), "color": GUIDE}
    labels = (
        first.mark_text(align="left", dx=4, **named).encode(x=alt.X(f"left:{kind}"), **said),
        last.mark_text(align="right", dx=-4, **named).encode(x=alt.X(f"right:{kind}"), **said),
    )
    chart = alt.layer(line, shades, *labels)
    return specification(chart.properties(title=_("The series"), height=_OVERVIEW, usermeta=CANVAS))


@lru_cache(maxsize=8)
def _windows_spec(language: str) -> Spec:
    x = alt.X(
        "at:Q",
        title=_("row"),
        scale=alt.Scale(nice=False),
        axis=alt.Axis(grid=False, tickMinStep=1),
    )
    y = alt.Y(
        "value:Q",
        title=COLUMN,
        scale=alt.Scale(zero=False),
        axis=alt.Axis(format=".5~g", tickCount=4, titleLimit=_NEAR),
    )
    line = layer("series").mark_line(strokeWidth=1.5)
    line = line.encode(x=x, y=y, color=alt.value(palette.INPUT))
    shades = layer("windows").mark_rect(opacity=0.08, strokeOpacity=0.6, strokeWidth=1)
    shades = shades.encode(
        x=alt.X("left:Q"), x2=alt.X2("right"), color=GUIDE, stroke=alt.value(palette.GUIDE)
    )
    names = layer("windows").mark_text(align="left", baseline="top", dx=4, dy=3, fontSize=12)
    names = names.encode(x=alt.X("left:Q"), y=alt.Y("top:Q"), text=alt.Text("label:N"), color=GUIDE)
    arrow = layer("horizon").mark_rule(strokeWidth=2)
    arrow = arrow.encode(
        x=alt.X("left:Q"),
        x2=alt.X2("right"),
        y=same(y),
        color=alt.value(palette.PREDICTION),
    )
    said = layer("horizon").mark_text(align="left", baseline="bottom", dx=6, dy=-6, fontSize=12)
    said = said.encode(
        x=alt.X("right:Q"),
        y=same(y),
        text=alt.Text("label:N"),
        color=alt.value(palette.PREDICTION),
    )
    points = layer("points").mark_point(filled=True, size=70, opacity=1)
    points = points.encode(
        x=same(x),
        y=same(y),
        color=alt.value(palette.TARGET),
        tooltip=[
            alt.Tooltip("role:N", title=_("this is the")),
            alt.Tooltip("when:N", title=_("time")),
            alt.Tooltip("value:Q", title=COLUMN, format=".5~g"),
        ],
    )
    chart = alt.layer(line, shades, names, arrow, said, points)
    return specification(
        chart.properties(title=_("The first windows"), height=_NEAR, usermeta=CANVAS)
    )
