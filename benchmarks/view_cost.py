"""What views cost: estimated before they are computed, and measured.

For views that take long, over small and large networks of every kind: operations as
`dashboard.run.views.cost` estimates them, in seconds, beside seconds of the processor. Run with
``python -m benchmarks.view_cost``; ``make bench`` does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from time import thread_time
from typing import NamedTuple

import numpy as np
import torch

from benchmarks.timing import is_quick
from dashboard.run.views import cost
from dashboard.run.views.base import ViewInput
from dashboard.run.views.registry import VIEWS, view
from rnn_core import RunConfig, Trainer
from rnn_core.engines import prepare_compiled
from rnn_core.tasks import TASKS

# A view that is expected to take less than this is not worth a bound, nor its error a look.
_LEAST = 0.02
# Views that are expected to take longer are not computed: the page does not, either.
_MOST = 2.0


class Measured(NamedTuple):
    """One view of one network.

    Attributes:
        view: its key.
        config: of the run.
        estimated: seconds.
        seconds: of the processor.
    """

    view: str
    config: RunConfig
    estimated: float
    seconds: float

    @property
    def ratio(self) -> float:
        """Estimated over measured."""
        return self.estimated / self.seconds


def full() -> Iterator[RunConfig]:
    """Cells, sizes and windows."""
    sizes = ((32, 1, 100), (32, 4, 50), (64, 2, 1020), (128, 1, 200), (128, 4, 100), (256, 1, 200))
    sizes += ((256, 4, 20), (256, 4, 200))
    for cell, size in product(("rnn", "lstm", "gru", "peephole_lstm", "min_gru"), sizes):
        hidden, layers, window = size
        yield RunConfig(cell=cell, hidden_size=hidden, num_layers=layers, window_length=window)
    for name in ("copy", "lorenz", "noisy_sine", "delayed_recall"):
        settings = {**TASKS[name].defaults, "cell": "gru", "hidden_size": 128, "batch_size": 16}
        yield RunConfig(task=name, **settings)  # type: ignore[arg-type]


def quick() -> Iterator[RunConfig]:
    """One small network."""
    yield RunConfig(cell="gru", hidden_size=96, num_layers=2, window_length=100)


def measure(config: RunConfig, keys: Sequence[str]) -> Iterator[Measured]:
    """Views of a network at its first step, at rest, but for those that are cheap or too slow."""
    trainer = Trainer(config, engine="auto")
    next(trainer.steps())
    hidden = (np.array(trainer.hidden_states[0]),)
    for key in keys:
        shown = view(key)
        estimated = shown.operations(config, trainer.task, paused=True) / cost.PER_SECOND
        given = ViewInput(trainer, 0, hidden, True, shown.default_controls)
        if _LEAST <= estimated <= _MOST:
            yield Measured(key, config, estimated, min(_seconds(given, key) for _ in range(2)))


def _seconds(given: ViewInput[object, object], key: str) -> float:
    began = thread_time()
    view(key).compute(given)
    return thread_time() - began


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    configs = list((quick if is_quick(arguments, __doc__) else full)())
    torch.set_num_threads(1)
    prepare_compiled().join()
    found: list[Measured] = []
    print("view        cell           H  L     T  estimated  measured  ratio")
    for config in configs:
        for one in measure(config, tuple(VIEWS)):
            found.append(one)
            size = f"{config.hidden_size:3} {config.num_layers:2} {config.window_length:5}"
            print(
                f"{one.view:11} {config.cell:13} {size} {one.estimated:8.3f} s "
                f"{one.seconds:7.3f} s {one.ratio:6.2f}"
            )
    ratios = np.array([one.ratio for one in found])
    near = np.mean((ratios > 0.5) & (ratios < 2))
    print(
        f"{len(found)} results: estimated over measured {np.median(ratios):.2f} in the median, "
        f"{ratios.min():.2f} to {ratios.max():.2f}, {near:.0%} within a factor of two"
    )


if __name__ == "__main__":
    main()
