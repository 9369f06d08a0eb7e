"""Mackey-Glass, 15 steps ahead: the LSTM that the paper on Legendre memory units compares with."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from benchmarks.reproduce.report import Expected, Result, Row
from benchmarks.reproduce.runs import Plan, initialise, training
from rnn_core import Batch, Comparison, RecurrentModel, RunConfig, Task

_AHEAD = 15
_DELAY, _SUBSTEPS = 17, 10  # Euler steps per unit of time
_WASHOUT = 100
_LENGTH = 5_000  # of a sequence
_TRAINING_SEQUENCES, _TEST_SEQUENCES = 32, 16
_UPDATES, _MORE_UPDATES = 500, 1_000
_SOURCE = "Voelker et al. 2019"

_ABOUT = """\
Normalised root mean square error of a forecast 15 steps ahead, at 18,026 parameters: an LSTM with 4
layers of 25 units and one bias, Adam at 0.001. Data and initial weights are made as in the source's
code: the equation with τ = 17 in Euler steps of 0.1 from random histories near 1.2, 100 steps
dropped, squashed by tanh(x - 1), centred; Keras's initial weights. The source trains for 500
updates on batches of 32 sequences of 5,000 steps. An update here reads the first 1,000 steps of one
of 32 sequences; tests read 16 other sequences of 5,000 steps, each from a zero state. Sequences
that start near the same point are alike at first, so the test is kind to the first steps.

Source: Voelker, Kajić and Eliasmith, "Legendre memory units", NeurIPS 2019, and its code,
[nengo/keras-lmu](https://github.com/nengo/keras-lmu), branches `paper` and `fix-mackey-glass`. The
published experiment predicts the signal of 15 steps *before* (issue 14 there): 0.079 for the LSTM,
0.054 for the LMU, 0.050 for a hybrid. The figures below are those of the corrected code, one
network each."""


@lru_cache(maxsize=1)
def sequences() -> NDArray[np.float64]:
    """The source's sequences, those for training first, shape ``(48, 5015)``."""
    count = _TRAINING_SEQUENCES + _TEST_SEQUENCES
    signal = euler(1.2 + 0.2 * (np.random.default_rng(0).random((_DELAY * _SUBSTEPS, count)) - 0.5))
    squashed: NDArray[np.float64] = np.tanh(signal[:, _WASHOUT:] - 1)
    return squashed - squashed.mean()


def euler(history: NDArray[np.float64]) -> NDArray[np.float64]:
    """dx/dt = 0.2 x(t-17) / (1 + x(t-17)^10) - 0.1 x(t) in Euler steps of 0.1, from x = 1.2.

    Args:
        history: the values before, 0.1 apart, oldest first, shape ``(170, B)``.

    Returns:
        One sample per unit of time, shape ``(B, 5115)``.
    """
    past, x = list(history), np.full(history.shape[1], 1.2)
    signal = np.empty((_WASHOUT + _LENGTH + _AHEAD, len(x)))
    for n in range(len(signal)):
        for step in range(_SUBSTEPS):
            delayed = past[n * _SUBSTEPS + step]
            past.append(x)
            x = x + (0.2 * delayed / (1 + delayed**10) - 0.1 * x) / _SUBSTEPS
        signal[n] = x
    return signal.T


class SourceSequences(Task):
    """The first steps of a random training sequence; the target is the signal 15 steps later.

    Args:
        config: window_length, batch_size and data_seed are read.
    """

    horizon = _AHEAD

    def __init__(self, config: RunConfig) -> None:
        self._config = config
        self._signal = sequences()[:_TRAINING_SEQUENCES]

    def batch(self, index: int, dtype: type[np.floating] = np.float64) -> Batch:
        """The sequences of step ``index``."""
        rows, length = self._config.batch_size, self._config.window_length
        rng = np.random.default_rng((self._config.data_seed, index))
        signal = self._signal[rng.integers(0, _TRAINING_SEQUENCES, rows), :, None].astype(dtype)
        time = np.broadcast_to(np.arange(length, dtype=np.float64), (rows, length))
        return Batch(time, signal[:, :length].copy(), signal[:, _AHEAD : length + _AHEAD].copy())


def as_in_keras(model: RecurrentModel, generator: torch.Generator) -> None:
    """Orthogonal recurrent weights, other weights Glorot-uniform, forget gates' biases 1."""
    units = model.rnn.hidden_size
    for name, parameter in model.named_parameters():
        if "weight_hh" in name:  # all gates as one matrix
            nn.init.orthogonal_(parameter, generator=generator)
        elif parameter.ndim == 2:
            nn.init.xavier_uniform_(parameter, generator=generator)
        else:
            parameter.zero_()
        if "bias_ih" in name:
            parameter[units : 2 * units] = 1.0  # PyTorch's order: i, f, g, o


def nrmse(said: NDArray[np.floating], wanted: NDArray[np.floating]) -> float:
    """Root mean square error, divided by the targets' standard deviation."""
    error = said.astype(float) - wanted
    return float(np.sqrt(np.mean(error**2) / np.var(wanted)))


def _tested(comparison: Comparison, length: int) -> NDArray[np.float64]:
    """NRMSE of every network on the test sequences, one value per seed."""
    signal = sequences()[_TRAINING_SEQUENCES:, : length + _AHEAD, None]
    inputs = torch.from_numpy(signal[:, :length].astype(np.float32))
    found = []
    for model in comparison.replicas.models:
        with torch.inference_mode():
            found.append(nrmse(model(inputs)[0].numpy(), signal[:, _AHEAD:]))
    return np.where(comparison.replicas.alive, found, np.nan)


def run(plan: Plan) -> list[Row]:
    """Train the LSTM; test it after the source's number of updates, and after more."""
    config = RunConfig(
        cell="lstm",
        num_layers=4,
        hidden_size=25,
        window_length=1_000,
        lr=0.001,
        carry_state=False,
        single_bias=True,
    )
    comparison = Comparison([config], plan.seeds, task=SourceSequences(config), engine="compiled")
    initialise(comparison, 0, as_in_keras)
    first, last = plan.of(_UPDATES), plan.of(_MORE_UPDATES)
    length = plan.of(_LENGTH)
    for step in training(comparison, last, "Mackey-Glass"):
        if step.index == first:
            as_there = _tested(comparison, length)
    longer = _tested(comparison, length)
    return [
        Row(
            _SOURCE,
            f"LSTM, {_UPDATES} updates: NRMSE",
            "0.059",
            as_there,
            Expected(0.059 / 1.5, 0.059 * 1.5, "median"),
            ".3f",
        ),
        Row(
            _SOURCE,
            f"LSTM, {_MORE_UPDATES:,} updates",
            "LMU 0.049, hybrid 0.045",
            longer,
            form=".3f",
        ),
    ]


RESULT = Result("mackey_glass", "Mackey-Glass", _ABOUT, run)
