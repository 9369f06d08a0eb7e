"""One visitor's comparison: contenders trained in lockstep, and the frames to draw.

Knows nothing of Streamlit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic, perf_counter

import numpy as np
from numpy.typing import NDArray

from dashboard.app.playback import Playback, Status, identity_of
from dashboard.charts.in_units import in_units
from dashboard.charts.window_layout import WindowLayout, window_layout
from dashboard.compare.contenders import Contender, restarting_configs
from rnn_core import (
    Comparison,
    Curves,
    Floor,
    FrozenNetworks,
    HeldOut,
    Ranking,
    ReplicaStep,
    RunConfig,
    Task,
    Trainer,
    rank,
)
from rnn_core.experiments.comparison import SMOOTHING
from rnn_core.thinned import Thinned

# Steps over which one network alone is timed; fewer if they take so many seconds: the page waits.
_TIMED, _TIMED_FOR = 12, 0.05
# While playing: least seconds from the beginning of one evaluation of all networks to the next, and
# the pause after each network, as a multiple of the time that it took.
_EVALUATE_EVERY, _PAUSE = 2.0, 3.0
# Evaluations of a run whose medians are kept, at most.
_EVALUATIONS = 100
# While paused: seconds of one redraw that may be spent on evaluations.
_PAUSED_FOR = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class ComparisonFrame:
    """Everything to draw, all of one step.

    Args:
        status: what the player is doing.
        index: the last step.
        contenders: C contenders.
        seeds: networks S per contender.
        first_seed: seed of the first network; the others follow.
        windows: the last steps, oldest first.
        layout: how they are drawn.
        curves: losses of all contenders, thinned.
        loss: of the last step, ``(C, S)``.
        online: mean loss of the last ``online_steps`` steps, ``(C, S)``; inf where a network has
            diverged.
        online_steps: whole cycles of the signal.
        accuracy: of the last step, ``(C, S)``, nan where a network has diverged; None for a
            regression task.
        alive: which networks have not diverged, ``(C, S)``.
        validates: whether the held-out loss is that of windows which are never trained on.
        held_out: held-out losses of the last evaluation; None before the first.
        evaluated_at: steps of the evaluations so far, thinned, ``(K,)``.
        held_out_medians: median held-out loss of each contender at these steps, ``(C, K)``; inf
            where most of its networks had diverged.
        follows_signal: whose weights followed the signal then, ``(C, S)``.
        ranking: order and paired tests of the held-out losses; None before the first.
        parameter_counts: of each contender.
        milliseconds: of one step of one network alone, for each contender.
        floors: the task's floors.
        target_variance: of the target, where errors are also given relative to it; else None.
        steps_per_second: measured while playing, else None; all networks take each of them.
        redraws_per_second: measured while playing, else None.
        active_runs: runs that played on this server at the last redraw, this one included.
        engines: what trains, for each network.
    """

    status: Status
    index: int
    contenders: tuple[Contender, ...]
    seeds: int
    first_seed: int
    windows: tuple[ReplicaStep, ...]
    layout: WindowLayout
    curves: Curves
    loss: NDArray[np.float64]
    online: NDArray[np.float64]
    online_steps: int
    accuracy: NDArray[np.floating] | None
    alive: NDArray[np.bool_]
    validates: bool
    held_out: HeldOut | None
    evaluated_at: NDArray[np.int64]
    held_out_medians: NDArray[np.float64]
    follows_signal: NDArray[np.bool_]
    ranking: Ranking | None
    parameter_counts: tuple[int, ...]
    milliseconds: tuple[float, ...]
    floors: tuple[Floor, ...]
    target_variance: float | None
    steps_per_second: float | None
    redraws_per_second: float | None
    active_runs: int
    engines: tuple[str, ...]


class LiveComparison(Playback):
    """A comparison behind a player.

    Args:
        contenders: their names and settings.
        seeds: networks per contender.
        first_seed: seed of the first network; the others follow.
        task: what to train on in place of the task that the settings name; None for that one.
        tuned: whether the learning rates were tuned.
        clock: seconds.
        engine: as in `Trainer`.
    """

    _contenders: tuple[Contender, ...]
    _seeds: int
    _first_seed: int
    _comparison: Comparison
    _frozen: FrozenNetworks | None
    _held_out: HeldOut | None
    _ranking: Ranking | None

    def __init__(
        self,
        contenders: Sequence[Contender],
        seeds: int,
        first_seed: int = 0,
        *,
        task: Task | None = None,
        tuned: bool = False,
        clock: Callable[[], float] = monotonic,
        engine: str = "auto",
    ) -> None:
        super().__init__(clock, engine)
        self._contenders, self._seeds, self._first_seed = tuple(contenders), seeds, first_seed
        self._tuned, self._task = tuned, task
        self._begin()

    @property
    def index(self) -> int:
        """The last step."""
        return self._windows[-1].index

    @property
    def contenders(self) -> tuple[Contender, ...]:
        """Names and settings; learning rates are the present ones."""
        return self._contenders

    @property
    def floors(self) -> tuple[Floor, ...]:
        """The task's floors."""
        return self._floors

    def configure(
        self,
        contenders: Sequence[Contender],
        seeds: int,
        first_seed: int,
        *,
        task: Task | None = None,
        tuned: bool = False,
    ) -> bool:
        """Adopt the settings: learning rates at once, anything else by starting again.

        A comparison that was playing keeps playing.

        Args:
            contenders: names and settings.
            seeds: networks per contender.
            first_seed: seed of the first network.
            task: as in the constructor.
            tuned: whether the learning rates were tuned: other ones then start again, too.

        Returns:
            Whether it started again.
        """
        new = tuple(contenders)
        with self._lock:
            same = (
                seeds == self._seeds
                and first_seed == self._first_seed
                and restarting_configs(new) == restarting_configs(self._contenders)
                and tuned == self._tuned
                and identity_of(task) == identity_of(self._task)
                and not (tuned and _rates(new) != _rates(self._contenders))
            )
            self._tuned = tuned
            if not same:
                self._contenders, self._seeds, self._first_seed = new, seeds, first_seed
                self._task = task
                self._begin_again()
                return True
            for number, (old, contender) in enumerate(zip(self._contenders, new, strict=True)):
                if old.config.lr != contender.config.lr:
                    self._comparison.set_lr(number, contender.config.lr)
            self._contenders = new
            return False

    def steps_until(self, threshold: float) -> NDArray[np.float64]:
        """The first step at which each network's mean loss was that low, ``(C, S)``, else nan."""
        with self._lock:
            return self._comparison.steps_until(threshold)

    @property
    def is_evaluating(self) -> bool:
        """Whether it is paused, and networks of the present step remain to be evaluated."""
        return self._status is not Status.PLAYING and self._frozen is not None

    def tick(self, most_steps: int | None, step_limit: int, active_runs: int = 1) -> None:
        """Train for one redraw, if playing, and evaluate one more network if that is due."""
        with self._lock:
            super().tick(most_steps, step_limit, active_runs)
            if self._status is Status.PLAYING and self._clock() >= self._next_evaluation:
                self._evaluate_one()

    def frame(self) -> ComparisonFrame:
        """The present step, to draw. While paused, its networks are evaluated as time allows."""
        with self._lock:
            if self._status is not Status.PLAYING:
                self._evaluate_present()
            comparison = self._comparison
            return ComparisonFrame(
                status=self._status,
                index=self.index,
                contenders=self._contenders,
                seeds=self._seeds,
                first_seed=self._first_seed,
                windows=tuple(self._windows),
                layout=self._layout,
                curves=comparison.curves,
                loss=comparison.loss,
                online=comparison.online,
                online_steps=comparison.online_steps,
                accuracy=self._accuracy(),
                alive=comparison.alive,
                validates=comparison.task.held_out is not None,
                held_out=self._held_out,
                evaluated_at=np.array(self._medians.indices, np.int64),
                held_out_medians=np.array(self._medians.items).reshape(-1, len(self._contenders)).T,
                follows_signal=self._follows_signal,
                ranking=self._ranking,
                parameter_counts=comparison.parameter_counts,
                milliseconds=self._milliseconds,
                floors=self._floors,
                target_variance=self._target_variance,
                steps_per_second=self._per_second(steps=True),
                redraws_per_second=self._per_second(steps=False),
                active_runs=self._active_runs,
                engines=comparison.replicas.engines,
            )

    def _accuracy(self) -> NDArray[np.floating] | None:
        accuracy = self._windows[-1].accuracy
        return None if accuracy is None else accuracy.reshape(len(self._contenders), self._seeds)

    def _evaluate_one(self) -> None:
        """Evaluate a network of the step at which all were frozen; freeze them if none are."""
        began = self._clock()
        if self._frozen is None:
            evaluated_at = -1 if self._held_out is None else self._held_out.step
            if self.index < SMOOTHING - 1 or self.index == evaluated_at:
                return
            self._frozen, self._frozen_at = self._comparison.freeze(), began
        self._frozen.evaluate_next()
        pause = _PAUSE * self._active_runs * (self._clock() - began)
        self._next_evaluation = self._clock() + pause
        if self._frozen.done:
            self._held_out, self._frozen = self._frozen.result(), None
            self._follows_signal = self._held_out.follows_signal
            self._medians.add(self._held_out.step, np.median(self._held_out.losses, axis=1))
            self._ranking = rank(self._held_out.losses)
            self._next_evaluation = max(self._next_evaluation, self._frozen_at + _EVALUATE_EVERY)

    def _evaluate_present(self) -> None:
        """Evaluate networks of the present step, until all are done or it takes too long."""
        if self._frozen is not None and self._frozen.step != self.index:
            self._frozen = None
        deadline = self._clock() + _PAUSED_FOR
        while self._clock() <= deadline:
            self._evaluate_one()
            if self._frozen is None:
                return

    def _begin(self) -> None:
        configs = [contender.config for contender in self._contenders]
        seeds = range(self._first_seed, self._first_seed + self._seeds)
        self._comparison = Comparison(configs, seeds, task=self._task, engine=self._engine)
        task = self._comparison.task
        self._floors = task.floors()
        self._target_variance = task.target_variance
        self._layout = window_layout(task, configs[0])
        self._windows: deque[ReplicaStep] = deque(maxlen=self._layout.windows)
        self._milliseconds = tuple(
            milliseconds_alone(config, self._engine, self._task) for config in configs
        )
        self._frozen, self._held_out, self._ranking = None, None, None
        self._follows_signal = np.zeros((len(configs), self._seeds), bool)
        self._medians: Thinned[NDArray[np.float64]] = Thinned(_EVALUATIONS, merge=_later)
        self._next_evaluation = float("-inf")
        self._speed.clear()
        self._steps: Iterator[ReplicaStep] = self._comparison.steps()
        self._take_step()

    def _take_step(self) -> None:
        step = next(self._steps, None)
        if step is None:
            self._status = Status.DIVERGED
        else:
            self._windows.append(in_units(step, self._comparison.task.units))


def _later(_earlier: NDArray[np.float64], later: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of two neighbours the later one is kept."""
    return later


def _rates(contenders: Sequence[Contender]) -> list[float]:
    return [contender.config.lr for contender in contenders]


def milliseconds_alone(config: RunConfig, engine: str, task: Task | None = None) -> float:
    """Milliseconds of one step of one network alone, the fastest of a few but the first."""
    steps = Trainer(config, task=task, engine=engine).steps()
    next(steps)  # allocates memory and loads code
    times: list[float] = []
    while len(times) < _TIMED and sum(times) < _TIMED_FOR:
        began = perf_counter()
        if next(steps, None) is None:
            break
        times.append(perf_counter() - began)
    return 1000 * min(times, default=0.0)
