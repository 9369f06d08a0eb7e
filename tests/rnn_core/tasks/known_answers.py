"""Streams, predictors and scores that the tests of the tasks share."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from rnn_core import Batch, Floor, RunConfig, Task, build_task


def stream(config: RunConfig, windows: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and targets of row 0 over the first windows, shapes ``(n, D)`` and ``(n, K)``."""
    task = build_task(config)
    batches = [task.batch(k) for k in range(windows)]
    return (
        np.concatenate([batch.inputs[0] for batch in batches]),
        np.concatenate([batch.targets[0] for batch in batches]),
    )


def task_of(name: str, **settings: int) -> Task:
    return build_task(RunConfig.from_dict({"task": name, "batch_size": 8, **settings}))


Predictor = Callable[[Batch], np.ndarray]


def floors_of(name: str, **settings: float) -> dict[str, float]:
    config = RunConfig.from_dict({"task": name, **settings})
    return {floor.key: floor.value for floor in build_task(config).floors()}


def loss(batch: Batch, prediction: np.ndarray, criterion: str) -> float:
    """Of numbers, or of probabilities: the mean over the time steps that count."""
    if criterion == "mse":
        each = ((prediction - batch.targets) ** 2).mean(axis=2)
    else:
        loss_mask = batch.targets.any(axis=2)
        return float(-np.log((prediction * batch.targets).sum(axis=2)[loss_mask]).mean())
    return float(each.mean() if batch.loss_mask is None else each[batch.loss_mask].mean())


def assert_scores(
    config: RunConfig, floor: float, predictor: Predictor, samples: int = 100_000
) -> None:
    """The predictor's mean loss is the floor, to within five standard errors."""
    task = build_task(config)
    first = task.batch(0)
    per_batch = first.time.size if first.loss_mask is None else config.batch_size
    losses = []
    for k in range(1, 1 + max(40, samples // per_batch)):
        batch = task.batch(k)
        losses.append(loss(batch, predictor(batch), task.criterion))
    error = np.std(losses, ddof=1) / math.sqrt(len(losses))
    assert np.mean(losses) == pytest.approx(floor, abs=5 * error + 1e-12)
    assert error < 0.02 * max(floor, 0.05)


def bounds(floors: tuple[Floor, ...]) -> dict[str, str]:
    return {floor.key: floor.bound for floor in floors}


def samples_of(config: RunConfig, windows: int) -> tuple[np.ndarray, np.ndarray]:
    task = build_task(config)
    batches = [task.batch(k * config.batch_size) for k in range(windows // config.batch_size)]
    return (
        np.concatenate([batch.inputs.ravel() for batch in batches]),
        np.concatenate([batch.targets.ravel() for batch in batches]),
    )


def best_table(inputs: np.ndarray, targets: np.ndarray, bins: int) -> float:
    """Mean squared error of the mean target in each bin of the input."""
    edges = np.linspace(inputs.min(), inputs.max() + 1e-9, bins + 1)
    place = np.digitize(inputs, edges) - 1
    counts = np.bincount(place, minlength=bins)
    means = np.bincount(place, weights=targets, minlength=bins) / np.maximum(counts, 1)
    return float(np.mean((targets - means[place]) ** 2))


def at_the_end(batch: Batch, values: np.ndarray) -> np.ndarray:
    guess = np.zeros_like(batch.targets)
    guess[:, -1] = values.reshape(len(values), -1)
    return guess
