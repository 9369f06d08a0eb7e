"""Training in lockstep and tests on new data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from benchmarks.reproduce.runs import (
    REHEARSAL,
    TEST_BATCH,
    Plan,
    compare,
    fresh,
    scored,
    squared_error,
    train,
)
from rnn_core import Batch, RunConfig, build_task

ORDER = RunConfig(task="temporal_order", window_length=20, hidden_size=4, lr=0.02, batch_size=8)


def test_a_plan_takes_its_share_and_never_nothing() -> None:
    assert Plan().of(8_000) == 8_000
    assert REHEARSAL.of(8_000) == 20
    assert REHEARSAL.of(40) == 2


def test_a_rehearsal_takes_its_share_of_many_seeds() -> None:
    assert Plan().with_seeds(24) == Plan(seeds=24)
    assert REHEARSAL.with_seeds(40).seeds == 16
    assert REHEARSAL.with_seeds(40).share == REHEARSAL.share


def test_fresh_sequences_are_not_those_of_training_and_always_the_same() -> None:
    first, second = fresh(ORDER, 2)
    read = build_task(replace(ORDER, batch_size=TEST_BATCH)).batch(0, np.float32)
    assert first.inputs.shape == (TEST_BATCH, 20, 8)
    assert not np.array_equal(first.inputs, read.inputs)
    assert not np.array_equal(first.inputs, second.inputs)
    np.testing.assert_array_equal(first.inputs, fresh(ORDER, 1)[0].inputs)


def test_the_squared_error_is_that_of_the_counted_steps() -> None:
    targets = np.array([[[5.0], [1.0]], [[5.0], [3.0]]])
    loss_mask = np.array([[False, True], [False, True]])
    batch = Batch(np.zeros((2, 2)), np.zeros((2, 2, 1)), targets, loss_mask)
    assert squared_error(batch, np.zeros_like(targets)) == (1 + 9) / 2
    assert squared_error(replace(batch, loss_mask=None), np.zeros_like(targets)) == 60 / 4


def test_networks_are_scored_each_in_its_place_and_a_diverged_one_not() -> None:
    wild = RunConfig(hidden_size=5, optimizer="sgd", lr=5.0)
    comparison = compare([replace(wild, lr=0.01), wild], Plan(seeds=2))
    train(comparison, 150, "")
    batches = fresh(wild, 2)
    scores = scored(comparison, batches, squared_error)
    model = comparison.replicas.models[1]
    with torch.no_grad():
        own = [squared_error(b, model(torch.from_numpy(b.inputs))[0].numpy()) for b in batches]
    assert scores.shape == (2, 2)
    assert scores[0, 1] == pytest.approx(np.mean(own))
    assert comparison.alive.tolist() == [[True, True], [False, False]]
    assert np.isnan(scores[1]).all()
