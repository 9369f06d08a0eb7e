"""`make audit`: what it says of vulnerabilities, and where it cannot look them up."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / ".ci" / "audit.py"
verdict = runpy.run_path(str(SCRIPT))["verdict"]

SOUND = {"name": "numpy", "version": "2.4.6", "vulns": []}
FLAWED = {
    "name": "click",
    "version": "8.5.1",
    "vulns": [
        {"id": "PYSEC-1", "fix_versions": ["8.5.2", "9.0"], "aliases": [], "description": "bad"},
        {"id": "GHSA-2", "fix_versions": [], "aliases": [], "description": "worse"},
    ],
}
UNKNOWN = {"name": "torch", "skip_reason": "Dependency not found on PyPI"}


@pytest.mark.parametrize(
    ("found", "status", "said"),
    [
        ([SOUND], 0, "1 packages without a known vulnerability."),
        ([FLAWED, SOUND], 1, "click 8.5.1: PYSEC-1, mended in 8.5.2, 9.0\nclick 8.5.1: GHSA-2"),
        (
            [SOUND, UNKNOWN],
            2,
            "Not checked, as the advisory database lacks them: torch.\n"
            "1 packages without a known vulnerability.",
        ),
        (
            [UNKNOWN],
            2,
            "Nothing was checked: the advisory database has none of the packages. "
            "Run `make audit` again where the network allows.",
        ),
    ],
)
def test_each_outcome_is_told(found: list[dict[str, Any]], status: int, said: str) -> None:
    assert verdict(found) == (status, said)


def test_without_a_network_it_says_that_nothing_was_checked() -> None:
    nowhere = "http://127.0.0.1:9"
    done = subprocess.run(
        [sys.executable, SCRIPT],
        env={**os.environ, "HTTPS_PROXY": nowhere, "https_proxy": nowhere, "NO_PROXY": ""},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2
    first = done.stdout.splitlines()[0]
    assert first == (
        "Nothing was checked: the advisory database was not reached. "
        "Run `make audit` again where the network allows."
    )
    assert done.stderr == ""
