"""Searches for fixed points: known numbers of them, and the memories of trained flip-flops."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import torch

from benchmarks.fixed_points import CELLS, bistable, memories, trained
from rnn_core import RecurrentModel, RunConfig
from rnn_core.diagnostics import find_fixed_points
from tests.benchmarks.commands import run_quickly


def test_every_part_is_printed_and_all_points_of_bistable_units_are_found() -> None:
    said = run_quickly("benchmarks.fixed_points")
    rows = re.findall(r"^(\w+) +\d+ of 2 +(\d+) ", said, re.MULTILINE)
    assert [cell for cell, _fewest in rows] == list(CELLS)
    assert all(int(fewest) <= 8 for _cell, fewest in rows)
    units = re.findall(r"(\d) bistable units: (\d+) of (\d+) fixed points", said)
    assert units == [("1", "3", "3"), ("2", "9", "9")]
    pages = re.findall(r"The phase view of (\w+), H=8: ([\d.]+) s, \d+ fixed", said)
    assert [cell for cell, _seconds in pages] == list(CELLS)


def test_a_memory_is_a_stable_point_with_signs_of_its_own() -> None:
    model = RecurrentModel(
        RunConfig(hidden_size=3), input_size=3, output_size=3, dtype=torch.float64
    )
    model.rnn.load_state_dict(bistable(3).rnn.state_dict())
    with torch.no_grad():
        model.out.weight.copy_(torch.eye(3))
        model.out.bias.zero_()
    pulses = np.random.default_rng(0).integers(-1, 2, (40, 3)).astype(float)
    found = find_fixed_points(model, pulses)
    assert memories(model, found) == 8
    assert memories(model, replace(found, unstable=np.ones_like(found.unstable))) == 0
    model.out.bias.data[0] = 5.0  # the first bit's sign is the same at all points
    assert memories(model, found) == 4


def test_a_trained_flip_flop_of_every_cell_has_all_its_memories() -> None:
    comparison = trained(1, 1_500)
    inputs = comparison.task.batch(5_000, np.float32).inputs[0]
    for model in comparison.replicas.models:
        found = find_fixed_points(model, inputs)
        assert memories(model, found) == 8
        assert found.kinds.count("stable") == 8
        assert found.complete
