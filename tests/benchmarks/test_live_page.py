"""The live page's figures: the command runs in a real browser and charts are never rebuilt."""

from __future__ import annotations

import re

from tests.benchmarks.commands import numbers, require_browser, run_quickly


def test_the_page_is_measured_without_rebuilding_a_chart() -> None:
    require_browser()
    said = run_quickly("benchmarks.live_page")
    default = next(line for line in said.splitlines() if line.startswith("(default)"))
    redraws, steps, rebuilt, _tasks, _share, pause, _, run, *_rest = numbers(default)
    assert redraws > 0
    assert steps > 0
    assert rebuilt == 0
    assert min(pause, run) > 0
    view = next(line for line in said.splitlines() if line.startswith("lag"))
    assert numbers(view)[0] > 0
    replay = re.search(r"A replay of (\d+) steps, (\d+) frames: plays ([\d.]+) s after", said)
    assert replay
    steps, frames, seconds = map(float, replay.groups())
    assert steps >= 10
    assert frames > 1
    assert seconds > 0
