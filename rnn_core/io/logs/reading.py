"""From the bytes of a file to a log."""

from __future__ import annotations

import numpy as np

from rnn_core.io.checkpoint import load_checkpoint
from rnn_core.io.files import file_bytes
from rnn_core.io.logs.events import is_event_file, read_events
from rnn_core.io.logs.limits import LONGEST_NAME, MOST_BYTES, MOST_COLUMNS, MOST_NUMBERS
from rnn_core.io.logs.log_file import LogFile
from rnn_core.io.tables import read_table
from rnn_core.io.tables.content import require_size
from rnn_core.messages import N_, InvalidValue


def read_log(data: bytes, name: str) -> LogFile:
    """Read losses: a table (CSV, TSV, Parquet, a workbook), an event file of TensorBoard, or a run
    that was saved here, as the content says.

    Args:
        data: the whole file.
        name: of the file, for people; it decides nothing.

    Raises:
        TypeError: when it is not bytes.
        ValueError: with a sentence on what is wrong, whatever the bytes are.

    Example:
        >>> file = read_log(b"step,seed 0,seed 1\\n0,1,2\\n10,0.5,0.25", "runs.csv")
        >>> file.guess()
        Choice(losses=('seed 0', 'seed 1'), step='step', run=None)
    """
    data, name = file_bytes(data), name[:LONGEST_NAME]
    require_size(data, name, MOST_BYTES)
    if is_event_file(data):
        return read_events(data, name)
    # A safetensors file: the length of its header, and the header in JSON.
    if len(data) > 8 and data[8:9] == b"{" and int.from_bytes(data[:8], "little") <= len(data):
        return _of_run(data, name)
    return _of_table(data, name)


def _of_run(data: bytes, name: str) -> LogFile:
    """The losses of a run that was saved here."""
    history = load_checkpoint(data).history
    if history is None:
        raise InvalidValue(
            N_("{name!r} holds weights without a history of losses. Save the run itself."),
            name=name,
        )
    pairs = {
        "online loss": (history.step, history.loss),
        "held-out loss": (history.held_out_step, history.held_out[:, 0]),
    }
    points = {
        label: (steps.astype(np.float64), losses.astype(np.float64))
        for label, (steps, losses) in pairs.items()
        if len(steps)
    }
    if not points:
        raise InvalidValue(
            N_("{name!r} holds weights without a history of losses. Save the run itself."),
            name=name,
        )
    return LogFile(name, points=points)


def _of_table(data: bytes, name: str) -> LogFile:
    table = read_table(data, name)
    numbers = {column.name: column.values for column in table.columns if column.kind == "number"}
    texts = {column.name: column.values for column in table.columns if column.kind == "text"}
    if not numbers:
        raise InvalidValue(
            N_("{name!r} has no column of numbers. A log has a column of steps and one of losses."),
            name=name,
        )
    if len(numbers) > MOST_COLUMNS or len(table) * len(table.columns) > MOST_NUMBERS:
        raise InvalidValue(
            N_("{name!r} has more than {most} numbers. Leave out rows or columns."),
            name=name,
            most=MOST_NUMBERS,
        )
    return LogFile(name, columns=numbers, labels=texts)
