"""The loss at each time step, and its derivative by the prediction."""

from __future__ import annotations

from typing import get_args

import numpy as np
from numpy.typing import ArrayLike
from torch import Tensor

from rnn_core.cells.base import Array, as_float64
from rnn_core.messages import Brief, unknown_choice
from rnn_core.tasks import Criterion

_CRITERIA = get_args(Criterion)


@np.errstate(invalid="ignore", over="ignore")  # a diverged run gives nan, without warnings
def losses(prediction: Array, targets: Array, criterion: Criterion) -> Array:
    """The loss at each time step; see `rnn_core.tasks.Criterion`.

    Args:
        prediction: shape ``(…, K)``.
        targets: same shape.

    Returns:
        Shape ``(…)``.
    """
    _check(criterion)
    if criterion == "mse":
        values: Array = np.mean((prediction - targets) ** 2, axis=-1)
    else:
        values = -np.sum(targets * _log_softmax(prediction), axis=-1)
    return values


@np.errstate(invalid="ignore", over="ignore")  # a diverged run gives nan, without warnings
def loss_slopes(prediction: Array, targets: Array, criterion: Criterion) -> Array:
    """The derivative of `losses` by the prediction, shape ``(…, K)``."""
    _check(criterion)
    if criterion == "mse":
        by_prediction: Array = 2 * (prediction - targets) / prediction.shape[-1]
    else:
        # The targets may not add up to 1.
        whole = targets.sum(axis=-1, keepdims=True)
        by_prediction = np.exp(_log_softmax(prediction)) * whole - targets
    return by_prediction


def check_targets(
    targets: ArrayLike, loss_mask: ArrayLike | None, prediction: Array
) -> tuple[Array, np.ndarray]:
    """Targets of shape ``(T, K)``, and the indices of the time steps that count.

    Raises:
        ValueError: when a shape does not match or no time step counts.
    """
    values = as_float64(targets, "targets")
    if values.shape != prediction.shape:
        raise ValueError(
            f"targets must have shape {prediction.shape}, got {values.shape}. "
            "Give those of the same window: trainer.context().targets."
        )
    if loss_mask is None:
        return values, np.arange(len(values))
    try:
        marks = np.asarray(None if isinstance(loss_mask, Tensor) else loss_mask)
    except ValueError:  # nested lists of different lengths
        marks = np.asarray(None)
    if marks.shape != (len(values),) or marks.dtype != np.bool_ or not marks.any():
        raise ValueError(
            f"loss_mask must be {len(values)} booleans with at least one True, got "
            f"{Brief(loss_mask)!r}. Give None to count all time steps."
        )
    return values, np.flatnonzero(marks)


def _check(criterion: Criterion) -> None:
    """Any other name would silently stand for the last one."""
    if not isinstance(criterion, str) or criterion not in _CRITERIA:
        raise unknown_choice("criterion", criterion, _CRITERIA)


def _log_softmax(values: Array) -> Array:
    shifted: Array = values - values.max(axis=-1, keepdims=True)
    shifted -= np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    return shifted
