"""The picture of a class that trains one setting."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from docs.draw_class import PICTURE, main, trained
from rnn_core import RunConfig, build_task


def test_a_class_has_a_run_for_each_seat_and_seed() -> None:
    runs = trained(seats=3, steps=20)
    assert [(run.number, run.config.seed, run.judged_at) for run in runs] == [
        (1, 1, 20),
        (2, 2, 20),
        (3, 3, 20),
    ]
    losses = [run.loss or 0.0 for run in runs]
    assert len(set(losses)) == 3
    assert all(0.01 < loss < 5 for loss in losses)
    assert {run.floors for run in runs} == {build_task(RunConfig()).floors()}


def test_one_command_draws_the_picture(tmp_path: Path) -> None:
    main(["--folder", str(tmp_path), "--seats", "3", "--steps", "20"])
    with Image.open(tmp_path / PICTURE) as drawn:
        assert drawn.size[0] == 1920
