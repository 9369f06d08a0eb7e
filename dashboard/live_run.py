"""One visitor's run: trainer, history and what there is to draw of them.

Knows nothing of Streamlit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from dashboard.looks import Look, Looks
from dashboard.playback import Changes, Playback, Status, changes_between
from dashboard.window_layout import WindowLayout, window_layout
from rnn_core import Floor, LossHistory, RunConfig, Step, Trainer

#: Losses are averaged over at least so many steps before words are put to them.
STEPS_TO_JUDGE = 20
# Buckets of the loss curve: each keeps its lowest and its highest step, about two pixels wide.
_LOSS_BUCKETS = 200


Curve = tuple[NDArray[np.int64], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Frame:
    """What there is to draw, all of one moment.

    Args:
        status: what the player is doing.
        step: the last step with a finite loss.
        windows: the last finite steps, oldest first, ``step`` at the end.
        layout: how they are drawn.
        hidden: hidden state of the top layer over that step's first window, shape ``(T, H)``.
        curve: steps and losses of this run, thinned.
        previous: likewise of the run before, if there was one.
        recent_loss: mean loss of the last ``recent_steps`` steps.
        recent_steps: how many that mean covers.
        floors: the task's floors, highest first.
        streaming: whether each window goes on where the one before ended.
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
    layout: WindowLayout
    hidden: NDArray[np.floating]
    curve: Curve
    previous: Curve | None
    recent_loss: float
    recent_steps: int
    floors: tuple[Floor, ...]
    streaming: bool
    parameter_count: int
    steps_per_second: float | None
    redraws_per_second: float | None
    sharers: int
    diverged_at: int | None
    config: RunConfig
    lr: float

    @property
    def moving(self) -> bool:
        """Whether nobody can point at what is drawn, as it will be gone."""
        return self.status is Status.PLAYING


class LiveRun(Playback):
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
        super().__init__(clock, engine)
        self._previous: Curve | None = None
        self._looks = Looks(clock)
        self._history = LossHistory(buckets=_LOSS_BUCKETS)
        self._restart(config)

    @property
    def config(self) -> RunConfig:
        """The settings the run began with."""
        return self._trainer.config

    @property
    def index(self) -> int:
        """The last step with a finite loss."""
        return self._latest.index

    def configure(self, config: RunConfig) -> Changes:
        """Adopt the settings: a learning rate at once, anything else by starting again.

        A run that was playing goes on playing.

        Returns:
            What made it start again, by field: old value and new. Empty when it did not.
        """
        with self._lock:
            changes = changes_between(self._trainer.config, config)
            changes.pop("lr", None)
            if changes:
                self._restart(config)
            elif config.lr != self._trainer.lr:
                self._trainer.lr = config.lr
            return changes

    def frame(self) -> Frame:
        """The present moment, to draw."""
        with self._lock:
            recent = list(self._recent)
            return Frame(
                status=self._status,
                step=self._latest,
                windows=tuple(self._windows),
                layout=self._layout,
                hidden=self._hidden,
                curve=self._history.points(),
                previous=self._previous,
                recent_loss=float(np.mean(recent)),
                recent_steps=len(recent),
                floors=self._floors,
                streaming=self._trainer.task.streaming,
                parameter_count=self._trainer.parameter_count,
                steps_per_second=self._per_second(steps=True),
                redraws_per_second=self._per_second(steps=False),
                sharers=self._sharers,
                diverged_at=self._diverged_at,
                config=self._trainer.config,
                lr=self._trainer.lr,
            )

    def look(self, view: str) -> Look | None:
        """Look inside, without changing what follows.

        Args:
            view: one of `VIEWS` but ``"state"``, which every frame has.

        Returns:
            What there is to see, perhaps of some steps ago; None if there was no look before the
            run diverged.
        """
        with self._lock:
            if self._status is Status.DIVERGED:
                return self._looks.last(view)
            return self._looks.take(
                view,
                self._trainer,
                self.index,
                tuple(self._hiddens),
                resting=self._status is not Status.PLAYING,
            )

    def _restart(self, config: RunConfig) -> None:
        """Begin a run with these settings."""
        self._keep_curve()
        if self._status is not Status.PLAYING:
            self._status = Status.READY
        self._begin(self._new_trainer(config), config.lr)

    def _renew(self) -> None:
        self._begin(self._new_trainer(self._trainer.config), self._trainer.lr)

    def _rewind(self) -> None:
        self._keep_curve()
        lr = self._trainer.lr
        self._trainer.reset()  # the same engine too: the same run, bit for bit
        self._begin(self._trainer, lr)

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
        self._layout = window_layout(trainer.task, trainer.config)
        self._windows: deque[Step] = deque(maxlen=self._layout.windows)
        self._hiddens: deque[NDArray[np.floating]] = deque(maxlen=self._layout.windows)
        self._looks.forget()
        whole_cycles = -(-STEPS_TO_JUDGE // cycle) * cycle
        self._recent: deque[float] = deque(maxlen=min(whole_cycles, 10 * STEPS_TO_JUDGE))
        self._speed.clear()
        self._diverged_at: int | None = None
        self._steps: Iterator[Step] = trainer.steps()
        self._take_step()  # step 0: the untrained network is there to be seen

    def _take_step(self) -> None:
        step = next(self._steps, None)
        if step is None or not step.is_finite:
            self._status = Status.DIVERGED
            self._diverged_at = step.index if step else self._diverged_at
            return
        self._latest = step
        self._hidden = self._trainer.hidden_states[0]
        self._hiddens.append(self._hidden)
        self._windows.append(step)
        self._history.append(step.index, step.loss)
        self._recent.append(step.loss)
