"""Forecasting a series of one's own: the target is a column ``delay`` rows later.

Training reads the training part again and again, row b of a batch a stretch of its own. The
held-out loss is that of the validation part, and the floors are naive forecasts of the same rows.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import PurePath
from typing import cast

import numpy as np
from numpy.typing import NDArray

from rnn_core.config import RunConfig
from rnn_core.messages import N_, InvalidValue, Message
from rnn_core.series import Parts, Series, SeriesPlan, Units, bundled_series, naive
from rnn_core.series.fits import NaiveFits
from rnn_core.series.interval import Interval
from rnn_core.series.scores import mase_scale
from rnn_core.series.trained import TrainedSeries, used
from rnn_core.tasks.base import (
    Batch,
    Floor,
    FloorKey,
    ForecastColumn,
    HeldOutWindows,
    Task,
    TaskEntry,
)
from rnn_core.tasks.snippets import source
from rnn_core.tasks.stack import BatchStack

Array = NDArray[np.float64]

# Rows of the validation part that the held-out loss reads at most, and rows before it that warm up
# the state.
_MOST_ROWS, _WARM_UP_ROWS = 4_000, 400
_FEWEST_WINDOWS = 2

_SCALE = """
    values = (values - values[:TRAIN].mean(axis=0)) / values[:TRAIN].std(axis=0)"""
_SCRIPT = '''
import csv


def columns(names):
    """Columns of the file{how}."""
    with open(FILE, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == {rows}, "the network was trained on another file"
    values = np.array([[float(row[name]) for name in names] for row in rows]){scale}
    return values


def batches():
    """The targets are those of AHEAD rows later. Row b begins at b / BATCH_SIZE of the file."""
    inputs, targets = columns(INPUTS), columns(TARGETS)
    stretch = (TRAIN - AHEAD) // BATCH_SIZE
    first = np.arange(BATCH_SIZE)[:, np.newaxis] * stretch + np.arange(TIME_STEP)
    for step in count():
        rows = first + step % (stretch // TIME_STEP) * TIME_STEP  # again from the beginning
        yield inputs[rows], targets[rows + AHEAD]  # (batch, time_step, columns)
'''


class SeriesWindows(HeldOutWindows):
    """Consecutive windows of a stretch of a series, in a single row, each one once.

    Batches beyond the last one do not exist.

    Args:
        task: whose series it is.
        first: row at which the first window begins.
        windows: how many.
        warm_up: how many of them come before those that count.
    """

    streaming = True

    def __init__(self, task: SeriesTask, first: int, windows: int, warm_up: int = 0) -> None:
        self.input_size, self.output_size = task.input_size, task.output_size
        self.horizon = task.horizon
        self.windows, self.warm_up = windows, warm_up
        self._task, self._first = task, first

    @property
    def span(self) -> float:
        """Rows of a window."""
        return float(self._task.length)

    @property
    def origins(self) -> NDArray[np.int64]:
        """Rows at which forecasts are made, those that warm up the state left out."""
        length = self._task.length
        return np.arange(self._first + self.warm_up * length, self._first + self.windows * length)

    def batch(self, index: int, dtype: type[np.floating] = np.float64) -> Batch:
        """Window ``index``, counted from the first one that warms up the state."""
        if not 0 <= index < self.windows:
            raise InvalidValue(
                N_("index of a window must be from 0 to {last}, got {index}. Try 0."),
                last=self.windows - 1,
                index=index,
            )
        length = self._task.length
        start = self._first + index * length
        return self._task.read(start + np.arange(length)[None], dtype)


def longest_window(rows: int, plan: SeriesPlan, config: RunConfig) -> int:
    """The longest window with which a series has enough of them in each part; below 2 for none.

    Args:
        rows: of the series.
        plan: its split is read.
        config: delay and batch_size are read.
    """
    parts = Parts.of(rows, plan)
    stretch = (parts.train - config.delay) // config.batch_size
    return max(0, min(stretch, parts.validation - parts.train - config.delay)) // _FEWEST_WINDOWS


def _header(name: str) -> str:
    """The name of a column in a file, which no spreadsheet takes for a formula."""
    return f"'{name}" if name.startswith(("=", "+", "-", "@", "\t", "\r")) else name


class SeriesTask(Task):
    """Forecasts of a series.

    Inputs and targets are standardised as the plan says; `units` undoes it. A loss is
    in the square of the standardised unit: 1 is the variance of the training part.
    The stretch that row b of a batch reads begins at b / B of the training part.

    Args:
        series: the numbers.
        plan: which columns, and the split.
        config: window_length T, delay and batch_size B are read.

    Attributes:
        length: time steps T of a window.
        delay: rows that a forecast looks ahead.
        parts: where the parts of the series end.

    Raises:
        ValueError: when there is no such column, a column is constant, or a part is too short for
            two windows.

    Example:
        >>> from rnn_core import Trainer
        >>> level = np.sin(0.2 * np.arange(600.0))[:, None]
        >>> plan = SeriesPlan(inputs=("level",), targets=("level",))
        >>> config = RunConfig(delay=3)
        >>> task = SeriesTask(Series(level, ("level",), "waves"), plan, config)
        >>> next(Trainer(config, task=task).steps()).prediction.shape
        (1, 10, 1)
    """

    streaming = True
    script_reads_files = True
    units: Units

    def __init__(self, series: Series, plan: SeriesPlan, config: RunConfig) -> None:
        self._read_columns(series, plan, config, Units.of(series, plan))
        self.parts = Parts.of(len(series), plan)
        rows = self.parts.train - self.delay
        self._stretch = rows // config.batch_size
        self._windows = self._stretch // self.length
        self._require(N_("training part"), self._windows, self.parts.train, config.batch_size)
        held_out = self.parts.validation - self.parts.train - self.delay
        self._require(
            N_("validation part"),
            held_out // self.length,
            self.parts.validation - self.parts.train,
        )
        self._rows = (
            np.arange(config.batch_size)[:, None] * self._stretch + np.arange(self.length)[None]
        )

    def _read_columns(
        self, series: Series, plan: SeriesPlan, config: RunConfig, units: Units
    ) -> None:
        """Take over the columns of a series, standardised as the units say."""
        self.series, self.plan, self.units = series, plan, units
        self.input_size, self.output_size = len(plan.inputs), len(plan.targets)
        self.delay = config.delay
        # Otherwise no target ever comes in as an input.
        self.horizon = config.delay if plan.inputs == plan.targets else None
        self.length = config.window_length
        self._inputs = units.inputs.apply(series.values[:, series.places(plan.inputs)])
        self._targets = units.targets.apply(series.values[:, series.places(plan.targets)])

    def _require(self, part: str, windows: int, rows: int, batch_size: int = 1) -> None:
        if windows < _FEWEST_WINDOWS:
            raise InvalidValue(
                N_(
                    "The {part} has {rows} rows, too few for {least} windows of {length} in each "
                    "of {batch_size} rows of a batch and a horizon of {horizon}. Shorten the "
                    "window or the horizon, or give more data."
                ),
                part=Message(part),
                rows=rows,
                least=_FEWEST_WINDOWS,
                length=self.length,
                batch_size=batch_size,
                horizon=self.delay,
            )

    @property
    def identity(self) -> str:
        """With the series and the plan: equal configs may train on different series."""
        return f"{super().identity}:{self.series.digest}:{self.plan!r}"

    @property
    def forecast_columns(self) -> tuple[ForecastColumn, ...]:
        """The targets that are inputs as well, though others may be neither."""
        inputs = self.plan.inputs
        return tuple(
            ForecastColumn(inputs.index(name), target, self.delay, name)
            for target, name in enumerate(self.plan.targets)
            if name in inputs
        )

    @property
    def span(self) -> float:
        """Rows of a window."""
        return float(self.length)

    @property
    def windows_per_cycle(self) -> int:
        """Windows after which the training part begins again."""
        return self._windows

    def inputs_at(self, rows: NDArray[np.int64], dtype: type[np.floating]) -> NDArray[np.floating]:
        """The inputs of these rows of the series, standardised, of their shape and ``(…, D)``."""
        return np.asarray(self._inputs[rows], dtype)

    def read(self, rows: NDArray[np.int64], dtype: type[np.floating]) -> Batch:
        """Windows whose inputs are these rows of the series, shape ``(B, T)``."""
        return Batch(
            rows.astype(np.float64),
            self._inputs[rows].astype(dtype),
            self._targets[rows + self.delay].astype(dtype),
        )

    def batch(self, index: int, dtype: type[np.floating] = np.float64) -> Batch:
        """Window ``index`` of every stretch, from the beginning again after the last one."""
        return self.read(self._rows + index % self._windows * self.length, dtype)

    def batches(self, first: int, count: int, dtype: type[np.floating]) -> BatchStack:
        """The windows of several steps, as `rnn_core.tasks.stack.stacked` asks for them."""
        starts = (first + np.arange(count)) % self._windows * self.length
        rows = self._rows + starts[:, None, None]
        return BatchStack(
            self._inputs[rows].astype(dtype), self._targets[rows + self.delay].astype(dtype)
        )

    def script(self) -> str:
        """Python source of ``batches()``, which reads a CSV file; see `Task.script`."""
        scale = _SCALE if self.plan.standardise else ""
        how = ", standardised by the training part" if self.plan.standardise else ""
        return source(
            _SCRIPT.format(rows=len(self.series), scale=scale, how=how),
            FILE=(self._file, "numbers without gaps, below a row with the columns' names"),
            INPUTS=([_header(name) for name in self.plan.inputs], ""),
            TARGETS=([_header(name) for name in self.plan.targets], ""),
            TRAIN=(
                self.parts.train,
                "rows for training; the later ones are for validation and test",
            ),
            AHEAD=(self.delay, "rows that the network looks ahead"),
        )

    @property
    def _file(self) -> str:
        """Name of the file that the script reads, without what would lead elsewhere.

        It is not that of the file which the series came from: it holds fewer columns, cleaned.
        """
        stem = re.sub(r"[^\w -]+", "_", PurePath(self.series.name).stem).strip() or "own"
        return f"{stem}-series.csv"

    def script_files(self) -> Mapping[str, bytes]:
        """The columns of the plan as CSV, every digit of them; see `Task.script_files`."""
        names = tuple(dict.fromkeys((*self.plan.inputs, *self.plan.targets)))
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(_header(name) for name in names)
        writer.writerows(self.series.values[:, self.series.places(names)].tolist())
        return {self._file: text.getvalue().encode()}

    @cached_property
    def held_out(self) -> SeriesWindows:
        """The windows of the validation part, up to 4,000 rows, after some that warm up."""
        return self._part(self.parts.train, self.parts.validation)

    @cached_property
    def test(self) -> SeriesWindows:
        """The windows of the test part, likewise."""
        return self._part(self.parts.validation, self.parts.rows)

    def _part(self, start: int, stop: int) -> SeriesWindows:
        warm_up = min(start, _WARM_UP_ROWS) // self.length
        rows = min(stop - start - self.delay, max(_MOST_ROWS, _FEWEST_WINDOWS * self.length))
        first = start - warm_up * self.length
        return SeriesWindows(self, first, warm_up + rows // self.length, warm_up)

    @property
    def target_variance(self) -> float:
        """Variance of the targets of the held-out windows, mean over the columns."""
        return float(self._targets[self.held_out.origins + self.delay].var(axis=0).mean())

    @cached_property
    def period(self) -> int | None:
        """Period of the first target column in rows, found in the training part."""
        return naive.find_period(self._targets[: self.parts.train, 0])

    def floors(self) -> tuple[Floor, ...]:
        """Naive forecasts of the held-out windows: their mean squared errors, highest first.

        The mean of the training part, persistence, drift, seasonal persistence where there is a
        period, linear autoregression, and exponential smoothing. They bound nothing: a network
        that does not beat them has learnt less than they know. Computed once.
        """
        return self._floors

    @cached_property
    def naive_forecasts(self) -> Mapping[FloorKey, Array]:
        """What the naive forecasts say of the held-out rows, standardised, ``(n, K)`` each."""
        found = self.fits.forecasts(self._inputs, self._targets, self.held_out.origins, self.delay)
        return {cast(FloorKey, key): made for key, made in found.items()}

    @cached_property
    def fits(self) -> NaiveFits:
        """What the naive forecasts know of the training part, standardised."""
        return NaiveFits.of(self._inputs, self._targets, self.delay, self.parts.train, self.period)

    @cached_property
    def periods(self) -> tuple[int | None, ...]:
        """The period of each target in rows, found in its training part; None for none."""
        others = (naive.find_period(column[: self.parts.train]) for column in self._targets.T[1:])
        return (self.period, *others)

    @cached_property
    def mase_scales(self) -> tuple[float, ...]:
        """What a MAE of 1 is in MASE, for each target in its unit: `mase_scale`."""
        known = self.series.values[: self.parts.train, self.series.places(self.plan.targets)]
        return tuple(map(mase_scale, known.T, self.periods))

    @property
    def trained_series(self) -> TrainedSeries:
        """What a run keeps of the series, so that other rows of its columns can be scored."""
        times = self.series.times
        return TrainedSeries(
            rows=len(self.series),
            digest=used(self.series, self.plan).digest,
            interval=Interval.of(times),
            first=None if times is None else times[0],
            last=None if times is None else times[-1],
            inputs=self.units.inputs,
            targets=self.units.targets,
            fits=self.fits,
            periods=self.periods,
            scales=self.mase_scales,
        )

    @property
    def held_out_targets(self) -> Array:
        """The values that `naive_forecasts` forecast, standardised, shape ``(n, K)``."""
        return np.asarray(self._targets[self.held_out.origins + self.delay])

    @cached_property
    def _floors(self) -> tuple[Floor, ...]:
        lags = len(self.fits.linear[0].weights) // self.input_size
        floors = [
            Floor(
                key,
                float(np.mean((made - self.held_out_targets) ** 2)),
                "fitted",
                lags=lags if key == "linear" else None,
            )
            for key, made in self.naive_forecasts.items()
        ]
        return tuple(sorted(floors, key=lambda floor: -floor.value))


#: The bundled series that `SERIES` forecasts, its first column from itself.
EXAMPLE = "sunspots"


@lru_cache(maxsize=16)
def _bundled(window_length: int, delay: int, batch_size: int) -> SeriesTask:
    series = bundled_series(EXAMPLE)
    plan = SeriesPlan(inputs=series.columns[:1], targets=series.columns[:1])
    config = RunConfig(window_length=window_length, delay=delay, batch_size=batch_size)
    return SeriesTask(series, plan, config)


SERIES = TaskEntry(
    name="series",
    title=N_("Forecast: your own series"),
    description=N_(
        "Input: a series, standardised. Target: its value a horizon later. Bring your own on the "
        "Data page."
    ),
    build=lambda config: _bundled(config.window_length, config.delay, config.batch_size),
    settings=("delay",),
    defaults={"window_length": 24, "lr": 0.005},
    validates=True,
)
