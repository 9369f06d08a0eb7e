"""What a sweep takes: with one worker and with two, beside the same training without it.

Run with ``python -m benchmarks.sweeps``. Printed are the seconds for a number of short runs with
one worker and with two, start included; the bytes that the record grows by; how long a worker that
joins waits for its first point; and the share of a longer point's time that the sweep itself takes,
for a journal and for an SQLite database.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

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
# Twenty points of five seeds and 2,000 steps.
LONG = replace(SHORT, axes={"cell": ["rnn", "gru"], "lr": SHORT.axes["lr"]}, steps=2000)


def quickly(space: Space) -> Space:
    """A space as small as can be, with PyTorch: its figures mean nothing."""
    return replace(space, axes={"cell": ["rnn", "gru"]}, steps=20, seeds=1, engine="torch")


def seconds_with(space: Space, workers: int, folder: Path) -> tuple[float, int]:
    """Seconds for a whole sweep from the first process's start on, and bytes of its record."""
    address = folder / f"{workers}.journal"
    began = time.monotonic()
    sweep = Sweep.create(space, str(address), "a")
    with LocalWorkers(sweep, str(address), workers) as local:
        while not sweep.progress().is_over:
            time.sleep(0.05)
            local.look()
    return time.monotonic() - began, address.stat().st_size


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
    """The share of a sweep's time beyond that of its training alone, in one process."""
    points = [space.config(point) for point in space.points() or ()]
    run_point(space, points[0])  # compiles
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
    chosen = parser.parse_args(arguments)
    short, long = (quickly(SHORT), quickly(LONG)) if chosen.quick else (SHORT, LONG)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        one, _bytes = seconds_with(short, 1, folder)
        two, record = seconds_with(short, 2, folder)
        print(f"{short.runs} runs of {short.steps} steps")
        print(f"{'one worker':34}{one:8.1f} s")
        print(f"{'two workers':34}{two:8.1f} s")
        print(f"{'ratio':34}{one / two:8.2f}")
        print(f"{'record':34}{record / short.runs:8.0f} bytes a run")
        print(f"{'a joined worker has a point after':34}{seconds_to_join(short, folder):8.1f} s")
        print(f"{long.runs} runs of {long.steps} steps, processor time beyond the training")
        for file in ("journal", "db"):
            share = 100 * overhead(long, str(folder / f"overhead.{file}"))
            print(f"{'with a ' + file:34}{share:8.1f} %")


if __name__ == "__main__":
    main()
