"""How large a file may be. Each limit is checked before what it limits is read."""

from __future__ import annotations

#: Bytes of a file: read in seconds, and a class of thirty may do so at once.
MOST_BYTES = 50_000_000
#: Bytes to which an archive may unpack; a spreadsheet of the largest size takes fewer.
MOST_UNPACKED = 400_000_000
#: Rows of a table: more than any run trains on, and 16 MB a column.
MOST_ROWS = 2_000_000
#: Columns of a table: more than a person chooses from.
MOST_COLUMNS = 200
#: Cells of a table: as many as a text file of the largest size holds.
MOST_CELLS = 25_000_000
#: Cells of a sheet, empty ones within it counted: the reader takes 32 bytes for each.
MOST_SHEET_CELLS = 8_000_000
#: Characters of a cell: as many as a cell of a spreadsheet may have.
LONGEST_CELL = 32_767
#: Bytes of a line: lines are read whole.
LONGEST_LINE = 1_000_000
#: Problems that a table lists.
MOST_PROBLEMS = 50
#: Problems of a kind that are listed for a column, before the others are counted.
PROBLEMS_EACH = 5
#: Rows of a preview, and characters of a cell there.
PREVIEW_ROWS, PREVIEW_CELL = 20, 80
