"""Delimited text: what separates its cells, where the table begins, and its cells as columns."""

from __future__ import annotations

import array
import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rnn_core.io.tables.content import no_table
from rnn_core.io.tables.encoding import decode, find_encoding
from rnn_core.io.tables.limits import (
    LONGEST_LINE,
    MOST_CELLS,
    MOST_COLUMNS,
    MOST_ROWS,
    PROBLEMS_EACH,
)
from rnn_core.io.tables.numbers import find_format, normal_spaces, number_pattern
from rnn_core.io.tables.options import COMMENTS, ReadOptions
from rnn_core.messages import N_, InvalidValue, Message

_SAMPLE_BYTES, _SAMPLE_LINES, _MOST_TITLES = 256_000, 500, 50
# In the order of preference; a space last, as it stands within cells as well.
_TRIED = ("\t", ";", "|", ",", " ")
# Of a single column whose numbers have commas: it was tried before and stands nowhere.
_NONE = "\t"
# With this line Excel is told the separator.
_TOLD = re.compile(r'"?sep=([,;\t|])"?')
_DECIMAL_COMMA = re.compile(r"\s*[+-]?[0-9]+,[0-9]+\s*")


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """A table before its columns are understood.

    Args:
        columns: pyarrow arrays, of strings or, where the file has types, of others.
        lines: line, or row of a sheet, in which each row stands; counted from 1.
        header: texts of the header row, as many as columns; None where there is none.
        found: how it was read.
        problems: what was wrong, most important first.
        sheets: names of all sheets of a workbook.
    """

    columns: list[Any]
    lines: NDArray[np.int64]
    header: list[str] | None
    found: ReadOptions
    problems: tuple[Message, ...] = ()
    sheets: tuple[str, ...] = ()


def read_text(data: bytes, name: str, options: ReadOptions) -> Cells:
    """The cells of delimited text.

    Args:
        data: the whole file.
        name: for messages.
        options: what is known.

    Raises:
        ValueError: when it is no text, has no rows, or is larger than the limits.
    """
    encoding = options.encoding or find_encoding(data)
    if encoding is None:
        raise no_table(name, N_("binary data"))
    body = data
    if encoding != "utf-8":
        body = decode(data, encoding, name).encode("utf-8", "replace")
    if b"\r" in body:
        body = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if b"\0" in body:
        raise no_table(name, N_("binary data"))
    body = body.rstrip()
    _check_lines(body, name)
    sample = body[:_SAMPLE_BYTES].decode("utf-8", "replace")
    if len(body) > _SAMPLE_BYTES:
        sample = sample.rpartition("\n")[0]
    layout = _Layout.find(sample.split("\n")[:_SAMPLE_LINES], body, options)
    if layout.width > MOST_COLUMNS:
        raise too_many_columns(name, layout.width)
    cells = _read_whole(body, layout) or _read_by_line(body, layout, name)
    found = replace(
        options,
        encoding=encoding,
        separator=layout.separator,
        skip=layout.skip,
        comment=layout.comment,
    )
    return replace(cells, found=found)


def too_many_columns(name: str, columns: int) -> InvalidValue:
    """The exception that refuses a table for its columns."""
    return InvalidValue(
        N_("{name!r} has {columns} columns, more than {most}. Keep those of the series."),
        name=name,
        columns=columns,
        most=MOST_COLUMNS,
    )


def too_many_rows(name: str, rows: int) -> InvalidValue:
    """The exception that refuses a table for its rows."""
    return InvalidValue(
        N_("{name!r} has {rows} rows, more than {most}. Keep the latest, or every tenth."),
        name=name,
        rows=rows,
        most=MOST_ROWS,
    )


