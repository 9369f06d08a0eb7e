"""Axes for losses over steps, and the task's floors as labelled lines."""

from __future__ import annotations

import math
from typing import Any

import altair as alt
import numpy as np

from dashboard.app.language import gettext as _
from dashboard.charts.arrow import Table
from dashboard.charts.base import GUIDE
from dashboard.charts.labels import apart, wrapped
from dashboard.charts.placement import PAGE, Placement
from rnn_core import Floor

# First digit of an axis label, as a Vega expression; and the one format of all labels.
_DIGIT = "round(datum.value / pow(10, floor(log(datum.value) / LN10 + 1e-9)))"
_FORMAT = "datum.value > 0.005 && datum.value < 1e5 ? '.2~f' : '.0e'"
#: A loss axis: labels at 1 and 3 times the powers of ten, 1, 0.3, 0.1, …, 0.01, 3e-3, 1e-3.
LOSS_LABELS = alt.Axis(
    labelExpr=f"indexof([1, 3], {_DIGIT}) < 0 ? '' : format(datum.value, {_FORMAT})",
    tickCount=5,
    grid=False,
)
#: Width that the floors' labels take in a margin of their own, in pixels.
END_ROOM = 98
# Letters in a line of such a label, their size in pixels, and what a line takes beyond that.
_LETTERS, _SIZE, _LEADING = 16, 11, 2
# Floors less than this factor apart share a label: two labels would overlap.
_CLOSE = 1.5
# A floor further below the highest is not drawn: it would squeeze the losses into the top of the
# chart.
_DEEPEST = 1e-5
_FLOORS = Table(loss=float, label=str, detail=str)
_LABELS = Table(loss=float, label=str, detail=str)


def step_axis(title: str, least: int) -> alt.X:
    """The horizontal axis of steps, from 0.

    Args:
        title: of the axis.
        least: the axis reaches at least to this step.
    """
    return alt.X(
        "step:Q",
        title=title,
        scale=alt.Scale(domain=alt.DomainUnionWith(unionWith=[0, least]), nice=False),
        axis=alt.Axis(grid=False, tickMinStep=1, tickCount=6, format="d"),
    )


def loss_axis(
    field: str, floors: tuple[Floor, ...], symbols: bool, *, standardised: bool = False
) -> alt.Y:
    """A logarithmic axis with room for all floors that are drawn.

    Args:
        field: the column of the losses.
        floors: the task's floors.
        symbols: whether the loss is a cross-entropy.
        standardised: whether it is that of standardised numbers.
    """
    return alt.Y(
        f"{field}:Q",
        title=loss_title(symbols, standardised),
        scale=alt.Scale(
            type="log", nice=False, domain=alt.DomainUnionWith(unionWith=list(loss_range(floors)))
        ),
        axis=LOSS_LABELS,
    )


def loss_range(floors: tuple[Floor, ...]) -> tuple[float, float]:
    """The losses that the axis spans at least."""
    values = [floor.value for floor in drawn_floors(floors)]
    return min(values, default=0.1) / 3, max(values, default=1.0) * 2


def loss_title(symbols: bool, standardised: bool = False) -> str:
    """The title of a loss axis."""
    if standardised:
        return _("loss (mean squared error, standardised)")
    return _("loss (cross-entropy, nats)") if symbols else _("loss (mean squared error)")


def drawn_floors(floors: tuple[Floor, ...]) -> tuple[Floor, ...]:
    """The floors that have a line on a logarithmic axis: those not too far below the highest."""
    least = _DEEPEST * max((floor.value for floor in floors), default=0.0)
    return tuple(floor for floor in floors if floor.value > 0 and floor.value >= least)


def floor_layers(
    y: alt.Y, placement: Placement = PAGE, size: int = _SIZE
) -> tuple[alt.Chart, alt.Chart]:
    """Lines at the floors, which are the rows of the dataset ``floors``, and their labels.

    Pointed at, both say how each floor was obtained. Where the place has room at its right end, the
    labels are the rows of ``floor_labels`` and stand there, where no curve crosses them.

    Args:
        y: the loss axis.
        placement: where the chart is placed.
        size: of the letters of labels at the end, in pixels.
    """
    data = placement.layer("floors")
    height = alt.Y("loss:Q", title=y["title"])
    detail = alt.Tooltip("detail:N", title=_("floor"))
    rules = data.mark_rule(strokeDash=[5, 4])
    rules = rules.encode(y=height, color=GUIDE, tooltip=detail, **placement.across())
    common: dict[str, Any] = {
        "y": height,
        "color": GUIDE,
        "text": alt.Text("label:N"),
        "tooltip": detail,
    }
    if placement.end_room:
        labels = placement.layer("floor_labels").mark_text(
            align="left",
            baseline="middle",
            dx=5,
            fontSize=size,
            lineBreak="\n",
            lineHeight=size + _LEADING,
        )
        return rules, labels.encode(x=alt.value(placement.right), **common)
    labels = data.mark_text(
        align="right", baseline="bottom", dx=-4, dy=-3, fontSize=12, fontWeight="bold"
    )
    return rules, labels.encode(x=alt.value("width"), **common)


