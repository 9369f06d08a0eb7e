"""Abandoned sessions: three come, play and leave, and the memory is told."""

from __future__ import annotations

from tests.benchmarks.commands import numbers, run_quickly


def test_memory_and_processor_are_told_of_three_sessions() -> None:
    said = run_quickly("benchmarks.abandoned").splitlines()
    sessions, before, most, after, cores, died = (numbers(line)[-1] for line in said)
    assert (sessions, died) == (3, 0)
    assert 100 < before <= most + 1
    assert after > 100
    assert cores >= 0
