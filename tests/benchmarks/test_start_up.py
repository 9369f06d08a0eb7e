"""Start-up times: both are measured, and in the right order."""

from __future__ import annotations

import re

from tests.benchmarks.commands import run_quickly


def test_importing_and_the_first_page_are_timed() -> None:
    said = run_quickly("benchmarks.start_up")
    imports = re.search(r"takes ([\d.]+) times as long as import torch \(([\d.]+) / ([\d.]+)", said)
    assert imports
    ratio, ours, theirs = map(float, imports.groups())
    assert abs(ratio - ours / theirs) < 0.05
    answers, page = (
        float(seconds) for seconds in re.findall(r"^until .* ([\d.]+) \(", said, re.MULTILINE)
    )
    assert page > answers > 0
