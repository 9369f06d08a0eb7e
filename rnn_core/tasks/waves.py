"""Forecasting waves: the target is the input of ``delay`` steps later.

Memory helps, because one value of a wave does not tell whether it is rising or falling. Gates do
not: a plain RNN forecasts waves well, which makes these tasks controls.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np
from numpy.typing import NDArray

from rnn_core.config import RunConfig
from rnn_core.messages import N_
from rnn_core.tasks.base import Batch, Floor, TaskEntry
from rnn_core.tasks.cycles import MOST_SAMPLES, table_floors
from rnn_core.tasks.predictors import FEW_VALUES, Spread, linear_loss, memoryless_loss
from rnn_core.tasks.snippets import source
from rnn_core.tasks.windows import BLOCK, Blocks, Windows, changed_wave, generator

# The product of two numbers of samples up to this fits 64 bits.
_LONGEST_CYCLE = 2**31 - 1
# The integral over noisy samples: phases at most, grid points per standard deviation of the noise,
# and the smallest ratio of noise to amplitude for which the integral is computed.
_PHASES = 720
_PER_NOISE_STD = 4
_SMALLEST_NOISE = 1 / 500
# Of the linear floor: about a period at the tasks' own settings.
_LAGS = 20
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
    #: Standard deviation at amplitude 1.
    std = math.sqrt(0.5)
    #: `_shape` in Python source, for `script`.
    shape_source = "np.sin(2 * np.pi * turns)"

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

    def _noise_source(self) -> str:
        """A function ``noise(samples)`` of the noise on the input; empty without noise."""
        return ""

    def script(self) -> str:
        """Python source of ``batches()``; see `Task.script`."""
        share, config = self._cycles_per_sample, self._config
        noise = self._noise_source()
        noisy = " + noise(samples)" if noise else ""
        return source(
            f'''
def wave(samples):
    """The wave at samples by number. Whole numbers keep it periodic, however long the run."""
    turns = samples % SAMPLES * CYCLES % SAMPLES * ({self.turns_per_cycle} / SAMPLES)
    turns = (turns + PHASE / (2 * np.pi)) % {self.turns_per_cycle}
    return AMPLITUDE * {self.shape_source}
{noise}

def batches():
    """The target is the input of DELAY samples later. Row b is b windows ahead of the first."""
    rows, steps = np.arange(BATCH_SIZE)[:, np.newaxis], np.arange(TIME_STEP)
    for step in count():
        samples = (step + rows) * TIME_STEP + steps  # (batch, time_step)
        x, y = wave(samples){noisy}, wave(samples + DELAY)
        yield x[:, :, np.newaxis], y[:, :, np.newaxis]  # (batch, time_step, 1)
''',
            CYCLES=(share.numerator, "in so many samples the wave repeats so many times"),
            SAMPLES=(share.denominator, ""),
            PHASE=(config.phase, "radians"),
            AMPLITUDE=(config.amplitude, ""),
            DELAY=(config.delay, "samples that the network looks ahead"),
        )

    def floors(self) -> tuple[Floor, ...]:
        """Constant, persistence, memoryless, linear and carried memory: mean squared errors.

        They are exact for the samples of one full cycle of the wave or, where it is too long to
        enumerate, for evenly spread phases. The linear function reads the last 20 inputs. Any four
        successive samples determine a sum of two sines in a linear way, so its linear floor is 0.
        The past determines the future, so carried memory reaches 0.

        Source: own derivation.
        """
        return _highest_first(self._common_floors())

    def _common_floors(self) -> list[Floor]:
        inputs, targets = self._samples(0), self._samples(self._config.delay)
        return [
            Floor("constant", float(targets.var()), "exact"),
            Floor("persistence", float(np.mean((targets - inputs) ** 2)), "exact"),
            Floor("memoryless", self._memoryless(), "exact"),
            Floor("linear", self._linear(), "exact", lags=_LAGS),
            Floor("carried_memory", 0.0, "exact"),
        ]

    def _memoryless(self, samples: NDArray[np.int64] | None = None) -> float:
        """Mean squared error of the best smooth function of the input.

        Args:
            samples: of which the mean is taken; None for all.
        """
        amplitude, delay = self._config.amplitude, self._config.delay
        spread = Spread(0.0, amplitude, self.std * amplitude)
        inputs, targets = self._samples(0), self._samples(delay)
        phases = self._samples_per_cycle
        slope = float(np.cov(inputs, targets, bias=True)[0, 1] / inputs.var())
        if samples is not None:
            inputs, targets = self._wave(samples), self._wave(samples + delay)
            phases = len(samples)
        return memoryless_loss(spread, inputs, targets, phases, slope)

    def _linear(self) -> float:
        """Mean squared error of the best linear function of the last inputs."""
        read = np.array([self._samples(-lag) for lag in range(_LAGS)])
        return linear_loss(read, self._samples(self._config.delay))

    def _samples(self, ahead: int) -> NDArray[np.float64]:
        """The wave at every sample of its cycle, or at evenly spread phases, some samples later.

        Args:
            ahead: how many samples later; negative for earlier ones.
        """
        if self._samples_per_cycle <= MOST_SAMPLES:
            return self._wave(np.arange(self._samples_per_cycle) + ahead)
        turns = np.linspace(0, self.turns_per_cycle, MOST_SAMPLES, endpoint=False)
        moved = float(ahead * self._cycles_per_sample) * self.turns_per_cycle
        return self._config.amplitude * self._shape((turns + moved) % self.turns_per_cycle)


class SumOfSines(Wave):
    """Half the sum of two sines with frequencies in the ratio 200 : 311.

    At 31.4 points per period this is half the source's sin(0.2 n) + sin(0.311 n).

    Source: Schmidhuber, Wierstra, Gagliolo and Gomez, "Training recurrent networks by Evolino",
    Neural Computation 19 (2007), on superimposed sine waves.
    """

    turns_per_cycle = 200
    std = 0.5
    shape_source = f"(0.5 * (np.sin(2 * np.pi * turns) + np.sin({_RATIO} * (2 * np.pi * turns))))"

    def _shape(self, turns: NDArray[np.float64]) -> NDArray[np.float64]:
        angle = 2 * math.pi * turns
        return 0.5 * (np.sin(angle) + np.sin(_RATIO * angle))


class SquareWave(Wave):
    """+1 in the first half of every turn and -1 in the second.

    Between two jumps the input is constant; the time of the next one follows from counting.
    """

    can_change_wave = True
    std = 1.0
    shape_source = "np.where(turns < 0.5, 1.0, -1.0)"

    def _shape(self, turns: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(turns < 0.5, 1.0, -1.0)

    def floors(self) -> tuple[Floor, ...]:
        """As `Wave.floors`, and window memory where a cycle of windows can be enumerated.

        The input takes two values, so any function of it is smooth.
        """
        found = self._common_floors()
        count = self.windows_per_cycle * self._length
        if count <= MOST_SAMPLES:
            samples = np.arange(count).reshape(-1, self._length)
            later = self._wave(samples + self._config.delay)
            _memoryless, window_memory = table_floors(self._wave(samples), later)
            found.append(Floor("window_memory", window_memory, "exact"))
        return _highest_first(found)

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
    shape_source = "np.sin(2 * np.pi * turns * (1 + turns / 8))"

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
        self._noise = Blocks(partial(_noise_block, config))

    def _shape(self, turns: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.sin(2 * math.pi * turns)

    def _noise_source(self) -> str:
        return f'''

@lru_cache(maxsize=8)
def block(number):
    """The noise is drawn in blocks of {BLOCK} samples."""
    return np.random.default_rng(({self._config.data_seed}, number)).standard_normal({BLOCK})


def noise(samples):
    """The noise at samples by number: the same in every row that reads it."""
    first, last = samples.min() // {BLOCK}, samples.max() // {BLOCK}
    drawn = np.concatenate([block(number) for number in range(first, last + 1)])
    return {self._config.noise_std!r} * drawn[samples - first * {BLOCK}]
'''

    def script(self) -> str:
        """Python source of ``batches()``; see `Task.script`."""
        return f"from functools import lru_cache\n\n{super().script()}"

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
        """As `Wave.floors`, and window memory.

        Any two successive clean samples determine the target, so with the state reset only the
        first target of each window is open. Noise adds its variance to the persistence floor. The
        linear floor follows from the covariances of sine and noise. The memoryless floor with noise
        is that of the posterior mean over all phases given one noisy sample, but at least the
        clean one, which is then a lower bound. With more than one sample, the clean value is a
        lower bound.

        Source: own derivation.
        """
        noise = self._config.noise_std
        clean = {floor.key: floor for floor in self._common_floors()}
        found = [
            clean["constant"],
            replace(clean["persistence"], value=clean["persistence"].value + noise**2),
            clean["memoryless"],
            replace(clean["linear"], value=self._noisy_linear() if noise else 0.0),
            Floor("window_memory", self._window_memory(), "lower" if noise else "exact"),
            Floor("carried_memory", 0.0, "lower" if noise else "exact"),
        ]
        if noise:
            least, value = clean["memoryless"].value, 0.0
            if noise >= _SMALLEST_NOISE * self._config.amplitude:
                value = self._noisy_memoryless()
            exact = value >= least * (1 - 1e-6)
            found[2] = Floor("memoryless", max(least, value), "exact" if exact else "lower")
        return _highest_first(found)

    def _window_memory(self) -> float:
        """Of the clean sine: the share of first targets times their open part."""
        starts = None
        if self.windows_per_cycle <= MOST_SAMPLES:
            starts = np.arange(self.windows_per_cycle) * self._length
        return self._memoryless(starts) / self._length

    def _noisy_linear(self) -> float:
        """Mean squared error of the best linear function of noisy samples."""
        power = self._config.amplitude**2 / 2
        radians = 2 * math.pi * float(self._cycles_per_sample)
        lags = np.arange(_LAGS)
        covariance = power * np.cos(radians * (lags[:, None] - lags))
        covariance += self._config.noise_std**2 * np.eye(_LAGS)
        cross = power * np.cos(radians * (lags + self._config.delay))
        # Noise below a millionth of the sine is dropped: it would only amplify rounding errors.
        inverse = np.linalg.pinv(covariance, rcond=1e-12, hermitian=True)
        loss = float(power - cross @ inverse @ cross)
        return loss if loss > 1e-12 * power else 0.0

    def _noisy_memoryless(self) -> float:
        """Mean conditional variance of the target given one noisy sample, by integration."""
        if self._samples_per_cycle <= FEW_VALUES:
            clean, targets = self._samples(0), self._samples(self._config.delay)
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


# A function of the module, so that a task can be pickled.
def _noise_block(config: RunConfig, number: int) -> NDArray[np.float64]:
    return generator(config, number).standard_normal((1, BLOCK, 1))


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
