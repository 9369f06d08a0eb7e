"""How long each test took the last time, and which are fast: the rule of `make test-fast`.

Fast are the tests of the core and of those modules of the dashboard that do without Streamlit: as
many of the quickest as a minute has room for. Those that have never run here count as quick.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from itertools import accumulate
from pathlib import Path, PurePath

ROOT = Path(__file__).parents[1]
_FILE = ROOT / ".pytest_cache" / "durations.json"
#: Seconds for all fast tests together; two processes share them, and need their own start besides.
BUDGET = 70.0
_FOLDERS = ("tests/rnn_core/", "tests/dashboard/")


def uses_streamlit() -> re.Pattern[str]:
    """Names of the modules of the dashboard that import Streamlit, by the contract on imports."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    (names,) = (one["names"] for one in contracts if one["type"] == "importers_by_name")
    return re.compile(names)


def fast(tests: Iterable[str], took: Mapping[str, float] | None = None) -> set[str]:
    """Those of some tests that are fast.

    Args:
        tests: files with what follows them.
        took: seconds of each; by default what is known from the last time.
    """
    took = known() if took is None else took
    names = uses_streamlit()
    plain = sorted(
        (
            test
            for test in tests
            if test.startswith(_FOLDERS)
            and not names.fullmatch(PurePath(test.partition("::")[0]).stem.removeprefix("test_"))
        ),
        key=lambda test: took.get(test, 0.0),
    )
    sums = accumulate(took.get(test, 0.0) for test in plain)
    return {test for test, total in zip(plain, sums, strict=True) if total <= BUDGET}


def known() -> dict[str, float]:
    """Seconds that each test took the last time."""
    if not _FILE.exists():
        return {}
    found: dict[str, float] = json.loads(_FILE.read_text(encoding="utf-8"))
    return found


def keep(took: Mapping[str, float]) -> None:
    """Note how long some tests took, in seconds."""
    if took:
        _FILE.parent.mkdir(exist_ok=True)
        new = _FILE.with_suffix(".new")
        new.write_text(json.dumps({**known(), **took}), encoding="utf-8")
        new.replace(_FILE)
