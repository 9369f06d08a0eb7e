"""One visitor's run: trainer, history and the frames drawn of them.

Knows nothing of Streamlit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import pairwise
from time import monotonic
from typing import Any

import numpy as np

from dashboard.app.playback import Changes, Playback, Status, identity_of, restarting_changes
from dashboard.run.bulletin import Bulletin
from dashboard.run.frame import Curve, Frame, HeldOut, StepNumbers, StoppedEarly
from dashboard.run.scene import Scene
from dashboard.run.views import cost
from dashboard.run.views.base import View
from dashboard.run.views.cache import CachedResult
from rnn_core import (
    Estimate,
    Evaluation,
    Events,
    Floor,
    LossHistory,
    RunConfig,
    Snapshot,
    Snapshots,
    Task,
    Trainer,
)
from rnn_core.config import is_read
from rnn_core.experiments.rolling_origin import (
    RollingOrigin,
    affordable_origins,
    rolling_origins,
)
from rnn_core.io import Checkpoint, RunHistory, save_checkpoint, save_weights, set_weights
from rnn_core.io.checkpoint import began_with_weights
from rnn_core.messages import N_, InvalidValue, Message
from rnn_core.tasks.series import SeriesTask
from rnn_core.thinned import Thinned
from rnn_core.training.early_stopping import EVALUATE_EVERY, EarlyStopping, StoppingMemory
from rnn_core.training.step_log import StepLog

# Buckets of the loss curve, about two pixels wide: each keeps its lowest and its highest loss.
_LOSS_BUCKETS = 200
# Held-out losses that are kept of a run.
_EVALUATIONS = 200
# Snapshots for looking back: the most of them, and their bytes together. With fewer than the least,
# looking back would take too long. A snapshot of every step would cost a millisecond a redraw; one
# of every few is enough, because the steps in between are trained again.
_MOST_SNAPSHOTS, _SNAPSHOT_BYTES, _FEWEST_SNAPSHOTS = 200, 12_000_000, 4
_SNAPSHOT_EVERY = 16
# Settings that decide the first weights: with others, a run no longer begins with those of a file.
_WEIGHTS = ("task", "cell", "hidden_size", "num_layers", "seed")
# Seconds that looking back may take, and all frames of a replay together.
_LOOKING_BACK, _REPLAY = 3.0, 10.0
# Floating-point operations for the forecasts of a test part: about two seconds.
_FORECASTS = 1e11
# Steps on either side of the one on screen that `LiveRun.around` gives.
_AROUND = 2


@dataclass(frozen=True, slots=True, eq=False)
class Recipe:
    """What it takes to take the steps of a run again.

    Args:
        config: its settings.
        steps: how many.
        task: what it is trained on; None for the task that the settings name.
        rates: learning rates, each by the first step whose update has it; from step 0 on.
        clips: norms that gradients are clipped at, likewise; None for no clipping.
    """

    config: RunConfig
    steps: int
    task: Task | None
    rates: Mapping[int, float]
    clips: Mapping[int, float | None]


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a run is, without anything that takes long to compute.

    Args:
        status: what the player is doing.
        config: its settings, with the present learning rate.
        given: whether settings alone do not make this run: it began with the weights of a file, or
            its network was changed before its first step.
        step: the newest step with a finite loss.
        held_out: the newest held-out loss that was computed; None before the first.
        judged_at: the step of that one.
        symbols: whether losses are cross-entropies.
        floors: the task's floors, highest first.
    """

    status: Status
    config: RunConfig
    given: bool
    step: int
    held_out: float | None
    judged_at: int
    symbols: bool
    floors: tuple[Floor, ...]


