"""The gates of the top layer over the newest window."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import altair as alt
import numpy as np

from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.charts.arrow import Table
from dashboard.charts.base import CANVAS, GUIDE, HEAT_ROWS, Chart, Spec, heat, layer, specification
from dashboard.run.views import cost
from dashboard.run.views.base import Presentation, View, ViewInput
from rnn_core import CELLS, Cell, RunConfig, Task
from rnn_core.diagnostics import Gates, gates_over_time

# Cells of all heat maps together at most, and time steps of each.
_MOST_CELLS, _MOST_POINTS = 2_400, 50
_NAMES = Table(at=float, name=str)


@dataclass(frozen=True, slots=True, eq=False)
class GatesResult:
    """The gates of a cell; None if it has none."""

    gates: Gates | None


class GatesView(View[GatesResult, None]):
    """Every gate as a heat map, side by side."""

    key = "gates"
    default_controls = None

    @property
    def title(self) -> str:
        """Its name on screen."""
        return _("gates")

    def compute(self, given: ViewInput[GatesResult, None]) -> GatesResult:
        """The gates over the newest window."""
        if not given.trainer.model.cell.gates:
            return GatesResult(None)
        now = given.trainer.context()
        return GatesResult(gates_over_time(now.model, now.inputs, now.state))

    def operations(self, config: RunConfig, task: Task, *, paused: bool) -> float:
        """The window, once; nothing for a cell without gates."""
        return cost.forward(config, task) if CELLS[config.cell].gates else 0.0

    def charts(self, result: GatesResult, shown: Presentation[None]) -> list[Chart]:
        """One chart with all gates, if there are any."""
        return [] if result.gates is None else [_chart(result.gates)]

    def numbers(self, result: GatesResult) -> str:
        """Half-lives, and how often the gate that keeps the memory is open or shut."""
        gates = result.gates
        if gates is None:
            return _("This cell has no gates. Choose another **cell**, such as {cells}.").format(
                cells=", ".join(cell.title for cell in CELLS.values() if cell.gates)
            )
        keeper = gates.cell.memory_gate
        if keeper is None or gates.half_life is None:
            return ""
        half_life = gates.half_life[-1]
        return _(
            "Half-life of what a unit holds: median {median:.2g} time steps, longest {most:.3g}. "
            "Gate {keeper} is open (above 0.9) {open:.0%} of the time and shut (below 0.1) "
            "{shut:.0%}."
        ).format(
            median=float(np.median(half_life)),
            most=float(np.max(half_life)),
            keeper=keeper,
            open=float(gates.open[keeper][-1].mean()),
            shut=float(gates.shut[keeper][-1].mean()),
        )

    def how_to_read(self) -> str:
        """How to read the heat maps."""
        keeping = [
            _("{cell}: {gate} near {value}").format(
                cell=cell.title, gate=cell.memory_gate, value=int(cell.kept_when_open)
            )
            for cell in CELLS.values()
            if cell.memory_gate
        ]
        return _(
            "The stronger the teal, the further open; candidates are shown from -1 to 1. Healthy: "
            "gates that move with the signal, and some units that keep their content ({gates}). A "
            "layer whose gates are all stuck at 0 or 1 learns nothing."
        ).format(gates=", ".join(keeping))


VIEW = GatesView()


def gate_names(cell: Cell) -> list[str]:
    """Letter and name of each gate."""
    label = _("{letter}: {name}")
    return [label.format(letter=gate.letter, name=_(gate.name)) for gate in cell.gates]


def _chart(gates: Gates) -> Chart:
    values = {letter: gate[-1] for letter, gate in gates.values.items()}
    length, size = next(iter(values.values())).shape
    points = np.arange(0, length, math.ceil(length / _MOST_POINTS))
    units = np.arange(min(size, _MOST_CELLS // (len(points) * len(values))))
    width = len(points) + max(1.0, 0.15 * len(points))
    shown = np.array([gate[np.ix_(points, units)] for gate in values.values()])  # (G, P, U)
    left = np.arange(len(values))[:, None, None] * width + np.arange(len(points))[None, :, None]
    left = np.broadcast_to(left, shown.shape).ravel()
    unit = np.broadcast_to(units + 1, shown.shape).ravel()
    return Chart(
        _spec(current_language(), len(values) * width, len(units)),
        {
            "cells": HEAT_ROWS.rows(left, left + 1, unit - 0.5, unit + 0.5, shown.ravel()),
            "names": _NAMES.rows(np.arange(len(values)) * width, gate_names(gates.cell)),
        },
        _("Heat maps of the gates, side by side: one row per unit, one column per time step."),
    )


@lru_cache(maxsize=32)
def _spec(language: str, width: float, units: int) -> Spec:
    x = alt.X("left:Q", title=None, scale=alt.Scale(domain=[0, width], nice=False), axis=None)
    y = alt.Y(
        "low:Q",
        title=_("hidden unit"),
        scale=alt.Scale(domain=[units + 0.5, 0.5], nice=False),
        axis=alt.Axis(grid=False, tickMinStep=1, format="d"),
    )
    names = (
        layer("names")
        .mark_text(align="left", baseline="bottom", dy=-4, fontSize=12)
        .encode(
            x=alt.X("at:Q", title=None, scale=x["scale"], axis=None),
            y=alt.value(0),
            text="name:N",
            color=GUIDE,
        )
    )
    chart = alt.layer(heat(x, y, _("value"), [-1, 1]), names)
    return specification(
        chart.properties(title=_("Gates"), height=min(420, max(240, 9 * units)), usermeta=CANVAS)
    )
