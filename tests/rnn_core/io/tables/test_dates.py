from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from rnn_core.io.tables.dates import from_unix, parse_dates, unix_times
from rnn_core.io.tables.options import DateOrder


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31", "2026-01-31"),
        ("2026-01-31 14:05", "2026-01-31T14:05"),
        ("2026-01-31T14:05:06.25", "2026-01-31T14:05:06.25"),
        ("2026-01-31T14:05:06Z", "2026-01-31T14:05:06"),
        ("2026-01-31T14:05:06+02:00", "2026-01-31T12:05:06"),
        ("2026-01-31T14:05:06-0330", "2026-01-31T17:35:06"),
        ("2026/1/31", "2026-01-31"),
        ("31.1.2026", "2026-01-31"),
        ("31.01.26", "2026-01-31"),
        ("31/12/1999 23:59:59", "1999-12-31T23:59:59"),
        ("12/31/1999 11:30 PM", "1999-12-31T23:30"),
        ("12/31/1999 12:15 am", "1999-12-31T00:15"),
        ("2026年1月31日", "2026-01-31"),
        ("2026年01月31日 08:00", "2026-01-31T08:00"),
        ("2026年1月", "2026-01-01"),
        ("2026-01", "2026-01-01"),
        ("01/2026", "2026-01-01"),
        ("20260131", "2026-01-31"),
        ("31 Jan 2026", "2026-01-31"),
        ("31-Jan-26", "2026-01-31"),
        ("January 31, 2026", "2026-01-31"),
        ("Jan 2026", "2026-01-01"),
        ("1749-01-01", "1749-01-01"),
        ("2024-02-29", "2024-02-29"),
        ("2023-02-29", "NaT"),
        ("2026-13-01", "NaT"),
        ("2026-01-31 25:00", "NaT"),
        ("2026-01-31 10:75", "NaT"),
        ("0/0/0", "NaT"),
        ("2026-00-01", "NaT"),
        ("2026-01-00", "NaT"),
        ("2026-01-32", "NaT"),
        ("2026-12-31", "2026-12-31"),
        ("2026-04-31", "NaT"),
        ("2026-01-31 23:59:59", "2026-01-31T23:59:59"),
        ("2026-01-31 23:60", "NaT"),
        ("2026-01-31 00:00", "2026-01-31"),
        ("1.1.0500", "NaT"),
        ("31/12/0999", "NaT"),
        ("1.1.1000", "1000-01-01"),
        ("31/12/2999", "2999-12-31"),
        ("1.1.3000", "NaT"),
        ("31.01.68", "2068-01-31"),
        ("31.01.69", "1969-01-31"),
        ("31.01.99", "1999-01-31"),
        ("31.01.00", "2000-01-31"),
        ("12/31/1999 1:00 pm", "1999-12-31T13:00"),
        ("12/31/1999 12:00 PM", "1999-12-31T12:00"),
        ("hello", "NaT"),
    ],
)
def test_dates_are_read_as_people_write_them(text: str, expected: str) -> None:
    np.testing.assert_equal(parse_dates(pa.array([text])).times[0], np.datetime64(expected, "us"))


@pytest.mark.parametrize(
    ("cells", "order", "first"),
    [
        (["1/2/2026", "13/2/2026"], "dmy", "2026-02-01"),
        (["1/2/2026", "1/13/2026"], "mdy", "2026-01-02"),
        (["1/2/2026", "2/2/2026", "3/2/2026"], "dmy", "2026-02-01"),  # these rise as days
        (["1/2/2026", "1/3/2026", "1/4/2026"], "mdy", "2026-01-02"),
        (["1/2/2026"], "mdy", "2026-01-02"),
        (["1.2.2026"], "dmy", "2026-02-01"),
        (["2026/2/1", None], "ymd", "2026-02-01"),
    ],
)
def test_the_whole_column_decides_the_order(
    cells: list[str | None], order: DateOrder, first: str
) -> None:
    dates = parse_dates(pa.array(cells))
    assert dates.order == order
    assert dates.times[0] == np.datetime64(first)


def test_the_order_can_be_given() -> None:
    cells = pa.array(["1/2/2026", "1/3/2026"])
    assert parse_dates(cells, "dmy").times[0] == np.datetime64("2026-02-01")
    assert parse_dates(cells, "ymd").known == 0


def test_seconds_and_milliseconds_since_1970_are_times() -> None:
    seconds = 1_577_836_800 + 60 * np.arange(5.0)
    expected = np.datetime64("2020-01-01T00:00") + np.arange(5)
    for scale in (1, 1_000):
        times = unix_times(seconds * scale)
        assert times is not None
        np.testing.assert_array_equal(times, expected.astype("datetime64[us]"))
    assert unix_times(seconds[::-1]) is None  # they fall
    assert unix_times(seconds + 0.5) is None
    assert unix_times(np.arange(5.0)) is None
    assert np.isnat(from_unix(np.array([np.nan, 1e300, 0]))).tolist() == [True, False, False]


@pytest.mark.parametrize("scale", [1, 1_000])
def test_times_since_1970_are_those_from_1990_to_2100(scale: int) -> None:
    days = np.array(["1990-01-01", "2000-01-01", "2100-01-01"], "datetime64[s]")
    inside = days.astype(np.float64) * scale
    times = unix_times(inside)
    assert times is not None
    np.testing.assert_array_equal(times, days.astype("datetime64[us]"))
    for place, change in ((0, -scale), (2, scale), (1, 0.5)):
        outside = inside.copy()
        outside[place] += change
        assert unix_times(outside) is None
    assert unix_times(inside[:2]) is None
    assert unix_times(inside[::-1]) is None
