"""Tables from files: read, shown, corrected, and made a series of."""

from rnn_core.io.tables.cleaning import Gap, Report, clean
from rnn_core.io.tables.options import ReadOptions
from rnn_core.io.tables.reading import read_table
from rnn_core.io.tables.table import Column, Table

__all__ = ["Column", "Gap", "ReadOptions", "Report", "Table", "clean", "read_table"]
