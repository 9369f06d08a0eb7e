"""The sweeps of a server: they belong to it, not to a session. Knows nothing of Streamlit."""

from __future__ import annotations

import atexit
import logging
import math
import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Lock, Thread
from time import monotonic
from typing import Protocol

from dashboard.app.home_core import every_core, roam
from rnn_core.experiments.sweep import (
    LocalWorkers,
    Progress,
    Space,
    Sweep,
    SweptPoint,
    cores,
)
from rnn_core.experiments.sweep.workplace import has_ended

_LOG = logging.getLogger(__name__)
#: Environment variable that names the folder of the server's sweeps; a temporary one if not set.
FOLDER = "RNN_PLAYGROUND_SWEEPS"
#: Sweeps that wait or run at a time.
MOST_QUEUED = 8
# Seconds between two looks at the workers, and for which a snapshot is new.
_LOOK, _NEW = 0.5, 0.8
# Snapshots that are kept: of sweeps that somebody looked at.
_KEPT = 16
# The lowest priority: visitors come first.
_NICE = 19

#: What a sweep is doing.
QUEUED, RUNNING, STOPPED, FINISHED = "queued", "running", "stopped", "finished"


class Workers(Protocol):
    """Processes that work on a sweep, as `LocalWorkers` are."""

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that are there."""

    @property
    def are_there(self) -> bool:
        """Whether any worker is left."""

    def look(self) -> str:
        """Replace those that died; why one refused to work, empty if none did."""

    def end(self) -> None:
        """End all of them."""


class TooManySweeps(ValueError):
    """As many sweeps wait as may."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A sweep at one moment.

    Args:
        name: of the sweep.
        space: of it.
        status: what it is doing.
        points: all of them.
        ahead: sweeps that come before it, while it is queued.
        workers: processes that work on it.
        problem: why it came to a stop by itself, for the log; empty if it did not.
        taken: when it was taken, by the manager's clock.
    """

    name: str
    space: Space
    status: str
    points: tuple[SweptPoint, ...]
    ahead: int
    workers: int
    problem: str
    taken: float

    @property
    def progress(self) -> Progress:
        """How many points are in which state."""
        return Progress.of(self.points)

    @property
    def seconds_left(self) -> float | None:
        """Seconds until it is over, by the points that are done; None before one is."""
        took = [each.outcome.seconds for each in self.points if each.outcome is not None]
        if not took or not self.workers:
            return None
        progress = self.progress
        left = progress.waiting + 0.5 * progress.running
        return math.ceil(left / self.workers) * sum(took) / len(took)


class Manager:
    """Runs one sweep after another on processes of their own, as long as the server lives.

    Args:
        folder: of their journals; None for that of the environment, or a temporary one.
        workers: starts so many workers on a sweep that lies at an address.
        count: workers of a sweep; None for one less than there are cores, at least one.
        clock: seconds.
    """

    def __init__(
        self,
        folder: Path | None = None,
        workers: Callable[[Sweep, str, int], Workers] = LocalWorkers,
        count: int | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._folder = folder
        self._workers, self._clock = workers, clock
        with every_core():
            self.count = max(1, cores() - 1) if count is None else count
        self._lock = Lock()
        self._changed = Condition(self._lock)
        self._queue: list[str] = []
        self._stopping: set[str] = set()
        self._problems: dict[str, str] = {}
        self._working: dict[str, int] = {}
        self._sweeps: dict[str, Sweep] = {}
        self._snapshots: dict[str, Snapshot] = {}
        self._thread: Thread | None = None
        self._closed = False
        self._reading = Lock()
        atexit.register(self.close)

    def prepare(self) -> Path:
        """Where the journals lie, made if it is not there.

        Raises:
            OSError: when it cannot be.
        """
        with self._lock:
            if self._folder is None:
                given = os.environ.get(FOLDER, "")
                self._folder = Path(given or tempfile.mkdtemp(prefix="rnn_playground_sweeps_"))
            folder = self._folder
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @property
    def is_working(self) -> bool:
        """Whether a sweep waits or runs here."""
        with self._lock:
            return bool(self._queue)

    def exists(self, name: str) -> bool:
        """Whether there is a sweep of this name."""
        return self._path(name).exists()

    def start(self, name: str, space: Space) -> None:
        """Queue a sweep: a new one, or what is left of the one of this name.

        Raises:
            TooManySweeps: when as many wait as may.
            TypeError, ValueError: as `Sweep.create` does.
            StorageRefused: when its journal cannot be written.
        """
        with self._lock:
            self._require_room(name)
        sweep = Sweep.create(space, str(self._path(name)), name)
        self._enter(sweep)

    def resume(self, name: str) -> None:
        """Queue what is left of a sweep.

        Raises:
            TooManySweeps: when as many wait as may.
            ValueError: when there is no such sweep, or another version of rnn_core has made it.
            StorageRefused: when its journal cannot be read.
        """
        with self._lock:
            self._require_room(name)
        self._enter(self._sweep(name))

    def stop(self, name: str) -> None:
        """Let a sweep come to a stop. What is under way is given back; nothing done is lost.

        Raises:
            ValueError: when there is no such sweep.
            StorageRefused: when its journal cannot be written.
        """
        with self._changed:
            if name in self._queue:
                self._stopping.add(name)
                self._changed.notify_all()
                return
        self._sweep(name).stop()  # another server that shares the folder may have workers on it

    def snapshot(self, name: str) -> Snapshot:
        """A sweep as it is now, or was a moment ago: all who look at it share one.

        Raises:
            ValueError: when there is no such sweep.
            StorageRefused: when its journal cannot be read.
        """
        with self._reading:  # the points of a sweep are read once, not once for each visitor
            with self._lock:
                kept = self._snapshots.get(name)
            if kept is not None and self._clock() - kept.taken < _NEW:
                return kept
            sweep = self._sweep(name)
            points = sweep.points()
            with self._lock:
                status, ahead = self._status(name, points)
                found = Snapshot(
                    name=name,
                    space=sweep.space,
                    status=status,
                    points=points,
                    ahead=ahead,
                    workers=self._working.get(name, 0),
                    problem=self._problems.get(name, ""),
                    taken=self._clock(),
                )
                self._snapshots.pop(name, None)
                self._snapshots[name] = found
                while len(self._snapshots) > _KEPT:
                    old = next(iter(self._snapshots))
                    del self._snapshots[old]
                    self._sweeps.pop(old, None)
            return found

    def close(self) -> None:
        """End all processes; the sweeps can be resumed."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _path(self, name: str) -> Path:
        return self.prepare() / f"{name}.journal"

    def _sweep(self, name: str) -> Sweep:
        """A sweep that is there."""
        with self._lock:
            known = self._sweeps.get(name)
        if known is not None:
            return known
        if not self.exists(name):
            raise ValueError(f"There is no sweep {name!r}.")
        sweep = Sweep.open(str(self._path(name)), name)
        with self._lock:
            return self._sweeps.setdefault(name, sweep)

    def _require_room(self, name: str) -> None:
        if name not in self._queue and len(self._queue) >= MOST_QUEUED:
            raise TooManySweeps(f"{MOST_QUEUED} sweeps wait or run already.")

    def _enter(self, sweep: Sweep) -> None:
        sweep.check_version()
        sweep.resume()
        with self._changed:
            self._require_room(sweep.name)
            self._sweeps[sweep.name] = sweep
            self._snapshots.pop(sweep.name, None)
            self._problems.pop(sweep.name, None)
            self._stopping.discard(sweep.name)
            if sweep.name not in self._queue:
                self._queue.append(sweep.name)
            if self._thread is None:
                self._thread = Thread(target=self._run, name="sweeps of the server", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def _status(self, name: str, points: tuple[SweptPoint, ...]) -> tuple[str, int]:
        if name in self._working:
            return RUNNING, 0
        if name in self._queue:
            return QUEUED, self._queue.index(name)
        if Progress.of(points).is_over:
            return FINISHED, 0
        # A folder may be shared by several servers.
        if any(each.state == "running" and not has_ended(each.worker) for each in points):
            return RUNNING, 0
        return STOPPED, 0

    def _run(self) -> None:
        """Work on one sweep after another, in a thread."""
        roam()  # and so do the workers that it starts
        while True:
            with self._changed:
                while not self._queue and not self._closed:
                    self._changed.wait()
                if self._closed:
                    return
                name = self._queue[0]
            problem = ""
            try:
                problem = self._work(name, self._sweeps[name])
            except Exception as error:
                problem = str(error) or type(error).__name__
            if problem:
                _LOG.error(
                    "sweep %s: %s", name, problem
                )  # visitors are not told: it may hold paths
            with self._changed:
                self._queue.remove(name)
                self._working.pop(name, None)
                self._stopping.discard(name)
                self._snapshots.pop(name, None)
                if problem:
                    self._problems[name] = problem

    def _work(self, name: str, sweep: Sweep) -> str:
        """Work on a sweep until it is over or to stop; why it came to a stop by itself."""
        progress = sweep.progress()
        if progress.is_over:
            return ""
        count = min(self.count, progress.total - progress.finished)
        workers = self._workers(sweep, str(self._path(name)), count)
        niced: set[int] = set()
        try:
            while True:
                for pid in set(workers.pids) - niced:
                    _nice(pid)
                    niced.add(pid)
                with self._changed:
                    self._working[name] = len(workers.pids)
                    if not self._closed and name not in self._stopping:
                        self._changed.wait(_LOOK)
                    if self._closed or name in self._stopping:
                        return ""
                refusal = workers.look()
                if sweep.progress().is_over:
                    return ""
                if not workers.are_there:
                    return "" if sweep.is_stopped else refusal or "The workers have ended."
        finally:
            workers.end()


def _nice(pid: int) -> None:
    """Let visitors' own runs come before a worker."""
    if sys.platform != "win32":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, pid, _NICE)
