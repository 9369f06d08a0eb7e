"""Remembering in a stream that never ends: what was said k steps ago, and what was said last."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnn_core.tasks.base import Batch, Floor
from rnn_core.tasks.windows import BLOCK, Streams, generator

_BITS = 3
_PULSE_PROBABILITY = 0.5


class DelayedRecall(Streams):
    """Random bits, +1 or -1, each of them wanted again ``delay`` steps after it came in.

    How far back can a cell remember? Let ``delay`` grow until it no longer learns. Before the
    stream began nothing was said: the first ``delay`` targets are 0.

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

    def accuracy(self, batch: Batch, prediction: NDArray[np.floating]) -> float | None:
        """Share of the bits whose sign the prediction has; None before the first is wanted."""
        wanted = batch.targets != 0
        if not wanted.any():
            return None
        return float(np.mean((np.sign(prediction) == batch.targets)[wanted]))

    def floors(self) -> tuple[Floor, ...]:
        """Constant, memoryless, window memory and carried memory: mean squared errors, exactly.

        Who does not know a bit can say 0 at best, and errs by 1. Of a window of T steps, the first
        ``delay`` targets came in before it.

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
    """Three bits to hold: on each of three inputs a pulse of +1 or -1 now and then, else 0.

    Each output is the sign of the last pulse on its input. At every step each input has a pulse
    with probability 0.5; at the first step of the stream all three have one. A network that has
    learned it has eight stable states, one for each setting of the bits.

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
        # A whole block without a pulse has probability 2⁻¹⁰²⁴: the one before says what is held.
        before = self._pulses(number - 1) if number else np.zeros_like(inputs)
        both = np.concatenate([before, inputs], axis=1)
        steps = np.arange(2 * BLOCK)[None, :, None]
        last = np.maximum.accumulate(np.where(both != 0, steps, 0), axis=1)
        held = np.take_along_axis(both, last, axis=1)
        return np.concatenate([inputs, held[:, BLOCK:]], axis=2)

    def accuracy(self, batch: Batch, prediction: NDArray[np.floating]) -> float:
        """Share of the time steps at which all three predictions have their targets' signs."""
        return float(np.mean((np.sign(prediction) == batch.targets).all(axis=2)))

    def floors(self) -> tuple[Floor, ...]:
        """Constant, memoryless, window memory and carried memory: mean squared errors, exactly.

        A bit without a pulse in sight is a coin toss, worth an error of 1. With pulses of
        probability p, none is seen at the present step with probability 1 - p, and none in the
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
