"""Forecasting waves: the target is the input of ``delay`` steps later.

Memory helps, because one value of a wave does not tell whether it is rising or falling. Gates do
not: a plain RNN forecasts waves well, which makes these tasks controls.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from rnn_core.config import RunConfig
from rnn_core.messages import N_
from rnn_core.tasks.base import Batch, Floor, TaskEntry
from rnn_core.tasks.cycles import MOST_SAMPLES, cycle_floors
from rnn_core.tasks.windows import BLOCK, Blocks, Windows, changed_wave, generator

# The product of two numbers of samples up to this fits 64 bits.
_LONGEST_CYCLE = 2**31 - 1
# The integral over noisy samples: phases at most, grid points per standard deviation of the noise,
# and the smallest ratio of noise to amplitude for which the integral is computed.
_PHASES = 720
_PER_NOISE_STD = 20
_SMALLEST_NOISE = 1 / 500
# Of the frequencies of `SumOfSines`: 0.311 / 0.2.
_RATIO = 1.555

_WAVE_SETTINGS = ("points_per_period", "frequency", "amplitude", "phase")


class Wave(Windows):
    """A wave as input, and the same wave ``delay`` samples later as target.

    The phase of sample n is ``frequency`` · n / ``points_per_period`` turns plus ``phase``. Row b
    of a batch reads the wave b windows ahead of row 0. Time is in radians of a wave of frequency 1.

    Args:
        config: window_length, batch_size, points_per_period, frequency, amplitude, phase and delay
            are read.
    """

    streaming = True
    time_in_radians = True
    rows_overlap = True
    #: The number of turns after which the wave repeats.
    turns_per_cycle = 1

    def __init__(self, config: RunConfig) -> None:
        super().__init__(config, 2 * math.pi / config.points_per_period)
        self.horizon = config.delay
        # repr gives the decimal number: 1.3, not the binary fraction nearest to it.
        turns = Fraction(repr(config.frequency)) / config.points_per_period
        self._cycles_per_sample = (turns / self.turns_per_cycle).limit_denominator(_LONGEST_CYCLE)
        self._samples_per_cycle = self._cycles_per_sample.denominator
        self._rows = np.arange(config.batch_size)[:, None]

    @property
    def windows_per_cycle(self) -> int:
        """The number of windows after which the wave repeats."""
        return self._samples_per_cycle // math.gcd(self._samples_per_cycle, self._length)

    def _shape(self, turns: NDArray[np.float64]) -> NDArray[np.float64]:
        """The wave at amplitude 1, at turns from the beginning of its cycle."""
        raise NotImplementedError

    def _wave(self, samples: NDArray[np.int64]) -> NDArray[np.float64]:
        """The wave at samples by number; exactly periodic at any number."""
        share = self._cycles_per_sample
        cycles = (samples % share.denominator) * share.numerator % share.denominator
        turns = cycles.astype(np.float64) * (self.turns_per_cycle / share.denominator)
        shifted = turns + self._config.phase / (2 * math.pi)
        return self._config.amplitude * self._shape(shifted % self.turns_per_cycle)

    def batch(self, index: int, dtype: type[np.floating] = np.float64) -> Batch:
        """Windows ``index`` to ``index + B - 1``, one for each row."""
        samples = self._steps + (index + self._rows) * self._length  # (B, T)
        inputs, targets = self._wave(samples), self._wave(samples + self._config.delay)
        return Batch(
            self._time(index) + self._rows.astype(np.float64) * self.span,
            inputs[:, :, None].astype(dtype),
            targets[:, :, None].astype(dtype),
        )

    def floors(self) -> tuple[Floor, ...]:
        """Constant, persistence and carried memory: mean squared errors, exactly.

        The mean is over one full cycle of windows, or over evenly spread samples where the cycle
        is too long to enumerate. The past determines the future, so carried memory reaches 0.

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
        """Memoryless and window memory, for waves with few distinct values.

        Empty where a cycle is too long to enumerate.
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
        """Inputs and targets of one cycle of N windows ``(N, T)``, or of evenly spread samples."""
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
    """Half the sum of two sines with frequencies in the ratio 200 : 311.

    At 31.4 points per period this is half the source's sin(0.2 n) + sin(0.311 n).

    Source: Schmidhuber, Wierstra, Gagliolo and Gomez, "Training recurrent networks by Evolino",
    Neural Computation 19 (2007), on superimposed sine waves.
    """

    turns_per_cycle = 200

    def _shape(self, turns: NDArray[np.float64]) -> NDArray[np.float64]:
        angle = 2 * math.pi * turns
        return 0.5 * (np.sin(angle) + np.sin(_RATIO * angle))

    def floors(self) -> tuple[Floor, ...]:
        """As `Wave.floors`, and memoryless.

        The two phases are taken to be independent. Given the sum, the mean of either sine is then
        half the sum, and its mean slope is 0; so the best prediction is the input times the mean of
        the cosines of the two angles by which the sines advance. The floor holds for smooth
        functions of the input: the thousands of samples of a cycle are all distinct, and a lookup
        table of them would need no memory.

        Source: own derivation.
        """
        config = self._config
        moved = 2 * math.pi * config.frequency * config.delay / config.points_per_period
        share = (math.cos(moved) + math.cos(_RATIO * moved)) / 2
        value = config.amplitude**2 / 4 * (1 - share**2)
        return _highest_first([*self._common_floors(), Floor("memoryless", value, "exact")])


class SquareWave(Wave):
    """+1 in the first half of every turn and -1 in the second.

    Between two jumps the input is constant; the time of the next one follows from counting.
    """

    can_change_wave = True

    def _shape(self, turns: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(turns < 0.5, 1.0, -1.0)

    def floors(self) -> tuple[Floor, ...]:
        """As `Wave.floors`, and memoryless and window memory where a cycle can be enumerated."""
        return _highest_first(self._common_floors() + self._table_floors())

    def accuracy(self, batch: Batch, prediction: NDArray[np.floating]) -> float:
        """Share of the time steps at which the prediction has the target's sign."""
        return float(np.mean((prediction > 0) == (batch.targets > 0)))

    def with_wave(
        self, window: int, *, frequency: float | None = None, amplitude: float | None = None
    ) -> SquareWave:
        """The task with another wave from a window on, whose phase is continuous there."""
        time = float(self.batch(window).time[0, 0])
        return SquareWave(changed_wave(self._config, time, frequency, amplitude))


