"""What it costs to go back in a run: snapshots, any earlier moment, and a replay of it all.

Run with ``python -m benchmarks.time_travel``; ``make bench`` does.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch

from dashboard.train.live_run import LiveRun
from dashboard.train.replay.spec import replay
from rnn_core import RunConfig, Trainer
from rnn_core.tasks import DEFAULTS

CELLS = ("rnn", "gru", "lstm")
RUNS = (("torch", 60_000), ("compiled", 100_000))
FILMS = (
    ("sin_to_cos", "rnn", 20_000),
    ("flip_flop", "lstm", 2_000),
    ("copy", "lstm", 500),
    ("mackey_glass", "lstm", 3_000),
)
REPEATS, MOMENTS = 200, 50


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def run_to(step: int, config: RunConfig, engine: str) -> LiveRun:
    """A run that rests at a step."""
    run = LiveRun(config, clock=lambda: 0.0, engine=engine)
    run.play()
    run.tick(step, step)
    run.pause()
    return run


def main() -> None:
    """Print the figures."""
    torch.set_num_threads(1)
    for cell in CELLS:
        trainer = Trainer(RunConfig(cell=cell), engine="compiled")
        steps = trainer.steps()
        for _ in range(10):
            next(steps)
        cost = min(seconds(trainer.snapshot) for _ in range(REPEATS))
        size = 200 * trainer.snapshot().nbytes / 1e6
        print(f"A snapshot of {cell}, H=32: {cost * 1e3:.2f} ms; 200 of them {size:.1f} MB")
    for engine, last in RUNS:
        for cell in CELLS:
            run = run_to(last, RunConfig(cell=cell), engine)
            moments = np.random.default_rng(0).integers(0, last, MOMENTS).tolist()
            took = [seconds(partial(run.look_back, index)) for index in moments]
            print(
                f"Looking back in {last} steps, {cell}, {engine}: median "
                f"{statistics.median(took):.3f} s, at most {max(took):.3f} s of {MOMENTS} moments"
            )
    for task, cell, last in FILMS:
        config = RunConfig(task=task, **{**DEFAULTS[task], "cell": cell})  # type: ignore[arg-type]
        run = run_to(last, config, "compiled")
        took_replay = seconds(partial(replay, run))
        size = sum(map(len, replay(run).tables.values())) / 1e6
        print(f"A replay of {last} steps, {cell} on {task}: {took_replay:.2f} s, {size:.1f} MB")


if __name__ == "__main__":
    main()
