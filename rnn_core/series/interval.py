"""The time from one row of a series to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rnn_core.messages import N_, Message

# Intervals that differ by less than this share are the same: months have 28 to 31 days.
_TOLERANCE = 0.05
_DAY, _MONTH = 86_400_000_000.0, 30.4369
# Units of time in microseconds, largest first.
_UNITS = (
    (7 * 86_400_000_000, N_("1 week"), N_("{count} weeks")),
    (86_400_000_000, N_("1 day"), N_("{count} days")),
    (3_600_000_000, N_("1 hour"), N_("{count} hours")),
    (60_000_000, N_("1 minute"), N_("{count} minutes")),
    (1_000_000, N_("1 second"), N_("{count} seconds")),
    (1_000, N_("1 millisecond"), N_("{count} milliseconds")),
    (1, N_("1 microsecond"), N_("{count} microseconds")),
)


@dataclass(frozen=True, slots=True)
class Interval:
    """The usual time from one row to the next: the median.

    Args:
        kind: ``"date"`` where times are dates, ``"number"`` where they are plain numbers.
        size: microseconds, or the difference of the numbers.
    """

    kind: Literal["date", "number"]
    size: float

    @classmethod
    def of(cls, times: NDArray[Any] | None) -> Interval | None:
        """The interval of rising times, shape ``(N,)``; None without them, or with one alone."""
        if times is None or len(times) < 2:
            return None
        if times.dtype.kind == "M":
            steps = np.diff(times.astype("datetime64[us]")).astype(np.float64)
            return cls("date", float(np.median(steps)))
        return cls("number", float(np.median(np.diff(times))))

    def same(self, other: Interval) -> bool:
        """Whether both are the same, a month of 30 days and one of 31 included."""
        near = abs(self.size - other.size) <= _TOLERANCE * max(self.size, other.size)
        return self.kind == other.kind and near

    def __str__(self) -> str:
        if self.kind == "number":
            return f"{self.size:g}"
        days = self.size / _DAY
        months = round(days / _MONTH)
        if months and abs(days - months * _MONTH) <= 1 + 0.02 * months:
            count, unit = (months // 12, "year") if months % 12 == 0 else (months, "month")
            return f"1 {unit}" if count == 1 else f"{count} {unit}s"
        return str(in_words(self.size))


def in_words(micro: float) -> Message:
    """Microseconds in the largest unit of which they are a whole number."""
    for unit, one, many in _UNITS:
        count = micro / unit
        if count >= 1 and abs(count - round(count)) < 1e-6 * count:
            whole = round(count)
            return Message(one) if whole == 1 else Message(many, {"count": whole})
    for unit, _one, many in _UNITS[1:]:
        if micro >= 10 * unit:
            return Message(many, {"count": round(micro / unit, 2)})
    return Message(_UNITS[-1][2], {"count": round(micro, 2)})
