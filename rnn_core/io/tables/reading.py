"""From the bytes of a file to a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_core.io.files import file_bytes
from rnn_core.io.tables.content import Content, content_of
from rnn_core.io.tables.dates import Dates, from_unix, parse_dates, unix_times
from rnn_core.io.tables.limits import (
    LONGEST_CELL,
    MOST_PROBLEMS,
    PREVIEW_CELL,
    PREVIEW_ROWS,
    PROBLEMS_EACH,
)
from rnn_core.io.tables.numbers import MISSING, find_format, normal_spaces, parse_numbers
from rnn_core.io.tables.options import Kind, ReadOptions
from rnn_core.io.tables.parquet import read_parquet
from rnn_core.io.tables.table import Column, Table
from rnn_core.io.tables.text import Cells, read_text
from rnn_core.io.tables.workbook import read_workbook
from rnn_core.messages import N_, InvalidValue, Message

_READERS = {"text": read_text, "workbook": read_workbook, "parquet": read_parquet}
# Cells of a column by which its kind is guessed, and by which the decimal mark is.
_SAMPLE, _FORMAT_SAMPLE = 1_000, 300
_LONGEST_NAME = 80
_DEFAULT = ReadOptions()
_UNIT = re.compile("[%‰$€£¥]")


def read_table(data: bytes, name: str, options: ReadOptions = _DEFAULT) -> Table:
    """Read a table: delimited or pasted text, a workbook, or Parquet, as its content says.

    Args:
        data: the whole file, or pasted text as UTF-8.
        name: of the file, for people; it decides nothing.
        options: what is known; the rest is found out. `Table.found`, with a change, corrects it.

    Raises:
        TypeError: when it is not bytes.
        ValueError: when it is no table, is empty, has a single row, is damaged, or is larger than
            the limits in `rnn_core.io.tables.limits`.

    Example:
        >>> table = read_table("Datum;Preis\\n1.2.2026;1.234,5\\n2.2.2026;7".encode(), "a.csv")
        >>> [column.kind for column in table.columns], table.columns[1].values.tolist()
        (['date', 'number'], [1234.5, 7.0])
        >>> table.found.separator, table.found.decimal, table.found.date_order
        (';', ',', 'dmy')
    """
    data = file_bytes(data)
    content: Content = content_of(data, name)
    cells = _READERS[content](data, name, options)
    cells = _without_empty_end(replace(cells, columns=[_simple(col) for col in cells.columns]))
    if not len(cells.lines):
        raise _too_few(name, 0)
    found = replace(options, **_known(cells.found))
    is_text = [_is_text(column) for column in cells.columns]
    texts = [column for column, text in zip(cells.columns, is_text, strict=True) if text]
    texts = [_trimmed(column) for column in texts]
    decimal, thousands = found.decimal, found.thousands
    if decimal is None or thousands is None:
        sample = [cell for column in texts for cell in _spread(column, _FORMAT_SAMPLE)]
        told = find_format(sample, found.separator or ",")
        decimal = decimal or told[0]
        thousands = told[1] if thousands is None else thousands
    if thousands == decimal:
        thousands = ""
    found = replace(found, decimal=decimal, thousands=thousands)
    header = cells.header
    if header is None:
        has_header = found.header
        if has_header is None:
            has_header = _has_header(texts, found)
        found = replace(found, header=has_header)
        if has_header:
            header = [_first(column) for column in texts]
            texts = [column.slice(1) for column in texts]
            cells = replace(
                cells, columns=[column.slice(1) for column in cells.columns], lines=cells.lines[1:]
            )
    else:
        found = replace(found, header=True)
    if len(cells.lines) < 2:
        raise _too_few(name, len(cells.lines))
    rest = iter(texts)
    columns = [
        next(rest) if text else column for column, text in zip(cells.columns, is_text, strict=True)
    ]
    names, renamed = _names(header, len(columns))
    kept = [
        place
        for place, column in enumerate(columns)
        # A column without a name and without values comes from separators at the ends of lines.
        if column.null_count < len(column) or (header is not None and header[place].strip())
    ]
    if not kept:
        raise InvalidValue(N_("{name!r} is empty. Choose another file."), name=name)
    columns, names = [columns[place] for place in kept], [names[place] for place in kept]
    reader = _Reader(found, cells.lines)
    made = [reader.column(column, label) for column, label in zip(columns, names, strict=True)]
    made = _with_times_of_day(made, columns)
    found = replace(
        found,
        date_order=found.date_order or reader.date_order,
        kinds=tuple((column.name, column.kind) for column in made),
    )
    problems = [*cells.problems, *reader.wrong, *renamed, *reader.empty]
    return Table(
        name=name,
        columns=tuple(made),
        lines=cells.lines,
        found=found,
        problems=tuple(problems[:MOST_PROBLEMS]),
        preview=_preview(columns),
        sheets=cells.sheets,
    )


def _too_few(name: str, rows: int) -> InvalidValue:
    return InvalidValue(
        N_("{name!r} has too few rows of values for a series: {rows}. Choose another file."),
        name=name,
        rows=rows,
    )


def _simple(column: Any) -> Any:
    """A column with dates and times of one type."""
    import pyarrow as pa

    if pa.types.is_temporal(column.type):
        return column.cast(pa.timestamp("us"), safe=False)
    return column


def _shown(column: Any) -> list[str | None]:
    """Cells as text. Python has no dates after the year 9999, Arrow has."""
    import pyarrow as pa

    cells: list[str | None] = column.cast(pa.string()).to_pylist()
    return cells


def _known(found: ReadOptions) -> dict[str, Any]:
    """What a reader has found out."""
    names = ("encoding", "separator", "skip", "comment", "sheet", "header")
    return {name: value for name in names if (value := getattr(found, name)) is not None}


def _is_text(column: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(column.type))


def _trimmed(column: Any) -> Any:
    """Cells without spaces around them; null for empty ones."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, column.type), column)


