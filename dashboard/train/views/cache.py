"""Taking looks inside a run: what each view computes, and how fresh it is.

Knows nothing of Streamlit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.train.views.base import (
    AS_IT_IS,
    TOLERANCE,
    WINDOWS_OPERATED_ON,
    Found,
    FreeLook,
    GatesLook,
    GradientLook,
    Look,
    MemoryLook,
    PhaseLook,
    Probe,
    SlowLook,
    SpectrumLook,
    UnrolledLook,
    WeightsLook,
)
from rnn_core import RunConfig, Task, Trainer
from rnn_core.diagnostics import (
    Plane,
    copy_parameters,
    dissect_update,
    find_fixed_points,
    free_run,
    gates_over_time,
    gradient_by_lag,
    lyapunov,
    principal_plane,
    saliency,
    shares_by_lag,
    state_ablation,
    step_spectrum,
    unroll,
    weight_matrices,
    weight_spectrum,
)
from rnn_core.tasks import build_task

# While playing a look is at least so old before it is taken anew, in seconds, and this many times
# as old as it took: training and drawing come first.
_FRESH, _SPARING = 0.3, 8.0
# The longest lag that has a share of its own: the work grows with its square.
_LONGEST_LAG = 19
# Lyapunov exponents asked for, and units up to which fixed points are searched for.
_EXPONENTS, _MOST_UNITS = 4, 64
# Time steps that a free run goes on for, at least, and windows.
_FREE_STEPS, _FREE_WINDOWS = 200, 2


class Looks:
    """The looks into one run, kept while they are fresh enough.

    Args:
        clock: seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.forget()

    def forget(self) -> None:
        """Another network is looked at from now on."""
        self._last: Look | None = None
        self._probe = AS_IT_IS
        self._resting = False
        self._next = 0.0
        self._plane: Plane | None = None
        self._weights: tuple[int, Mapping[str, NDArray[np.float64]]] | None = None

    def last(self, view: str) -> Look | None:
        """The last look through this view, if it was the last look of all."""
        return self._last if self._last is not None and self._last.view == view else None

    def take(
        self,
        view: str,
        trainer: Trainer,
        step: int,
        windows: Sequence[NDArray[np.floating]],
        *,
        paused: bool,
        probe: Probe = AS_IT_IS,
    ) -> Look:
        """Look at the step that the trainer stands at.

        Args:
            view: one of `VIEWS` but ``"state"``.
            trainer: read only.
            step: that step.
            windows: hidden states of the windows in view, ``(T, H)`` each, oldest first.
            paused: whether there is time: nothing is being trained.
            probe: what the visitor has the view try.
        """
        last, now = self._last, self._clock()
        asked_before, self._probe = self._probe, probe
        if last is not None and last.view == view and probe == asked_before:
            same = last.step == step and (self._resting or not paused)
            if same or (not paused and now < self._next):
                return last
        found = _COMPUTE[view](self, trainer, step, windows, paused)
        took = self._clock() - now
        self._next = now + max(_FRESH, _SPARING * took)
        self._resting = paused
        self._last = Look(view, step, found)
        return self._last

    def _unrolled(
        self, trainer: Trainer, _step: int, _windows: Any, _resting: bool
    ) -> UnrolledLook:
        at = trainer.context()
        return UnrolledLook(
            unroll(at.model, at.inputs, at.state),
            at.targets,
            at.loss_mask,
            at.criterion == "cross_entropy",
        )

    def _slow(self, trainer: Trainer, step: int, windows: Any, paused: bool) -> SlowLook:
        return SlowLook(
            self._unrolled(trainer, step, windows, paused),
            dissect_update(trainer),
            trainer.config.optimizer,
        )

    def _gates(self, trainer: Trainer, _step: int, _windows: Any, _resting: bool) -> GatesLook:
        if not trainer.model.cell.gates:
            return GatesLook(None)
        at = trainer.context()
        return GatesLook(gates_over_time(at.model, at.inputs, at.state))

    def _gradient(
        self, trainer: Trainer, _step: int, _windows: Any, _resting: bool
    ) -> GradientLook:
        at = trainer.context()
        window = at.model, at.inputs, at.state, at.targets
        loss: dict[str, Any] = {"criterion": at.criterion, "loss_mask": at.loss_mask}
        return GradientLook(
            gradient_by_lag(*window, **loss),
            shares_by_lag(*window, **loss, max_lag=_LONGEST_LAG),
            saliency(at.model, at.inputs, at.state),
        )

    def _phase(
        self,
        trainer: Trainer,
        _step: int,
        windows: Sequence[NDArray[np.floating]],
        paused: bool,
    ) -> PhaseLook:
        states = np.concatenate(windows).astype(np.float64)
        self._plane = plane = principal_plane(states, before=self._plane)
        fixed = None
        at_fixed = np.empty((0, 2))
        if paused and trainer.config.hidden_size <= _MOST_UNITS:
            at = trainer.context()
            fixed = find_fixed_points(at.model, at.inputs, at.state)
            at_fixed = (fixed.top - plane.centre) @ plane.axes.T
        points = tuple((window - plane.centre) @ plane.axes.T for window in windows)
        return PhaseLook(points, plane, fixed, at_fixed)

    def _spectrum(
        self, trainer: Trainer, _step: int, _windows: Any, _resting: bool
    ) -> SpectrumLook:
        at = trainer.context()
        return SpectrumLook(
            step_spectrum(at.model, at.inputs, at.state, at=[-1]),
            weight_spectrum(at.model),
            lyapunov(
                at.model, at.inputs, at.state, count=min(_EXPONENTS, trainer.config.hidden_size)
            ),
        )

    def _look_at_weights(
        self, trainer: Trainer, step: int, _windows: Any, _resting: bool
    ) -> WeightsLook:
        since, before = self._weights or (step, None)
        found = weight_matrices(trainer.model, before=before)
        self._weights = step, copy_parameters(trainer.model)
        return WeightsLook(found, step - since)

    def _memory(self, trainer: Trainer, step: int, _windows: Any, _resting: bool) -> MemoryLook:
        # The present window and those to come, on which the network has not been trained.
        return MemoryLook(
            state_ablation(
                trainer.model,
                trainer.task,
                start=step,
                windows=WINDOWS_OPERATED_ON,
                state=trainer.state,
            )
        )

    def _free(self, trainer: Trainer, step: int, _windows: Any, _resting: bool) -> FreeLook:
        config, task = trainer.config, trainer.task
        length = config.window_length
        if not task.streaming:
            return FreeLook(None, np.empty((0, task.output_size)), 0, False, length)
        fed_back = task.horizon is not None and self._probe.feed_back
        warmup = -(-(task.horizon or 1) // length)  # windows
        further = max(_FREE_WINDOWS, -(-_FREE_STEPS // length))
        after = task if fed_back else _changed(task, config, self._probe, step + warmup)
        batches = [task.batch(step + n) for n in range(warmup)]
        batches += [after.batch(step + warmup + n) for n in range(further)]
        targets = np.concatenate([batch.targets[0] for batch in batches])
        run = free_run(
            trainer.model,
            np.concatenate([batch.inputs[0] for batch in batches]),
            targets,
            trainer.state,
            warmup=warmup * length,
            horizon=task.horizon if fed_back else None,
            tolerance=TOLERANCE,
        )
        return FreeLook(run, targets, warmup * length, fed_back, length)


def can_change_waves(task: str) -> bool:
    """Whether a task's wave can go on with another frequency without a leap."""
    return task in ("sin_to_cos", "square_wave", "noisy_sine")


def _changed(task: Task, config: RunConfig, probe: Probe, window: int) -> Task:
    """The task with another wave, which begins at a window where the old one would have gone on."""
    if not can_change_waves(config.task):
        return task
    frequency = probe.frequency or config.frequency
    time = float(task.batch(window).time[0, 0])
    phase = config.phase + (config.frequency - frequency) * time
    return build_task(
        replace(
            config,
            frequency=frequency,
            amplitude=probe.amplitude or config.amplitude,
            phase=math.remainder(phase, 2 * math.pi),
        )
    )


_COMPUTE: Mapping[str, Callable[..., Found]] = MappingProxyType(
    {
        "unrolled": Looks._unrolled,
        "slow": Looks._slow,
        "gates": Looks._gates,
        "gradient": Looks._gradient,
        "phase": Looks._phase,
        "spectrum": Looks._spectrum,
        "weights": Looks._look_at_weights,
        "memory": Looks._memory,
        "free": Looks._free,
    }
)
