"""Memory in endless streams: the bit of k steps ago, and the last pulse on each of three lines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnn_core.messages import N_
from rnn_core.tasks.base import Batch, Floor, TaskEntry
from rnn_core.tasks.snippets import WINDOWS, source
from rnn_core.tasks.windows import BLOCK, Streams, generator

_BITS = 3
_PULSE_PROBABILITY = 0.5

_DELAYED_RECALL_SCRIPT = f'''
def bits():
    """Random bits, +1 or -1, in blocks, one row for each stream. Before them are zeros."""
    yield np.zeros((BATCH_SIZE, DELAY))
    for number in count():
        drawn = [
            np.random.default_rng((DATA_SEED, row, number)).integers(0, 2, {BLOCK})
            for row in range(BATCH_SIZE)
        ]
        yield np.array(drawn) * 2.0 - 1.0

{WINDOWS}

def batches():
    """The target is the bit of DELAY steps ago."""
    for window in windows(bits()):
        x, y = window[:, DELAY:], window[:, :TIME_STEP]
        yield x[:, :, np.newaxis], y[:, :, np.newaxis]  # (batch, time_step, 1)
'''
_FLIP_FLOP_SCRIPT = f'''
def pulses():
    """Pulses of +1 or -1 on {_BITS} lines, else 0, in blocks, one row for each stream."""
    for number in count():
        drawn = []
        for row in range(BATCH_SIZE):
            rng = np.random.default_rng((DATA_SEED, row, number))
            signs = 2.0 * rng.integers(0, 2, ({BLOCK}, {_BITS})) - 1.0
            present = rng.random(({BLOCK}, {_BITS})) < {_PULSE_PROBABILITY}
            if number == 0:
                present[0] = True  # each line begins with a pulse
            drawn.append(signs * present)
        yield np.array(drawn)

{WINDOWS}

def batches():
    """The target is the sign of the last pulse on each line."""
    held = np.zeros((BATCH_SIZE, {_BITS}))
    for x in windows(pulses()):
        y = np.empty_like(x)
        for t in range(TIME_STEP):
            held = np.where(x[:, t] != 0, x[:, t], held)
            y[:, t] = held
        yield x, y  # (batch, time_step, {_BITS})
'''


class DelayedRecall(Streams):
    """Random bits, +1 or -1; the target is the bit of ``delay`` time steps ago.

    A cell's memory span is the largest ``delay`` that it still learns. The first ``delay`` targets
    of the stream are 0.

    Args:
        config: window_length, batch_size, delay and data_seed are read.

    Source: the task by which Jaeger defines memory capacity, "Short term memory in echo state
    networks", GMD report 152 (2001), here with bits.
    """

    def _bits(self, number: int) -> NDArray[np.float64]:
        """Block ``number`` of every row's bits, shape ``(B, BLOCK)``."""
        rows = range(self._config.batch_size)
        if number < 0:
            return np.zeros((len(rows), BLOCK))
        drawn = [generator(self._config, row, number).integers(0, 2, BLOCK) for row in rows]
        return np.array(drawn, np.float64) * 2 - 1

    def _block(self, number: int) -> NDArray[np.float64]:
        inputs = self._bits(number)
        both = np.concatenate([self._bits(number - 1), inputs], axis=1)
        delay = self._config.delay
        return np.stack([inputs, both[:, BLOCK - delay : -delay]], axis=2)

    def script(self) -> str:
        """Python source of ``batches()``; see `Task.script`."""
        return source(
            _DELAYED_RECALL_SCRIPT,
            DELAY=(self._config.delay, "steps to look back"),
            AHEAD=(self._config.delay, "samples that two windows have in common"),
            DATA_SEED=(self._config.data_seed, "of the bits"),
        )

    def accuracy(self, batch: Batch, prediction: NDArray[np.floating]) -> float | None:
        """Share of the bits whose sign is right; None before the first bit is due."""
        due = batch.targets != 0
        if not due.any():
            return None
        return float(np.mean((np.sign(prediction) == batch.targets)[due]))

    def floors(self) -> tuple[Floor, ...]:
        """Constant, memoryless, window memory and carried memory: mean squared errors, exactly.

        The best prediction of an unknown bit is 0, with an error of 1. The first ``delay`` targets
        of a window were inputs of earlier windows.

        Source: own derivation.
        """
        unknown = min(self._config.delay, self._length) / self._length
        return (
            Floor("constant", 1.0, "exact"),
            Floor("memoryless", 1.0, "exact"),
            Floor("window_memory", unknown, "exact"),
            Floor("carried_memory", 0.0, "exact"),
        )


