"""Forecasting chaotic signals: the target is the input of ``delay`` samples later.

Every row of a batch reads its own solution, started from a random state, after the transient.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_core.config import RunConfig
from rnn_core.messages import N_
from rnn_core.tasks.base import Batch, Floor, TaskEntry
from rnn_core.tasks.predictors import linear_fits, measured, smooth_fits
from rnn_core.tasks.snippets import WINDOWS, source
from rnn_core.tasks.windows import BLOCK, Blocks, Recurrence, Windows, generator

_BETA, _GAMMA, _TAU = 0.2, 0.1, 17
# Time step of the integration: ten per sample.
_STEP = 0.1
# Time integrated at once. It must be shorter than τ, so that the delayed values are known.
_STRETCH = 16
_HISTORY = 10 * _TAU + 2

_SIGMA, _RHO, _B = 10.0, 28.0, 8 / 3
_LORENZ_STEP = 0.02
# Standard deviation of x on the attractor, own measurement. Its mean is 0 by symmetry.
_LORENZ_STD = 7.926
# Of the linear floor: the cycle of Mackey–Glass is some 50 samples long.
_LAGS = 50
# Fits are made to every eighth sample: neighbours tell little new.
_EVERY = 8
# The largest value of the setting.
_LONGEST_DELAY = 100
# Up to this number of streams, plain floats are faster than arrays.
_FEW = 8

_FORECAST_SCRIPT = '''
def batches():
    """The target is the input of AHEAD samples later."""
    for window in windows(streams()):
        x, y = window[:, :TIME_STEP], window[:, AHEAD:]
        yield x[:, :, np.newaxis], y[:, :, np.newaxis]  # (batch, time_step, 1)
'''
_MACKEY_GLASS_SCRIPT = f'''
def block(history):
    """The next {BLOCK} samples of every row, and its last {_HISTORY} values, {_STEP} apart.

    dx/dt = {_BETA} x(t-{_TAU}) / (1 + x(t-{_TAU})^10) - {_GAMMA} x(t)

    For a time shorter than {_TAU} the delayed values are known and the equation is linear: its
    solution is an integral, here by a rule of fourth order.
    """
    samples = np.empty((len(history), {BLOCK}))
    steps = {10 * _STRETCH}
    decay = np.exp(-{_GAMMA} * {_STEP} * np.arange(1, steps + 1))
    growth = np.exp({_GAMMA} * {_STEP} * np.arange(-1, steps + 2)) * ({_BETA} * {_STEP} / 24)
    for start in range(0, {BLOCK}, {_STRETCH}):
        delayed = history[:, : steps + 3]
        square = delayed * delayed
        fourth = square * square
        force = growth * delayed / (1 + fourth * fourth * square)
        gained = 13 * (force[:, 1:-2] + force[:, 2:-1]) - force[:, :-3] - force[:, 3:]
        values = decay * (history[:, -1:] + np.cumsum(gained, axis=1))
        samples[:, start : start + {_STRETCH}] = values[:, 9::10]
        history = np.concatenate([history[:, steps:], values], axis=1)
    return samples, history


def streams():
    """The Mackey-Glass signal, in blocks; every row from another constant past."""
    rngs = [np.random.default_rng((DATA_SEED, row)) for row in range(BATCH_SIZE)]
    levels = np.array([rng.uniform(0.5, 1.3) for rng in rngs])
    _, history = block(np.repeat(levels[:, np.newaxis], {_HISTORY}, axis=1))  # the transient
    while True:
        samples, history = block(history)
        yield samples

'''
_LORENZ_SCRIPT = f'''
def slope(x, y, z):
    """The Lorenz system."""
    return {_SIGMA} * (y - x), x * ({_RHO} - z) - y, x * y - {_B!r} * z


def path(point):
    """x every {_LORENZ_STEP} units of time, by the classical Runge-Kutta method."""
    h = {_LORENZ_STEP}
    x, y, z = point
    while True:
        dx, dy, dz = slope(x, y, z)
        ex, ey, ez = slope(x + h / 2 * dx, y + h / 2 * dy, z + h / 2 * dz)
        fx, fy, fz = slope(x + h / 2 * ex, y + h / 2 * ey, z + h / 2 * ez)
        gx, gy, gz = slope(x + h * fx, y + h * fy, z + h * fz)
        x = x + h / 6 * (dx + 2 * (ex + fx) + gx)
        y = y + h / 6 * (dy + 2 * (ey + fy) + gy)
        z = z + h / 6 * (dz + 2 * (ez + fz) + gz)
        yield x


def streams():
    """x divided by its standard deviation, in blocks; every row from another point."""
    rngs = [np.random.default_rng((DATA_SEED, row)) for row in range(BATCH_SIZE)]
    paths = [path(rng.uniform((-10, -10, 15), (10, 10, 35)).tolist()) for rng in rngs]
    for number in count():
        samples = np.array([[next(each) for _ in range({BLOCK})] for each in paths])
        if number:  # the first block is the transient
            yield samples / {_LORENZ_STD}

'''


class Forecast(Windows):
    """A signal as input, and the same signal ``delay`` samples later as target.

    Args:
        config: window_length, batch_size, delay and data_seed are read.
        streams: the signal of every row, one number per sample.
        spacing: time between two samples.
    """

    streaming = True

    def __init__(self, config: RunConfig, streams: Blocks, spacing: float) -> None:
        super().__init__(config, spacing)
        self.horizon = config.delay
        self._streams = streams

    def batch(self, index: int, dtype: type[np.floating] = np.float64) -> Batch:
        """Window ``index`` of every stream: row b reads stream b.

        Successive batches are cheap. A batch far ahead of all others takes the computation of
        everything in between.
        """
        length, horizon = self._length, self._config.delay
        signal = self._streams.between(index * length, (index + 1) * length + horizon)
        return Batch(
            self._time(index),
            np.array(signal[:, :length], dtype, order="C"),
            np.array(signal[:, horizon:], dtype, order="C"),
        )

    def _script(self, streams: str) -> str:
        """Python source of ``batches()``, from that of ``streams()``."""
        return source(
            f"{streams}\n{WINDOWS}\n{_FORECAST_SCRIPT}",
            AHEAD=(self._config.delay, "samples that the network looks ahead"),
            DATA_SEED=(self._config.data_seed, "of the states that the signals start from"),
        )

    def _measurements(self) -> Measurements:
        """What was measured on a long stretch of the signal."""
        raise NotImplementedError

    @property
    def target_variance(self) -> float:
        """Variance of the signal."""
        return float(self._measurements().signal.var())

    def floors(self) -> tuple[Floor, ...]:
        """Constant, persistence, memoryless, linear and carried memory: mean squared errors.

        All but the last are measured on 256 independent streams of 2,048 samples, the same for
        every seed: memoryless by the best smooth function of the present value, linear by the best
        linear function of the last 50. The equations are deterministic, so the complete past
        determines the future and carried memory reaches 0; but any error in it grows exponentially.
        """
        return self._measurements().floors(self._config.delay)


class Measurements:
    """How well simple predictors forecast a signal.

    Args:
        signal: shape ``(B, N)``.
    """

    def __init__(self, signal: NDArray[np.float64]) -> None:
        self.signal = signal - signal.mean()
        inputs = self.signal[:, :-_LONGEST_DELAY]
        self._smooth = smooth_fits(inputs, _EVERY)
        self._linear = linear_fits(inputs, _LAGS, _EVERY)
        self._known: dict[int, tuple[Floor, ...]] = {}

    def floors(self, delay: int) -> tuple[Floor, ...]:
        """The floors of a forecast, highest first."""
        found = self._known.get(delay)
        if found is None:
            found = self._known[delay] = self._measured(delay)
        return found

    def _measured(self, delay: int) -> tuple[Floor, ...]:
        signal = self.signal
        change = signal[:, delay:] - signal[:, :-delay]
        # Of the inputs above, however far ahead their targets are.
        targets = signal[:, delay : signal.shape[1] - _LONGEST_DELAY + delay]
        linear = self._linear.losses(targets[:, _LAGS - 1 :: _EVERY])
        floors = [
            measured("constant", np.mean(signal**2, axis=1)),
            measured("persistence", np.mean(change**2, axis=1)),
            measured("memoryless", self._smooth.losses(targets[:, ::_EVERY])),
            measured("linear", linear, _LAGS),
        ]
        floors.sort(key=lambda floor: -floor.value)
        return (*floors, Floor("carried_memory", 0.0, "exact"))


class MackeyGlass(Forecast):
    """dx/dt = 0.2 x(t-17) / (1 + x(t-17)^10) - 0.1 x(t), sampled once per unit of time.

    Forecast errors are usually given relative to the constant floor, at 15 or 84 steps ahead.

    Source: Mackey and Glass, "Oscillation and chaos in physiological control systems", Science
    197 (1977); the setting τ = 17 is Farmer's, Physica D 4 (1982).
    """

    def __init__(self, config: RunConfig) -> None:
        rows = range(config.batch_size)

        def begin() -> NDArray[np.float64]:
            return _settled([generator(config, row).uniform(0.5, 1.3) for row in rows])

        super().__init__(config, Blocks(Recurrence(begin, mackey_glass).block), 1.0)

    def script(self) -> str:
        """Python source of ``batches()``; see `Task.script`."""
        return self._script(_MACKEY_GLASS_SCRIPT)

    def _measurements(self) -> Measurements:
        return _mackey_glass_measurements()


def mackey_glass(
    _number: int, history: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The next block ``(B, BLOCK, 1)`` and the history after it.

    For a time shorter than τ the delayed values are known and the equation is linear in x: its
    solution is an integral, computed here by a rule of fourth order.

    Args:
        history: the last values, 0.1 apart and newest last, shape ``(B, 172)``.
    """
    samples = np.empty((len(history), BLOCK, 1))
    steps = 10 * _STRETCH
    decay = np.exp(-_GAMMA * _STEP * np.arange(1, steps + 1))
    growth = np.exp(_GAMMA * _STEP * np.arange(-1, steps + 2)) * (_BETA * _STEP / 24)
    for start in range(0, BLOCK, _STRETCH):
        delayed = history[:, : steps + 3]  # from one step before the stretch to one after it
        square = delayed * delayed
        fourth = square * square
        force = growth * delayed / (1 + fourth * fourth * square)
        gained = 13 * (force[:, 1:-2] + force[:, 2:-1]) - force[:, :-3] - force[:, 3:]
        values = decay * (history[:, -1:] + np.cumsum(gained, axis=1))
        samples[:, start : start + _STRETCH, 0] = values[:, 9::10]
        history = np.concatenate([history[:, steps:], values], axis=1)
    return samples, history


