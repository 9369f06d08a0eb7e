"""Runs a documented command as its reader does, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.e2e.app import NO_BROWSER, ROOT, chromium


def run_quickly(module: str, *arguments: str) -> str:
    """What ``python -m module --quick`` prints; it must succeed."""
    command = [sys.executable, "-m", module, "--quick", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def numbers(line: str) -> list[float]:
    """The numbers among a line's words."""
    found = []
    for word in line.replace("|", " ").split():
        try:
            found.append(float(word.rstrip("%")))
        except ValueError:
            continue
    return found


def require_browser() -> None:
    """Skip the test where there is no browser; in continuous integration fail it."""
    if chromium() is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(NO_BROWSER)
