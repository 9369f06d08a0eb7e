"""The Lorenz system in closed loop: how long a trained network's own forecast stays valid."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from benchmarks.reproduce.report import Result, Row
from benchmarks.reproduce.runs import Plan, training
from rnn_core import CELLS, Batch, Comparison, RecurrentModel, RunConfig, Task, equalise
from rnn_core.diagnostics import free_run

Numbers = NDArray[np.float64]

STEP = 0.02  # time between two samples
EXPONENT = 0.906  # the largest Lyapunov exponent
TOLERANCE = 0.4
_SIGMA, _RHO, _BETA = 10.0, 28.0, 8 / 3
_TRANSIENT = 1_000
_UPDATES = 3_000
_STREAMS, _SAMPLES = 128, 2_000  # of the training data
_STARTS, _WARM_UP, _FORECAST = 10, 100, 830  # samples; 830 are 15 Lyapunov times
_FRESH_SEED = 1_000_003
_SOURCE = "Pathak et al. 2017"

# The reservoir, with size, spectral radius and training time of the reimplementation cited below.
_UNITS, _RADIUS, _DENSITY, _RIDGE, _READ = 300, 1.2, 0.05, 1e-8, 5_000

_ABOUT = """\
Valid prediction time in Lyapunov times, 1 / 0.906 units of time each. After a warm-up of 100
samples a network reads its own predictions of x, y and z, one sample of 0.02 ahead. The forecast is
valid until its distance from the truth exceeds 0.4 of the root mean square of (x, y, z), as in
Pathak et al. 2018. Each figure is the median over 10 new solutions.

*Reservoir* is the method of Pathak et al. 2017: 300 fixed random units with spectral radius 1.2;
5,000 samples train the linear readout by ridge regression (input weights uniform on [-1, 1], 5 % of
the recurrent weights, ridge 1e-8: our choice). *Trained* networks have 4.8 thousand parameters in
all weights: windows of 20 samples from a zero state, batches of 16, Adam at 0.01 falling to 0 along
a cosine, gradient norm clipped at 1, 3,000 updates.

No figure is judged: of the papers we could read the abstracts alone, which give none. The reservoir
stands for them here. The trained networks lose the solution sooner because their error of one
sample is larger. Measured on three seeds each, in standard deviations: 0.0012 to 0.0014 for LSTM
and GRU, 0.0025 to 0.0027 for the RNN, 0.00001 to 0.0001 for the reservoir. An error grows by a
factor of e in one Lyapunov time.

