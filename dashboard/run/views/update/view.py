"""Slow motion: the next update on the unrolled window, phase by phase."""

from __future__ import annotations

from dashboard.app.language import gettext as _
from dashboard.charts.base import Chart
from dashboard.run.views import cost
from dashboard.run.views.base import Presentation, View, ViewInput
from dashboard.run.views.unrolled.result import unroll_window
from dashboard.run.views.unrolled.view import shown_part
from dashboard.run.views.update.chart import slow_motion
from dashboard.run.views.update.phases import PHASES, Place
from dashboard.run.views.update.result import UpdateResult
from rnn_core import RunConfig, Task
from rnn_core.diagnostics import dissect_update


class UpdateView(View[UpdateResult, Place]):
    """One update at a phase and a time step."""

    key = "slow"
    default_controls = Place(PHASES[0], 1)
    panel = "dashboard.run.views.update.panel"
    needs_pause = True

    @property
    def title(self) -> str:
        """Its name on screen."""
        return _("slow motion")

    def compute(self, given: ViewInput[UpdateResult, Place]) -> UpdateResult:
        """The update that follows the step on screen."""
        trainer = given.trainer
        return UpdateResult(
            unroll_window(trainer), dissect_update(trainer), trainer.config.optimizer
        )

    def operations(self, config: RunConfig, task: Task, *, paused: bool) -> float:
        """The window twice, back once, and a copy of the run that takes its step and the next."""
        return (
            2 * cost.forward(config, task)
            + cost.backward(config, task)
            + cost.copied_run(config, task)
            + 2 * cost.training_step(config, task)
        )

    def charts(self, result: UpdateResult, shown: Presentation[Place]) -> list[Chart]:
        """One chart."""
        return [slow_motion(result, shown.controls)]

    def numbers(self, result: UpdateResult) -> str:
        """Which part of the window is drawn, if not all."""
        return shown_part(result.window)

    def how_to_read(self) -> str:
        """How to read the phases."""
        return _(
            "One update on the unrolled window, phase by phase; the parts involved are drawn "
            "strongly. Healthy: gradients that still reach the start of the window, clipping in "
            "few steps only, and changes of about a thousandth of the weights."
        )


VIEW = UpdateView()
