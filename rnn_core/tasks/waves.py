"""Forecasting waves: what goes in now is wanted ``delay`` steps before it goes in.

Memory is worth something because one value of a wave does not say whether it rises or falls.
Gates are not: a plain recurrent network forecasts waves well, which makes these tasks controls.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from rnn_core.config import RunConfig
from rnn_core.tasks.base import Batch, Criterion, Floor
from rnn_core.tasks.cycles import MOST_SAMPLES, cycle_floors
from rnn_core.tasks.windows import BLOCK, Blocks, Windows, generator

# Numbers of samples whose product with each other still fits 64 bits.
_LONGEST_CYCLE = 2**31 - 1
# A noisy sample is matched against at most so many phases, on a grid so much finer than the
# noise, unless the noise is so much smaller than the wave.
_PHASES = 720
_PER_NOISE_STD = 20
_SMALLEST_NOISE = 1 / 500
# 0.311 / 0.2.
_RATIO = 1.555


class Wave(Windows):
    """A wave as input, and as target the same wave ``delay`` samples later.

    Sample n stands at ``frequency`` · n / ``points_per_period`` turns, plus the phase. Row b of a
    batch reads the wave b windows ahead of row 0. Time is in radians of a wave of frequency 1.

    Args:
        config: window_length, batch_size, points_per_period, frequency, amplitude, phase and delay
            are read.
    """

    input_size = 1
    output_size = 1
    criterion: Criterion = "mse"
    streaming = True
    #: After so many turns the wave is where it began.
    turns_per_cycle = 1

    def __init__(self, config: RunConfig) -> None:
        super().__init__(config, 2 * math.pi / config.points_per_period)
        self.horizon = config.delay
        # repr gives the decimal that was meant: 1.3, not the binary fraction nearest to it.
        turns = Fraction(repr(config.frequency)) / config.points_per_period
        self._cycles_per_sample = (turns / self.turns_per_cycle).limit_denominator(_LONGEST_CYCLE)
        self._samples_per_cycle = self._cycles_per_sample.denominator
        self._rows = np.arange(config.batch_size)[:, None]

    @property
    def windows_per_cycle(self) -> int:  # type: ignore[override]
        """After so many windows the wave is where it began."""
        return self._samples_per_cycle // math.gcd(self._samples_per_cycle, self._length)

    def _shape(self, turns: NDArray[np.float64]) -> NDArray[np.float64]:
        """The wave at height 1, at so many turns from the beginning of its cycle."""
        raise NotImplementedError

    def _wave(self, samples: NDArray[np.int64]) -> NDArray[np.float64]:
        """The wave at samples by their number. Exactly periodic, however late."""
        share = self._cycles_per_sample
        cycles = (samples % share.denominator) * share.numerator % share.denominator
        turns = cycles.astype(np.float64) * (self.turns_per_cycle / share.denominator)
        shifted = turns + self._config.phase / (2 * math.pi)
        return self._config.amplitude * self._shape(shifted % self.turns_per_cycle)

    def batch(self, index: int, dtype: type[np.floating] = np.float64) -> Batch:
        """Windows ``index`` to ``index + B - 1``: row b is the b-th of them."""
        samples = self._steps + (index + self._rows) * self._length  # (B, T)
        inputs, targets = self._wave(samples), self._wave(samples + self._config.delay)
        return Batch(
            self._time(index) + self._rows.astype(np.float64) * self.span,
            inputs[:, :, None].astype(dtype),
            targets[:, :, None].astype(dtype),
        )

    def accuracy(self, batch: Batch, prediction: NDArray[np.floating]) -> float | None:
        """None: a wave is followed more or less closely, never right or wrong."""
        return None

    def floors(self) -> tuple[Floor, ...]:
        """Constant, persistence and carried memory: mean squared errors, exactly.

        The mean is over one full cycle of windows, or over evenly spread samples where that is too
        long to go through. The past fixes the future, so carried memory reaches 0.

        Source: own derivation.
        """
        return _highest_first(self._common_floors())

    def _common_floors(self) -> list[Floor]:
        inputs, targets = self._cycle()
        return [
            Floor("constant", float(targets.var()), "exact"),
            Floor("persistence", float(np.mean((targets - inputs) ** 2)), "exact"),
            Floor("carried_memory", 0.0, "exact"),
        ]

    def _table_floors(self) -> list[Floor]:
        """Memoryless and window memory, of waves that have few different values.

        None where a cycle is too long to go through.
        """
        inputs, targets = self._cycle()
        if len(inputs) == MOST_SAMPLES:
            return []
        _constant, memoryless, window_memory = cycle_floors(inputs, targets)
        return [
            Floor("memoryless", memoryless, "exact"),
            Floor("window_memory", window_memory, "exact"),
        ]

    def _cycle(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Inputs and targets of a full cycle of N windows ``(N, T)``, or of spread samples."""
        count = self.windows_per_cycle * self._length
        if count < MOST_SAMPLES:
            samples = np.arange(count).reshape(-1, self._length)
            return self._wave(samples), self._wave(samples + self._config.delay)
        turns = np.linspace(0, self.turns_per_cycle, MOST_SAMPLES, endpoint=False)
        horizon = float(self._config.delay * self._cycles_per_sample) * self.turns_per_cycle
        amplitude = self._config.amplitude
        later = self._shape((turns + horizon) % self.turns_per_cycle)
        return amplitude * self._shape(turns), amplitude * later


