"""The history of a run as a table: one row a step."""

from __future__ import annotations

import csv
import math
from io import BytesIO, StringIO

import numpy as np
from numpy.typing import NDArray

from rnn_core.io.checkpoint import RunHistory

#: The columns; loss is a mean over the window, a norm Euclidean and before clipping, low and high
#: are the ends of the 95 % interval.
HISTORY_COLUMNS = (
    "step",
    "online_loss",
    "grad_norm",
    "lr",
    "held_out_loss",
    "held_out_low",
    "held_out_high",
)


def history_columns(history: RunHistory) -> dict[str, NDArray[np.generic]]:
    """The table's columns by name; nan where there is no number.

    A step is listed if its loss or a held-out loss of it is known.
    """
    steps = np.union1d(history.step, history.held_out_step)
    online = np.searchsorted(steps, history.step)
    held_out = np.searchsorted(steps, history.held_out_step)
    found = {name: np.full(len(steps), math.nan) for name in HISTORY_COLUMNS[1:]}
    found["online_loss"][online] = history.loss
    found["grad_norm"][online] = history.grad_norm
    for name, values in zip(HISTORY_COLUMNS[4:], history.held_out.T, strict=True):
        found[name][held_out] = values
    if len(history.lr):
        used = np.searchsorted(history.lr_step, steps, side="right") - 1
        found["lr"] = history.lr[np.maximum(used, 0)]
    return {"step": steps, **found}


def history_csv(history: RunHistory) -> str:
    """The table as CSV: numbers alone, which no spreadsheet takes for formulas."""
    table = history_columns(history)
    file = StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(table)
    for step, *numbers in zip(*(column.tolist() for column in table.values()), strict=True):
        writer.writerow([step, *(repr(x) if math.isfinite(x) else "" for x in numbers)])
    return file.getvalue()


def history_parquet(history: RunHistory) -> bytes:
    """The table as Parquet, with null where there is no number."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = history_columns(history)
    arrays = {
        name: pa.array(column, mask=None if name == "step" else np.isnan(column.astype(float)))
        for name, column in table.items()
    }
    file = BytesIO()
    pq.write_table(pa.table(arrays), file)
    return file.getvalue()
