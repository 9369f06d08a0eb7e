"""What charts draw, in the few numbers that must agree with the rest of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from streamlit.proto.VegaLiteChart_pb2 import VegaLiteChart

from dashboard.app.language import LANGUAGES, catalogue
from dashboard.app.text import LOSS_FORMAT
from dashboard.charts.arrow import read

# A curve of no more steps than this has a point for each of them.
_WHOLE = 200

Drawn = Mapping[str, Any]


def drawn(chart: VegaLiteChart) -> dict[str, Any]:
    """A chart's datasets in short, as JSON has it; empty for a chart of another kind.

    Returns:
        ``now``: first and last step of a loss curve, and its number of points, or None if they are
        not in order. ``head``: step and loss of the point on it. ``windows``: the steps whose
        windows are in view. ``curves``: the last step of all contenders' curves.
    """
    tables = {each.name: each.data.data for each in chart.datasets}
    found: dict[str, Any] = {}
    if {"now", "head"} <= tables.keys():
        found["now"] = _in_short(_column(tables["now"], "step"))
        found["head"] = [*_row(tables["head"])]
    windows = read(tables["windows"]) if "windows" in tables else None
    if windows is not None and "short" in windows.column_names:  # else it is the Data page's
        found["windows"] = [int(step) for step in windows["short"].to_pylist()]
    if {"curves", "held_out"} <= tables.keys():
        steps = _column(tables["curves"], "step")
        found["curves"] = int(steps.max()) if steps.size else None
    return found


def _column(rows: bytes, name: str) -> NDArray[Any]:
    column: NDArray[Any] = read(rows)[name].to_numpy()
    return column


def _row(rows: bytes) -> list[Any]:
    table = read(rows).to_pylist()
    return [*table[0].values()] if table else []


def _in_short(steps: NDArray[Any]) -> list[int] | None:
    if not steps.size:
        return []
    if np.any(np.diff(steps) <= 0):
        return None
    return [int(steps[0]), int(steps[-1]), len(steps)]


def names(text: str) -> frozenset[str]:
    """A text of the page in all languages."""
    return frozenset(catalogue(code).gettext(text) for code in LANGUAGES)


AT_STEP, ONLINE_LOSS = names("At step"), names("Online loss")


def expect_agreement(charts: Sequence[Drawn], step: str | None, loss: str | None) -> int:
    """The charts show the step and the loss of the readouts, and steps without a gap.

    Args:
        charts: as `drawn` gives them, top to bottom.
        step: in the readout; None if the page has none.
        loss: likewise.

    Returns:
        How much was compared.

    Raises:
        AssertionError: when something does not agree.
    """
    compared = 0
    shown: int | None = None
    for chart in charts:
        if "head" in chart:
            compared += 1
            curve, head = chart["now"], chart["head"]
            assert curve is not None, "The steps of the loss curve are not in order."
            if not head:
                continue  # a loss of 0 has no place on a logarithmic axis
            shown = head[0]
            assert step is None or step == str(shown), f"At step {step} the curve is at {shown}."
            said = format(head[1], LOSS_FORMAT)
            assert loss is None or loss == said, f"The readout says {loss}, the curve {said}."
            if curve:
                first, last, points = curve
                assert first <= shown <= last, (
                    f"The curve from {first} to {last} has {shown} on it."
                )
                whole = points == last - first + 1
                assert whole or last - first >= _WHOLE, f"{points} points from {first} to {last}."
        elif "curves" in chart and step is not None and chart["curves"] is not None:
            compared += 1
            last = chart["curves"]
            assert last <= int(step), f"At step {step} the curves are at {last}."
    figure = next((chart["windows"] for chart in charts if chart.get("windows")), None)
    if figure and shown is not None:
        compared += 1
        assert figure == [*range(figure[0], figure[0] + len(figure))], f"Windows of {figure}."
        assert figure[-1] == shown, f"At step {shown} the windows are of {figure}."
    return compared
