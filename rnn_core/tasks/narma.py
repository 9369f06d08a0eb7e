"""NARMA10: the response of a nonlinear system of tenth order to random input."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_core.config import RunConfig
from rnn_core.tasks.base import Batch, Floor
from rnn_core.tasks.windows import BLOCK, Recurrence, Streams, generator

_ORDER = 10
# Beyond 1.24 the system grows without bound whatever goes in; below 1 it comes back.
_LARGEST = 1.0
# Up to so many rows are faster one after another with plain numbers than together as arrays.
_FEW = 8

# The last nine inputs and ten responses of every row, oldest first: shapes (B, 9) and (B, 10).
State = tuple[NDArray[np.float64], NDArray[np.float64]]


class Narma10(Streams):
    """Input u, uniform on [0, 0.5]; target the response that u has just had its share in:

    y(t+1) = 0.3 y(t) + 0.05 y(t) [y(t) + … + y(t-9)] + 1.5 u(t-9) u(t) + 0.1,

    so that u(t) and y(t+1) stand at the same time step. Before the stream begins, u and y are 0.
    The system has rare runs of large inputs that it never recovers from; a block of 1024 inputs
    in which y would exceed 1 is drawn again, one in some forty.

    Args:
        config: window_length, batch_size and data_seed are read.

    Source: Atiya and Parlos, "New results on recurrent network training", IEEE Transactions on
    Neural Networks 11 (2000).
    """

    def __init__(self, config: RunConfig) -> None:
        rows = config.batch_size
        nothing = np.zeros((rows, _ORDER - 1)), np.zeros((rows, _ORDER))

        def advance(number: int, state: State) -> tuple[NDArray[np.float64], State]:
            def draw(row: int, attempt: int) -> NDArray[np.float64]:
                return generator(config, row, number, attempt).uniform(0, 0.5, BLOCK)

            return _next_block(draw, state)

        self._recurrence = Recurrence[State](lambda: nothing, advance)
        super().__init__(config)

    def _block(self, number: int) -> NDArray[np.float64]:
        return self._recurrence.block(number)

    def accuracy(self, batch: Batch, prediction: NDArray[np.floating]) -> None:
        """None: a response is followed more or less closely, never right or wrong."""

    def floors(self) -> tuple[Floor, ...]:
        """Constant, memoryless and carried memory: mean squared errors.

        The constant's, the variance of y, is measured. u(t) is independent of all else that y
        is made of, so it explains (1.5 · 0.25)² / 48 of it: the mean of u(t-9) is 0.25, and the
        variance of u is 1/48. The whole past explains all.

        Source: own derivation.
        """
        variance = _variance()
        return (
            Floor("constant", variance, "measured"),
            Floor("memoryless", variance - (1.5 * 0.25) ** 2 / 48, "measured"),
            Floor("carried_memory", 0.0, "exact"),
        )


def response(inputs: NDArray[np.float64], responses: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the system answers, shape ``(B, n)``.

    Args:
        inputs: nine earlier inputs and then n of now, shape ``(B, 9 + n)``.
        responses: the ten earlier responses, shape ``(B, 10)``.
    """
    if len(inputs) > _FEW:
        return np.array(_answers(list(inputs.T), list(responses.T))).T
    rows = zip(inputs.tolist(), responses.tolist(), strict=True)
    return np.array([_answers(u, y) for u, y in rows])


def _answers(u: list[Any], y: list[Any]) -> list[Any]:
    """As `response`, of numbers or of arrays: what is done is the same to the last bit."""
    for t in range(len(u) - _ORDER + 1):
        # Summed anew each time: a running sum would gather rounding without end.
        recent = y[t]
        for past in y[t + 1 :]:
            recent = recent + past
        now = y[-1]
        y.append(0.3 * now + 0.05 * now * recent + 1.5 * u[t] * u[t + _ORDER - 1] + 0.1)
    return y[_ORDER:]


def _next_block(
    draw: Callable[[int, int], NDArray[np.float64]], state: State
) -> tuple[NDArray[np.float64], State]:
    """The block that follows, shape ``(B, BLOCK, 2)``, and the state after it."""
    earlier, responses = state
    rows = len(earlier)
    inputs = np.empty((rows, _ORDER - 1 + BLOCK))
    inputs[:, : _ORDER - 1] = earlier
    answers = np.empty((rows, BLOCK))
    again, attempt = np.arange(rows), 0
    while len(again):
        for row in again:
            inputs[row, _ORDER - 1 :] = draw(int(row), attempt)
        with np.errstate(over="ignore"):  # these are drawn again
            answers[again] = response(inputs[again], responses[again])
        # Not "above": what has grown to infinity may have become no number at all.
        again = again[~(answers[again].max(axis=1) <= _LARGEST)]
        attempt += 1
    block = np.stack([inputs[:, _ORDER - 1 :], answers], axis=2)
    return block, (inputs[:, 1 - _ORDER :].copy(), answers[:, -_ORDER:])


@lru_cache(maxsize=1)
def _variance() -> float:
    """Variance of y over half a million samples."""
    rng = np.random.default_rng(0)
    state = np.zeros((256, _ORDER - 1)), np.zeros((256, _ORDER))
    _first, state = _next_block(lambda _row, _attempt: rng.uniform(0, 0.5, BLOCK), state)
    blocks = []
    for _ in range(2):
        block, state = _next_block(lambda _row, _attempt: rng.uniform(0, 0.5, BLOCK), state)
        blocks.append(block[..., 1])
    return float(np.var(blocks))
