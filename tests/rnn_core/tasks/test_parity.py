from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_core import TASKS, RunConfig, Trainer, build_task
from tests.rnn_core.runs import first
from tests.rnn_core.tasks.known_answers import floors_of, task_of


@given(length=st.integers(2, 60), index=st.integers(0, 1000))
def test_the_target_is_the_product_of_the_signs_so_far(length: int, index: int) -> None:
    task = task_of("parity", window_length=length)
    batch = task.batch(index)
    assert batch.loss_mask is not None
    for row, mask in enumerate(batch.loss_mask):
        end = int(mask.sum())
        assert mask[:end].all()
        signs = batch.inputs[row, :end, 0]
        assert set(signs) <= {-1.0, 1.0}
        assert [np.prod(signs[: t + 1]) for t in range(end)] == batch.targets[row, :end, 0].tolist()
        assert not batch.inputs[row, end:].any()
        assert not batch.targets[row, end:].any()


def test_all_lengths_and_both_signs_occur_equally_often() -> None:
    task = build_task(RunConfig(task="parity", window_length=10, batch_size=64))
    batches = [task.batch(k) for k in range(100)]
    lengths = np.concatenate([np.asarray(batch.loss_mask).sum(axis=1) for batch in batches])
    counts = np.bincount(lengths, minlength=11)
    assert counts[0] == 0
    assert (abs(counts[1:] - 640) < 5 * np.sqrt(640)).all()
    signs = np.concatenate([batch.inputs[np.asarray(batch.loss_mask)].ravel() for batch in batches])
    assert abs(signs.mean()) < 5 / np.sqrt(len(signs))


def by_hand(length: int, rows: int) -> tuple[float, float]:
    """Constant and memoryless floor, from every batch that there can be."""
    inputs, targets, weights = [], [], []
    for lengths in product(range(1, length + 1), repeat=rows):
        for signs in product((-1.0, 1.0), repeat=sum(lengths)):
            rest = list(signs)
            for end in lengths:
                own, rest = rest[:end], rest[end:]
                inputs += own
                targets += np.cumprod(own).tolist()
                weights += [2.0 ** -sum(lengths) / sum(lengths) / length**rows] * end
    x, y, w = np.array(inputs), np.array(targets), np.array(weights)
    assert w.sum() == pytest.approx(1)
    constant = w @ (y - w @ y) ** 2
    table = {value: np.average(y[x == value], weights=w[x == value]) for value in (-1.0, 1.0)}
    return constant, w @ (y - np.vectorize(table.get)(x)) ** 2


@pytest.mark.parametrize(("length", "rows"), [(2, 1), (5, 1), (2, 2), (3, 2), (2, 3)])
def test_the_floors_are_those_of_all_batches_that_there_can_be(length: int, rows: int) -> None:
    floors = floors_of("parity", window_length=length, batch_size=rows)
    assert list(floors) == ["constant", "memoryless", "window_memory"]
    assert (floors["constant"], floors["memoryless"]) == pytest.approx(by_hand(length, rows))
    assert floors["window_memory"] == 0


def test_known_floors() -> None:
    # One sequence of one or two signs: the first weighs 1 or 1/2.
    assert floors_of("parity", window_length=2)["memoryless"] == pytest.approx(1 - 0.75**2)
    # Of many sequences with a mean length of 5.5, first signs are one in 5.5.
    many = floors_of("parity", window_length=10, batch_size=64)["memoryless"]
    assert many == pytest.approx(1 - (1 / 5.5) ** 2, abs=5e-4)


def test_the_signs_of_the_predictions_are_what_counts() -> None:
    task = task_of("parity")
    batch = task.batch(3)
    assert task.accuracy(batch, 0.1 * batch.targets) == 1.0
    assert task.accuracy(batch, -batch.targets) == 0.0
    assert batch.loss_mask is not None
    half = np.where(np.arange(10)[:, None] % 2, batch.targets, -batch.targets)
    expected = batch.loss_mask[:, 1::2].sum() / batch.loss_mask.sum()
    assert task.accuracy(batch, half) == pytest.approx(expected)


def test_it_is_learnt_at_its_defaults_and_holds_for_longer_sequences() -> None:
    trainer = Trainer(TASKS["parity"].config(cell="gru"), engine="compiled")
    assert np.mean([step.loss for step in first(1500, trainer)[-100:]]) < 0.01
    longer = TASKS["parity"].config(window_length=60)
    batch = build_task(longer).batch(0, np.float32)
    prediction, _state = trainer.model(trainer.model.out.weight.new_tensor(batch.inputs))
    accuracy = build_task(longer).accuracy(batch, prediction.detach().numpy())
    assert accuracy == pytest.approx(1, abs=0.05)
