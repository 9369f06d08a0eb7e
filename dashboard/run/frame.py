"""What is drawn of a run: a frame, all of one step.

Knows nothing of Streamlit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dashboard.app.playback import Status
from dashboard.charts.window_layout import WindowLayout
from rnn_core import Event, Floor, RunConfig, Step, Verdict
from rnn_core.messages import Message
from rnn_core.series import Units
from rnn_core.tasks import ForecastColumn

Curve = tuple[NDArray[np.int64], NDArray[np.float64]]


class HeldOut(NamedTuple):
    """Held-out losses, thinned; each field has the shape ``(K,)``.

    Attributes:
        steps: of the evaluations, ascending.
        means: the losses.
        lows: lower ends of their 95 % intervals.
        highs: upper ends.
    """

    steps: NDArray[np.int64]
    means: NDArray[np.float64]
    lows: NDArray[np.float64]
    highs: NDArray[np.float64]


class StoppedEarly(NamedTuple):
    """Why a run stopped early.

    Attributes:
        step: where it did.
        waited: evaluations in a row without an improvement.
        best_step: whose weights have the lowest validation loss; None if none was finite.
        best_loss: that loss.
    """

    step: int
    waited: int
    best_step: int | None
    best_loss: float


class StepNumbers(NamedTuple):
    """A step and its update in numbers.

    Attributes:
        step: which.
        loss: on its window.
        grad_norm: Euclidean norm of the gradient, before clipping.
        clipped: whether the gradient was scaled down.
        update: length of the update relative to the weights, ``|Δw| / |w|``.
    """

    step: int
    loss: float
    grad_norm: float
    clipped: bool
    update: float


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """What is drawn, all of one step.

    Args:
        status: what the player is doing.
        step: the last step with a finite loss.
        windows: the last steps with a finite loss, oldest first, ``step`` at the end; in the unit
            in which they are drawn.
        units: gives standardised numbers and row numbers back as people read them; None where they
            are drawn as they are.
        validates: whether the held-out loss is that of windows which are never trained on.
        layout: how they are arranged.
        hidden: hidden states of the top layer over the first row of each of them, ``(T, H)`` each.
        curve: steps and losses of this run, thinned.
        previous: likewise of the run before, if there was one on the same task.
        held_out: the held-out losses of the run so far.
        verdict: what the newest of them shows; None if the run diverged before there was one.
        judged_at: the step of that one.
        events: the remarkable moments of the run so far, in order.
        told: those of them that are told now, in order; at most two.
        floors: the task's floors, highest first.
        target_variance: of the target, where errors are also given relative to it; else None.
        streaming: whether each window continues the one before.
        horizon: samples after which a target becomes an input; None if it never does.
        forecast_columns: the targets that come in later as inputs.
        can_change_wave: whether the task's wave can continue with another frequency.
        parameter_count: number of trainable parameters.
        steps_per_second: measured while playing, else None.
        redraws_per_second: likewise.
        active_runs: runs that played on this server at the last redraw, this one included.
        engine: what trains, ``"compiled"`` or ``"torch"``.
        engine_reason: why PyTorch trains; None when the compiled engine does.
        diverged_at: the step whose loss was not finite, if there was one.
        config: the run's settings.
        lr: the current learning rate.
        newest: the newest step of the run; later than ``step`` while looking back.
        oldest: the first step that can be looked back to: of a run from a file, that of the file.
        given: whether the run began with weights from a file.
        stopped_early: why the run stopped early; None unless that is its status.
    """

    status: Status
    step: Step
    windows: tuple[Step, ...]
    units: Units | None
    validates: bool
    layout: WindowLayout
    hidden: tuple[NDArray[np.floating], ...]
    curve: Curve
    previous: Curve | None
    held_out: HeldOut
    verdict: Verdict | None
    judged_at: int
    events: tuple[Event, ...]
    told: tuple[Event, ...]
    floors: tuple[Floor, ...]
    target_variance: float | None
    streaming: bool
    horizon: int | None
    forecast_columns: tuple[ForecastColumn, ...]
    can_change_wave: bool
    parameter_count: int
    steps_per_second: float | None
    redraws_per_second: float | None
    active_runs: int
    engine: str
    engine_reason: Message | None
    diverged_at: int | None
    config: RunConfig
    lr: float
    newest: int
    oldest: int
    given: bool
    stopped_early: StoppedEarly | None

    @property
    def moving(self) -> bool:
        """Whether the frame is about to be replaced, so that hover values are not needed."""
        return self.status is Status.PLAYING
