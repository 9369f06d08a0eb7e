from __future__ import annotations

import io
import math
from dataclasses import replace

import numpy as np
import pandas as pd

from rnn_core.io import RunHistory
from rnn_core.io.tables import HISTORY_COLUMNS, history_columns, history_csv, history_parquet

HISTORY = RunHistory(
    step=np.array([0, 2, 4]),
    loss=np.array([1.0, 0.1 + 0.2, 1e-300]),
    grad_norm=np.array([3.0, math.inf, 0.5]),
    held_out_step=np.array([2, 3]),
    held_out=np.array([[0.5, 0.4, 0.6], [0.3, math.nan, 0.4]]),
    lr_step=np.array([0, 3]),
    lr=np.array([0.02, 0.01]),
)


def test_the_csv_holds_numbers_to_the_last_bit_and_nothing_else() -> None:
    lines = history_csv(HISTORY).splitlines()
    assert lines == [
        "step,online_loss,grad_norm,lr,held_out_loss,held_out_low,held_out_high",
        "0,1.0,3.0,0.02,,,",
        "2,0.30000000000000004,,0.02,0.5,0.4,0.6",
        "3,,,0.01,0.3,,0.4",
        "4,1e-300,0.5,0.01,,,",
    ]


def test_both_files_hold_the_same_table() -> None:
    written = pd.read_csv(io.StringIO(history_csv(HISTORY)))
    stored = pd.read_parquet(io.BytesIO(history_parquet(HISTORY)))
    assert list(stored.columns) == list(written.columns) == list(HISTORY_COLUMNS)
    pd.testing.assert_frame_equal(written.astype(stored.dtypes), stored.replace(math.inf, math.nan))
    assert stored["step"].tolist() == [0, 2, 3, 4]


def test_where_no_learning_rate_is_known_its_cells_are_empty() -> None:
    history = replace(HISTORY, lr_step=np.empty(0, np.int64), lr=np.empty(0))
    assert np.isnan(history_columns(history)["lr"]).all()
    assert history_csv(history).splitlines()[1] == "0,1.0,3.0,,,,"