def _settled(levels: list[float]) -> NDArray[np.float64]:
    """The histories one block after a constant past at these levels."""
    return mackey_glass(0, np.repeat(np.array(levels)[:, None], _HISTORY, axis=1))[1]


@lru_cache(maxsize=1)
def _mackey_glass_measurements() -> Measurements:
    history = _settled(np.random.default_rng(0).uniform(0.5, 1.3, 256).tolist())
    first, history = mackey_glass(0, history)
    second, _history = mackey_glass(1, history)
    return Measurements(np.concatenate([first, second], axis=1)[..., 0])


class Lorenz(Forecast):
    """x of the Lorenz system, divided by its standard deviation, every 0.02 units of time.

    σ = 10, ρ = 28, β = 8/3. When x changes sign depends on y and z, which are not observed.

    Source: Lorenz, "Deterministic nonperiodic flow", Journal of the Atmospheric Sciences 20
    (1963).
    """

    def __init__(self, config: RunConfig) -> None:
        begin = partial(_lorenz_begin, config)
        super().__init__(config, Blocks(Recurrence(begin, _lorenz_block).block), _LORENZ_STEP)

    def script(self) -> str:
        """Python source of ``batches()``; see `Task.script`."""
        return self._script(_LORENZ_SCRIPT)

    def _measurements(self) -> Measurements:
        return _lorenz_measurements()


