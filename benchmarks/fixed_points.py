"""Do searches find all fixed points, and how long do they take?

Three parts: the memories of trained 3-bit flip-flops, the fixed points of bistable units, and the
time of the search on the page. Times are of the processor, so other programs hardly change them.
Run with ``python -m benchmarks.fixed_points``; ``make bench`` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from time import process_time

import numpy as np
import torch

from benchmarks.timing import is_quick
from dashboard.run.live_run import LiveRun
from dashboard.run.views.registry import view
from rnn_core import Comparison, RecurrentModel, RunConfig
from rnn_core.diagnostics import FixedPoints, find_fixed_points

CELLS = ("rnn", "lstm", "gru")
_MEMORIES = 8
# Networks of each cell, their updates, numbers of bistable units, hidden sizes, and the step at
# which a page is paused.
FULL = (20, 3_000, (1, 2, 3, 4, 5), (8, 16, 32, 64), 600)
QUICK = (2, 30, (1, 2), (8,), 10)


def memories(model: RecurrentModel, found: FixedPoints) -> int:
    """How many of the eight memories have a stable point, by the signs of the readout there."""
    weight, bias = (part.detach().double().numpy() for part in (model.out.weight, model.out.bias))
    readout = found.top[np.array(found.kinds) == "stable"] @ weight.T + bias
    return len(np.unique(np.sign(readout), axis=0))


def trained(seeds: int, updates: int) -> Comparison:
    """Flip-flops of every cell, as in `benchmarks.reproduce.flip_flop`."""
    contenders = [
        RunConfig(
            task="flip_flop", cell=cell, window_length=64, batch_size=16, hidden_size=16, lr=0.01
        )
        for cell in CELLS
    ]
    comparison = Comparison(contenders, seeds, engine="compiled")
    for _step in islice(comparison.steps(), updates + 1):
        pass
    return comparison


def bistable(units: int) -> RecurrentModel:
    """Units that know nothing of each other: h' = tanh(2 h + 3 x). Each has three fixed points."""
    model = RecurrentModel(RunConfig(hidden_size=units), input_size=units, dtype=torch.float64)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.rnn.get_parameter("weight_hh_l0").copy_(2 * torch.eye(units))
        model.rnn.get_parameter("weight_ih_l0").copy_(3 * torch.eye(units))
    return model


def print_flip_flops(seeds: int, updates: int) -> None:
    """All memories of every network?"""
    comparison = trained(seeds, updates)
    # Every network is searched from the states of one window that none was trained on.
    inputs = comparison.task.batch(updates + 1, np.float32).inputs[0]
    print(f"3-bit flip-flops, 16 units, {updates} updates: networks with all 8 memories")
    print("cell   all 8  fewest  fixed points      starts          s a search")
    for place, cell in enumerate(CELLS):
        counts, points, starts, seconds = [], [], [], []
        for model in comparison.replicas.models[place * seeds : (place + 1) * seeds]:
            began = process_time()
            found = find_fixed_points(model, inputs)
            seconds.append(process_time() - began)
            counts.append(memories(model, found))
            points.append(int(found.fixed.sum()))
            starts.append(found.starts)
        print(
            f"{cell:5} {counts.count(_MEMORIES):3} of {seeds} {min(counts):5}  "
            f"{min(points):2} to {max(points):2}  {min(starts):10} to {max(starts):4}"
            f"{np.median(seconds):16.2f}"
        )


def print_bistable_units(numbers: Sequence[int]) -> None:
    """All combinations of the units' three points?"""
    for units in numbers:
        pulses = np.random.default_rng(0).integers(-1, 2, (40, units)).astype(float)
        began = process_time()
        found = find_fixed_points(bistable(units), pulses)
        print(
            f"{units} bistable units: {int(found.fixed.sum())} of {3**units} fixed points, "
            f"{found.starts} starts, {process_time() - began:.2f} s"
        )


def print_page(sizes: Sequence[int], step: int) -> None:
    """How long the phase view takes when the page is paused."""
    for cell in CELLS:
        for size in sizes:
            run = LiveRun(
                RunConfig(cell=cell, hidden_size=size), clock=lambda: 0.0, engine="compiled"
            )
            run.play()
            run.tick(step, step)
            run.pause()
            began = process_time()
            cached = run.inspect(view("phase"), None)
            seconds = process_time() - began
            found = cached.result.fixed if cached else None
            assert found is not None
            print(
                f"The phase view of {cell}, H={size}: {seconds:.2f} s, {int(found.fixed.sum())} "
                f"fixed and {int((~found.fixed).sum())} slow points, {found.starts} starts"
                f"{'' if found.complete else ', stopped'}"
            )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    seeds, updates, units, sizes, step = QUICK if is_quick(arguments, __doc__) else FULL
    torch.set_num_threads(1)
    print_flip_flops(seeds, updates)
    print_bistable_units(units)
    print_page(sizes, step)


if __name__ == "__main__":
    main()
