"""The tutorial's task: from sin t to cos t.

Input x(t) = A sin(f t + φ), target y(t) = A cos(f t + φ). Each value of x occurs once while the
wave rises (y > 0) and once while it falls (y < 0), so x alone does not determine y; with an earlier
sample it does. The floors give the loss that can be reached with each amount of memory.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from rnn_core.config import RunConfig
from rnn_core.messages import N_
from rnn_core.tasks.base import Batch, Floor, Task, TaskEntry
from rnn_core.tasks.cycles import MOST_SAMPLES
from rnn_core.tasks.predictors import SINE, memoryless_loss
from rnn_core.tasks.snippets import source
from rnn_core.tasks.stack import BatchStack, stack
from rnn_core.tasks.windows import changed_wave

# Times up to here are sampled in the run's own precision, as in the tutorial. Later times are too
# coarse in float32: at t = 300,000 rounding acts like noise of 0.01.
_HORIZON = 512.0


class SinToCos(Task):
    """Consecutive windows of a sine as input and of the cosine as target.

    Window k covers the time from k·S to (k+1)·S, both ends included, where
    S = 2π (T-1) / points_per_period; so the last sample of a window and the first one of the next
    are taken at the same time. With the default settings S = π.

    Args:
        config: window_length, points_per_period, frequency, amplitude, phase, noise_std,
            data_seed and batch_size are read.

    Source: PyTorch-Tutorial by Morvan Zhou, "403 RNN regressor",
    https://github.com/MorvanZhou/PyTorch-Tutorial
    """

    streaming = True
    time_in_radians = True
    can_change_wave = True
    rows_overlap = True

    def __init__(self, config: RunConfig) -> None:
        self._config = config
        self._rows = np.arange(config.batch_size)
        cycle = self.windows_per_cycle * self.span
        # Windows in the whole cycles below the horizon; then the same samples come again.
        self._repeats_after = self.windows_per_cycle * int(_HORIZON / cycle)
        self._kept: dict[tuple[int, type[np.floating]], Batch] = {}
        self._cycles: dict[type[np.floating], BatchStack] = {}

    @property
    def span(self) -> float:
        """Time that one window covers, in radians of a wave of frequency 1."""
        return 2 * math.pi * ((self._config.window_length - 1) / self._config.points_per_period)

    @property
    def windows_per_cycle(self) -> int:
        """The number of windows after which the wave repeats: 2 for the default half periods."""
        config = self._config
        # repr gives the decimal number: 1.3, not the binary fraction nearest to it.
        turns = Fraction(repr(config.frequency)) * (config.window_length - 1)
        return (turns / config.points_per_period).denominator

    def batch(self, index: int, dtype: type[np.floating] = np.float64) -> Batch:
        """Windows ``index`` to ``index + B - 1``, one for each row.

        In float32 the first windows are the tutorial's to the last bit, rounded times included. A
        periodic wave is then sampled at the same times again, so that a long run is no coarser
        than a short one. A wave that is not periodic is sampled in float64.
        """
        if not self._repeats_after or self._config.noise_std > 0:
            return self._sampled(index, dtype)
        # A clean periodic wave is computed once. The caller gets copies, which it may write to.
        place = index % self._repeats_after
        kept = self._kept.get((place, dtype))
        if kept is None:
            kept = self._kept[place, dtype] = self._sampled(place, dtype)
        return Batch(
            kept.time + (index - place) * self.span, kept.inputs.copy(), kept.targets.copy()
        )

    def batches(self, first: int, count: int, dtype: type[np.floating] = np.float64) -> BatchStack:
        """The batches of ``count`` steps from step ``first`` on, as one array each."""
        if not self._repeats_after or self._config.noise_std > 0:
            return stack([self.batch(index, dtype) for index in range(first, first + count)])
        cycle = self._cycles.get(dtype)
        if cycle is None:
            cycle = self._cycles[dtype] = self._cycle(dtype)
        places = np.arange(first, first + count) % self._repeats_after
        return BatchStack(cycle.inputs[places], cycle.targets[places])

    def _cycle(self, dtype: type[np.floating]) -> BatchStack:
        """The batches of a clean wave until it repeats."""
        each = np.arange(self._repeats_after)
        windows = self._sampled_windows(each, dtype)  # the S that there are, as one batch
        places = (each[:, None] + self._rows) % self._repeats_after  # (S, B)
        return BatchStack(windows.inputs[places], windows.targets[places])

    def _sampled(self, index: int, dtype: type[np.floating]) -> Batch:
        return self._sampled_windows(index + self._rows, dtype, index)

    def _sampled_windows(
        self, windows: NDArray[np.int64], dtype: type[np.floating], step: int = 0
    ) -> Batch:
        """A batch of these windows, with the noise of a step."""
        config = self._config
        # By row: the wave may repeat between two rows of a batch.
        places = windows % self._repeats_after if self._repeats_after else windows
        instants = np.linspace(
            places * self.span, (places + 1) * self.span, config.window_length, axis=1
        )  # (B, T)
        precision = dtype if self._repeats_after else np.float64
        angle = config.frequency * instants.astype(precision) + config.phase
        inputs = config.amplitude * np.sin(angle)
        if config.noise_std > 0:
            # Seeded by the step, so that any batch can be drawn again by its number.
            noise = np.random.default_rng((config.data_seed, step))
            inputs = inputs + config.noise_std * noise.standard_normal(inputs.shape)
        targets = config.amplitude * np.cos(angle)
        return Batch(
            time=instants + ((windows - places) * self.span)[:, None],
            inputs=np.ascontiguousarray(inputs[:, :, None], dtype),
            targets=np.ascontiguousarray(targets[:, :, None], dtype),
        )

    def script(self) -> str:
        """Python source of ``batches()``; see `Task.script`."""
        config, repeats = self._config, self._repeats_after
        window = f"(step + rows) % {repeats}" if repeats else "step + rows"
        again = "  # the same samples come again" if repeats else ""
        angle = "t.astype(np.float32)" if repeats else "t"  # as the tutorial: float32
        angle = f"{config.frequency!r} * {angle}" if config.frequency != 1 else angle
        angle = f"{angle} + {config.phase!r}" if config.phase else angle
        scale = f"{config.amplitude!r} * " if config.amplitude != 1 else ""
        noise = ""
        if config.noise_std > 0:
            noise = f"""
        noise = np.random.default_rng(({config.data_seed}, step)).standard_normal(x.shape)
        x = x + {config.noise_std!r} * noise"""
        return source(
            f'''
def batches():
    """Use sin to predict cos. Row b of a batch is b windows ahead of the first row."""
    rows = np.arange(BATCH_SIZE)
    for step in count():
        window = {window}{again}
        t = np.linspace(window * SPAN, (window + 1) * SPAN, TIME_STEP, axis=1)  # time range
        angle = {angle}
        x, y = {scale}np.sin(angle), {scale}np.cos(angle){noise}
        yield x[:, :, np.newaxis], y[:, :, np.newaxis]  # (batch, time_step, 1)
''',
            SPAN=(self.span, "time that a window covers"),
        )

    def with_wave(
        self, window: int, *, frequency: float | None = None, amplitude: float | None = None
    ) -> SinToCos:
        """The task with another wave from a window on, whose phase is continuous there."""
        time = float(self.batch(window).time[0, 0])
        return SinToCos(changed_wave(self._config, time, frequency, amplitude))

    def floors(self) -> tuple[Floor, ...]:
        """Constant, memoryless, window memory, carried memory: mean squared errors.

        Without noise they are exact, for the samples of one full cycle of windows or, where it is
        too long to enumerate, for evenly spread phases. Any two successive samples determine the
        target. So carried memory reaches 0, and with the state reset only the first target of each
        window is open, as far as no smooth function of the first input determines it.

        Noise never lowers a floor and leaves the constant one unchanged, so the memoryless floor
        with noise lies between the clean one and the constant one. Where these are equal it is
        exact; otherwise the clean value is a lower bound.

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
        inputs, targets = np.sin(angle), np.cos(angle)
        phases = (Fraction(repr(config.frequency)) / config.points_per_period).denominator
        memoryless = memoryless_loss(SINE, inputs.ravel(), targets.ravel(), phases)
        first = memoryless_loss(SINE, inputs[:, 0], targets[:, 0], self.windows_per_cycle)
        constant = float(targets.var())
        memoryless = min(memoryless, constant)  # rounding
        return constant, memoryless, min(memoryless, first / config.window_length)


SIN_TO_COS = TaskEntry(
    name="sin_to_cos",
    title=N_("sin → cos"),
    description=N_(
        "Input: sin t. Target: cos t. One value of sin t fits two values of cos t, so the network "
        "must remember whether the wave is rising or falling."
    ),
    build=SinToCos,
    settings=(
        "points_per_period",
        "frequency",
        "amplitude",
        "phase",
        "noise_std",
        "data_seed",
    ),
    source="Morvan Zhou, PyTorch-Tutorial, 403 RNN regressor, "
    "https://github.com/MorvanZhou/PyTorch-Tutorial",
)
