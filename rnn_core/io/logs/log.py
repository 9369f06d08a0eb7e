"""The runs of a log on common steps, and their bands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnn_core.io.logs.limits import LAST_STEP, MOST_POINTS, MOST_RUNS
from rnn_core.messages import N_, InvalidValue

# Larger losses cannot be added up.
_LARGEST = 1e300


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One run of a log, as it was logged.

    Args:
        name: of the seed, the column or the file.
        steps: shape ``(N,)``, in any order; they may be epochs.
        losses: shape ``(N,)``; nan where nothing was logged, inf where the run had diverged.
    """

    name: str
    steps: NDArray[np.float64]
    losses: NDArray[np.float64]

    def in_order(self) -> Run:
        """The losses at ascending steps from 0 on, each once; what cannot be drawn is left out."""
        with np.errstate(invalid="ignore"):
            known = (self.steps >= 0) & (self.steps <= LAST_STEP) & ~np.isnan(self.losses)
        steps, losses = self.steps[known], self.losses[known]
        order = np.argsort(steps, kind="stable")
        steps, losses = steps[order], losses[order]
        last = np.append(np.diff(steps) > 0, True)[: len(steps)]
        losses = np.where(np.isfinite(losses), np.clip(losses, -_LARGEST, _LARGEST), np.inf)
        return Run(self.name, steps[last], losses[last])

    def until(self, step: float) -> Run:
        """The beginning of a run in order: to the first step that is not before this one."""
        count = int(np.searchsorted(self.steps, step)) + 1
        return Run(self.name, self.steps[:count], self.losses[:count])


@dataclass(frozen=True, slots=True, eq=False)
class Log:
    """The runs of a log on common steps.

    Args:
        name: of the log.
        runs: their names, R of them.
        steps: shape ``(K,)``, ascending, from 0 or later.
        losses: shape ``(R, K)``; nan before a run's first and after its last step, inf where it
            had diverged.
    """

    name: str
    runs: tuple[str, ...]
    steps: NDArray[np.float64]
    losses: NDArray[np.float64]

    def bands(self) -> NDArray[np.float64]:
        """Median, 10th and 90th percentile over the runs that have a value, shape ``(3, K)``.

        As those of a comparison: interpolated linearly, a loss that is not finite counts as larger
        than any other, and nan stands where such losses decide.
        """
        ordered = np.sort(self.losses, axis=0)  # nan last, after inf
        count = np.sum(~np.isnan(ordered), axis=0)
        found = []
        for share in (0.5, 0.1, 0.9):
            place = share * np.maximum(count - 1, 0)
            below = place.astype(np.intp)
            above = np.minimum(below + 1, np.maximum(count - 1, 0))
            low, high = (
                np.take_along_axis(ordered, each[None], axis=0)[0] for each in (below, above)
            )
            with np.errstate(invalid="ignore"):  # inf - inf
                found.append(low + (place - below) * (high - low))
        values = np.array(found)
        return np.where(np.isfinite(values), values, np.nan)


def joined(name: str, runs: Sequence[Run]) -> Log:
    """Lay runs on common steps: all steps that one of them has logged.

    Of a step that a run has logged twice, as one that was resumed does, the later value counts.
    Between its own steps a run is interpolated linearly. Of more than `MOST_POINTS` steps,
    neighbours are put together, and a run's losses there averaged.

    Args:
        name: of the log.
        runs: at least one.

    Raises:
        ValueError: when no run has a loss at a step, or there are too many runs.

    Example:
        >>> long = Run("a", np.array([0.0, 10.0]), np.array([4.0, 2.0]))
        >>> short = Run("b", np.array([0.0, 5.0]), np.array([1.0, 1.0]))
        >>> log = joined("two", [long, short])
        >>> log.steps.tolist(), log.losses.tolist()
        ([0.0, 5.0, 10.0], [[4.0, 3.0, 2.0], [1.0, 1.0, nan]])
    """
    kept = [run for run in (each.in_order() for each in runs) if len(run.steps)]
    if not kept:
        raise InvalidValue(N_("No row has both a step from 0 on and a loss. Choose other columns."))
    if len(kept) > MOST_RUNS:
        raise InvalidValue(
            N_("The log has {count} runs, more than {most}. Leave some out."),
            count=len(kept),
            most=MOST_RUNS,
        )
    steps = np.unique(np.concatenate([run.steps for run in kept]))
    if len(steps) > MOST_POINTS:
        ends = np.linspace(0, len(steps), MOST_POINTS + 1).astype(np.intp)[1:] - 1
        steps = steps[ends]
    losses = np.array([_on(steps, run) for run in kept])
    return Log(name, tuple(run.name for run in kept), steps, losses)


def _on(steps: NDArray[np.float64], run: Run) -> NDArray[np.float64]:
    """The run's losses at these steps, each the mean since the step before, ``(K,)``."""
    block = np.searchsorted(steps, run.steps)
    count = np.bincount(block, minlength=len(steps))
    sums = np.bincount(block, weights=run.losses, minlength=len(steps))
    known = count > 0
    means = sums[known] / count[known]
    with np.errstate(invalid="ignore"):  # inf - inf
        losses = np.interp(steps, steps[known], means, left=np.nan, right=np.nan)
    first, last = np.flatnonzero(known)[[0, -1]]
    inside = losses[first : last + 1]
    inside[np.isnan(inside)] = np.inf  # beside a loss that is not finite
    losses[known] = means
    return losses
