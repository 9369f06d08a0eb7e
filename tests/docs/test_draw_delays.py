"""The picture of the worked example, and the results that the lesson draws."""

from __future__ import annotations

import csv
from pathlib import Path

from PIL import Image

from docs.draw_delays import PICTURE, main

SPACE = """
steps = 20
seeds = 2
objective = "held_out_loss"
engine = "torch"
[settings]
task = "delayed_recall"
hidden_size = 3
window_length = 8
[axes]
cell = ["rnn", "gru"]
delay = [2, 3]
lr = [0.01]
"""


def test_one_command_trains_the_sweep_and_draws_it(tmp_path: Path) -> None:
    space, results = tmp_path / "space.toml", tmp_path / "results.csv"
    space.write_text(SPACE)
    folder = ["--folder", str(tmp_path)]
    main([*folder, "--results", str(results), "--space", str(space)])
    with results.open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["cell"], row["delay"], row["lr"], row["seed"]) for row in rows[:3]] == [
        ("rnn", "2", "0.01", "0"),
        ("rnn", "2", "0.01", "1"),
        ("rnn", "3", "0.01", "0"),
    ]
    assert len(rows) == 8
    assert all(0.5 < float(row["held_out_loss"]) < 2 for row in rows)
    with Image.open(tmp_path / PICTURE) as picture:
        size = picture.size
    assert size[0] == 1920
    # From the results alone it is the same picture but for rounding.
    main([str(results), *folder, "--results", str(tmp_path / "again.csv")])
    assert (tmp_path / "again.csv").read_text() == results.read_text()
    with Image.open(tmp_path / PICTURE) as picture:
        assert picture.size == size
