"""Rows of a series that a run was not trained on, to be scored with what the run knew."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from rnn_core.config import RunConfig
from rnn_core.messages import N_, InvalidValue
from rnn_core.series import Parts, Series, SeriesPlan, Units
from rnn_core.series.fits import NaiveFits
from rnn_core.series.naive import LAGS
from rnn_core.series.trained import TrainedSeries
from rnn_core.tasks.series import SeriesTask, SeriesWindows

# Rows that are scored at most, the first ones, and rows that warm up the state where there are so
# many.
_MOST_ROWS, _WARM_UP_ROWS = 100_000, 400
_FEWEST_WINDOWS = 2


class OtherRows(SeriesTask):
    """Forecasts of other rows of the columns that a run was trained on.

    Nothing is fitted to them: they are standardised as the run's series was, and naive forecasts
    know of its training part what the run's file keeps. The held-out windows are all rows from
    ``first`` on; the test part of `rnn_core.experiments.rolling_origin` is the same. What comes
    before warms up the state: up to 400 rows. Where fewer come before than a window, a period or
    the lags of the linear autoregression, the first rows are taken for it.

    Args:
        series: the rows, with all columns of the plan.
        plan: which columns; its split is not read.
        config: window_length T, delay and batch_size B are read.
        trained: what the run keeps of its own series.
        first: the first row that may be forecast, from 0.

    Attributes:
        scored: rows that are forecast in the held-out windows, from and up to.

    Raises:
        ValueError: when there is no such column, or too few rows.
    """

    def __init__(
        self,
        series: Series,
        plan: SeriesPlan,
        config: RunConfig,
        trained: TrainedSeries,
        first: int = 0,
    ) -> None:
        units = Units(series, plan, trained.inputs, trained.targets)
        self._read_columns(series, plan, config, units)
        self._trained = trained
        read = max(self.length, LAGS, trained.fits.period or 0)  # before the first forecast
        begin = max(first - self.delay, -(-read // self.length) * self.length)
        self._windows = max(0, len(series) - self.delay - begin) // self.length
        before = begin + self.delay - first
        if self._windows < _FEWEST_WINDOWS:
            raise InvalidValue(
                N_(
                    "{name} has {rows} rows to score, too few: {need} are needed, {before} that "
                    "warm up the network and two windows of {length}. Give more rows."
                )
                if before
                else N_(
                    "{name} has {rows} rows to score, too few: two windows of {length} need "
                    "{need}. Give more rows."
                ),
                name=series.name,
                rows=len(series) - first,
                before=before,
                length=self.length,
                need=before + _FEWEST_WINDOWS * self.length,
            )
        self._begin = begin
        self._rows = np.tile(begin + np.arange(self.length), (config.batch_size, 1))
        # A rolling origin begins with the row before the test part.
        self.parts = Parts(begin + self.delay, begin + self.delay, len(series))

    @property
    def identity(self) -> str:
        """Of scored rows, which no run was trained on."""
        return f"{super().identity}:{self._begin}"

    @property
    def scored(self) -> tuple[int, int]:
        """Rows that are forecast, from and up to: a whole number of windows."""
        origins = self.held_out.origins
        return int(origins[0]) + self.delay, int(origins[-1]) + self.delay + 1

    @cached_property
    def held_out(self) -> SeriesWindows:
        """The windows that are scored, after some that warm up."""
        warm_up = min(self._begin, max(_WARM_UP_ROWS, self.length)) // self.length
        most = max(_MOST_ROWS // self.length, _FEWEST_WINDOWS)
        first = self._begin - warm_up * self.length
        return SeriesWindows(self, first, warm_up + min(self._windows, most), warm_up)

    @cached_property
    def fits(self) -> NaiveFits:
        """What the run's training part said to the naive forecasts."""
        return self._trained.fits.begun_anew(self._targets, self._begin)

    @property
    def period(self) -> int | None:
        """Period of the first target in the run's training part."""
        return self._trained.fits.period

    @property
    def periods(self) -> tuple[int | None, ...]:
        """Of each target there."""
        return self._trained.periods

    @property
    def mase_scales(self) -> tuple[float, ...]:
        """What scales errors there."""
        return self._trained.scales