def _check_lines(body: bytes, name: str) -> None:
    ends = np.flatnonzero(np.frombuffer(body, np.uint8) == ord("\n"))
    if len(ends) > MOST_ROWS + _MOST_TITLES:
        raise too_many_rows(name, len(ends))
    lengths = np.diff(np.concatenate([[-1], ends, [len(body)]])) - 1
    if lengths.max() > LONGEST_LINE:
        line = int(lengths.argmax())
        raise InvalidValue(
            N_("Line {line} of {name!r} has {length} characters, more than {most}. Split it."),
            name=name,
            line=line + 1,
            length=int(lengths[line]),
            most=LONGEST_LINE,
        )


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a text is laid out: see `ReadOptions`; ``width`` counts columns, ``quoted`` is whether
    quotes group cells, ``names`` is a header that stands in a comment."""

    separator: str
    comment: str
    skip: int
    width: int
    quoted: bool
    names: list[str] | None

    @classmethod
    def find(cls, lines: list[str], body: bytes, options: ReadOptions) -> _Layout:
        first = next((line.lstrip() for line in lines if line.strip()), "")
        comment = options.comment
        if comment is None:
            comment = next((sign for sign in COMMENTS[1:] if first.startswith(sign)), "")
        rows = [
            (place, line)
            for place, line in enumerate(lines)
            if line.strip() and not (comment and line.lstrip().startswith(comment))
        ]
        if options.skip is not None:
            rows = [(place, line) for place, line in rows if place >= options.skip]
        quoted = body.count(b'"') % 2 == 0  # one too many would join the rest into a cell
        texts = [line for _place, line in rows]
        separator = options.separator
        told = _TOLD.fullmatch(texts[0].strip()) if texts and options.skip is None else None
        if told is not None:
            del rows[0], texts[0]
            separator = separator or told[1]
        separator = separator or _find_separator(texts, quoted)
        split = _splitter(separator, quoted)
        counts = [len(split(line)) for line in texts]
        width = _usual(counts)
        begin = 0
        if options.skip is None and width > 1 and counts:
            while begin < min(len(counts), _MOST_TITLES) and counts[begin] < width:
                begin += 1
            if begin == len(counts):
                begin = 0
            begin = max(begin, _below_blank(rows, counts, width, split))
        skip = options.skip if options.skip is not None else (rows[begin][0] if rows else 0)
        if options.skip is None and comment and begin == 0:
            skip = 0
        names = None
        if begin and width > 2 and counts[begin - 1] == width - 1:
            above = split(texts[begin - 1])
            if _names(above) and not _names(split(texts[begin])):
                names = ["", *above]  # as R writes them, without one for the names of rows
        if comment and rows and options.header is not False:
            before = [line for line in lines[: rows[0][0]] if line.lstrip().startswith(comment)]
            if before:
                names = [cell.strip() for cell in split(before[-1].lstrip().lstrip(comment))]
                if len(names) != width or not _names(names):
                    names = None
        return cls(separator, comment, skip, width, quoted, names)


def _below_blank(
    rows: list[tuple[int, str]],
    counts: list[int],
    width: int,
    split: Callable[[str], list[str]],
) -> int:
    """The row that is a header below a blank line, with values in the next one; 0 for none."""
    for place in range(1, min(len(rows) - 1, _MOST_TITLES)):
        after_blank = rows[place][0] > rows[place - 1][0] + 1
        if after_blank and counts[place] == counts[place + 1] == width:
            here, below = (split(rows[row][1]) for row in (place, place + 1))
            if _names(here) and not _names(below) and all(here):
                return place
    return 0


def _names(cells: list[str]) -> bool:
    number = re.compile(number_pattern(".", ","))
    return any(cells) and not any(number.match(cell.strip()) for cell in cells)


def _usual(counts: list[int]) -> int:
    """The most frequent count; the larger of two that are as frequent."""
    if not counts:
        return 1
    tally = Counter(counts)
    return max(tally, key=lambda count: (tally[count], count))


def _find_separator(lines: list[str], quoted: bool) -> str:
    """The first of the usual ones that cuts nearly all lines into as many cells, more than one."""
    for separator in _TRIED:
        split = _splitter(separator, quoted)
        rows = [split(line) for line in lines]
        counts = [len(cells) for cells in rows]
        width = _usual(counts)
        if width < 2 or counts.count(width) < 0.8 * len(counts):
            continue
        if separator == "," and _is_decimal_comma(lines):
            return _NONE
        if separator in ", " and _is_one_number(lines):
            return _NONE
        return separator
    # Ragged throughout: what most lines have.
    for separator in _TRIED[:4]:
        if sum(separator in line for line in lines) > 0.5 * len(lines):
            is_one = _is_decimal_comma(lines) or _is_one_number(lines)
            return _NONE if separator == "," and is_one else separator
    return ","


def _is_decimal_comma(lines: list[str]) -> bool:
    """Whether these are a name and numbers with a decimal comma, in a single column."""
    return (
        len(lines) > 1
        and "," not in lines[0]
        and all(_DECIMAL_COMMA.fullmatch(line) for line in lines[1:])
    )


def _is_one_number(lines: list[str]) -> bool:
    """Whether each line but the first is one number whose digits are grouped by spaces."""
    decimal, thousands = find_format(lines)
    number = re.compile(number_pattern(decimal, thousands))
    return thousands == " " and all(number.match(normal_spaces(line)) for line in lines[1:])


def _quoting(quoted: bool) -> Literal[0, 3]:
    return csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE


def _splitter(separator: str, quoted: bool) -> Callable[[str], list[str]]:
    """What cuts a line into cells."""
    if separator == " " and not quoted:
        return str.split
    quoting = _quoting(quoted)

    def split(line: str) -> list[str]:
        if separator == " ":
            line = " ".join(line.split())
        try:
            return next(csv.reader([line], delimiter=separator, quoting=quoting), [])
        except csv.Error:
            return line.split(separator)

    return split


def _read_whole(body: bytes, layout: _Layout) -> Cells | None:
    """Read a text without irregularities at once; None for another."""
    import pyarrow as pa
    from pyarrow import csv as arrow

    start = 0
    for _line in range(layout.skip):
        start = body.find(b"\n", start) + 1
        if not start:
            return None
    if layout.comment:
        mark = layout.comment.encode()
        line = layout.skip
        while body.startswith(mark, start):
            start = body.find(b"\n", start) + 1
            line += 1
            if not start:
                return None
        if re.search(rb"\n[ \t]*" + re.escape(mark), body[start:]):
            return None
    else:
        line = layout.skip
    rest = body[start:]
    if layout.separator == " " or b"\n\n" in rest or rest.startswith(b"\n"):
        return None
    has_quotes = b'"' in rest
    if has_quotes and (not layout.quoted or _breaks_in_quotes(rest)):
        return None
    if layout.width == 1 and re.search(rb"\n[ \t]+\n", rest):
        return None
    names = [str(place) for place in range(layout.width)]
    try:
        table = arrow.read_csv(
            pa.BufferReader(rest),
            arrow.ReadOptions(column_names=names, block_size=8 * LONGEST_LINE),
            arrow.ParseOptions(
                delimiter=layout.separator,
                quote_char='"' if has_quotes else False,
                ignore_empty_lines=False,
            ),
            arrow.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
                null_values=[""],
                check_utf8=False,  # it was decoded before
            ),
        )
    except pa.ArrowInvalid:
        return None  # rows of another length
    if len(table) != rest.count(b"\n") + 1:
        return None
    columns = [column.combine_chunks() for column in table.columns]
    lines = np.arange(line + 1, line + 1 + len(table))
    return Cells(columns, lines, layout.names, ReadOptions())


def _breaks_in_quotes(body: bytes) -> bool:
    signs = np.frombuffer(body, np.uint8)
    quotes, ends = np.flatnonzero(signs == ord('"')), np.flatnonzero(signs == ord("\n"))
    return bool(np.any(np.searchsorted(quotes, ends) % 2))


def _read_by_line(body: bytes, layout: _Layout, name: str) -> Cells:
    """Read a text with blank lines, comments, or rows of several lengths."""
    import pyarrow as pa
    from pyarrow import csv as arrow

    width = layout.width
    lines = array.array("q")
    short: list[tuple[int, int]] = []
    long: list[tuple[int, int]] = []
    comments: set[int] = set()
    number = 0
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    try:
        for number, row in _rows(body, layout, comments):
            if not row or (len(row) == 1 and not row[0].strip()):
                # A blank line is a row only where the table has a single column.
                if width > 1 or not lines or number in comments:
                    continue
                row = [""]
            if len(row) < width:
                short.append((number, len(row)))
                row = row + [""] * (width - len(row))
            elif len(row) > width:
                if any(cell.strip() for cell in row[width:]):
                    if len(row) > MOST_COLUMNS:
                        raise too_many_columns(name, len(row))
                    long.append((number, len(row)))
                    continue
                row = row[:width]
            lines.append(number)
            writer.writerow(row)
    except csv.Error as error:
        raise InvalidValue(
            N_("Line {line} of {name!r} cannot be read: {reason}. Look for a stray quote."),
            line=number + 1,
            name=name,
            reason=str(error),
        ) from None
    if len(lines) * width > MOST_CELLS:
        raise too_many_rows(name, len(lines))
    names = [str(place) for place in range(width)]
    text = buffer.getvalue().encode()
    if not lines:
        columns = [pa.array([], pa.string())] * width
    else:
        table = arrow.read_csv(
            pa.BufferReader(text),
            arrow.ReadOptions(column_names=names, block_size=min(len(text) + 1, 1 << 30)),
            arrow.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            arrow.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
                null_values=[""],
                check_utf8=False,
            ),
        )
        columns = [column.combine_chunks() for column in table.columns]
    problems = [*_ragged(long, width, left_out=True), *_ragged(short, width, left_out=False)]
    return Cells(columns, np.array(lines, np.int64), layout.names, ReadOptions(), tuple(problems))


def _rows(body: bytes, layout: _Layout, comments: set[int]) -> Iterator[tuple[int, list[str]]]:
    """Line in which each row begins, and its cells; collects the lines of comments."""
    text = io.StringIO(body.decode("utf-8", "replace"), newline="\n")
    for _line in range(layout.skip):
        text.readline()

    def kept() -> Iterator[str]:
        for number, line in enumerate(text, layout.skip + 1):
            if layout.comment and line.lstrip().startswith(layout.comment):
                comments.add(number)
                yield "\n"  # so that lines are counted
            elif layout.separator == " ":
                yield " ".join(line.split()) + "\n"
            else:
                yield line

    reader = csv.reader(kept(), delimiter=layout.separator, quoting=_quoting(layout.quoted))
    before = layout.skip
    for row in reader:
        yield before + 1, row
        before = layout.skip + reader.line_num


def _ragged(rows: list[tuple[int, int]], width: int, left_out: bool) -> Iterator[Message]:
    """What is said of rows of another length."""
    if left_out:
        one = N_("Line {line} has {cells} cells in place of {width} and is left out.")
        more = N_("Further lines that have too many cells and are left out: {count}.")
    else:
        one = N_("Line {line} has {cells} of {width} cells; the others count as empty.")
        more = N_("Further lines that have too few cells: {count}.")
    for line, cells in rows[:PROBLEMS_EACH]:
        yield Message(one, {"line": line, "cells": cells, "width": width})
    if len(rows) > PROBLEMS_EACH:
        yield Message(more, {"count": len(rows) - PROBLEMS_EACH})
