from __future__ import annotations

import datetime

import pytest

from rnn_core.io.tables import ReadOptions, read_table
from rnn_core.io.tables.workbook import _text
from tests.rnn_core.io.tables.workbooks import cell, ods, ods_cell, ods_row, rows, xlsx

TABLE = rows(("x", "y"), (1.0, 2.5), (3.0, 4.0))


def test_the_first_sheet_with_cells_is_read_or_the_one_that_is_chosen() -> None:
    data = xlsx(Empty="", First=TABLE, Second=rows(("z",), (7.0,), (8.0,)))
    table = read_table(data, "a.xlsx")
    assert table.sheets == ("Empty", "First", "Second")
    assert table.found.sheet == "First"
    assert table.column("y").values.tolist() == [2.5, 4.0]
    table = read_table(data, "a.xlsx", ReadOptions(sheet="Second"))
    assert table.column("z").values.tolist() == [7.0, 8.0]
    with pytest.raises(ValueError, match="Unknown sheet 'Third'"):
        read_table(data, "a.xlsx", ReadOptions(sheet="Third"))
    with pytest.raises(ValueError, match="is empty"):
        read_table(xlsx(Empty=""), "a.xlsx")


def test_dates_of_a_sheet_are_dates_and_rows_keep_their_numbers() -> None:
    title = f'<row r="1">{cell("A1", "Prices")}</row>'
    days = "".join(
        f'<row r="{row}">{cell(f"A{row}", 45_000 + row, style=1)}{cell(f"B{row}", row / 2)}</row>'
        for row in range(4, 10)
    )
    table = read_table(xlsx(One=title + rows(("日期", "价"), first=3) + days), "a.xlsx")
    assert [(column.name, column.kind) for column in table.columns] == [
        ("日期", "date"),
        ("价", "number"),
    ]
    first = datetime.datetime(1899, 12, 30) + datetime.timedelta(days=45_004)
    assert table.columns[0].values[0].astype(object) == first
    assert table.lines.tolist() == list(range(4, 10))
    assert table.found.skip == 2


def test_rows_can_be_skipped_and_an_empty_column_before_the_table_is_none_of_its() -> None:
    notes = "".join(
        f'<row r="{row}">{cell(f"B{row}", "note")}{cell(f"C{row}", "n")}</row>' for row in (1, 2)
    )
    table = "".join(
        f'<row r="{row}">{cell(f"B{row}", x)}{cell(f"C{row}", y)}</row>'
        for row, (x, y) in enumerate([("x", "y"), (1.0, 2.5), (3.0, 4.0)], 3)
    )
    data = xlsx(One=notes + table)
    found = read_table(data, "a.xlsx", ReadOptions(skip=2))
    assert [(column.name, column.values.tolist()) for column in found.columns] == [
        ("x", [1.0, 3.0]),
        ("y", [2.5, 4.0]),
    ]
    assert (found.lines.tolist(), found.found.skip) == ([4, 5], 2)
    with pytest.raises(
        ValueError, match=r"Sheet 'One' of 'a\.xlsx' is empty\. Choose another sheet"
    ):
        read_table(data, "a.xlsx", ReadOptions(skip=5))


def test_formulas_are_not_evaluated() -> None:
    formula = '<row r="4"><c r="A4"><f>1+1</f><v>7</v></c><c r="B4"><v>1</v></c></row>'
    table = read_table(xlsx(One=TABLE + formula), "a.xlsx")
    assert table.column("x").values.tolist() == [1, 3, 7]  # as it was saved


def test_text_among_the_numbers_of_a_sheet_is_named_by_its_row() -> None:
    table = read_table(xlsx(One=rows(("x",), (1.0,), ("bad",), (2.0,))), "a.xlsx")
    assert str(table.problems[0]) == "Line 3, column 'x': 'bad' is no number."


def test_open_document_sheets() -> None:
    table = read_table(
        ods(
            ods_row(ods_cell("x"), ods_cell("y"), ods_cell("", 16_000))
            + ods_row(ods_cell(1.5), ods_cell(2.0))
            + ods_row(ods_cell(3.0, repeated=2))
            + ods_row(ods_cell("", 16_384), repeated=1_048_000)
        ),
        "a.ods",
    )
    assert table.column("x").values.tolist() == [1.5, 3.0]
    assert table.column("y").values.tolist() == [2.0, 3.0]


@pytest.mark.parametrize("place", [3_000, 60, 200, 700])
def test_a_damaged_workbook_gets_a_sentence(place: int) -> None:
    data = bytearray(xlsx(One=TABLE))
    for shift in range(20):
        data[(place + shift) % len(data)] ^= 0x5A
    with pytest.raises(ValueError, match=r"'a\.xlsx' is .*\."):
        read_table(bytes(data), "a.xlsx")


def test_a_sheet_without_xml_gets_a_sentence() -> None:
    with pytest.raises(ValueError, match="is damaged"):
        read_table(xlsx(One="<row r='1'><c r='A1'><v>1</v>"), "a.xlsx")


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("  a b\t", "a b"),
        (True, "1"),
        (False, "0"),
        (3.0, "3"),
        (-0.5, "-0.5"),
        (999_999_999_999_999.0, "999999999999999"),
        (1e15, "1000000000000000.0"),
        (-1e15, "-1000000000000000.0"),
        (datetime.datetime(2026, 1, 31, 14, 5), "2026-01-31 14:05:00"),
        (datetime.date(2026, 1, 31), "2026-01-31"),
        (datetime.timedelta(hours=2), "2:00:00"),
    ],
)
def test_a_cell_is_the_text_that_a_file_of_text_would_have(given: object, text: str) -> None:
    assert _text(given) == text


@pytest.mark.parametrize(("filled", "skipped"), [(2, 1), (3, 0)])
def test_a_title_fills_at_most_half_of_its_row(filled: int, skipped: int) -> None:
    above = tuple(f"t{n}" for n in range(filled))
    body = [("a", "b", "c", "d"), (1.0, 2.0, 3.0, 4.0), (5.0, 6.0, 7.0, 8.0)]
    table = read_table(xlsx(One=rows(above, *body)), "a.xlsx")
    assert table.found.skip == skipped
    assert (table.lines[0] == 3) == (skipped == 1)


def test_empty_columns_behind_a_table_are_none_of_its() -> None:
    data = xlsx(One=rows(("x", "y", " "), (1.0, 2.5, ""), (3.0, 4.0, "")))
    assert [column.name for column in read_table(data, "a.xlsx").columns] == ["x", "y"]
