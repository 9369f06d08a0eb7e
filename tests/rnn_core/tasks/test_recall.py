from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_core import Batch, RunConfig, build_task
from tests.rnn_core.tasks.known_answers import (
    assert_scores,
    floors_of,
    loss,
    stream,
    task_of,
)


@given(delay=st.integers(1, 100), length=st.integers(2, 300))
def test_delayed_recall_wants_the_bit_of_so_many_steps_ago(delay: int, length: int) -> None:
    config = RunConfig(task="delayed_recall", delay=delay, window_length=length)
    inputs, targets = stream(config, 1 + 2000 // length)
    assert set(np.unique(inputs)) == {-1.0, 1.0}
    np.testing.assert_array_equal(targets[delay:], inputs[:-delay])
    np.testing.assert_array_equal(targets[:delay], 0)


def test_a_flip_flop_holds_the_last_pulse_of_each_input() -> None:
    inputs, targets = stream(RunConfig(task="flip_flop", window_length=100), 40)
    held = np.zeros(3)
    for pulses, wanted in zip(inputs, targets, strict=True):
        held = np.where(pulses != 0, pulses, held)
        np.testing.assert_array_equal(wanted, held)
    assert set(np.unique(inputs)) == {-1.0, 0.0, 1.0}
    assert abs(inputs).mean() == pytest.approx(0.5, abs=5 * 0.5 / math.sqrt(12_000))
    assert inputs[0].all()


def test_bits_that_came_before_the_stream_are_neither_right_nor_wrong() -> None:
    task = task_of("delayed_recall", delay=15, window_length=10)
    assert task.accuracy(task.batch(0), task.batch(0).targets + 1) is None
    batch = task.batch(1)
    wrong = batch.targets.copy()
    wrong[:, :5] = 7.0
    assert task.accuracy(batch, wrong) == 1.0


def test_a_flip_flop_must_have_all_its_bits_right() -> None:
    task = task_of("flip_flop", window_length=50)
    batch = task.batch(0)
    prediction = batch.targets.copy()
    prediction[:, ::5, 1] *= -1
    assert task.accuracy(batch, prediction) == pytest.approx(0.8)


@pytest.mark.parametrize(("delay", "value"), [(1, 0.05), (5, 0.25), (20, 1.0), (100, 1.0)])
def test_the_floors_of_delayed_recall(delay: int, value: float) -> None:
    floors = floors_of("delayed_recall", window_length=20, delay=delay)
    assert floors == {
        "constant": 1.0,
        "memoryless": 1.0,
        "window_memory": value,
        "carried_memory": 0.0,
    }


def test_the_floors_of_a_flip_flop() -> None:
    floors = floors_of("flip_flop", window_length=2)
    assert floors["memoryless"] == 0.5
    assert floors["window_memory"] == pytest.approx((0.5 + 0.25) / 2)


@pytest.mark.parametrize("delay", [3, 30])
def test_what_the_window_has_shown_scores_the_floor_of_delayed_recall(delay: int) -> None:
    config = RunConfig(task="delayed_recall", window_length=20, batch_size=64, delay=delay)
    floors = floors_of("delayed_recall", window_length=20, delay=delay)

    def from_the_window(batch: Batch) -> np.ndarray:
        guess = np.zeros_like(batch.targets)
        guess[:, delay:] = batch.inputs[:, :-delay]
        return guess

    task = build_task(config)
    values = [task.batch(k) for k in range(5, 85)]  # 102,400 samples
    for key, predictor in (
        ("constant", lambda batch: np.zeros_like(batch.targets)),
        ("window_memory", from_the_window),
    ):
        losses = [loss(batch, predictor(batch), "mse") for batch in values]
        # Bits are +1 or -1: the error of not knowing one is always 1.
        np.testing.assert_allclose(losses, floors[key], rtol=1e-12)
    # No function of the present bit does better: on average it says nothing of the earlier one.
    product = np.mean([(batch.inputs * batch.targets).mean() for batch in values])
    assert abs(product) < 5 / math.sqrt(102_400)


def test_pulses_score_the_floors_of_a_flip_flop() -> None:
    config = RunConfig(task="flip_flop", window_length=10, batch_size=64)
    floors = floors_of("flip_flop", window_length=10)

    def last_in_window(batch: Batch) -> np.ndarray:
        held = batch.inputs.copy()
        for t in range(1, held.shape[1]):
            held[:, t] = np.where(held[:, t] != 0, held[:, t], held[:, t - 1])
        return held

    assert_scores(config, floors["constant"], lambda batch: np.zeros_like(batch.targets))
    assert_scores(config, floors["memoryless"], lambda batch: batch.inputs)
    assert_scores(config, floors["window_memory"], last_in_window)
