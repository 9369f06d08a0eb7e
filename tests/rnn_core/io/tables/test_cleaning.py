from __future__ import annotations

import numpy as np
import pytest

from rnn_core.io.tables import Gap, Report, clean, number_columns, read_table, time_column
from rnn_core.io.tables.cleaning import Missing
from rnn_core.series import Series


def cleaned(
    *rows: str, missing: Missing = "drop", head: str = "t,v", time: str | None = "t"
) -> tuple[Series, Report]:
    table = read_table("\n".join([head, *rows]).encode(), "a.csv")
    return clean(table, time, ("v",), missing)


DAYS = [f"2026-01-{day:02d},{day}" for day in range(1, 13)]


def test_a_regular_table_is_taken_as_it_is() -> None:
    series, report = cleaned(*DAYS)
    assert series.column("v").tolist() == list(range(1, 13))
    assert series.times is not None
    assert series.times[0] == np.datetime64("2026-01-01")
    assert (series.name, report.rows, str(report.step)) == ("a.csv", 12, "1 day")
    assert report.regular
    assert not report.sorted
    assert report.messages == ()


@pytest.mark.parametrize(
    ("step", "unit", "words"),
    [
        (1, "s", "1 second"),
        (90, "s", "90 seconds"),
        (30, "m", "30 minutes"),
        (1, "h", "1 hour"),
        (7, "D", "1 week"),
        (10, "D", "10 days"),
        (250, "ms", "250 milliseconds"),
        (1, "M", "1 month"),
        (3, "M", "3 months"),
        (12, "M", "1 year"),
        (60, "M", "5 years"),
    ],
)
def test_the_step_is_said_in_words(step: int, unit: str, words: str) -> None:
    times = np.datetime64("2020-01-01", unit) + step * np.arange(20)
    rows = [f"{str(time).replace('T', ' ')},1" for time in times.astype(f"datetime64[{unit}]")]
    if unit == "h":
        rows = [row.replace(",", ":00,") for row in rows]
    _series, report = cleaned(*rows)
    assert str(report.step) == words
    assert report.regular


def test_last_days_of_months_are_regular() -> None:
    ends = (np.datetime64("2024-02") + np.arange(14)).astype("datetime64[D]") - 1
    series, report = cleaned(*(f"{day},1" for day in np.delete(ends, 5)), missing="interpolate")
    assert (str(report.step), report.regular, report.missing) == ("1 month", True, 1)
    assert series.times is not None
    np.testing.assert_array_equal(series.times.astype("datetime64[D]"), ends)


def test_gaps_have_the_lines_beside_them() -> None:
    series, report = cleaned(*DAYS[:4], *DAYS[6:])
    assert report.gaps == (Gap(before=5, after=6, missing=2),)
    assert report.regular
    assert len(series) == 10
    assert [str(text) for text in report.messages] == ["Rows missing between lines 5 and 6: 2."]


def test_gaps_are_filled_by_interpolation() -> None:
    series, report = cleaned(*DAYS[:4], *DAYS[6:], missing="interpolate")
    assert series.column("v").tolist() == list(range(1, 13))
    assert report.interpolated == 2
    months = [f"2026-{month:02d},{month}" for month in (1, 2, 3, 6, 7, 8, 9, 10)]
    series, report = cleaned(*months, missing="interpolate")
    np.testing.assert_allclose(series.column("v"), range(1, 11), atol=0.02)  # by days
    assert series.times is not None
    assert str(series.times[3])[:10] == "2026-04-01"


def test_missing_values_are_dropped_or_interpolated() -> None:
    rows = ["2026-01-01,", *DAYS[1:5], "2026-01-06,n/a", *DAYS[6:]]
    series, report = cleaned(*rows)
    assert (len(series), report.dropped, report.interpolated) == (10, 2, 0)
    series, report = cleaned(*rows, missing="interpolate")
    assert series.column("v").tolist() == list(range(2, 13))  # nothing before the first value
    assert (report.dropped, report.interpolated) == (1, 1)


def test_rows_are_sorted_by_time() -> None:
    series, report = cleaned(*reversed(DAYS))
    assert series.column("v").tolist() == list(range(1, 13))
    assert report.sorted
    assert "have been sorted" in str(report.messages[-1])


def test_two_rows_at_a_time_are_refused_by_their_lines() -> None:
    with pytest.raises(
        ValueError, match=r"Lines 4 and 14 have the same time 2026-01-03 in column 't'\. Leave"
    ):
        cleaned(*DAYS, DAYS[2])
    with pytest.raises(ValueError, match="the first of 2 such pairs"):
        cleaned(*DAYS, DAYS[2], DAYS[3])


