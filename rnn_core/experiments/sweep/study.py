"""A sweep in its storage: what there is to do, who does it, and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.exceptions import DuplicatedStudyError, UpdateFinishedTrialError
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.storages import BaseStorage, fail_stale_trials
from optuna.trial import FrozenTrial, Trial, TrialState, create_trial

from rnn_core.arguments import require
from rnn_core.experiments.sweep.axes import Axis, Choices
from rnn_core.experiments.sweep.space import Point, Space
from rnn_core.experiments.sweep.storage import (
    HEARTBEAT,
    close_storage,
    experimental,
    open_storage,
    patiently,
)
from rnn_core.experiments.sweep.trial import RUNGS, Outcome
from rnn_core.experiments.sweep.workplace import has_ended
from rnn_core.messages import N_, InvalidValue, Message
from rnn_core.version import __version__

# Attributes of a study and of a trial.
_SPACE, _VERSION, _SERIES, _STOPPED = "space", "rnn_core", "series", "stopped"
_WORKER, _OUTCOME, _ERROR, _MESSAGE = "worker", "outcome", "error", "message"
# Key under which Optuna keeps what a trial is to try that was planned without its settings.
_FIXED = "fixed_params"
# Trials that are claimed from one list of those that wait, before it is read anew: to read it costs
# as much as to claim some.
_PER_LIST = 200

#: States of a point.
WAITING, RUNNING, DONE, PRUNED, FAILED = "waiting", "running", "done", "pruned", "failed"
_STATES = {
    TrialState.WAITING: WAITING,
    TrialState.RUNNING: RUNNING,
    TrialState.COMPLETE: DONE,
    TrialState.PRUNED: PRUNED,
    TrialState.FAIL: FAILED,
}


@dataclass(frozen=True, slots=True)
class SweptPoint:
    """A point and what is known of it.

    Args:
        number: in the order in which points were planned.
        state: ``"waiting"``, ``"running"``, ``"done"``, ``"pruned"`` or ``"failed"``.
        point: values of the settings that vary; empty while results are still to decide them.
        outcome: of a point that is done, otherwise None.
        step: the last at which a pruner was asked; 0 for none.
        error: why it failed, in a sentence; empty otherwise.
        worker: who has or had it; empty while it waits.
        message: what ``error`` says, for an interface that translates it; None where it cannot be.
    """

    number: int
    state: str
    point: Point
    outcome: Outcome | None
    step: int
    error: str
    worker: str
    message: Message | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How many points are in which state.

    Args:
        waiting: to be tried.
        running: being tried.
        done: with a result, even that all its networks diverged.
        pruned: given up early.
        failed: with an error.
    """

    waiting: int
    running: int
    done: int
    pruned: int
    failed: int

    @classmethod
    def of(cls, points: Sequence[SweptPoint]) -> Progress:
        """The progress of a sweep with these points."""
        states = Counter(point.state for point in points)
        return cls(*(states[state] for state in (WAITING, RUNNING, DONE, PRUNED, FAILED)))

    @property
    def total(self) -> int:
        """All points."""
        return self.waiting + self.running + self.done + self.pruned + self.failed

    @property
    def finished(self) -> int:
        """Those that will not be tried any more."""
        return self.done + self.pruned + self.failed

    @property
    def is_over(self) -> bool:
        """Whether all are finished."""
        return self.finished == self.total


