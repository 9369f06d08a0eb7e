"""Looks into a running network: what is computed for each view, and how fresh it is.

Knows nothing of Streamlit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_core import RunConfig, Task, Trainer
from rnn_core.diagnostics import (
    FixedPoints,
    FreeRun,
    Gates,
    LagGradient,
    LagShares,
    Lyapunov,
    Plane,
    Spectrum,
    Surgery,
    Unrolled,
    Update,
    Weight,
    dissect_update,
    find_fixed_points,
    free_run,
    gates_over_time,
    gradient_by_lag,
    lyapunov,
    memory_surgery,
    principal_plane,
    saliency,
    shares_by_lag,
    snapshot,
    step_spectrum,
    unroll,
    weight_matrices,
    weight_spectrum,
)
from rnn_core.tasks import build_task

#: The views, in the order in which they are offered.
VIEWS = (
    "state",
    "unrolled",
    "slow",
    "gates",
    "gradient",
    "phase",
    "spectrum",
    "weights",
    "memory",
    "free",
)
#: Views of a network at rest: nothing is looked at while it is trained.
AT_REST = frozenset({"slow"})
#: Views that take long at rest, up to a second: a hasty look can be shown first.
HEAVY = frozenset({"phase"})
# While playing a look is at least so old before it is taken anew, in seconds, and this many times
# as old as it took: training and drawing come first.
_FRESH, _SPARING = 0.3, 8.0
#: Windows that memory is operated on.
WINDOWS_OPERATED_ON = 20
# The longest lag that has a share of its own: the work grows with its square.
_LONGEST_LAG = 19
# Lyapunov exponents asked for, and units up to which fixed points are searched for.
_EXPONENTS, _MOST_UNITS = 4, 64
#: Relative error up to which a free run holds.
TOLERANCE = 0.4
# Time steps that a free run goes on for, at least, and windows.
_FREE_STEPS, _FREE_WINDOWS = 200, 2


@dataclass(frozen=True, slots=True, eq=False)
class UnrolledLook:
    """The whole window, time step by time step.

    Args:
        unrolled: states, gates and predictions.
        targets: shape ``(T, K)``.
        counted: time steps at which an answer is wanted; None for all.
        symbols: whether inputs and answers stand for symbols.
    """

    unrolled: Unrolled
    targets: NDArray[np.floating]
    counted: NDArray[np.bool_] | None
    symbols: bool


@dataclass(frozen=True, slots=True, eq=False)
class SlowLook:
    """The update that comes next, phase by phase.

    Args:
        window: the window that it is made from.
        update: what each phase does.
        optimizer: its name.
    """

    window: UnrolledLook
    update: Update
    optimizer: str


@dataclass(frozen=True, slots=True, eq=False)
class GatesLook:
    """Gates of an LSTM or a GRU; None for a plain RNN."""

    gates: Gates | None


@dataclass(frozen=True, slots=True, eq=False)
class GradientLook:
    """The way of the loss back through the window, and what each prediction rests on."""

    by_lag: LagGradient
    shares: LagShares
    saliency: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PhaseLook:
    """The hidden states of the windows in view in a plane.

    Args:
        points: a window's states in the plane, oldest first, each ``(T, 2)``.
        plane: which plane.
        fixed: fixed and slow points with an input of zero; None while the network is trained, or
            where it is too large.
        fixed_at: where these lie in the plane, ``(N, 2)``.
    """

    points: tuple[NDArray[np.float64], ...]
    plane: Plane
    fixed: FixedPoints | None
    fixed_at: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class SpectrumLook:
    """Eigenvalues of a time step and of the recurrent weights; growth along the window."""

    step: Spectrum
    weights: Mapping[str, Spectrum]
    growth: Lyapunov


@dataclass(frozen=True, slots=True, eq=False)
class WeightsLook:
    """Every parameter.

    Args:
        weights: by PyTorch's name.
        over: so many steps lie between the weights before and these.
    """

    weights: Mapping[str, Weight]
    over: int


@dataclass(frozen=True, slots=True, eq=False)
class MemoryLook:
    """What a state carried, reset and exchanged does to the loss."""

    surgery: Surgery


@dataclass(frozen=True, slots=True)
class Probe:
    """What a visitor has a view try.

    Args:
        feed_back: in a free run, whether predictions are fed back where they can be.
        frequency: of the wave, from where the free run begins; None for as it was.
        amplitude: likewise.
    """

    feed_back: bool = True
    frequency: float | None = None
    amplitude: float | None = None


#: Nothing is tried but what every view begins with.
AS_IT_IS = Probe()


@dataclass(frozen=True, slots=True, eq=False)
class FreeLook:
    """The network alone: how it goes on after the windows that it has heard.

    Args:
        run: what it read and said; None where every window is a sequence of its own.
        targets: shape ``(N, K)``.
        heard: time steps that it heard before.
        fed_back: whether it read its own predictions then.
        window_length: time steps of a window.
    """

    run: FreeRun | None
    targets: NDArray[np.floating]
    heard: int
    fed_back: bool
    window_length: int


Found = (
    UnrolledLook
    | SlowLook
    | GatesLook
    | GradientLook
    | PhaseLook
    | SpectrumLook
    | WeightsLook
    | MemoryLook
    | FreeLook
)


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What one view shows.

    Args:
        view: which.
        step: the step it was taken at.
        found: what was computed.
    """

    view: str
    step: int
    found: Found


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
        resting: bool,
        probe: Probe = AS_IT_IS,
    ) -> Look:
        """Look at the step that the trainer stands at.

        Args:
            view: one of `VIEWS` but ``"state"``.
            trainer: read only.
            step: that step.
            windows: hidden states of the windows in view, ``(T, H)`` each, oldest first.
            resting: whether there is time: nothing is being trained.
            probe: what the visitor has the view try.
        """
        last, now = self._last, self._clock()
        asked_before, self._probe = self._probe, probe
        if last is not None and last.view == view and probe == asked_before:
            same = last.step == step and (self._resting or not resting)
            if same or (not resting and now < self._next):
                return last
        found = _COMPUTE[view](self, trainer, step, windows, resting)
        took = self._clock() - now
        self._next = now + max(_FRESH, _SPARING * took)
        self._resting = resting
        self._last = Look(view, step, found)
        return self._last

    def _unrolled(
        self, trainer: Trainer, _step: int, _windows: Any, _resting: bool
    ) -> UnrolledLook:
        at = trainer.moment()
        return UnrolledLook(
            unroll(at.model, at.inputs, at.state),
            at.targets,
            at.counted,
            at.criterion == "cross_entropy",
        )

    def _slow(self, trainer: Trainer, step: int, windows: Any, resting: bool) -> SlowLook:
        return SlowLook(
            self._unrolled(trainer, step, windows, resting),
            dissect_update(trainer),
            trainer.config.optimizer,
        )

    def _gates(self, trainer: Trainer, _step: int, _windows: Any, _resting: bool) -> GatesLook:
        if trainer.config.cell == "rnn":
            return GatesLook(None)
        at = trainer.moment()
        return GatesLook(gates_over_time(at.model, at.inputs, at.state))

    def _gradient(
        self, trainer: Trainer, _step: int, _windows: Any, _resting: bool
    ) -> GradientLook:
        at = trainer.moment()
        window = at.model, at.inputs, at.state, at.targets
        loss: dict[str, Any] = {"criterion": at.criterion, "counted": at.counted}
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
        resting: bool,
    ) -> PhaseLook:
        states = np.concatenate(windows).astype(np.float64)
        self._plane = plane = principal_plane(states, before=self._plane)
        fixed = None
        at_fixed = np.empty((0, 2))
        if resting and trainer.config.hidden_size <= _MOST_UNITS:
            at = trainer.moment()
            fixed = find_fixed_points(at.model, at.inputs, at.state)
            at_fixed = (fixed.top - plane.centre) @ plane.axes.T
        points = tuple((window - plane.centre) @ plane.axes.T for window in windows)
        return PhaseLook(points, plane, fixed, at_fixed)

    def _spectrum(
        self, trainer: Trainer, _step: int, _windows: Any, _resting: bool
    ) -> SpectrumLook:
        at = trainer.moment()
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
        self._weights = step, snapshot(trainer.model)
        return WeightsLook(found, step - since)

    def _memory(self, trainer: Trainer, step: int, _windows: Any, _resting: bool) -> MemoryLook:
        # The present window and those to come, on which the network has not been trained.
        return MemoryLook(
            memory_surgery(
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
        fed_back = task.ahead is not None and self._probe.feed_back
        heard = -(-(task.ahead or 1) // length)  # windows
        further = max(_FREE_WINDOWS, -(-_FREE_STEPS // length))
        after = task if fed_back else _changed(task, config, self._probe, step + heard)
        batches = [task.batch(step + n) for n in range(heard)]
        batches += [after.batch(step + heard + n) for n in range(further)]
        targets = np.concatenate([batch.targets[0] for batch in batches])
        run = free_run(
            trainer.model,
            np.concatenate([batch.inputs[0] for batch in batches]),
            targets,
            trainer.state,
            heard=heard * length,
            ahead=task.ahead if fed_back else None,
            tolerance=TOLERANCE,
        )
        return FreeLook(run, targets, heard * length, fed_back, length)


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