class LiveRun(Playback):
    """A run on the Train page.

    Args:
        config: the settings it starts with.
        task: what to train on in place of the task that the settings name; None for that one.
        clock: seconds, for idleness and speed; tests pass their own.
        engine: as in `Trainer`.
        prepare: changes the network before its first step, for example fixes some weights.
    """

    _now: Scene
    _snapshots: Snapshots
    # Of the oldest step, which `Snapshots` keeps only if it is a multiple of theirs.
    _first: Snapshot | None
    # Learning rates and settings, each with the first step whose update used them. Of a run from a
    # file that does not tell them all, why nobody can take its steps again.
    _rates: list[tuple[int, float]]
    _configs: list[tuple[int, RunConfig]]
    _unrepeatable: Message | None
    _events: Events
    _diverged_at: int | None
    # The first step that this run has taken itself.
    _oldest: int
    _log: StepLog
    _stopping: EarlyStopping | None
    # Of a run from a file: where early stopping stood in it, and the best step.
    _known: tuple[StoppingMemory, Snapshot | None] | None

    def __init__(
        self,
        config: RunConfig,
        *,
        task: Task | None = None,
        clock: Callable[[], float] = monotonic,
        engine: str = "auto",
        prepare: Callable[[Trainer], None] | None = None,
    ) -> None:
        super().__init__(clock, engine)
        self._task = task
        self._prepare = prepare
        self._previous: Curve | None = None
        self._past: Scene | None = None
        self._bulletin = Bulletin(clock)
        self._around: tuple[Scene, int, tuple[StepNumbers, ...]] | None = None
        self._history = LossHistory(buckets=_LOSS_BUCKETS)
        self._evaluated: Thinned[Estimate] = Thinned(_EVALUATIONS, merge=_later)
        # The weights that the run begins with, where its seed does not decide them.
        self._start: Mapping[str, Any] | None = None
        self._patience: int | None = None
        self._config, self._rates = config, [(0, config.lr)]
        self._begin()

    @property
    def config(self) -> RunConfig:
        """The settings the run started with."""
        return self._config

    @property
    def task(self) -> Task:
        """What it is trained on."""
        return self._now.trainer.task

    @property
    def index(self) -> int:
        """The last step with a finite loss."""
        return self._now.latest.index

    @property
    def shown(self) -> int:
        """The step on screen."""
        return (self._past or self._now).latest.index

    @property
    def oldest(self) -> int:
        """The first step that can be looked back to."""
        return self._oldest

    @property
    def learning_rates(self) -> tuple[float, ...]:
        """The learning rates of the updates so far, in order."""
        return tuple(lr for begin, lr in self._rates if begin < max(1, self.index))

    def configure(self, config: RunConfig, task: Task | None = None) -> Changes:
        """Adopt the settings: live ones at once, the others by restarting.

        A run that was playing keeps playing.

        Args:
            config: the settings.
            task: as in the constructor.

        Returns:
            The changes that made it restart, by field: old value and new. Empty if it did not.
        """
        with self._lock:
            changes = restarting_changes(self._config, config)
            if "task" not in changes and identity_of(task) != identity_of(self._task):
                changes["series"] = _series(self._task), _series(task)
            if changes:
                self._keep_curve()
                if "task" in changes or "series" in changes:
                    self._previous = None  # losses of two tasks do not compare
                if not changes.keys().isdisjoint(_WEIGHTS):
                    self._start = None
                self._config, self._task, self._rates = config, task, [(0, config.lr)]
                self._begin_again()
            elif config.lr != self._now.trainer.lr:
                self._set_lr(config.lr)
            return changes

    def stop_early(self, patience: int | None) -> None:
        """Stop by itself once the validation loss no longer falls, where the task validates.

        The weights are evaluated at every step that is a multiple of
        `rnn_core.training.early_stopping.EVALUATE_EVERY`, so that equal runs stop at the same step,
        whatever the speed. What was not evaluated before this was asked for is not made up for.

        Args:
            patience: evaluations in a row without an improvement; None for never.
        """
        with self._lock:
            if patience == self._patience:
                return
            self._patience = patience
            if patience is None:
                self._stopping = None
                if self._status is Status.STOPPED_EARLY:
                    self._status = Status.PAUSED
            elif self._stopping is not None:
                self._stopping.patience = patience
            else:
                self._stopping = self._new_stopping()
                self._validate(self.index)

    def play(self) -> None:
        """Train at every tick; after an early stop, with full patience again."""
        with self._lock:
            if self._stopping is not None and self._status is Status.STOPPED_EARLY:
                self._stopping.wait_again()
            super().play()

    def step_once(self, *, out_of_play: bool = False) -> None:
        """Pause, and take exactly one step; while an earlier step is on screen, show the next."""
        with self._lock:
            if self._past is not None:
                self.look_back(self._past.latest.index + 1)
            else:
                super().step_once(out_of_play=out_of_play)

    def open(self, checkpoint: Checkpoint, task: Task | None = None) -> None:
        """Go on with the run of a file, or begin with its weights; paused.

        The curve so far stays visible as the run before, if it is of the same task.

        Args:
            checkpoint: the file.
            task: as in the constructor.

        Raises:
            ValueError: when the file does not fit the task; then nothing has changed.
        """
        with self._lock:
            config = shown_config(checkpoint)
            trainer = _trainer(checkpoint, config, task, self._engine)
            first_lr = checkpoint.config.lr
            self._keep_curve()
            if (config.task, identity_of(task)) != (self._config.task, identity_of(self._task)):
                self._previous = None  # losses of two tasks do not compare
            self._config, self._task, self._status = config, task, Status.PAUSED
            if checkpoint.snapshot is None:
                self._start, self._rates = dict(checkpoint.weights), [(0, config.lr)]
                self._status = Status.READY
                self._watch(trainer)
                return
            self._start = None if checkpoint.start is None else dict(checkpoint.start)
            step, lr, history = (
                checkpoint.snapshot.index,
                checkpoint.snapshot.lr,
                checkpoint.history,
            )
            self._rates = [(0, first_lr)]
            if history is not None:
                self._rates = list(zip(history.lr_step.tolist(), history.lr.tolist(), strict=True))
            if not self._rates or self._rates[-1][1] != lr:
                self._rates.append((step, lr))
            self._go_on_from(trainer, checkpoint)
            self._unrepeatable = checkpoint.unrepeatable
            # What was before the file's step may be unknown; then it is to a file of this run, too.
            clips = {step: config.clip_norm}
            if checkpoint.knows_changes and history is not None:
                clips = history.clips or clips
            self._configs = [
                (begin, replace(config, clip_norm=norm)) for begin, norm in clips.items()
            ]

    def checkpoint(self) -> bytes:
        """The run as a file, to go on with from its newest step.

        Raises:
            ValueError: when it has diverged: there is no next step.
        """
        with self._lock:
            if self._now.trainer.diverged:
                raise InvalidValue(N_("The run has diverged. Look back and branch, then save."))
            return save_checkpoint(
                self._now.trainer,
                history=self._recorded(),
                start=self._start,
                stopping=None if self._stopping is None else self._stopping.memory,
                best=self._best(),
            )

    def _best(self) -> Snapshot | None:
        """The best step for early stopping, where it is not the newest one and can be had."""
        step = None if self._stopping is None else self._stopping.best_step
        if step is None or step == self.index:
            return None
        if self._known is not None:
            known = self._known[1]
            if known is not None and known.index == step:
                return known
        reachable = self.can_look_back and step >= self._oldest
        return self._relive(step).trainer.snapshot() if reachable else None

    def weights(self) -> bytes:
        """The weights of the step on screen as a safetensors file."""
        with self._lock:
            return save_weights((self._past or self._now).trainer)

    def recipe(self) -> Recipe | None:
        """What takes the steps up to the one on screen again; None where that is `unrepeatable`."""
        with self._lock:
            if self.unrepeatable is not None:
                return None
            shown = (self._past or self._now).latest.index
            rates = {begin: lr for begin, lr in self._rates if begin <= shown}
            clips = {begin: each.clip_norm for begin, each in self._configs if begin <= shown}
            return Recipe(self._config, shown + 1, self._task, rates, clips)

    @property
    def unrepeatable(self) -> Message | None:
        """Why no script can take the steps of this run again, in a sentence; None if one can."""
        with self._lock:
            if self._start is not None:
                return began_with_weights()
            if self._prepare is not None:
                return Message(N_("The network was changed before its first step."))
            return self._unrepeatable

    def history(self) -> RunHistory:
        """Losses and gradient norms of the run so far, of every step while there is room."""
        with self._lock:
            return self._recorded()

    def _recorded(self) -> RunHistory:
        held_out, rates = self._held_out(), dict(self._rates)  # of one step's the last counts
        clips = {
            begin: np.inf if config.clip_norm is None else config.clip_norm
            for begin, config in self._configs
        }
        return RunHistory(
            *self._log.columns(),
            held_out.steps,
            np.stack([held_out.means, held_out.lows, held_out.highs], axis=-1),
            np.array(list(rates), np.int64),
            np.array(list(rates.values()), np.float64),
            np.array(list(clips), np.int64),
            np.array(list(clips.values()), np.float64),
        )

    def standing(self, patience: float = 0.5) -> Standing | None:
        """How far the run is; in any thread, at any time.

        Args:
            patience: seconds to wait for a step that is under way; then there is no answer.
        """
        if not self._lock.acquire(timeout=patience):
            return None
        try:
            now = self._now
            evaluation = now.last_evaluation
            return Standing(
                status=self._status,
                config=replace(now.trainer.config, lr=now.trainer.lr),
                given=self._start is not None or self._prepare is not None,
                step=now.latest.index,
                held_out=None if evaluation is None else evaluation.mean,
                judged_at=0 if evaluation is None else evaluation.step,
                symbols=now.layout.symbols,
                floors=now.floors,
            )
        finally:
            self._lock.release()

    def frame(self) -> Frame:
        """The frame on screen."""
        with self._lock:
            return self._frame(self._past or self._now)

    def can_inspect(self, view: View[Any, Any]) -> bool:
        """Whether `inspect` has a result; after divergence there may be none."""
        with self._lock:
            return (self._past or self._now).can_inspect(view)

    def inspect(
        self, view: View[Any, Any], controls: Any = None, *, preview: bool = False
    ) -> CachedResult | None:
        """The result of a view at the step on screen, without changing what follows.

        Args:
            view: which.
            controls: what the reader has chosen in the view's own controls; None for its default.
            preview: leave out what takes long, as while training.

        Returns:
            The result, which may be some steps old; None if the run diverged before there was one.
        """
        with self._lock:
            scene = self._past or self._now
            paused = self._status is not Status.PLAYING and not preview
            chosen = view.default_controls if controls is None else controls
            return scene.inspect(view, paused=paused, controls=chosen)

    def last_result(self, view: View[Any, Any]) -> CachedResult | None:
        """What `inspect` gave last, if that was this view; nothing is computed."""
        with self._lock:
            return (self._past or self._now).last_result(view)

    @property
    def can_look_back(self) -> bool:
        """Whether one can look back: enough snapshots are kept, and what lies between is quick."""
        return self._most_snapshots >= _FEWEST_SNAPSHOTS and self._is_quick_to_relive

    @property
    def _is_quick_to_relive(self) -> bool:
        # Of any step: up to the next snapshot, and the steps on screen with it.
        steps = min(self.index, self._snapshots.stride + self._now.memory)
        return steps * self._step_seconds <= _LOOKING_BACK

    @property
    def _step_seconds(self) -> float:
        """About how long a training step takes."""
        trainer = self._now.trainer
        return cost.training_step(trainer.config, trainer.task) / cost.PER_SECOND

    def look_back(self, index: int | None) -> None:
        """Show an earlier step; with None, or while playing, the newest.

        Args:
            index: the step, from the oldest to the newest.
        """
        with self._lock:
            if (
                index is None
                or index >= self.index
                or self._status is Status.PLAYING
                or not self.can_look_back
            ):
                self._past = None
            elif self._past is None or self._past.latest.index != index:
                self._past = self._relive(max(index, self._oldest))

    def around(self) -> tuple[StepNumbers, ...]:
        """The step on screen in numbers, with the two before and the two after it.

        They are trained again; nothing of the run changes. There are fewer at the beginning, at the
        end of a run that has diverged, and none if looking back is not possible.
        """
        with self._lock:
            if not self.can_look_back or self._status is Status.PLAYING:
                return ()
            shown = self._past or self._now
            index = shown.latest.index
            if self._around is None or self._around[:2] != (shown, index):
                self._around = shown, index, tuple(self._numbers(index))
            return self._around[2]

    def _numbers(self, index: int) -> Iterator[StepNumbers]:
        last = min(index + _AROUND, self.index)
        past = self._relive(max(self._oldest, index - _AROUND))
        while True:
            self._set_up(past)
            step, clip_norm = past.latest, past.trainer.config.clip_norm
            before = past.trainer.snapshot().weights
            if past.advance() is None:
                return
            update = past.trainer.snapshot().weights - before
            yield StepNumbers(
                step.index,
                step.loss,
                step.grad_norm,
                clip_norm is not None and step.grad_norm > clip_norm,
                float(update.norm() / before.norm()),
            )
            if step.index >= last:
                return

    @property
    def has_test_part(self) -> bool:
        """Whether `rolling_origins` has anything to forecast."""
        return isinstance(self._now.trainer.task, SeriesTask)

    def rolling_origins(self, horizons: int) -> tuple[RollingOrigin, ...] | None:
        """Forecasts of the test part with the weights of the step on screen; changes nothing.

        Args:
            horizons: the longest horizon.

        Returns:
            The forecasts of every target; None after divergence.

        Raises:
            ValueError: when the test part is too short, or there is none, or when it would take
                some seconds from few origins already.
        """
        with self._lock:
            trainer = (self._past or self._now).trainer
            if trainer.diverged:
                return None
            origins = affordable_origins(trainer, horizons, _FORECASTS)
            return rolling_origins(trainer, horizons, origins=origins)

    def replay_frames(
        self, most: int, progress: Callable[[float], object] | None = None
    ) -> list[Frame]:
        """Frames of the whole run, each as it was; changes nothing.

        They are close together at first, when a network changes fast, and evenly spaced later.
        There are none if looking back is not possible, or if the run goes on meanwhile.

        Args:
            most: the number of frames at most, at least 4. The first step and the newest are among
                them. Where steps take long there are fewer, so that all take some ten seconds.
            progress: is told before each frame which share is done; what it raises ends the work.
                Then, between two frames, the run is free to go on. Otherwise it waits for all.
        """
        with self._lock if progress is None else nullcontext():
            return self._replay_frames(most, progress)

    def _replay_frames(self, most: int, progress: Callable[[float], object] | None) -> list[Frame]:
        with self._lock:
            if not self.can_look_back:
                return []
            now, newest, plays = self._now, self.index, self.plays
            affordable, whole = _REPLAY / self._step_seconds, newest - self._oldest + now.memory
            if whole > affordable:  # frames that are near each other have most steps in common
                each = self._snapshots.stride / 2 + now.memory
                most = max(4, min(most, int(affordable / each)))
            steps = self._replay_steps(most)
        frames: list[Frame] = []
        past: Scene | None = None
        for done, index in enumerate(steps):
            if progress is not None:
                progress(done / len(steps))
            with self._lock:
                if (self._now, self.index, self.plays) != (now, newest, plays):
                    return []
                past = self._relive(index, past)
                frames.append(self._frame(past, judged=False))
        return frames

    def branch(self, changes: Mapping[str, Any] | None = None) -> None:
        """Continue from the step on screen and drop what followed.

        If no setting changes, the same steps follow, bit for bit. The old curve stays visible as
        the run before.

        Args:
            changes: settings that the step's update is the first to use, among the learning rate
                and gradient clipping.
        """
        with self._lock:
            if self._past is None:
                return
            index = self._past.latest.index
            self._keep_curve()
            steps, losses = self._history.points()
            self._history = LossHistory(buckets=_LOSS_BUCKETS)
            for step, loss in zip(steps.tolist(), losses.tolist(), strict=True):
                if step < index:
                    self._history.append(step, loss)
            self._history.append(index, self._past.latest.loss)
            self._log.cut(index)
            self._evaluated.cut(index)
            if self._stopping is not None:
                self._stopping.cut(index)
            self._snapshots.cut(index)
            self._rates = [rate for rate in self._rates if rate[0] <= index]
            self._configs = [each for each in self._configs if each[0] <= index]
            self._events.note_branch(index)
            self._now, self._past = self._past, None
            self._diverged_at = None
            self._status = Status.PAUSED
            if changes:
                self._change(index, changes)

    def _change(self, index: int, changes: Mapping[str, Any]) -> None:
        """Use other settings from the update of the present step on."""
        self._config = replace(self._config, **changes)
        if self._config != replace(self._now.trainer.config, lr=self._config.lr):
            self._now.switch(self._config)
            self._configs.append((index, self._config))
        if "lr" in changes:
            self._set_lr(self._config.lr)

    def _frame(self, seen: Scene, *, judged: bool = True) -> Frame:
        evaluation = self._evaluate(seen) if judged else None
        return Frame(
            status=self._status,
            step=seen.latest,
            windows=tuple(seen.windows),
            units=seen.trainer.task.units,
            validates=seen.trainer.task.held_out is not None,
            layout=seen.layout,
            hidden=tuple(seen.hidden),
            curve=self._history.points(),
            previous=self._previous,
            held_out=self._held_out(),
            verdict=seen.verdict if evaluation else None,
            judged_at=evaluation.step if evaluation else seen.latest.index,
            events=self._events.items,
            told=self._bulletin.told(self._events.items) if judged else (),
            floors=seen.floors,
            target_variance=seen.target_variance,
            streaming=seen.trainer.task.streaming,
            horizon=seen.trainer.task.horizon,
            forecast_columns=seen.trainer.task.forecast_columns,
            can_change_wave=seen.trainer.task.can_change_wave,
            parameter_count=seen.trainer.parameter_count,
            steps_per_second=self._per_second(steps=True),
            redraws_per_second=self._per_second(steps=False),
            active_runs=self._active_runs,
            engine=seen.trainer.engine,
            # A step of the past is trained again by the engine of the run, for the same reason.
            engine_reason=self._now.trainer.engine_reason,
            diverged_at=self._diverged_at,
            config=seen.trainer.config,
            lr=seen.trainer.lr,
            newest=self.index,
            oldest=self._oldest,
            given=self._start is not None,
            stopped_early=self._stopped_early(),
        )

    def _stopped_early(self) -> StoppedEarly | None:
        found = self._stopping
        if found is None or self._status is not Status.STOPPED_EARLY:
            return None
        return StoppedEarly(self.index, found.waited, found.best_step, found.best_loss)

    def _new_stopping(self) -> EarlyStopping | None:
        if self._patience is None or self._now.trainer.task.held_out is None:
            return None
        if self._known is not None:
            return EarlyStopping.resumed(self._known[0], self._patience)
        return EarlyStopping(self._patience)

    def _validate(self, index: int) -> None:
        """Evaluate the weights of a step for early stopping, if it is one of those steps."""
        if self._stopping is None or index % EVALUATE_EVERY or self._now.trainer.diverged:
            return
        if index <= self._stopping.last_step:
            return  # of the file that the run comes from
        evaluation = self._evaluate(self._now, now=True)
        assert evaluation is not None
        self._stopping.update(index, evaluation.mean)

    def _evaluate(self, seen: Scene, *, now: bool = False) -> Evaluation | None:
        """The scene's held-out loss, which is recorded if it is of the present and new.

        Args:
            seen: the scene.
            now: whether it must be that of the scene's step even while training.
        """
        evaluation = seen.evaluation(
            paused=now or self._status is not Status.PLAYING, active_runs=self._active_runs
        )
        last = self._evaluated.indices[-1] if len(self._evaluated) else -1
        if evaluation is not None and seen is self._now and evaluation.step > last:
            self._evaluated.add(evaluation.step, evaluation.loss)
        return evaluation

    def _held_out(self) -> HeldOut:
        losses = np.array(self._evaluated.items, np.float64).reshape(-1, 3)
        return HeldOut(np.array(self._evaluated.indices, np.int64), *losses.T)

    def _relive(self, index: int, past: Scene | None = None) -> Scene:
        """The scene of an earlier step, trained again from the snapshot before it.

        Args:
            index: the step.
            past: a scene of a step not later than that, which is advanced if that is shorter.
        """
        snapshot = self._snapshot_before(max(self._oldest, index - self._now.memory + 1))
        if past is None or past.latest.index < snapshot.index:
            now = self._now.trainer
            trainer = Trainer(
                self._config_of(snapshot.index),
                task=self._task,
                dtype=now.dtype,
                engine=now.engine,
            )
            past = Scene(trainer, self._clock, like=self._now)
            trainer.restore(snapshot)
            past.advance()
        while past.latest.index < index:
            self._set_up(past)
            if past.advance() is None:
                break
        self._set_up(past)
        return past

    def _snapshot_before(self, index: int) -> Snapshot:
        """The latest snapshot that is not later than a step."""
        try:
            return self._snapshots.before(index)
        except LookupError:
            assert self._first is not None  # where one looks back, there is one
            return self._first

    def _replay_steps(self, most: int) -> list[int]:
        """The first step, the newest, and between them steps that are quick to train again."""
        newest, oldest, stride = self.index, self._oldest, self._snapshots.stride
        early = oldest + np.geomspace(1, max(1, newest - oldest), most // 3)
        evenly = np.linspace(oldest, newest, most - len(early))
        wanted = np.unique(np.rint(np.concatenate([early, evenly])).astype(int))
        memory = self._now.memory - 1
        # Later ones are moved so that the steps on screen with them start at a snapshot.
        near = np.rint((wanted - memory) / stride).astype(int) * stride + memory
        steps = np.where(wanted < oldest + 2 * stride, wanted, near)
        inside = steps[(steps > oldest) & (steps < newest)].tolist()
        return sorted({oldest, newest, *inside})

    def _set_lr(self, lr: float) -> None:
        """Set the learning rate, from the current step's update on."""
        self._events.note_lr(self.index, self._now.trainer.lr, lr)
        self._now.trainer.lr = lr
        self._rates.append((self.index, lr))

    def _set_up(self, past: Scene) -> None:
        """Give a scene of the past the settings that its step's update had."""
        config = self._config_of(past.latest.index)
        if config.clip_norm != past.trainer.config.clip_norm:
            past.switch(config)
        past.trainer.lr = self._lr_of(past.latest.index)

    def _config_of(self, index: int) -> RunConfig:
        """The settings of a step's update, but for its learning rate."""
        return [config for begin, config in self._configs if begin <= index][-1]

    def _lr_of(self, index: int) -> float:
        """The learning rate of a step's update."""
        rates = [lr for begin, lr in self._rates if begin <= index]
        return rates[-1]

    def _begin(self) -> None:
        self._watch(Trainer(self._config, task=self._task, engine=self._engine))

    def _rewind(self) -> None:
        self._keep_curve()
        self._now.trainer.reset()  # keeps the engine: the same run, bit for bit
        self._watch(self._now.trainer)

    def _keep_curve(self) -> None:
        if len(self._history) > 1:
            self._previous = self._history.points()

    def _watch(self, trainer: Trainer) -> None:
        """Watch a trainer from its step 0 on, at the current learning rate."""
        _begin, lr = self._rates[-1]
        trainer.lr = lr
        if self._start is not None:
            set_weights(trainer, self._start)
        if self._prepare is not None:
            self._prepare(trainer)
        self._rates = [(0, lr)]
        self._clear(trainer)
        self._take_step()  # step 0 shows the untrained network
        self._keep_snapshots(trainer)

    def _go_on_from(self, trainer: Trainer, checkpoint: Checkpoint) -> None:
        """Watch a trainer that stands at the step of a file, whose losses so far may be known."""
        history, stopping = checkpoint.history, checkpoint.stopping
        self._clear(trainer)
        if stopping is not None:
            self._known = stopping, checkpoint.at_best
            self._stopping = self._new_stopping()
        first = 0 if trainer.index is None else trainer.index + 1
        rates = list(pairwise(self._rates))

        def note_rates(before: int) -> None:
            while rates and rates[0][1][0] < before:
                (_begin, old), (begin, new) = rates.pop(0)
                self._events.note_lr(begin, old, new)

        if history is not None:
            losses = zip(history.step.tolist(), history.loss.tolist(), strict=True)
            for (step, loss), norm in zip(losses, history.grad_norm.tolist(), strict=True):
                if step < first:
                    note_rates(step)
                    self._history.append(step, loss)
                    self._log.add(step, loss, norm)
                    self._events.add(step, loss)
            for step, row in zip(history.held_out_step.tolist(), history.held_out, strict=True):
                if step <= first and np.isfinite(row).all():
                    self._evaluated.add(step, Estimate(*row.tolist()))
        note_rates(first)
        self._take_step()  # the file's own step again
        note_rates(first + 1)
        self._oldest = self._now.latest.index
        self._keep_snapshots(trainer)

    def _clear(self, trainer: Trainer) -> None:
        """Nothing is known of a run yet."""
        self._now, self._past = Scene(trainer, self._clock), None
        self._history = LossHistory(buckets=_LOSS_BUCKETS)
        self._log = StepLog()
        self._evaluated = Thinned(_EVALUATIONS, merge=_later)
        self._configs, self._unrepeatable = [(0, trainer.config)], None
        self._events = Events(self._now.floors, trainer.task.windows_per_cycle)
        self._snapshots = Snapshots()
        self._most_snapshots, self._first = 0, None
        self._known = None
        self._stopping = self._new_stopping()
        self._speed.clear()
        self._diverged_at = None
        self._oldest = 0

    def _keep_snapshots(self, trainer: Trainer) -> None:
        """Keep the first of the snapshots for looking back, and make room for others."""
        if not trainer.diverged:
            size = 4 * 3 * trainer.parameter_count  # Adam keeps two numbers with each weight
            self._most_snapshots = min(_MOST_SNAPSHOTS, _SNAPSHOT_BYTES // size)
        if self.can_look_back:
            self._snapshots = Snapshots(self._most_snapshots, _SNAPSHOT_EVERY)
            self._first = trainer.snapshot()
            self._snapshots.add(self._first)

    def _take_step(self) -> None:
        self._past = None  # a new step ends looking back
        step = self._now.advance()
        if step is None or not step.is_finite:
            self._status = Status.DIVERGED
            if step is not None:
                self._diverged_at = step.index
                self._events.add(step.index, step.loss)
            return
        self._history.append(step.index, step.loss)
        self._log.add(step.index, step.loss, step.grad_norm)
        self._events.add(step.index, step.loss)
        if step.index and self._snapshots.wants(step.index) and self.can_look_back:
            self._snapshots.add(self._now.trainer.snapshot())
        self._validate(step.index)
        stopping = self._stopping
        if stopping is not None and stopping.last_step == step.index and stopping.stopped:
            self._status = Status.STOPPED_EARLY


def _series(task: Task | None) -> str | None:
    """A series and what it is used for, in a few words."""
    if task is None or task.units is None:
        return None
    plan = task.units.plan
    return f"{task.units.series.name} ({', '.join(plan.inputs)} → {', '.join(plan.targets)})"


def shown_config(checkpoint: Checkpoint) -> RunConfig:
    """The settings of a file as the page shows them: those that the run does not read are at their
    defaults, and the learning rate is the one that the run goes on with.
    """
    config, beginning = checkpoint.config, RunConfig()
    unread = {name: each for name, each in beginning.to_dict().items() if not is_read(name, config)}
    lr = config.lr if checkpoint.snapshot is None else checkpoint.snapshot.lr
    return RunConfig.from_dict({**config.to_dict(), **unread, "lr": lr})


def _trainer(checkpoint: Checkpoint, config: RunConfig, task: Task | None, engine: str) -> Trainer:
    """The trainer that goes on from a file; by its engine, if this machine can."""
    units = task.units if task is not None else None
    if checkpoint.digest and (units is None or units.series.digest != checkpoint.digest):
        raise InvalidValue(
            N_(
                "The run was trained on another series, {name} (digest {digest}), which its file "
                "does not hold. Give the run that series."
            ),
            name=checkpoint.series_name or "–",
            digest=checkpoint.digest,
        )
    if checkpoint.snapshot is None:
        # The page trains in single precision.
        single = {name: each.float() for name, each in checkpoint.weights.items()}
        return replace(checkpoint, weights=single).trainer(config, task=task, engine=engine)
    same = replace(checkpoint, config=config, snapshot=replace(checkpoint.snapshot, config=config))
    try:
        return same.trainer(task=task, engine=checkpoint.engine)
    except ValueError:
        if checkpoint.engine == engine:
            raise
        return same.trainer(task=task, engine=engine)


def _later(_earlier: Estimate, later: Estimate) -> Estimate:
    """Of two neighbours the later one is kept."""
    return later
