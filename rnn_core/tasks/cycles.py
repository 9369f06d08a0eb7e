"""Floors of a periodic signal, by enumerating one cycle."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

#: A longer cycle, in samples, is not enumerated: its phases are taken to be evenly spread.
MOST_SAMPLES = 200_000
# Inputs that differ by less than this are the same value up to rounding.
_SAME_INPUT = 1e-9


def cycle_floors(
    inputs: NDArray[np.float64], targets: NDArray[np.float64]
) -> tuple[float, float, float]:
    """Constant, memoryless and window-memory floors of the squared error, exactly.

    Each is the mean conditional variance of the target given what the predictor knows.

    Args:
        inputs: all N windows of one cycle, shape ``(N, T)``.
        targets: shaped likewise.

    Source: own derivation.
    """
    values = _same_values(inputs)  # (N, T)
    memoryless = _mean_variance_within(targets.ravel(), values.ravel())
    seen = np.zeros(len(inputs), dtype=np.int64)
    unexplained = 0.0
    for t in range(inputs.shape[1]):
        # Windows with equal inputs up to t: equal before, and equal at t.
        pairs = seen * (values.max() + 1) + values[:, t]
        seen = np.unique(pairs, return_inverse=True)[1]
        unexplained += _mean_variance_within(targets[:, t], seen)
    return float(targets.var()), memoryless, unexplained / inputs.shape[1]


def _same_values(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """The number of each distinct value, in the shape of ``values``; equality is up to rounding."""
    order = np.argsort(values, axis=None)
    is_new = np.diff(values.ravel()[order], prepend=-math.inf) > _SAME_INPUT
    groups = np.empty(values.size, dtype=np.int64)
    groups[order] = np.cumsum(is_new) - 1
    return groups.reshape(values.shape)


def _mean_variance_within(values: NDArray[np.float64], groups: NDArray[np.int64]) -> float:
    """Mean over all ``values`` of the squared distance to the mean of their group."""
    counts = np.bincount(groups)
    means = np.bincount(groups, weights=values) / np.maximum(counts, 1)
    distance = values - means[groups]
    # A group of one leaves a rounding error of 1e-32, which is a zero.
    error = float(np.mean(distance**2))
    return 0.0 if error < 1e-20 else error
