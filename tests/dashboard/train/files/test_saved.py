from __future__ import annotations

from dashboard.app.playback import Status
from dashboard.train.files.saved import SAVED_FILES
from rnn_core import RunConfig
from tests.dashboard.runs import run_after


def test_every_file_is_made_and_named_by_task_cell_seed_and_step() -> None:
    run = run_after(12, RunConfig(cell="lstm", hidden_size=4, seed=7))
    made = {file.ending: file.make(run) for file in SAVED_FILES if file.is_ready(run)}
    assert len(made) == len(SAVED_FILES)
    names = [file.name(run) for file in SAVED_FILES]
    assert len(set(names)) == len(names)
    assert all(name.startswith("sin_to_cos-lstm-seed-7-step-12") for name in names)
    for ending, text in made.items():
        begins = {"png": b"\x89PNG", "svg": "<svg", "html": "<!DOCTYPE html>", "csv": "step,"}
        begin = begins.get(ending.rsplit(".")[-1])
        data = text.encode() if isinstance(text, str) else text
        assert data.startswith(begin.encode() if isinstance(begin, str) else begin or b"")
        assert len(data) > 500


def test_a_diverged_run_keeps_its_history_and_charts() -> None:
    run = run_after(500, RunConfig(optimizer="sgd", lr=1.0))
    assert run.status is Status.DIVERGED
    refused = [file.ending for file in SAVED_FILES if not file.is_ready(run)]
    assert refused == [".safetensors"]
    fresh = [file.ending for file in SAVED_FILES if not file.is_ready(run_after(0))]
    assert fresh == ["-replay.html"]
