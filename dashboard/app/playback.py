"""Playback: run, pause, step and reset, behind one lock.

Streamlit may run two scripts of one session at once: a click starts a new one while the old one
finishes its training step. Everything that advances or replaces the run therefore happens inside
the lock, and what is drawn is an immutable frame. Knows nothing of Streamlit.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from enum import Enum
from time import monotonic

from dashboard.app.metrics import STEPS
from dashboard.app.settings import restarting
from rnn_core import RunConfig, Task

#: Training time per redraw in seconds, shared by all active runs; the rest is for drawing.
FRAME_BUDGET = 0.03
#: Playing stops when the page has not been used for this many seconds.
IDLE_LIMIT = 15 * 60


class Status(Enum):
    """What the player is doing, or why it stopped."""

    READY = "ready"
    PLAYING = "playing"
    PAUSED = "paused"
    AT_LIMIT = "at limit"
    STOPPED_EARLY = "stopped early"
    IDLE = "idle"
    DIVERGED = "diverged"
    FINISHED = "finished"


#: There is no next step.
ENDED = frozenset({Status.DIVERGED, Status.FINISHED})

Changes = dict[str, tuple[object, object]]


def restarting_changes(old: RunConfig, new: RunConfig) -> Changes:
    """What makes a run start again, by field: old value and new. Live settings do not."""
    before, after = restarting(old).to_dict(), restarting(new).to_dict()
    return {name: (before[name], after[name]) for name in after if before[name] != after[name]}


def identity_of(task: Task | None) -> str | None:
    """What tells a task that was handed to a run from another one; None for that of its config."""
    return None if task is None else task.identity


class Playback(ABC):
    """The run of a page with a player.

    Args:
        clock: seconds, for idleness and speed.
        engine: as in `Trainer`.
    """

    def __init__(self, clock: Callable[[], float] = monotonic, engine: str = "auto") -> None:
        self._clock = clock
        self._engine = engine
        self._lock = threading.RLock()
        self._touched = clock()
        self._active_runs = 1
        self._status = Status.READY
        self._plays = 0
        self._goal: int | None = None  # of `play_to`
        self._speed: deque[tuple[float, int]] = deque(maxlen=30)

    @property
    def status(self) -> Status:
        """What the player is doing."""
        return self._status

    @property
    def plays(self) -> int:
        """How often Run was pressed; tells one press of a button from the next."""
        return self._plays

    @property
    @abstractmethod
    def index(self) -> int:
        """The latest step."""

    @abstractmethod
    def _take_step(self) -> None:
        """Advance and record, with no interruption between the two.

        Sets a status of `ENDED` when there is no next step.
        """

    @abstractmethod
    def _begin(self) -> None:
        """Build the run with the present settings, and take step 0."""

    def _rewind(self) -> None:
        """Back to step 0 of the same run."""
        self._begin()

    def _begin_again(self) -> None:
        """Start again with other settings; a run that was playing keeps playing."""
        self._goal = None
        if self._status is not Status.PLAYING:
            self._status = Status.READY
        self._begin()

    def touch(self) -> None:
        """Note that the page is in use."""
        self._touched = self._clock()

    @property
    def idle(self) -> bool:
        """Whether the page has not been used for `IDLE_LIMIT`."""
        return self._clock() - self._touched > IDLE_LIMIT

    def play(self) -> None:
        """Train at every tick, unless the run has ended."""
        with self._lock:
            self._goal = None
            self._speed.clear()
            if self.index == 0:
                # Nothing is trained yet, and a faster engine may be ready by now.
                self._begin()
            if self._status not in ENDED:
                self._status = Status.PLAYING
                self._plays += 1

    def play_to(self, step: int) -> None:
        """Train as fast as can be, whatever the pace, and pause at a step."""
        with self._lock:
            self.play()
            self._goal = step

    def pause(self) -> None:
        """Train no further step. Waits for a step that is under way."""
        with self._lock:
            if self._status is Status.PLAYING:
                self._status = Status.PAUSED

    def step_once(self, *, out_of_play: bool = False) -> None:
        """Pause, and take exactly one step.

        Args:
            out_of_play: only if the run is still playing.
        """
        with self._lock:
            if self._status in ENDED or (out_of_play and self._status is not Status.PLAYING):
                return
            self._status = Status.PAUSED
            self._take_step()

    def reset(self) -> None:
        """Back to step 0 with the same seed, paused."""
        with self._lock:
            self._status = Status.READY
            self._speed.clear()
            self._rewind()

    def tick(self, most_steps: int | None, step_limit: int, active_runs: int = 1) -> None:
        """Train for one redraw, if playing: at least one step.

        Args:
            most_steps: upper limit; None for as many as fit into the time.
            step_limit: playing stops by itself at this step.
            active_runs: runs that play on this server, this one included.
        """
        with self._lock:
            if self._status is not Status.PLAYING:
                return
            if self.idle:
                self._status = Status.IDLE
                return
            self._active_runs = active_runs
            if self._goal is not None:
                most_steps = None
            deadline = self._clock() + FRAME_BUDGET / active_runs
            taken = 0
            while self._status is Status.PLAYING:
                if self.index >= step_limit:
                    self._status = Status.AT_LIMIT
                elif self._goal is not None and self.index >= self._goal:
                    self._goal, self._status = None, Status.PAUSED
                elif taken == most_steps or (taken and self._clock() > deadline):
                    break
                else:
                    self._take_step()
                    taken += 1
            STEPS.inc(taken)
            self._speed.append((self._clock(), self.index))

    def _per_second(self, *, steps: bool) -> float | None:
        """Steps or redraws per second, over the latest redraws."""
        if self._status is not Status.PLAYING or len(self._speed) < 2:
            return None
        (began, first), (ended, last) = self._speed[0], self._speed[-1]
        count = last - first if steps else len(self._speed) - 1
        return count / (ended - began) if ended > began else None