class Claim:
    """A point that one worker has, and nobody else.

    Args:
        sweep: it belongs to.
        trial: of Optuna.
        point: values of the settings that vary.
    """

    def __init__(self, sweep: Sweep, trial: Trial, trial_id: int, point: Point) -> None:
        self.point = point
        self.number = trial.number
        self._sweep, self._trial, self._id = sweep, trial, trial_id

    def live(self) -> None:
        """Tell the storage that the worker is alive. Storages that do not ask are not told."""
        record = getattr(self._sweep.storage, "record_heartbeat", None)
        if record is not None:
            record(self._id)

    def report(self, step: int, value: float) -> bool:
        """Note a loss on the way; returns whether the point is worth going on with."""
        if self._sweep.space.pruner == "none":
            return True
        with suppress(UpdateFinishedTrialError):
            patiently(lambda: self._trial.report(value, step))
            return not patiently(self._trial.should_prune)
        return False  # another worker has it, see `_tell`

    def finish(self, outcome: Outcome) -> None:
        """Record the result."""
        self._tell(TrialState.COMPLETE, {_OUTCOME: outcome.to_dict()}, outcome.value)

    def give_up(self) -> None:
        """Record that a pruner has given it up."""
        self._tell(TrialState.PRUNED)

    def fail(self, error: str | Message) -> None:
        """Record that it cannot be tried.

        Args:
            error: why, in a sentence.
        """
        found: dict[str, Any] = {_ERROR: str(error)}
        if isinstance(error, Message):
            with suppress(TypeError):  # then it is told in English alone
                found[_MESSAGE] = error.to_dict()
        self._tell(TrialState.FAIL, found)

    def give_back(self) -> None:
        """Let another worker have it; nothing of it is kept."""
        self._tell(TrialState.WAITING)

    def _tell(
        self, state: TrialState, found: Mapping[str, Any] | None = None, value: float | None = None
    ) -> None:
        """Record state, attributes and value.

        A trial whose worker gave no sign of life for long counts as lost and is with another
        worker. What the first one found comes too late then; it is the same.
        """
        values = None if value is None else [value]
        with suppress(UpdateFinishedTrialError):
            for name, each in (found or {}).items():
                patiently(partial(self._trial.set_user_attr, name, each))
            patiently(lambda: self._sweep.storage.set_trial_state_values(self._id, state, values))


