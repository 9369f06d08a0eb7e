"""What views cost, estimated and measured."""

from __future__ import annotations

import re

from benchmarks.view_cost import Measured, full
from rnn_core import CELLS, RunConfig
from tests.benchmarks.commands import run_quickly


def test_estimates_stand_beside_what_is_measured() -> None:
    said = run_quickly("benchmarks.view_cost")
    rows = re.findall(r"^(\w+) +gru +96  2   100 +([\d.]+) s +([\d.]+) s +([\d.]+)$", said, re.M)
    assert "gradient" in [row[0] for row in rows]
    assert f"{len(rows)} results: estimated over measured" in said


def test_the_ratio_is_above_one_where_too_much_is_estimated() -> None:
    assert Measured("gradient", RunConfig(), 0.5, 0.25).ratio == 2


def test_every_cell_is_measured_but_for_those_that_cost_the_same() -> None:
    assert {config.cell for config in full()} == set(CELLS) - {"rnn_relu"}