def _spread(column: Any, count: int) -> list[str]:
    """Cells from all over a column, about so many, without empty ones."""
    step = max(1, len(column) // count)
    return [cell for cell in column[::step].to_pylist() if cell]


def _first(column: Any) -> str:
    return str(column[0].as_py() or "")


def _without_empty_end(cells: Cells) -> Cells:
    """Cells without the rows at the end, and at the beginning, in which nothing stands."""
    import pyarrow.compute as pc

    count = len(cells.lines)

    def is_empty(row: int) -> bool:
        return all(
            not column[row].is_valid or (_is_text(column) and not str(column[row].as_py()).strip())
            for column in cells.columns
        )

    stop = count
    while stop and is_empty(stop - 1):
        stop -= 1
        if count - stop > 1_000:  # many: look at all at once
            filled = np.zeros(count, bool)
            for column in cells.columns:
                known = pc.is_valid(column).to_numpy(zero_copy_only=False)
                if _is_text(column):
                    blank = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(column), ""), True)
                    known = known & ~blank.to_numpy(zero_copy_only=False)
                filled |= known
            stop = int(np.flatnonzero(filled)[-1]) + 1 if filled.any() else 0
            break
    start = 0
    while start < stop and is_empty(start):
        start += 1
    if start == 0 and stop == count:
        return cells
    return replace(
        cells,
        columns=[column.slice(start, stop - start) for column in cells.columns],
        lines=cells.lines[start:stop],
    )


def _has_header(columns: Sequence[Any], found: ReadOptions) -> bool:
    """Whether the first row names the columns: text above numbers or dates, or text that does not
    occur again."""
    if not columns or not len(columns[0]):
        return False
    firsts = [_first(column) for column in columns]
    if any(first and _kinds_of([first], found) != "text" for first in firsts):
        return False
    below = [_spread(column.slice(1), 50) for column in columns]
    if any(cells and _kinds_of(cells, found) != "text" for cells in below):
        return True
    named = [first for first in firsts if first]
    return bool(named) and all(
        first not in cells for first, cells in zip(firsts, below, strict=True) if first
    )


def _kinds_of(cells: list[str], found: ReadOptions) -> Kind:
    """The kind of most cells."""
    import pyarrow as pa

    if not any(char.isdigit() for cell in cells for char in cell):
        return "text"
    column = pa.array([None if normal_spaces(cell).lower() in MISSING else cell for cell in cells])
    column = column.cast(pa.string())
    known = len(column) - column.null_count
    if not known:
        return "text"
    numbers = parse_numbers(column, found.decimal or ".", found.thousands or "")
    count = int((~np.isnan(numbers)).sum())
    if 2 * count >= known and not _compact(column, numbers):
        return "number"
    if 2 * parse_dates(column, found.date_order).known >= known:
        return "date"
    return "number" if 2 * count >= known else "text"


