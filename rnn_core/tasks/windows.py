"""What the tasks share: when their samples are, and the blocks that endless streams come in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from rnn_core.config import RunConfig
from rnn_core.tasks.base import Batch, Criterion
from rnn_core.thinned import Thinned

#: Samples in one block of a stream. A longer block would be a longer wait whenever one ends.
BLOCK = 1024
# A window and what is looked ahead for lie in two or three blocks.
_BLOCKS_KEPT = 4
_STATES_KEPT = 64

State = TypeVar("State")


def generator(config: RunConfig, *numbers: int) -> np.random.Generator:
    """Random numbers that depend on the data's seed and on ``numbers``, and on nothing else."""
    return np.random.default_rng((config.data_seed, *numbers))


def require_window(config: RunConfig, least: int, suggestion: int) -> None:
    """Raise ValueError when the windows are too short for the task."""
    if config.window_length < least:
        name = config.task.replace("_", " ")
        raise ValueError(
            f"window_length must be at least {least} for the {name} task, "
            f"got {config.window_length}. Try {suggestion}."
        )


class Windows:
    """Windows one after another, T samples each, a fixed time apart.

    Window k covers the samples k·T to (k+1)·T - 1, so the first sample of a window follows the
    last of the one before.

    Args:
        config: window_length T and batch_size B are read.
        spacing: time between two samples, in the task's own unit.
    """

    windows_per_cycle = 1
    horizon: int | None = None

    def __init__(self, config: RunConfig, spacing: float = 1.0) -> None:
        self._config = config
        self._length = config.window_length
        self._spacing = spacing
        self._steps = np.broadcast_to(np.arange(self._length), (config.batch_size, self._length))
        self._since_beginning = self._steps.astype(np.float64) * spacing  # of the window

    @property
    def span(self) -> float:
        """Time from the beginning of one window to that of the next, in the task's own unit."""
        return self._length * self._spacing

    def _time(self, index: int) -> NDArray[np.float64]:
        """Instants of window ``index``, the same in every row, shape ``(B, T)``."""
        return self._since_beginning + index * self.span


class Blocks:
    """The samples of endless streams by their position, computed a block at a time.

    Args:
        make: the block of a number, counted from 0, shape ``(B, BLOCK, C)``. It must be the same
            whenever it is asked for.
    """

    def __init__(self, make: Callable[[int], NDArray[np.float64]]) -> None:
        self._make = make
        self._kept: dict[int, NDArray[np.float64]] = {}

    def between(self, start: int, stop: int) -> NDArray[np.float64]:
        """Samples ``start`` to ``stop - 1``, shape ``(B, stop - start, C)``, to be read only."""
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
            self._kept[number] = block
        return block


class Recurrence(Generic[State]):
    """Blocks that need to know how the block before them ended.

    Going forward costs one block at a time. Any other block is reached from the nearest of a
    bounded number of states that are remembered, evenly spaced over what has been computed.

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
        """The block of a number, counted from 0."""
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
    """A task whose rows each read an endless stream of their own.

    A subclass says what the streams are by giving `_block`: inputs and targets side by side, shape
    ``(B, BLOCK, D + K)``.
    """

    input_size = 1
    output_size = 1
    criterion: Criterion = "mse"
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
