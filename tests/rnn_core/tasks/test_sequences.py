from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_core import Batch, RunConfig, build_task
from tests.rnn_core.tasks.known_answers import (
    Predictor,
    assert_scores,
    at_the_end,
    floors_of,
    loss,
    task_of,
)


@given(length=st.integers(2, 60), index=st.integers(0, 1000))
def test_adding_marks_one_value_in_each_half_and_wants_their_sum(length: int, index: int) -> None:
    batch = build_task(RunConfig(task="adding", window_length=length, batch_size=5)).batch(index)
    values, markers = batch.inputs[..., 0], batch.inputs[..., 1]
    assert (np.abs(values) <= 1).all()
    assert set(np.unique(markers)) <= {0.0, 1.0}
    assert (markers[:, : length // 2].sum(axis=1) == 1).all()
    assert (markers[:, length // 2 :].sum(axis=1) == 1).all()
    for row in range(5):
        one, two = np.flatnonzero(markers[row])
        wanted = values[row, one] + values[row, two]
        assert batch.targets[row, -1, 0] == pytest.approx(wanted, abs=1e-12)
    assert batch.loss_mask is not None
    np.testing.assert_array_equal(
        batch.loss_mask, np.arange(length)[None].repeat(5, 0) == length - 1
    )


@given(length=st.integers(10, 120), index=st.integers(0, 1000))
def test_temporal_order_wants_the_class_of_its_two_marks(length: int, index: int) -> None:
    config = RunConfig(task="temporal_order", window_length=length, batch_size=5)
    batch = build_task(config).batch(index)
    assert (batch.inputs.sum(axis=2) == 1).all()
    symbols = batch.inputs.argmax(axis=2)
    for row in range(5):
        word = "".join("XYEBabcd"[symbol] for symbol in symbols[row])
        assert word[0] == "E"
        assert word[-1] == "B"
        marks = [letter for letter in word[1:-1] if letter in "XY"]
        assert set(word[1:-1]) <= set("XYabcd")
        wanted = ["XX", "XY", "YX", "YY"].index("".join(marks))
        assert batch.targets[row, -1].argmax() == wanted
    assert batch.loss_mask is not None
    assert (batch.loss_mask.nonzero()[1] == length - 1).all()


@pytest.mark.parametrize(
    ("length", "first", "second"),
    [(50, (3, 12), (25, 40)), (100, (6, 24), (50, 80)), (10, (1, 2), (5, 8))],
)
def test_the_marks_of_temporal_order_lie_where_the_source_has_them(
    length: int, first: tuple[int, int], second: tuple[int, int]
) -> None:
    config = RunConfig(task="temporal_order", window_length=length, batch_size=64)
    symbols = np.concatenate([build_task(config).batch(k).inputs for k in range(20)]).argmax(axis=2)
    places = np.nonzero(symbols < 2)[1].reshape(-1, 2)
    assert (places[:, 0].min(), places[:, 0].max()) == first
    assert (places[:, 1].min(), places[:, 1].max()) == second


@given(length=st.integers(21, 80), index=st.integers(0, 1000))
def test_copy_wants_the_ten_symbols_after_the_delimiter(length: int, index: int) -> None:
    task = build_task(RunConfig(task="copy", window_length=length, batch_size=3))
    batch = task.batch(index)
    assert (batch.inputs.sum(axis=2) == 1).all()
    said, wanted = batch.inputs.argmax(axis=2), batch.targets.argmax(axis=2)
    assert (said[:, :10] < 8).all()
    blanks = [*range(10, length - 11), *range(length - 10, length)]
    assert (said[:, blanks] == 8).all()
    assert (said[:, length - 11] == 9).all()
    assert (wanted[:, :-10] == 8).all()
    np.testing.assert_array_equal(wanted[:, -10:], said[:, :10])
    assert batch.loss_mask is None


@pytest.mark.parametrize(("error", "accuracy"), [(0.039, 1.0), (-0.039, 1.0), (0.041, 0.0)])
def test_a_sum_is_right_to_within_a_twenty_fifth(error: float, accuracy: float) -> None:
    task = task_of("adding")
    batch = task.batch(0)
    assert task.accuracy(batch, batch.targets + error) == accuracy


def test_only_the_last_step_of_temporal_order_is_asked() -> None:
    task = task_of("temporal_order", window_length=20)
    batch = task.batch(0)
    prediction = batch.targets.copy()
    prediction[:, :-1, 0] = 5.0
    prediction[2, -1] = -prediction[2, -1]
    assert task.accuracy(batch, prediction) == 7 / 8


def test_only_the_recalled_symbols_of_copy_are_asked() -> None:
    task = task_of("copy", window_length=40)
    batch = task.batch(0)
    blanks = np.zeros_like(batch.targets)
    blanks[..., 8] = 1.0
    assert task.accuracy(batch, blanks) == 0.0
    prediction = batch.targets.copy()
    prediction[:, :-10] = 0.0
    prediction[:, -3:] = -prediction[:, -3:]
    assert task.accuracy(batch, prediction) == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("between", "value"), [(50, 0.2971), (100, 0.1733), (200, 0.0945), (500, 0.04), (1000, 0.0204)]
)
def test_the_literatures_floors_of_copy(between: int, value: float) -> None:
    floors = floors_of("copy", window_length=between + 20)
    assert floors["time_only"] == pytest.approx(value, abs=5e-5)
    assert floors["window_memory"] == 0.0


def test_the_floors_of_adding() -> None:
    floors = floors_of("adding", window_length=100)
    assert floors["constant"] == pytest.approx(2 / 3)
    assert floors["last_marker"] == pytest.approx(1 / 3)
    assert floors["memoryless"] == pytest.approx(2 / 3 - 1 / 150)
    # In a window of two both marked values are in the last place of their half.
    assert floors_of("adding", window_length=2)["memoryless"] == pytest.approx(1 / 3)


def test_the_floors_of_temporal_order() -> None:
    floors = floors_of("temporal_order", window_length=50)
    assert floors["constant"] == floors["memoryless"] == pytest.approx(math.log(4))
    assert floors["last_marker"] == pytest.approx(math.log(2))


def test_knowing_none_one_or_both_values_scores_the_floors_of_adding() -> None:
    config = RunConfig(task="adding", window_length=8, batch_size=64)
    floors = floors_of("adding", window_length=8)

    def marked(batch: Batch) -> np.ndarray:
        return batch.inputs[..., 0] * batch.inputs[..., 1]

    known: dict[str, Predictor] = {
        "constant": lambda batch: np.zeros_like(batch.targets),
        "memoryless": lambda batch: at_the_end(batch, marked(batch)[:, -1]),
        "last_marker": lambda batch: at_the_end(batch, marked(batch)[:, 4:].sum(axis=1)),
        "window_memory": lambda batch: at_the_end(batch, marked(batch).sum(axis=1)),
    }
    assert set(known) == set(floors)
    for key, predictor in known.items():
        assert_scores(config, floors[key], predictor)


def test_knowing_none_one_or_both_marks_scores_the_floors_of_temporal_order() -> None:
    config = RunConfig(task="temporal_order", window_length=20, batch_size=64)
    floors = floors_of("temporal_order", window_length=20)

    def second(batch: Batch) -> np.ndarray:
        is_y = batch.inputs[:, 10:, 1].any(axis=1)[:, None]
        return 0.5 * (is_y == np.array([False, True, False, True]))

    for key, predictor in (
        ("constant", lambda batch: np.full_like(batch.targets, 0.25)),
        ("last_marker", lambda batch: at_the_end(batch, second(batch))),
    ):
        assert_scores(config, floors[key], predictor)


def test_guessing_symbols_scores_the_floors_of_copy() -> None:
    length = 40
    config = RunConfig(task="copy", window_length=length, batch_size=64)
    floors = floors_of("copy", window_length=length)
    symbol = np.array([1.0] * 8 + [0.0]) / 8
    blank = np.eye(9)[8]

    def constant(batch: Batch) -> np.ndarray:
        share = 10 / length
        return np.broadcast_to(share * symbol + (1 - share) * blank, batch.targets.shape)

    def memoryless(batch: Batch) -> np.ndarray:
        # Ten of the blanks are followed by symbols; after all else a blank is wanted.
        share = 10 / (length - 11)
        is_blank = batch.inputs[..., 8:9]
        return is_blank * (share * symbol + (1 - share) * blank) + (1 - is_blank) * blank

    def time_only(batch: Batch) -> np.ndarray:
        guess = np.broadcast_to(blank, batch.targets.shape).copy()
        guess[:, -10:] = symbol
        return guess

    batches = [build_task(config).batch(k) for k in range(1, 41)]  # 102,400 samples
    for key, predictor in (
        ("constant", constant),
        ("memoryless", memoryless),
        ("time_only", time_only),
    ):
        losses = [loss(batch, predictor(batch), "cross_entropy") for batch in batches]
        # Every sequence has the same blanks and equally likely symbols.
        np.testing.assert_allclose(losses, floors[key], rtol=1e-12)
