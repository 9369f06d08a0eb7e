"""Memory over a gap: every window is a sequence of its own, and what is asked lies far back."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rnn_core.config import RunConfig
from rnn_core.tasks.base import Batch, Criterion, Floor
from rnn_core.tasks.windows import Windows, generator, require_window

_NEAR_ENOUGH = 0.04

_CLASSES = 4
# Symbols by their place in the input: E begins a sequence, B ends it, a to d distract.
_X, _Y, _E, _B, _FIRST_DISTRACTOR, _SYMBOLS = 0, 1, 2, 3, 4, 8

_ALPHABET, _RECALLED = 8, 10
_BLANK, _DELIMITER = _ALPHABET, _ALPHABET + 1


class Adding(Windows):
    """Two numbers to add, far apart: the adding problem.

    Input: a value, uniform on [-1, 1], and a marker that is 1 at one step of the first half and
    at one step of the second, else 0. Target: the sum of the two marked values, asked for at the
    last step only.

    Args:
        config: window_length, batch_size and data_seed are read.

    Source: Hochreiter and Schmidhuber, "Long short-term memory", Neural Computation 9 (1997),
    experiment 4; a marker in each half and the plain sum are those of Le, Jaitly and Hinton,
    arXiv:1504.00941 (2015).
    """

    input_size = 2
    output_size = 1
    criterion: Criterion = "mse"
    streaming = False

    def batch(self, index: int, dtype: type[np.floating] = np.float64) -> Batch:
        """B sequences of step ``index``; only the last step counts."""
        rng = generator(self._config, index)
        rows, length = self._steps.shape
        values = rng.uniform(-1, 1, (rows, length))
        marked = np.zeros((rows, length))
        each = np.arange(rows)
        marked[each, rng.integers(0, length // 2, rows)] = 1
        marked[each, rng.integers(length // 2, length, rows)] = 1
        targets = np.zeros((rows, length, 1), dtype)
        targets[:, -1, 0] = (values * marked).sum(axis=1)
        inputs = np.stack([values, marked], axis=2).astype(dtype)
        return Batch(self._time(index), inputs, targets, _last_step(rows, length))

    def accuracy(self, batch: Batch, prediction: NDArray[np.floating]) -> float:
        """Share of the sums that are met to within 0.04, as in the source."""
        error = np.abs(prediction[:, -1, 0] - batch.targets[:, -1, 0])
        return float(np.mean(error < _NEAR_ENOUGH))

    def floors(self) -> tuple[Floor, ...]:
        """Constant, memoryless, last marker and window memory: squared errors, exactly.

        A marked value has variance 1/3, and the best guess of one that is not known is 0. Who
        sees the last step only knows the second value when it stands there.

        Source: own derivation.
        """
        second_half = self._length - self._length // 2
        return (
            Floor("constant", 2 / 3, "exact"),
            Floor("memoryless", 2 / 3 - 1 / (3 * second_half), "exact"),
            Floor("last_marker", 1 / 3, "exact"),
            Floor("window_memory", 0.0, "exact"),
        )


class TemporalOrder(Windows):
    """Which of two symbols came first? Four classes: XX, XY, YX and YY.

    Input, one-hot: E, then a, b, c or d at random, then B; but at one step t1 and at a later one
    t2 there is X or Y. In 50 steps counted from 0, t1 is from 3 to 12 and t2 from 25 to 40; other
    lengths in proportion. The class is asked for at the last step only.

    Args:
        config: window_length, batch_size and data_seed are read.

    Raises:
        ValueError: when window_length is below 10.

    Source: Hochreiter and Schmidhuber, "Long short-term memory", Neural Computation 9 (1997),
    experiment 6a, there with 100 to 110 steps; 50 steps as in
    https://github.com/cybertronai/schmidhuber-problems
    """

    input_size = _SYMBOLS
    output_size = _CLASSES
    criterion: Criterion = "cross_entropy"
    streaming = False

    def __init__(self, config: RunConfig) -> None:
        require_window(config, 10, 50)
        super().__init__(config)
        length = config.window_length
        self._first = max(1, round(3 * length / 50)), round(12 * length / 50)
        self._second = round(25 * length / 50), round(40 * length / 50)

    def batch(self, index: int, dtype: type[np.floating] = np.float64) -> Batch:
        """B sequences of step ``index``; only the last step counts."""
        rng = generator(self._config, index)
        rows, length = self._steps.shape
        symbols = rng.integers(_FIRST_DISTRACTOR, _SYMBOLS, (rows, length))
        symbols[:, 0], symbols[:, -1] = _E, _B
        marks = rng.integers(_X, _Y + 1, (2, rows))
        each = np.arange(rows)
        for limits, mark in zip((self._first, self._second), marks, strict=True):
            symbols[each, rng.integers(*limits, rows, endpoint=True)] = mark
        targets = np.zeros((rows, length, _CLASSES), dtype)
        targets[each, -1, 2 * marks[0] + marks[1]] = 1
        inputs = np.eye(_SYMBOLS, dtype=dtype)[symbols]
        return Batch(self._time(index), inputs, targets, _last_step(rows, length))

    def accuracy(self, batch: Batch, prediction: NDArray[np.floating]) -> float:
        """Share of the sequences whose class is believed in most; 0.25 by chance."""
        said, right = prediction[:, -1].argmax(axis=1), batch.targets[:, -1].argmax(axis=1)
        return float(np.mean(said == right))

    def floors(self) -> tuple[Floor, ...]:
        """Constant, memoryless, last marker and window memory: cross-entropies, exactly.

        All classes are equally likely, and the last symbol is always the same. Each of the two
        marks halves what remains.

        Source: own derivation.
        """
        return (
            Floor("constant", math.log(4), "exact"),
            Floor("memoryless", math.log(4), "exact"),
            Floor("last_marker", math.log(2), "exact"),
            Floor("window_memory", 0.0, "exact"),
        )


class Copy(Windows):
    """Ten symbols to say again, in their order, once a delimiter comes: copy memory.

    Input, one-hot: ten symbols out of eight, T - 1 blanks, the delimiter, ten blanks. Target: the
    blank until after the delimiter, and then the ten symbols. A window is the whole sequence,
    T + 20 steps.

    Args:
        config: window_length, batch_size and data_seed are read.

    Raises:
        ValueError: when window_length is below 21, and T below 1.

    Source: Arjovsky, Shah and Bengio, "Unitary evolution recurrent neural networks", ICML 2016,
    arXiv:1511.06464, after Hochreiter and Schmidhuber (1997).
    """

    input_size = _ALPHABET + 2
    output_size = _ALPHABET + 1
    criterion: Criterion = "cross_entropy"
    streaming = False

    def __init__(self, config: RunConfig) -> None:
        require_window(config, 2 * _RECALLED + 1, 30)
        super().__init__(config)

    def batch(self, index: int, dtype: type[np.floating] = np.float64) -> Batch:
        """B sequences of step ``index``; every step counts."""
        rows, length = self._steps.shape
        said = generator(self._config, index).integers(0, _ALPHABET, (rows, _RECALLED))
        inputs, targets = np.full((2, rows, length), _BLANK)
        inputs[:, :_RECALLED] = said
        inputs[:, -_RECALLED - 1] = _DELIMITER
        targets[:, -_RECALLED:] = said
        return Batch(
            self._time(index),
            np.eye(self.input_size, dtype=dtype)[inputs],
            np.eye(self.output_size, dtype=dtype)[targets],
        )

    def accuracy(self, batch: Batch, prediction: NDArray[np.floating]) -> float:
        """Share of the recalled symbols, the last ten steps, that are right; 0.125 by chance."""
        said = prediction[:, -_RECALLED:].argmax(axis=2)
        right = batch.targets[:, -_RECALLED:].argmax(axis=2)
        return float(np.mean(said == right))

    def floors(self) -> tuple[Floor, ...]:
        """Constant, memoryless, time only and window memory: cross-entropies, exactly.

        The literature's memoryless baseline, 10 ln 8 / (T + 20), is that of time only: sure of
        each blank, since it knows when the symbols are due, and at a loss which. Who goes by the
        present input alone cannot tell the blanks before the delimiter from those after it.

        Source: Arjovsky, Shah and Bengio for time only; own derivation of the others.
        """
        length, asked = self._length, _RECALLED
        blanks = length - asked - 1  # that come in: all but the ten symbols and the delimiter
        at_a_loss = asked * math.log(_ALPHABET) / length
        memoryless = at_a_loss + _entropy(asked, blanks) * blanks / length
        return (
            Floor("constant", at_a_loss + _entropy(asked, length), "exact"),
            Floor("memoryless", memoryless, "exact"),
            Floor("time_only", at_a_loss, "exact"),
            Floor("window_memory", 0.0, "exact"),
        )


def _last_step(rows: int, length: int) -> NDArray[np.bool_]:
    loss_mask = np.zeros((rows, length), bool)
    loss_mask[:, -1] = True
    return loss_mask


def _entropy(some: int, of_all: int) -> float:
    """Of whether one is among ``some``, in nats."""
    share = some / of_all
    rest = (of_all - some) / of_all
    return -sum(p * math.log(p) for p in (share, rest) if p > 0)
