"""The command runs, and its spaces are what it says."""

from __future__ import annotations

from benchmarks.sweeps import LONG, SHORT
from tests.benchmarks.commands import numbers, run_quickly


def test_the_spaces_are_as_many_runs_as_are_named() -> None:
    assert (SHORT.size, SHORT.runs, SHORT.steps) == (100, 500, 400)
    assert (LONG.size, LONG.runs, LONG.steps) == (20, 100, 2000)


def test_all_figures_are_printed() -> None:
    said = run_quickly("benchmarks.sweeps").splitlines()
    assert len(said) == 9
    one, two, ratio, record, join = (numbers(line)[-1] for line in said[1:6])
    assert one > 0
    assert two > 0
    assert ratio > 0
    assert 100 < record < 10_000
    assert join > 0
