"""Standardised numbers as people read them: in the unit of their column, at their time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rnn_core.series.parts import Scaling
from rnn_core.series.plan import SeriesPlan
from rnn_core.series.series import Series

Array = NDArray[np.float64]

# Spacings of samples, in seconds, from which a date is told to the month, the day, the minute.
# Rows by which the spacing is judged.
_FIRST = 50
_Precision = Literal["M", "D", "m", "ms"]
_PRECISION: tuple[tuple[int, _Precision], ...] = ((28 * 86_400, "M"), (86_400, "D"), (60, "m"))


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """The way back from what a network reads and forecasts to a series.

    Args:
        series: the numbers.
        plan: which of its columns are used.
        inputs: how the inputs were standardised.
        targets: how the targets were.
    """

    series: Series
    plan: SeriesPlan
    inputs: Scaling
    targets: Scaling

    @classmethod
    def of(cls, series: Series, plan: SeriesPlan) -> Units:
        """Of a plan, with scalings fitted to the training part.

        Raises:
            ValueError: as `Scaling.of`.
        """
        return cls(
            series,
            plan,
            Scaling.of(series, plan.inputs, plan),
            Scaling.of(series, plan.targets, plan),
        )

    @property
    def column(self) -> str | None:
        """The one column that is input and target, so that both have one unit; else None."""
        one = len(self.plan.inputs) == 1 and self.plan.inputs == self.plan.targets
        return self.plan.inputs[0] if one else None

    @property
    def standardised(self) -> bool:
        """Whether the network reads and forecasts standardised numbers."""
        return self.plan.standardise

    def undo_target(self, values: NDArray[np.floating], number: int) -> Array:
        """Values of one target in the unit of its column.

        Args:
            values: of any shape.
            number: of the target, from 0.
        """
        return np.asarray(values * self.targets.std[number] + self.targets.mean[number])

    def when(self, rows: Sequence[int] | NDArray[np.integer]) -> list[str]:
        """When rows were sampled: dates as far as they tell rows apart, numbers, or row numbers.

        Args:
            rows: from 0 on; counted from 1 where the series has no times.
        """
        return sampled(self.series, rows)


def sampled(series: Series, rows: Sequence[int] | NDArray[np.integer]) -> list[str]:
    """When rows of a series were sampled, as `Units.when` tells it."""
    times = series.times
    if times is None:
        return [str(int(row) + 1) for row in rows]
    found = times[np.asarray(rows, np.int64)]
    if not np.issubdtype(times.dtype, np.datetime64):
        return [format(value, ".6g") for value in found.tolist()]
    # In milliseconds: months have no length of their own. The first ones: sampling is regular.
    first = times[:_FIRST].astype("datetime64[ms]")
    step = float(np.median(np.diff(first).astype(float))) / 1000
    unit: _Precision = next((unit for least, unit in _PRECISION if step >= least), "ms")
    texts = np.datetime_as_string(found, unit=unit, casting="unsafe")
    return [str(text).replace("T", " ") for text in texts]
