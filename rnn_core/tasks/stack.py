"""The batches of several steps as one array each, for engines that take many steps at a call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnn_core.tasks.base import Batch, Task


@dataclass(frozen=True, slots=True, eq=False)
class BatchStack:
    """The windows of S steps.

    Args:
        inputs: shape ``(S, B, T, D)``.
        targets: shape ``(S, B, T, K)``.
        loss_mask: the time steps that the loss is averaged over, shape ``(S, B, T)``; None for all.
    """

    inputs: NDArray[np.floating]
    targets: NDArray[np.floating]
    loss_mask: NDArray[np.bool_] | None = None


def stacked(task: Task, first: int, count: int, dtype: type[np.floating]) -> BatchStack:
    """The batches of ``count`` steps from step ``first`` on.

    A task may offer ``batches(first, count, dtype)`` where it has something faster than one batch
    after another. Its arrays must be those of `Task.batch`, bit for bit.

    Args:
        task: any task.
        first: step of the first batch, counted from 0.
        count: how many, at least 1.
        dtype: of inputs and targets.
    """
    own = getattr(task, "batches", None)
    if own is not None:
        found: BatchStack = own(first, count, dtype)
        return found
    return stack([task.batch(index, dtype) for index in range(first, first + count)])


def stack(batches: Sequence[Batch]) -> BatchStack:
    """Batches of one task, at least one, as one array each."""
    masks = [batch.loss_mask for batch in batches]
    loss_mask = None
    if any(mask is not None for mask in masks):
        everything = np.ones(batches[0].targets.shape[:2], bool)
        loss_mask = np.stack([everything if mask is None else mask for mask in masks])
    return BatchStack(
        np.stack([batch.inputs for batch in batches]),
        np.stack([batch.targets for batch in batches]),
        loss_mask,
    )
