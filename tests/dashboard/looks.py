"""The specifications of charts as somebody last looked at them: `looks/*.json`.

No other test can say whether a line should be two pixels wide; a person can, once. A test that
fails here asks for that: look at the chart in light and dark, wide and narrow (`make pictures`),
and write it anew with ``LOOKS=new pytest …`` if it is right.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from dashboard.charts.base import Chart

_FOLDER = Path(__file__).with_name("looks")


def expect_looks(name: str, charts: Iterable[Chart]) -> None:
    """Charts, of one place on a page, look as they did: marks, scales, axes, titles, words.

    Args:
        name: of the file, unique among all tests.
        charts: their data do not matter, their order does.

    Raises:
        AssertionError: with the parts that differ.
    """
    found = [rounded({"spec": chart.spec, "alt": chart.alt}) for chart in charts]
    path = _FOLDER / f"{name}.json"
    if os.environ.get("LOOKS") == "new":
        _FOLDER.mkdir(exist_ok=True)
        text = json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True)
        path.write_text(text + "\n", encoding="utf-8")
        return
    known = json.loads(path.read_text(encoding="utf-8"))
    different = list(differences(known, found))
    assert not different, f"Look at {name}, and see tests/dashboard/looks.py: {different[:10]}"


def rounded(value: Any) -> Any:
    """A value of JSON whose numbers have six digits: machines differ in the last ones."""
    if isinstance(value, dict):
        return {str(key): rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(each) for each in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def differences(known: Any, found: Any, where: str = "") -> Iterator[str]:
    """What differs between two values of JSON, with its place."""
    if isinstance(known, dict) and isinstance(found, dict):
        for key in sorted(known.keys() | found.keys()):
            yield from differences(known.get(key), found.get(key), f"{where}.{key}")
    elif isinstance(known, list) and isinstance(found, list) and len(known) == len(found):
        for place, (one, other) in enumerate(zip(known, found, strict=True)):
            yield from differences(one, other, f"{where}[{place}]")
    elif known != found:
        yield f"{where}: {known!r} is {found!r}"
