"""What a run keeps of the series that it was trained on, so that other rows can be scored.

It is no number of the series itself: how it was scaled and sampled, when it began and ended, and
what was fitted to its training part.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_core.series.fits import NaiveFits, numbers, period_of
from rnn_core.series.interval import Interval
from rnn_core.series.parts import Scaling
from rnn_core.series.plan import SeriesPlan
from rnn_core.series.series import Series

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class TrainedSeries:
    """A series as other rows of its columns meet it.

    Args:
        rows: how many it has, those for validation and test included.
        digest: of the columns of the plan alone, as `Series.digest` has it.
        interval: the time from one row to the next; None where it has no times.
        first: time of its first row, a ``datetime64`` or a number; None likewise.
        last: of its last row.
        inputs: how the D inputs were standardised.
        targets: how the K targets were.
        fits: what was fitted to its training part, standardised.
        periods: of each target in rows, None for none: those of MASE.
        scales: what a MAE of 1 is in MASE, for each target in its unit; nan where that is nothing.
    """

    rows: int
    digest: str
    interval: Interval | None
    first: Any
    last: Any
    inputs: Scaling
    targets: Scaling
    fits: NaiveFits
    periods: tuple[int | None, ...]
    scales: tuple[float, ...]

    def seen(self, series: Series, plan: SeriesPlan) -> slice:
        """The rows of another series that this one had as well.

        Where both have times these tell: rows from the first to the last one of this series.
        Otherwise the first rows are compared, all that this series had.

        Args:
            series: with the columns of the plan.
            plan: which columns are used.

        Returns:
            Rows that are empty where there are none.
        """
        times = series.times
        if times is not None and self.last is not None and self._alike(times):
            return slice(
                int(np.searchsorted(times, self.first)),
                int(np.searchsorted(times, self.last, side="right")),
            )
        if self.rows <= len(series) and used(series, plan, self.rows).digest == self.digest:
            return slice(0, self.rows)
        return slice(0, 0)

    def _alike(self, times: NDArray[Any]) -> bool:
        return (times.dtype.kind == "M") == isinstance(self.last, np.datetime64)

    def to_json(self) -> str:
        """As text, exact to the last digit."""
        return json.dumps(
            {
                "rows": self.rows,
                "digest": self.digest,
                "interval": None if self.interval is None else asdict(self.interval),
                "first": _written(self.first),
                "last": _written(self.last),
                "fits": self.fits.to_dict(),
                "periods": self.periods,
                "scales": [None if math.isnan(each) else each for each in self.scales],
            }
        )

    @classmethod
    def from_json(cls, text: str, inputs: Scaling, targets: Scaling) -> TrainedSeries:
        """What `to_json` gave.

        Args:
            text: as read.
            inputs: how the inputs were standardised.
            targets: how the targets were.

        Raises:
            LookupError, TypeError, ValueError: when it was changed.
        """
        found = json.loads(text)
        count, interval = len(targets.mean), found["interval"]
        if interval is not None:
            if interval["kind"] not in ("date", "number") or not float(interval["size"]) > 0:
                raise ValueError("its rows have no interval")
            interval = Interval(interval["kind"], float(interval["size"]))
        scales = [math.nan if each is None else each for each in found["scales"]]
        numbers([0.0 if math.isnan(each) else each for each in scales], count)
        periods = tuple(period_of(each) for each in found["periods"])
        if len(periods) != count:
            raise ValueError("periods do not fit the targets")
        return cls(
            int(found["rows"]),
            str(found["digest"]),
            interval,
            _read(found["first"]),
            _read(found["last"]),
            inputs,
            targets,
            NaiveFits.from_dict(found["fits"], len(inputs.mean), count),
            periods,
            tuple(map(float, scales)),
        )


def used(series: Series, plan: SeriesPlan, rows: int | None = None) -> Series:
    """The columns of a plan alone, the first rows of them or all."""
    names = tuple(dict.fromkeys((*plan.inputs, *plan.targets)))
    return Series(series.values[:rows, series.places(names)], names, series.name)


def _written(time: Any) -> str | float | None:
    if time is None:
        return None
    return str(time) if isinstance(time, np.datetime64) else float(time)


def _read(time: Any) -> Any:
    if time is None:
        return None
    return np.datetime64(time) if isinstance(time, str) else float(numbers([time], 1)[0])
