"""The guided search finds its way into the readers; hours of it are for `make test-faults`."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: Of a fault that a reader might have.
FAULTY = """
from tests.faults import guided, strangers

def read(parameters):
    yield "**zqzq**"

strangers.READERS["link"] = read
guided.main(["link", "--seconds", "1"])
"""


def test_the_beginnings_are_read_and_others_are_made_of_them() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.guided", "link", "--seconds", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = re.search(r"Done (\d+) runs", done.stderr)
    assert found is not None
    assert int(found[1]) > 2


def test_an_input_that_does_harm_is_printed_and_ends_the_search() -> None:
    done = subprocess.run([sys.executable, "-c", FAULTY], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode != 0
    assert "link b'" in done.stdout + done.stderr
    assert "markup in '**zqzq**'" in done.stdout + done.stderr
