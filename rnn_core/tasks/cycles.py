"""Floors of a periodic signal that takes few values, by lookup tables over one cycle."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: A longer cycle, in samples, is not enumerated.
MOST_SAMPLES = 20_000


def table_floors(inputs: NDArray[np.float64], targets: NDArray[np.float64]) -> tuple[float, float]:
    """Memoryless and window-memory floors of the squared error, exactly.

    Each is the mean conditional variance of the target given what the predictor knows. Inputs are
    known exactly, so they should take few values: of many, see `predictors`.

    Args:
        inputs: all N windows of one cycle, shape ``(N, T)``.
        targets: shaped likewise.

    Source: own derivation.
    """
    values = np.unique(inputs, return_inverse=True)[1].reshape(inputs.shape)
    memoryless = _mean_variance_within(targets.ravel(), values.ravel())
    seen = np.zeros(len(inputs), dtype=np.int64)
    unexplained = 0.0
    for t in range(inputs.shape[1]):
        # Windows with equal inputs up to t: equal before, and equal at t.
        pairs = seen * (values.max() + 1) + values[:, t]
        seen = np.unique(pairs, return_inverse=True)[1]
        unexplained += _mean_variance_within(targets[:, t], seen)
    return memoryless, unexplained / inputs.shape[1]


def _mean_variance_within(values: NDArray[np.float64], groups: NDArray[np.int64]) -> float:
    """Mean over all ``values`` of the squared distance to the mean of their group."""
    counts = np.bincount(groups)
    means = np.bincount(groups, weights=values) / np.maximum(counts, 1)
    distance = values - means[groups]
    # A group of one leaves a rounding error of 1e-32, which is a zero.
    error = float(np.mean(distance**2))
    return 0.0 if error < 1e-20 else error
