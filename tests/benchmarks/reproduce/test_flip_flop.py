"""The 3-bit flip-flop: every cell is tested, and the LSTM is judged."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.reproduce import flip_flop
from benchmarks.reproduce.runs import REHEARSAL


def test_each_cell_has_an_accuracy_and_an_error_and_the_lstm_is_judged() -> None:
    rows = flip_flop.run(REHEARSAL)
    assert [row.setting for row in rows] == [
        f"{cell}: {quantity}"
        for cell in ("LSTM", "GRU", "RNN")
        for quantity in ("accuracy", "mean squared error")
    ]
    assert [row.expected is not None for row in rows] == [True] + [False] * 5
    for accuracy, error in zip(rows[::2], rows[1::2], strict=True):
        assert accuracy.ours.shape == (REHEARSAL.seeds,)
        # Three bits guessed at random are all right one time in eight; a zero has an error of 1.
        assert np.all((accuracy.ours > 0.05) & (accuracy.ours < 1))
        assert error.ours == pytest.approx(0.8, abs=0.3)
