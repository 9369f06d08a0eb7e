"""What a file is, by its content: its name may say anything."""

from __future__ import annotations

import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Literal
from xml.parsers import expat

from rnn_core.io.tables.limits import MOST_BYTES, MOST_SHEET_CELLS, MOST_UNPACKED
from rnn_core.messages import N_, InvalidValue, Message

Content = Literal["text", "workbook", "parquet"]

# What begins a file that is no table, and what it is then.
_OTHERS = (
    (b"MZ", N_("a program")),
    (b"\x7fELF", N_("a program")),
    (b"\xcf\xfa\xed\xfe", N_("a program")),
    (b"%PDF", N_("a PDF document")),
    (b"\x89PNG", N_("a picture")),
    (b"\xff\xd8\xff", N_("a picture")),
    (b"GIF8", N_("a picture")),
    (b"\x1f\x8b", N_("a compressed file")),
    (b"BZh", N_("a compressed file")),
    (b"7z\xbc\xaf", N_("a compressed file")),
    (b"Rar!", N_("a compressed file")),
    (b"\xfd7zXZ", N_("a compressed file")),
    (b"\x28\xb5\x2f\xfd", N_("a compressed file")),
    (b"\x89HDF", N_("an HDF5 file")),
    (b"\x93NUMPY", N_("a NumPy array")),
    (b"SQLite format 3", N_("a database")),
    (b"ARROW1", N_("an Arrow file")),
    (b"\x80\x02", N_("a pickle, which could run programs")),
    (b"\x80\x03", N_("a pickle, which could run programs")),
    (b"\x80\x04", N_("a pickle, which could run programs")),
    (b"\x80\x05", N_("a pickle, which could run programs")),
    (b"\xd0\xcf\x11\xe0", N_("an old Excel or Word file")),
    (b"<!doctype html", N_("a web page")),
    (b"<html", N_("a web page")),
    (b"<?xml", N_("an XML document")),
    (b"{", N_("a JSON document")),
    (b"[{", N_("a JSON document")),
)
_CHUNK = 1 << 20
_REFERENCE = re.compile(rb"""\sr\s*=\s*["']\s*([A-Za-z]*)([0-9]+)\s*["']""")
_OVERLAP = 64


def content_of(data: bytes, name: str) -> Content:
    """What a file holds.

    Args:
        data: the whole file.
        name: for the message.

    Raises:
        ValueError: when it is empty, too large, no table, or a workbook that would unpack to
            more than the limits allow.
    """
    require_size(data, name, MOST_BYTES)
    if not data.strip(b" \t\r\n\0"):
        raise InvalidValue(N_("{name!r} is empty. Choose another file."), name=name)
    if data.startswith(b"PK"):
        _check_archive(data, name)
        return "workbook"
    if data.startswith(b"PAR1"):
        return "parquet"
    head = data[:64].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    is_binary = any(byte < 9 for byte in data[:4096])
    for magic, what in _OTHERS:
        if data.startswith(magic):
            # A header of text may begin with the letters of a magic number.
            if is_binary or not magic[:1].isalnum():
                raise no_table(name, what)
        elif head.startswith(magic) and magic[0] < 0x80 and not magic[:1].isalnum():
            raise no_table(name, what)
    return "text"


