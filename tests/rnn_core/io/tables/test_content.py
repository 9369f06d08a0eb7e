from __future__ import annotations

import pickle
import zlib

import pytest

from rnn_core.io.tables import content
from rnn_core.io.tables.content import content_of
from tests.rnn_core.io.tables.workbooks import (
    cell,
    ods,
    ods_cell,
    ods_row,
    rows,
    xlsx,
    zipped,
)

TABLE = rows(("x", "y"), (1.0, 2.0), (3.0, 4.0))


def test_the_content_decides() -> None:
    assert content_of(b"a,b\n1,2", "a.xlsx") == "text"
    assert content_of(xlsx(One=TABLE), "a.csv") == "workbook"
    assert content_of(ods(ods_row(ods_cell(1.0))), "a.csv") == "workbook"
    assert content_of(b"PAR1", "a.csv") == "parquet"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"MZ\x90\0\3" + bytes(60), "a program"),
        (b"\x7fELF\2\1\1" + bytes(60), "a program"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"\x89PNG\r\n\x1a\n" + bytes(9), "a picture"),
        (b"\x1f\x8b\x08\0", "a compressed file"),
        (b"\x93NUMPY\1\0", "a NumPy array"),
        (pickle.dumps([1, 2]), "a pickle"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel or Word file"),
        (b"\n<!DOCTYPE HTML>\n<html>", "a web page"),
        (b'\xef\xbb\xbf{"a": [1, 2]}', "a JSON document"),
        (zipped({"word/document.xml": "<a/>"}), "a compressed file"),
        (zipped({"xl/workbook.bin": b"1"}), "a binary Excel file"),
    ],
)
def test_what_is_no_table_is_refused_for_what_it_is(data: bytes, what: str) -> None:
    with pytest.raises(ValueError, match=rf"'prices\.csv' is {what}.*, no table\. Save"):
        content_of(data, "prices.csv")


@pytest.mark.parametrize("data", [b"", b" \n\r\n\t", bytes(100)])
def test_an_empty_file_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"'a\.csv' is empty"):
        content_of(data, "a.csv")


def test_a_header_may_begin_like_a_magic_number() -> None:
    for head in (b"MZ,BZh\n1,2", b"Rar!,x\n1,2", b"BZh9,x\n1,2"):
        assert content_of(head, "a.csv") == "text"


def test_an_archive_that_states_a_huge_size_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "MOST_UNPACKED", 4_000_000)
    bomb = zipped({"xl/workbook.xml": "", "xl/worksheets/sheet1.xml": bytes(5_000_000)})
    assert len(bomb) < 10_000
    with pytest.raises(ValueError, match="would unpack to 5 MB, more than 4"):
        content_of(bomb, "a.xlsx")


def test_an_archive_that_lies_about_its_size_is_refused() -> None:
    bomb = zipped({"xl/workbook.xml": b" " * 3_000_000})
    lie = bomb.replace((3_000_000).to_bytes(4, "little"), (30).to_bytes(4, "little"))
    assert lie != bomb
    with pytest.raises(ValueError, match="is damaged"):
        content_of(lie, "a.xlsx")


@pytest.mark.parametrize(
    "far",
    [
        f'<row r="1048576">{cell("XFD1048576", 1.0)}</row>',
        f"<row r='1048576'>{cell('XFD1', 1.0)}<c><v>1</v></c></row>",
        '<row r="1048576"><c s=">" r="XFD1048576"><v>1</v></c></row>',
    ],
)
def test_cells_far_apart_are_refused_before_a_reader_fills_what_lies_between(far: str) -> None:
    with pytest.raises(ValueError, match=r"spans 171\d\d million cells, more than 8"):
        content_of(xlsx(One=TABLE + far), "a.xlsx")


def test_far_cells_without_content_are_harmless() -> None:
    far = '<row r="1048576"><c r="XFD1048576" s="1"/></row>'
    assert content_of(xlsx(One=TABLE + far), "a.xlsx") == "workbook"
    empty = ods_row(ods_cell("", 16_384), repeated=1_048_575)
    assert content_of(ods(ods_row(ods_cell(1.0)) + empty), "a.ods") == "workbook"


def test_repeated_cells_are_counted() -> None:
    many = ods_row(ods_cell(1.0, 16_384), repeated=1_048_576)
    with pytest.raises(ValueError, match="spans 17179 million cells"):
        content_of(ods(many), "a.ods")


@pytest.mark.parametrize("keep", [0.3, 0.7, 0.95])
def test_a_cut_archive_is_damaged(keep: float) -> None:
    data = xlsx(One=TABLE)
    with pytest.raises(ValueError, match="is damaged"):
        content_of(data[: int(keep * len(data))], "a.xlsx")


def test_entities_are_refused() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY b "bbbbbbbb">]><a>&b;&b;</a>'
    with pytest.raises(ValueError, match="is damaged"):
        content_of(zipped({"content.xml": bomb}), "a.ods")
    with pytest.raises(ValueError, match="is damaged"):
        content_of(zipped({"content.xml": zlib.compress(bomb)}), "a.ods")
