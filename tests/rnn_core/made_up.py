"""A task of the tests' own, of any criterion and shape."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnn_core import RunConfig
from rnn_core.tasks import Batch, Criterion, Task


@dataclass(frozen=True)
class MadeUp(Task):
    """Random inputs; targets are numbers, or the class that the sum of the inputs so far falls in.

    Where the loss mask is False the targets are nan, so that reading them shows.
    """

    criterion: Criterion = "mse"
    some_counted: bool = False
    output_size: int = 1
    input_size: int = 1
    streaming: bool = True
    horizon: int | None = None
    batch_size: int = 2
    window_length: int = 5
    span: float = 1.0
    windows_per_cycle: int = 1

    def batch(self, index: int, dtype: type[np.floating] = np.float64) -> Batch:
        numbers = np.random.default_rng((7, index))
        shape = self.batch_size, self.window_length
        inputs = numbers.standard_normal((*shape, self.input_size))
        memory = inputs.sum(axis=2).cumsum(axis=1)  # (B, T)
        if self.criterion == "mse":
            targets = np.cos(memory[:, :, None] + np.arange(self.output_size))
        else:
            targets = np.eye(self.output_size)[np.int64(np.abs(memory)) % self.output_size]
        loss_mask = None
        if self.some_counted:
            loss_mask = numbers.random(shape) < 0.5
            loss_mask[0, index % self.window_length] = True
            targets[~loss_mask] = np.nan
        return Batch(
            time=index + np.tile(np.linspace(0, 1, self.window_length), (self.batch_size, 1)),
            inputs=inputs.astype(dtype),
            targets=targets.astype(dtype),
            loss_mask=loss_mask,
        )

    def accuracy(self, batch: Batch, prediction: NDArray[np.floating]) -> float | None:
        if self.criterion == "mse":
            return None
        right = prediction.argmax(axis=2) == batch.targets.argmax(axis=2)
        return float(right.mean() if batch.loss_mask is None else right[batch.loss_mask].mean())

    def config(self, cell: str, **settings: object) -> RunConfig:
        """Settings of a run on this task."""
        shape = {"batch_size": self.batch_size, "window_length": self.window_length}
        return RunConfig.from_dict(
            {"cell": cell, "hidden_size": 4, "lr": 0.002, **shape, **settings}
        )
