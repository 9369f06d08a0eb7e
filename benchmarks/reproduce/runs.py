"""Shared by the reproductions: training in lockstep, and tests on new data."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import click
import numpy as np
import torch
from numpy.typing import NDArray

from rnn_core import Batch, Comparison, RecurrentModel, ReplicaStep, RunConfig, build_task, run

# Training uses stream 0, the default, so this one is new to every network.
_FRESH_SEED = 1_000_003
#: Sequences in a batch of test data.
TEST_BATCH = 64


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is run: everything, or a share of it as a rehearsal.

    Args:
        seeds: networks of each kind, with seeds counted from 0.
        share: of the updates and of the test data.
    """

    seeds: int = 5
    share: float = 1.0

    def of(self, count: int) -> int:
        """This plan's share of a full count, 2 at least."""
        return max(2, round(count * self.share))

    def with_seeds(self, count: int) -> Plan:
        """The plan for a result that takes ``count`` seeds in full; a rehearsal takes its share."""
        return replace(self, seeds=round(count * self.seeds / Plan().seeds))


#: Changes a network's weights in place, with random numbers from the generator.
Initialisation = Callable[[RecurrentModel, torch.Generator], None]
#: Almost no training, only to see that everything runs.
REHEARSAL = Plan(seeds=2, share=1 / 400)


def compare(contenders: Sequence[RunConfig], plan: Plan) -> Comparison:
    """The contenders, untrained, with the plan's seeds, on the compiled engine."""
    return Comparison(contenders, plan.seeds, engine="compiled")


@torch.no_grad()
def initialise(comparison: Comparison, contender: int, how: Initialisation) -> None:
    """Overwrite the weights of all of a contender's networks, in place, before their first step."""
    count = len(comparison.seeds)
    for n, seed in enumerate(comparison.seeds):
        model = comparison.replicas.models[contender * count + n]
        how(model, torch.Generator().manual_seed(seed))


def training(comparison: Comparison, updates: int, label: str) -> Iterator[ReplicaStep]:
    """The steps from the untrained networks to those after ``updates``, with a progress bar.

    The learning rate may be changed while a step is held, for the update that follows.
    """
    steps = islice(comparison.steps(), updates + 1)
    with click.progressbar(
        steps,
        length=updates + 1,
        label=f"{label:28}",
        file=sys.stderr,
        update_min_steps=max(1, updates // 200),
    ) as bar:
        yield from bar


def records(
    contenders: Sequence[RunConfig], plan: Plan, updates: int, label: str
) -> NDArray[np.float64]:
    """The losses of single runs, shape ``(C, S, updates + 1)``; nan after a divergence."""
    configs = [replace(config, seed=seed) for config in contenders for seed in range(plan.seeds)]
    losses = np.full((len(configs), updates + 1), np.nan)
    with click.progressbar(configs, label=f"{label:28}", file=sys.stderr) as bar:
        for row, config in zip(losses, bar, strict=True):
            found = run(config, updates + 1, engine="compiled").curve.losses
            row[: len(found)] = found
    return losses.reshape(len(contenders), plan.seeds, updates + 1)


def train(comparison: Comparison, updates: int, label: str) -> None:
    """Take all the steps of `training`."""
    for _step in training(comparison, updates, label):
        pass


def fresh(config: RunConfig, batches: int) -> list[Batch]:
    """Batches of `TEST_BATCH` sequences that no training has read, in single precision."""
    task = build_task(replace(config, data_seed=_FRESH_SEED, batch_size=TEST_BATCH))
    return [task.batch(index, np.float32) for index in range(batches)]


def prediction(model: RecurrentModel, batch: Batch) -> NDArray[np.floating]:
    """A network's prediction from a zero state, shape ``(B, T, K)``."""
    with torch.inference_mode():
        said: NDArray[np.floating] = model(torch.from_numpy(batch.inputs))[0].numpy()
    return said


def scored(
    comparison: Comparison,
    batches: Sequence[Batch],
    score: Callable[[Batch, NDArray[np.floating]], float | None],
) -> NDArray[np.float64]:
    """The mean score of every network over batches of equal size.

    Args:
        score: of a batch and the prediction for it.

    Returns:
        Shape ``(C, S)``; nan for networks that have diverged.
    """
    scores = np.full(len(comparison.replicas), np.nan)
    for n in np.flatnonzero(comparison.replicas.alive):
        model = comparison.replicas.models[n]
        each = [score(batch, prediction(model, batch)) for batch in batches]
        scores[n] = np.array(each, float).mean()
    return scores.reshape(comparison.alive.shape)


def squared_error(batch: Batch, said: NDArray[np.floating]) -> float:
    """Mean squared error over the counted time steps."""
    error = said - batch.targets
    return float(np.mean((error if batch.loss_mask is None else error[batch.loss_mask]) ** 2))
