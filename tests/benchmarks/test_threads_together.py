"""Threads that train at the same time: every cell on both engines has its rates."""

from __future__ import annotations

import pytest

from benchmarks.tutorial_loop import CELLS
from tests.benchmarks.commands import numbers, run_quickly


def test_every_cell_and_engine_has_rates_relative_to_two_threads() -> None:
    lines = run_quickly("benchmarks.threads_together").splitlines()
    rows = [line for line in lines if line.split()[:1] and line.split()[0] in CELLS]
    assert {tuple(row.split()[:2]) for row in rows} >= {
        (cell, engine) for cell in ("rnn", "lstm", "gru") for engine in ("torch", "compiled")
    }
    for row in rows:
        *ratios, one, two, many = numbers(row)
        assert min(one, two, many) > 0
        assert ratios == pytest.approx([one / two, 1, many / two], rel=0.1, abs=0.01)