def _compact(column: Any, numbers: NDArray[np.float64]) -> bool:
    """Whether whole numbers of eight digits are dates, as 20260131."""
    known = numbers[~np.isnan(numbers)]
    if not len(known) or known.min() < 1800_01_01 or known.max() > 2200_01_01:
        return False
    return len(known) > 2 and parse_dates(column, "ymd").known == len(column) - column.null_count


def _names(header: list[str] | None, count: int) -> tuple[list[str], list[Message]]:
    """A name for each column, all different, and what was changed."""
    names: list[str] = []
    problems = []
    given = [""] * count if header is None else header
    taken = {" ".join(name.split())[:_LONGEST_NAME] for name in given}
    for place, name in enumerate(given, 1):
        name = " ".join(name.split())[:_LONGEST_NAME]
        label = name or f"column_{place}"
        number = 1
        while label in names or (number > 1 and label in taken):
            number += 1
            label = f"{name or f'column_{place}'}_{number}"
        if name and label != name:
            problems.append(
                Message(
                    N_("More than one column is called {name!r}; column {place} is now {label!r}."),
                    {"name": name, "place": place, "label": label},
                )
            )
        names.append(label)
    return names, problems[:PROBLEMS_EACH]


def _with_times_of_day(made: list[Column], cells: Sequence[Any]) -> list[Column]:
    """Columns in which a day has the time that stands in the next column, as 12:30."""
    import pyarrow.compute as pc

    made = list(made)
    for place in range(1, len(made)):
        day, time = made[place - 1], made[place]
        if day.kind != "date" or time.kind != "text" or not _is_text(cells[place]):
            continue
        is_time = pc.match_substring_regex(cells[place], r"^[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?$")
        if not pc.all(is_time, min_count=0).as_py():
            continue
        known = day.values[~np.isnat(day.values)]
        if np.any(known != known.astype("datetime64[D]")):
            continue  # it has times of its own
        start = np.datetime64("2000-01-01", "us")
        dated = pc.binary_join_element_wise("2000-01-01", cells[place], " ")
        values = day.values + (parse_dates(dated, "ymd").times - start)
        missing = int(np.isnat(values).sum())
        made[place - 1] = replace(day, values=values, missing=missing)
    return made


def _preview(columns: Sequence[Any]) -> tuple[tuple[str, ...], ...]:
    heads = [_shown(column[:PREVIEW_ROWS]) for column in columns]
    return tuple(
        tuple("" if cell is None else _short(str(cell), PREVIEW_CELL) for cell in row)
        for row in zip(*heads, strict=True)
    )


def _short(text: str, most: int = 40) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


