from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest

from dashboard.app.playback import Status
from dashboard.run.live_run import LiveRun
from dashboard.train.files.saved import SAVED_FILES, SavedFile
from rnn_core import TASKS, RunConfig, build_task
from rnn_core.io import load_checkpoint
from rnn_core.series import Series, SeriesPlan
from rnn_core.tasks.series import SeriesTask
from tests.dashboard.runs import go_on, run_after

FILES = {file.ending: file for file in SAVED_FILES}


def of(ending: str, run: LiveRun) -> bytes:
    """A file's content; it must be one that can be made."""
    file: SavedFile = FILES[ending]
    assert file.is_ready(run)
    content = file.content(run)
    return content.encode() if isinstance(content, str) else content


def losses_of(source: str) -> list[float]:
    """The losses of a script, which is run."""
    namespace: dict[str, Any] = {}
    exec(compile(source, "script", "exec"), namespace)
    found: list[float] = namespace["losses"]
    return found


def test_every_file_is_made_and_named_by_task_cell_seed_and_step() -> None:
    run = run_after(12, RunConfig(cell="lstm", hidden_size=4, seed=7))
    made = {file.ending: file.content(run) for file in SAVED_FILES if file.is_ready(run)}
    assert len(made) == len(SAVED_FILES)
    names = [file.name(run) for file in SAVED_FILES]
    assert len(set(names)) == len(names)
    assert all(name.startswith("sin_to_cos-lstm-seed-7-step-12") for name in names)
    for ending, text in made.items():
        begins = {
            "png": b"\x89PNG",
            "gif": b"GIF89a",
            "svg": "<svg",
            "html": "<!DOCTYPE html>",
            "csv": "step,",
        }
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
    assert fresh == ["-replay.html", "-replay.gif"]


def test_the_script_takes_the_steps_up_to_the_one_on_screen_again() -> None:
    config = RunConfig(cell="gru", hidden_size=5)
    run = run_after(30, config)
    run.configure(replace(config, lr=0.001))
    go_on(run, 20)
    ours = run.history().loss
    script = of(".py", run).decode()
    np.testing.assert_allclose(losses_of(script), ours, rtol=0, atol=1e-5)
    cells = json.loads(of(".ipynb", run))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    assert "later_rates = {" in code
    run.look_back(12)
    np.testing.assert_allclose(losses_of(of(".py", run).decode()), ours[:13], rtol=0, atol=1e-5)
    run.look_back(None)
    run.reset()  # keeps the rate that was set
    go_on(run, 10)
    again = losses_of(of(".py", run).decode())
    np.testing.assert_allclose(again, run.history().loss, rtol=0, atol=1e-5)


def test_the_script_of_a_series_comes_with_its_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = TASKS["series"].config(hidden_size=4)
    values = np.random.default_rng(3).normal(size=(400, 2)).cumsum(axis=0)
    plan = SeriesPlan(inputs=("a", "b"), targets=("b",))
    task = SeriesTask(Series(values, ("a", "b"), "销售额.xlsx"), plan, config)
    run = LiveRun(config, task=task, engine="torch")
    go_on(run, 25)
    assert FILES[".py"].name(run).endswith("-step-25.py.zip")
    assert FILES[".py"].media_type(run) == "application/zip"
    assert FILES["-history.csv"].media_type(run) == "text/csv"
    monkeypatch.chdir(tmp_path)
    with ZipFile(io.BytesIO(of(".py", run))) as archive:
        script, data = archive.namelist()
        assert (script, data) == (FILES[".py"].name(run).removesuffix(".zip"), "销售额-series.csv")
        archive.extractall()
    theirs = losses_of(Path(script).read_text(encoding="utf-8"))
    np.testing.assert_allclose(theirs, run.history().loss, rtol=0, atol=1e-5)
    with ZipFile(io.BytesIO(of(".ipynb", run))) as archive:
        assert [Path(name).suffix for name in archive.namelist()] == [".ipynb", ".csv"]


def test_the_history_is_that_of_the_run_in_both_files() -> None:
    run = run_after(40, RunConfig(lr=0.01))
    run.configure(RunConfig(lr=0.001))
    run.frame()
    go_on(run, 20)
    history = run.history()
    written = pd.read_csv(io.BytesIO(of("-history.csv", run)))
    stored = pd.read_parquet(io.BytesIO(of("-history.parquet", run)))
    pd.testing.assert_frame_equal(written, stored)
    assert written["step"].tolist() == list(range(61))
    np.testing.assert_array_equal(written["online_loss"], history.loss)
    assert written["lr"].tolist() == [0.01] * 40 + [0.001] * 21
    assert written["held_out_loss"].count() == len(history.held_out)


def test_what_settings_do_not_tell_has_no_script() -> None:
    def has_script(run: LiveRun) -> bool:
        return FILES[".py"].is_ready(run)

    run = run_after(20)
    assert has_script(run)
    run.look_back(10)
    run.branch({"clip_norm": 0.5})
    assert not has_script(run)
    run.reset()
    assert has_script(run)
    begun = run_after(5)
    begun.open(load_checkpoint(run_after(3).weights()))
    assert not has_script(begun)


@pytest.mark.parametrize("name", TASKS)
def test_every_task_says_whether_its_script_reads_files(name: str) -> None:
    task = build_task(TASKS[name].config())
    assert task.script_reads_files == bool(task.script_files())
