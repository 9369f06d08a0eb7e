"""Workbooks of Excel and LibreOffice. Formulas are never evaluated: what was saved is read."""

from __future__ import annotations

import datetime
import io
from dataclasses import replace
from itertools import zip_longest
from typing import Any

import numpy as np

from rnn_core.io.tables.content import damaged
from rnn_core.io.tables.limits import MOST_COLUMNS, MOST_ROWS
from rnn_core.io.tables.options import ReadOptions
from rnn_core.io.tables.text import Cells, too_many_columns, too_many_rows
from rnn_core.messages import N_, InvalidValue, unknown_choice


def read_workbook(data: bytes, name: str, options: ReadOptions) -> Cells:
    """The cells of a sheet, as text; of the first that has any, where none is named.

    Args:
        data: the whole file, checked by `rnn_core.io.tables.content.content_of`.
        name: for messages.
        options: what is known.

    Raises:
        ValueError: when it is damaged, or has no such sheet, no cells or too many.
    """
    import pyarrow as pa

    sheets, chosen, rows = _sheet(data, name, options.sheet)
    lines = [line for line, row in enumerate(rows, 1) if any(cell != "" for cell in row)]
    if options.skip:
        lines = [line for line in lines if line > options.skip]
    if not lines:
        raise InvalidValue(
            N_("Sheet {sheet!r} of {name!r} is empty. Choose another sheet."),
            sheet=chosen,
            name=name,
        )
    first = 0
    if options.skip is None:
        # Titles stand alone in their row, above the table.
        filled = [sum(cell != "" for cell in rows[line - 1]) for line in lines[:50]]
        width = max(filled)
        first = next(place for place, count in enumerate(filled) if 2 * count > width)
    lines = lines[first:]
    kept = [rows[line - 1] for line in lines]
    columns = [[_text(cell) for cell in column] for column in zip_longest(*kept, fillvalue="")]
    while columns and not any(columns[-1]):
        columns.pop()
    while len(columns) > 1 and not any(columns[0]):
        columns.pop(0)
    if len(columns) > MOST_COLUMNS:
        raise too_many_columns(name, len(columns))
    return Cells(
        [pa.array([cell or None for cell in column], pa.string()) for column in columns],
        np.array(lines, np.int64),
        None,
        replace(options, sheet=chosen, skip=lines[0] - 1),
        sheets=tuple(sheets),
    )


def _sheet(data: bytes, name: str, wanted: str | None) -> tuple[list[str], str, list[list[Any]]]:
    """Names of all sheets, that of the one chosen, and its rows."""
    from python_calamine import CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = list(book.sheet_names)
        if wanted is not None and wanted not in sheets:
            raise unknown_choice("sheet", wanted, sheets)
        for chosen in sheets if wanted is None else [wanted]:
            sheet = book.get_sheet_by_name(chosen)
            if sheet.total_height > MOST_ROWS:
                raise too_many_rows(name, sheet.total_height)
            if sheet.width > 5 * MOST_COLUMNS:
                raise too_many_columns(name, sheet.width)
            if sheet.height and sheet.width:
                return sheets, chosen, sheet.to_python(skip_empty_area=False)
    except InvalidValue:
        raise
    # A damaged file makes the reader raise errors of many kinds; its panics are no Exception.
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
            raise
        raise damaged(name) from None
    raise InvalidValue(N_("{name!r} is empty. Choose another file."), name=name)


def _text(cell: Any) -> str:
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return str(int(cell))
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(" ")
    return str(cell)
