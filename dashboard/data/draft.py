"""A file that was uploaded or pasted: how it is read, corrected, and made a series.

Whatever goes wrong leaves the series that was there. Knows nothing of Streamlit.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from rnn_core.io.tables import (
    ReadOptions,
    Report,
    Table,
    clean,
    number_columns,
    read_table,
    time_column,
)
from rnn_core.series import Series


@dataclass
class Draft:
    """A file on its way to a series.

    Args:
        name: of the file.
        data: its bytes; kept in the session's memory, so that it can be read otherwise.
        table: as it was last read.
        time: the column of times; None where only the order of rows is known.
        missing: what becomes of missing values.
        report: what was done to make the series; None before there is one.
        series: the last that could be made.
        problem: why what was chosen last is impossible; None if it is possible.
    """

    name: str
    data: bytes
    table: Table
    time: str | None = None
    missing: Literal["drop", "interpolate"] = "drop"
    report: Report | None = None
    series: Series | None = None
    problem: ValueError | None = None
    corrections: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, name: str, data: bytes) -> Draft:
        """Read a file, and make a series of all its columns of numbers.

        Raises:
            ValueError: when it holds no table.
        """
        table = read_table(data, name)
        draft = cls(name, data, table, time=time_column(table))
        draft.make()
        return draft

    def correct(self, **changes: Any) -> None:
        """Read it again with other options, `ReadOptions`; what cannot be read changes nothing."""
        corrections = {**self.corrections, **changes}
        try:
            table = read_table(self.data, self.name, ReadOptions(**corrections))
        except ValueError as error:
            self.problem = error
            return
        self.corrections, self.table = corrections, table
        names = [column.name for column in table.columns]
        if self.time not in names or self.time is None:
            self.time = time_column(table)
        self.make()

    def use(self, **changes: Any) -> None:
        """Choose the column of times, or what becomes of missing values."""
        for name, value in changes.items():
            setattr(self, name, value)
        self.make()

    def make(self) -> None:
        """Make the series; if that is impossible, the one before stays."""
        columns = number_columns(self.table, self.time)
        try:
            series, self.report = clean(self.table, self.time, columns, self.missing)
        except ValueError as error:
            self.problem = error
            return
        self.series, self.problem = replace(series, name=self.name), None
