"""What the tasks share: the times of their samples, random numbers, and streams in blocks."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from rnn_core.config import RunConfig
from rnn_core.messages import N_, InvalidValue, Message
from rnn_core.tasks.base import Batch, Task, TaskEntry
from rnn_core.thinned import Thinned

#: Samples in one block of a stream. A longer block takes longer to compute when one ends.
BLOCK = 1024
# A window and its targets lie in two or three blocks. An evaluation reads some thousands of samples
# ahead, after which training reads on from the window it was at.
_BLOCKS_KEPT = 8
_STATES_KEPT = 64

State = TypeVar("State")


def generator(config: RunConfig, *numbers: int) -> np.random.Generator:
    """A random generator that depends on the data's seed and ``numbers`` alone."""
    return np.random.default_rng((config.data_seed, *numbers))


def require_window(config: RunConfig, least: int, entry: TaskEntry) -> None:
    """Raise ValueError when the windows are too short for the task."""
    if config.window_length < least:
        raise InvalidValue(
            N_(
                "window_length must be at least {least} for the task {task}, got {value}. "
                "Try {suggestion}."
            ),
            least=least,
            task=Message(entry.title),
            value=config.window_length,
            suggestion=entry.defaults["window_length"],
        )


def changed_wave(
    config: RunConfig, time: float, frequency: float | None, amplitude: float | None
) -> RunConfig:
    """The settings of another wave whose phase at ``time`` is that of the present one.

    Args:
        config: the present wave.
        time: in radians of a wave of frequency 1.
        frequency: of the new wave; None keeps the present one.
        amplitude: likewise.
    """
    frequency = config.frequency if frequency is None else frequency
    phase = config.phase + (config.frequency - frequency) * time
    return replace(
        config,
        frequency=frequency,
        amplitude=config.amplitude if amplitude is None else amplitude,
        phase=math.remainder(phase, 2 * math.pi),
    )


class Windows(Task):
    """Consecutive windows of T samples a fixed time apart.

    Window k covers the samples k·T to (k+1)·T - 1, so the first sample of a window follows the
    last one of the window before.

    Args:
        config: window_length T and batch_size B are read.
        spacing: time between two samples, in the task's unit.
    """

    def __init__(self, config: RunConfig, spacing: float = 1.0) -> None:
        self._config = config
        self._length = config.window_length
        self._spacing = spacing
        self._steps = np.broadcast_to(np.arange(self._length), (config.batch_size, self._length))
        self._since_beginning = self._steps.astype(np.float64) * spacing  # of the window

    @property
    def span(self) -> float:
        """Time from the beginning of one window to the beginning of the next, in its unit."""
        return self._length * self._spacing

    def _time(self, index: int) -> NDArray[np.float64]:
        """Times of the samples of window ``index``, the same in every row, shape ``(B, T)``."""
        return self._since_beginning + index * self.span


class Blocks:
    """The samples of endless streams by position, computed block by block.

    Args:
        make: number of a block, counted from 0, to the block, shape ``(B, BLOCK, C)``. The same
            number must always give the same block.
    """

    def __init__(self, make: Callable[[int], NDArray[np.float64]]) -> None:
        self._make = make
        self._kept: dict[int, NDArray[np.float64]] = {}

    def between(self, start: int, stop: int) -> NDArray[np.float64]:
        """Samples ``start`` to ``stop - 1``, shape ``(B, stop - start, C)``; do not write."""
        first, last = start // BLOCK, (stop - 1) // BLOCK
        if first == last:
            return self._block(first)[:, start - first * BLOCK : stop - first * BLOCK]
        pieces = [self._block(number) for number in range(first, last + 1)]
        pieces[-1] = pieces[-1][:, : stop - last * BLOCK]
        pieces[0] = pieces[0][:, start - first * BLOCK :]
        return np.concatenate(pieces, axis=1)

    def _block(self, number: int) -> NDArray[np.float64]:
        block = self._kept.get(number)
        if block is None:
            block = self._make(number)
            if len(self._kept) == _BLOCKS_KEPT:
                del self._kept[next(iter(self._kept))]
        else:
            del self._kept[number]  # the one that was not read for longest goes first
        self._kept[number] = block
        return block


class Recurrence(Generic[State]):
    """Blocks each of which depends on the state at the end of the block before.

    The next block costs one block. Any other is reached from the nearest of a bounded number of
    stored states, evenly spaced over what has been computed.

    Args:
        begin: the state that block 0 starts from.
        advance: number and state to the block and the state after it; neither is written to later.
    """

    def __init__(
        self,
        begin: Callable[[], State],
        advance: Callable[[int, State], tuple[NDArray[np.float64], State]],
    ) -> None:
        self._advance = advance
        self._latest = (0, begin())
        self._states: Thinned[State] = Thinned(_STATES_KEPT)
        self._states.add(*self._latest)

    def block(self, number: int) -> NDArray[np.float64]:
        """Block ``number``, counted from 0."""
        nearest, state = self._states.before(number)
        if nearest <= self._latest[0] <= number:
            nearest, state = self._latest
        while True:
            block, state = self._advance(nearest, state)
            nearest += 1
            self._remember(nearest, state)
            if nearest > number:
                return block

    def _remember(self, number: int, state: State) -> None:
        self._latest = (number, state)
        if number > self._states.indices[-1]:
            self._states.add(number, state)


class Streams(Windows):
    """A task with an endless stream for each row of the batch.

    A subclass gives `_block`: inputs and targets side by side, shape ``(B, BLOCK, D + K)``.
    """

    streaming = True

    def __init__(self, config: RunConfig, spacing: float = 1.0) -> None:
        super().__init__(config, spacing)
        self._blocks = Blocks(self._block)

    def _block(self, number: int) -> NDArray[np.float64]:
        raise NotImplementedError

    def batch(self, index: int, dtype: type[np.floating] = np.float64) -> Batch:
        """Window ``index`` of every stream: row b reads stream b."""
        samples = self._blocks.between(index * self._length, (index + 1) * self._length)
        return Batch(
            self._time(index),
            np.array(samples[..., : self.input_size], dtype, order="C"),
            np.array(samples[..., self.input_size :], dtype, order="C"),
        )
