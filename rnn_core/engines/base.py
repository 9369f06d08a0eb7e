"""What every engine gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnn_core.config import RunConfig
from rnn_core.models import RecurrentModel, State
from rnn_core.tasks import Batch, Criterion


class Evaluation(NamedTuple):
    """What one window gave: loss, norm of the gradient, prediction of shape ``(B, T, K)``."""

    loss: float
    grad_norm: float
    prediction: NDArray[np.floating]


@dataclass
class TrainingState:
    """What an engine works on, and what it needs of the past; all of it PyTorch's own.

    Handing one engine's run to another lets a run change engines between any two steps.

    Args:
        config: the settings.
        model: weights, changed in place.
        optimizer: its state, changed in place, is the same whatever the engine.
        criterion: the loss at one time step; a window's loss is its mean over the counted ones.
        carry_state: whether a window starts from the state that the one before ended with.
        gradients: gradient of the last window, still to be applied; empty before the first.
        grad_norm: its norm.
        state: what the last window started from; None stands for zeros.
        next_state: where it ended.

    Attributes:
        hidden_states: the top layer's h_t over the last window, ``(B, T, H)``, read-only; before
            the first window empty, ``(B, 0, H)``.
    """

    config: RunConfig
    model: RecurrentModel
    optimizer: torch.optim.Optimizer
    criterion: Criterion
    carry_state: bool
    gradients: tuple[Tensor, ...] = ()
    grad_norm: float = 0.0
    state: State | None = None
    next_state: State | None = None
    hidden_states: NDArray[np.floating] = field(init=False)

    def __post_init__(self) -> None:
        dtype = self.model.out.weight.detach().numpy().dtype
        self.hidden_states = np.empty((self.config.batch_size, 0, self.config.hidden_size), dtype)


class Engine(Protocol):
    """Computes one window after another."""

    def advance(self, batch: Batch) -> Evaluation:
        """Apply the update that is due, then read a window: forward, loss, gradient.

        Args:
            batch: with inputs and targets in the model's dtype.
        """
        ...

    def state(self) -> TrainingState:
        """Where the run stands."""
        ...

    def hidden_states(self) -> NDArray[np.floating]:
        """The top layer's h_t over the last window, shape ``(B, T, H)``; not changed later."""
        ...
