"""What the tests of a run share."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import numpy as np
import torch
from torch import Tensor, nn

from rnn_core import Step, Trainer

CELLS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


def first(count: int, trainer: Trainer) -> list[Step]:
    """The next ``count`` steps; the last of them is then the one being held."""
    return list(islice(trainer.steps(), count))


def losses(steps: Sequence[Step]) -> list[float]:
    return [step.loss for step in steps]


def weights(trainer: Trainer) -> list[Tensor]:
    return [parameter.detach().clone() for parameter in trainer.model.parameters()]


def gradients(trainer: Trainer) -> list[Tensor]:
    found = [parameter.grad for parameter in trainer.model.parameters()]
    return [gradient.clone() for gradient in found if gradient is not None]


def window(values: np.ndarray) -> Tensor:
    """An array of a step as the network reads it."""
    return torch.from_numpy(values.copy())
