"""The training step beside the tutorial's loop and beside JAX: time as ratios, how it grows, and
how far the losses differ.

Run with ``python -m benchmarks.training_step``; ``make bench`` does. All have one thread, except
replicas, which take up to two.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice, product
from math import nan

import numpy as np
import psutil
import torch

from benchmarks.timing import FULL, QUICK, Effort, is_quick, microseconds_per_step
from benchmarks.tutorial_loop import CELLS, TutorialNetwork, tutorial_losses
from rnn_core import Replicas, RunConfig, Trainer
from rnn_core.engines import prepare_compiled
from rnn_core.training.trainer import NUMPY_DTYPES

WINDOWS = (10, 50, 200)
BATCHES = (1, 32)
REPLICAS = (1, 8, 64)
#: Time steps that JAX's loop writes out one after another; the faster one counts.
UNROLLS = (1, 10)
#: Steps in one call, and how many of them are compared: roundings grow from step to step.
BLOCK = 3_000
COMPARED = 50
#: Largest relative difference of a float64 loss with which JAX's step is still the same step.
SAME = 1e-9

Costs = dict[str, float]

try:
    from benchmarks.jax_step import jax_blocks, jax_losses
except ModuleNotFoundError as error:
    if error.name not in ("jax", "jaxlib"):
        raise
    jax_losses = jax_blocks = None  # type: ignore[assignment]


def trainer_losses(trainer: Trainer) -> Iterator[float]:
    """The losses of a run."""
    return (step.loss for step in trainer.steps())


def costs(config: RunConfig, effort: Effort = FULL) -> Costs:
    """Microseconds a step takes with each, and JAX's better unrolling."""
    network = TutorialNetwork(config.cell)
    runs: dict[str, Iterator[float]] = {
        "tutorial": tutorial_losses(network, config.window_length, config.batch_size),
        "torch": trainer_losses(Trainer(config)),
        "compiled": trainer_losses(Trainer(config, engine="compiled")),
    }
    if jax_losses:
        runs |= {f"jax {unroll}": jax_losses(config, unroll) for unroll in UNROLLS}
    found = microseconds_per_step(runs, effort)
    unroll = min(UNROLLS, key=lambda unroll: found.get(f"jax {unroll}", nan))
    return found | {"jax": found.get(f"jax {unroll}", nan), "unroll": unroll}


def print_costs(effort: Effort = FULL) -> dict[tuple[str, int, int], Costs]:
    """The table of ratios, with microseconds beside."""
    print("\nSteps in the time of one of                       |  µs a step")
    print("                  the tutorial's          JAX's   |")
    print(
        "cell    T  batch  torch  compiled   jax  compiled | tutorial  torch compiled  jax (unroll)"
    )
    table = {}
    for cell, length, batch in product(CELLS, WINDOWS, BATCHES):
        cost = costs(RunConfig(cell=cell, window_length=length, batch_size=batch), effort)
        table[cell, length, batch] = cost
        print(
            f"{cell:4} {length:4} {batch:6} "
            + " ".join(
                f"{cost['tutorial'] / cost[name]:{width}.1f}"
                for name, width in (("torch", 6), ("compiled", 9), ("jax", 5))
            )
            + f" {cost['jax'] / cost['compiled']:9.1f} | "
            + f"{cost['tutorial']:8.0f} {cost['torch']:6.0f} {cost['compiled']:8.0f} "
            + f"{cost['jax']:5.0f} ({cost['unroll']})",
            flush=True,
        )
    return table


def print_growth(table: dict[tuple[str, int, int], Costs]) -> None:
    """How the cost of a step grows with the window and with the batch."""
    print("\nCost of a step as a multiple of one with")
    print("                T = 10, batch 1        T = 10, batch 32   batch 1 and the same T")
    print("cell  by        T = 50   T = 200       T = 50   T = 200   batch 32: T = 10   T = 200")
    for cell in CELLS:
        for name in ("tutorial", "torch", "compiled", "jax"):
            cost = {key[1:]: costs[name] for key, costs in table.items() if key[0] == cell}
            print(
                f"{cell:5} {name:9} {cost[50, 1] / cost[10, 1]:6.1f} "
                f"{cost[200, 1] / cost[10, 1]:9.1f} {cost[50, 32] / cost[10, 32]:12.1f} "
                f"{cost[200, 32] / cost[10, 32]:9.1f} {cost[10, 32] / cost[10, 1]:18.1f} "
                f"{cost[200, 32] / cost[200, 1]:9.1f}"
            )


def print_blocks(effort: Effort = FULL) -> None:
    """Many steps in one call: `Trainer.advance` beside JAX's scan over them.

    Both return losses and gradient norms, and both make their own windows, all of a call at once.
    """
    count = BLOCK if effort is FULL else 20
    print(f"\n{count:,} steps in one call; T = 10, batch 1  |  µs a step")
    print(
        "cell   JAX's scan / advance  steps / advance | steps  advance  JAX's scan (unroll)"
        f" | differences: loss, norm; {COMPARED} steps"
    )
    for cell in CELLS:
        # At 0.02 an RNN collapses after some ten thousand steps. Its dead units leave subnormal
        # numbers in Adam's moments, with which processors are slow; JAX rounds them to 0.
        config = RunConfig(cell=cell, lr=0.005)
        runs: dict[str, Iterator[object]] = {"advance": _advances(config, count)}
        if jax_blocks:
            runs |= {f"jax {n}": jax_blocks(config, count, n) for n in UNROLLS}
        block = {name: cost / count for name, cost in microseconds_per_step(runs, effort).items()}
        single = {"steps": trainer_losses(Trainer(config, engine="compiled"))}
        steps = microseconds_per_step(single, effort)["steps"]
        unroll = min(UNROLLS, key=lambda n: block.get(f"jax {n}", nan))
        scan = block.get(f"jax {unroll}", nan)
        print(
            f"{cell:5} {scan / block['advance']:20.1f} {steps / block['advance']:16.1f} | "
            f"{steps:5.1f} {block['advance']:8.1f} {scan:11.1f} ({unroll:2}) | "
            + " ".join(f"{each:8.1e}" for each in block_differences(config, count)),
            flush=True,
        )