def floor_list(floors: tuple[Floor, ...]) -> str:
    """What the lines are, highest first; empty without floors."""
    return "; ".join(label for _value, label in floor_lines(floors) if label)


def floor_rows(floors: tuple[Floor, ...], variance: float | None = None) -> bytes:
    """The dataset ``floors``.

    Args:
        floors: the task's.
        variance: of the target, where errors are also given relative to it.
    """
    lines = floor_lines(floors)
    details = [_detail(group, variance) for group in _equal(floors)]
    return _FLOORS.rows(
        [value for value, _label in lines], [label for _value, label in lines], details
    )


def floor_label_rows(
    floors: tuple[Floor, ...],
    variance: float | None,
    low: float,
    high: float,
    height: int,
    size: int = _SIZE,
) -> bytes:
    """The dataset ``floor_labels``: labels in several lines, moved where they would overlap.

    Args:
        floors: the task's.
        variance: of the target, where errors are also given relative to it.
        low: where the loss axis begins.
        high: where it ends.
        height: of the plot in pixels.
        size: of the letters, in pixels.
    """
    groups = _equal(floors)
    labels = [wrapped(f"{_kinds(group)} {_value(group)}", _LETTERS) for group in groups]
    # In pixels from the lower edge; a row is at the middle of its first line.
    lines = np.array([label.count("\n") + 1 for label in labels])
    scale = height / math.log(high / low)
    at = [scale * math.log(group[0].value / low) for group in groups]
    line = size + _LEADING
    first = apart(at, lines * line + 3, 0, height) + (lines - 1) * line / 2
    return _LABELS.rows(
        low * np.exp(first / scale), labels, [_detail(group, variance) for group in groups]
    )


def floor_lines(floors: tuple[Floor, ...]) -> list[tuple[float, str]]:
    """Value and label of the line of each floor that is drawn; equal floors share a line.

    A floor that the app has no name for, of a task from outside the package, is named by its key.
    """
    lines = []
    for group in _equal(floors):
        lines.append((group[0].value, f"{_kinds(group)}: {_value(group)}"))
    return _legible(lines)


def _kinds(floors: list[Floor]) -> str:
    return _(" or ").join(floor_name(floor) for floor in floors)


def _value(floors: list[Floor]) -> str:
    """The value that equal floors share; a lower bound says so."""
    at_least = "≥\u00a0" if all(floor.bound == "lower" for floor in floors) else ""
    return f"{at_least}{floors[0].value:.3g}"


def _equal(floors: tuple[Floor, ...]) -> list[list[Floor]]:
    """The floors that are drawn, those together that share a line."""
    shared: dict[str, list[Floor]] = {}
    for floor in drawn_floors(floors):
        shared.setdefault(f"{floor.value:.3g}", []).append(floor)
    return list(shared.values())


def held_out_name(*, validates: bool) -> str:
    """What the held-out loss is called: that of a validation part is the validation loss."""
    return _("validation loss") if validates else _("held-out loss")


def floor_name(floor: Floor) -> str:
    """A kind of predictor in the reader's language; an unknown one by its key."""
    names = {
        "constant": _("constant"),
        "time_only": _("time only"),
        "memoryless": _("no memory"),
        "last_marker": _("second marker only"),
        "persistence": _("persistence"),
        "drift": _("drift"),
        "seasonal": _("seasonal persistence"),
        "smoothing": _("exponential smoothing"),
        "linear": _("linear in {lags} inputs").format(lags=floor.lags),
        "window_memory": _("memory inside a window"),
        "carried_memory": _("carried memory"),
    }
    return names.get(floor.key) or str(floor.key).replace("_", " ")


def _detail(floors: list[Floor], variance: float | None) -> str:
    """How each of the floors was obtained, and the normalised error."""
    how = {
        "exact": _("exact"),
        "lower": _("lower bound"),
        "measured": _("measured ± {error:.1g} at 95 %"),
        "fitted": _("fitted to the training part"),
    }
    parts = [
        _("{floor} {value:.4g} ({how})").format(
            floor=floor_name(floor),
            value=floor.value,
            how=how[floor.bound].format(error=floor.error),
        )
        for floor in floors
    ]
    if variance:
        nrmse = math.sqrt(floors[0].value / variance)
        parts.append(_("NRMSE {nrmse:.3f}").format(nrmse=nrmse))
    return " · ".join(parts)


def _legible(lines: list[tuple[float, str]]) -> list[tuple[float, str]]:
    """The lines, with one label for those so close together that two labels would overlap."""
    apart: list[tuple[float, str]] = []
    labelled = 0
    for value, label in lines:
        if apart and apart[labelled][0] < _CLOSE * value:
            above, shared = apart[labelled]
            apart[labelled] = above, f"{shared} · {label}"
            label = ""
        else:
            labelled = len(apart)
        apart.append((value, label))
    return apart
