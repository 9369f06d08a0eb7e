"""The chart of a room: a point for each run, with the floors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt
import numpy as np

from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.app.text import setting_name
from dashboard.board.runs import (
    FEWEST,
    MOST_GROUPS,
    ClassRun,
    common_floors,
    spread,
    value_name,
)
from dashboard.board.settings import STEPS
from dashboard.charts.arrow import Table
from dashboard.charts.base import (
    GUIDE,
    Chart,
    Spec,
    contender_scale,
    quoted,
    same,
    specification,
)
from dashboard.charts.kept import kept
from dashboard.charts.loss_axes import (
    LOSS_LABELS,
    drawn_floors,
    floor_label_rows,
    floor_layers,
    floor_rows,
    loss_range,
)
from dashboard.charts.placement import Placement
from rnn_core import CELLS, Floor
from rnn_core.config import is_read

#: Runs whose nicknames stand beside their points; more would cover each other.
MOST_NAMES = 16
# In pixels: the chart, and of that the plot; letters that can be read from the back of a room.
_HEIGHT, _PLOT, _LETTERS = 500, 400, 15
# Room for the labels of the floors, the size of their letters, and room around the points.
_ROOM, _SMALL, _PADDING = 135, 13, 14
# A logarithmic scale cannot show zero, and a step axis is no point.
_LEAST_LOSS, _LEAST_STEPS = 1e-12, 100
# Half the width of a group, relative to the distance of two: its points stand side by side.
_SPREAD = 0.34
# Numbers whose multiples leave the most even gaps: the golden section.
_GOLDEN = 0.6180339887498949
# Right of this share of the axis a nickname stands left of its point.
_RIGHT = 0.8
_SIDES: tuple[tuple[str, Literal["left", "right"], int], ...] = (
    ("names", "left", 11),
    ("names_left", "right", -11),
)
_PLACE = Placement(end_room=_ROOM)
#: Name of the selection that a click in the chart makes: the run's seat, by ``seat``.
PICKED = "picked"
_POINTS = Table(
    x=float,
    loss=float,
    contender=str,
    name=str,
    seed=int,
    step=int,
    settings=str,
    seat=int,
    link=str,
)
_NAMES = Table(x=float, loss=float, name=str)
_GROUPS = Table(left=float, right=float, low=float, median=float, high=float)


@dataclass(frozen=True, slots=True)
class _Axis:
    """The horizontal axis.

    Args:
        across: what it shows: `STEPS`, ``"seed"``, or the name of a setting.
        groups: names of the values that are drawn side by side; none for an axis of numbers.
        log: whether that is logarithmic.
    """

    across: str
    groups: tuple[str, ...] = ()
    log: bool = False


def chart(runs: Sequence[ClassRun], across: str, language: str | None = None) -> Chart:
    """Held-out losses of runs on one task, on a logarithmic axis with the floors they share.

    Args:
        runs: of one task.
        across: what the horizontal axis shows: `STEPS`, ``"seed"``, or a setting that differs.
        language: that was chosen, for the links; None for the browser's.
    """
    judged = [run for run in runs if run.is_judged]
    floors = common_floors(runs)
    axis = _axis(judged, across)
    places = _places(judged, axis)
    losses = [max(run.loss or 0.0, _LEAST_LOSS) for run in judged]
    points = _POINTS.rows(
        places,
        losses,
        [value_name("cell", run.config.cell) for run in judged],
        [run.nickname or "–" for run in judged],
        [run.config.seed for run in judged],
        [run.judged_at for run in judged],
        [settings_line(run) for run in judged],
        [run.number for run in judged],
        [run.link(language) for run in judged],
    )
    low, high = loss_range(floors)
    low, high = min([low, *losses]), max([high, *losses])
    lines = drawn_floors(floors)
    present = {run.config.cell for run in runs}
    return Chart(
        _spec(
            current_language(),
            axis,
            lines,
            bool(runs) and runs[0].symbols,
            tuple(cell for cell in CELLS if cell in present),
        ),
        {
            "points": points,
            **_name_rows(judged, places, losses, axis),
            "groups": _group_rows(judged, axis),
            "floors": floor_rows(lines),
            "floor_labels": floor_label_rows(lines, None, low, high, _PLOT, _SMALL),
        },
        _(
            "A point for each run at its held-out loss, on a logarithmic axis, with the floors; "
            "where runs stand side by side, boxes from quarter to quarter and the median."
        ),
    )


def _name_rows(
    runs: Sequence[ClassRun], places: Sequence[float], losses: Sequence[float], axis: _Axis
) -> dict[str, bytes]:
    """The nicknames, on that side of the points where there is room."""
    if not runs or len(runs) > MOST_NAMES:
        return {"names": _NAMES.empty, "names_left": _NAMES.empty}
    low, high = min(places), max(places)
    if axis.groups:
        low, high = -0.5, len(axis.groups) - 0.5
    elif axis.across == STEPS:
        low, high = 0.0, max(high, _LEAST_STEPS)
    border = low + _RIGHT * (high - low)
    rows = list(zip(places, losses, [run.nickname for run in runs], strict=True))
    sides = [row for row in rows if row[0] <= border], [row for row in rows if row[0] > border]
    names, left = (
        _NAMES.rows(*zip(*side, strict=True)) if side else _NAMES.empty for side in sides
    )
    return {"names": names, "names_left": left}


def settings_line(run: ClassRun) -> str:
    """The settings of a run that are read often, in a line."""
    config = run.config
    return f"{config.hidden_size} · lr {config.lr:g} · {config.window_length}"


def _axis(runs: Sequence[ClassRun], across: str) -> _Axis:
    if across == STEPS:
        return _Axis(across)
    if across == "seed":
        return _Axis(across, ("",))
    values = {_value(run, across): getattr(run.config, across) for run in runs}
    numbers = [value for value in values.values() if isinstance(value, int | float)]
    if len(values) > MOST_GROUPS and len(numbers) == len(values):
        positive = min(numbers) > 0
        return _Axis(across, log=positive and max(numbers) / min(numbers) > 20)
    return _Axis(across, tuple(sorted(values, key=lambda name: _order(across, values[name]))))


def _order(across: str, value: object) -> tuple[float, str]:
    """Numbers grow to the right, and cells stand in the order of the sidebar."""
    if across == "cell":
        return float(list(CELLS).index(str(value))), ""
    return (float(value), "") if isinstance(value, int | float) else (-1.0, str(value))


def _value(run: ClassRun, across: str) -> str:
    if not is_read(across, run.config):
        return "–"
    return value_name(across, getattr(run.config, across))


def _places(runs: Sequence[ClassRun], axis: _Axis) -> list[float]:
    """Where each run stands along the axis; a run of a group stays where it is."""
    if axis.across == STEPS:
        return [float(run.judged_at) for run in runs]
    if not axis.groups:
        return [float(getattr(run.config, axis.across)) for run in runs]
    if axis.across == "seed":
        groups = [0.0] * len(runs)
    else:
        groups = [float(axis.groups.index(_value(run, axis.across))) for run in runs]
    aside = [2 * _SPREAD * ((run.number * _GOLDEN) % 1 - 0.5) for run in runs]
    return [group + shift for group, shift in zip(groups, aside, strict=True)]


def _group_rows(runs: Sequence[ClassRun], axis: _Axis) -> bytes:
    """The box and the median of each group that has enough runs."""
    rows = []
    for place, name in enumerate(axis.groups):
        inside = [run for run in runs if axis.across == "seed" or _value(run, axis.across) == name]
        found = spread(inside) if len(inside) >= FEWEST else None
        if found is not None:
            numbers = (found.quarter, found.median, found.three_quarters)
            low, median, high = (max(each, _LEAST_LOSS) for each in numbers)
            rows.append((place - _SPREAD - 0.08, place + _SPREAD + 0.08, low, median, high))
    return _GROUPS.rows(*np.array(rows, float).T) if rows else _GROUPS.empty


@kept(64)
def _spec(
    language: str,
    axis: _Axis,
    floors: tuple[Floor, ...],
    symbols: bool,
    cells: tuple[str, ...],
) -> Spec:
    x = _PLACE.x(_x(axis))
    title = (
        _("held-out loss (cross-entropy, nats)")
        if symbols
        else _("held-out loss (mean squared error)")
    )
    least = list(loss_range(floors)) if floors else [0.1, 1.0]
    y = alt.Y(
        "loss:Q",
        title=title,
        scale=alt.Scale(
            type="log",
            nice=False,
            domain=alt.DomainUnionWith(unionWith=least),
            padding=_PADDING,
        ),
        axis=alt.Axis(
            **{**LOSS_LABELS.to_dict(), "labelFontSize": _LETTERS, "titleFontSize": _LETTERS}
        ),
    )
    names = tuple(str(CELLS[cell].title) for cell in cells)
    colour = alt.Color(
        "contender:N",
        title=None,
        # A colour for each cell there is: none changes when another cell comes.
        scale=contender_scale(tuple(str(cell.title) for cell in CELLS.values())),
        legend=alt.Legend(
            orient="top", values=list(names), labelFontSize=_LETTERS, symbolSize=160, padding=0
        )
        if names
        else None,
    )
    boxes = _PLACE.layer("groups").mark_rect(opacity=0.16)
    medians = _PLACE.layer("groups").mark_rule(strokeWidth=3)
    points = _PLACE.layer("points").mark_point(
        filled=True, size=190, opacity=0.85, cursor="pointer"
    )
    letters = [
        _PLACE.layer(dataset)
        .mark_text(align=align, baseline="middle", dx=aside, fontSize=_SMALL, limit=140)
        .encode(x=same(x), y=same(y), text="name:N", color=GUIDE)
        for dataset, align, aside in _SIDES
    ]
    group_x, group_right = alt.X("left:Q", title=x["title"]), alt.X2("right:Q")
    chart = alt.layer(
        boxes.encode(
            x=group_x,
            x2=group_right,
            y=alt.Y("low:Q", title=y["title"]),
            y2=alt.Y2("high:Q"),
            color=GUIDE,
        ),
        medians.encode(
            x=group_x, x2=group_right, y=alt.Y("median:Q", title=y["title"]), color=GUIDE
        ),
        *floor_layers(y, _PLACE, _SMALL),
        points.encode(
            x=x,
            y=y,
            color=colour,
            tooltip=[
                alt.Tooltip("name:N", title=_("nickname")),
                alt.Tooltip("contender:N", title=_("cell")),
                alt.Tooltip("settings:N", title=_("units, lr, points per window")),
                alt.Tooltip("seed:Q", title=_("seed"), format="d"),
                alt.Tooltip("step:Q", title=_("at step"), format="d"),
                alt.Tooltip("loss:Q", title=_("held-out loss"), format=".4g"),
            ],
        ).add_params(alt.selection_point(name=PICKED, fields=["seat"], toggle=False)),
        *letters,
    )
    return specification(chart.properties(height=_HEIGHT))


def _x(axis: _Axis) -> alt.X:
    common: dict[str, Any] = {"labelFontSize": _LETTERS, "titleFontSize": _LETTERS, "grid": False}
    if axis.across == STEPS:
        return alt.X(
            "x:Q",
            title=_("training step of the held-out loss"),
            scale=alt.Scale(
                domain=alt.DomainUnionWith(unionWith=[0, _LEAST_STEPS]),
                nice=False,
                padding=_PADDING,
            ),
            axis=alt.Axis(tickMinStep=1, tickCount=6, format="d", **common),
        )
    if axis.across == "seed":
        return alt.X(
            "x:Q",
            title=_("one point for each seed, side by side"),
            scale=alt.Scale(domain=[-0.5, 0.5], nice=False),
            axis=alt.Axis(values=[], ticks=False, **common),
        )
    title = setting_name(axis.across)
    if axis.groups:
        labels = ", ".join(map(quoted, axis.groups))
        return alt.X(
            "x:Q",
            title=title,
            scale=alt.Scale(domain=[-0.5, len(axis.groups) - 0.5], nice=False),
            axis=alt.Axis(
                values=list(range(len(axis.groups))),
                tickCount=len(axis.groups),
                labelExpr=f"[{labels}][datum.value]",
                labelAngle=0,
                **common,
            ),
        )
    return alt.X(
        "x:Q",
        title=title,
        scale=alt.Scale(type="log" if axis.log else "linear", zero=False, padding=_PADDING),
        axis=alt.Axis(format="~g", tickCount=6, **common),
    )
