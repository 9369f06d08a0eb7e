from __future__ import annotations

import io
import math

import numpy as np
import pandas as pd

from dashboard.train.files import tables
from rnn_core import RunConfig
from rnn_core.io import RunHistory
from tests.dashboard.runs import go_on, run_after

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
    lines = tables.csv_text(HISTORY).splitlines()
    assert lines == [
        "step,online_loss,grad_norm,lr,held_out_loss,held_out_low,held_out_high",
        "0,1.0,3.0,0.02,,,",
        "2,0.30000000000000004,,0.02,0.5,0.4,0.6",
        "3,,,0.01,0.3,,0.4",
        "4,1e-300,0.5,0.01,,,",
    ]


def test_both_files_hold_the_same_table() -> None:
    run = run_after(40, RunConfig(lr=0.01))
    run.configure(RunConfig(lr=0.001))
    run.frame()
    go_on(run, 20)
    history = run.history()
    written = pd.read_csv(io.StringIO(tables.csv_text(history)))
    stored = pd.read_parquet(io.BytesIO(tables.parquet(history)))
    assert list(stored.columns) == list(written.columns) == list(tables.COLUMNS)
    pd.testing.assert_frame_equal(written, stored)
    assert written["step"].tolist() == list(range(61))
    np.testing.assert_array_equal(written["online_loss"], history.loss)
    assert written["lr"].tolist() == [0.01] * 40 + [0.001] * 21
    assert written["held_out_loss"].count() == len(history.held_out)
