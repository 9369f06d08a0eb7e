"""What a training step yields."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

_Number = TypeVar("_Number", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """What the network predicts for window ``index`` after ``index`` updates.

    Loss, gradient norm and prediction come from the same weights. Two steps are equal when all
    their fields but ``seconds`` agree to the last bit.

    Args:
        index: updates done so far; 0 is the untrained network.
        loss: the task's loss, averaged over the time steps of the batch that `loss_mask` selects.
        accuracy: share of right answers, from 0 to 1; None where the task defines none.
        grad_norm: Euclidean norm of the gradient of all parameters together, before clipping.
        seconds: time it took to compute, including the update before it.
        time: when the samples were taken, in the task's unit, shape ``(B, T)``. Read-only, like
            all arrays below.
        inputs: shape ``(B, T, D)``.
        targets: shape ``(B, T, K)``; undefined where ``loss_mask`` is False.
        loss_mask: the time steps that the loss is averaged over, shape ``(B, T)``; None for all.
        prediction: shape ``(B, T, K)``.
    """

    index: int
    loss: float
    accuracy: float | None
    grad_norm: float
    seconds: float
    time: NDArray[np.floating]
    inputs: NDArray[np.floating]
    targets: NDArray[np.floating]
    loss_mask: NDArray[np.bool_] | None
    prediction: NDArray[np.floating]

    @property
    def is_finite(self) -> bool:
        """False for the last step of a run that diverged."""
        return math.isfinite(self.loss)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Step):
            return NotImplemented
        return all(
            _same(getattr(self, field.name), getattr(other, field.name))
            for field in fields(self)
            if field.name != "seconds"
        )

    __hash__ = None  # type: ignore[assignment]  # holds arrays


@dataclass(frozen=True, slots=True, eq=False)
class StepRange:
    """Losses of consecutive steps, as `Trainer.advance` returns them.

    Args:
        first: index of the first step.
        losses: loss of each, shape ``(n,)``, float64, read-only.
        grad_norms: Euclidean norm of each whole gradient before clipping, likewise.
        diverged: whether the last loss, here or before, was not finite.
    """

    first: int
    losses: NDArray[np.float64]
    grad_norms: NDArray[np.float64]
    diverged: bool

    def __len__(self) -> int:
        """Number of steps taken."""
        return len(self.losses)


def read_only(values: NDArray[_Number]) -> NDArray[_Number]:
    """A view of an array that cannot be written to."""
    view = values.view()
    view.flags.writeable = False
    return view


def _same(one: ArrayLike | None, other: ArrayLike | None) -> bool:
    """Whether two fields agree to the last bit; nan equals nan, and None equals None."""
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other, equal_nan=True)
