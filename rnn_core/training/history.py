"""A run's loss, step by step, in bounded memory."""

from __future__ import annotations

import math
from itertools import chain
from numbers import Integral

import numpy as np
from numpy.typing import NDArray

from rnn_core.arguments import number, refused_value, require
from rnn_core.messages import Brief
from rnn_core.thinned import Thinned

# Steps are kept as doubles, too.
_LAST_STEP = 2**53
# The smallest loss of a bucket and the largest, each after its step: step, loss, step, loss.
_Extremes = tuple[int, float, int, float]


class LossHistory:
    """Remembers a run of any length in at most ``2 * buckets + 2`` points, extremes included.

    Steps fall into buckets of equal width, and each bucket keeps its smallest and its largest
    loss with their steps: a spike of a single step stays visible whatever the length of the run.
    When all buckets are full, neighbours are joined and the width doubles. The first and the last
    step are kept exactly.

    Args:
        buckets: even number of buckets, at least 2.

    Raises:
        TypeError: when ``buckets`` is not a whole number.
        ValueError: when ``buckets`` is odd or below 2.

    Example:
        >>> history = LossHistory()
        >>> history.append(0, 0.5)
        >>> history.points()
        (array([0]), array([0.5]))
    """

    def __init__(self, buckets: int = 300) -> None:
        require("buckets", buckets, Integral, "an even number of at least 2", "300")
        if isinstance(buckets, bool) or buckets < 2 or buckets % 2:
            raise refused_value("buckets", "an even number of at least 2", buckets, "300")
        self._buckets: Thinned[_Extremes] = Thinned(buckets, merge=_extremes)
        self._first = self._last = (-1, math.nan)  # step, loss
        self._count = 0

    def __len__(self) -> int:
        """Finite losses appended so far."""
        return self._count

    def append(self, step: int, loss: float) -> None:
        """Record the loss of a step.

        A loss that is not finite has no place on an axis and is left out.

        Args:
            step: number of the step, from 0; above those appended before.
            loss: its loss.

        Raises:
            TypeError: when the step is not a whole number, or the loss not a number.
            ValueError: when the step is negative or not later than the last one.
        """
        require("step", step, Integral, "a whole number", "step.index")
        loss = number("loss", loss, "step.loss")
        if not self._last[0] < step <= _LAST_STEP:
            raise ValueError(
                f"step must be at least {self._last[0] + 1}, got {Brief(step)!r}. "
                "Append steps in ascending order."
            )
        if not math.isfinite(loss):
            return
        self._buckets.add(step, (step, loss, step, loss))
        self._last = step, loss
        if self._count == 0:
            self._first = self._last
        self._count += 1

    def points(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Steps, ascending, and their losses: two arrays of the same length."""
        if self._count == 0:
            return np.empty(0, np.int64), np.empty(0)
        numbers = chain(chain.from_iterable(self._buckets.items), self._first, self._last)
        pairs = np.fromiter(numbers, np.float64).reshape(-1, 2)
        steps, where = np.unique(pairs[:, 0].astype(np.int64), return_index=True)
        return steps, pairs[where, 1]


def _extremes(earlier: _Extremes, later: _Extremes) -> _Extremes:
    """Those of two neighbouring buckets together; of equal losses the earlier one."""
    low = later[:2] if later[1] < earlier[1] else earlier[:2]
    high = later[2:] if later[3] > earlier[3] else earlier[2:]
    return *low, *high
