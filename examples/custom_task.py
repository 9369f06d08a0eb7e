"""A task of your own: recall the first input of a window at its end, past random distractors.

A task gives batch k whenever it is asked for, with inputs of shape ``(B, T, D)`` and targets of
shape ``(B, T, K)``. Floors are optional; they give the loss a meaning. `Trainer(config, task=…)`
takes the object. With `register_task` it gets a name for `RunConfig` and for the app.

Source: the latch problem of Bengio, Simard and Frasconi, "Learning long-term dependencies with
gradient descent is difficult", IEEE Transactions on Neural Networks 5 (1994), with bits.
"""

from itertools import islice
from statistics import mean

import numpy as np
import torch

from rnn_core import Batch, Floor, RunConfig, Task, Trainer


class Latch(Task):
    """Signs at random; the first is to be told at the last time step."""

    def __init__(self, config):
        self._shape = (config.batch_size, config.window_length, 1)
        self._seed = config.data_seed

    def batch(self, index, dtype=np.float64):
        """The windows of step ``index``."""
        signs = np.random.default_rng([self._seed, index]).choice([-1.0, 1.0], self._shape)
        first = np.broadcast_to(signs[:, :1], self._shape)  # (B, T, 1)
        time = np.broadcast_to(np.arange(self._shape[1], dtype=float), self._shape[:2])
        last = np.broadcast_to(np.arange(self._shape[1]) == self._shape[1] - 1, self._shape[:2])
        return Batch(time, signs.astype(dtype), first.astype(dtype), loss_mask=last)

    def accuracy(self, batch, prediction):
        """Share of the windows whose last prediction has the right sign."""
        return float(np.mean(np.sign(prediction[:, -1]) == batch.targets[:, -1]))

    def floors(self):
        """A sign that is not remembered is best predicted as 0, with an error of 1."""
        return Floor("memoryless", 1.0, "exact"), Floor("window_memory", 0.0, "exact")


def main(steps=300):
    """Train an LSTM on the task."""
    torch.set_num_threads(1)  # tensors this small gain nothing from more
    config = RunConfig(cell="lstm", window_length=15, batch_size=16, lr=0.01, forget_bias=1.0)
    trainer = Trainer(config, task=Latch(config))
    found = list(islice(trainer.steps(), steps + 1))
    for step in found[::100]:
        print(f"step {step.index}: loss {step.loss:.3f}, accuracy {step.accuracy:.2f}")
    print(f"mean of the last 20 losses: {mean(step.loss for step in found[-20:]):.3f}")
    for floor in trainer.task.floors():
        print(f"{floor.key}: {floor.value:.0f}")


if __name__ == "__main__":
    main()
