"""What all charts have in common: how they are sent, and the pieces they are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import altair as alt

from dashboard import palette
from dashboard.language import gettext as _
from rnn_core import Floor

#: A chart's Vega-Lite specification, without data.
Spec = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart ready to send.

    Args:
        spec: Vega-Lite specification that names its datasets; the same object while the layout
            stays the same.
        tables: the datasets, in Arrow's stream format.
        alt: what the chart shows, for those who cannot see it; constant like the specification.
    """

    spec: Spec
    tables: dict[str, bytes]
    alt: str


def floor_lines(floors: tuple[Floor, ...]) -> list[tuple[float, str]]:
    """Value and label of each line that a logarithmic axis can show; equal floors share one."""
    names = {
        "constant": _("constant"),
        "time_only": _("a clock alone"),
        "memoryless": _("no memory"),
        "last_marker": _("the second marker alone"),
        "persistence": _("as now"),
        "window_memory": _("memory inside a window"),
        "carried_memory": _("carried memory"),
    }
    shared: dict[str, list[Floor]] = {}
    for floor in floors:
        if floor.value > 0:
            shared.setdefault(f"{floor.value:.3g}", []).append(floor)
    lines = []
    for shown, group in shared.items():
        kinds = _(" or ").join(names[floor.key] for floor in group)
        at_least = "≥ " if all(floor.bound == "lower" for floor in group) else ""
        lines.append((group[0].value, f"{kinds}: {at_least}{shown}"))
    return lines


# As encodings, not as properties of a mark: there alone Streamlit reads a name as a theme colour.
GUIDE = alt.value(palette.GUIDE)


def layer(dataset: str) -> alt.Chart:
    """A layer that draws the rows of one dataset, without filtering or computing in the browser."""
    return alt.Chart(alt.NamedData(dataset))


def specification(chart: alt.LayerChart | alt.FacetChart) -> Spec:
    """The finished specification."""
    # The tables hold finite numbers only; looking for others in every row is work at every redraw.
    spec: Spec = chart.configure_mark(invalid=None).to_dict()
    return spec


def same(channel: Any) -> Any:
    """The channel for a further layer: layers share a scale, which one of them describes."""
    return type(channel)(channel["shorthand"], title=channel["title"])


def _quoted(text: str) -> str:
    """``text`` as a string of Vega's expression language."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def label_expression(names: dict[str, str]) -> str:
    """A Vega expression that gives each key its name."""
    pairs = ", ".join(f"{_quoted(key)}: {_quoted(name)}" for key, name in names.items())
    return f"{{{pairs}}}[datum.label]"
