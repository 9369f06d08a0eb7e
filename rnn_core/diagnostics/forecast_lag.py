"""The lag meter: by how many rows a forecast comes too late.

A network that has learnt persistence repeats the last value that it has read. Its forecast then
looks like the series, ``horizon`` rows late, and its loss may still be low. The lag says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from rnn_core.arguments import real_numbers, refused_value
from rnn_core.arguments import whole as whole_number
from rnn_core.messages import N_, InvalidValue

Array = NDArray[np.float64]

# Samples of the bootstrap, and forecasts that are read at most.
_SAMPLES, _MOST = 1_000, 20_000
_FEWEST = 20
# Two shifts that agree this well are as good; the nearer to 0 is meant.
_AS_GOOD = 1e-3
# A forecast whose error is lower than that of persistence by this share knows more than it.
_BETTER = 0.2

# Rows of no series.
_FAR = 2**31


@dataclass(frozen=True, slots=True, eq=False)
class ForecastLag:
    """The shift at which a forecast agrees best with the series.

    Args:
        lag: rows that the forecast comes late: 0 in time, ``horizon`` for the last value repeated,
            below 0 too early. With a fraction, from a parabola through the best three shifts.
        low: lower end of a 95 % interval, by a bootstrap over blocks of rows; the fewer blocks, the
            wider. It covers 92 to 98 % with 60 forecasts five rows ahead, and 94 to 97 % with 200
            or 1,000 (``python -m benchmarks.stated_levels``).
        high: upper end.
        horizon: rows that the forecast looks ahead.
        shifts: those compared, shape ``(S,)``.
        agreement: correlation of forecast and shifted series at each, shape ``(S,)``.
        improvement: 1 less the ratio of the forecast's mean squared error to that of persistence;
            above 0 where the forecast is better.
    """

    lag: float
    low: float
    high: float
    horizon: int
    shifts: NDArray[np.int64]
    agreement: Array
    improvement: float

    @property
    def is_persistence(self) -> bool:
        """Whether the forecast repeats the last value: as late as that, and hardly better."""
        late = round(self.lag) == self.horizon and self.low > 0.5
        return bool(late and self.improvement < _BETTER)

    @property
    def is_in_time(self) -> bool:
        """Whether the forecast comes in time, to the nearest row."""
        return round(self.lag) == 0


def forecast_lag(
    forecast: Array, values: Array, first: int, horizon: int, *, seed: int = 0
) -> ForecastLag:
    """Measure the lag of forecasts made at successive rows.

    Args:
        forecast: made at the rows ``first``, ``first + 1``, …, each for ``horizon`` rows later,
            shape ``(n,)``.
        values: the whole series, shape ``(N,)``.
        first: row at which the first forecast was made.
        horizon: rows ahead, at least 1.
        seed: of the bootstrap.

    Raises:
        TypeError: when an argument is of the wrong kind.
        ValueError: when a number is outside its limits, when there are fewer than 20 forecasts,
            when the series does not reach as far as they do, or when one of the two is constant or
            not finite.

    Source: moving blocks: Künsch, "The jackknife and the bootstrap for general stationary
    observations", Annals of Statistics 17 (1989). Percentiles that are farther out the fewer blocks
    there are: Hesterberg, "What teachers should know about the bootstrap", The American
    Statistician 69 (2015), section 3.5 (expanded percentile interval).

    Example:
        >>> walk = np.random.default_rng(0).normal(size=300).cumsum()
        >>> round(forecast_lag(walk[100:280], walk, 100, 5).lag)  # the last value, repeated
        5
    """
    whole_number("first", first, 0, low=-_FAR, high=_FAR)
    whole_number("horizon", horizon, 1, low=1, high=_FAR)
    whole_number("seed", seed, 0)
    forecast = real_numbers("forecast", forecast, "forecasts of shape (n,)")
    values = real_numbers("values", values, "a series of shape (N,)")
    for name, numbers in (("forecast", forecast), ("values", values)):
        if numbers.ndim != 1:
            raise refused_value(name, "of one dimension", numbers, "one column of it")
    count = min(len(forecast), _MOST)
    if count < _FEWEST:
        raise InvalidValue(
            N_("A lag needs at least {least} forecasts, got {count}. Give more data."),
            least=_FEWEST,
            count=len(forecast),
        )
    rows = np.arange(first, first + count) + horizon  # that are forecast
    if first < 0 or rows[-1] >= len(values):
        raise InvalidValue(
            N_("values must reach as far as the forecasts, to row {last}, got {rows} rows."),
            last=int(rows[-1]),
            rows=len(values),
        )
    made = np.asarray(forecast[:count], float)
    known = np.asarray(values, float)
    if not (np.isfinite(made).all() and np.isfinite(known).all()):
        raise InvalidValue(N_("forecast and values must be finite. Look for where they are not."))
    reach = max(horizon + 2, 4)
    shifts = np.arange(-reach, 2 * reach + 1)
    # Only rows at which every shift has a value, so that all shifts are judged on the same rows.
    usable = (rows - shifts[-1] >= 0) & (rows - shifts[0] < len(known))
    if usable.sum() < _FEWEST:
        shifts = shifts[(rows[0] - shifts >= 0) & (rows[-1] - shifts < len(known))]
        usable = np.ones(count, bool)
    made, rows = made[usable], rows[usable]
    shifted = known[rows[None] - shifts[:, None]]  # (S, n)
    if made.std() <= 1e-12 * max(1e-300, float(np.abs(made).max())) or np.any(
        shifted.std(axis=1) == 0
    ):
        raise InvalidValue(N_("A lag is not defined for a constant forecast or a constant series."))
    made = made - made.mean()
    shifted = shifted - shifted.mean()
    whole = _moments(made, shifted, np.arange(len(made))[None])
    agreement = _correlation(whole)[0]
    lags = _best(shifts, _correlation(_bootstrapped(made, shifted, horizon, seed)))
    now = known[rows - horizon]
    errors = np.mean((forecast[:count][usable] - known[rows]) ** 2)
    naive = np.mean((now - known[rows]) ** 2)
    tail = _tail(len(made) // _block_length(len(made), horizon))
    low, high = np.quantile(lags, [tail, 1 - tail])
    return ForecastLag(
        lag=float(_best(shifts, agreement[None])[0]),
        low=float(low),
        high=float(high),
        horizon=horizon,
        shifts=shifts,
        agreement=agreement,
        improvement=float(1 - errors / naive) if naive > 0 else 0.0,
    )


def _moments(made: Array, shifted: Array, blocks: NDArray[np.int64]) -> Array:
    """Sums over blocks of rows, shape ``(blocks, 6, S)``: n, f, f², y, y², f·y."""
    ones = np.ones_like(shifted)
    terms = np.stack(
        [ones, made * ones, made**2 * ones, shifted, shifted**2, made * shifted]
    )  # (6, S, n)
    return np.asarray(terms[:, :, blocks].sum(axis=-1).transpose(2, 0, 1))


def _block_length(count: int, horizon: int) -> int:
    """Rows of a block of the bootstrap; there are at least four blocks."""
    length: int = min(count // 4, max(2 * horizon, round(count ** (1 / 3)), 2))
    return length


def _tail(blocks: int) -> float:
    """Share of the samples beyond either end of a 95 % interval.

    The samples of few blocks vary too little, and their spread is itself uncertain. With the share
    beyond these ends a mean of normal numbers would have Student's interval.
    """
    z, d = 1.959964, blocks - 1
    # Student's t, by powers of 1 / d: Abramowitz and Stegun 26.7.5; to within 1 % from d = 3 on.
    t = (
        z
        + (z**3 + z) / (4 * d)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * d**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * d**3)
    )
    return NormalDist().cdf(-t * math.sqrt(blocks / d))


def _bootstrapped(made: Array, shifted: Array, horizon: int, seed: int) -> Array:
    """Moments of series put together from random blocks, shape ``(_SAMPLES, 6, S)``."""
    count = len(made)
    length = _block_length(count, horizon)
    # Blocks that lie end to end: their sums are computed once, and a sample draws from them.
    blocks = np.arange(count // length * length).reshape(-1, length)
    sums = _moments(made, shifted, blocks)
    drawn = np.random.default_rng(seed).integers(len(blocks), size=(_SAMPLES, len(blocks)))
    counts = np.zeros((_SAMPLES, len(blocks)))
    np.add.at(counts, (np.arange(_SAMPLES)[:, None], drawn), 1)
    return np.asarray(np.tensordot(counts, sums, axes=1))


def _correlation(moments: Array) -> Array:
    """Correlations, shape ``(samples, S)``."""
    n, f, ff, y, yy, fy = np.moveaxis(moments, 1, 0)
    spread = np.sqrt(np.maximum(ff / n - (f / n) ** 2, 0) * np.maximum(yy / n - (y / n) ** 2, 0))
    covariance = fy / n - f / n * (y / n)
    nothing = np.full_like(spread, -1.0)
    return np.asarray(np.divide(covariance, spread, out=nothing, where=spread > 0))


def _best(shifts: NDArray[np.int64], agreement: Array) -> Array:
    """The shift of the best agreement for each sample, with a fraction."""
    good = agreement >= agreement.max(axis=1, keepdims=True) - _AS_GOOD * np.maximum(
        1e-12, np.ptp(agreement, axis=1)[:, None]
    )
    place = np.where(good, np.abs(shifts), np.iinfo(np.int64).max).argmin(axis=1)
    inner = np.clip(place, 1, len(shifts) - 2)
    each = np.arange(len(agreement))
    left, centre, right = (agreement[each, inner + n] for n in (-1, 0, 1))
    bend = left - 2 * centre + right
    moved = np.divide(left - right, 2 * bend, out=np.zeros_like(bend), where=bend < 0)
    best = shifts[inner] + np.clip(moved, -0.5, 0.5)
    return np.asarray(np.where(place == inner, best, shifts[place].astype(float)))
