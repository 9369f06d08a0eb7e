"""How far back can a cell remember? The delay grows, rung by rung, until it no longer learns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rnn_core.config import RULES, RunConfig
from rnn_core.experiments.comparison import SMOOTHING, Comparison
from rnn_core.rules import FloatRange, IntRange
from rnn_core.tasks import Task

_TASK = "delayed_recall"
# Gradients end at a window's beginning, so only a bit that is wanted again in the window it came
# in teaches a cell anything. At four delays a window these are three of four, or more.
_DELAYS_PER_WINDOW = 4
_SHORTEST_WINDOW = 20
_STEP_BUDGET = IntRange(SMOOTHING, 1_000_000)
_SHARE = FloatRange(0.0, 1.0, open_low=True)


@dataclass(frozen=True, slots=True, eq=False)
class SpanStep:
    """One lockstep step of a race: R contenders with S seeds at one delay.

    Args:
        delay: the rung, in samples.
        index: updates done so far on this rung; 0 is the untrained networks.
        racers: which contenders run on this rung, R places in `MemorySpan.contenders`.
        loss: mean squared error of each network, shape ``(R, S)``. A contender all of whose
            networks have passed or diverged rests, and keeps its last.
        recent: its mean over the last `SMOOTHING` steps, or as many as there were, shape
            ``(R, S)``; infinite for a network that has diverged.
        threshold: what ``recent`` has to come down to, shape ``(R,)``.
        passed: which networks have come down to it, at this step or before, shape ``(R, S)``.
    """

    delay: int
    index: int
    racers: tuple[int, ...]
    loss: NDArray[np.float64]
    recent: NDArray[np.float64]
    threshold: NDArray[np.float64]
    passed: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class SpanResult:
    """What has become of one contender at one delay.

    Args:
        delay: in samples.
        steps: updates that each seed's network needed, shape ``(S,)``; nan where it has not passed.
    """

    delay: int
    steps: NDArray[np.float64]

    @property
    def passed(self) -> int:
        """How many seeds have passed."""
        return int(np.isfinite(self.steps).sum())

    @property
    def is_enough(self) -> bool:
        """Whether these are more than half of the seeds."""
        return 2 * self.passed > len(self.steps)


class MemorySpan:
    """A race over growing delays of the delayed recall task: who remembers longest?

    On each rung every contender still in the race trains fresh networks, one for each seed, on
    the same windows as all others. A network passes when its mean loss over `SMOOTHING` steps has
    come down by ``share`` of the way from the floor of a predictor without memory to that of one
    with all the memory that the contender can have: over window borders when it carries its
    state, inside a window otherwise. A contender goes on to the next delay when more than half of
    its networks pass. The rung ends when all networks have passed, or after ``step_budget``
    steps; a network that diverges has not passed.

    Windows are four delays long, at least 20 steps: long enough for gradients to reach back, and
    the longer the delay, the more samples there are in a step.

    Bits come in all the time, so a network that recalls one from k steps ago holds k of them at
    once: the race is decided by how much a cell can hold as well as by how long.

    Args:
        contenders: their settings. ``task``, ``delay``, ``window_length`` and ``seed`` are not
            read; the other settings of the data must be the same for all. With the batch_size and
            lr of `rnn_core.tasks.DEFAULTS`, cells of 32 units part within the default budget.
        seeds: how many seeds, counted from 0, or which.
        delays: the rungs, in samples, ascending, from 1 to 100.
        step_budget: a rung has at most so many steps.
        share: share of the gap between the floors, above 0 and up to 1. With a carried state it
            is the share of the targets' variance that the network explains. At 0.5 about
            four bits in five are right, at 0.9 nearly all; guessing gets one in two.
        engine: as in `Trainer`; with ``"auto"`` each rung begins with what is ready then.

    Raises:
        TypeError: when ``contenders`` holds anything but RunConfigs or a number is of the wrong
            kind.
        ValueError: when there is no contender, no seed or no rung, when contenders read
            different data, or when a number is outside its limits.

    Source: the protocol of Kent and Murray, arXiv:2408.11946 (2024), where the signal to repeat
    is a square wave. That of random bits, and the share of variance explained as the measure of
    what is remembered at a delay: Jaeger, "Short term memory in echo state networks", GMD report
    152 (2001).

    Example:
        >>> race = MemorySpan([RunConfig(cell="rnn", lr=0.01, batch_size=8)], delays=[1, 2])
        >>> for step in race.steps():
        ...     pass
        >>> race.spans
        (2,)
    """

    def __init__(
        self,
        contenders: Sequence[RunConfig],
        seeds: int | Sequence[int] = 3,
        *,
        delays: Sequence[int] = (1, 2, 4, 8, 12, 16, 20, 24, 28, 32, 40, 50, 65, 80, 100),
        step_budget: int = 3000,
        share: float = 0.5,
        engine: str = "auto",
    ) -> None:
        self.contenders = _checked_contenders(contenders)
        self.delays = _checked_delays(delays)
        self.step_budget = _STEP_BUDGET.check("step_budget", step_budget, 3000)
        self.share = _SHARE.check("share", share, 0.5)
        self.engine = engine
        # Refuses now what no rung could be made of.
        first = [_at_delay(config, self.delays[0]) for config in self.contenders]
        self.seeds = Comparison(first, seeds, engine=engine).seeds
        self.reset()

    def reset(self) -> None:
        """Go back to the first rung, as if nothing had happened."""
        self._racing = tuple(range(len(self.contenders)))
        self._rung = 0
        self._index = 0
        self._attempts: list[_Attempt] = []
        self._results: list[list[SpanResult]] = [[] for _contender in self.contenders]

    @property
    def racing(self) -> tuple[int, ...]:
        """The contenders that have passed all delays so far, as places in `contenders`."""
        return self._racing

    @property
    def done(self) -> bool:
        """Whether nobody is left, or no delay."""
        return not self._racing or self._rung == len(self.delays)

    @property
    def results(self) -> tuple[tuple[SpanResult, ...], ...]:
        """Of each contender one result per delay it has tried, the one under way included."""
        found = [list(results) for results in self._results]
        for place, attempt in zip(self._racing, self._attempts, strict=False):
            found[place].append(attempt.result())
        return tuple(map(tuple, found))

    @property
    def spans(self) -> tuple[int, ...]:
        """The longest delay that each contender has passed so far; 0 for none."""
        return tuple(
            max((result.delay for result in results if result.is_enough), default=0)
            for results in self.results
        )

    def steps(self) -> Iterator[SpanStep]:
        """Go on with the race for as long as steps are asked for.

        A loop that was left is continued by calling ``steps()`` again; the steps are those of a
        race that nobody interrupted.

        Yields:
            A record of each step, until the race is done.
        """
        while not self.done:
            yield self._advance()

    def _advance(self) -> SpanStep:
        delay = self.delays[self._rung]
        if not self._attempts:
            self._attempts = [
                _Attempt(_at_delay(self.contenders[place], delay), self.seeds, self)
                for place in self._racing
            ]
        for attempt in self._attempts:
            attempt.advance()
        step = SpanStep(
            delay=delay,
            index=self._index,
            racers=self._racing,
            loss=np.array([attempt.loss for attempt in self._attempts]),
            recent=np.array([attempt.recent for attempt in self._attempts]),
            threshold=np.array([attempt.threshold for attempt in self._attempts]),
            passed=np.isfinite([attempt.needed for attempt in self._attempts]),
        )
        self._index += 1
        if self._index == self.step_budget or all(attempt.rests for attempt in self._attempts):
            self._end_rung()
        return step

    def _end_rung(self) -> None:
        results = [attempt.result() for attempt in self._attempts]
        for place, result in zip(self._racing, results, strict=True):
            self._results[place].append(result)
        self._racing = tuple(
            place for place, result in zip(self._racing, results, strict=True) if result.is_enough
        )
        self._attempts = []
        self._rung += 1
        self._index = 0


class _Attempt:
    """One contender at one delay: fresh networks, one for each seed.

    Contenders have an attempt each, rather than one `Comparison` together, so that one whose
    networks have all passed need not train on while it waits for the others.
    """

    def __init__(self, config: RunConfig, seeds: Sequence[int], race: MemorySpan) -> None:
        self._comparison = Comparison([config], seeds, engine=race.engine)
        self.delay = config.delay
        self.threshold = _threshold(self._comparison.task, config.carry_state, race.share)
        self.needed = np.full(len(seeds), np.nan)
        self.rests = False

    @property
    def loss(self) -> NDArray[np.float64]:
        """Shape ``(S,)``."""
        loss: NDArray[np.float64] = self._comparison.loss[0]
        return loss

    @property
    def recent(self) -> NDArray[np.float64]:
        """Shape ``(S,)``."""
        recent: NDArray[np.float64] = self._comparison.recent[0]
        return recent

    def advance(self) -> None:
        """Take a step, unless all that can pass have done so."""
        if self.rests:
            return
        step = next(self._comparison.steps())
        if step.index + 1 >= SMOOTHING:
            first_time = np.isnan(self.needed) & (self.recent <= self.threshold)
            self.needed[first_time] = step.index
        self.rests = bool((np.isfinite(self.needed) | ~self._comparison.alive[0]).all())

    def result(self) -> SpanResult:
        """As far as it has come."""
        return SpanResult(self.delay, self.needed.copy())


def _at_delay(config: RunConfig, delay: int) -> RunConfig:
    """A contender's settings on the rung of a delay."""
    window_length = max(_SHORTEST_WINDOW, _DELAYS_PER_WINDOW * delay)
    return replace(config, task=_TASK, delay=delay, window_length=window_length, seed=0)


def _threshold(task: Task, carry_state: bool, share: float) -> float:
    """The loss that a network passes with."""
    floors = {floor.key: floor.value for floor in task.floors()}
    without = floors["memoryless"]
    gap = without - floors["carried_memory" if carry_state else "window_memory"]
    return without - share * gap


def _checked_contenders(contenders: Sequence[RunConfig]) -> tuple[RunConfig, ...]:
    for config in contenders:
        if not isinstance(config, RunConfig):
            raise TypeError(f"contenders must hold RunConfigs, got {config!r}. Try [RunConfig()].")
    if not contenders:
        raise ValueError(
            "contenders must hold at least one RunConfig, got none. Try [RunConfig()]."
        )
    return tuple(contenders)


def _checked_delays(delays: Sequence[int]) -> tuple[int, ...]:
    rule = RULES["delay"]
    for delay in delays:
        rule.check("each of the delays", delay, 1)
    if not delays or any(low >= high for low, high in pairwise(delays)):
        raise ValueError(
            f"delays must be at least one, each longer than the one before, got {delays!r}. "
            "Try (1, 2, 4, 8)."
        )
    return tuple(delays)