class _Reader:
    """Turns arrays into columns and collects what is wrong with their cells.

    Args:
        options: how numbers and dates are written.
        lines: of the rows.
    """

    def __init__(self, options: ReadOptions, lines: NDArray[np.int64]) -> None:
        self.options, self.lines = options, lines
        self.kinds = dict(options.kinds)
        self.date_order = options.date_order
        self.wrong: list[Message] = []
        self.empty: list[Message] = []

    def column(self, cells: Any, name: str) -> Column:
        """A column of the kind that is asked for, or that most of its cells have."""
        import pyarrow as pa

        if pa.types.is_temporal(cells.type):
            return self._typed(cells, name, "date")
        if not _is_text(cells):
            return self._typed(cells, name, "number")
        self._check_length(cells, name)
        kind = self.kinds.get(name)
        if kind is None:
            sample = _spread(cells, _SAMPLE)
            known = [cell for cell in sample if normal_spaces(cell).lower() not in MISSING]
            kind = _kinds_of(known, self.options) if known else "number"
        if kind == "number":
            return self._numbers(cells, name)
        if kind == "date":
            return self._dates(cells, name)
        return self._texts(cells, name)

    def _typed(self, cells: Any, name: str, own: Kind) -> Column:
        """A column that has a type in its file."""
        import pyarrow as pa

        kind = self.kinds.get(name, own)
        if own == "date":
            if kind == "number":
                cells = cells.cast(pa.int64())
            times = cells.to_numpy(zero_copy_only=False)
            if kind == "date":
                return self._made(name, "date", times.astype("datetime64[us]"), cells)
        if kind == "text":
            return self._texts(cells.cast(pa.string()), name)
        values = np.array(
            cells.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64
        )
        values[~np.isfinite(values)] = np.nan
        if kind == "date":
            return self._made(name, "date", _times(values), cells)
        return self._made(name, "number", values, cells)

    def _numbers(self, cells: Any, name: str) -> Column:
        values = parse_numbers(cells, self.options.decimal or ".", self.options.thousands or "")
        if name not in self.kinds:
            times = unix_times(values)
            if times is not None:
                return self._made(name, "date", times, cells)
        units = {found[0] for cell in _spread(cells, 100) if (found := _UNIT.search(cell))}
        return self._made(name, "number", values, cells, units.pop() if len(units) == 1 else "")

    def _dates(self, cells: Any, name: str) -> Column:
        dates: Dates = parse_dates(
            cells, self.options.date_order, day_first=self.options.decimal == ","
        )
        if dates.known == 0:
            values = parse_numbers(cells, self.options.decimal or ".", "")
            if not np.isnan(values).all():
                return self._made(name, "date", _times(values), cells)
        self.date_order = self.date_order or dates.order
        return self._made(name, "date", dates.times, cells)

    def _texts(self, cells: Any, name: str) -> Column:
        kind = np.dtypes.StringDType()
        values = np.empty(len(cells), kind)
        for start in range(0, len(cells), 65_536):  # a list of all would take a gigabyte
            part = cells[start : start + 65_536].to_pylist()
            values[start : start + len(part)] = [cell or "" for cell in part]
        return Column(name, "text", values, cells.null_count)

    def _made(
        self, name: str, kind: Kind, values: NDArray[Any], cells: Any, unit: str = ""
    ) -> Column:
        """The column, after its wrong and empty cells were noted."""
        missing = np.isnat(values) if kind == "date" else np.isnan(values)
        rows = np.flatnonzero(missing)
        if len(rows):
            self._note(name, kind, rows, cells)
        return Column(name, kind, values, len(rows), unit)

    def _note(self, name: str, kind: Kind, rows: NDArray[np.int64], cells: Any) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        filled = pc.is_valid(cells).to_numpy(zero_copy_only=False)
        wrong = rows[filled[rows]]
        one = (
            N_("Line {line}, column {column!r}: {text!r} is no number.")
            if kind == "number"
            else N_("Line {line}, column {column!r}: {text!r} is no date.")
        )
        # Cells that say themselves that they are empty come last.
        heads = _shown(cells.take(pa.array(wrong[:1_000])))
        told = [str(text).strip().lower() not in MISSING for text in heads]
        order = sorted(range(len(heads)), key=lambda place: not told[place])[:PROBLEMS_EACH]
        for place in order:
            values = {
                "line": int(self.lines[wrong[place]]),
                "column": name,
                "text": _short(str(heads[place])),
            }
            (self.wrong if told[place] else self.empty).append(Message(one, values))
        if len(wrong) > PROBLEMS_EACH:
            more = (
                N_("Column {column!r}: further cells that are no numbers: {count}.")
                if kind == "number"
                else N_("Column {column!r}: further cells that are no dates: {count}.")
            )
            values = {"column": name, "count": len(wrong) - PROBLEMS_EACH}
            (self.wrong if any(told) else self.empty).append(Message(more, values))
        empty = rows[~filled[rows]]
        if len(empty):
            self.empty.append(
                Message(
                    N_("Column {column!r}: empty cells: {count}, the first in line {line}."),
                    {"column": name, "count": len(empty), "line": int(self.lines[empty[0]])},
                )
            )

    def _check_length(self, cells: Any, name: str) -> None:
        import pyarrow.compute as pc

        lengths = pc.binary_length(cells)
        longest = pc.max(lengths).as_py() or 0
        if longest > LONGEST_CELL:
            row = pc.index(lengths, longest).as_py()
            raise InvalidValue(
                N_(
                    "Line {line}, column {column!r}: the cell has {length} characters, more than "
                    "{most}. Look for a missing separator or quote."
                ),
                line=int(self.lines[row]),
                column=name,
                length=longest,
                most=LONGEST_CELL,
            )


def _times(values: NDArray[np.float64]) -> NDArray[np.datetime64]:
    """Numbers as times: seconds or milliseconds since 1970."""
    known = values[~np.isnan(values)]
    scale = 1_000 if len(known) and np.median(np.abs(known)) > 1e11 else 1
    return from_unix(values, scale)
