"""Naive forecasts of several targets, fitted once to a training part."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_core.series import naive

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

# What exponential smoothing takes to other rows; level, trend and season begin anew there.
_SMOOTHING = ("smoothing_level", "smoothing_trend", "smoothing_seasonal", "damping_trend")


@dataclass(frozen=True, slots=True, eq=False)
class NaiveFits:
    """What the training part says to the naive forecasts of K targets.

    Args:
        period: rows of the season; None for none.
        means: of the targets in the training part, shape ``(K,)``.
        linear: linear autoregression of each target.
        smoothing: exponential smoothing of each target.
    """

    period: int | None
    means: Array
    linear: tuple[naive.Linear, ...]
    smoothing: tuple[naive.Smoothing, ...]

    @classmethod
    def of(
        cls, inputs: Array, targets: Array, horizon: int, train: int, period: int | None
    ) -> NaiveFits:
        """Fit to the training part.

        Args:
            inputs: of every column that is read, shape ``(N, D)``.
            targets: shape ``(N, K)``.
            horizon: rows that a forecast looks ahead.
            train: rows of the training part.
            period: as `rnn_core.series.naive.find_period` finds it.
        """
        columns = [np.ascontiguousarray(column) for column in targets.T]
        return cls(
            period,
            np.array([column[:train].mean() for column in columns]),
            tuple(naive.Linear.fit(inputs, column, horizon, train) for column in columns),
            tuple(naive.Smoothing.fit(column, train, period) for column in columns),
        )

    def forecasts(
        self, inputs: Array, targets: Array, origins: Rows, horizon: int
    ) -> dict[str, Array]:
        """What each says at these rows of the next ones, shape ``(n, K)`` each.

        Args:
            inputs: as in `of`, or other rows of the same columns, standardised likewise.
            targets: likewise.
            origins: rows at which forecasts are made, shape ``(n,)``.
            horizon: rows that a forecast looks ahead.
        """
        columns = [np.ascontiguousarray(column) for column in targets.T]
        made: dict[str, Callable[[int, Array], Array]] = {
            "constant": lambda k, _y: np.full(len(origins), self.means[k]),
            "persistence": lambda _k, y: naive.persistence(y, origins),
            "drift": lambda _k, y: naive.drift(y, origins, horizon),
            "linear": lambda k, _y: self.linear[k].forecasts(inputs, origins),
            "smoothing": lambda k, y: self.smoothing[k].forecasts(y, origins, horizon),
        }
        period = self.period
        if period is not None:
            made["seasonal"] = lambda _k, y: naive.seasonal_persistence(y, origins, horizon, period)
        return {
            key: np.stack([make(k, column) for k, column in enumerate(columns)], axis=-1)
            for key, make in made.items()
        }

    def begun_anew(self, targets: Array, rows: int) -> NaiveFits:
        """For other rows: what is fitted stays, level and season are those of the first rows.

        Args:
            targets: shape ``(N, K)``, standardised as those of the training part.
            rows: before the first forecast, at least a period.
        """
        begun = zip(self.smoothing, targets.T, strict=True)
        smoothing = tuple(each.begun_anew(column, rows) for each, column in begun)
        return replace(self, smoothing=smoothing)

    def to_dict(self) -> dict[str, Any]:
        """As numbers, texts and lists; the states of exponential smoothing are left out."""
        return {
            "period": self.period,
            "means": self.means.tolist(),
            "linear": [
                [each.weights.tolist(), each.centre.tolist(), each.mean] for each in self.linear
            ],
            "smoothing": [[each.period, _kept(each.parameters)] for each in self.smoothing],
        }

    @classmethod
    def from_dict(cls, found: Mapping[str, Any], inputs: int, targets: int) -> NaiveFits:
        """What `to_dict` gave; it forecasts once it has `begun_anew`.

        Args:
            found: as read.
            inputs: how many there are.
            targets: likewise.

        Raises:
            LookupError, TypeError, ValueError: when it does not fit them.
        """
        linear, smoothing = [], []
        for weights, centre, mean in found["linear"]:
            weights, centre = numbers(weights, None), numbers(centre, len(weights))
            if not len(weights) or len(weights) % inputs:
                raise ValueError("linear does not fit the inputs")
            linear.append(naive.Linear(weights, centre, float(numbers([mean], 1)[0])))
        for period, values in found["smoothing"]:
            values = numbers(values, len(_SMOOTHING)).tolist()
            parameters = dict(zip(_SMOOTHING, values, strict=True))
            smoothing.append(naive.Smoothing(parameters, 0, period_of(period)))
        if not len(linear) == len(smoothing) == targets:
            raise ValueError("naive forecasts do not fit the targets")
        return cls(
            period_of(found["period"]),
            numbers(found["means"], targets),
            tuple(linear),
            tuple(smoothing),
        )


def _kept(parameters: Mapping[str, Any]) -> list[float]:
    """Those of exponential smoothing in `_SMOOTHING`; without a season statsmodels gives nan."""
    found = [float(parameters[name]) for name in _SMOOTHING]
    return [value if math.isfinite(value) else 0.0 for value in found]


def numbers(values: Any, count: int | None) -> Array:
    """So many finite numbers; any number of them for None."""
    found = np.array(values, np.float64)
    if found.ndim != 1 or (count is not None and len(found) != count):
        raise ValueError("a list of numbers has another length")
    if not np.isfinite(found).all():
        raise ValueError("a number is not finite")
    return found


def period_of(value: Any) -> int | None:
    """A period as it was written, checked."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 2 <= value <= 10**6:
        raise ValueError("a period is no number of rows")
    return value
