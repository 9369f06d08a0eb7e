"""Naive forecasts: what a network has to beat on a series before its memory means anything.

Each forecast made at row n uses rows up to n alone, and whatever is fitted is fitted to the
training part. So their losses can be laid beside a network's on the same rows.

Sources: Hyndman and Athanasopoulos, "Forecasting: Principles and Practice", 3rd edition, sections
5.2 (persistence, called naive there, seasonal persistence, drift) and 8 (exponential smoothing).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

#: Inputs that the linear autoregression reads of each column.
LAGS = 20
# Rows that fits read at most, the last ones of the training part.
_FITTED_LINEAR, _FITTED_SMOOTHING = 20_000, 1_000
# A seasonal component longer than this takes exponential smoothing minutes to fit.
_LONGEST_SEASON = 24
# Lags of the autocorrelation; lower peaks are no period; a peak within this share of the highest
# one is as good, and the shortest of these is the period.
_MOST_LAGS, _LOWEST_PEAK, _AS_GOOD = 1_500, 0.3, 0.9


def find_period(values: Array) -> int | None:
    """The period of a series in rows: the first high peak of its autocorrelation, if it has one.

    A quadratic trend is taken out first.

    Args:
        values: shape ``(N,)``.

    Returns:
        At least 2 and at most N / 3; None where no peak reaches 0.3.
    """
    from statsmodels.tsa.stattools import acf  # takes a second to import

    count = len(values)
    most = min(count // 3, _MOST_LAGS)
    if most < 3:
        return None
    place = np.linspace(-1, 1, count)
    rest = values - np.polynomial.Polynomial.fit(place, values, 2)(place)
    if rest.std() <= 1e-9 * max(1e-300, float(np.abs(values).max())):
        return None
    correlation = acf(rest, nlags=most + 1, fft=True)
    negative = np.flatnonzero(correlation < 0)
    if not len(negative):
        return None
    inner = correlation[1:-1]
    peaks = 1 + np.flatnonzero((inner >= correlation[:-2]) & (inner > correlation[2:]))
    peaks = peaks[(peaks > negative[0]) & (correlation[peaks] >= _LOWEST_PEAK)]
    if not len(peaks):
        return None
    high = correlation[peaks] >= _AS_GOOD * correlation[peaks].max()
    return int(peaks[high][0])


def persistence(values: Array, origins: Rows) -> Array:
    """The last known value.

    Args:
        values: of the target, shape ``(N,)``.
        origins: rows at which forecasts are made, shape ``(n,)``.
    """
    return np.asarray(values[origins])


def seasonal_persistence(values: Array, origins: Rows, horizon: int, period: int) -> Array:
    """The value of whole periods before the row that is forecast, the last one that is known."""
    seasons = -(-horizon // period)
    return np.asarray(values[np.maximum(0, origins + horizon - seasons * period)])


def drift(values: Array, origins: Rows, horizon: int) -> Array:
    """The last known value, moved on along the line from the first one to it."""
    slope = (values[origins] - values[0]) / np.maximum(1, origins)
    return np.asarray(values[origins] + horizon * slope)


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """The best linear function, with an intercept, of the last inputs on the training part.

    Args:
        weights: of the newest row of all D inputs, then of the one before, shape ``(lags · D,)``.
        centre: what is subtracted from them, likewise.
        mean: the intercept.
    """

    weights: Array
    centre: Array
    mean: float

    @classmethod
    def fit(cls, inputs: Array, values: Array, horizon: int, train: int) -> Linear:
        """Fit to the last rows of the training part.

        Args:
            inputs: of every column that is read, shape ``(N, D)``; the last `LAGS` of each, or
                fewer where the training part is short.
            values: of the target, shape ``(N,)``.
            horizon: rows that a forecast looks ahead.
            train: rows of the training part.
        """
        lags = linear_lags(train, inputs.shape[1])
        last = train - horizon
        fitted = np.arange(max(lags - 1, last - _FITTED_LINEAR), last)
        features = _lagged(inputs, fitted, lags)
        centre = features.mean(axis=0)
        answers = values[fitted + horizon]
        mean = float(answers.mean())
        weights = np.linalg.lstsq(features - centre, answers - mean, rcond=1e-10)[0]
        return cls(weights, centre, mean)

    def forecasts(self, inputs: Array, origins: Rows) -> Array:
        """Forecasts made at these rows, each from the inputs up to there."""
        lags = len(self.weights) // inputs.shape[1]
        return np.asarray((_lagged(inputs, origins, lags) - self.centre) @ self.weights + self.mean)


def linear_lags(train: int, columns: int) -> int:
    """Lags of the linear autoregression: at least ten training rows for each coefficient."""
    return max(1, min(LAGS, train // (10 * columns)))


def _lagged(inputs: Array, rows: Rows, lags: int) -> Array:
    read = np.maximum(0, rows[:, None] - np.arange(lags))
    return np.asarray(inputs[read].reshape(len(rows), -1))


@dataclass(frozen=True, slots=True, eq=False)
class Smoothing:
    """Exponential smoothing, fitted: level, damped trend and, where there is one, a season.

    Args:
        parameters: as statsmodels names them.
        start: first row that it was fitted to.
        period: rows of the season; None for none.
    """

    parameters: dict[str, float | Array]
    start: int
    period: int | None

    @classmethod
    def fit(cls, values: Array, train: int, period: int | None) -> Smoothing:
        """Fit to the last thousand rows of the training part.

        Args:
            values: shape ``(N,)``.
            train: rows of the training part.
            period: of the season; left out where it is longer than 24 or read fewer than thrice.
        """
        start = max(0, train - _FITTED_SMOOTHING)
        known = values[start:train]
        if period is not None and not (period <= _LONGEST_SEASON and 3 * period <= len(known)):
            period = None
        from statsmodels.tsa.holtwinters import ExponentialSmoothing

        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # a fit that stops early still forecasts
            model = ExponentialSmoothing(
                known,
                trend="add",
                damped_trend=True,
                seasonal="add" if period else None,
                seasonal_periods=period,
                initialization_method="estimated",
            )
            found = model.fit().params
        return cls(dict(found), start, period)

    def begun_anew(self, values: Array, rows: int) -> Smoothing:
        """The same smoothing for other values: level and season are those of the first rows.

        Without a season the first row is the level. With one, the mean of the first season is, and
        the season its deviations, averaged over all whole seasons. The trend begins at 0.

        Args:
            values: shape ``(N,)``.
            rows: before the first forecast, at least a season.
        """
        period = self.period or 1
        count = rows // period if self.period else 1
        seasons = values[: count * period].reshape(-1, period)
        begun: dict[str, float | Array] = {
            "initial_level": float(seasons[0].mean()),
            "initial_trend": 0.0,
            "initial_seasons": (seasons - seasons.mean(axis=1, keepdims=True)).mean(axis=0),
        }
        return Smoothing(self.parameters | begun, 0, self.period)

    def forecasts(self, values: Array, origins: Rows, horizon: int) -> Array:
        """Forecasts made at these rows, each from the values up to there."""
        found = self.parameters
        level, trend = float(found["initial_level"]), float(found["initial_trend"])
        alpha, beta = float(found["smoothing_level"]), float(found["smoothing_trend"])
        phi = float(found["damping_trend"])
        gamma = float(found["smoothing_seasonal"]) if self.period else 0.0
        period = self.period or 1
        season = list(np.asarray(found["initial_seasons"], float)) if self.period else [0.0]
        ahead = float(np.sum(phi ** np.arange(1, horizon + 1)))
        wanted = {int(row) for row in origins}
        made: dict[int, float] = {}
        for n, value in enumerate(values[self.start : max(wanted) + 1].tolist()):
            expected, old = level + phi * trend, season[n]
            new = alpha * (value - old) + (1 - alpha) * expected
            trend = beta * (new - level) + (1 - beta) * phi * trend
            # As Holt and Winters have it: the season is compared with what was expected.
            season.append(gamma * (value - expected) + (1 - gamma) * old)
            level = new
            row = n + self.start
            if row in wanted:
                place = n + 1 + (horizon - 1) % period
                made[row] = level + ahead * trend + season[place]
        return np.array([made[int(row)] for row in origins])