class Sweep:
    """A sweep in a storage. Made by `create` or `open`; many processes may have it open.

    A context manager, which closes its connections.

    Args:
        storage: it lies in.
        name: of its study.
        space: what it tries.
        version: of rnn_core that made it.
        series: what says which series of one's own it reads, and how; empty for none.
    """

    def __init__(
        self, storage: BaseStorage, name: str, space: Space, version: str, series: str
    ) -> None:
        self.storage, self.name = storage, name
        self.space, self.version, self.series = space, version, series
        self._sampler, self._pruner = _sampler(space), _pruner(space)
        self._study = self._load()
        self._study_id = patiently(lambda: storage.get_study_id_from_name(name))
        self._waiting: list[int] = []
        self._redo_at = 0.0  # when to look for lost points again

    def _load(self) -> optuna.Study:
        """The study, which knows all results so far."""
        return patiently(
            lambda: optuna.load_study(
                study_name=self.name,
                storage=self.storage,
                sampler=self._sampler,
                pruner=self._pruner,
            )
        )

    @classmethod
    def create(cls, space: Space, storage: str, name: str, *, series: str = "") -> Sweep:
        """A new sweep, or the one of this name if it has the same space.

        Args:
            space: what to try.
            storage: address, as in `open_storage`.
            name: of the study.
            series: what says which series of one's own it reads, and how; empty for none.

        Raises:
            TypeError: when an argument is of the wrong kind.
            ValueError: when another sweep has this name, or one of its points is no valid config.
            StorageRefused: when the storage cannot be written.
        """
        require("space", space, Space, "a Space", 'Space(axes={"cell": ["rnn", "gru"]})')
        require("name", name, str, "a text", '"sweep"')
        points = space.points()
        for point in points or ():
            space.config(point)
        opened = open_storage(storage)
        try:
            study = patiently(
                lambda: optuna.create_study(
                    study_name=name, storage=opened, direction="minimize", sampler=RandomSampler()
                )
            )
        except DuplicatedStudyError:
            return cls._continued(opened, name, space, series, points)
        for key, value in (
            (_VERSION, __version__),
            (_SERIES, series),
            (_STOPPED, False),
            (_SPACE, space.to_dict()),
        ):
            patiently(partial(study.set_user_attr, key, value))
        sweep = cls(opened, name, space, __version__, series)
        sweep._plan(points)
        return sweep

    @classmethod
    def _continued(
        cls,
        storage: BaseStorage,
        name: str,
        space: Space,
        series: str,
        points: tuple[Point, ...] | None,
    ) -> Sweep:
        """The sweep that is there already, planned to its end."""
        sweep = cls._opened(storage, name)
        if sweep.space != space or sweep.series != series:
            raise InvalidValue(
                N_(
                    "There is a sweep {name!r} with other settings in this storage already. Give "
                    "this one another name."
                ),
                name=name,
            )
        sweep._plan(points)  # as far as it was not: its maker may have been interrupted
        return sweep

    @classmethod
    def open(cls, storage: str, name: str) -> Sweep:
        """A sweep that is there.

        Args:
            storage: address, as in `open_storage`.
            name: of the study.

        Raises:
            TypeError: when an argument is of the wrong kind.
            ValueError: when there is no such sweep.
            StorageRefused: when the storage cannot be opened.
        """
        require("name", name, str, "a text", '"sweep"')
        return cls._opened(open_storage(storage), name)

    @classmethod
    def _opened(cls, storage: BaseStorage, name: str) -> Sweep:
        try:
            study = patiently(lambda: optuna.load_study(study_name=name, storage=storage))
            attributes = patiently(lambda: study.user_attrs)
        except KeyError:
            there = ", ".join(names(storage)) or "none"
            raise InvalidValue(
                N_("There is no sweep {name!r} in this storage. There are: {there}."),
                name=name,
                there=there,
            ) from None
        if _SPACE not in attributes:
            raise InvalidValue(
                N_("{name!r} is a study of Optuna, but no sweep of rnn_core."), name=name
            )
        return cls(
            storage,
            name,
            Space.from_dict(attributes[_SPACE]),
            str(attributes.get(_VERSION, "")),
            str(attributes.get(_SERIES, "")),
        )

    def close(self) -> None:
        """Close the connections to the storage; what is asked after that opens new ones."""
        close_storage(self.storage)

    def __enter__(self) -> Sweep:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _plan(self, points: tuple[Point, ...] | None) -> None:
        """Queue every point, so that all who look know how many there are."""
        planned = sum(
            "retry_history" not in trial.system_attrs
            for trial in patiently(lambda: self._study.get_trials(deepcopy=False))
        )
        for number in range(planned, self.space.size):
            # Settings that are known are written with the point, and not one by one when it is
            # claimed.
            known = {} if points is None else dict(points[number])
            trial = create_trial(
                state=TrialState.WAITING,
                params=known,
                distributions={name: _distribution(self.space.axes[name]) for name in known},
            )
            patiently(partial(self._study.add_trial, trial))

    def check_version(self) -> None:
        """Refuse to work on a sweep that another version of rnn_core has made.

        Raises:
            ValueError: when it has: results of two versions do not belong into one table.
        """
        if self.version != __version__:
            raise InvalidValue(
                N_(
                    "The sweep {name!r} was made by rnn_core {theirs}, this is {own}. Install that "
                    "version, or begin a sweep of another name."
                ),
                name=self.name,
                theirs=self.version,
                own=__version__,
            )

    def claim(self, worker: str) -> Claim | None:
        """A point to work on, or None if none waits.

        Args:
            worker: who asks.

        Raises:
            StorageRefused: when the storage is away for too long, or cannot be written.
        """
        for fresh in (False, True):
            # Before the last points, and now and then: somebody's point may be lost.
            if fresh or monotonic() >= self._redo_at:
                self._redo_lost()
                self._redo_at = monotonic() + HEARTBEAT
            if fresh:
                self._waiting = patiently(self._list_waiting)
            while self._waiting:
                trial_id = self._waiting.pop(0)
                if patiently(partial(self._take, trial_id)):
                    return self._claimed(trial_id, worker)
        return None

    def _list_waiting(self) -> list[int]:
        states = (TrialState.WAITING,)
        waiting = self.storage.get_all_trials(self._study_id, deepcopy=False, states=states)
        by_number = self.storage.get_trial_id_from_study_id_trial_number
        return [by_number(self._study_id, trial.number) for trial in waiting[:_PER_LIST]]

    def _take(self, trial_id: int) -> bool:
        """Whether this worker, and no other, has the trial now."""
        try:
            return self.storage.set_trial_state_values(trial_id, TrialState.RUNNING)
        except UpdateFinishedTrialError:
            return False

    def _claimed(self, trial_id: int, worker: str) -> Claim:
        if self.space.sampler == "tpe":
            self._study = self._load()  # a study gives its sampler what it knew when it was loaded
        trial = Trial(self._study, trial_id)
        patiently(lambda: trial.set_user_attr(_WORKER, worker))
        point = {
            name: patiently(partial(_suggest, trial, name, each))
            for name, each in self.space.axes.items()
        }
        claim = Claim(self, trial, trial_id, point)
        patiently(claim.live)
        return claim

    def _redo_lost(self) -> None:
        """Queue trials again whose workers have given no sign of life for long, or have ended."""
        if hasattr(self.storage, "record_heartbeat"):
            with experimental():
                patiently(lambda: fail_stale_trials(self._study))
            return
        for worker in {trial.user_attrs.get(_WORKER, "") for trial in self._running()}:
            if has_ended(worker):
                self.release(worker)

    def _running(self) -> list[FrozenTrial]:
        states = (TrialState.RUNNING,)
        return patiently(lambda: self._study.get_trials(deepcopy=False, states=states))

    def release(self, worker: str) -> int:
        """Queue again what a worker has that is known to have ended; returns how many points."""
        lost = [trial for trial in self._running() if trial.user_attrs.get(_WORKER) == worker]
        for trial in lost:
            patiently(partial(self._queue_again, trial.number))
        return len(lost)

    def _queue_again(self, number: int) -> None:
        trial_id = self.storage.get_trial_id_from_study_id_trial_number(self._study_id, number)
        with suppress(UpdateFinishedTrialError):  # the worker has finished it after all
            self.storage.set_trial_state_values(trial_id, TrialState.WAITING)

    @property
    def is_stopped(self) -> bool:
        """Whether workers are to end."""
        return bool(patiently(lambda: self._study.user_attrs).get(_STOPPED, False))

    def stop(self) -> None:
        """Let all workers end, wherever they are: what they have under way is given back."""
        patiently(lambda: self._study.set_user_attr(_STOPPED, True))

    def resume(self) -> None:
        """Let workers that are started from now on work again."""
        patiently(lambda: self._study.set_user_attr(_STOPPED, False))

    def points(self) -> tuple[SweptPoint, ...]:
        """All points in the order in which they were planned; those done again once."""
        trials = patiently(lambda: self._study.get_trials(deepcopy=False))
        # A trial that was queued again names the first one that was tried; only the last counts.
        last: dict[int, FrozenTrial] = {}
        for trial in trials:
            history = trial.system_attrs.get("retry_history") or [trial.number]
            last[history[0]] = trial
        return tuple(_swept(number, trial) for number, trial in sorted(last.items()))

    def progress(self) -> Progress:
        """How many points are in which state."""
        return Progress.of(self.points())


