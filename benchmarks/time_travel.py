"""The cost of going back in a run: snapshots, earlier steps, and a replay of the whole run.

Run with ``python -m benchmarks.time_travel``; ``make bench`` does.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch

from benchmarks.timing import is_quick
from dashboard.run.live_run import LiveRun
from dashboard.train.replay.spec import replay
from rnn_core import RunConfig, Trainer
from rnn_core.tasks import TASKS

CELLS = ("rnn", "gru", "lstm")
RUNS = (("torch", 60_000), ("compiled", 100_000))
REPLAYS = (
    ("sin_to_cos", "rnn", 20_000),
    ("flip_flop", "lstm", 2_000),
    ("copy", "lstm", 500),
    ("mackey_glass", "lstm", 3_000),
)
#: Snapshots timed, steps looked back to, and the share of each run's length.
FULL, QUICK = (200, 50, 1.0), (5, 2, 0.01)


def seconds(work: Callable[[], object]) -> float:
    """The duration of a call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def run_to(step: int, config: RunConfig, engine: str) -> LiveRun:
    """A run, paused at a step."""
    run = LiveRun(config, clock=lambda: 0.0, engine=engine)
    run.play()
    run.tick(step, step)
    run.pause()
    return run


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    repeats, moments, share = QUICK if is_quick(arguments, __doc__) else FULL
    torch.set_num_threads(1)
    for cell in CELLS:
        trainer = Trainer(RunConfig(cell=cell), engine="compiled")
        steps = trainer.steps()
        for _ in range(10):
            next(steps)
        cost = min(seconds(trainer.snapshot) for _ in range(repeats))
        size = 200 * trainer.snapshot().nbytes / 1e6
        print(f"A snapshot of {cell}, H=32: {cost * 1e3:.2f} ms; 200 of them {size:.1f} MB")
    for engine, length in RUNS:
        last = round(share * length)
        for cell in CELLS:
            run = run_to(last, RunConfig(cell=cell), engine)
            indices = np.random.default_rng(0).integers(0, last, moments).tolist()
            took = [seconds(partial(run.look_back, index)) for index in indices]
            print(
                f"Looking back in {last} steps, {cell}, {engine}: median "
                f"{statistics.median(took):.3f} s, at most {max(took):.3f} s of {moments} steps"
            )
    for task, cell, length in REPLAYS:
        last = round(share * length)
        config = RunConfig(task=task, **{**TASKS[task].defaults, "cell": cell})  # type: ignore[arg-type]
        run = run_to(last, config, "compiled")
        took_replay = seconds(partial(replay, run))
        size = sum(map(len, replay(run).tables.values())) / 1e6
        print(f"A replay of {last} steps, {cell} on {task}: {took_replay:.2f} s, {size:.1f} MB")


if __name__ == "__main__":
    main()
