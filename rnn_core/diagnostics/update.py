"""One update, phase by phase: forward, loss, backward, clipping, update, state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from rnn_core.arguments import require
from rnn_core.cells.base import Array, as_float64
from rnn_core.diagnostics.unrolled import Unrolled, through_time, unroll
from rnn_core.training.losses import check_targets, loss_slopes, losses
from rnn_core.training.trainer import Trainer


class ParameterUpdate(NamedTuple):
    """The effect of an update on one parameter, as Euclidean norms.

    Attributes:
        weight: norm of the parameter before the update.
        gradient: norm of its gradient before clipping, over all rows of the batch; 0 for a
            parameter that is not trained.
        change: norm of its change.
    """

    weight: float
    gradient: float
    change: float


@dataclass(frozen=True, slots=True, eq=False)
class Update:
    """The update that follows a step, phase by phase, for the first row of the batch; L layers.

    Args:
        unrolled: forward pass: states, gates and predictions.
        losses: loss at each time step, shape ``(T,)``; nan where it does not count.
        loss: their mean over the counted time steps, the row's loss.
        read: backward pass: ∂loss/∂h of the top layer through the prediction at the same time step
            alone, shape ``(T, H)``.
        hidden: ∂loss/∂h through all later time steps as well, shape ``(L, 1 + T, H)``; the first is
            that of the state before the window, where backpropagation stops.
        grad_norm: Euclidean norm of the whole gradient, over all rows of the batch.
        clip_factor: factor by which clipping scales the gradient, from 0 to 1; None without
            clipping.
        lr: learning rate of the update.
        parameters: the effect on each parameter, by PyTorch's name.
        handed_on: the state parts that the next window starts from, ``(L, H)`` each; None when it
            starts from zeros.
    """

    unrolled: Unrolled
    losses: Array
    loss: float
    read: Array
    hidden: Array
    grad_norm: float
    clip_factor: float | None
    lr: float
    parameters: Mapping[str, ParameterUpdate]
    handed_on: tuple[Array, ...] | None


def dissect_update(trainer: Trainer) -> Update:
    """Dissect the update that the trainer will make before its next step.

    A copy of the trainer makes the update, so it is the real one for any optimizer, momentum and
    engine.

    Args:
        trainer: a trainer at some step; it is not changed.

    Raises:
        TypeError: when it is not a trainer.
        ValueError: before the first step, or when the run has diverged.

    Source: phases as in Werbos, "Backpropagation through time: what it does and how to do it"
    (1990); clipping after Pascanu, Mikolov and Bengio (2013).
    """
    require("trainer", trainer, Trainer, "a Trainer", "Trainer(RunConfig())")
    if trainer.diverged:
        raise ValueError("trainer must have a next update, got a run that has diverged. Reset it.")
    at = trainer.context()
    unrolled = unroll(at.model, at.inputs, at.state)
    wanted, times = check_targets(at.targets, at.loss_mask, unrolled.prediction)
    by_step = np.full(len(wanted), np.nan)
    by_step[times] = losses(unrolled.prediction[times], wanted[times], at.criterion)
    read = np.zeros((len(wanted), len(unrolled.h[0, 0])))
    by_prediction = loss_slopes(unrolled.prediction[times], wanted[times], at.criterion) / len(
        times
    )
    read[times] = by_prediction @ unrolled.readout
    fork = trainer.fork()
    held = next(fork.steps())
    before = {name: as_float64(weight) for name, weight in fork.model.named_parameters()}
    gradients = {
        name: 0.0 if weight.grad is None else float(np.linalg.norm(as_float64(weight.grad)))
        for name, weight in fork.model.named_parameters()
    }
    next(fork.steps())  # makes the update
    after = {name: as_float64(weight) for name, weight in fork.model.named_parameters()}
    return Update(
        unrolled,
        by_step,
        float(np.mean(by_step[times])),
        read,
        through_time(unrolled, read)[0],
        held.grad_norm,
        _clip_factor(held.grad_norm, trainer.config.clip_norm),
        trainer.lr,
        MappingProxyType(
            {
                name: ParameterUpdate(
                    float(np.linalg.norm(weight)),
                    gradients[name],
                    float(np.linalg.norm(after[name] - weight)),
                )
                for name, weight in before.items()
            }
        ),
        _first_row(fork.state),
    )


def _clip_factor(norm: float, clip_norm: float | None) -> float | None:
    """The factor of torch.nn.utils.clip_grad_norm_."""
    return None if clip_norm is None else min(1.0, clip_norm / (norm + 1e-6))


def _first_row(state: object) -> tuple[Array, ...] | None:
    if state is None:
        return None
    parts = state if isinstance(state, tuple) else (state,)
    return tuple(as_float64(part)[:, 0] for part in parts)
