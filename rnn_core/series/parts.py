"""A series split by time, and standardised by what is known at the time of training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnn_core.arguments import whole
from rnn_core.messages import N_, InvalidValue
from rnn_core.series.plan import SeriesPlan
from rnn_core.series.series import Series

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Parts:
    """Rows at which the parts of a series end.

    Args:
        train: the training part is ``[0, train)``.
        validation: the validation part is ``[train, validation)``.
        rows: the test part is ``[validation, rows)``.

    Raises:
        TypeError, ValueError: when one is not a whole number, or is below the one before.
    """

    train: int
    validation: int
    rows: int

    def __post_init__(self) -> None:
        whole("train", self.train, 1)
        whole("validation", self.validation, self.train, low=self.train)
        whole("rows", self.rows, self.validation, low=self.validation)

    @classmethod
    def of(cls, rows: int, plan: SeriesPlan) -> Parts:
        """The split of so many rows; shares are rounded to whole rows."""
        test = max(1, round(rows * plan.test))
        validation = max(1, round(rows * plan.validation))
        return cls(rows - test - validation, rows - test, rows)


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """Means and standard deviations of columns, shape ``(C,)`` each."""

    mean: Array
    std: Array

    @classmethod
    def of(cls, series: Series, columns: tuple[str, ...], plan: SeriesPlan) -> Scaling:
        """Fitted to the training part; mean 0 and deviation 1 where the plan does not standardise.

        Raises:
            ValueError: when a column is constant there, so that it cannot be standardised.
        """
        count = len(columns)
        if not plan.standardise:
            return cls(np.zeros(count), np.ones(count))
        known = series.values[: Parts.of(len(series), plan).train, series.places(columns)]
        mean, std = known.mean(axis=0), known.std(axis=0)
        constant = np.flatnonzero(~(std > 1e-12 * np.maximum(1e-300, np.abs(known).max(axis=0))))
        if len(constant):
            raise InvalidValue(
                N_(
                    "Column {column!r} is constant in the training part, {value:g}, and cannot be "
                    "standardised. Choose another column."
                ),
                column=columns[constant[0]],
                value=float(known[0, constant[0]]),
            )
        return cls(mean, std)

    def apply(self, values: Array) -> Array:
        """Standardised values; the last axis counts the columns."""
        return np.asarray((values - self.mean) / self.std)

    def undo(self, values: NDArray[np.floating]) -> Array:
        """Values in the unit of the series; the last axis counts the columns."""
        return np.asarray(values * self.std + self.mean)