class SumOfSines(Wave):
    """Half the sum of two sines whose frequencies are as 200 to 311.

    In a sample's unit of the source these are sin(0.2 n) + sin(0.311 n): 31.4 points a period.

    Source: Schmidhuber, Wierstra, Gagliolo and Gomez, "Training recurrent networks by Evolino",
    Neural Computation 19 (2007), on superimposed sine waves.
    """

    turns_per_cycle = 200

    def _shape(self, turns: NDArray[np.float64]) -> NDArray[np.float64]:
        angle = 2 * math.pi * turns
        return 0.5 * (np.sin(angle) + np.sin(_RATIO * angle))

    def floors(self) -> tuple[Floor, ...]:
        """As `Wave.floors`, and memoryless.

        The two phases are taken to be independent. Then the mean of either sine, given their sum,
        is half the sum, and on average neither is rising nor falling: the best guess is the input
        times the mean of the two cosines of the angles that each sine moves on by. That is any
        smooth function of the input: a cycle has thousands of samples, no two of them equal, and
        who knew them all by heart would need no more.

        Source: own derivation.
        """
        config = self._config
        moved = 2 * math.pi * config.frequency * config.delay / config.points_per_period
        share = (math.cos(moved) + math.cos(_RATIO * moved)) / 2
        value = config.amplitude**2 / 4 * (1 - share**2)
        return _highest_first([*self._common_floors(), Floor("memoryless", value, "exact")])


class SquareWave(Wave):
    """+1 for the first half of every turn and -1 for the second.

    Between two jumps the present says nothing of when the next is due: that takes counting.
    """

    def _shape(self, turns: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(turns < 0.5, 1.0, -1.0)

    def floors(self) -> tuple[Floor, ...]:
        """As `Wave.floors`, and memoryless and window memory where a cycle can be gone through."""
        return _highest_first(self._common_floors() + self._table_floors())

    def accuracy(self, batch: Batch, prediction: NDArray[np.floating]) -> float:
        """Share of the time steps at which the prediction has the target's sign."""
        return float(np.mean((prediction > 0) == (batch.targets > 0)))


class Chirp(Wave):
    """A sine whose frequency rises evenly to three times its first value, again and again.

    One sweep takes the time of eight periods of the first frequency and makes sixteen turns.
    """

    turns_per_cycle = 8

    def _shape(self, turns: NDArray[np.float64]) -> NDArray[np.float64]:
        # The frequency 1 + 2u/8 at place u of the sweep, integrated.
        return np.sin(2 * math.pi * turns * (1 + turns / 8))


class NoisySine(Wave):
    """A sine with Gaussian noise as input; as target the clean sine ``delay`` samples later.

    The noise belongs to the sample, in whichever row and step it is read.

    Args:
        config: as `Wave`, and noise_std and data_seed.
    """

    def __init__(self, config: RunConfig) -> None:
        super().__init__(config)
        self._noise = Blocks(
            lambda number: generator(config, number).standard_normal((1, BLOCK, 1))
        )

    def _shape(self, turns: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.sin(2 * math.pi * turns)

    def batch(self, index: int, dtype: type[np.floating] = np.float64) -> Batch:
        """Windows ``index`` to ``index + B - 1``: row b is the b-th of them."""
        clean = super().batch(index)
        start, count = index * self._length, clean.inputs.size
        noise = self._noise.between(start, start + count).reshape(clean.inputs.shape)
        inputs = clean.inputs + self._config.noise_std * noise
        return Batch(clean.time, inputs.astype(dtype), clean.targets.astype(dtype))

    def floors(self) -> tuple[Floor, ...]:
        """As `Wave.floors`, and memoryless and window memory where a cycle can be gone through.

        Noise raises two of them by a known amount: persistence errs by the noise as well, and the
        best guess from one noisy sample weighs all phases by how likely they make it. Who sees
        more than one sample can do no better than without noise: there the clean value is a lower
        bound.
        """
        noise = self._config.noise_std
        found = []
        for floor in self._common_floors() + self._table_floors():
            value, bound = floor.value, floor.bound
            if noise > 0 and floor.key == "persistence":
                value += noise**2
            elif noise > 0 and floor.key != "constant":
                bound = "lower"
            found.append(Floor(floor.key, value, bound))
        if noise >= _SMALLEST_NOISE * self._config.amplitude:
            found = [floor for floor in found if floor.key != "memoryless"]
            found.append(Floor("memoryless", self._noisy_memoryless(), "exact"))
        return _highest_first(found)

    def _noisy_memoryless(self) -> float:
        """Mean variance of the target given one noisy sample, integrated over the samples."""
        clean, targets = (values.ravel() for values in self._cycle())
        if self._samples_per_cycle <= _PHASES:
            clean, targets = clean[: self._samples_per_cycle], targets[: self._samples_per_cycle]
        else:
            turns = np.arange(_PHASES) / _PHASES
            horizon = float(self._config.delay * self._cycles_per_sample)
            clean, targets = (
                self._config.amplitude * self._shape(place % 1)
                for place in (turns, turns + horizon)
            )
        std = self._config.noise_std
        reach = self._config.amplitude + 8 * std
        explained, step = 0.0, std / _PER_NOISE_STD
        for start in np.arange(-reach, reach, 256 * step):
            seen = start + step * np.arange(256)[:, None]
            density = np.exp(-0.5 * ((seen - clean) / std) ** 2)  # (256, phases)
            total = density.sum(axis=1)
            weighed = density @ (targets - targets.mean())
            explained += float(np.sum(weighed**2 / np.maximum(total, 1e-300)))
        explained *= step / (std * math.sqrt(2 * math.pi) * len(clean))
        return max(0.0, float(targets.var()) - explained)


def _highest_first(floors: list[Floor]) -> tuple[Floor, ...]:
    return tuple(sorted(floors, key=lambda floor: (-floor.value, floor.key == "carried_memory")))