Sources: Pathak, Lu, Hunt, Girvan and Ott, "Using machine learning to replicate chaotic attractors",
Chaos 27 (2017), arXiv:1710.07313, with the settings of
[erik808/ESN_Lorenz63](https://github.com/erik808/ESN_Lorenz63), which follows it; Pathak et al.,
"Hybrid forecasting of chaotic processes", Chaos 28 (2018), arXiv:1803.04779 (the measure)."""


def path(starts: Numbers, count: int) -> Numbers:
    """The next samples of x, y, z by the classical Runge-Kutta method, one step each.

    Args:
        starts: shape ``(B, 3)``.
        count: number of samples.

    Returns:
        Shape ``(B, count, 3)``.
    """

    def slope(u: Numbers) -> Numbers:
        x, y, z = u
        return np.stack([_SIGMA * (y - x), x * (_RHO - z) - y, x * y - _BETA * z])

    u, samples = starts.T, np.empty((count, 3, len(starts)))
    for n in range(count):
        one = slope(u)
        two = slope(u + STEP / 2 * one)
        three = slope(u + STEP / 2 * two)
        four = slope(u + STEP * three)
        u = u + STEP / 6 * (one + 2 * (two + three) + four)
        samples[n] = u
    return np.ascontiguousarray(samples.transpose(2, 0, 1))


@lru_cache(maxsize=2)
def streams(count: int, samples: int, seed: int) -> Numbers:
    """Independent solutions after the transient, shape ``(count, samples, 3)``."""
    starts = np.random.default_rng(seed).uniform((-10, -10, 15), (10, 10, 35), (count, 3))
    return path(path(starts, _TRANSIENT)[:, -1], samples)


def scales() -> tuple[Numbers, Numbers]:
    """Mean and standard deviation of x, y and z over the training data, shape ``(3,)`` each."""
    data = streams(_STREAMS, _SAMPLES, 0)
    return data.mean(axis=(0, 1)), data.std(axis=(0, 1))


class Coordinates(Task):
    """x, y and z, scaled to mean 0 and standard deviation 1; the target is the next sample.

    A window is a piece of a random solution, from a random place.

    Args:
        config: window_length, batch_size and data_seed are read.
    """

    input_size = 3
    output_size = 3
    horizon = 1

    def __init__(self, config: RunConfig) -> None:
        self._config = config
        middle, spread = scales()
        self._data = (streams(_STREAMS, _SAMPLES, 0) - middle) / spread

    def batch(self, index: int, dtype: type[np.floating] = np.float64) -> Batch:
        """The pieces of step ``index``."""
        rows, length = self._config.batch_size, self._config.window_length
        rng = np.random.default_rng((self._config.data_seed, index))
        stream = rng.integers(0, _STREAMS, (rows, 1))
        first = rng.integers(0, _SAMPLES - length, (rows, 1))
        pieces = self._data[stream, first + np.arange(length + 1)].astype(dtype)
        time = STEP * (first + np.arange(length))
        return Batch(time, pieces[:, :-1].copy(), pieces[:, 1:].copy())


def valid_time(truth: Numbers, forecast: Numbers, typical: float) -> float:
    """The time until the forecast is farther off than the tolerance allows, in Lyapunov times.

    Args:
        truth: x, y and z, shape ``(N, 3)``.
        forecast: for the same samples.
        typical: root mean square of the distance from the origin, by which the error is divided.

    Source: Pathak et al., "Hybrid forecasting of chaotic processes", Chaos 28 (2018).
    """
    error = np.linalg.norm(truth - forecast, axis=1) / typical
    lost = np.flatnonzero(~(error <= TOLERANCE))  # nan is not valid
    return float((lost[0] if len(lost) else len(truth)) * STEP * EXPONENT)


def median_valid_time(forecast: Callable[[Numbers], Numbers], samples: int) -> float:
    """The median over new solutions of the valid prediction time.

    Args:
        forecast: of a signal of shape ``(N, 3)``: the samples after the warm-up, the first of which
            follows the warm-up's last, shape ``(N - warm-up, 3)``.
        samples: length of a forecast.
    """
    typical = float(np.sqrt(np.mean(np.sum(streams(_STREAMS, _SAMPLES, 0) ** 2, axis=2))))
    signals = streams(_STARTS, _WARM_UP + samples, _FRESH_SEED)
    times = [valid_time(signal[_WARM_UP:], forecast(signal), typical) for signal in signals]
    return float(np.median(times))


def closed_loop(model: RecurrentModel, signal: Numbers) -> Numbers:
    """A network's forecast of a signal, for `median_valid_time`."""
    middle, spread = scales()
    scaled = (signal - middle) / spread
    # The prediction at a sample is of the one after it, so the last of the warm-up counts.
    found = free_run(model, scaled[:-1], scaled[1:], None, warmup=_WARM_UP, horizon=1)
    return found.prediction[_WARM_UP - 1 :] * spread + middle


def reservoir(seed: int, samples: int) -> Callable[[Numbers], Numbers]:
    """A reservoir with a trained readout, as a forecast for `median_valid_time`.

    Args:
        seed: of the random weights and of the solution that it reads.
        samples: of that solution.
    """
    rng = np.random.default_rng(seed)
    recurrent = rng.uniform(-1, 1, (_UNITS, _UNITS)) * (rng.random((_UNITS, _UNITS)) < _DENSITY)
    recurrent *= _RADIUS / np.abs(np.linalg.eigvals(recurrent)).max()
    from_input = rng.uniform(-1, 1, (_UNITS, 3))
    solution = streams(1, samples + 1, seed + 1)[0]
    scale = np.abs(solution).max()

    def step(state: Numbers, u: Numbers) -> Numbers:
        return np.tanh(recurrent @ state + from_input @ u)

    states, state = np.empty((samples, _UNITS)), np.zeros(_UNITS)
    for n, u in enumerate(solution[:-1] / scale):
        states[n] = state = step(state, u)
    # Without the time in which the state still depends on where it started.
    seen, wanted = states[_WARM_UP:], solution[_WARM_UP + 1 :] / scale
    gram = seen.T @ seen + _RIDGE * np.eye(_UNITS)
    readout = np.linalg.solve(gram, seen.T @ wanted)  # (H, 3)

    def forecast(signal: Numbers) -> Numbers:
        state, said = np.zeros(_UNITS), np.empty((len(signal) - _WARM_UP, 3))
        for u in signal[:_WARM_UP] / scale:
            state = step(state, u)
        for n in range(len(said)):
            said[n] = state @ readout
            state = step(state, said[n])
        return said * scale

    return forecast


def run(plan: Plan) -> list[Row]:
    """Train three cells and reservoirs, and let them run freely."""
    updates, samples = plan.of(_UPDATES), plan.of(_FORECAST)
    base = RunConfig(
        cell="lstm",
        hidden_size=32,
        window_length=20,
        batch_size=16,
        lr=0.01,
        clip_norm=1.0,
        carry_state=False,
    )
    contenders = equalise([replace(base, cell=cell) for cell in ("lstm", "gru", "rnn")])
    comparison = Comparison(contenders, plan.seeds, task=Coordinates(base), engine="compiled")
    for step in training(comparison, updates, "Lorenz"):
        share = 0.5 * (1 + math.cos(math.pi * step.index / updates))
        for n, config in enumerate(contenders):
            comparison.set_lr(n, max(share, 1e-3) * config.lr)
    rows = [
        Row(
            _SOURCE,
            f"reservoir of {_UNITS} units",
            "not read",
            np.array(
                [
                    median_valid_time(reservoir(seed, _WARM_UP + plan.of(_READ)), samples)
                    for seed in range(plan.seeds)
                ]
            ),
            form=".1f",
        )
    ]
    networks = iter(zip(comparison.replicas.models, comparison.alive.ravel(), strict=True))
    for config in contenders:
        times = [
            median_valid_time(partial(closed_loop, model), samples) if alive else math.nan
            for model, alive in islice(networks, plan.seeds)
        ]
        rows.append(
            Row(
                "",
                f"{CELLS[config.cell].title}, {config.hidden_size} units, trained",
                "",
                np.array(times),
                form=".1f",
            )
        )
    return rows


RESULT = Result("lorenz", "Lorenz: valid prediction time", _ABOUT, run)
