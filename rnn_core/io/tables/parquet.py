"""Parquet files."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from rnn_core.io.tables.content import damaged
from rnn_core.io.tables.limits import (
    MOST_CELLS,
    MOST_COLUMNS,
    MOST_ROWS,
    MOST_UNPACKED,
    PROBLEMS_EACH,
)
from rnn_core.io.tables.options import ReadOptions
from rnn_core.io.tables.text import Cells, too_many_columns, too_many_rows
from rnn_core.messages import N_, InvalidValue, Message


def read_parquet(data: bytes, name: str, options: ReadOptions) -> Cells:
    """The columns of a Parquet file, each of its own type; columns of lists are left out.

    Args:
        data: the whole file.
        name: for messages.
        options: kept as they are.

    Raises:
        ValueError: when it is damaged or larger than the limits, which are checked by what the
            file states and before text is unpacked.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    problems: list[Message] = []
    columns: list[Any] = []
    names: list[str] = []
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        schema, stated = file.schema_arrow, file.metadata
        _check(name, stated)
        plain = [field for field in schema if _is_plain(field.type)]
        # Text stays a dictionary until its size is known: a short file may repeat a long text.
        texts = [field.name for field in plain if _is_text(field.type)]
        file = pq.ParquetFile(pa.BufferReader(data), read_dictionary=texts)
        table = file.read(columns=[field.name for field in plain], use_threads=False)
        if len(table) > MOST_ROWS:
            raise too_many_rows(name, len(table))
        for field, column in zip(table.schema, table.columns, strict=True):
            if _is_plain(field.type):  # one of lists may have the same name
                names.append(field.name)
                columns.append(_column(column, name))
    except InvalidValue:
        raise
    except (pa.ArrowException, OSError, ValueError, KeyError, OverflowError, UnicodeDecodeError):
        raise damaged(name) from None
    left_out = [field.name for field in schema if not _is_plain(field.type)]
    for column in left_out[:PROBLEMS_EACH]:
        problems.append(
            Message(
                N_("Column {column!r} holds lists or binary data and is left out."),
                {"column": column},
            )
        )
    if not columns:
        raise InvalidValue(
            N_("{name!r} has no column of numbers, dates or text. Choose another file."), name=name
        )
    return Cells(
        columns,
        np.arange(1, len(table) + 1),
        names,
        replace(options, header=True),
        tuple(problems),
    )


def _check(name: str, stated: Any) -> None:
    if stated.num_rows > MOST_ROWS:
        raise too_many_rows(name, stated.num_rows)
    if stated.num_columns > MOST_COLUMNS:
        raise too_many_columns(name, stated.num_columns)
    if stated.num_rows * stated.num_columns > MOST_CELLS:
        raise too_many_rows(name, stated.num_rows)
    size = sum(
        max(0, stated.row_group(place).total_byte_size) for place in range(stated.num_row_groups)
    )
    if size > MOST_UNPACKED:
        raise _too_large(name, size)


def _too_large(name: str, size: int) -> InvalidValue:
    return InvalidValue(
        N_("{name!r} would unpack to {size} MB, more than {most}. Save less of it."),
        name=name,
        size=size // 1_000_000,
        most=MOST_UNPACKED // 1_000_000,
    )


def _is_plain(kind: Any) -> bool:
    from pyarrow import types

    return bool(
        types.is_integer(kind)
        or types.is_floating(kind)
        or types.is_decimal(kind)
        or types.is_boolean(kind)
        or types.is_timestamp(kind)
        or types.is_date(kind)
        or _is_text(kind)
    )


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    return bool(
        types.is_string(kind)
        or types.is_large_string(kind)
        or (types.is_dictionary(kind) and _is_text(kind.value_type))
    )


def _column(column: Any, name: str) -> Any:
    """One array; text is unpacked if it fits."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        size = 0
        for chunk in column.chunks:
            lengths = pc.binary_length(chunk.dictionary)
            size += pc.sum(lengths.take(chunk.indices)).as_py() or 0
        if size > MOST_UNPACKED:
            raise _too_large(name, size)
        column = column.cast(pa.string())
    elif pa.types.is_large_string(column.type):
        column = column.cast(pa.string())
    elif pa.types.is_boolean(column.type):
        column = column.cast(pa.float64())
    return column.combine_chunks()
