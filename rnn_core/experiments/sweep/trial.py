"""A point of a sweep, trained and judged."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

import numpy as np

from rnn_core.config import RunConfig
from rnn_core.engines import prepare_compiled
from rnn_core.experiments.comparison import Comparison, Curves
from rnn_core.experiments.run import Cancel
from rnn_core.experiments.sweep.objectives import OBJECTIVES
from rnn_core.experiments.sweep.space import Space
from rnn_core.tasks import Task

#: Points of a curve that is kept.
CURVE_POINTS = 24
#: How often in a trial a pruner is asked.
RUNGS = 10
# Steps in one call at first, and the seconds that a call should take: between two calls a trial can
# be interrupted.
_FIRST_CHUNK, _CHUNK_SECONDS = 16, 0.1


class Interrupted(Exception):
    """The trial was to end before its last step; nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a point.

    Args:
        values: the objective of each seed; inf where there is none.
        steps: taken; fewer than asked for when all networks have diverged.
        diverged: how many networks have.
        parameters: trainable numbers of each network.
        hidden_size: of each, which differs from the settings where the sweep fixes the number of
            parameters.
        curve: steps, and at each the median, lowest and highest tenth of the losses of all seeds.
        seconds: it took.
        engine: that trained.
    """

    values: tuple[float, ...]
    steps: int
    diverged: int
    parameters: int
    hidden_size: int
    curve: tuple[tuple[float, ...], ...]
    seconds: float
    engine: str

    @property
    def value(self) -> float:
        """The median over the seeds."""
        # The mean of a finite number and infinity is infinite, and numpy says so.
        with np.errstate(invalid="ignore"):
            return float(np.median(self.values))

    def to_dict(self) -> dict[str, Any]:
        """As a storage keeps it: plain, and JSON of every kind can hold it."""
        return {
            "values": [_plain(value) for value in self.values],
            "steps": self.steps,
            "diverged": self.diverged,
            "parameters": self.parameters,
            "hidden_size": self.hidden_size,
            "curve": [[_plain(value) for value in row] for row in self.curve],
            "seconds": round(self.seconds, 3),
            "engine": self.engine,
        }

    @classmethod
    def from_dict(cls, given: dict[str, Any]) -> Outcome:
        """What `to_dict` describes."""
        return cls(
            **{
                **given,
                "values": tuple(map(float, given["values"])),
                "curve": tuple(tuple(map(float, row)) for row in given["curve"]),
            }
        )


def run_point(
    space: Space,
    config: RunConfig,
    *,
    task: Task | None = None,
    report: Callable[[int, float], None] = lambda _step, _value: None,
    cancel: Cancel | None = None,
    threads: int | None = None,
) -> Outcome:
    """Train all seeds of a point in lockstep, and judge them.

    Args:
        space: says how.
        config: of the point, as `Space.config` gives it.
        task: as in `Trainer`.
        report: told the step and the median loss at every tenth of the steps but the last; may
            raise to give the point up.
        cancel: as in `rnn_core.run`.
        threads: as in `Replicas`.

    Raises:
        Interrupted: when ``cancel`` was set before the end.
    """
    began = monotonic()
    if space.engine == "auto":
        prepare_compiled().join()
    comparison = Comparison(
        [config], space.seed_numbers, task=task, engine=space.engine, threads=threads
    )
    rungs = [space.steps * rung // RUNGS for rung in range(1, RUNGS + 1)]
    taken, chunk = 0, _FIRST_CHUNK
    while taken < space.steps and comparison.alive.any():
        rung = rungs[bisect_right(rungs, taken)]
        started, wanted = monotonic(), min(chunk, rung - taken)
        done = comparison.advance(wanted)
        taken += done
        if taken == rung < space.steps:
            report(taken, float(np.median(comparison.recent)))
        if taken < space.steps and cancel is not None and cancel.is_set():
            raise Interrupted
        if done == chunk:
            fitting = int(chunk * _CHUNK_SECONDS / max(monotonic() - started, 1e-6))
            chunk = max(1, min(2 * chunk, fitting))
    values = OBJECTIVES[space.objective].measure(comparison, space.threshold or 0.0)
    return Outcome(
        values=tuple(values.tolist()),
        steps=taken,
        diverged=int((~comparison.alive).sum()),
        parameters=comparison.parameter_counts[0],
        hidden_size=config.hidden_size,
        curve=_thinned(comparison.curves),
        seconds=monotonic() - began,
        engine=comparison.replicas.engines[0],
    )


def _thinned(curves: Curves) -> tuple[tuple[float, ...], ...]:
    """A few points of the curves, denser where losses fall fastest: at the start."""
    last = len(curves.steps) - 1
    places = np.unique(np.geomspace(1, last + 1, CURVE_POINTS).round().astype(int) - 1)
    rows = (curves.steps, curves.median[0], curves.low[0], curves.high[0])
    return tuple(tuple(float(f"{value:.4g}") for value in row[places]) for row in rows)


def _plain(value: float) -> float | str:
    """A number that JSON has; words for those that it has not."""
    return value if np.isfinite(value) else str(value)
