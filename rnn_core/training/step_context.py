"""What a step was computed from, as diagnostics read it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnn_core.models import RecurrentModel, State
from rnn_core.tasks import Criterion


@dataclass(frozen=True, slots=True, eq=False)
class StepContext:
    """The network and one row of the window that it has just read.

    ``(moment.model, moment.inputs, moment.state)`` is what the functions of
    `rnn_core.diagnostics` begin with.

    Args:
        model: the running network itself: it moves on with the next step.
        inputs: the first row's window, shape ``(T, D)``. A copy, like all below but the state.
        targets: shape ``(T, K)``; what stands at time steps that do not count has no meaning.
        loss_mask: which time steps the loss is the mean over, shape ``(T,)``; None for all.
        criterion: the loss at one time step.
        state: what the window starts from, for all B rows: ``(L, B, H)``, or a pair (h, c) of them
            for an LSTM; None stands for zeros.
    """

    model: RecurrentModel
    inputs: NDArray[np.floating]
    targets: NDArray[np.floating]
    loss_mask: NDArray[np.bool_] | None
    criterion: Criterion
    state: State | None
