"""The newest window as a chain of cells, with the equations of one unit at one time step."""

from __future__ import annotations

from typing import NamedTuple

from dashboard.app.language import gettext as _
from dashboard.charts.base import Chart
from dashboard.run.views import cost
from dashboard.run.views.base import Presentation, View, ViewInput
from dashboard.run.views.unrolled.chart import unrolled
from dashboard.run.views.unrolled.layout import MOST_STEPS, MOST_UNITS
from dashboard.run.views.unrolled.result import UnrolledResult, unroll_window
from rnn_core import RunConfig, Task


class UnrolledControls(NamedTuple):
    """The time step and the unit of the top layer that are marked, both counted from 1."""

    time_step: int = 1
    unit: int = 1


class UnrolledView(View[UnrolledResult, UnrolledControls]):
    """Inputs, cells, predictions and targets of every time step."""

    key = "unrolled"
    default_controls = UnrolledControls()
    panel = "dashboard.run.views.unrolled.panel"

    @property
    def title(self) -> str:
        """Its name on screen."""
        return _("unrolled")

    def compute(self, given: ViewInput[UnrolledResult, UnrolledControls]) -> UnrolledResult:
        """The newest window."""
        return unroll_window(given.trainer)

    def operations(self, config: RunConfig, task: Task, *, paused: bool) -> float:
        """The window, once."""
        return cost.forward(config, task)

    def charts(self, result: UnrolledResult, shown: Presentation[UnrolledControls]) -> list[Chart]:
        """One chart."""
        return [unrolled(result, *shown.controls)]

    def numbers(self, result: UnrolledResult) -> str:
        """Which part of the window is drawn, if not all."""
        return shown_part(result)

    def how_to_read(self) -> str:
        """How to read the chain."""
        return _(
            "The newest window as a chain. Bottom to top: inputs (x), the cell at every time step "
            "with its units as stripes (h), predictions (y) and targets (y*). Teal is positive, "
            "brown negative. The state carried over comes in from the left. Click on a unit of a "
            "cell, or choose time step and unit above, to see its equations."
        )


VIEW = UnrolledView()


def shown_part(result: UnrolledResult) -> str:
    """Which part of a window is drawn; empty if all of it is."""
    steps, units = len(result.unrolled.inputs), result.unrolled.h.shape[2]
    if steps <= MOST_STEPS and units <= MOST_UNITS:
        return ""
    return _(
        "Shown: the last {steps} of {all_steps} time steps, {units} of {all_units} units."
    ).format(
        steps=min(steps, MOST_STEPS),
        all_steps=steps,
        units=min(units, MOST_UNITS),
        all_units=units,
    )
