"""NARMA10: the response of a nonlinear system of tenth order to random input."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_core.config import RunConfig
from rnn_core.messages import N_
from rnn_core.tasks.base import Floor, TaskEntry
from rnn_core.tasks.predictors import linear_fits, measured
from rnn_core.tasks.snippets import WINDOWS, source
from rnn_core.tasks.windows import BLOCK, Recurrence, Streams, generator

_ORDER = 10
# Of the linear floor: twice as far back as the equation reads.
_LAGS = 20
# The linear function is fitted to every fourth sample: neighbours tell little new.
_EVERY = 4
# Above 1.24 the system diverges for every input; below 1 it returns.
_LARGEST = 1.0
# Up to this number of rows, plain floats are faster than arrays.
_FEW = 8

_SCRIPT = f'''
def stream(row):
    """Input u and response y of one row, in blocks."""
    u, y = [0.0] * {_ORDER - 1}, [0.0] * {_ORDER}
    for number in count():
        for attempt in count():
            rng = np.random.default_rng((DATA_SEED, row, number, attempt))
            inputs = u[-{_ORDER - 1}:] + rng.uniform(0, 0.5, {BLOCK}).tolist()
            outputs = y[-{_ORDER}:]
            for t in range({BLOCK}):
                now, recent = outputs[-1], sum(outputs[t:])
                product = 1.5 * inputs[t] * inputs[t + {_ORDER - 1}]
                outputs.append(0.3 * now + 0.05 * now * recent + product + 0.1)
            if max(outputs[{_ORDER}:]) <= {_LARGEST}:  # else the system diverges: draw again
                break
        u, y = inputs, outputs
        yield np.stack([u[{_ORDER - 1}:], y[{_ORDER}:]], axis=1)


def streams():
    """The blocks of all rows."""
    rows = [stream(row) for row in range(BATCH_SIZE)]
    while True:
        yield np.array([next(row) for row in rows])

{WINDOWS}

def batches():
    """NARMA10: the target is the response of a nonlinear system of tenth order."""
    for window in windows(streams()):
        yield window[:, :, :1], window[:, :, 1:]  # (batch, time_step, 1)
'''

# The last nine inputs and ten responses of every row, oldest first: shapes (B, 9) and (B, 10).
State = tuple[NDArray[np.float64], NDArray[np.float64]]


class Narma10(Streams):
    """Input u, uniform on [0, 0.5]; the target is the response that the present u enters:

    y(t+1) = 0.3 y(t) + 0.05 y(t) [y(t) + … + y(t-9)] + 1.5 u(t-9) u(t) + 0.1,

    so that u(t) and y(t+1) are input and target of the same time step. Before the stream, u and y
    are 0. Rare runs of large inputs make the system diverge; a block of 1024 inputs in which y
    would exceed 1, about one in forty, is drawn again.

    Args:
        config: window_length, batch_size and data_seed are read.

    Source: Atiya and Parlos, "New results on recurrent network training", IEEE Transactions on
    Neural Networks 11 (2000).
    """

    def __init__(self, config: RunConfig) -> None:
        # Functions of the module, so that a task can be pickled.
        self._recurrence = Recurrence[State](
            partial(_nothing, config.batch_size), partial(_drawn_block, config)
        )
        super().__init__(config)

    def _block(self, number: int) -> NDArray[np.float64]:
        return self._recurrence.block(number)

    def script(self) -> str:
        """Python source of ``batches()``; see `Task.script`."""
        return source(
            _SCRIPT,
            AHEAD=(0, "samples that two windows have in common"),
            DATA_SEED=(self._config.data_seed, "of the inputs"),
        )

    @property
    def target_variance(self) -> float:
        """Variance of y."""
        return self.floors()[0].value

    def floors(self) -> tuple[Floor, ...]:
        """Constant, memoryless, linear and carried memory: mean squared errors.

        The constant floor, the variance of y, is measured on 256 independent streams of 2,048
        samples, and so is that of the best linear function of the last 20 inputs. u(t) is
        independent of the other terms of y(t+1), so it explains (1.5 · 0.25)² / 48 of the variance:
        the mean of u(t-9) is 0.25, and the variance of u is 1/48. The whole past explains all of
        it.

        Source: own derivation.
        """
        return _measured_floors()


def response(inputs: NDArray[np.float64], responses: NDArray[np.float64]) -> NDArray[np.float64]:
    """The system's response, shape ``(B, n)``.

    Args:
        inputs: the nine inputs before, then n inputs, shape ``(B, 9 + n)``.
        responses: the ten responses before, shape ``(B, 10)``.
    """
    if len(inputs) > _FEW:
        return np.array(_responses(list(inputs.T), list(responses.T))).T
    rows = zip(inputs.tolist(), responses.tolist(), strict=True)
    return np.array([_responses(u, y) for u, y in rows])


def _responses(u: list[Any], y: list[Any]) -> list[Any]:
    """As `response`, for floats or for arrays, with the same results to the last bit."""
    for t in range(len(u) - _ORDER + 1):
        # Not a running sum, whose rounding error would grow.
        recent = y[t]
        for past in y[t + 1 :]:
            recent = recent + past
        now = y[-1]
        y.append(0.3 * now + 0.05 * now * recent + 1.5 * u[t] * u[t + _ORDER - 1] + 0.1)
    return y[_ORDER:]


def _nothing(rows: int) -> State:
    return np.zeros((rows, _ORDER - 1)), np.zeros((rows, _ORDER))


def _drawn_block(config: RunConfig, number: int, state: State) -> tuple[NDArray[np.float64], State]:
    def draw(row: int, attempt: int) -> NDArray[np.float64]:
        return generator(config, row, number, attempt).uniform(0, 0.5, BLOCK)

    return _next_block(draw, state)


def _next_block(
    draw: Callable[[int, int], NDArray[np.float64]], state: State
) -> tuple[NDArray[np.float64], State]:
    """The next block, shape ``(B, BLOCK, 2)``, and the state after it."""
    earlier, responses = state
    rows = len(earlier)
    inputs = np.empty((rows, _ORDER - 1 + BLOCK))
    inputs[:, : _ORDER - 1] = earlier
    outputs = np.empty((rows, BLOCK))
    again, attempt = np.arange(rows), 0
    while len(again):
        for row in again:
            inputs[row, _ORDER - 1 :] = draw(int(row), attempt)
        with np.errstate(over="ignore"):  # these are drawn again
            outputs[again] = response(inputs[again], responses[again])
        # "Not at most", rather than "above": what has overflowed may be nan.
        again = again[~(outputs[again].max(axis=1) <= _LARGEST)]
        attempt += 1
    block = np.stack([inputs[:, _ORDER - 1 :], outputs], axis=2)
    return block, (inputs[:, 1 - _ORDER :].copy(), outputs[:, -_ORDER:])


@lru_cache(maxsize=1)
def _measured_floors() -> tuple[Floor, ...]:
    rng = np.random.default_rng(0)
    state = np.zeros((256, _ORDER - 1)), np.zeros((256, _ORDER))
    _first, state = _next_block(lambda _row, _attempt: rng.uniform(0, 0.5, BLOCK), state)
    blocks = []
    for _ in range(2):
        block, state = _next_block(lambda _row, _attempt: rng.uniform(0, 0.5, BLOCK), state)
        blocks.append(block)
    inputs, responses = np.moveaxis(np.concatenate(blocks, axis=1), 2, 0)
    responses = responses - responses.mean()
    variances = np.mean(responses**2, axis=1)
    linear = linear_fits(inputs, _LAGS, _EVERY).losses(responses[:, _LAGS - 1 :: _EVERY])
    return (
        measured("constant", variances),
        measured("memoryless", variances - (1.5 * 0.25) ** 2 / 48),
        measured("linear", linear, _LAGS),
        Floor("carried_memory", 0.0, "exact"),
    )


NARMA10 = TaskEntry(
    name="narma10",
    title=N_("NARMA10"),
    description=N_(
        "Input: random numbers. Target: the response of a nonlinear system that depends on the "
        "last ten inputs and responses (Atiya and Parlos 2000)."
    ),
    build=Narma10,
    settings=("data_seed",),
    defaults={"window_length": 50, "batch_size": 4, "lr": 0.005},
    source="Atiya and Parlos, New results on recurrent network training, IEEE Transactions on "
    "Neural Networks 11 (2000)",
)
