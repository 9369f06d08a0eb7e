from __future__ import annotations

from dataclasses import replace

import numpy as np

from dashboard.compare.lr_search.table import rates_table
from rnn_core import LrChoice
from tests.dashboard.searches import search


def test_each_contender_has_its_rate_and_the_median_at_every_rate() -> None:
    frame = search().frame()
    losses = np.array([[3.0, 5.0, 4.0], [1.0, 1.0, 7.0], [np.inf, np.inf, 0.1]])
    choices = (LrChoice((0.1, 0.2, 0.4), losses), LrChoice((0.1, 0.2, 0.4), losses[::-1]))
    table = rates_table(replace(frame, choices=choices))
    assert list(table.columns) == ["contender", "lr", "0.1", "0.2", "0.4"]
    assert table["contender"].tolist() == ["carried", "reset"]
    assert table["lr"].tolist() == ["0.2", "0.2"]
    np.testing.assert_array_equal(table.iloc[0, 2:].astype(float), [4, 1, np.nan])
    np.testing.assert_array_equal(table.iloc[1, 2:].astype(float), [np.nan, 1, 4])
