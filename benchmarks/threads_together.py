"""Throughput of threads that train at the same time, each a run of its own.

Run with ``python -m benchmarks.threads_together``; ``make bench`` does. A step releases the
interpreter's lock while PyTorch or the kernels compute and holds it for the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from threading import Barrier
from time import perf_counter

import psutil
import torch

from benchmarks.timing import is_quick
from benchmarks.tutorial_loop import CELLS
from rnn_core import RunConfig, Trainer
from rnn_core.engines import prepare_compiled

THREADS = (1, 2, 16)
#: Rounds, and seconds that each number of threads gets in a round.
FULL, QUICK = (8, 0.2), (1, 0.01)


def steps_per_second(trainers: list[Trainer], seconds: float) -> float:
    """Steps of all threads together, one thread for each trainer."""
    together = Barrier(len(trainers))

    def train(trainer: Trainer) -> tuple[int, float, float]:
        together.wait()
        began = now = perf_counter()
        count, steps = 0, trainer.steps()
        while now - began < seconds:
            next(steps)
            count, now = count + 1, perf_counter()
        return count, began, now

    with ThreadPoolExecutor(len(trainers)) as pool:
        counts, begins, ends = zip(*pool.map(train, trainers), strict=True)
    return sum(counts) / (max(ends) - min(begins))


def best_rates(config: RunConfig, engine: str, rounds: int, seconds: float) -> dict[int, float]:
    """The highest rate over several rounds, in which the numbers of threads take turns."""
    trainers = [Trainer(config, engine=engine) for _ in range(max(THREADS))]
    best = dict.fromkeys(THREADS, 0.0)
    for _ in range(rounds):
        for count in THREADS:
            best[count] = max(best[count], steps_per_second(trainers[:count], seconds))
    return best


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    rounds, seconds = QUICK if is_quick(arguments, __doc__) else FULL
    torch.set_num_threads(1)
    prepare_compiled().join()
    print("\nSteps a second of all threads together, as a multiple of those of 2 threads")
    print(f"H = 32, T = 10, batch 1; {psutil.cpu_count()} cores")
    print("cell  engine     " + "".join(f"{count:4} threads" for count in THREADS), end="")
    print("   |  steps/s" + "".join(f"{count:9}" for count in THREADS))
    for cell, engine in product(CELLS, ("torch", "compiled")):
        rates = best_rates(RunConfig(cell=cell), engine, rounds, seconds)
        print(
            f"{cell:5} {engine:9} "
            + "".join(f"{rates[count] / rates[2]:12.2f}" for count in THREADS)
            + "    |         "
            + "".join(f"{rates[count]:9.0f}" for count in THREADS),
            flush=True,
        )


if __name__ == "__main__":
    main()
