"""What imports add: the shares of packages add up, and a large block is found."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.app import ROOT

HEAVY = """
import light
BLOCK = bytearray(b"x" * 60_000_000)
def more():
    global MORE
    MORE = bytearray(b"y" * 30_000_000)
"""


def test_each_package_has_what_its_own_modules_add(tmp_path: Path) -> None:
    (tmp_path / "heavy.py").write_text(HEAVY, encoding="utf-8")
    (tmp_path / "light.py").write_text("BLOCK = bytearray(b'z' * 20_000_000)", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.import_growth", "heavy:more"],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{tmp_path}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert list(found["packages"]) == ["heavy", "light"]
    for resident, anonymous in (found["packages"]["heavy"],):
        assert resident == pytest.approx(60, abs=2)
        assert anonymous == pytest.approx(60, abs=2)
    assert found["packages"]["light"][0] == pytest.approx(20, abs=2)
    assert found["total"][0] - found["python"][0] == pytest.approx(110, abs=4)