def test_irregular_times_are_told_by_line_and_kept() -> None:
    rows = [*DAYS[:5], "2026-01-05 09:00,5", *DAYS[5:]]
    series, report = cleaned(*rows)
    assert len(series) == 13
    assert not report.regular
    assert report.irregular == (7, 8)
    assert "the row in line 7, the first of 2, comes neither one step of 1 day" in str(
        report.messages[0]
    )


def test_numbers_can_be_times() -> None:
    series, report = cleaned(*(f"{0.5 * n},{n}" for n in range(10) if n != 4))
    assert str(report.step) == "0.5"
    assert report.gaps == (Gap(5, 6, 1),)
    assert series.times is not None
    assert series.times.dtype == np.float64


def test_without_times_the_order_of_rows_counts() -> None:
    rows = [str(n) if n != 3 else "x" for n in range(12)]
    series, report = cleaned(*rows, head="v", time=None, missing="interpolate")
    assert series.times is None
    assert series.column("v").tolist() == list(range(12))
    assert report.step is None


def test_what_is_no_series_is_refused() -> None:
    table = read_table(("t,v,w\n" + "\n".join(f"{row},x" for row in DAYS)).encode(), "a.csv")
    with pytest.raises(ValueError, match="Column 'w' holds text, no numbers"):
        clean(table, "t", ("w",))
    with pytest.raises(ValueError, match="Column 't' holds dates, no numbers"):
        clean(table, None, ("t",))
    with pytest.raises(ValueError, match="Column 'w' holds text, no times"):
        clean(table, "w", ("v",))
    with pytest.raises(ValueError, match="at least one column"):
        clean(table, "t", ())
    with pytest.raises(ValueError, match="Unknown column 'x'"):
        clean(table, "t", ("x",))
    with pytest.raises(ValueError, match="at least 8 rows, got 3"):
        cleaned(*DAYS[:3])


def test_gaps_too_wide_to_fill_are_refused() -> None:
    rows = [f"2026-01-01 00:00:{n:02d},1" for n in range(10)]
    with pytest.raises(ValueError, match="With its gaps filled the series has"):
        cleaned(*rows, "2027-01-01 00:00:00,1", missing="interpolate")
    _series, report = cleaned(*rows, "2027-01-01 00:00:00,1")
    assert report.gap_count == 1


def test_the_columns_of_a_series_are_those_of_numbers_that_are_mostly_filled() -> None:
    rows = [f"2024-01-{n:02d},2024-02-{n:02d},{n},x,{n if n < 9 else ''}" for n in range(1, 21)]
    table = read_table("\n".join(["day,later,sold,city,rare", *rows]).encode(), "a.csv")
    assert time_column(table) == "day"
    assert number_columns(table, "day") == ("sold",)
    assert number_columns(table, "sold") == ()
    numbers = read_table(b"a,b\n" + b"1,2\n" * 9, "a.csv")
    assert time_column(numbers) is None
    assert number_columns(numbers, None) == ("a", "b")


def test_columns_without_a_row_in_common_are_refused_by_name() -> None:
    table = read_table(b"a,b\n1,\n,2\n3,\n,4\n", "a.csv")
    with pytest.raises(ValueError, match=r"^No row has a number in each of the columns a, b\."):
        clean(table, None, ("a", "b"), "drop")


def test_numbered_rows_are_filled_on_the_line_of_their_numbers() -> None:
    rows = [f"{n},{10 * n}" for n in range(12) if n not in (4, 5)]
    series, report = cleaned(*rows, missing="interpolate")
    assert series.times is not None
    assert series.times.tolist() == list(range(12))
    assert series.column("v").tolist() == [10.0 * n for n in range(12)]
    assert (report.missing, report.interpolated) == (2, 2)


def test_a_value_between_uneven_times_lies_on_the_line_between_its_neighbours() -> None:
    rows = ["0,0", "1,1", "2,2", "3,", "4,10", "5,11", "6,12", "7,13"]
    series, _report = cleaned(*rows, missing="interpolate")
    assert series.column("v").tolist() == [0, 1, 2, 6, 10, 11, 12, 13]


@pytest.mark.parametrize(("gaps", "told"), [(3, False), (4, True)])
def test_of_many_gaps_the_first_three_are_told_and_their_number(gaps: int, told: bool) -> None:
    left_out = {5 * n + 3 for n in range(gaps)}
    rows = [f"{n},1" for n in range(30) if n not in left_out]
    _series, report = cleaned(*rows)
    said = [str(message) for message in report.messages]
    assert len([each for each in said if each.startswith("Rows missing between")]) == 3
    whole = f"Gaps in all: {gaps}; rows missing in them: {gaps}."
    assert (whole in said) == told
