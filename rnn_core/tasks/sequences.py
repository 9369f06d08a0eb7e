"""Long lags: every window is an independent sequence whose answer depends on early inputs."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rnn_core.config import RunConfig
from rnn_core.messages import N_
from rnn_core.tasks.base import Batch, Criterion, Floor, TaskEntry
from rnn_core.tasks.snippets import source
from rnn_core.tasks.windows import Windows, generator, require_window

_NEAR_ENOUGH = 0.04

_CLASSES = 4
# Symbols by their position in the input: E begins a sequence, B ends it, a to d are distractors.
_X, _Y, _E, _B, _FIRST_DISTRACTOR, _SYMBOLS = 0, 1, 2, 3, 4, 8

_ALPHABET, _RECALLED = 8, 10
_BLANK, _DELIMITER = _ALPHABET, _ALPHABET + 1

_ADDING_SCRIPT = '''
def batches():
    """The adding problem: two numbers of each sequence are marked, their sum is asked for."""
    rows, half = np.arange(BATCH_SIZE), TIME_STEP // 2
    for step in count():
        rng = np.random.default_rng((DATA_SEED, step))
        values = rng.uniform(-1, 1, (BATCH_SIZE, TIME_STEP))
        marked = np.zeros((BATCH_SIZE, TIME_STEP))
        marked[rows, rng.integers(0, half, BATCH_SIZE)] = 1  # one in the first half
        marked[rows, rng.integers(half, TIME_STEP, BATCH_SIZE)] = 1  # and one in the second
        x = np.stack([values, marked], axis=2)  # (batch, time_step, 2)
        y = np.zeros((BATCH_SIZE, TIME_STEP, 1))
        y[:, -1, 0] = (values * marked).sum(axis=1)
        mask = np.zeros((BATCH_SIZE, TIME_STEP), bool)
        mask[:, -1] = True  # the answer is due at the last time step
        yield x, y, mask
'''
_TEMPORAL_ORDER_SCRIPT = '''
X, Y, BEGIN, END, FIRST_DISTRACTOR, SYMBOLS = 0, 1, 2, 3, 4, 8


def batches():
    """Which two symbols were among the distractors, in order? XX, XY, YX or YY."""
    rows = np.arange(BATCH_SIZE)
    for step in count():
        rng = np.random.default_rng((DATA_SEED, step))
        symbols = rng.integers(FIRST_DISTRACTOR, SYMBOLS, (BATCH_SIZE, TIME_STEP))
        symbols[:, 0], symbols[:, -1] = BEGIN, END
        first, second = rng.integers(X, Y + 1, (2, BATCH_SIZE))
        symbols[rows, rng.integers(*{first}, BATCH_SIZE, endpoint=True)] = first
        symbols[rows, rng.integers(*{second}, BATCH_SIZE, endpoint=True)] = second
        y = np.zeros((BATCH_SIZE, TIME_STEP, 4))
        y[rows, -1, 2 * first + second] = 1
        mask = np.zeros((BATCH_SIZE, TIME_STEP), bool)
        mask[:, -1] = True  # the answer is due at the last time step
        yield np.eye(SYMBOLS)[symbols], y, mask  # one-hot: (batch, time_step, symbols)
'''
_COPY_SCRIPT = f'''
def batches():
    """Repeat {_RECALLED} symbols, in order, after a delimiter at the end of many blanks."""
    for step in count():
        rng = np.random.default_rng((DATA_SEED, step))
        symbols = rng.integers(0, {_ALPHABET}, (BATCH_SIZE, {_RECALLED}))
        x, y = np.full((2, BATCH_SIZE, TIME_STEP), {_BLANK})  # blanks
        x[:, :{_RECALLED}] = symbols
        x[:, -{_RECALLED + 1}] = {_DELIMITER}  # the delimiter
        y[:, -{_RECALLED}:] = symbols
        yield np.eye({_ALPHABET + 2})[x], np.eye({_ALPHABET + 1})[y]  # one-hot
'''


class Adding(Windows):
    """The adding problem: add two numbers that are far apart.

    Input: a value, uniform on [-1, 1], and a marker, which is 1 at one time step of the first half
    and at one of the second, else 0. Target at the last step: the sum of the two marked values.

    Args:
        config: window_length, batch_size and data_seed are read.

    Source: Hochreiter and Schmidhuber, "Long short-term memory", Neural Computation 9 (1997),
    experiment 4; a marker in each half and the plain sum are those of Le, Jaitly and Hinton,
    arXiv:1504.00941 (2015).
    """

    input_size = 2

    def batch(self, index: int, dtype: type[np.floating] = np.float64) -> Batch:
        """B sequences of step ``index``; the loss is that of the last time step."""
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

    def script(self) -> str:
        """Python source of ``batches()``; see `Task.script`."""
        return source(_ADDING_SCRIPT, DATA_SEED=(self._config.data_seed, "of the sequences"))

    def accuracy(self, batch: Batch, prediction: NDArray[np.floating]) -> float:
        """Share of the sums that are correct to within 0.04, as in the source."""
        error = np.abs(prediction[:, -1, 0] - batch.targets[:, -1, 0])
        return float(np.mean(error < _NEAR_ENOUGH))

    def floors(self) -> tuple[Floor, ...]:
        """Constant, memoryless, last marker and window memory: squared errors, exactly.

        A marked value has variance 1/3, and the best prediction of an unknown one is 0. The last
        input contains the second value where its marker is there.

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
    """The order of two symbols. Four classes: XX, XY, YX and YY.

    Input, one-hot: E, then random distractors a, b, c and d, then B; at a step t1 and at a later
    step t2 there is X or Y instead. In 50 steps counted from 0, t1 is from 3 to 12 and t2 from 25
    to 40; other lengths in proportion. Target at the last step: the class.

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

    def __init__(self, config: RunConfig) -> None:
        require_window(config, 10, TEMPORAL_ORDER)
        super().__init__(config)
        length = config.window_length
        self._first = max(1, round(3 * length / 50)), round(12 * length / 50)
        self._second = round(25 * length / 50), round(40 * length / 50)

    def batch(self, index: int, dtype: type[np.floating] = np.float64) -> Batch:
        """B sequences of step ``index``; the loss is that of the last time step."""
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

    def script(self) -> str:
        """Python source of ``batches()``; see `Task.script`."""
        return source(
            _TEMPORAL_ORDER_SCRIPT.format(first=self._first, second=self._second),
            DATA_SEED=(self._config.data_seed, "of the sequences"),
        )

    def accuracy(self, batch: Batch, prediction: NDArray[np.floating]) -> float:
        """Share of the sequences with the right class; 0.25 by chance."""
        predicted, right = prediction[:, -1].argmax(axis=1), batch.targets[:, -1].argmax(axis=1)
        return float(np.mean(predicted == right))

    def floors(self) -> tuple[Floor, ...]:
        """Constant, memoryless, last marker and window memory: cross-entropies, exactly.

        All classes are equally likely, and the last symbol is always the same. Each known mark
        halves the number of possible classes.

        Source: own derivation.
        """
        return (
            Floor("constant", math.log(4), "exact"),
            Floor("memoryless", math.log(4), "exact"),
            Floor("last_marker", math.log(2), "exact"),
            Floor("window_memory", 0.0, "exact"),
        )


class Copy(Windows):
    """Copy memory: repeat ten symbols, in order, after a delimiter.

    Input, one-hot: ten symbols from an alphabet of eight, T - 1 blanks, the delimiter, ten blanks.
    Target: the blank up to the delimiter, then the ten symbols. A window is the whole sequence,
    T + 20 time steps.

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

    def __init__(self, config: RunConfig) -> None:
        require_window(config, 2 * _RECALLED + 1, COPY)
        super().__init__(config)

    def batch(self, index: int, dtype: type[np.floating] = np.float64) -> Batch:
        """B sequences of step ``index``; the loss is that of all time steps."""
        rows, length = self._steps.shape
        symbols = generator(self._config, index).integers(0, _ALPHABET, (rows, _RECALLED))
        inputs, targets = np.full((2, rows, length), _BLANK)
        inputs[:, :_RECALLED] = symbols
        inputs[:, -_RECALLED - 1] = _DELIMITER
        targets[:, -_RECALLED:] = symbols
        return Batch(
            self._time(index),
            np.eye(self.input_size, dtype=dtype)[inputs],
            np.eye(self.output_size, dtype=dtype)[targets],
        )

    def script(self) -> str:
        """Python source of ``batches()``; see `Task.script`."""
        return source(_COPY_SCRIPT, DATA_SEED=(self._config.data_seed, "of the sequences"))

    def accuracy(self, batch: Batch, prediction: NDArray[np.floating]) -> float:
        """Share of the ten symbols that are recalled correctly; 0.125 by chance."""
        predicted = prediction[:, -_RECALLED:].argmax(axis=2)
        right = batch.targets[:, -_RECALLED:].argmax(axis=2)
        return float(np.mean(predicted == right))

    def floors(self) -> tuple[Floor, ...]:
        """Constant, memoryless, time only and window memory: cross-entropies, exactly.

        The literature's memoryless baseline, 10 ln 8 / (T + 20), is the time-only floor: it knows
        when the symbols are due, but not which. From the present input alone, the blanks before
        the delimiter look like those after it.

        Source: Arjovsky, Shah and Bengio for time only; own derivation for the others.
        """
        length, asked = self._length, _RECALLED
        blanks = length - asked - 1  # in the input: all but the ten symbols and the delimiter
        unknown = asked * math.log(_ALPHABET) / length
        memoryless = unknown + _entropy(asked, blanks) * blanks / length
        return (
            Floor("constant", unknown + _entropy(asked, length), "exact"),
            Floor("memoryless", memoryless, "exact"),
            Floor("time_only", unknown, "exact"),
            Floor("window_memory", 0.0, "exact"),
        )


