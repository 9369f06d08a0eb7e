"""The memory capacity of a memory span test's networks, measured one network at a time.

Knows nothing of Streamlit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from dashboard.app.settings import restarting
from rnn_core import RecurrentModel, RunConfig, SpanNetworks
from rnn_core.diagnostics import MemoryCapacity, memory_capacity

#: Time steps that count in each of ten blocks: 5,000 in all, so that the error of a lag is about
#: 0.01, and a network takes some 20 ms.
SAMPLES = 500


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """The memory capacity of some networks of one contender, which read bits as in the test.

    Args:
        delay: at which they were trained and passed; 0 for untrained networks.
        networks: one result each.
    """

    delay: int
    networks: tuple[MemoryCapacity, ...]

    @property
    def by_lag(self) -> NDArray[np.float64]:
        """MC_k of each network, shape ``(S, 1 + K)``."""
        return np.array([network.by_lag for network in self.networks])

    @property
    def error(self) -> NDArray[np.float64]:
        """Standard error of measuring the networks' mean at each lag, shape ``(1 + K,)``."""
        each = np.array([network.error for network in self.networks])
        error: NDArray[np.float64] = np.sqrt(np.sum(each**2, axis=0)) / len(each)
        return error

    @property
    def total(self) -> float:
        """The sum over the lags, mean over the networks."""
        return float(np.mean([network.total for network in self.networks]))

    @property
    def bound(self) -> int:
        """How many numbers are read: what no network's sum exceeds."""
        return self.networks[0].bound


@dataclass(slots=True)
class _Task:
    """Networks still to be measured, and those that are."""

    delay: int
    left: deque[partial[MemoryCapacity]]
    found: list[MemoryCapacity] = field(default_factory=list)


class Capacities:
    """Measures the networks of C contenders: untrained, and as they passed their longest delay.

    Args:
        configs: the contenders.
        seeds: of each contender's networks.
        max_lag: the largest lag.
    """

    def __init__(self, configs: Sequence[RunConfig], seeds: Sequence[int], max_lag: int) -> None:
        self._max_lag = max_lag
        self._untrained: list[Curve | None] = [None] * len(configs)
        self._trained: list[Curve | None] = [None] * len(configs)
        self._known: list[SpanNetworks | None] = [None] * len(configs)
        # By contender and whether trained. Untrained networks first.
        self._tasks: dict[tuple[int, bool], _Task] = {}
        for place, config in enumerate(configs):
            each = [replace(_network(config), seed=seed) for seed in seeds]
            self._tasks[place, False] = _Task(0, deque(partial(_untrained, own) for own in each))

    @property
    def untrained(self) -> tuple[Curve | None, ...]:
        """Each contender's untrained networks; None until all are measured."""
        return tuple(self._untrained)

    @property
    def trained(self) -> tuple[Curve | None, ...]:
        """Each contender's networks at the longest delay measured; None before the first."""
        return tuple(self._trained)

    @property
    def pending(self) -> int:
        """Networks still to be measured."""
        return sum(len(task.left) for task in self._tasks.values())

    def add(self, networks: Sequence[SpanNetworks | None]) -> None:
        """Plan to measure what is new in `MemorySpan.networks`, instead of a shorter delay."""
        for place, (known, new) in enumerate(zip(self._known, networks, strict=True)):
            if new is not None and new is not known:
                self._known[place] = new
                each = deque(partial(_measured, model) for model in new.models)
                self._tasks[place, True] = _Task(new.delay, each)

    def measure_one(self) -> None:
        """Measure one network, if any is left."""
        key, task = next(iter(self._tasks.items()), (None, None))
        if key is None or task is None:
            return
        task.found.append(task.left.popleft()(self._max_lag))
        if not task.left:
            place, is_trained = key
            shown = self._trained if is_trained else self._untrained
            shown[place] = Curve(task.delay, tuple(task.found))
            del self._tasks[key]


def _network(config: RunConfig) -> RunConfig:
    """A contender's config without what its initial weights do not depend on."""
    return replace(restarting(config), task="delayed_recall", delay=1, window_length=20)


@lru_cache(maxsize=256)
def _untrained(config: RunConfig, max_lag: int) -> MemoryCapacity:
    """Cached: every visitor begins with the same networks, and comes back to them on a reset."""
    return _measured(RecurrentModel(config), max_lag)


def _measured(model: RecurrentModel, max_lag: int) -> MemoryCapacity:
    return memory_capacity(model, max_lag=max_lag, samples=SAMPLES)
