"""Tables from files: read, shown, corrected, and made a series of; and the table of a history."""

from rnn_core.io.tables.cleaning import Gap, Report, clean, number_columns, time_column
from rnn_core.io.tables.columns import columns_csv, columns_parquet
from rnn_core.io.tables.history import (
    HISTORY_COLUMNS,
    history_columns,
    history_csv,
    history_parquet,
)
from rnn_core.io.tables.options import ReadOptions
from rnn_core.io.tables.reading import read_table
from rnn_core.io.tables.table import Column, Table

__all__ = [
    "HISTORY_COLUMNS",
    "Column",
    "Gap",
    "ReadOptions",
    "Report",
    "Table",
    "clean",
    "columns_csv",
    "columns_parquet",
    "history_columns",
    "history_csv",
    "history_parquet",
    "number_columns",
    "read_table",
    "time_column",
]
