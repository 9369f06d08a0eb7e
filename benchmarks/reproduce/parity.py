"""Streaming parity: how suddenly a ReLU RNN begins to generalise to sequences of any length."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from benchmarks.reproduce.report import Expected, Result, Row
from benchmarks.reproduce.runs import Plan, initialise, training
from rnn_core import Batch, Comparison, RecurrentModel, RunConfig, Task

_LONGEST = 10  # in training
_EPOCHS = 800
_GAIN = 0.1
_ROWS = 32
_SOURCE_ROWS = 128
_TESTED_EVERY = 5  # epochs
_TEST_SEQUENCES, _TEST_LENGTH, _LONG = 64, 100, 1_000
_CHANCE, _SOLVED = 0.6, 0.99
_ZERO, _ONE, _START = range(3)
_SOURCE = "van Rossem & Saxe 2025"

_ABOUT = """\
A ReLU RNN of 100 units learns the parity of sequences of bits of length 1 to 10: squared error of
two one-hot outputs at the end of a sequence, SGD at 0.02, Xavier-normal initial weights with gain
0.1, biases 0. An epoch has the source's 21 updates, on sequences of one length each: all there are,
or, where there are more than 128, all in batches of 128. Each update here reads 32 of these at
random, for 800 epochs in place of 1,000. The source's state begins at 1 in every unit; here a first
symbol, whose weights are 1 at first and are trained, puts it there.

Accuracy is that at the end of 64 new sequences of 100 bits, tested every 5 epochs, 0.5 by chance.
*Transition* is the share of training between the last test with at most 0.6 and the first with at
least 0.99.

