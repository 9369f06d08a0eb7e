"""What a step costs on a machine that has other things to do as well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from time import perf_counter
from typing import Any

ROUNDS = 12
#: Seconds that each is timed for in a round: short, so that some turns are left undisturbed.
TURN = 0.02


def microseconds_per_step(runs: Mapping[str, Iterator[Any]]) -> dict[str, float]:
    """The fastest of many short turns, which are taken in rotation, so that all see the same.

    Args:
        runs: endless iterators; asking for the next item takes a step.
    """
    counts = {}
    for name, run in runs.items():
        for _ in range(3):  # compilers and caches
            next(run)
        counts[name] = max(2, min(round(TURN / _seconds_per_step(run, 2)), 2000))
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(ROUNDS):
        for name, run in runs.items():
            best[name] = min(best[name], _seconds_per_step(run, counts[name]))
    return {name: 1e6 * seconds for name, seconds in best.items()}


def _seconds_per_step(run: Iterator[Any], count: int) -> float:
    began = perf_counter()
    for _ in range(count):
        next(run)
    return (perf_counter() - began) / count
