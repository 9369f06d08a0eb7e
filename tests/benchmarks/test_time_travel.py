"""Going back in a run: snapshots, earlier steps and replays all have a cost."""

from __future__ import annotations

import re

from tests.benchmarks.commands import run_quickly


def test_snapshots_earlier_steps_and_replays_are_timed() -> None:
    said = run_quickly("benchmarks.time_travel")
    snapshots = re.findall(r"A snapshot of (\w+), H=32: ([\d.]+) ms; 200 of them ([\d.]+) MB", said)
    assert {cell for cell, _, _ in snapshots} == {"rnn", "gru", "lstm"}
    megabytes = {cell: float(size) for cell, _, size in snapshots}
    # With Adam a snapshot holds three copies of the parameters, in single precision.
    assert megabytes["lstm"] / megabytes["rnn"] > 3
    back = re.findall(r"Looking back in \d+ steps, (\w+), (\w+): median ([\d.]+) s", said)
    assert len({(cell, engine) for cell, engine, _ in back}) == 6
    replays = re.findall(r"A replay of \d+ steps, \w+ on (\w+): [\d.]+ s, ([\d.]+) MB", said)
    assert {task for task, _ in replays} == {"sin_to_cos", "flip_flop", "copy", "mackey_glass"}
    assert all(float(size) > 0 for _, size in replays)
