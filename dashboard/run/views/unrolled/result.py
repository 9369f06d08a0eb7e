"""The newest window, time step by time step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnn_core import Trainer
from rnn_core.diagnostics import Unrolled, unroll


@dataclass(frozen=True, slots=True, eq=False)
class UnrolledResult:
    """The newest window, time step by time step.

    Args:
        unrolled: states, gates and predictions.
        targets: shape ``(T, K)``.
        loss_mask: time steps at which the loss counts; None for all.
        symbols: whether inputs and targets represent symbols.
    """

    unrolled: Unrolled
    targets: NDArray[np.floating]
    loss_mask: NDArray[np.bool_] | None
    symbols: bool


def unroll_window(trainer: Trainer) -> UnrolledResult:
    """The window of the trainer's current step."""
    now = trainer.context()
    return UnrolledResult(
        unroll(now.model, now.inputs, now.state),
        now.targets,
        now.loss_mask,
        now.criterion == "cross_entropy",
    )