def block_differences(config: RunConfig, count: int) -> tuple[float, float]:
    """Largest relative differences of JAX's first losses and gradient norms from `advance`'s."""
    if not jax_blocks:
        return nan, nan
    ours = Trainer(config, engine="compiled").advance(count)
    found = []
    for unroll in UNROLLS:
        losses, norms = next(jax_blocks(config, count, unroll))
        for theirs, own in ((losses, ours.losses), (norms, ours.grad_norms)):
            theirs, own = theirs[:COMPARED], own[:COMPARED]
            found.append(float(np.max(np.abs(theirs - own) / own)))
    return max(found[::2]), max(found[1::2])


def _advances(config: RunConfig, count: int) -> Iterator[object]:
    trainer = Trainer(config, engine="compiled")
    while True:
        yield trainer.advance(count)


def print_replicas(effort: Effort = FULL) -> None:
    """What many replicas cost, in steps of one Trainer; compiled, on all cores."""
    print(f"\nA step of N compiled replicas, in steps of one Trainer ({psutil.cpu_count()} cores)")
    print("cell    T  batch   N = 1   N = 8  N = 64  |  µs: Trainer   N = 1   N = 8   N = 64")
    shapes = [(length, 1) for length in WINDOWS] + [(WINDOWS[0], BATCHES[-1])]
    for cell, (length, batch) in product(CELLS, shapes):
        config = RunConfig(cell=cell, window_length=length, batch_size=batch)
        runs: dict[str, Iterator[object]] = {"one": Trainer(config, engine="compiled").steps()}
        for count in REPLICAS:
            configs = [
                RunConfig(cell=cell, window_length=length, batch_size=batch, seed=seed)
                for seed in range(count)
            ]
            runs[str(count)] = Replicas(configs, engine="compiled").steps()
        cost = microseconds_per_step(runs, effort)
        print(
            f"{cell:4} {length:4} {batch:6} "
            + " ".join(f"{cost[str(count)] / cost['one']:7.1f}" for count in REPLICAS)
            + f"  |  {cost['one']:11.0f} "
            + " ".join(f"{cost[str(count)]:7.0f}" for count in REPLICAS),
            flush=True,
        )


def largest_difference(
    cell: str, run: Callable[[RunConfig], Iterator[float]], dtype: torch.dtype, steps: int
) -> float:
    """Largest relative difference of the losses from the tutorial's, from equal weights."""
    config = RunConfig(cell=cell)
    network = TutorialNetwork(cell).to(dtype)
    network.load_state_dict(Trainer(config, dtype=dtype).model.state_dict())
    theirs = np.array(list(islice(tutorial_losses(network), steps)))
    ours = np.array(list(islice(run(config), steps)))
    return float(np.max(np.abs(ours - theirs) / theirs))


def print_differences() -> None:
    """How far each loss is from the tutorial's.

    Raises:
        SystemExit: when JAX's step is another one, so that its time says nothing.
    """
    print("\nLargest relative difference of the loss from the tutorial's; T = 10, batch 1")
    print("cell  by        float64, 100 steps    float32, 50 steps")
    for cell in CELLS:
        for engine in ("torch", "compiled"):
            double, single = (
                largest_difference(
                    cell,
                    lambda config, engine=engine, dtype=dtype: trainer_losses(
                        Trainer(config, dtype=dtype, engine=engine)
                    ),
                    dtype,
                    steps,
                )
                for dtype, steps in ((torch.float64, 100), (torch.float32, 50))
            )
            print(f"{cell:5} {engine:9} {double:18.1e} {single:20.1e}")
        if jax_losses:
            double, single = jax_differences(cell)
            print(f"{cell:5} {'jax':9} {double:18.1e} {single:20.1e}")
            if double > SAME:
                raise SystemExit(f"JAX's {cell} is not the tutorial's: {double:.1e} > {SAME:.0e}")


def jax_differences(cell: str) -> tuple[float, float]:
    """As `largest_difference`, the larger of either unrolling: in float64, and in float32."""
    import jax

    def largest(dtype: torch.dtype, steps: int) -> float:
        numbers = NUMPY_DTYPES[dtype]
        runs = (partial(jax_losses, unroll=unroll, dtype=numbers) for unroll in UNROLLS)
        return max(largest_difference(cell, run, dtype, steps) for run in runs)

    with jax.enable_x64(True):
        double = largest(torch.float64, 100)
    return double, largest(torch.float32, 50)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    effort = QUICK if is_quick(arguments, __doc__) else FULL
    torch.set_num_threads(1)
    prepare_compiled().join()
    print(f"Python {platform.python_version()}, torch {torch.__version__}, ", end="")
    if jax_losses:
        import jax

        print(f"JAX {jax.__version__}, ", end="")
    print("H = 32, one thread; the fastest of many turns in rotation")
    if not jax_losses:
        print("JAX is not installed, so its places are empty (nan). `make bench` installs it,")
        print("and so does: pip install -r requirements-bench.txt")
    table = print_costs(effort)
    print_growth(table)
    print_blocks(effort)
    print_replicas(effort)
    print_differences()


if __name__ == "__main__":
    main()
