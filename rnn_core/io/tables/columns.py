"""Any columns as a file of a table."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from io import BytesIO, StringIO
from typing import Any


def columns_csv(columns: Mapping[str, Sequence[Any]]) -> str:
    """Columns of plain values as CSV, with nothing for None.

    Args:
        columns: by name, all of one length.
    """
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return text.getvalue()


def columns_parquet(columns: Mapping[str, Sequence[Any]]) -> bytes:
    """Columns of plain values as Parquet, with null for None.

    Args:
        columns: by name, all of one length; each of one type beside None, or as text.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = BytesIO()
    pq.write_table(pa.table({name: _array(values) for name, values in columns.items()}), file)
    return file.getvalue()


def _array(values: Sequence[Any]) -> Any:
    import pyarrow as pa

    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # numbers beside words, as in a list of choices
        return pa.array([None if value is None else str(value) for value in values])
