"""Axes for losses over steps, and the task's floors as labelled lines."""

from __future__ import annotations

import altair as alt

from dashboard.app.language import gettext as _
from dashboard.charts.arrow import Table
from dashboard.charts.base import GUIDE
from dashboard.charts.placement import PAGE, Placement
from rnn_core import Floor

#: Number format of a loss axis.
LOSS_LABELS = alt.Axis(format=".2~g", tickCount=5, grid=False)
# Floors less than this factor apart share a label: two labels would overlap.
_CLOSE = 1.2
_FLOORS = Table(loss=float, label=str)


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


def loss_axis(field: str, floors: tuple[Floor, ...], symbols: bool) -> alt.Y:
    """A logarithmic axis with room for all floors above 0.

    Args:
        field: the column of the losses.
        floors: the task's floors.
        symbols: whether the loss is a cross-entropy.
    """
    values = [floor.value for floor in floors if floor.value > 0]
    lowest, highest = min(values, default=0.1), max(values, default=1.0)
    return alt.Y(
        f"{field}:Q",
        title=loss_title(symbols),
        scale=alt.Scale(
            type="log", nice=False, domain=alt.DomainUnionWith(unionWith=[lowest / 3, highest * 2])
        ),
        axis=LOSS_LABELS,
    )


def loss_title(symbols: bool) -> str:
    """The title of a loss axis."""
    return _("loss (cross-entropy, nats)") if symbols else _("loss (mean squared error)")


def floor_layers(y: alt.Y, placement: Placement = PAGE) -> tuple[alt.Chart, alt.Chart]:
    """Lines at the floors, which are the rows of the dataset ``floors``, and their labels."""
    data = placement.layer("floors")
    height = alt.Y("loss:Q", title=y["title"])
    rules = data.mark_rule(strokeDash=[5, 4]).encode(y=height, color=GUIDE, **placement.across())
    labels = data.mark_text(
        align="right", baseline="bottom", dx=-4, dy=-3, fontSize=12, fontWeight="bold"
    ).encode(x=alt.value("width"), y=height, text="label:N", color=GUIDE)
    return rules, labels


def floor_rows(floors: tuple[Floor, ...]) -> bytes:
    """The dataset ``floors``."""
    lines = floor_lines(floors)
    return _FLOORS.rows([value for value, _label in lines], [label for _value, label in lines])


def floor_lines(floors: tuple[Floor, ...]) -> list[tuple[float, str]]:
    """Value and label of the line of each floor above 0; equal floors share a line.

    A floor that the app has no name for, of a task from outside the package, is named by its key.
    """
    names = {
        "constant": _("constant"),
        "time_only": _("time only"),
        "memoryless": _("no memory"),
        "last_marker": _("second marker only"),
        "persistence": _("persistence"),
        "linear": _("linear"),
        "window_memory": _("memory inside a window"),
        "carried_memory": _("carried memory"),
    }
    shared: dict[str, list[Floor]] = {}
    for floor in floors:
        if floor.value > 0:
            shared.setdefault(f"{floor.value:.3g}", []).append(floor)
    lines = []
    for shown, group in shared.items():
        kinds = _(" or ").join(
            names.get(floor.key) or str(floor.key).replace("_", " ") for floor in group
        )
        at_least = "≥ " if all(floor.bound == "lower" for floor in group) else ""
        lines.append((group[0].value, f"{kinds}: {at_least}{shown}"))
    return _legible(lines)


def _legible(lines: list[tuple[float, str]]) -> list[tuple[float, str]]:
    """The lines, with one label for those so close together that two labels would overlap."""
    apart: list[tuple[float, str]] = []
    for value, label in lines:
        if apart and apart[-1][0] < _CLOSE * value:
            above, shared = apart.pop()
            apart += [(above, f"{shared} · {label}"), (value, "")]
        else:
            apart.append((value, label))
    return apart
