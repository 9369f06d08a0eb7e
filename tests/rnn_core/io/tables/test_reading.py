from __future__ import annotations

import gc
import tracemalloc
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_core.io.tables import ReadOptions, Table, limits, read_table
from rnn_core.messages import InvalidValue
from tests.rnn_core.io.tables.odd_files import CELLS, odd_files


def test_a_german_table_is_recognised_whole() -> None:
    table = read_table("Tag;Größe\n1.2.2026;1.234,5\n2.2.2026;7\n".encode("latin-1"), "a.csv")
    assert [(column.name, column.kind) for column in table.columns] == [
        ("Tag", "date"),
        ("Größe", "number"),
    ]
    assert table.columns[1].values.tolist() == [1234.5, 7]
    assert table.found == ReadOptions(
        encoding="cp1252",
        separator=";",
        decimal=",",
        thousands=".",
        header=True,
        skip=0,
        comment="",
        date_order="dmy",
        kinds=(("Tag", "date"), ("Größe", "number")),
    )
    assert table.problems == ()
    assert table.preview == (("1.2.2026", "1.234,5"), ("2.2.2026", "7"))


def test_a_chinese_table_is_recognised_whole() -> None:
    text = "日期,价格\n2026年1月1日,5\n2026年1月2日,6\n"
    for encoding in ("gb18030", "utf-8", "utf-8-sig", "utf-16"):
        table = read_table(text.encode(encoding), "表.csv")
        assert [column.name for column in table.columns] == ["日期", "价格"]
        assert table.columns[0].values[1] == np.datetime64("2026-01-02")


def test_cells_pasted_from_a_spreadsheet() -> None:
    table = read_table(
        b"month\tprice\tshare\n2026-01\t1,234.50\t5%\n2026-02\t987.00\t6.5%", "paste"
    )
    assert table.column("price").values.tolist() == [1234.5, 987]
    assert (table.column("share").values.tolist(), table.column("share").unit) == ([5, 6.5], "%")


def test_what_was_found_can_be_corrected() -> None:
    data = b"day,v\n1/2/2026,1\n2/2/2026,2\n3/2/2026,3\n"
    table = read_table(data, "a.csv")
    assert table.found.date_order == "dmy"
    again = read_table(data, "a.csv", replace(table.found, date_order="mdy"))
    assert again.columns[0].values[1] == np.datetime64("2026-02-02")
    as_text = replace(table.found, kinds=(("day", "text"),))
    assert read_table(data, "a.csv", as_text).columns[0].values[0] == "1/2/2026"
    headless = read_table(data, "a.csv", replace(table.found, header=False, kinds=()))
    assert [column.name for column in headless.columns] == ["column_1", "column_2"]
    assert len(headless) == 4
    assert read_table(data, "a.csv", table.found).found == table.found


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a,b\n1,2\n3,4", ["a", "b"]),
        ("1,2\n3,4\n5,6", ["column_1", "column_2"]),
        ("2026-01-01,2\n2026-01-02,4", ["column_1", "column_2"]),
        ("x,x,x_2\n1,2,3\n4,5,6", ["x", "x_3", "x_2"]),
        (",v\n0,1\n1,2", ["column_1", "v"]),
        ("a,b,,\n1,2,,\n3,4,,", ["a", "b"]),
        ("city,land\nRome,Italy\nBonn,Germany", ["city", "land"]),
        ("'a',n/a\n1,2\n3,4", ["'a'", "n/a"]),
    ],
)
def test_columns_get_names_that_differ(text: str, names: list[str]) -> None:
    assert [column.name for column in read_table(text.encode(), "a.csv").columns] == names


_WRONG = b"""# note
day,price,price
2026-01-01,1,n/a
soon,x,2
,inf,3
2026-01-04,2,4
2026-01-05,3,5
1,2
"""


def test_problems_are_sentences_with_line_and_column() -> None:
    table = read_table(_WRONG, "a.csv")
    assert [str(problem) for problem in table.problems] == [
        "Line 8 has 2 of 3 cells; the others count as empty.",
        "Line 4, column 'day': 'soon' is no date.",
        "Line 8, column 'day': '1' is no date.",
        "Line 4, column 'price': 'x' is no number.",
        "Line 5, column 'price': 'inf' is no number.",
        "More than one column is called 'price'; column 3 is now 'price_2'.",
        "Column 'day': empty cells: 1, the first in line 5.",
        "Line 3, column 'price_2': 'n/a' is no number.",
        "Column 'price_2': empty cells: 1, the first in line 8.",
    ]
    assert [column.missing for column in table.columns] == [3, 2, 2]


def test_a_large_table_is_read_like_a_small_one() -> None:
    rows = [f"2026-01-01 00:00:{n % 60:02d},{n}.5,x" for n in range(30_000)]
    rows[20_000] = "2026-01-01 00:00:20,oops,x"
    table = read_table("\n".join(["t,v,w", *rows]).encode(), "a.csv")
    assert len(table) == 30_000
    assert table.column("v").values[29_999] == 29_999.5
    assert [str(problem) for problem in table.problems] == [
        "Line 20002, column 'v': 'oops' is no number."
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"a,b\n", "too few rows of values for a series: 0"),
        (b"a,b\n1,2", "too few rows of values for a series: 1"),
        (b",,\n,,\n", "is empty|too few rows"),
    ],
)
def test_files_without_rows_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_table(data, "a.csv")


