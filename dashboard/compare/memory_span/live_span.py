"""A memory span test that is played live, and its frames.

Knows nothing of Streamlit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from dashboard.app.playback import Playback, Status
from dashboard.compare.contenders import Contender, restarting_configs
from dashboard.compare.memory_span.capacity import Capacities, Curve
from rnn_core import MemorySpan, SpanResult, SpanStep
from rnn_core.thinned import Thinned

# Points of a delay's curves at most.
_MOST_POINTS = 200


@dataclass(frozen=True, slots=True, eq=False)
class SpanFrame:
    """What is drawn, all of one step.

    Args:
        status: what the player is doing.
        contenders: C of them.
        seeds: how many networks S each has.
        delays: those tested, in samples.
        step_budget: the most steps at one delay.
        latest: the last step.
        index: steps taken at all delays together.
        curve_steps: steps at the present delay, thinned, ``(K,)``.
        curve: smoothed losses of the A active contenders at these steps, ``(K, A, S)``; inf or nan
            where a network has diverged.
        results: for each contender one per delay it has reached.
        spans: the longest delay that each contender has passed.
        active: the contenders that have passed all delays so far, by number.
        share: of the gap between the floors that a network must cover to pass.
        engines: what trains, for each network at the present delay.
        untrained: memory capacity of each contender's untrained networks; None until measured.
        trained: that of the networks that passed its longest delay; None before the first.
        measuring: networks whose memory capacity is still to be measured.
        steps_per_second: measured while playing, else None.
        redraws_per_second: likewise.
        active_runs: runs that played on this server at the last redraw, this one included.
    """

    status: Status
    contenders: tuple[Contender, ...]
    seeds: int
    delays: tuple[int, ...]
    step_budget: int
    latest: SpanStep
    index: int
    curve_steps: NDArray[np.int64]
    curve: NDArray[np.float64]
    results: tuple[tuple[SpanResult, ...], ...]
    spans: tuple[int, ...]
    active: tuple[int, ...]
    share: float
    engines: tuple[str, ...]
    untrained: tuple[Curve | None, ...]
    trained: tuple[Curve | None, ...]
    measuring: int
    steps_per_second: float | None
    redraws_per_second: float | None
    active_runs: int


class LiveSpan(Playback):
    """A memory span test, trained live.

    Args:
        contenders: the configs to compare, with their names.
        seeds: how many networks each has.
        first_seed: seed of the first of them; the others follow.
        clock: seconds; tests give their own.
        engine: what trains, as in `Trainer`.
    """

    _asked: tuple[tuple[Contender, ...], int, int]

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
        self._asked = tuple(contenders), seeds, first_seed
        self._begin()

    @property
    def index(self) -> int:
        """Steps taken at all delays together."""
        return self._index

    @property
    def contenders(self) -> tuple[Contender, ...]:
        """The contenders."""
        return self._asked[0]

    def configure(self, contenders: Sequence[Contender], seeds: int, first_seed: int) -> bool:
        """Adopt the settings: learning rates at once, anything else by a restart.

        A test that was playing continues to play.

        Returns:
            Whether it started again.
        """
        asked = tuple(contenders), seeds, first_seed
        with self._lock:
            same = _as_tested(asked) == _as_tested(self._asked)
            previous, self._asked = self._asked[0], asked
            if not same:
                self._begin_again()
                return True
            for number, (old, new) in enumerate(zip(previous, self.contenders, strict=True)):
                if old.config.lr != new.config.lr:
                    self._test.set_lr(number, new.config.lr)
            return False

    def frame(self) -> SpanFrame:
        """The current frame."""
        with self._lock:
            test = self._test
            return SpanFrame(
                status=self._status,
                contenders=self.contenders,
                seeds=len(test.seeds),
                delays=test.delays,
                step_budget=test.step_budget,
                latest=self._latest,
                index=self._index,
                curve_steps=np.array(self._curve.indices),
                curve=np.array(self._curve.items),
                results=test.results,
                spans=test.spans,
                active=test.active,
                share=test.share,
                engines=test.engines,
                untrained=self._capacities.untrained,
                trained=self._capacities.trained,
                measuring=self._capacities.pending,
                steps_per_second=self._per_second(steps=True),
                redraws_per_second=self._per_second(steps=False),
                active_runs=self._active_runs,
            )

    def measure(self, seconds: float) -> int:
        """Measure the memory capacity of networks that are no longer trained, for some time.

        Args:
            seconds: no further network is begun after this time.

        Returns:
            How many networks are left.
        """
        deadline = self._clock() + seconds
        while True:
            # Released between two networks, so that a click need not wait for all of them.
            with self._lock:
                if not self._capacities.pending or self._clock() > deadline:
                    return self._capacities.pending
                self._capacities.measure_one()

    def _begin(self) -> None:
        contenders, seeds, first_seed = self._asked
        self._test = MemorySpan(
            [contender.config for contender in contenders],
            range(first_seed, first_seed + seeds),
            engine=self._engine,
        )
        self._capacities = Capacities(
            self._test.contenders, self._test.seeds, self._test.delays[-1]
        )
        self._steps: Iterator[SpanStep] = self._test.steps()
        self._index = -1
        self._speed.clear()
        self._begin_delay()
        self._take_step()

    def _begin_delay(self) -> None:
        self._curve: Thinned[NDArray[np.float64]] = Thinned(_MOST_POINTS)

    def _take_step(self) -> None:
        step = next(self._steps, None)
        if step is None:
            self._status = Status.FINISHED
            return
        if step.index == 0:
            self._begin_delay()
        self._latest = step
        self._capacities.add(self._test.networks)
        self._index += 1
        self._curve.add(step.index, step.recent)


def _as_tested(asked: tuple[tuple[Contender, ...], int, int]) -> object:
    """The settings that the test depends on; it sets task, delay and window length itself."""
    contenders, seeds, first_seed = asked
    configs = [
        replace(config, task="delayed_recall", delay=1, window_length=20)
        for config in restarting_configs(contenders)
    ]
    return configs, seeds, first_seed
