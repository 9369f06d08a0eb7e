from __future__ import annotations

import contextlib
import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_core import RunConfig, Trainer
from rnn_core.io import RunHistory, save_checkpoint, save_weights
from rnn_core.io.logs import Choice, read_log
from tests.rnn_core.io.logs.event_files import event_file

CSV = b"step,loss\n0,2\n1,1\n"


def trained() -> Trainer:
    trainer = Trainer(RunConfig(hidden_size=3))
    trainer.advance(4)
    return trainer


def history() -> RunHistory:
    return RunHistory(
        step=np.arange(4),
        loss=np.array([4.0, 3, 2, 1]),
        grad_norm=np.ones(4),
        held_out_step=np.array([3]),
        held_out=np.array([[0.5, 0.4, 0.6]]),
        lr_step=np.array([0]),
        lr=np.array([0.02]),
    )


def test_a_table_an_event_file_and_a_saved_run_are_told_by_their_content() -> None:
    sink = io.BytesIO()
    pq.write_table(pa.table({"step": [0, 1], "loss": [2.0, 1.0]}), sink)
    for data in (CSV, sink.getvalue()):
        file = read_log(data, "any.bin")
        assert file.guess() == Choice(("loss",), "step")
        assert file.runs(file.guess())[0].losses.tolist() == [2, 1]
    file = read_log(event_file(2, 1), "any.csv")
    assert file.guess() == Choice(("loss",))
    assert file.runs(file.guess())[0].steps.tolist() == [0, 10]
    assert file.numbers == 4
    file = read_log(save_checkpoint(trained(), history=history()), "run.txt")
    assert file.losses == ("online loss", "held-out loss")
    online, held_out = file.runs(Choice(file.losses))
    assert (online.steps.tolist(), online.losses.tolist()) == ([0, 1, 2, 3], [4, 3, 2, 1])
    assert (held_out.steps.tolist(), held_out.losses.tolist()) == ([3], [0.5])


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", r"'x' is empty"),
        (b"step,who\na,b\nc,d\n", r"'x' has no column of numbers\. A log has a column of steps"),
        (save_weights(trained()), r"'x' holds weights without a history of losses\. Save the run"),
        (b"\x89PNG\r\n", r"'x' is .*picture"),
    ],
)
def test_what_is_no_log_is_refused_with_a_sentence(data: bytes, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read_log(data, "x")


def test_text_is_no_file() -> None:
    with pytest.raises(TypeError, match=r"data must be the bytes of a file, got str"):
        read_log("step,loss", "x")  # type: ignore[arg-type]


@given(st.binary(max_size=300))
def test_whatever_the_bytes_are_they_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        file = read_log(data, "x")
        assert set(file.guess().losses) <= set(file.losses)