class Chirp(Wave):
    """A sine whose frequency rises linearly to three times its initial value, then starts over.

    One sweep lasts eight periods of the initial frequency and makes sixteen turns.
    """

    turns_per_cycle = 8

    def _shape(self, turns: NDArray[np.float64]) -> NDArray[np.float64]:
        # The integral of the frequency 1 + 2u/8 over the position u in the sweep.
        return np.sin(2 * math.pi * turns * (1 + turns / 8))


class NoisySine(Wave):
    """A sine with Gaussian noise as input, and the clean sine ``delay`` samples later as target.

    The noise of a sample is the same in every row and step that reads it.

    Args:
        config: as `Wave`, and noise_std and data_seed.
    """

    can_change_wave = True

    def __init__(self, config: RunConfig) -> None:
        super().__init__(config)
        self._noise = Blocks(
            lambda number: generator(config, number).standard_normal((1, BLOCK, 1))
        )

    def _shape(self, turns: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.sin(2 * math.pi * turns)

    def batch(self, index: int, dtype: type[np.floating] = np.float64) -> Batch:
        """Windows ``index`` to ``index + B - 1``, one for each row."""
        clean = super().batch(index)
        start, count = index * self._length, clean.inputs.size
        noise = self._noise.between(start, start + count).reshape(clean.inputs.shape)
        inputs = clean.inputs + self._config.noise_std * noise
        return Batch(clean.time, inputs.astype(dtype), clean.targets.astype(dtype))

    def with_wave(
        self, window: int, *, frequency: float | None = None, amplitude: float | None = None
    ) -> NoisySine:
        """The task with another wave from a window on, whose phase is continuous there."""
        time = float(self.batch(window).time[0, 0])
        return NoisySine(changed_wave(self._config, time, frequency, amplitude))

    def floors(self) -> tuple[Floor, ...]:
        """As `Wave.floors`, and memoryless and window memory where a cycle can be enumerated.

        Noise adds its variance to the persistence floor. The memoryless floor with noise is that
        of the posterior mean over all phases given one noisy sample. With more than one sample,
        the clean value is a lower bound.
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
        """Mean conditional variance of the target given one noisy sample, by integration."""
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


SUM_OF_SINES = TaskEntry(
    name="sum_of_sines",
    title=N_("Forecast: sum of sines"),
    description=N_(
        "Input: the sum of two sines of different frequency. Target: the same signal, some samples "
        "later. The network must remember the phases of both."
    ),
    build=SumOfSines,
    settings=(*_WAVE_SETTINGS, "delay"),
    defaults={"window_length": 30, "points_per_period": 31, "delay": 10, "lr": 0.005},
    source="Schmidhuber, Wierstra, Gagliolo and Gomez, Training recurrent networks by Evolino, "
    "Neural Computation 19 (2007)",
)
SQUARE_WAVE = TaskEntry(
    name="square_wave",
    title=N_("Forecast: square wave"),
    description=N_(
        "Input: a square wave. Target: the same wave, some samples later. The input is constant "
        "between jumps, so the network must count the samples since the last one."
    ),
    build=SquareWave,
    settings=(*_WAVE_SETTINGS, "delay"),
    defaults={"window_length": 20, "points_per_period": 20, "delay": 3, "lr": 0.01},
)
CHIRP = TaskEntry(
    name="chirp",
    title=N_("Forecast: chirp"),
    description=N_(
        "Input: a sine of rising frequency. Target: the same signal, some samples later. The "
        "network must track the frequency."
    ),
    build=Chirp,
    settings=(*_WAVE_SETTINGS, "delay"),
    defaults={"window_length": 40, "points_per_period": 40, "delay": 5, "lr": 0.005},
)
NOISY_SINE = TaskEntry(
    name="noisy_sine",
    title=N_("Forecast: noisy sine"),
    description=N_(
        "Input: a sine with noise. Target: the clean sine, some samples later. The network must "
        "average over many samples."
    ),
    build=NoisySine,
    settings=(*_WAVE_SETTINGS, "delay", "noise_std", "data_seed"),
    defaults={"window_length": 20, "delay": 5, "noise_std": 0.3, "lr": 0.005},
)
