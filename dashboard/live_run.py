"""One session's run: trainer, history and player state behind one lock.

Streamlit may run two scripts of one session at once: a click starts a new one while the old one
finishes its training step. So everything that advances or replaces the trainer happens inside the
lock, and what is drawn is an immutable `Frame`. Knows nothing of Streamlit.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from rnn_core import Floor, LossHistory, RunConfig, Step, Trainer

#: Training time of one redraw, in seconds, which all who play at once share: the rest belongs to
#: drawing.
FRAME_BUDGET = 0.03
#: Playing stops when nobody has touched the page for so many seconds.
IDLE_LIMIT = 15 * 60
#: Losses are averaged over at least so many steps before words are put to them.
STEPS_TO_JUDGE = 20
# Buckets of the loss curve: each keeps its lowest and its highest step, about two pixels wide.
_LOSS_BUCKETS = 200


class Status(Enum):
    """What the player is doing, and why it stopped."""

    READY = "ready"
    PLAYING = "playing"
    PAUSED = "paused"
    AT_LIMIT = "at limit"
    IDLE = "idle"
    DIVERGED = "diverged"


Curve = tuple[NDArray[np.int64], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Frame:
    """What there is to draw, all of one moment.

    Args:
        status: what the player is doing.
        step: the last step with a finite loss.
        windows: the last finite steps, oldest first, ``step`` at the end.
        windows_in_view: how many of them the signal chart has room for.
        span: time that one window covers, in the task's unit.
        hidden: hidden state of the top layer over that step's first window, shape ``(T, H)``.
        curve: steps and losses of this run, thinned.
        previous: likewise of the run before, if there was one.
        recent_loss: mean loss of the last ``recent_steps`` steps.
        recent_steps: how many that mean covers.
        floors: the task's floors.
        parameter_count: trainable numbers.
        steps_per_second: measured while playing, else None.
        redraws_per_second: likewise.
        sharers: runs that played on this server at the last redraw, this one included.
        diverged_at: step whose loss was not finite, if one was.
        config: the run's settings.
        lr: learning rate in use.
    """

    status: Status
    step: Step
    windows: tuple[Step, ...]
    windows_in_view: int
    span: float
    hidden: NDArray[np.floating]
    curve: Curve
    previous: Curve | None
    recent_loss: float
    recent_steps: int
    floors: tuple[Floor, ...]
    parameter_count: int
    steps_per_second: float | None
    redraws_per_second: float | None
    sharers: int
    diverged_at: int | None
    config: RunConfig
    lr: float


def windows_in_view(windows_per_cycle: int) -> int:
    """How many windows the signal chart holds: whole cycles where these are short, so that a
    wave swept across it stands still."""
    whole_cycles = [n for n in range(4, 9) if n % windows_per_cycle == 0]
    return whole_cycles[0] if whole_cycles else 4


class LiveRun:
    """A run that a person watches.

    Args:
        config: settings to begin with.
        clock: seconds, for idleness and speed; tests give their own.
        engine: what trains, as in `Trainer`.
    """

    def __init__(
        self,
        config: RunConfig,
        *,
        clock: Callable[[], float] = monotonic,
        engine: str = "auto",
    ) -> None:
        self._clock = clock
        self._engine = engine
        self._lock = threading.RLock()
        self._touched = clock()
        self._sharers = 1
        self._status = Status.READY
        self._previous: Curve | None = None
        self._history = LossHistory(buckets=_LOSS_BUCKETS)
        self._restart(config)

    @property
    def status(self) -> Status:
        """What the player is doing."""
        return self._status

    @property
    def config(self) -> RunConfig:
        """The settings the run began with."""
        return self._trainer.config

    def touch(self) -> None:
        """Somebody is here."""
        self._touched = self._clock()

    def configure(self, config: RunConfig) -> dict[str, tuple[object, object]]:
        """Adopt the settings: a learning rate at once, anything else by starting again.

        A run that was playing goes on playing.

        Returns:
            What made it start again, by field: old value and new. Empty when it did not.
        """
        with self._lock:
            old, new = self._trainer.config.to_dict(), config.to_dict()
            changes = {name: (old[name], new[name]) for name in new if old[name] != new[name]}
            changes.pop("lr", None)
            if changes:
                self._restart(config)
            elif config.lr != self._trainer.lr:
                self._trainer.lr = config.lr
            return changes

    def play(self) -> None:
        """Let ticks train, unless the run has diverged."""
        with self._lock:
            self._speed.clear()
            if self._latest.index == 0:
                # A faster engine may have become ready since the page was opened. Nothing is
                # trained yet, so that the run can still be its own from the first step on.
                self._begin(self._new_trainer(self._trainer.config), self._trainer.lr)
            if self._status is not Status.DIVERGED:
                self._status = Status.PLAYING

    def pause(self) -> None:
        """Train no further step. Waits for a step that is under way."""
        with self._lock:
            if self._status is Status.PLAYING:
                self._status = Status.PAUSED

    def step_once(self, *, out_of_play: bool = False) -> None:
        """Pause, and take exactly one step.

        Args:
            out_of_play: do so only if the run is still playing.
        """
        with self._lock:
            if self._status is Status.DIVERGED or (
                out_of_play and self._status is not Status.PLAYING
            ):
                return
            self._status = Status.PAUSED
            self._take_step()

    def reset(self) -> None:
        """Back to step 0 of the same seed, and wait there."""
        with self._lock:
            self._status = Status.READY
            self._keep_curve()
            lr = self._trainer.lr
            self._trainer.reset()  # the same engine too: the same run, bit for bit
            self._begin(self._trainer, lr)

    def tick(self, most_steps: int | None, step_limit: int, sharers: int = 1) -> None:
        """Train for one redraw, if playing: one step at least.

        Args:
            most_steps: at most so many; None for as many as fit.
            step_limit: playing stops by itself at this step.
            sharers: runs that share the server now, this one included.
        """
        with self._lock:
            if self._status is not Status.PLAYING:
                return
            if self._clock() - self._touched > IDLE_LIMIT:
                self._status = Status.IDLE
                return
            self._sharers = sharers
            deadline = self._clock() + FRAME_BUDGET / sharers
            taken = 0
            while self._status is Status.PLAYING:
                if self._latest.index >= step_limit:
                    self._status = Status.AT_LIMIT
                elif taken == most_steps or (taken and self._clock() > deadline):
                    break
                else:
                    self._take_step()
                    taken += 1
            self._speed.append((self._clock(), self._latest.index))

    def frame(self) -> Frame:
        """The present moment, to draw."""
        with self._lock:
            recent = list(self._recent)
            return Frame(
                status=self._status,
                step=self._latest,
                windows=tuple(self._windows),
                windows_in_view=self._view,
                span=self._trainer.task.span,
                hidden=self._hidden,
                curve=self._history.points(),
                previous=self._previous,
                recent_loss=float(np.mean(recent)),
                recent_steps=len(recent),
                floors=self._floors,
                parameter_count=self._trainer.parameter_count,
                steps_per_second=self._per_second(steps=True),
                redraws_per_second=self._per_second(steps=False),
                sharers=self._sharers,
                diverged_at=self._diverged_at,
                config=self._trainer.config,
                lr=self._trainer.lr,
            )

    def _restart(self, config: RunConfig) -> None:
        """Begin a run with these settings."""
        self._keep_curve()
        if self._status is not Status.PLAYING:
            self._status = Status.READY
        self._begin(self._new_trainer(config), config.lr)

    def _new_trainer(self, config: RunConfig) -> Trainer:
        return Trainer(config, engine=self._engine)

    def _keep_curve(self) -> None:
        if len(self._history) > 1:
            self._previous = self._history.points()

    def _begin(self, trainer: Trainer, lr: float) -> None:
        """Watch this trainer from its step 0 on."""
        self._trainer = trainer
        trainer.lr = lr
        self._floors = trainer.task.floors()
        cycle = trainer.task.windows_per_cycle
        self._history = LossHistory(buckets=_LOSS_BUCKETS)
        self._view = windows_in_view(cycle)
        self._windows: deque[Step] = deque(maxlen=self._view)
        whole_cycles = -(-STEPS_TO_JUDGE // cycle) * cycle
        self._recent: deque[float] = deque(maxlen=min(whole_cycles, 10 * STEPS_TO_JUDGE))
        self._speed: deque[tuple[float, int]] = deque(maxlen=30)
        self._diverged_at: int | None = None
        self._steps: Iterator[Step] = trainer.steps()
        self._take_step()  # step 0: the untrained network is there to be seen

    def _take_step(self) -> None:
        """Advance and record, together: an interruption must not come between."""
        step = next(self._steps, None)
        if step is None or not step.is_finite:
            self._status = Status.DIVERGED
            self._diverged_at = step.index if step else self._diverged_at
            return
        self._latest = step
        self._hidden = self._trainer.hidden_states[0]
        self._windows.append(step)
        self._history.append(step.index, step.loss)
        self._recent.append(step.loss)

    def _per_second(self, *, steps: bool) -> float | None:
        """Steps, or redraws, over the last of these."""
        if self._status is not Status.PLAYING or len(self._speed) < 2:
            return None
        (began, first), (ended, last) = self._speed[0], self._speed[-1]
        count = last - first if steps else len(self._speed) - 1
        return count / (ended - began) if ended > began else None
