"""A run's loss, step by step, in bounded memory."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


class LossHistory:
    """Remembers a run of any length in at most ``2 * buckets + 2`` points, extremes included.

    Steps fall into buckets of equal width, and each bucket keeps its smallest and its largest
    loss with their steps: a spike of a single step stays visible whatever the length of the run.
    When all buckets are full, neighbours merge and the width doubles. The first and the last
    step are kept exactly.

    Args:
        buckets: even number of buckets, at least 2.

    Raises:
        ValueError: when ``buckets`` is odd or below 2.

    Example:
        >>> history = LossHistory()
        >>> history.append(0, 0.5)
        >>> history.points()
        (array([0]), array([0.5]))
    """

    def __init__(self, buckets: int = 300) -> None:
        if buckets < 2 or buckets % 2:
            raise ValueError(
                f"buckets must be an even number of at least 2, got {buckets!r}. Try 300."
            )
        self._width = 1
        # Columns: step and loss of the bucket's smallest, step and loss of its largest.
        self._buckets = np.full((buckets, 4), np.nan)  # nan: nothing there
        self._ends = np.empty((2, 2))  # first and last: step, loss
        self._count = 0

    def __len__(self) -> int:
        """Finite losses appended so far."""
        return self._count

    def append(self, step: int, loss: float) -> None:
        """Record the loss of a step. Steps are to come in order, one after another, from 0.

        A loss that is not finite has no place on an axis and is left out.
        """
        if not math.isfinite(loss):
            return
        while step // self._width >= len(self._buckets):
            self._merge_neighbours()
        bucket = self._buckets[step // self._width]
        if math.isnan(bucket[0]):
            bucket[:] = step, loss, step, loss
        elif loss < bucket[1]:
            bucket[:2] = step, loss
        elif loss > bucket[3]:
            bucket[2:] = step, loss
        if self._count == 0:
            self._ends[0] = step, loss
        self._ends[1] = step, loss
        self._count += 1

    def points(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Steps, ascending, and their losses: two arrays of the same length."""
        if self._count == 0:
            return np.empty(0, np.int64), np.empty(0)
        filled = self._buckets[~np.isnan(self._buckets[:, 0])]
        pairs = np.concatenate([filled.reshape(-1, 2), self._ends])
        steps, where = np.unique(pairs[:, 0].astype(np.int64), return_index=True)
        return steps, pairs[where, 1]

    def _merge_neighbours(self) -> None:
        left, right = self._buckets[0::2], self._buckets[1::2]
        alone = np.isnan(left[:, :1])  # what is on the right, if anything, has no rival
        smaller = np.where(alone | (right[:, 1:2] < left[:, 1:2]), right[:, :2], left[:, :2])
        larger = np.where(alone | (right[:, 3:4] > left[:, 3:4]), right[:, 2:], left[:, 2:])
        self._buckets[: len(left)] = np.concatenate([smaller, larger], axis=1)
        self._buckets[len(left) :] = np.nan
        self._width *= 2