class FlipFlop(Streams):
    """Three bits to hold: each of three inputs is 0, or a pulse of +1 or -1.

    Each target is the sign of the last pulse on its input. At every time step each input has a
    pulse with probability 0.5; at the first step of the stream all three have one. A trained
    network has eight stable states, one for each combination of the bits.

    Args:
        config: window_length, batch_size and data_seed are read.

    Source: Sussillo and Barak, "Opening the black box", Neural Computation 25 (2013); 64 steps and
    the probability of 0.5 are those of Golub and Sussillo's FixedPointFinder,
    https://github.com/mattgolub/fixed-point-finder
    """

    input_size = _BITS
    output_size = _BITS

    def _pulses(self, number: int) -> NDArray[np.float64]:
        """Block ``number`` of every row's inputs, shape ``(B, BLOCK, 3)``."""
        drawn = []
        for row in range(self._config.batch_size):
            rng = generator(self._config, row, number)
            signs = 2.0 * rng.integers(0, 2, (BLOCK, _BITS)) - 1.0
            present = rng.random((BLOCK, _BITS)) < _PULSE_PROBABILITY
            if number == 0:
                present[0] = True
            drawn.append(signs * present)
        return np.array(drawn)

    def _block(self, number: int) -> NDArray[np.float64]:
        inputs = self._pulses(number)
        # A block without any pulse has probability 2⁻¹⁰²⁴: the block before holds the last one.
        before = self._pulses(number - 1) if number else np.zeros_like(inputs)
        both = np.concatenate([before, inputs], axis=1)
        steps = np.arange(2 * BLOCK)[None, :, None]
        last = np.maximum.accumulate(np.where(both != 0, steps, 0), axis=1)
        held = np.take_along_axis(both, last, axis=1)
        return np.concatenate([inputs, held[:, BLOCK:]], axis=2)

    def script(self) -> str:
        """Python source of ``batches()``; see `Task.script`."""
        return source(
            _FLIP_FLOP_SCRIPT,
            AHEAD=(0, "samples that two windows have in common"),
            DATA_SEED=(self._config.data_seed, "of the pulses"),
        )

    def accuracy(self, batch: Batch, prediction: NDArray[np.floating]) -> float:
        """Share of the time steps at which all three signs are right."""
        return float(np.mean((np.sign(prediction) == batch.targets).all(axis=2)))

    def floors(self) -> tuple[Floor, ...]:
        """Constant, memoryless, window memory and carried memory: mean squared errors, exactly.

        A bit whose last pulse is unknown is a coin toss, with an error of 1. With pulses of
        probability p, there is none at the present step with probability 1 - p, and none in the
        first t steps of a window with probability (1 - p)^t.

        Source: own derivation.
        """
        quiet = 1 - _PULSE_PROBABILITY
        unseen = float(np.mean(quiet ** np.arange(1, self._length + 1)))
        return (
            Floor("constant", 1.0, "exact"),
            Floor("memoryless", quiet, "exact"),
            Floor("window_memory", unseen, "exact"),
            Floor("carried_memory", 0.0, "exact"),
        )


DELAYED_RECALL = TaskEntry(
    name="delayed_recall",
    title=N_("Delayed recall"),
    description=N_(
        "Input: random bits. Target: the same bits, some steps later. The network must hold all "
        "the bits in between."
    ),
    build=DelayedRecall,
    settings=("delay", "data_seed"),
    defaults={"window_length": 20, "delay": 5, "batch_size": 8, "lr": 0.01},
    source="Jaeger, Short term memory in echo state networks, GMD report 152 (2001)",
)
FLIP_FLOP = TaskEntry(
    name="flip_flop",
    title=N_("3-bit flip-flop"),
    description=N_(
        "Input: pulses of +1 or -1 on three lines. Target: the sign of the last pulse on each line "
        "(Sussillo and Barak 2013)."
    ),
    build=FlipFlop,
    settings=("data_seed",),
    # Sixteen units and 64 time steps as in FixedPointFinder.
    defaults={"window_length": 64, "batch_size": 16, "hidden_size": 16, "lr": 0.01},
    source="Sussillo and Barak, Opening the black box, Neural Computation 25 (2013)",
)
