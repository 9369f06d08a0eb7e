"""What a step was computed from, for diagnostics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnn_core.models import RecurrentModel, State
from rnn_core.tasks import Criterion


@dataclass(frozen=True, slots=True, eq=False)
class StepContext:
    """The network and the first row of the window of a step.

    ``context.model``, ``context.inputs`` and ``context.state`` are the first arguments of the
    functions of `rnn_core.diagnostics`.

    Args:
        model: the running network itself, which the next step updates.
        inputs: window of the first row, shape ``(T, D)``. A copy, like all below but the state.
        targets: shape ``(T, K)``; without meaning where ``loss_mask`` is False.
        loss_mask: which time steps the loss is the mean over, shape ``(T,)``; None for all.
        criterion: the loss at one time step.
        state: the state that the window starts from, for all B rows: ``(L, B, H)``, or a pair
            (h, c) of them for an LSTM; None stands for zeros.
    """

    model: RecurrentModel
    inputs: NDArray[np.floating]
    targets: NDArray[np.floating]
    loss_mask: NDArray[np.bool_] | None
    criterion: Criterion
    state: State | None
