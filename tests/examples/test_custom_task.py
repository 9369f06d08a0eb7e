"""The custom task: its batches are those described, and an LSTM learns it past the floor."""

from __future__ import annotations

import re

import numpy as np
import pytest

from examples import custom_task
from rnn_core import RunConfig


def test_an_lstm_learns_to_recall_the_first_sign(capsys: pytest.CaptureFixture[str]) -> None:
    custom_task.main()
    said = capsys.readouterr().out
    assert float(re.findall(r"last 20 losses: ([\d.]+)", said)[0]) < 0.1
    assert [float(share) for share in re.findall(r"accuracy ([\d.]+)", said)][-1] == 1
    assert said.splitlines()[-2:] == ["memoryless: 1", "window_memory: 0"]


def test_batches_repeat_and_ask_for_the_first_sign_at_the_end() -> None:
    task = custom_task.Latch(RunConfig(window_length=6, batch_size=4))
    batch, again, other = task.batch(7), task.batch(7), task.batch(8)
    np.testing.assert_array_equal(batch.inputs, again.inputs)
    assert not np.array_equal(batch.inputs, other.inputs)
    assert set(batch.inputs.ravel()) == {-1.0, 1.0}
    np.testing.assert_array_equal(batch.targets[:, -1], batch.inputs[:, 0])
    assert batch.loss_mask.tolist() == [[False] * 5 + [True]] * 4
    assert task.accuracy(batch, 0.1 * batch.targets) == 1
    assert task.accuracy(batch, -batch.targets) == 0


def test_the_floors_are_reached_by_predictors_of_their_kind() -> None:
    task = custom_task.Latch(RunConfig(window_length=6, batch_size=64))
    memoryless, window_memory = (floor.value for floor in task.floors())
    errors = []
    for index in range(50):
        batch = task.batch(index)
        last = batch.inputs[:, -1, 0]
        # The best function of a sign is linear in it.
        slope, offset = np.polyfit(last, batch.targets[:, -1, 0], 1)
        errors.append(np.mean((slope * last + offset - batch.targets[:, -1, 0]) ** 2))
    # Fitted to each batch, it is a little below.
    assert np.mean(errors) == pytest.approx(memoryless, abs=0.06)
    assert window_memory == 0