def names(storage: BaseStorage) -> tuple[str, ...]:
    """The sweeps in a storage."""
    return tuple(patiently(lambda: optuna.get_all_study_names(storage)))


def _swept(number: int, trial: FrozenTrial) -> SweptPoint:
    outcome, state = trial.user_attrs.get(_OUTCOME), _STATES[trial.state]
    return SweptPoint(
        number=number,
        state=state,
        point=dict(trial.params or trial.system_attrs.get(_FIXED, {})),
        outcome=Outcome.from_dict(outcome) if outcome and state == DONE else None,
        step=max(trial.intermediate_values, default=0),
        error=str(trial.user_attrs.get(_ERROR, "")) if trial.state is TrialState.FAIL else "",
        worker="" if trial.state is TrialState.WAITING else str(trial.user_attrs.get(_WORKER, "")),
        message=_message(trial) if trial.state is TrialState.FAIL else None,
    )


def _message(trial: FrozenTrial) -> Message | None:
    """Why it failed, if that can be translated."""
    with suppress(ValueError):
        return Message.from_dict(trial.user_attrs.get(_MESSAGE))
    return None


def _suggest(trial: Trial, name: str, axis: Axis) -> Any:
    """The value that the trial is to try: fixed, or found by the sampler."""
    if isinstance(axis, Choices):
        return trial.suggest_categorical(name, axis.values)
    if axis.whole:
        return trial.suggest_int(name, int(axis.low), int(axis.high), log=axis.log)
    return trial.suggest_float(name, axis.low, axis.high, log=axis.log)


def _distribution(axis: Axis) -> BaseDistribution:
    """As `_suggest` asks Optuna for it."""
    if isinstance(axis, Choices):
        return CategoricalDistribution(axis.values)
    if axis.whole:
        return IntDistribution(int(axis.low), int(axis.high), log=axis.log)
    return FloatDistribution(axis.low, axis.high, log=axis.log)


def _sampler(space: Space) -> BaseSampler:
    if space.sampler != "tpe":
        return RandomSampler(seed=space.sampler_seed)  # never asked: all points are planned
    # What others are trying counts as bad, so that two workers do not try the same.
    with experimental():
        return TPESampler(seed=space.sampler_seed, constant_liar=True)


def _pruner(space: Space) -> BasePruner:
    rung = max(1, space.steps // RUNGS)
    match space.pruner:
        case "median":
            return MedianPruner(n_startup_trials=5, n_warmup_steps=rung)
        case "hyperband":
            return HyperbandPruner(min_resource=rung, max_resource=space.steps)
        case _:
            return NopPruner()
