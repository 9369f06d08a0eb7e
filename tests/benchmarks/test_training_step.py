"""The training step's figures: every table is complete, and all engines take the same step."""

from __future__ import annotations

import math

from tests.benchmarks.commands import numbers, run_quickly

CELLS = ("rnn", "lstm", "gru")


def test_every_cell_is_measured_and_the_losses_agree() -> None:
    said = run_quickly("benchmarks.training_step")
    costs, growth, blocks, replicas, differences = (
        [line for line in part.splitlines() if line.split()[:1] and line.split()[0] in CELLS]
        for part in (
            said.partition("Cost of a step")[0],
            said.partition("Cost of a step")[2].partition("steps in one call")[0],
            said.partition("steps in one call")[2].partition("A step of N")[0],
            said.partition("A step of N")[2].partition("Largest relative")[0],
            said.partition("Largest relative")[2],
        )
    )
    for rows in (costs, growth, blocks, replicas, differences):
        assert {row.split()[0] for row in rows} == set(CELLS)
    for row in costs + blocks + replicas:
        measured = [number for number in numbers(row) if not math.isnan(number)]
        assert min(measured) > 0
    for row in differences:
        double, single = numbers(row)
        assert double < 1e-9
        assert single < 1e-3
