"""How far forecasts are off, in the unit of the series."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scores:
    """Errors of forecasts of one column.

    Args:
        mae: mean absolute error, in the unit of the column.
        rmse: root mean squared error, likewise.
        mase: mean absolute scaled error: relative to the mean absolute error of persistence, or of
            seasonal persistence, one row or one period ahead in the training part; nan where that
            is 0.

    Source: Hyndman and Koehler, "Another look at measures of forecast accuracy", International
    Journal of Forecasting 22 (2006).
    """

    mae: float
    rmse: float
    mase: float

    @classmethod
    def of(cls, forecast: Array, answers: Array, train: Array, period: int | None = None) -> Scores:
        """The errors of these forecasts.

        Args:
            forecast: shape ``(n,)``.
            answers: what came, shape ``(n,)``.
            train: the training part, longer than a period.
            period: of the series in rows; None or 1 where it has none.

        Example:
            >>> Scores.of(np.array([3.0, 5.0]), np.array([4.0, 3.0]), np.array([1.0, 2.0, 4.0]))
            Scores(mae=1.5, rmse=1.5811388300841898, mase=1.0)
        """
        return cls.scaled(forecast, answers, mase_scale(train, period))

    @classmethod
    def scaled(cls, forecast: Array, answers: Array, scale: float) -> Scores:
        """The errors of these forecasts, where what scales them is known.

        Args:
            forecast: shape ``(n,)``.
            answers: what came, shape ``(n,)``.
            scale: as `mase_scale` gives it.
        """
        errors = forecast - answers
        mae = float(np.abs(errors).mean())
        mase = mae / scale if scale > 0 else math.nan
        return cls(mae, math.sqrt(float((errors**2).mean())), mase)


def mase_scale(train: Array, period: int | None = None) -> float:
    """The mean absolute error of persistence in the training part, seasonal where it has a period.

    Args:
        train: the training part, longer than a period.
        period: of the series in rows; None or 1 where it has none.
    """
    shift = period or 1
    return float(np.abs(train[shift:] - train[:-shift]).mean())
