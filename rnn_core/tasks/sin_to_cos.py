"""The tutorial's task: read sin, say cos.

x(t) = A sin(f t + φ) goes in and y(t) = A cos(f t + φ) is wanted. x alone does not tell y: each
value of x occurs once while the wave rises (y > 0) and once while it falls (y < 0). Only memory of
an earlier sample decides, and the floors below say how much memory is worth how much loss.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from rnn_core.config import RunConfig
from rnn_core.tasks.base import Batch, Criterion, Floor
from rnn_core.tasks.cycles import MOST_SAMPLES, cycle_floors

# Instants up to here are sampled in the run's own precision, as the tutorial samples them. In
# float32 a later instant is too coarse: at t = 300,000 its rounding is worth a noise of 0.01.
_HORIZON = 512.0


class SinToCos:
    """Windows of a sine as input and the cosine as target, one after another.

    Window k covers the time from k·S to (k+1)·S with both ends included, where
    S = 2π (T-1) / points_per_period; so the last sample of a window and the first of the next are
    the same instant. With the default settings S = π.

    Args:
        config: window_length, points_per_period, frequency, amplitude, phase, noise_std,
            data_seed and batch_size are read.

    Source: PyTorch-Tutorial by Morvan Zhou, "403 RNN regressor",
    https://github.com/MorvanZhou/PyTorch-Tutorial
    """

    input_size = 1
    output_size = 1
    criterion: Criterion = "mse"
    streaming = True
    horizon: int | None = None

    def __init__(self, config: RunConfig) -> None:
        self._config = config
        self._rows = np.arange(config.batch_size)
        cycle = self.windows_per_cycle * self.span
        # IntRange cycles that fit under the horizon, after which the same samples come again.
        self._repeats_after = self.windows_per_cycle * int(_HORIZON / cycle)
        self._kept: dict[tuple[int, type[np.floating]], Batch] = {}

    @property
    def span(self) -> float:
        """Time that one window covers, in radians of a wave of frequency 1."""
        return 2 * math.pi * ((self._config.window_length - 1) / self._config.points_per_period)

    @property
    def windows_per_cycle(self) -> int:
        """After so many windows the wave is where it began: 2 for the default half periods."""
        config = self._config
        # repr gives the decimal that was meant: 1.3, not the binary fraction nearest to it.
        turns = Fraction(repr(config.frequency)) * (config.window_length - 1)
        return (turns / config.points_per_period).denominator

    def batch(self, index: int, dtype: type[np.floating] = np.float64) -> Batch:
        """Windows ``index`` to ``index + B - 1``: row b is the b-th of them.

        In float32 the first windows are the tutorial's to the last bit, rounded instants included;
        a wave that repeats is then sampled at the same instants again, so that a long run is no
        coarser than a short one. A wave that does not repeat is sampled in float64.
        """
        if not self._repeats_after or self._config.noise_std > 0:
            return self._sampled(index, dtype)
        # A clean wave that repeats need not be computed again. What is kept is never given away:
        # a caller may write into its batch.
        place = index % self._repeats_after
        kept = self._kept.get((place, dtype))
        if kept is None:
            kept = self._kept[place, dtype] = self._sampled(place, dtype)
        return Batch(
            kept.time + (index - place) * self.span, kept.inputs.copy(), kept.targets.copy()
        )

    def _sampled(self, index: int, dtype: type[np.floating]) -> Batch:
        config = self._config
        windows = index + self._rows  # (B,)
        # Each row for itself: the last rows of a batch may lie beyond where the first repeats.
        places = windows % self._repeats_after if self._repeats_after else windows
        instants = np.linspace(
            places * self.span, (places + 1) * self.span, config.window_length, axis=1
        )  # (B, T)
        precision = dtype if self._repeats_after else np.float64
        angle = config.frequency * instants.astype(precision) + config.phase
        inputs = config.amplitude * np.sin(angle)
        if config.noise_std > 0:
            # Keyed by the step, not drawn in sequence: any batch can be had again by its number.
            noise = np.random.default_rng((config.data_seed, index))
            inputs = inputs + config.noise_std * noise.standard_normal(inputs.shape)
        targets = config.amplitude * np.cos(angle)
        return Batch(
            time=instants + ((windows - places) * self.span)[:, None],
            inputs=np.ascontiguousarray(inputs[:, :, None], dtype),
            targets=np.ascontiguousarray(targets[:, :, None], dtype),
        )

    def accuracy(self, batch: Batch, prediction: NDArray[np.floating]) -> None:
        """None: a wave is followed more or less closely, never right or wrong."""

    def floors(self) -> tuple[Floor, ...]:
        """Constant, memoryless, window memory, carried memory: mean squared errors, exactly.

        Without noise each is the mean conditional variance of the target given what the predictor
        may see, over one full cycle of windows; where the cycle is too long to enumerate, over
        evenly spread phases. Two neighbouring samples fix the phase, so carried memory reaches 0.

        Noise can only take knowledge away, and a constant needs none, so the noisy memoryless
        floor lies between the clean one and the constant one. Where these meet it is exact,
        otherwise the clean value is a lower bound.

        Source: own derivation.
        """
        config = self._config
        if self.windows_per_cycle * config.window_length > MOST_SAMPLES:
            constant = memoryless = 0.5
            window_memory = 0.5 / config.window_length
        else:
            constant, memoryless, window_memory = self._enumerated_floors()
        square = config.amplitude**2
        noisy = config.noise_std > 0
        met = math.isclose(memoryless, constant, rel_tol=1e-9)
        return (
            Floor("constant", square * constant, "exact"),
            Floor("memoryless", square * memoryless, "lower" if noisy and not met else "exact"),
            Floor("window_memory", square * window_memory, "lower" if noisy else "exact"),
            Floor("carried_memory", 0.0, "lower" if noisy else "exact"),
        )

    def _enumerated_floors(self) -> tuple[float, float, float]:
        """The three clean floors at amplitude 1, over one cycle of N windows."""
        config = self._config
        starts = np.arange(self.windows_per_cycle)[:, None] * self.span  # (N, 1)
        within = np.linspace(0, self.span, config.window_length)  # (T,)
        angle = config.frequency * (starts + within) + config.phase
        return cycle_floors(np.sin(angle), np.cos(angle))
