"""One worker of a sweep: takes a point, trains it, records what came of it, and takes the next."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rnn_core.config import RunConfig
from rnn_core.experiments.run import Cancel
from rnn_core.experiments.sweep.storage import HEARTBEAT, StorageRefused
from rnn_core.experiments.sweep.study import Claim, Sweep
from rnn_core.experiments.sweep.trial import Interrupted, run_point
from rnn_core.experiments.sweep.workplace import worker_name
from rnn_core.messages import N_, Message
from rnn_core.tasks import Task

#: Seconds between two looks whether another worker's point has become free.
LOOK_AGAIN = 2.0

#: Makes the task of a config; None for the one that its settings name.
TaskFor = Callable[[RunConfig], Task | None]


class _GivenUp(Exception):
    """A pruner has given the point up."""


def work(
    sweep: Sweep,
    *,
    name: str | None = None,
    task_for: TaskFor = lambda _config: None,
    cancel: Cancel | None = None,
    look_again: float = LOOK_AGAIN,
    threads: int | None = None,
) -> int:
    """Work on a sweep until all its points are finished, it is stopped, or ``cancel`` is set.

    While other workers have the last points it waits: one of them may be lost.

    Args:
        sweep: what to work on.
        name: of the worker; None for `worker_name`.
        task_for: as in `TaskFor`.
        cancel: as in `rnn_core.run`. What is under way is given back.
        look_again: seconds between two looks while others have the last points.
        threads: that a point is trained on, as in `Replicas`.

    Returns:
        How many points it has finished.

    Raises:
        ValueError: when another version of rnn_core has made the sweep.
        StorageRefused: when the storage is away for too long, or cannot be written.
    """
    sweep.check_version()
    name = worker_name() if name is None else name
    wish = _Wish(sweep, cancel)
    finished = 0
    with wish.watched():
        while not wish.is_set():
            claim = sweep.claim(name)
            if claim is None:
                if not sweep.progress().running or wish.wait(look_again):
                    break
                continue
            wish.claim = claim
            try:
                finished += _try(sweep, claim, task_for, wish, threads)
            finally:
                wish.claim = None
    if wish.error is not None:
        raise wish.error
    return finished


def _try(
    sweep: Sweep, claim: Claim, task_for: TaskFor, cancel: Cancel, threads: int | None
) -> bool:
    """Train one point; whether it is finished."""

    def report(step: int, value: float) -> None:
        if not claim.report(step, value):
            raise _GivenUp

    try:
        config = sweep.space.config(claim.point)
        task = task_for(config)
        config = sweep.space.config(claim.point, task)
        outcome = run_point(
            sweep.space, config, task=task, report=report, cancel=cancel, threads=threads
        )
    except Interrupted:
        claim.give_back()
        return False
    except _GivenUp:
        claim.give_up()
        return True
    except StorageRefused:
        raise
    except (ValueError, TypeError, MemoryError) as error:
        claim.fail(_why(error))
        return True
    except BaseException:
        claim.give_back()
        raise
    claim.finish(outcome)
    return True


def _why(error: Exception) -> str | Message:
    """Why a point cannot be trained, as a message where it is one."""
    if isinstance(error, MemoryError):
        return Message(N_("There is too little memory for this point."))
    message = getattr(error, "message", None)
    return message if isinstance(message, Message) else str(error) or type(error).__name__


class _Wish:
    """The wish to end: of the caller, or of somebody who stopped the sweep.

    A thread looks for the second, and tells the storage that the worker is alive.
    """

    def __init__(self, sweep: Sweep, cancel: Cancel | None) -> None:
        self.claim: Claim | None = None
        self.error: StorageRefused | None = None
        self._sweep, self._cancel = sweep, cancel
        self._stopped, self._over = threading.Event(), threading.Event()

    def is_set(self) -> bool:
        """Whether the worker is to end."""
        return self._stopped.is_set() or (self._cancel is not None and self._cancel.is_set())

    def wait(self, seconds: float) -> bool:
        """Whether it is to end, within so many seconds."""
        return self._stopped.wait(seconds) or self.is_set()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Look for it as long as the context lasts."""
        thread = threading.Thread(target=self._watch, name="sweep: signs of life", daemon=True)
        if self._sweep.is_stopped:
            self._stopped.set()
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _watch(self) -> None:
        while not self._over.wait(HEARTBEAT):
            try:
                claim = self.claim
                if claim is not None:
                    claim.live()
                if self._sweep.is_stopped:
                    self._stopped.set()
            except StorageRefused as error:
                self.error = error
                self._stopped.set()
            except Exception:  # the storage is away for a moment; the worker itself will find out
                continue
