"""How a file is read: what a person may correct."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from rnn_core.messages import unknown_choice

Kind = Literal["number", "date", "text"]
DateOrder = Literal["ymd", "dmy", "mdy"]

SEPARATORS = (",", ";", "\t", "|", " ")
DECIMALS = (".", ",")
THOUSANDS = ("", ",", ".", " ", "'")
COMMENTS = ("", "#", "%", "//")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How a file is read. None stands for what is to be found out.

    Args:
        encoding: a name of Python's codecs, as ``"utf-8"`` or ``"gb18030"``.
        separator: between cells; a space stands for any number of spaces and tabs.
        decimal: the decimal point or comma.
        thousands: what groups digits; empty for nothing; a space stands for all kinds of spaces.
        header: whether the first row names the columns.
        skip: lines before the table.
        comment: what begins a line that is no row; empty for nothing.
        date_order: order of day, month and year in dates.
        sheet: of a workbook.
        kinds: of columns, by name; names that the table lacks are left out.

    Raises:
        ValueError: when a value is not among those that exist.
    """

    encoding: str | None = None
    separator: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    header: bool | None = None
    skip: int | None = None
    comment: str | None = None
    date_order: DateOrder | None = None
    sheet: str | None = None
    kinds: tuple[tuple[str, Kind], ...] = ()

    def __post_init__(self) -> None:
        for name, options in (
            ("separator", SEPARATORS),
            ("decimal", DECIMALS),
            ("thousands", THOUSANDS),
            ("comment", COMMENTS),
            ("date_order", get_args(DateOrder)),
        ):
            value = getattr(self, name)
            if value is not None and value not in options:
                raise unknown_choice(name, value, map(repr, options))
        for _name, kind in self.kinds:
            if kind not in get_args(Kind):
                raise unknown_choice("kind", kind, get_args(Kind))
