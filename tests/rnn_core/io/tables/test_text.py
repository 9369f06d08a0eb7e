from __future__ import annotations

from typing import Any

import pytest

from rnn_core.io.tables.options import ReadOptions
from rnn_core.io.tables.text import Cells, read_text


def read(text: str | bytes, **known: Any) -> Cells:
    data = text.encode() if isinstance(text, str) else text
    return read_text(data, "a.csv", ReadOptions(**known))


def rows(cells: Cells) -> list[tuple[Any, ...]]:
    return list(zip(*(column.to_pylist() for column in cells.columns), strict=True))


@pytest.mark.parametrize(
    ("text", "separator", "width"),
    [
        ("a,b\n1,2\n", ",", 2),
        ("a\tb\n1,5\t2,5\n", "\t", 2),
        ("a;b\n1,5;2,5\n", ";", 2),
        ("a|b\n1|2\n", "|", 2),
        ("a  b\n1   2\n10  3\n", " ", 2),
        (" 1  2\n 3  4\n", " ", 2),
        ("2020-01-01 00:00,1\n2020-01-01 01:00,2\n", ",", 2),
        ("x\n1,5\n2,5\n", "\t", 1),  # decimal commas of a single column
        ("v\n1 234,5\n2 345,6\n", "\t", 1),
        ("1\n2\n3\n", ",", 1),
        ('a,b\n"1,5","2,5"\n', ",", 2),
    ],
)
def test_the_separator_cuts_all_lines_alike(text: str, separator: str, width: int) -> None:
    cells = read(text)
    assert cells.found.separator == separator
    assert len(cells.columns) == width


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("a;b;c\nc;d;e;f\nd;e\nh\ne;f;g\n", ";"),  # in four lines of five
        ("a;b\nc\nd;e;f\nh\n", ","),  # in two of four
        ("a;b\nc\nd\ne;f;g\nh\n", ","),  # in two of five
    ],
)
def test_ragged_lines_are_cut_by_what_most_of_them_have(text: str, separator: str) -> None:
    assert read(text).found.separator == separator


def test_a_comment_above_the_header_is_no_line_to_skip() -> None:
    cells = read("# made by x\na,b\n1,2\n3,4\n")
    assert (cells.found.comment, cells.found.skip, cells.lines.tolist()) == ("#", 0, [2, 3, 4])
    cells = read("A title\na,b\n1,2\n3,4\n")
    assert (cells.found.comment, cells.found.skip, cells.lines.tolist()) == ("", 1, [2, 3, 4])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("tail", ["", "\n", "\n\n\n", "\n  \n"])
def test_line_ends_of_all_systems_and_empty_lines_at_the_end(end: str, tail: str) -> None:
    cells = read(("a,b\n1,2\n3,4" + tail).replace("\n", end))
    assert rows(cells) == [("a", "b"), ("1", "2"), ("3", "4")]
    assert cells.lines.tolist() == [1, 2, 3]


def test_quoted_cells_may_hold_separators_quotes_and_line_ends() -> None:
    cells = read('a,b\n1,"x, ""y"""\n2,"two\nlines"\n3,z\n')
    assert rows(cells)[1:] == [("1", 'x, "y"'), ("2", "two\nlines"), ("3", "z")]
    assert cells.lines.tolist() == [1, 2, 3, 5]


def test_a_stray_quote_does_not_swallow_the_rest() -> None:
    cells = read('size,n\n5",1\n6,2\n7,3\n')
    assert rows(cells) == [("size", "n"), ('5"', "1"), ("6", "2"), ("7", "3")]


def test_comments_and_blank_lines_keep_the_line_numbers() -> None:
    cells = read("# source\n# more\na,b\n1,2\n\n# within\n3,4\n")
    assert rows(cells) == [("a", "b"), ("1", "2"), ("3", "4")]
    assert cells.lines.tolist() == [3, 4, 7]
    assert cells.found.comment == "#"


def test_a_header_may_stand_in_the_last_comment() -> None:
    cells = read("# CO2\n# year month value\n1958 3 315.7\n1958 4 317.5\n")
    assert cells.header == ["year", "month", "value"]
    assert cells.lines.tolist() == [3, 4]
    assert read("# year value\n1 2\n", header=False).header is None


def test_titles_above_the_table_are_skipped() -> None:
    cells = read("Prices\nof 2026\nmonth,v\n2026-01,1\n2026-02,2\n")
    assert cells.found.skip == 2
    assert cells.lines.tolist() == [3, 4, 5]


def test_titles_with_separators_end_at_a_blank_line() -> None:
    cells = read("Station: A, B\nUnit: mm\n\ndate,rain\n2026-01-01,1\n2026-01-02,2\n")
    assert cells.lines.tolist() == [4, 5, 6]


def test_excel_is_told_the_separator_in_the_first_line() -> None:
    cells = read("sep=;\na;b\n1;2\n3;4\n")
    assert (cells.found.separator, cells.lines.tolist()) == (";", [2, 3, 4])


def test_a_header_without_a_name_for_the_names_of_rows() -> None:
    cells = read('"x","y"\n"1",5,6\n"2",7,8\n"3",7,8\n')
    assert cells.header == ["", "x", "y"]
    assert len(cells.lines) == 3


def test_rows_of_another_length_are_named_by_their_lines() -> None:
    cells = read("a,b\n1,2\n3\n4,5,6\n7,8,\n9,10\n")
    assert rows(cells) == [("a", "b"), ("1", "2"), ("3", None), ("7", "8"), ("9", "10")]
    assert cells.lines.tolist() == [1, 2, 3, 5, 6]
    assert [str(problem) for problem in cells.problems] == [
        "Line 4 has 3 cells in place of 2 and is left out.",
        "Line 3 has 1 of 2 cells; the others count as empty.",
    ]


def test_many_ragged_rows_are_counted() -> None:
    cells = read("a,b\n" + "1,2\n" * 30 + "1,2,3\n" * 9)
    assert str(cells.problems[-1]) == (
        "Further lines that have too many cells and are left out: 4."
    )


def test_a_blank_line_is_a_missing_value_of_a_single_column() -> None:
    cells = read("x\n1\n\n3\n")
    assert rows(cells) == [("x",), ("1",), (None,), ("3",)]


def test_what_is_known_is_not_looked_for() -> None:
    cells = read("a,b\n1,2\n", separator=";", skip=1)
    assert rows(cells) == [("1,2",)]
    assert read("#1,2\n#3,4\n", comment="").lines.tolist() == [1, 2]


def test_binary_data_are_refused() -> None:
    with pytest.raises(ValueError, match=r"'a\.csv' is binary data, no table"):
        read(bytes(range(256)) * 9)
    with pytest.raises(ValueError, match="is binary data"):
        read(b"a,b\n1,\0\n", encoding="utf-8")
