"""A table that was read: columns, what was found out, and what was wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_core.io.tables.options import Kind, ReadOptions
from rnn_core.messages import Message, unknown_choice


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A column of a table.

    Args:
        name: all names of a table differ.
        kind: what its values are.
        values: shape ``(N,)``: float64 with nan where a cell is empty or no number, datetime64
            with NaT likewise, or text.
        missing: cells that are empty, or none of the kind.
        unit: ``"%"`` or a currency sign that stands in its cells; empty for none.
    """

    name: str
    kind: Kind
    values: NDArray[Any]
    missing: int = 0
    unit: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table that was read from a file.

    Args:
        name: of the file.
        columns: at least one.
        lines: line of the file, or row of the sheet, in which each row begins, shape ``(N,)``.
        found: how it was read, whole; give it back with a change to correct something.
        problems: what was wrong, most important first, at most fifty.
        preview: the first rows as they stand in the file.
        sheets: names of all sheets of a workbook; empty for other files.
    """

    name: str
    columns: tuple[Column, ...]
    lines: NDArray[np.int64]
    found: ReadOptions
    problems: tuple[Message, ...]
    preview: tuple[tuple[str, ...], ...]
    sheets: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.lines)

    def column(self, name: str) -> Column:
        """A column by its name.

        Raises:
            ValueError: when there is no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise unknown_choice("column", name, [column.name for column in self.columns])

    def named(self, kind: Kind) -> tuple[str, ...]:
        """Names of the columns of a kind, in their order."""
        return tuple(column.name for column in self.columns if column.kind == kind)
