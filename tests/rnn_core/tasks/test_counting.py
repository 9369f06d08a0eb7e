from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_core import Batch, RunConfig, build_task
from rnn_core.tasks.counting import _conditional_entropy
from tests.rnn_core.tasks.known_answers import (
    floors_of,
    task_of,
)

LETTERS = {"anbn": "ab", "anbncn": "abc"}


@pytest.mark.parametrize("name", LETTERS)
@given(length=st.integers(7, 60), index=st.integers(0, 1000))
def test_a_string_is_shown_and_wanted_one_symbol_on(name: str, length: int, index: int) -> None:
    letters = LETTERS[name]
    batch = build_task(RunConfig(task=name, window_length=length, batch_size=5)).batch(index)
    assert batch.loss_mask is not None
    for row in range(5):
        shown, wanted = (
            "".join(names[one.argmax()] if one.any() else "." for one in symbols[row])
            for names, symbols in (("S" + letters, batch.inputs), (letters + "T", batch.targets))
        )
        n = shown.count("a")
        assert 1 <= n <= (length - 1) // len(letters)
        string = "".join(n * letter for letter in letters)
        rest = "." * (length - len(string) - 1)
        assert shown == "S" + string + rest
        assert wanted == string + "T" + rest
        np.testing.assert_array_equal(batch.loss_mask[row], np.arange(length) <= len(string))


@pytest.mark.parametrize(("name", "length"), [("anbn", 21), ("anbncn", 31)])
def test_all_lengths_of_strings_occur_equally_often(name: str, length: int) -> None:
    task = task_of(name, window_length=length, batch_size=64)
    n = np.concatenate([task.batch(k).inputs[:, :, 1].sum(axis=1) for k in range(100)])
    counts = np.bincount(n.astype(int), minlength=11)
    assert counts[0] == 0
    assert (abs(counts[1:] - 640) < 5 * math.sqrt(640)).all()


def test_a_string_must_be_right_wherever_it_can_be_known() -> None:
    task = task_of("anbn", window_length=21)
    batch = task.batch(0)
    n = batch.inputs[:, :, 1].sum(axis=1).astype(int)
    prediction = batch.targets.copy()
    # After an a the next symbol is unknowable.
    prediction[batch.inputs[:, :, 1] == 1] = [0.0, 0.0, 1.0]
    assert task.accuracy(batch, prediction) == 1.0
    prediction[0, 2 * n[0]] = [0.0, 1.0, 0.0]  # one b too many
    prediction[3, 0] = [0.0, 1.0, 0.0]  # no a to begin with
    assert task.accuracy(batch, prediction) == 6 / 8


def test_of_three_letters_all_but_the_number_of_a_can_be_known() -> None:
    task = task_of("anbncn", window_length=31)
    batch = task.batch(0)
    n = batch.inputs[:, :, 1].sum(axis=1).astype(int)
    prediction = batch.targets.copy()
    prediction[batch.inputs[:, :, 1] == 1] = [0.0, 0.0, 0.0, 1.0]
    assert task.accuracy(batch, prediction) == 1.0
    prediction[0, 2 * n[0]] = [0.0, 1.0, 0.0, 0.0]  # one b too many
    prediction[3, 3 * n[3]] = [0.0, 0.0, 1.0, 0.0]  # one c too many
    prediction[5, 0] = [0.0, 1.0, 0.0, 0.0]  # no a to begin with
    assert task.accuracy(batch, prediction) == 5 / 8


def test_the_floors_of_strings_of_one_or_two() -> None:
    # Alone in a batch, a string of one has steps of weight 1/3 and one of two of weight 1/5.
    floors = floors_of("anbn", window_length=5)
    one, two = 1 / 3 / 2, 1 / 5 / 2
    another, after = two, one + two
    entropy = another * math.log(after / another) + one * math.log(after / one)
    assert floors["window_memory"] == pytest.approx(entropy)


@pytest.mark.parametrize(("name", "rows"), [("anbn", 1), ("anbn", 8), ("anbncn", 2)])
def test_the_best_tables_of_strings_score_the_floors(name: str, rows: int) -> None:
    config = RunConfig(task=name, window_length=9, batch_size=rows)
    floors = floors_of(name, window_length=9, batch_size=rows)
    task = build_task(config)
    kinds = len(LETTERS[name]) + 1
    batches = [task.batch(k) for k in range(20_000 // rows)]

    def what_is_known(key: str, batch: Batch) -> np.ndarray:
        symbols = batch.inputs.argmax(axis=2)
        if key == "constant":
            return np.zeros_like(symbols)
        if key == "memoryless":
            return symbols
        # All symbols so far, as a number to the base of their kinds.
        return np.cumsum(symbols * kinds ** np.arange(symbols.shape[1]), axis=1)

    for key, floor in floors.items():
        table = np.zeros((kinds**9, kinds))
        known = [what_is_known(key, batch)[batch.loss_mask] for batch in batches]
        wanted = [batch.targets[batch.loss_mask] for batch in batches]
        # The answers that the mean over the batches' losses favours.
        for states, symbols in zip(known, wanted, strict=True):
            np.add.at(table, states, symbols / len(states))
        table /= np.maximum(table.sum(axis=1, keepdims=True), 1e-300)
        losses = [
            -np.log((table[states] * symbols).sum(axis=1)).mean()
            for states, symbols in zip(known, wanted, strict=True)
        ]
        error = np.std(losses, ddof=1) / math.sqrt(len(losses))
        assert np.mean(losses) == pytest.approx(floor, abs=5 * error + 1e-3)
        assert error < 0.02 * floor


def test_the_entropy_that_is_left_is_that_of_each_group() -> None:
    def left(known: list[int], symbols: list[int]) -> float:
        weights = np.full(len(known), 1 / len(known))
        return _conditional_entropy(weights, np.array(known), np.array(symbols))

    assert left([0, 1], [1, 0]) == 0
    assert left([0, 0, 7, 7], [0, 1, 0, 0]) == pytest.approx(np.log(2) / 2)
    assert left([3] * 4, [0, 1, 2, 3]) == pytest.approx(np.log(4))
