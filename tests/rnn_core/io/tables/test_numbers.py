from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from rnn_core.io.tables.numbers import find_format, parse_numbers


@pytest.mark.parametrize(
    ("cells", "separator", "expected"),
    [
        (["1.5", "2"], ",", (".", "")),
        (["1,5", "2"], ";", (",", "")),
        (["1,234.5"], "\t", (".", ",")),
        (["1.234,5"], ";", (",", ".")),
        (["1 234,5"], ";", (",", " ")),
        (["1\u202f234,5"], ";", (",", " ")),
        (["1'234.5", "2"], ",", (".", "'")),
        (["1,234,567"], "\t", (".", ",")),
        (["1.234.567"], ";", (",", ".")),
        (["12,34,567"], "\t", (".", ",")),  # as in India
        (["1,234"], "\t", (".", ",")),  # open: grouped digits
        (["1,234"], ";", (",", "")),  # open: a file with semicolons
        (["1,234", "0,125"], "\t", (",", "")),
        (["1,234", "12.5"], "\t", (".", ",")),
        (["1.234", "2.345"], ",", (".", "")),
        (["12,5 %", "-3,25 €"], ";", (",", "")),
        (["1.2.2020", "abc", ""], ",", (".", "")),
        (["abc", "1,5"], ";", (",", "")),
        (["1,23"], "\t", (",", "")),
        (["123,456"], "\t", (".", ",")),
        (["1234,567"], "\t", (",", "")),
        ([",125"], "\t", (",", "")),
        (["123.456", "1,234"], ";", (",", "")),
        (["1234.567", "1,234"], ";", (".", ",")),
        (["0.125", "1,234"], ";", (".", ",")),
        ([".125", "1,234"], ";", (".", ",")),
        (["1.23", "1,234"], ";", (".", ",")),
        (["1,5", "1.5"], ";", (".", "")),
        (["1,2,3"], "\t", (".", "")),
        (["1,234,56"], "\t", (".", "")),
        (["1234,567,890"], "\t", (".", "")),
        (["1,234.5.6"], "\t", (".", "")),
        (["1 234 567"], "\t", (".", " ")),
        (["1 23 456"], "\t", (".", "")),
        (["1'234'567", "1 234", "2'345"], "\t", (".", "'")),
        (["1.234.567,8", "1,234.5", "2.345.678,9"], ";", (",", ".")),
    ],
)
def test_the_format_is_told_by_what_the_cells_leave_open_least(
    cells: list[str], separator: str, expected: tuple[str, str]
) -> None:
    assert find_format(cells, separator) == expected


@pytest.mark.parametrize(
    ("text", "decimal", "thousands", "value"),
    [
        ("1.5", ".", "", 1.5),
        ("-1e-3", ".", "", -0.001),
        ("+5", ".", "", 5),
        (".5", ".", "", 0.5),
        ("1,234.5", ".", ",", 1234.5),
        ("1.234,5", ",", ".", 1234.5),
        ("1 234,5", ",", " ", 1234.5),
        ("1\u00a0234,5", ",", " ", 1234.5),
        ("1’234.5", ".", "'", 1234.5),
        ("12,34,567", ".", ",", 1_234_567),
        ("12.5%", ".", "", 12.5),
        ("12,5 %", ",", "", 12.5),
        ("$1,000", ".", ",", 1000),
        ("-€3", ".", "", -3),
        ("¥５００", ".", "", 500),
        ("−7", ".", "", -7),
        ("(1,234)", ".", ",", -1234),
        ("１２．５", ".", "", 12.5),
        ("12,3", ".", ",", np.nan),  # no group of three
        ("1.2.3", ".", "", np.nan),
        ("0x10", ".", "", np.nan),
        ("1_000", ".", "", np.nan),
        ("inf", ".", "", np.nan),
        ("-Infinity", ".", "", np.nan),
        ("NaN", ".", "", np.nan),
        ("1e999", ".", "", np.nan),
        ("=1+1", ".", "", np.nan),
        ("", ".", "", np.nan),
    ],
)
def test_numbers_are_read_as_people_write_them(
    text: str, decimal: str, thousands: str, value: float
) -> None:
    for cells in ([text], [text, "x"]):  # at once, and with a cell that is no number
        read = parse_numbers(pa.array(cells), decimal, thousands)
        np.testing.assert_equal(read[0], value)
    assert np.isnan(read[1])


def test_a_column_of_empty_cells_has_no_numbers() -> None:
    assert np.isnan(parse_numbers(pa.array([None, None], pa.string()), ",", ".")).all()
