"""Seconds until a table of a million rows is read and made a series.

Run with ``python -m benchmarks.read_table``; ``make bench`` does. A row has a time and three
numbers. The best of three runs counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

import numpy as np

from benchmarks.timing import is_quick
from rnn_core.io.tables import clean, read_table

ROWS, QUICK_ROWS = 1_000_000, 20_000


def table_text(rows: int) -> bytes:
    """A CSV of so many minutes with three random walks."""
    times = np.datetime64("2020-01-01T00:00:00") + 60 * np.arange(rows)
    walks = np.random.default_rng(0).normal(size=(rows, 3)).cumsum(axis=0)
    lines = [
        f"{time},{a:.4f},{b:.4f},{c:.4f}"
        for time, (a, b, c) in zip(np.datetime_as_string(times), walks, strict=True)
    ]
    return "\n".join(["time,a,b,c", *lines]).encode()


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the size of the file and the seconds."""
    quick = is_quick(arguments, __doc__)
    data = table_text(QUICK_ROWS if quick else ROWS)
    print(f"{'file':16} {len(data) / 1e6:7.1f} MB")
    reading, cleaning = [], []
    for _run in range(1 if quick else 3):
        began = perf_counter()
        table = read_table(data, "walks.csv")
        read = perf_counter()
        series, _report = clean(table, "time", ("a", "b", "c"), "interpolate")
        reading.append(read - began)
        cleaning.append(perf_counter() - read)
    print(f"{'rows':16} {len(series):7}")
    print(f"{'read_table':16} {min(reading):7.2f} s")
    print(f"{'clean':16} {min(cleaning):7.2f} s")


if __name__ == "__main__":
    main()
