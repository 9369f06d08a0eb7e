"""Charts as somebody last looked at them, in `looks/*.json`.

Kept are the specification and, of each column of the data, how many values there are, the least,
the mean and the greatest, or which texts. No other test can say whether a line should be two
pixels wide; a person can, once. A test that fails here asks for that: look at the chart in light
and dark, wide and narrow (`make pictures`), and write it anew with ``LOOKS=new pytest …`` if it is
right.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

from dashboard.charts.base import Chart
from tests.dashboard.sent_charts import tables

_FOLDER = Path(__file__).with_name("looks")
# Texts of a column that are kept.
_TEXTS = 8


def expect_looks(name: str, charts: Iterable[Chart], *, data: bool = True) -> None:
    """Charts of one place on a page look as they did: marks, scales, axes, titles, words, places.

    Args:
        name: of the file, unique among all tests.
        charts: in their order.
        data: whether their data are the same on every machine, but for rounding.

    Raises:
        AssertionError: with the parts that differ.
    """
    found = []
    for chart in charts:
        spec = {key: rounded(each) for key, each in chart.spec.items() if key != "$schema"}
        found.append({"spec": spec, "alt": chart.alt, "data": summary(chart) if data else None})
    path = _FOLDER / f"{name}.json"
    if os.environ.get("LOOKS") == "new":
        _FOLDER.mkdir(exist_ok=True)
        text = json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True)
        path.write_text(text + "\n", encoding="utf-8")
        return
    known = json.loads(path.read_text(encoding="utf-8"))
    different = list(differences(known, json.loads(json.dumps(found))))
    assert not different, f"Look at {name}, and see tests/dashboard/looks.py: {different[:10]}"


def summary(chart: Chart) -> dict[str, dict[str, list[Any]]]:
    """Of each dataset and column: count, least, mean and greatest number; or count and texts."""
    return {
        name: {column: _described(table[column].to_pylist()) for column in table.column_names}
        for name, table in tables(chart).items()
    }


def _described(column: list[Any]) -> list[Any]:
    if all(isinstance(each, int | float) for each in column) and column:
        return [len(column), *rounded([min(column), fmean(column), max(column)])]
    return [len(column), *sorted({str(each) for each in column})[:_TEXTS]]


def rounded(value: Any) -> Any:
    """A value of JSON whose numbers have six digits: machines differ in the last ones."""
    if isinstance(value, dict):
        return {str(key): rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(each) for each in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def differences(known: Any, found: Any, where: str = "") -> Iterator[str]:
    """What differs between two values of JSON by more than rounding, with its place."""
    if isinstance(known, dict) and isinstance(found, dict):
        for key in sorted(known.keys() | found.keys()):
            yield from differences(known.get(key), found.get(key), f"{where}.{key}")
    elif isinstance(known, list) and isinstance(found, list) and len(known) == len(found):
        for place, (one, other) in enumerate(zip(known, found, strict=True)):
            yield from differences(one, other, f"{where}[{place}]")
    elif isinstance(known, float) and isinstance(found, float):
        if not math.isclose(known, found, rel_tol=1e-4, abs_tol=1e-6):
            yield f"{where}: {known!r} is {found!r}"
    elif known != found:
        yield f"{where}: {known!r} is {found!r}"