# Functions of the module, so that a task can be pickled.
def _lorenz_begin(config: RunConfig) -> NDArray[np.float64]:
    rows = range(config.batch_size)
    return lorenz(np.array([_somewhere(generator(config, row)) for row in rows]), BLOCK)[1]


def _lorenz_block(
    _number: int, points: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    paths, points = lorenz(points, BLOCK)
    return paths[:, :, None] / _LORENZ_STD, points


def lorenz(
    points: NDArray[np.float64], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """x at the next samples, shape ``(B, count)``, and the points at the last of them.

    Args:
        points: x, y and z of every stream, shape ``(B, 3)``.
        count: number of samples.
    """
    if len(points) > _FEW:
        path, (x, y, z) = _runge_kutta(count, *points.T)
        return np.array(path).T, np.stack([x, y, z], axis=1)
    found = [_runge_kutta(count, *point) for point in points.tolist()]
    return np.array([path for path, _end in found]), np.array([end for _path, end in found])


def _runge_kutta(count: int, x: Any, y: Any, z: Any) -> tuple[list[Any], tuple[Any, Any, Any]]:
    """The next values of x and the last point, by the classical method, one step per sample.

    The coordinates are floats or arrays, with the same results to the last bit.
    """
    h = _LORENZ_STEP
    half, sixth = h / 2, h / 6
    path = []
    for _ in range(count):
        dx, dy, dz = _SIGMA * (y - x), x * (_RHO - z) - y, x * y - _B * z
        u, v, w = x + half * dx, y + half * dy, z + half * dz
        ex, ey, ez = _SIGMA * (v - u), u * (_RHO - w) - v, u * v - _B * w
        u, v, w = x + half * ex, y + half * ey, z + half * ez
        fx, fy, fz = _SIGMA * (v - u), u * (_RHO - w) - v, u * v - _B * w
        u, v, w = x + h * fx, y + h * fy, z + h * fz
        gx, gy, gz = _SIGMA * (v - u), u * (_RHO - w) - v, u * v - _B * w
        x = x + sixth * (dx + 2 * (ex + fx) + gx)
        y = y + sixth * (dy + 2 * (ey + fy) + gy)
        z = z + sixth * (dz + 2 * (ez + fz) + gz)
        path.append(x)
    return path, (x, y, z)


def _somewhere(rng: np.random.Generator) -> NDArray[np.float64]:
    return rng.uniform((-10, -10, 15), (10, 10, 35))


@lru_cache(maxsize=1)
def _lorenz_measurements() -> Measurements:
    rng = np.random.default_rng(0)
    _paths, settled = lorenz(np.array([_somewhere(rng) for _ in range(256)]), BLOCK)
    return Measurements(lorenz(settled, 2048)[0] / _LORENZ_STD)


MACKEY_GLASS = TaskEntry(
    name="mackey_glass",
    title=N_("Forecast: Mackey–Glass"),
    description=N_(
        "Input: a chaotic signal that depends on its value 17 time units ago (Mackey and Glass "
        "1977). Target: the same signal, some samples later."
    ),
    build=MackeyGlass,
    settings=("delay", "data_seed"),
    # Fifteen steps ahead as in the papers on Legendre memory units.
    defaults={"window_length": 50, "delay": 15, "batch_size": 4, "lr": 0.005},
    source="Mackey and Glass, Oscillation and chaos in physiological control systems, Science 197 "
    "(1977); τ = 17 after Farmer, Physica D 4 (1982)",
)
LORENZ = TaskEntry(
    name="lorenz",
    title=N_("Forecast: Lorenz"),
    description=N_(
        "Input: the coordinate x of the Lorenz system (1963). Target: x, some samples later. The "
        "network must infer the hidden coordinates y and z from the past of x."
    ),
    build=Lorenz,
    settings=("delay", "data_seed"),
    defaults={"window_length": 50, "delay": 15, "batch_size": 4, "lr": 0.005},
    source="Lorenz, Deterministic nonperiodic flow, Journal of the Atmospheric Sciences 20 (1963)",
)
