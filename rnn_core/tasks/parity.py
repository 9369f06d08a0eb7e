"""Streaming parity: the product of all signs so far."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnn_core.messages import N_
from rnn_core.tasks.base import Batch, Floor, TaskEntry
from rnn_core.tasks.snippets import source
from rnn_core.tasks.windows import Windows, generator

_SCRIPT = '''
def batches():
    """The parity of the signs so far: their product."""
    for step in count():
        rng = np.random.default_rng((DATA_SEED, step))
        lengths = rng.integers(1, TIME_STEP, (BATCH_SIZE, 1), endpoint=True)
        mask = np.arange(TIME_STEP) < lengths  # the sequences are of different length
        signs = 1 - 2 * rng.integers(0, 2, (BATCH_SIZE, TIME_STEP))
        x, y = signs * mask, signs.cumprod(axis=1) * mask
        yield x[:, :, np.newaxis], y[:, :, np.newaxis], mask  # (batch, time_step, 1)
'''


class Parity(Windows):
    """The parity of a sequence of signs, at every time step.

    Input: +1 or -1 at random. Target: the product of the inputs so far. The length of a sequence
    is uniform from 1 to window_length; after its end the inputs are 0 and the loss is masked.

    One bit of memory, flipped at every -1, solves the task at any length. Less does not help at
    all: given all inputs so far but one, both targets are equally likely.

    Args:
        config: window_length, batch_size and data_seed are read.

    Source: van Rossem and Saxe, "Algorithm development in neural networks: insights from the
    streaming parity task", ICML 2025, arXiv:2507.09897, with lengths from 1 to 10.
    """

    def batch(self, index: int, dtype: type[np.floating] = np.float64) -> Batch:
        """B sequences of step ``index``; the loss is that of their own time steps."""
        rng = generator(self._config, index)
        rows, length = self._steps.shape
        lengths = rng.integers(1, length, (rows, 1), endpoint=True)
        loss_mask = self._steps < lengths
        signs = 1 - 2 * rng.integers(0, 2, (rows, length))
        inputs, targets = signs * loss_mask, signs.cumprod(axis=1) * loss_mask
        return Batch(
            self._time(index),
            inputs[:, :, None].astype(dtype),
            targets[:, :, None].astype(dtype),
            loss_mask,
        )

    def script(self) -> str:
        """Python source of ``batches()``; see `Task.script`."""
        return source(_SCRIPT, DATA_SEED=(self._config.data_seed, "of the sequences"))

    def accuracy(self, batch: Batch, prediction: NDArray[np.floating]) -> float:
        """Share of the time steps of all sequences at which the sign is right."""
        right = np.sign(prediction[..., 0]) == batch.targets[..., 0]
        return float(np.mean(right if batch.loss_mask is None else right[batch.loss_mask]))

    def floors(self) -> tuple[Floor, ...]:
        """Constant, memoryless and window memory: mean squared errors, exactly.

        At the first time step of a sequence the target is the input; at all others the two are
        independent. The best function of the input is therefore the input times w, the weight of
        first time steps in the mean loss, with an error of 1 - w². In a batch whose lengths add up
        to S, first steps weigh B / S, so w is the mean of B / S and depends a little on batch_size.

        Source: own derivation.
        """
        rows = self._config.batch_size
        total = np.ones(1)  # distribution of S - B
        for _ in range(rows):
            total = np.convolve(total, np.full(self._length, 1 / self._length))
        weight = float(np.sum(total * rows / (rows + np.arange(len(total)))))
        return (
            Floor("constant", 1.0, "exact"),
            Floor("memoryless", 1 - weight**2, "exact"),
            Floor("window_memory", 0.0, "exact"),
        )


PARITY = TaskEntry(
    name="parity",
    title=N_("Streaming parity"),
    description=N_(
        "Input: random signs +1 and -1. Target: the product of all signs so far. The network must "
        "hold one bit and flip it at every -1 (van Rossem and Saxe 2025)."
    ),
    build=Parity,
    settings=("data_seed",),
    defaults={"batch_size": 32, "lr": 0.005, "clip_norm": 1.0},
    source="van Rossem and Saxe, Algorithm development in neural networks: insights from the "
    "streaming parity task, ICML 2025, arXiv:2507.09897",
)
