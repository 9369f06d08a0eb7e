"""What a sweep takes: with one worker and with two, beside the same training without it.

Run with ``python -m benchmarks.sweeps``. Printed are the seconds of short and of long runs, from
the first process's start on, with one worker on one core, one on two cores and two with a core
each, and what they took of the processor; the bytes that the record grows by; how long a worker
that joins waits for its first point; and the share of a longer point's time that the sweep itself
takes, for a journal and for an SQLite database.

The kernels are compiled first. Everything is done once in each of several rounds, and the median is
printed. ``--rounds 1 --only ratio`` is the shortest look at what a second worker brings.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import NamedTuple

from rnn_core.engines import prepare_compiled
from rnn_core.experiments.sweep import LocalWorkers, Space, Sweep, run_point, work

# A hundred points of five seeds: the tutorial's task.
SHORT = Space(
    axes={
        "cell": ["rnn", "gru"],
        "hidden_size": [8, 16, 24, 32, 40],
        "lr": {"low": 0.001, "high": 0.1, "log": True, "points": 10},
    },
    steps=400,
    seeds=5,
    objective="online_loss",
)
# The example of the guide with a quarter of its steps: 54 points of five seeds and 500 steps, with
# 80 samples each.
EXAMPLE = Path(__file__).parents[1] / "examples" / "delay_by_cell.toml"
BUSY = replace(Space.from_toml(EXAMPLE.read_text(encoding="utf-8")), steps=500)
# Twenty points of five seeds and 2,000 steps.
LONG = replace(SHORT, axes={"cell": ["rnn", "gru"], "lr": SHORT.axes["lr"]}, steps=2000)


class Way(NamedTuple):
    """How many workers, and the cores that each has."""

    words: str
    workers: int
    threads: int


ONE, ONE_ON_TWO, TWO = WAYS = (
    Way("one worker on one core", 1, 1),
    Way("one worker on two cores", 1, 2),
    Way("two workers, a core each", 2, 1),
)


class Taken(NamedTuple):
    """What a whole sweep took: seconds, those of the processor, and bytes of its record."""

    seconds: float
    processor: float
    record: float


def quickly(space: Space) -> Space:
    """A space as small as can be, with PyTorch: its figures mean nothing."""
    return replace(space, axes={"cell": ["rnn", "gru"]}, steps=20, seeds=1, engine="torch")


def sweep_with(space: Space, way: Way, folder: Path) -> Taken:
    """A whole sweep, from the first process's start on until the last point is finished."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        address = Path(place) / "a.journal"
        before, began = os.times(), time.monotonic()
        sweep = Sweep.create(space, str(address), "a")
        with LocalWorkers(sweep, str(address), way.workers, threads=way.threads) as local:
            while not sweep.progress().is_over:
                time.sleep(0.05)
                local.look()
            seconds = time.monotonic() - began
        after = os.times()
        processor = after.children_user + after.children_system
        processor -= before.children_user + before.children_system
        return Taken(seconds, processor, address.stat().st_size)


def middle(taken: Sequence[Taken]) -> Taken:
    """The medians of several rounds."""
    return Taken(*map(median, zip(*taken, strict=True)))


def ratios(space: Space, rounds: int, folder: Path) -> None:
    """Print what every way takes, one after another in every round, and what a worker brings."""
    taken: dict[Way, list[Taken]] = {way: [] for way in WAYS}
    for _round in range(rounds):
        for way in WAYS:
            taken[way].append(sweep_with(space, way, folder))
    found = {way: middle(each) for way, each in taken.items()}
    print(f"{f'{space.runs} runs of {space.steps} steps':34}{'seconds':>10}{'processor':>11}")
    for way, each in found.items():
        print(f"{way.words:34}{each.seconds:8.1f} s{each.processor:9.1f} s")
    for other in (ONE, ONE_ON_TWO):
        words = f"two workers and {other.words}"
        print(f"{words:42}{found[other].seconds / found[TWO].seconds:8.2f}")
    print(f"{'record':34}{found[TWO].record / space.runs:8.0f} bytes a run")


def seconds_to_join(space: Space, folder: Path) -> float:
    """Seconds from a worker's start until it has a point."""
    address = str(folder / "join.journal")
    sweep = Sweep.create(space, address, "a")
    command = [sys.executable, "-m", "rnn_core", "sweep", "worker"]
    began = time.monotonic()
    with subprocess.Popen([*command, "--storage", address, "--study", "a", "--quiet"]) as process:
        progress = sweep.progress()
        while progress.waiting == progress.total:
            time.sleep(0.02)
            progress = sweep.progress()
        waited = time.monotonic() - began
        process.terminate()
    return waited


def overhead(space: Space, storage: str) -> float:
    """The share of a sweep's time beyond that of its training alone, in one process.

    What the process does once, such as getting SQLAlchemy ready, is not counted: the start is.
    """
    small = replace(space, axes={"cell": ["rnn"]}, steps=20)
    with Sweep.create(small, storage, "first") as sweep:
        work(sweep)
    points = [space.config(point) for point in space.points() or ()]
    alone = with_sweep = 0.0
    with Sweep.create(space, storage, "a") as sweep:
        began = time.process_time()
        work(sweep)
        with_sweep = time.process_time() - began
    began = time.process_time()
    for config in points:
        run_point(space, config)
    alone = time.process_time() - began
    return with_sweep / alone - 1


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two points; figures mean nothing")
    parser.add_argument("--rounds", type=int, default=3, help="of which medians are printed")
    parser.add_argument("--only", choices=("ratio",), help="what the workers take, and no more")
    chosen = parser.parse_args(arguments)
    short, busy, long = map(quickly, (SHORT, BUSY, LONG)) if chosen.quick else (SHORT, BUSY, LONG)
    prepare_compiled().join()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rounds = 1 if chosen.quick else chosen.rounds
        for space in (short, busy):
            ratios(space, rounds, folder)
        if chosen.only:
            return
        print(f"{'a joined worker has a point after':34}{seconds_to_join(short, folder):8.1f} s")
        print(f"{long.runs} runs of {long.steps} steps, processor time beyond the training")
        for file in ("journal", "db"):
            shares = [overhead(long, str(folder / f"{n}.{file}")) for n in range(rounds)]
            share = 100 * median(shares)
            print(f"{'with a ' + file:34}{share:8.1f} %")


if __name__ == "__main__":
    main()