Source: van Rossem and Saxe, "Algorithm development in neural networks: insights from the streaming
parity task", ICML 2025, arXiv:2507.09897, with the settings of its code,
[loekvanrossem/rnn_structure](https://github.com/loekvanrossem/rnn_structure). Its abstract speaks
of a phase transition to perfect generalisation at any length; its code, run here with PyTorch on
one seed, goes from 0.61 to 1.00 between epochs 550 and 560."""


def schedule() -> NDArray[np.int64]:
    """The length of the sequences of each of an epoch's updates, in the source's order."""
    lengths = np.arange(1, _LONGEST + 1)
    return np.repeat(lengths, np.maximum(2**lengths // _SOURCE_ROWS, 1))


def encoded(bits: NDArray[np.int64], steps: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Inputs and targets of sequences of bits.

    Args:
        bits: shape ``(B, N)``.
        steps: time steps T, at least N + 1.

    Returns:
        Inputs of shape ``(B, T, 3)``: the first symbol, the bits, one-hot, then 0; and the parity
        of all bits, one-hot, at step N and 0 elsewhere, shape ``(B, T, 2)``.
    """
    rows, length = bits.shape
    inputs, targets = np.zeros((rows, steps, 3)), np.zeros((rows, steps, 2))
    inputs[:, 0, _START] = 1
    inputs[:, 1 : length + 1, :_START] = np.eye(2)[bits]
    targets[:, length] = np.eye(2)[bits.sum(axis=1) % 2]
    return inputs, targets


class Sequences(Task):
    """Sequences of one length at an update, as in the source's epochs.

    Args:
        config: batch_size and data_seed are read; window_length must be 11.
    """

    input_size = 3
    output_size = 2

    def __init__(self, config: RunConfig) -> None:
        self._config = config
        self._schedule = schedule()

    def batch(self, index: int, dtype: type[np.floating] = np.float64) -> Batch:
        """The sequences of update ``index``; all of them, repeated, where there are few."""
        rows, steps = self._config.batch_size, self._config.window_length
        length = int(self._schedule[index % len(self._schedule)])
        if 2**length <= rows:
            numbers = np.arange(rows) % 2**length
        else:
            rng = np.random.default_rng((self._config.data_seed, index))
            numbers = rng.choice(2**length, rows, replace=False)
        inputs, targets = encoded(numbers[:, None] >> np.arange(length) & 1, steps)
        time = np.broadcast_to(np.arange(steps, dtype=np.float64), (rows, steps))
        loss_mask = time == length
        return Batch(time, inputs.astype(dtype), targets.astype(dtype), loss_mask)


def as_in_the_source(model: RecurrentModel, generator: torch.Generator) -> None:
    """Xavier-normal weights with gain 0.1, and a first symbol that sets every unit to 1."""
    for parameter in model.parameters():
        if parameter.ndim == 2:
            # The first symbol is no input of the source, so it does not count for the scale.
            given = parameter[:, :_START] if parameter.shape[1] == 3 else parameter
            nn.init.xavier_normal_(given, gain=_GAIN, generator=generator)
        else:
            parameter.zero_()
    model.get_parameter("rnn.weight_ih_l0")[:, _START] = 1.0


def accuracy(model: RecurrentModel, length: int) -> float:
    """Share of new sequences of this length whose parity is right at the end."""
    bits = np.random.default_rng(length).integers(0, 2, (_TEST_SEQUENCES, length))
    inputs, targets = encoded(bits, length + 1)
    with torch.inference_mode():
        said = model(torch.from_numpy(inputs.astype(np.float32)))[0][:, -1].numpy()
    return float(np.mean(said.argmax(axis=1) == targets[:, -1].argmax(axis=1)))


def transition(accuracies: NDArray[np.float64]) -> float:
    """Share of training from the last accuracy at chance to the first that solves the task.

    Args:
        accuracies: at equal distances, the first before training, shape ``(N,)``.

    Returns:
        From 0 to 1; nan where it is never solved.
    """
    solved = np.flatnonzero(accuracies >= _SOLVED)
    if not len(solved):
        return float("nan")
    at_chance = np.flatnonzero(accuracies[: solved[0]] <= _CHANCE)
    last = at_chance[-1] if len(at_chance) else 0
    return float((solved[0] - last) / (len(accuracies) - 1))


def run(plan: Plan) -> list[Row]:
    """Train the networks, testing them on long sequences on the way."""
    config = RunConfig(
        cell="rnn_relu",
        hidden_size=100,
        window_length=_LONGEST + 1,
        batch_size=_ROWS,
        optimizer="sgd",
        lr=0.02,
        momentum=0.0,
        carry_state=False,
    )
    comparison = Comparison([config], plan.seeds, task=Sequences(config), engine="compiled")
    initialise(comparison, 0, as_in_the_source)
    every = _TESTED_EVERY * len(schedule())
    tests = []
    for step in training(comparison, plan.of(_EPOCHS // _TESTED_EVERY) * every, "parity"):
        if step.index % every == 0:
            tests.append([accuracy(model, _TEST_LENGTH) for model in comparison.replicas.models])
    by_seed = np.array(tests).T  # (S, N)
    transitions = np.array([transition(own) for own in by_seed])
    solved = np.array([float(_first_solved(own)) for own in by_seed]) * _TESTED_EVERY
    long = np.array([accuracy(model, _LONG) for model in comparison.replicas.models])
    return [
        Row(
            _SOURCE,
            f"accuracy on {_LONG:,} bits, after training",
            "perfect",
            long,
            Expected(low=_SOLVED),
            ".3f",
        ),
        Row(
            _SOURCE,
            f"transition on {_TEST_LENGTH} bits, share of training",
            "sudden",
            transitions,
            Expected(high=0.05),
            ".4f",
        ),
        Row("", "epoch at which it ends", "", solved, form=".0f"),
    ]


def _first_solved(accuracies: NDArray[np.float64]) -> float:
    solved = np.flatnonzero(accuracies >= _SOLVED)
    return float(solved[0]) if len(solved) else float("nan")


RESULT = Result("parity", "Streaming parity", _ABOUT, run)
