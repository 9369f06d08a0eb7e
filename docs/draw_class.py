"""Train a class's networks, one for each seed, and draw them as the board of the class does."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dashboard.board.charts import chart
from dashboard.board.report import STOPPED
from dashboard.board.runs import ClassRun
from dashboard.charts.standalone import picture
from rnn_core import RunConfig, build_task
from rnn_core.experiments.sweep import Space, run_point

#: Name of the picture.
PICTURE = "class-seeds.png"
# Seats of the class; steps after which all runs stop.
_SEATS, _STEPS = 30, 100


def trained(seats: int, steps: int) -> list[ClassRun]:
    """The run of each seat, whose seed is the seat's number, on the tutorial's task.

    Args:
        seats: how many.
        steps: training steps of each.
    """
    config = RunConfig()
    axes = {"cell": [config.cell]}
    # The same on every machine but for rounding, and no wait for a compiler.
    space = Space(axes=axes, seeds=seats, steps=steps, first_seed=1, engine="torch")
    found = run_point(space, space.config({"cell": config.cell}))
    floors = build_task(config).floors()
    return [
        ClassRun(
            number=seed,
            nickname="",
            config=replace(config, seed=seed),
            status=STOPPED,
            step=steps,
            loss=loss,
            judged_at=steps,
            symbols=False,
            floors=floors,
        )
        for seed, loss in zip(space.seed_numbers, found.values, strict=True)
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent)
    parser.add_argument("--seats", type=int, default=_SEATS)
    parser.add_argument("--steps", type=int, default=_STEPS)
    chosen = parser.parse_args(arguments)
    drawn = chart(trained(chosen.seats, chosen.steps), "seed")
    (chosen.folder / PICTURE).write_bytes(picture(drawn, "en", "png"))


if __name__ == "__main__":
    main()