def test_a_day_has_the_time_that_stands_in_the_next_column() -> None:
    data = b"Date;Heure;kWh\n31/12/2025;23:30;1,5\n01/01/2026;00:00;2,5\n01/01/2026;00:30;3,5\n"
    table = read_table(data, "a.csv")
    assert [column.kind for column in table.columns] == ["date", "text", "number"]
    expected = np.datetime64("2025-12-31T23:30") + 30 * np.arange(3)
    np.testing.assert_array_equal(table.columns[0].values, expected.astype("datetime64[us]"))
    assert read_table(data, "a.csv", table.found).columns[0].values[1] == expected[1]


@pytest.mark.parametrize("known", [{"decimal": ","}, {"thousands": "."}, {}])
def test_of_decimal_and_thousands_what_is_not_known_is_found(known: dict[str, str]) -> None:
    data = b"a;b\n1.234,5;1\n2.345,5;2\n3.456,25;3\n"
    table = read_table(data, "a.csv", ReadOptions(**known))  # type: ignore[arg-type]
    assert (table.found.decimal, table.found.thousands) == (",", ".")
    assert table.columns[0].values.tolist() == [1234.5, 2345.5, 3456.25]


def test_a_decimal_comma_speaks_for_the_day_before_the_month() -> None:
    table = read_table(b"d;v\n1/2/2026;1,5\n1/2/2026;2,5\n", "a.csv")
    assert table.found.date_order == "dmy"


def test_constant_columns_are_allowed() -> None:
    assert read_table(b"v\n1\n1\n1\n", "a.csv").column("v").values.tolist() == [1, 1, 1]


def check(name: str, data: bytes, options: ReadOptions | None = None) -> bool:
    """Whether a file is a table; else it is refused with a sentence."""
    try:
        table = read_table(data, name, options or ReadOptions())
    except InvalidValue as refusal:
        sentence = str(refusal)
    else:
        sentence = ""
    if sentence:
        assert sentence[0].isupper() or sentence[0] in "'\""
        assert sentence.endswith((".", "?"))
        return False
    assert isinstance(table, Table)
    assert len(table) >= 2
    assert all(len(column.values) == len(table) for column in table.columns)
    assert len({column.name for column in table.columns}) == len(table.columns)
    assert len(table.problems) <= limits.MOST_PROBLEMS
    assert all(str(problem).endswith(".") for problem in table.problems)
    assert (np.diff(table.lines) > 0).all()
    return True


def test_five_hundred_odd_files_are_tables_or_refused_with_a_sentence() -> None:
    read = [check(name, data) for name, data in odd_files(seed=1, count=520)]
    assert 100 < sum(read) < 500  # both happen


def test_odd_files_leave_no_memory_behind() -> None:
    files = list(odd_files(seed=2, count=27))
    for name, data in files:  # modules and caches
        check(name, data)
    gc.collect()
    before = pa.total_allocated_bytes()
    tracemalloc.start()
    try:
        for name, data in files:
            check(name, data)
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    gc.collect()
    assert pa.total_allocated_bytes() - before < 1_000_000
    assert kept < 2_000_000
    assert peak < 100_000_000


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_refused(data: bytes) -> None:
    check("a", data)


_CELL = st.one_of(st.sampled_from([text for text in CELLS if len(text) < 100]), st.text(max_size=9))


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.lists(_CELL, max_size=4), max_size=8),
    st.sampled_from(",;\t| "),
    st.builds(
        ReadOptions,
        encoding=st.sampled_from([None, "utf-8", "gb18030", "utf-16"]),
        separator=st.sampled_from([None, ",", " "]),
        decimal=st.sampled_from([None, ",", "."]),
        thousands=st.sampled_from([None, ",", " "]),
        header=st.sampled_from([None, True, False]),
        skip=st.sampled_from([None, 0, 2, 99]),
        comment=st.sampled_from([None, "", "#"]),
        date_order=st.sampled_from([None, "dmy"]),
        kinds=st.sampled_from([(), (("column_1", "date"), ("column_2", "number"))]),
    ),
)
def test_any_cells_and_options_are_a_table_or_refused(
    rows: list[list[str]], separator: str, options: ReadOptions
) -> None:
    text = "\n".join(separator.join(row) for row in rows)
    check("a", text.encode("utf-8", "replace"), options)


@pytest.mark.parametrize("blank", [900, 1_100, 3_000])
def test_empty_rows_around_a_table_are_left_out(blank: int) -> None:
    rows = [("", "")] * 2 + [("a", "b"), ("1", "x"), ("", "y"), ("3", " ")]
    text = "\n".join(",".join(row) for row in [*rows, *[("", " ")] * blank])
    table = read_table(text.encode(), "a.csv")
    assert [column.name for column in table.columns] == ["a", "b"]
    assert len(table.lines) == 3
    assert table.column("a").values.tolist()[::2] == [1, 3]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (("20260131", "20260201", "20260202"), "date"),
        (("20260131", "20260201"), "number"),
        (("20260131", "20260201", "20260250"), "number"),
        (("18000101", "20260201", "22000101"), "date"),
        (("17991231", "20260201", "20260202"), "number"),
        (("20260131", "20260201", "22000102"), "number"),
    ],
)
def test_three_numbers_of_eight_digits_are_dates_where_all_of_them_can_be(
    cells: tuple[str, ...], kind: str
) -> None:
    table = read_table("\n".join(["day,v", *(f"{cell},1" for cell in cells)]).encode(), "a.csv")
    assert table.column("day").kind == kind
