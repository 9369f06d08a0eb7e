"""Rows of the charts' datasets, in Arrow's stream format.

Streamlit sends such bytes to the browser without converting them. Whatever is the same at every
redraw, the schema's bytes above all, is made once. Columns are made of NumPy's memory or of encoded
words: `pyarrow.array` would import pandas at its first call, a third of a second before the first
chart.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

#: A column: numbers, strings, or a column made by `words`.
Column: TypeAlias = NDArray[Any] | Sequence[str] | pa.Array

_END_OF_STREAM = b"\xff\xff\xff\xff\x00\x00\x00\x00"
_TYPES = {
    int: pa.int64(),
    np.int16: pa.int16(),
    float: pa.float64(),
    np.float32: pa.float32(),
    str: pa.string(),
}
_DTYPES = {kind: np.dtype(kind.to_pandas_dtype()) for kind in _TYPES.values()}


class Table:
    """The columns of a dataset; turns rows into bytes.

    Args:
        columns: name and type of each column: int, np.int16, float, np.float32 or str.
    """

    def __init__(self, **columns: type) -> None:
        self._types = [_TYPES[kind] for kind in columns.values()]
        self._schema = pa.schema(list(zip(columns, self._types, strict=True)))
        self._head = self._schema.serialize().to_pybytes()
        self.empty = self.rows(*([] for _ in columns))

    def rows(self, *columns: Column) -> bytes:
        """The dataset with these rows.

        Args:
            columns: of equal length, in the order in which they were named.

        Returns:
            The dataset in Arrow's stream format.

        Raises:
            pyarrow.ArrowInvalid: when a column does not fit its type.
            ValueError: when the lengths or the number of columns differ.
        """
        arrays = [
            column if isinstance(column, pa.Array) else _array(column, kind)
            for column, kind in zip(columns, self._types, strict=True)
        ]
        batch = pa.RecordBatch.from_arrays(arrays, schema=self._schema)
        return b"".join((self._head, batch.serialize(), _END_OF_STREAM))


def numbers(values: NDArray[Any]) -> pa.Array:
    """A column of numbers, of the values' own type; it shares their memory."""
    return _array(values, pa.from_numpy_dtype(values.dtype))


def where(mask: NDArray[np.bool_]) -> pa.Array:
    """The rows that a mask keeps, for ``column.take``."""
    return numbers(np.flatnonzero(mask))


def _array(column: NDArray[Any] | Sequence[Any], kind: pa.DataType) -> pa.Array:
    if kind == pa.string():
        return _strings(column)
    values, dtype = np.asarray(column), _DTYPES[kind]
    if values.dtype != dtype and values.size and not np.can_cast(values.dtype, dtype, "safe"):
        return pa.array(column, kind)  # which takes whole floats for integers, and refuses others
    values = np.ascontiguousarray(values, dtype)
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values)])


def _strings(column: NDArray[Any] | Sequence[Any]) -> pa.Array:
    try:
        encoded = [word.encode() for word in column]
    except AttributeError:
        return pa.array(column, pa.string())  # which says what is no string
    ends = np.zeros(len(encoded) + 1, np.int32)
    np.cumsum([len(word) for word in encoded], out=ends[1:])
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(encoded), buffers)


def read(rows: bytes) -> pa.Table:
    """The dataset in these bytes."""
    return pa.ipc.open_stream(rows).read_all()


def joined(each: Sequence[bytes], number: str) -> bytes:
    """The rows of several datasets with the same columns, as one dataset.

    Args:
        each: the datasets, in Arrow's stream format.
        number: name of a further column, which numbers the datasets from 0.
    """
    tables = [read(rows) for rows in each]
    numbers = np.repeat(np.arange(len(tables)), [len(table) for table in tables])
    together = pa.concat_tables(tables).append_column(number, pa.array(numbers)).combine_chunks()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, together.schema) as stream:
        stream.write_table(together)
    sent: bytes = sink.getvalue().to_pybytes()
    return sent


@lru_cache(maxsize=256)
def words(each: tuple[str, ...], times: int) -> pa.Array:
    """A column that holds each word ``times`` times in a row, cached."""
    return _strings([word for word in each for _ in range(times)])
