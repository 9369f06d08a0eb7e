"""Dates and times as people write them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from rnn_core.io.tables.options import DateOrder

Times = NDArray[np.datetime64]

# Three numbers, or two for a year and its month, and a time of day. The marks between day, month
# and year may be Chinese or Japanese.
_TIME = (
    r"(?:[T ]\s*(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})"
    r"(?:[.,](?P<fraction>[0-9]{1,9}))?)?\s?(?P<half>[AaPp]\.?[Mm]\.?)?"
    r"(?:\s?(?:(?P<zulu>Z|UTC|GMT)|(?P<zone>[+-][0-9]{2}):?(?P<zone_minute>[0-9]{2})))?)?$"
)
_MARK = "[-/.年月日년월일 ]"
_THREE = (
    rf"^(?P<a>[0-9]{{1,4}})\s?(?P<mark>{_MARK})\s?(?P<b>[0-9]{{1,2}})\s?{_MARK}\s?"
    r"(?P<c>[0-9]{1,4})\s?[日일]?\.?" + _TIME
)
_TWO = r"^(?P<a>[0-9]{4})\s?[-/.年년]\s?(?P<b>[0-9]{1,2})\s?[月월]?$"
_MONTH_FIRST = r"^(?P<b>[0-9]{1,2})\s?[-/. ]\s?(?P<a>[0-9]{4})$"
_COMPACT = r"^(?P<a>[0-9]{4})(?P<b>[0-9]{2})(?P<c>[0-9]{2})$"
_NAMES = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
# Years of two digits from here on are of the twentieth century, as POSIX has it.
_PIVOT = 69
_YEARS = (1000, 2999)
#: Seconds since 1970 that a column of times may have: from 1990 to 2100.
UNIX = (631_152_000, 4_102_444_800)


@dataclass(frozen=True, slots=True, eq=False)
class Dates:
    """A column of dates.

    Args:
        times: as many as cells; NaT for a cell that is no date.
        order: of day, month and year; None where the cells leave nothing open.
    """

    times: Times
    order: DateOrder | None = None

    @property
    def known(self) -> int:
        """How many cells are dates."""
        return int((~np.isnat(self.times)).sum())


def parse_dates(cells: Any, order: DateOrder | None = None, *, day_first: bool = False) -> Dates:
    """The dates of a column, in the order of day, month and year that most of it has.

    Where several orders fit as well, the one in which the dates rise, in the most
    equal steps, is meant; then day before
    month with a point between, month before day with a slash.

    Args:
        cells: a pyarrow array of strings, trimmed; null for an empty cell.
        order: of day, month and year; None to find it out.
        day_first: whether the day stands before the month where nothing else decides, as in
            countries that write a decimal comma.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if order in (None, "ymd"):
        try:
            times = cells.cast(pa.timestamp("us")).to_numpy(zero_copy_only=False)
            return Dates(times.astype("datetime64[us]"), "ymd")
        except pa.ArrowInvalid:
            pass
    cells = pc.utf8_lower(cells)
    any_name = rf"\b(?:{'|'.join(_NAMES)})"
    if pc.any(pc.match_substring_regex(cells, any_name), min_count=0).as_py():
        for place, name in enumerate(_NAMES, 1):  # 5 Jan 2020 and Jan-2020
            cells = pc.replace_substring_regex(cells, rf"\b{name}[a-z]*\.?,?", f"{place:02d}")
    cells = pc.replace_substring_regex(cells, ",", "")
    cells = pc.replace_substring_regex(cells, r"([0-9])t([0-9])", r"\1T\2")
    cells = pc.replace_substring_regex(cells, r"z$", "Z")
    best = Dates(np.full(len(cells), "NaT", "datetime64[us]"))
    for pattern in (_THREE, _TWO, _MONTH_FIRST, _COMPACT):
        found = pc.extract_regex(cells, pattern)
        if found.null_count == len(found):
            continue
        dates = _by_order(found, order if pattern is _THREE else "ymd", day_first)
        if pattern is not _THREE:
            dates = Dates(dates.times, None)
        if dates.known > best.known:
            best = dates
        if best.known == len(cells):
            break
    return best


def unix_times(values: NDArray[np.float64]) -> Times | None:
    """Whole, rising numbers of ten or thirteen digits as times; None for other numbers."""
    known = values[~np.isnan(values)]
    if len(known) < 3 or np.any(known != np.floor(known)):
        return None
    for scale in (1, 1_000):
        if known.min() >= UNIX[0] * scale and known.max() <= UNIX[1] * scale:
            if np.mean(np.diff(known) > 0) < 0.9:
                return None
            return from_unix(values, scale)
    return None


