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

from dashboard.app.playback import Playback, Status
from dashboard.charts.window_layout import WindowLayout, window_layout
from dashboard.compare.contenders import Contender, restarting_configs
from rnn_core import Comparison, Curves, Floor, Ranking, ReplicaStep, RunConfig, Trainer, rank

# Steps over which one network alone is timed; fewer if they take so many seconds: the page waits.
_TIMED, _TIMED_FOR = 12, 0.05
# Least seconds between two verdicts while playing.
_VERDICT_EVERY = 2.0


@dataclass(frozen=True, slots=True)
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
        recent: mean loss of the last steps, ``(C, S)``; inf where a network has diverged.
        accuracy: of the last step, ``(C, S)``, nan where a network has diverged; None for a
            regression task.
        alive: which networks have not diverged, ``(C, S)``.
        ranking: order and paired tests; None before the first.
        ranked_at: the step of the ranking.
        parameter_counts: of each contender.
        milliseconds: of one step of one network alone, for each contender.
        floors: the task's floors.
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
    recent: NDArray[np.float64]
    accuracy: NDArray[np.floating] | None
    alive: NDArray[np.bool_]
    ranking: Ranking | None
    ranked_at: int
    parameter_counts: tuple[int, ...]
    milliseconds: tuple[float, ...]
    floors: tuple[Floor, ...]
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
        clock: seconds.
        engine: as in `Trainer`.
    """

    _contenders: tuple[Contender, ...]
    _seeds: int
    _first_seed: int
    _comparison: Comparison
    _ranking: Ranking | None
    _ranked_at: int
    _ranked: float

    def __init__(
        self,
        contenders: Sequence[Contender],
        seeds: int,
        first_seed: int = 0,
        *,
        clock: Callable[[], float] = monotonic,
        engine: str = "auto",
    ) -> None:
        super().__init__(clock, engine)
        self._contenders, self._seeds, self._first_seed = tuple(contenders), seeds, first_seed
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

    def configure(self, contenders: Sequence[Contender], seeds: int, first_seed: int) -> bool:
        """Adopt the settings: learning rates at once, anything else by starting again.

        A comparison that was playing keeps playing.

        Returns:
            Whether it started again.
        """
        new = tuple(contenders)
        with self._lock:
            same = (
                seeds == self._seeds
                and first_seed == self._first_seed
                and restarting_configs(new) == restarting_configs(self._contenders)
            )
            if not same:
                self._contenders, self._seeds, self._first_seed = new, seeds, first_seed
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

    def frame(self) -> ComparisonFrame:
        """The present step, to draw."""
        with self._lock:
            self._rank()
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
                recent=comparison.recent,
                accuracy=self._accuracy(),
                alive=comparison.alive,
                ranking=self._ranking,
                ranked_at=self._ranked_at,
                parameter_counts=comparison.parameter_counts,
                milliseconds=self._milliseconds,
                floors=self._floors,
                steps_per_second=self._per_second(steps=True),
                redraws_per_second=self._per_second(steps=False),
                active_runs=self._active_runs,
                engines=comparison.replicas.engines,
            )

    def _accuracy(self) -> NDArray[np.floating] | None:
        accuracy = self._windows[-1].accuracy
        return None if accuracy is None else accuracy.reshape(len(self._contenders), self._seeds)

    def _rank(self) -> None:
        """Rank again if that is due: it takes as long as a redraw."""
        now = self._clock()
        waits = self._status is Status.PLAYING and now - self._ranked < _VERDICT_EVERY
        if self._ranked_at != self.index and not waits:
            self._ranking = rank(self._comparison.recent)
            self._ranked_at, self._ranked = self.index, now

    def _begin(self) -> None:
        configs = [contender.config for contender in self._contenders]
        seeds = range(self._first_seed, self._first_seed + self._seeds)
        self._comparison = Comparison(configs, seeds, engine=self._engine)
        task = self._comparison.task
        self._floors = task.floors()
        self._layout = window_layout(task, configs[0])
        self._windows: deque[ReplicaStep] = deque(maxlen=self._layout.windows)
        self._milliseconds = tuple(_milliseconds(config, self._engine) for config in configs)
        self._ranking = None
        self._ranked_at, self._ranked = 0, float("-inf")
        self._speed.clear()
        self._steps: Iterator[ReplicaStep] = self._comparison.steps()
        self._take_step()

    def _take_step(self) -> None:
        step = next(self._steps, None)
        if step is None:
            self._status = Status.DIVERGED
        else:
            self._windows.append(step)


def _milliseconds(config: RunConfig, engine: str) -> float:
    """Milliseconds of one step of one network alone, the fastest of a few."""
    steps = Trainer(config, engine=engine).steps()
    times: list[float] = []
    while len(times) < _TIMED and sum(times) < _TIMED_FOR:
        began = perf_counter()
        if next(steps, None) is None:
            break
        times.append(perf_counter() - began)
    return 1000 * min(times)
