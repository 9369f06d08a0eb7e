"""Whether the verdict on memory is right: on slow signals, and on the tutorial's task.

Run with ``python -m benchmarks.verdicts``; ``make bench`` does. On slow signals the weights follow
the signal, and the online loss falls below the floors. Each verdict is checked against a second
evaluation of the same weights, of more windows, that begin far ahead. On the tutorial's task the
verdict is to say at step 200 that memory is carried. The last table says what an evaluation costs.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from statistics import median
from time import perf_counter

import numpy as np
import torch

from benchmarks.timing import is_quick
from rnn_core import (
    TASKS,
    Evaluation,
    RunConfig,
    Trainer,
    Verdict,
    evaluate,
    evaluate_model,
    judge,
)
from rnn_core.engines import prepare_compiled

CELLS = ("rnn", "lstm", "gru")
#: Settings, steps of each, windows of the second evaluation, seeds of each cell.
FULL, QUICK = (20, 3000, 2000, 20), (3, 100, 300, 2)
_STEP = 200
_TIMED = 10


def slow_settings(count: int) -> list[RunConfig]:
    """Random runs in which a window is a small part of a period."""
    numbers = np.random.default_rng(0)
    found = []
    for seed in range(count):
        settings: dict[str, object] = {
            "window_length": int(numbers.integers(2, 6)),
            "points_per_period": int(numbers.integers(150, 201)),
            "noise_std": float(numbers.choice([0.0, 0.1, 0.3, 0.5])),
            "hidden_size": int(numbers.integers(1, 9)),
            "lr": float(numbers.choice([0.01, 0.02, 0.05])),
            "cell": str(numbers.choice(CELLS)),
            "carry_state": bool(numbers.random() < 0.8),
            "seed": seed,
        }
        task = str(numbers.choice(["sin_to_cos", "noisy_sine"]))
        if task == "noisy_sine":
            settings["delay"] = int(numbers.integers(30, 61))
        found.append(TASKS[task].config(**settings))
    return found


def judged(trainer: Trainer, online: float) -> Verdict:
    """The verdict at the step that is held."""
    return judge(evaluate(trainer), trainer.task.floors(), online=online)


def again(trainer: Trainer, windows: int) -> Evaluation:
    """A second evaluation of the same weights, on windows far ahead."""
    return evaluate_model(
        trainer.model,
        trainer.task,
        start=(trainer.index or 0) + 10_000,
        windows=windows,
        carries_state=trainer.config.carry_state,
    )


def check_slow_signals(settings: Sequence[RunConfig], steps: int, windows: int) -> None:
    """Print a row for each setting, and how often the verdict was wrong."""
    print("\nSlow signals: online and held-out loss, the claim, and a second evaluation")
    print(
        "task        cell  T   points  online    held-out   claim           follows  again"
        "     reset less carried"
    )
    below = wrong = unsupported = 0
    for config in settings:
        trainer = Trainer(config, engine="compiled")
        online = float(trainer.advance(steps).losses[-200:].mean())
        verdict = judged(trainer, online)
        second = again(trainer, windows)
        gain = second.memory_gain
        floors = {floor.key: floor.value for floor in trainer.task.floors()}
        window = floors.get("window_memory", math.inf)
        below += verdict.claim == "nothing" and online < floors["constant"] / 2
        claims = verdict.claim == "carried_memory"
        unsupported += claims and not verdict.uses_carried_state
        wrong += claims and (gain.low <= 0 or second.loss.high > window)
        print(
            f"{config.task:11} {config.cell:5} {config.window_length:<3} "
            f"{config.points_per_period:6}  {online:8.2g}  {verdict.loss.mean:8.2g}   "
            f"{verdict.claim:15} {'yes' if verdict.follows_signal else 'no':7} "
            f"{second.mean:8.2g}  {gain.mean:8.2g} [{gain.low:.2g}, {gain.high:.2g}]",
            flush=True,
        )
    print(f"online loss below half a constant's, and nothing shown: {below} of {len(settings)}")
    print(f"carried memory claimed though the interval includes zero: {unsupported}")
    print(f"carried memory claimed and not confirmed by the second evaluation: {wrong}")


def check_tutorial(seeds: int) -> None:
    """Print for how many seeds of each cell the verdict says that memory is carried."""
    print(f"\nThe tutorial's task at step {_STEP}: claims of {seeds} seeds")
    for cell in CELLS:
        claims: Counter[str] = Counter()
        for seed in range(seeds):
            trainer = Trainer(RunConfig(cell=cell, seed=seed), engine="compiled")
            online = float(trainer.advance(_STEP + 1).losses[-20:].mean())
            claims[judged(trainer, online).claim] += 1
        print(f"{cell:5} {dict(claims)}", flush=True)


def time_evaluations() -> None:
    """Print the milliseconds of an evaluation, the median of a few."""
    print("\nMilliseconds of an evaluation, H = 32, batch 1")
    print("cell   windows of T = 10    windows of T = 2, 200 points a period")
    for cell in CELLS:
        texts = []
        for settings in ({}, {"window_length": 2, "points_per_period": 200}):
            trainer = Trainer(RunConfig.from_dict({"cell": cell, **settings}), engine="compiled")
            trainer.advance(10)
            times = []
            for _ in range(_TIMED):
                began = perf_counter()
                found = evaluate(trainer)
                times.append(perf_counter() - began)
            texts.append(f"{len(found.losses):4}: {1000 * median(times):6.2f} ms")
        print(f"{cell:5}  {texts[0]:20} {texts[1]}", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    count, steps, windows, seeds = QUICK if is_quick(arguments, __doc__) else FULL
    torch.set_num_threads(1)
    prepare_compiled().join()
    check_slow_signals(slow_settings(count), steps, windows)
    check_tutorial(seeds)
    time_evaluations()


if __name__ == "__main__":
    main()