def from_unix(values: NDArray[np.float64], scale: int = 1) -> Times:
    """Times from seconds since 1970, times a scale; NaT for nan."""
    micro = np.where(np.isnan(values), 0, np.clip(values / scale, -6e10, 2.5e11)) * 1e6
    times = np.round(micro).astype(np.int64).astype("datetime64[us]")
    times[np.isnan(values)] = np.datetime64("NaT")
    return cast(Times, times)


def _by_order(found: Any, order: DateOrder | None, day_first: bool) -> Dates:
    """Dates from the parts of the cells, in the order that fits most of them."""
    orders: tuple[DateOrder, ...] = ("ymd", "dmy", "mdy") if order is None else (order,)
    parts = {field.name: found.field(place) for place, field in enumerate(found.type)}
    a, b = _numbers(parts["a"]), _numbers(parts["b"])
    c = _numbers(parts["c"]) if "c" in parts else np.where(np.isnan(a), a, 1)
    named = {"ymd": (a, b, c), "dmy": (c, b, a), "mdy": (c, a, b)}
    clock = _clock(parts) if "hour" in parts else np.timedelta64(0, "us")
    tried = [Dates(_days(*named[name]) + clock, name) for name in orders]
    most = max(dates.known for dates in tried)
    tried = [dates for dates in tried if dates.known == most]
    if len(tried) == 1:
        return tried[0]
    if most > 2:
        scores = [_order(dates.times) for dates in tried]
        if max(scores) > min(scores):
            return tried[scores.index(max(scores))]
    preferred = "dmy" if day_first else _preferred(found)
    return next((dates for dates in tried if dates.order == preferred), tried[0])


def _preferred(found: Any) -> DateOrder:
    import pyarrow.compute as pc

    marks = found.field(found.type.get_field_index("mark"))
    return "mdy" if pc.any(pc.equal(marks, "/"), min_count=0).as_py() else "dmy"


def _order(times: Times) -> tuple[float, float]:
    """How far times rise, and how equal their steps are."""
    steps = np.diff(times[~np.isnat(times)]).astype(np.float64)
    return float(np.mean(steps > 0)), -float(steps.std() / max(1.0, abs(steps.mean())))


def _numbers(cells: Any) -> NDArray[np.float64]:
    import pyarrow as pa
    import pyarrow.compute as pc

    cells = pc.if_else(pc.equal(cells, ""), pa.scalar(None, cells.type), cells)
    return np.array(cells.cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)


def _days(year: NDArray[np.float64], month: NDArray[np.float64], day: NDArray[np.float64]) -> Times:
    """Midnight of each day that exists."""
    year = np.where(year < _PIVOT, year + 2000, np.where(year < 100, year + 1900, year))
    with np.errstate(invalid="ignore"):
        good = (year >= _YEARS[0]) & (year <= _YEARS[1]) & (month >= 1) & (month <= 12)
        good &= (day >= 1) & (day <= 31)
    whole = np.where(good, (year - 1970) * 12 + month - 1, 0).astype(np.int64)
    first = whole.astype("datetime64[M]")
    times = first.astype("datetime64[D]") + np.where(good, day - 1, 0).astype(np.int64)
    good &= times.astype("datetime64[M]") == first  # no 30 February
    times = times.astype("datetime64[us]")
    times[~good] = np.datetime64("NaT")
    return cast(Times, times)


def _clock(parts: dict[str, Any]) -> NDArray[np.timedelta64]:
    """Time since midnight, UTC where a zone is given."""
    import pyarrow.compute as pc

    def number(name: str) -> NDArray[np.float64]:
        return np.nan_to_num(_numbers(parts[name]))

    hour = number("hour")
    half = pc.utf8_slice_codeunits(pc.utf8_lower(parts["half"]), 0, 1)
    for letter, shift in (("a", 0), ("p", 12)):
        told = pc.fill_null(pc.equal(half, letter), False).to_numpy(zero_copy_only=False)
        hour = np.where(told, hour % 12 + shift, hour)
    fraction = pc.utf8_rpad(parts["fraction"], 6, "0")
    micro = np.nan_to_num(_numbers(pc.utf8_slice_codeunits(fraction, 0, 6)))
    zone = parts["zone"]
    east = np.nan_to_num(_numbers(pc.replace_substring(zone, "+", "")))
    minutes = number("zone_minute")
    ahead = 60 * east + np.where(east < 0, -minutes, minutes)
    minute, second = number("minute"), number("second")
    whole = np.asarray((3600 * hour + 60 * (minute - ahead) + second) * 1_000_000 + micro, np.int64)
    time = whole.astype("timedelta64[us]")
    time[(hour > 24) | (minute > 59) | (second > 60)] = np.timedelta64("NaT")
    return cast(NDArray[np.timedelta64], time)
