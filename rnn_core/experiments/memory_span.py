"""The longest delay at which a cell learns to recall its input, within a number of steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rnn_core.arguments import items
from rnn_core.config import RULES, RunConfig
from rnn_core.experiments.comparison import SMOOTHING, Comparison, checked_contenders
from rnn_core.messages import N_, InvalidValue
from rnn_core.models import RecurrentModel
from rnn_core.rules import FloatRange, IntRange
from rnn_core.tasks import Task

_TASK = "delayed_recall"
#: Delays that are tested by default, in samples.
DELAYS = (1, 2, 4, 8, 12, 16, 20, 24, 28, 32, 40, 50, 65, 80, 100)
# Gradients end at the beginning of a window, so a bit is only learnt from when its recall falls
# into the window that the bit arrived in. With four delays per window these are at least three
# bits in four.
_DELAYS_PER_WINDOW = 4
_SHORTEST_WINDOW = 20
_STEP_BUDGET = IntRange(SMOOTHING, 1_000_000)
_SHARE = FloatRange(0.0, 1.0, open_low=True)


@dataclass(frozen=True, slots=True, eq=False)
class SpanStep:
    """One lockstep step at one delay, of the A contenders still active with S seeds each.

    Args:
        delay: in samples.
        index: updates done so far at this delay; 0 is the untrained networks.
        active: the contenders that train at this delay, A places in `MemorySpan.contenders`.
        loss: mean squared error of each network, shape ``(A, S)``. A contender stops training, and
            keeps its last loss, once all its networks have passed or diverged.
        recent: mean of the last `SMOOTHING` losses, or of fewer at the start, shape ``(A, S)``;
            inf for a network that has diverged.
        threshold: a network passes when ``recent`` is at most this, shape ``(A,)``.
        passed: which networks have passed at this step or before, shape ``(A, S)``.
    """

    delay: int
    index: int
    active: tuple[int, ...]
    loss: NDArray[np.float64]
    recent: NDArray[np.float64]
    threshold: NDArray[np.float64]
    passed: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class SpanResult:
    """One contender's result at one delay.

    Args:
        delay: in samples.
        steps: updates that the network of each seed needed, shape ``(S,)``; nan where it has not
            passed.
    """

    delay: int
    steps: NDArray[np.float64]

    @property
    def passed(self) -> int:
        """How many networks have passed."""
        return int(np.isfinite(self.steps).sum())

    @property
    def majority_passed(self) -> bool:
        """Whether more than half of the networks have passed."""
        return 2 * self.passed > len(self.steps)


@dataclass(frozen=True, slots=True, eq=False)
class SpanNetworks:
    """The networks of one contender that passed a delay, as they were when that delay ended.

    Args:
        delay: in samples.
        seeds: theirs.
        models: one for each of these seeds, no longer trained.
    """

    delay: int
    seeds: tuple[int, ...]
    models: tuple[RecurrentModel, ...]


class MemorySpan:
    """Raises the delay of the delayed recall task until a contender no longer learns it.

    At each delay, every contender still active trains fresh networks, one for each seed, all on
    the same windows. A network passes when its mean loss over `SMOOTHING` steps has covered the
    share ``share`` of the gap between two floors: that of a predictor without memory, and that of
    a predictor with all the memory the contender can have, which crosses window borders when it
    carries its state and is limited to the window otherwise. A contender goes on to the next delay
    when more than half of its networks pass. A delay ends when all networks have passed or
    diverged, or after ``step_budget`` steps.

    Windows are four delays long, at least 20 steps, so that gradients reach back far enough. The
    longer the delay, the more samples a step therefore holds.

    A span is what training reaches within ``step_budget`` steps; it is not how much a cell can
    store. An LSTM whose forget gates start half open has a shorter span than an RNN, and a longer
    one with ``forget_bias=1.0``, though its equations are the same. A new bit arrives at every time
    step, so a network that recalls the bit from k steps ago stores k bits at once.
    `rnn_core.diagnostics.memory_capacity` measures what a network stores, without training.

    Args:
        contenders: their settings. ``task``, ``delay``, ``window_length`` and ``seed`` are not
            read; the other settings of the data must be the same for all. With the batch_size and
            lr of ``TASKS["delayed_recall"].defaults``, cells of 32 units differ within the default
            budget.
        seeds: the number of seeds, counted from 0, or the seeds themselves, each of them once.
        delays: in samples, ascending, from 1 to 100.
        step_budget: the most steps at one delay, from 20 to 1,000,000.
        share: share of the gap between the floors, above 0 and up to 1. With a carried state it
            is the share of the targets' variance that the network explains: at 0.5 about four
            bits in five are right, at 0.9 nearly all; guessing gets one in two.
        engine: as in `Trainer`; with ``"auto"`` each delay uses the engine that is ready when it
            begins.

    Raises:
        TypeError: when ``contenders`` holds anything but RunConfigs or a number is of the wrong
            kind.
        ValueError: when there is no contender, no seed or no delay, when a seed is repeated, when
            contenders read different data, or when a number is outside its limits.

    Source: the protocol of Kent and Murray, arXiv:2408.11946 (2024), who recall a square wave.
    Random bits, and the share of variance explained as the measure of memory at a delay: Jaeger,
    "Short term memory in echo state networks", GMD report 152 (2001).

    Example:
        >>> test = MemorySpan([RunConfig(cell="rnn", lr=0.01, batch_size=8)], delays=[1, 2])
        >>> for step in test.steps():
        ...     pass
        >>> test.spans
        (2,)
    """

    def __init__(
        self,
        contenders: Sequence[RunConfig],
        seeds: int | Sequence[int] = 3,
        *,
        delays: Sequence[int] = DELAYS,
        step_budget: int = 3000,
        share: float = 0.5,
        engine: str = "auto",
    ) -> None:
        self.contenders = checked_contenders(contenders)
        self.delays = _checked_delays(delays)
        self.step_budget = _STEP_BUDGET.check("step_budget", step_budget, 3000)
        self.share = _SHARE.check("share", share, 0.5)
        self.engine = engine
        # Settings that no delay accepts are refused here, before the first step.
        first = [at_delay(config, self.delays[0]) for config in self.contenders]
        self.seeds = Comparison(first, seeds, engine=engine).seeds
        self.reset()

    def reset(self) -> None:
        """Go back to the first delay: the next step is the first again, bit for bit."""
        self._active = tuple(range(len(self.contenders)))
        self._place = 0  # in `delays`
        self._index = 0
        self._engines: tuple[str, ...] = ()
        self._attempts: list[_Attempt] = []
        self._results: list[list[SpanResult]] = [[] for _contender in self.contenders]
        self._networks: list[SpanNetworks | None] = [None] * len(self.contenders)

    def set_lr(self, contender: int, lr: float) -> None:
        """Give a contender another learning rate, for all updates to come.

        Args:
            contender: its place in `contenders`, from 0 to C - 1.
            lr: the learning rate.

        Raises:
            TypeError, ValueError: when there is no such contender, or a config would refuse the
                learning rate.
        """
        contender = IntRange(0, len(self.contenders) - 1).check("contender", contender, 0)
        contenders = list(self.contenders)
        contenders[contender] = replace(contenders[contender], lr=lr)
        self.contenders = tuple(contenders)
        if self._attempts and contender in self._active:
            self._attempts[self._active.index(contender)].set_lr(lr)

    @property
    def active(self) -> tuple[int, ...]:
        """The contenders that have passed all delays so far, as places in `contenders`."""
        return self._active

    @property
    def done(self) -> bool:
        """Whether no contender is active, or no delay is left."""
        return not self._active or self._place == len(self.delays)

    @property
    def results(self) -> tuple[tuple[SpanResult, ...], ...]:
        """For each contender one result per delay it has reached, the present one included."""
        found = [list(results) for results in self._results]
        for place, attempt in zip(self._active, self._attempts, strict=False):
            found[place].append(attempt.result())
        return tuple(map(tuple, found))

    @property
    def networks(self) -> tuple[SpanNetworks | None, ...]:
        """Each contender's networks that passed its longest delay so far, of the delays that ended.

        None for a contender that has passed none.
        """
        return tuple(self._networks)

    @property
    def engines(self) -> tuple[str, ...]:
        """What trains each network at the present delay, before its first step what trained last.

        Empty before the first step.
        """
        return self._engines

    @property
    def spans(self) -> tuple[int, ...]:
        """The longest delay that each contender has passed so far; 0 for none."""
        return tuple(
            max((result.delay for result in results if result.majority_passed), default=0)
            for results in self.results
        )

    def steps(self) -> Iterator[SpanStep]:
        """Train for as long as steps are asked for.

        A loop that was left is continued by calling ``steps()`` again, with the same steps as
        without the interruption.

        Yields:
            Steps until `done`.
        """
        while not self.done:
            yield self._advance()

    def _advance(self) -> SpanStep:
        delay = self.delays[self._place]
        if not self._attempts:
            self._attempts = [
                _Attempt(at_delay(self.contenders[place], delay), self.seeds, self)
                for place in self._active
            ]
            self._engines = tuple(name for each in self._attempts for name in each.engines)
        for attempt in self._attempts:
            attempt.advance()
        step = SpanStep(
            delay=delay,
            index=self._index,
            active=self._active,
            loss=np.array([attempt.loss for attempt in self._attempts]),
            recent=np.array([attempt.recent for attempt in self._attempts]),
            threshold=np.array([attempt.threshold for attempt in self._attempts]),
            passed=np.isfinite([attempt.needed for attempt in self._attempts]),
        )
        self._index += 1
        if self._index == self.step_budget or all(attempt.finished for attempt in self._attempts):
            self._end_delay()
        return step

    def _end_delay(self) -> None:
        results = [attempt.result() for attempt in self._attempts]
        for place, attempt, result in zip(self._active, self._attempts, results, strict=True):
            self._results[place].append(result)
            if result.majority_passed:
                self._networks[place] = attempt.networks()
        self._active = tuple(
            place
            for place, result in zip(self._active, results, strict=True)
            if result.majority_passed
        )
        self._attempts = []
        self._place += 1
        self._index = 0


class _Attempt:
    """One contender at one delay: fresh networks, one for each seed.

    Each contender has an attempt of its own, rather than a place in a common `Comparison`, so that
    it can stop training once all its networks have passed.
    """

    def __init__(self, config: RunConfig, seeds: Sequence[int], span: MemorySpan) -> None:
        self._comparison = Comparison([config], seeds, engine=span.engine)
        self.delay = config.delay
        self.threshold = _threshold(self._comparison.task, config.carry_state, span.share)
        self.needed = np.full(len(seeds), np.nan)
        self.finished = False

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
        """Take a step, unless all networks have passed or diverged."""
        if self.finished:
            return
        step = next(self._comparison.steps())
        if step.index + 1 >= SMOOTHING:
            first_time = np.isnan(self.needed) & (self.recent <= self.threshold)
            self.needed[first_time] = step.index
        self.finished = bool((np.isfinite(self.needed) | ~self._comparison.alive[0]).all())

    def set_lr(self, lr: float) -> None:
        """Another learning rate for the updates to come."""
        self._comparison.set_lr(0, lr)

    @property
    def engines(self) -> tuple[str, ...]:
        """What trains each network."""
        return self._comparison.replicas.engines

    def networks(self) -> SpanNetworks:
        """Those that have passed."""
        passed = np.flatnonzero(np.isfinite(self.needed))
        models = self._comparison.replicas.models
        return SpanNetworks(
            self.delay,
            tuple(self._comparison.seeds[n] for n in passed),
            tuple(models[n] for n in passed),
        )

    def result(self) -> SpanResult:
        """The result so far."""
        return SpanResult(self.delay, self.needed.copy())


def at_delay(config: RunConfig, delay: int) -> RunConfig:
    """A contender's settings at a delay.

    Args:
        config: of the contender.
        delay: in samples, from 1 to 100.
    """
    window_length = max(_SHORTEST_WINDOW, _DELAYS_PER_WINDOW * delay)
    return replace(config, task=_TASK, delay=delay, window_length=window_length, seed=0)


def _threshold(task: Task, carry_state: bool, share: float) -> float:
    """The smoothed loss at which a network passes."""
    floors = {floor.key: floor.value for floor in task.floors()}
    without = floors["memoryless"]
    gap = without - floors["carried_memory" if carry_state else "window_memory"]
    return without - share * gap


def _checked_delays(delays: Sequence[int]) -> tuple[int, ...]:
    rule = RULES["delay"]
    delays = items("delays", delays, "a sequence of delays", "(1, 2, 4, 8)")
    for delay in delays:
        rule.check("each of the delays", delay, 1)
    if not delays or any(low >= high for low, high in pairwise(delays)):
        raise InvalidValue(
            N_(
                "delays must be at least one, each longer than the one before, got {value!r}. "
                "Try (1, 2, 4, 8)."
            ),
            value=delays,
        )
    return tuple(delays)