def _last_step(rows: int, length: int) -> NDArray[np.bool_]:
    loss_mask = np.zeros((rows, length), bool)
    loss_mask[:, -1] = True
    return loss_mask


def _entropy(some: int, of_all: int) -> float:
    """Entropy of whether one of ``of_all`` is among ``some``, in nats."""
    share = some / of_all
    rest = (of_all - some) / of_all
    return -sum(p * math.log(p) for p in (share, rest) if p > 0)


ADDING = TaskEntry(
    name="adding",
    title=N_("Adding problem"),
    description=N_(
        "Input: random numbers, two of them marked. Target at the last step: the sum of the two "
        "marked numbers (Hochreiter and Schmidhuber 1997)."
    ),
    build=Adding,
    settings=("data_seed",),
    # Sizes and learning rates here and below as in cybertronai/schmidhuber-problems at T = 50.
    # Without a positive forget-gate bias an LSTM may stay at chance for thousands of steps.
    defaults={
        "window_length": 50,
        "batch_size": 32,
        "hidden_size": 12,
        "forget_bias": 1.0,
        "lr": 0.005,
        "clip_norm": 1.0,
    },
    source="Hochreiter and Schmidhuber, Long short-term memory, Neural Computation 9 (1997), "
    "experiment 4; Le, Jaitly and Hinton, arXiv:1504.00941 (2015)",
)
TEMPORAL_ORDER = TaskEntry(
    name="temporal_order",
    title=N_("Temporal order"),
    description=N_(
        "Input: random symbols, two of them relevant. Target at the last step: which two these "
        "were, in order (Hochreiter and Schmidhuber 1997)."
    ),
    build=TemporalOrder,
    settings=("data_seed",),
    defaults={
        "window_length": 50,
        "batch_size": 32,
        "hidden_size": 4,
        "forget_bias": 1.0,
        "clip_norm": 1.0,
    },
    source="Hochreiter and Schmidhuber, Long short-term memory, Neural Computation 9 (1997), "
    "experiment 6a",
)
COPY = TaskEntry(
    name="copy",
    title=N_("Copy memory"),
    description=N_(
        "Input: ten symbols, many blanks, a delimiter. Target after the delimiter: the ten symbols "
        "in order (Arjovsky, Shah and Bengio 2016)."
    ),
    build=Copy,
    settings=("data_seed",),
    # RMSprop as in Tallec and Ollivier (2018), at a length and a rate that take minutes.
    defaults={"window_length": 30, "batch_size": 32, "optimizer": "rmsprop", "lr": 0.005},
    source="Arjovsky, Shah and Bengio, Unitary evolution recurrent neural networks, ICML 2016, "
    "arXiv:1511.06464",
)