def require_size(data: bytes, name: str, most: int) -> None:
    """Refuse a file that is too large.

    Args:
        data: the whole file.
        name: for the message.
        most: bytes.

    Raises:
        ValueError: when it has more.
    """
    if len(data) > most:
        raise InvalidValue(
            N_("{name!r} has {size} MB, more than {most}. Leave out rows or columns."),
            name=name,
            size=-(-len(data) // 1_000_000),
            most=most // 1_000_000,
        )


def no_table(name: str, what: str) -> InvalidValue:
    """The exception that refuses a file for what it is.

    Args:
        name: of the file.
        what: a message id.
    """
    return InvalidValue(
        N_("{name!r} is {what}, no table. Save the table as CSV, Excel (xlsx) or Parquet."),
        name=name,
        what=Message(what),
    )


def _check_archive(data: bytes, name: str) -> None:
    """Refuse an archive that is no workbook or would not fit into memory."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            names = {member.filename for member in members}
            stated = sum(member.file_size for member in members)
            if stated > MOST_UNPACKED:
                raise InvalidValue(
                    N_("{name!r} would unpack to {size} MB, more than {most}. Save less of it."),
                    name=name,
                    size=stated // 1_000_000,
                    most=MOST_UNPACKED // 1_000_000,
                )
            if "xl/workbook.bin" in names:
                raise no_table(name, N_("a binary Excel file"))
            if "xl/workbook.xml" not in names and "content.xml" not in names:
                raise no_table(name, N_("a compressed file"))
            for member in members:
                if member.flag_bits & 1:
                    raise no_table(name, N_("encrypted"))
                # Unpacking whole checks that each is as large as it states.
                if member.filename == "content.xml" and "xl/workbook.xml" not in names:
                    _check_extent(_sheet_extent(archive, member), name)
                else:
                    _check_member(archive, member, name)
    except InvalidValue:
        raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        expat.ExpatError,
        EOFError,
        LookupError,
        NotImplementedError,
        OSError,
        OverflowError,
        RuntimeError,
        ValueError,
    ):
        raise damaged(name) from None


def damaged(name: str) -> InvalidValue:
    """The exception that refuses a file that cannot be read."""
    return InvalidValue(N_("{name!r} is damaged and cannot be read. Save it again."), name=name)


def _check_extent(extent: int, name: str) -> None:
    if extent > MOST_SHEET_CELLS:
        raise InvalidValue(
            N_(
                "A sheet of {name!r} spans {cells} million cells, more than {most}. Delete what "
                "stands far from the table, or save it as CSV."
            ),
            name=name,
            cells=extent // 1_000_000,
            most=MOST_SHEET_CELLS // 1_000_000,
        )


def _chunks(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(member) as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _check_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> None:
    """Refuse a sheet whose cells lie so far apart that the table between them is too large.

    The reader fills the whole rectangle: two cells in opposite corners take 400 GB.
    """
    rows = columns = 0
    rest = b""
    is_xml = member.filename.lower().endswith(".xml")
    for chunk in _chunks(archive, member):
        if not is_xml:
            continue
        if b"\0" in chunk:
            raise damaged(name)
        text = rest + chunk
        for letters, digits in _REFERENCE.findall(text):
            rows = max(rows, int(digits[-12:]))
            columns = max(columns, _column(letters))
        rest = text[-_OVERLAP:]
    if rows * columns > MOST_SHEET_CELLS:  # by cells that may be empty: look closer
        _check_extent(_cells_extent(archive, member), name)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters[:8].upper():
        number = number * 26 + letter - 64
    return number


def _parse(
    archive: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    text: Callable[[str], None],
) -> None:
    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text

    def refuse(*_declared: object) -> None:
        raise zipfile.BadZipFile("an entity")  # what could make a small document large

    parser.EntityDeclHandler = refuse
    for chunk in _chunks(archive, member):
        parser.Parse(chunk, False)
    parser.Parse(b"", True)


def _cells_extent(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    """Rows times columns up to the last cells with content, of a sheet of xlsx."""
    row = place = column = rows = columns = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal row, place, column, rows, columns
        tag = tag.rpartition(":")[2]
        if tag == "row":
            row = int(attributes.get("r", row + 1))
            column = 0
        elif tag == "c":
            letters = "".join(filter(str.isalpha, attributes.get("r", "")))
            column = _column(letters.encode()) if letters else column + 1
            digits = attributes.get("r", "").lstrip(letters)
            place = int(digits) if digits.isdecimal() else row
        elif tag in ("v", "t", "f"):
            rows, columns = max(rows, place), max(columns, column)

    _parse(archive, member, start, lambda _tag: None, lambda _text: None)
    return rows * columns


def _sheet_extent(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    """The largest rows times columns of the sheets of an OpenDocument spreadsheet."""
    row = repeated = column = last = rows = columns = largest = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal row, repeated, column, last, rows, columns
        tag = tag.rpartition(":")[2]
        if tag == "table":
            row = rows = columns = 0
        elif tag == "table-row":
            repeated = int(attributes.get("table:number-rows-repeated", 1))
            column = last = 0
        elif tag in ("table-cell", "covered-table-cell"):
            column += int(attributes.get("table:number-columns-repeated", 1))
            if any(key.startswith("office:") or key == "table:formula" for key in attributes):
                last = column
        elif tag == "p":
            last = column

    def end(tag: str) -> None:
        nonlocal row, rows, columns, largest
        if tag.rpartition(":")[2] == "table-row":
            row += repeated
            if last:
                rows, columns = row, max(columns, last)
                largest = max(largest, rows * columns)

    _parse(archive, member, start, end, lambda _text: None)
    return largest
