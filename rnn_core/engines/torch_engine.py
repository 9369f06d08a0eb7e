"""The reference: PyTorch's own modules, autograd and optimizers."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from rnn_core.cells.module import pack, unpack
from rnn_core.engines.base import (
    Evaluation,
    TrainingState,
    changed_too_late,
    follow_parameters,
    plain,
    trainable,
)
from rnn_core.models import RecurrentModel, State
from rnn_core.tasks import Batch, Criterion
from rnn_core.tasks.stack import BatchStack


class TorchEngine:
    """Trains as the tutorial does, with PyTorch alone.

    Args:
        run: the run, at any step.
    """

    def __init__(self, run: TrainingState) -> None:
        self._run = run
        self._parameters = trainable(run.model)

    # Callers may stand in no_grad or inference_mode; training needs neither.
    @torch.inference_mode(False)
    @torch.enable_grad()
    def advance(self, batch: Batch) -> Evaluation:
        """Apply the update that is due, then evaluate a window: forward, loss, gradient."""
        run = self._run
        self._parameters = trainable(run.model)
        follow_parameters(run.optimizer, run.model)
        if run.gradients:
            self._update()
        run.state = run.next_state if run.carry_state else None
        output, next_state = run.model.rnn(torch.from_numpy(batch.inputs), run.state)  # (B, T, H)
        prediction = run.model.out(output)
        loss = _loss(run.criterion, prediction, batch)
        run.gradients = torch.autograd.grad(loss, self._parameters) if self._parameters else ()
        for parameter, gradient in zip(self._parameters, run.gradients, strict=True):
            # A copy to look at: what a caller does to .grad must not reach the update.
            parameter.grad = gradient.clone()
        run.grad_norm = nn.utils.get_total_norm(run.gradients).item()
        # State crosses windows, gradients never do: that is the tutorial's `h_state.data`.
        run.next_state = _detached(next_state)
        run.hidden_states = output.detach().numpy()
        run.hidden_states.flags.writeable = False
        return Evaluation(loss.item(), run.grad_norm, prediction.detach().numpy())

    def advance_many(
        self, windows: BatchStack
    ) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """Losses and gradient norms of several steps, up to a loss that is not finite."""
        losses, norms = [], []
        for n in range(len(windows.inputs)):
            loss_mask = None if windows.loss_mask is None else windows.loss_mask[n]
            # Nothing that is computed reads the time.
            batch = Batch(np.empty((0, 0)), windows.inputs[n], windows.targets[n], loss_mask)
            loss, grad_norm, _prediction = self.advance(batch)
            losses.append(loss)
            norms.append(grad_norm)
            if not math.isfinite(loss):
                break
        return np.array(losses), np.array(norms)

    def predict(
        self, inputs: NDArray[np.floating], state: State | None = None
    ) -> tuple[NDArray[np.floating], State]:
        """What the network predicts with its present weights."""
        return predict(self._run.model, inputs, state)

    def state(self) -> TrainingState:
        """The state of the run."""
        return self._run

    def hidden_states(self) -> NDArray[np.floating]:
        """The top layer's h_t over the last window, shape ``(B, T, H)``; read-only."""
        return self._run.hidden_states

    def _update(self) -> None:
        """Apply the gradients of the last window.

        Raises:
            ValueError: when other parameters require gradients than did at the last window.
        """
        run = self._run
        if len(run.gradients) != len(self._parameters):
            raise changed_too_late(len(run.gradients), len(self._parameters))
        for parameter, gradient in zip(self._parameters, run.gradients, strict=True):
            parameter.grad = gradient
        if run.config.clip_norm is not None:
            nn.utils.clip_grads_with_norm_(
                self._parameters,
                run.config.clip_norm,
                torch.tensor(run.grad_norm, dtype=self._parameters[0].dtype),
            )
        run.optimizer.step()
        run.gradients = ()


@torch.inference_mode(False)
@torch.no_grad()
def predict(
    model: RecurrentModel, inputs: NDArray[np.floating], state: State | None = None
) -> tuple[NDArray[np.floating], State]:
    """What any network predicts, as `Engine.predict` says."""
    prediction, after = model(torch.from_numpy(plain(inputs)), state)
    found: NDArray[np.floating] = prediction.numpy()
    return found, after


def _loss(criterion: Criterion, prediction: Tensor, batch: Batch) -> Tensor:
    """Mean over the time steps of the loss mask; the others are not read."""
    targets = torch.from_numpy(batch.targets)  # (B, T, K)
    if batch.loss_mask is not None:
        loss_mask = torch.tensor(batch.loss_mask)
        prediction, targets = prediction[loss_mask], targets[loss_mask]  # (number, K)
    if criterion == "mse":
        return nn.functional.mse_loss(prediction, targets)
    classes = targets.shape[-1]
    return nn.functional.cross_entropy(
        prediction.reshape(-1, classes), targets.reshape(-1, classes)
    )


def _detached(state: State) -> State:
    return pack([part.detach() for part in unpack(state)])
