"""State ablation: the loss with the state between windows carried, reset or shuffled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from rnn_core.cells.base import Array, as_float64
from rnn_core.cells.module import pack, unpack
from rnn_core.cells.registry import cell_of
from rnn_core.diagnostics.losses import losses
from rnn_core.models import RecurrentModel, State
from rnn_core.tasks import Batch, Task


@dataclass(frozen=True, slots=True, eq=False)
class StateAblation:
    """The loss of N windows under three initial states, with the same weights; ``(N,)`` each.

    Compare the means with the task's floors: ``reset`` with ``window_memory``, ``carried`` with
    ``carried_memory``.

    Args:
        carried: every window starts from the final state of the window before.
        reset: every window starts from zeros.
        shuffled: every window starts from another window's initial state.
    """

    carried: Array
    reset: Array
    shuffled: Array


class _Windows(NamedTuple):
    """N windows of B rows.

    Attributes:
        batches: the task's.
        inputs: shape ``(N, B, T, D)``.
    """

    batches: list[Batch]
    inputs: Tensor


def state_ablation(
    model: RecurrentModel,
    task: Task,
    *,
    start: int = 0,
    windows: int = 20,
    state: State | None = None,
    shift: int = 1,
) -> StateAblation:
    """Evaluate N windows with the state carried, reset and shuffled between them.

    If the network does not use the state that crosses windows, all three losses agree. If it does,
    a reset raises the loss, and another window's state often raises it more.

    In the shuffled evaluation window k starts from the state of window k + shift, modulo N. If the
    signal repeats every n windows (`Task.windows_per_cycle`), a shift by n gives every window a
    state close to its own. If every window is a sequence of its own (`Task.streaming` is False),
    training resets the state, and the carried state too comes from an unrelated window.

    Args:
        model: read only.
        task: source of the windows; all rows of the batch are read.
        start: index of the first window.
        windows: number of windows N, at least 2.
        state: initial state of the first window when it is carried: ``Trainer.state`` if ``start``
            is the index of the present step. None stands for zeros.
        shift: distance between the windows whose states are exchanged, from 1 to N - 1.

    Raises:
        ValueError: when windows, start or shift are outside their limits.

    Source: own derivation.
    """
    if windows < 2:
        raise ValueError(f"windows must be at least 2, got {windows}. Try 20.")
    if start < 0:
        raise ValueError(f"start must be at least 0, got {start}. Try 0.")
    if not 1 <= shift < windows:
        raise ValueError(f"shift must be from 1 to {windows - 1}, got {shift}. Try 1.")
    read = _read(model, task, range(start, start + windows))
    with torch.no_grad():
        predictions, starts = [], []
        for inputs in read.inputs:
            starts.append(_zeros(model, inputs) if state is None else state)
            prediction, state = model(inputs, starts[-1])
            predictions.append(prediction)
        swapped = [starts[(k + shift) % windows] for k in range(windows)]
        together = read.inputs.flatten(0, 1)  # (N·B, T, D)
        shape = (*read.inputs.shape[:3], -1)
        reset, _ = model(together, None)
        shuffled, _ = model(together, _side_by_side(swapped))
    return StateAblation(
        _mean_losses(torch.stack(predictions), read.batches, task),
        _mean_losses(reset.view(shape), read.batches, task),
        _mean_losses(shuffled.view(shape), read.batches, task),
    )


def _read(model: RecurrentModel, task: Task, indices: range) -> _Windows:
    dtype = model.out.weight.detach().numpy().dtype.type
    batches = [task.batch(index, dtype) for index in indices]
    return _Windows(batches, torch.from_numpy(np.stack([batch.inputs for batch in batches])))


def _zeros(model: RecurrentModel, inputs: Tensor) -> State:
    zeros = inputs.new_zeros(model.rnn.num_layers, len(inputs), model.rnn.hidden_size)
    return pack([zeros] * len(cell_of(model).state_parts))


def _side_by_side(states: list[State]) -> State:
    """N states of B rows as one state of N·B rows."""
    parts = zip(*(unpack(state) for state in states), strict=True)
    return pack([torch.cat(part, dim=1) for part in parts])


def _mean_losses(prediction: Tensor, batches: list[Batch], task: Task) -> Array:
    """The loss of each window, over its rows and counted time steps, shape ``(N,)``."""
    found = []
    for guess, batch in zip(prediction.numpy(), batches, strict=True):
        loss_mask = np.ones(guess.shape[:2], bool) if batch.loss_mask is None else batch.loss_mask
        loss = losses(
            as_float64(guess[loss_mask]), as_float64(batch.targets[loss_mask]), task.criterion
        )
        found.append(loss.mean())
    return np.array(found)
