"""The cost of a step on a machine that is busy with other programs as well."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure.

    Args:
        rounds: turns that each iterator gets.
        turn: seconds in a turn; short, so that some turns are undisturbed. 0 for a single step.
        warm_up: steps before anything is timed, for compilers and caches.
    """

    rounds: int
    turn: float
    warm_up: int


FULL = Effort(rounds=12, turn=0.02, warm_up=3)
#: Enough to see that a benchmark runs; its figures mean nothing.
QUICK = Effort(rounds=1, turn=0, warm_up=1)


def is_quick(arguments: Sequence[str] | None, description: str | None) -> bool:
    """Read a benchmark's command line, which has one option: ``--quick``."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--quick", action="store_true", help="run everything briefly; the figures mean nothing"
    )
    return bool(parser.parse_args(arguments).quick)


def microseconds_per_step(
    runs: Mapping[str, Iterator[Any]], effort: Effort = FULL
) -> dict[str, float]:
    """The fastest of many short turns, taken in rotation so that all meet the same conditions.

    Args:
        runs: endless iterators; requesting the next item takes a step.
        effort: how many turns, and how long.
    """
    counts = dict.fromkeys(runs, 1)
    for name, run in runs.items():
        for _ in range(effort.warm_up):
            next(run)
        if effort.turn:
            counts[name] = max(2, min(round(effort.turn / _seconds_per_step(run, 2)), 2000))
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(effort.rounds):
        for name, run in runs.items():
            best[name] = min(best[name], _seconds_per_step(run, counts[name]))
    return {name: 1e6 * seconds for name, seconds in best.items()}


def _seconds_per_step(run: Iterator[Any], count: int) -> float:
    began = perf_counter()
    for _ in range(count):
        next(run)
    return (perf_counter() - began) / count
