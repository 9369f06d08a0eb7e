"""Floors that are measured on long stretches of a signal."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rnn_core.tasks.base import Floor, FloorKey

# Half-width of a 95 % interval in standard errors: Student's t with 255 degrees of freedom, and
# close to it from 60 on.
_HALF_WIDTH = 1.97


def measured(key: FloorKey, losses: NDArray[np.float64], lags: int | None = None) -> Floor:
    """A floor whose value is the mean over independent streams.

    Args:
        key: the kind of predictor.
        losses: mean loss of each stream, shape ``(n,)`` with n at least 60.
        lags: as in `Floor`.
    """
    error = _HALF_WIDTH * float(losses.std(ddof=1)) / math.sqrt(len(losses))
    return Floor(key, float(losses.mean()), "measured", error=error, lags=lags)
