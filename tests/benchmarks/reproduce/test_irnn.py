"""Adding with ReLU units: the contenders, and which figure is judged."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.reproduce import irnn
from benchmarks.reproduce.runs import REHEARSAL


def test_the_irnn_is_judged_beside_an_lstm_and_an_rnn_of_its_size() -> None:
    rows = irnn.run(REHEARSAL)
    assert [row.setting for row in rows] == ["IRNN, 40 units", "LSTM, 19 units", "RNN, 40 units"]
    assert [row.expected is not None for row in rows] == [True, False, False]
    for row in rows:
        assert row.ours.shape == (REHEARSAL.seeds,)
        # The sum of two numbers from -1 to 1 has a variance of 2/3, and little is learnt.
        assert row.ours == pytest.approx(2 / 3, abs=0.3)
        assert np.all(row.ours > 0.4)
