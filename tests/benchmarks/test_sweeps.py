"""The command runs, and its spaces are what it says."""

from __future__ import annotations

from benchmarks.sweeps import BUSY, LONG, SHORT, Taken, middle
from tests.benchmarks.commands import numbers, run_quickly


def test_the_spaces_are_as_many_runs_as_are_named() -> None:
    assert (SHORT.size, SHORT.runs, SHORT.steps) == (100, 500, 400)
    assert (BUSY.size, BUSY.runs, BUSY.steps) == (54, 270, 500)
    assert (LONG.size, LONG.runs, LONG.steps) == (20, 100, 2000)


def test_all_figures_are_printed() -> None:
    said = run_quickly("benchmarks.sweeps").splitlines()
    assert len(said) == 18
    for head in (0, 7):
        for line in said[head + 1 : head + 4]:
            seconds, processor = numbers(line)
            assert seconds > 0
            assert processor > 0
        one_core, both_cores, record = (numbers(line)[-1] for line in said[head + 4 : head + 7])
        assert one_core > 0
        assert both_cores > 0
        assert 100 < record < 10_000
    assert numbers(said[14])[-1] > 0
    assert numbers(said[15]) == [2, 20]


def test_the_median_of_several_rounds_counts() -> None:
    rounds = [Taken(3.0, 5.0, 10.0), Taken(1.0, 6.0, 10.0), Taken(2.0, 4.0, 10.0)]
    assert middle(rounds) == Taken(2.0, 5.0, 10.0)
