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


def opened(data: bytes) -> LiveRun:
    """A run that was made from a file."""
    run = run_after(2)
    run.open(load_checkpoint(data))
    return run


def test_whatever_was_changed_on_the_way_is_in_the_script_after_save_and_open() -> None:
    config = RunConfig(hidden_size=6, optimizer="sgd", lr=0.1)
    run = run_after(20, config)
    for norm, lr in ((0.05, 0.2), (0.3, 0.15), (None, 0.1)):
        run.look_back(run.index - 5)
        run.branch({"clip_norm": norm})
        go_on(run, 15)
        run.configure(replace(run.config, lr=lr))
        go_on(run, 10)
        again = opened(of(".safetensors", run))
        go_on(again, 10)
        twice = opened(of(".safetensors", again))
        for each in (run, again, twice):
            script = of(".py", each).decode()
            ours = each.history().loss
            np.testing.assert_allclose(losses_of(script), ours, rtol=0, atol=1e-5)
            recipe = each.recipe()
            assert recipe is not None
            assert list(recipe.clips)[1:] == [15, 45, 75][: len(recipe.clips) - 1]
        run = again
    notebook = json.loads(of(".ipynb", twice))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in notebook if cell["cell_type"] == "code")
    assert "later_clips = {" in code
    twice.reset()
    recipe = twice.recipe()
    assert recipe is not None
    assert recipe.clips == {0: None}


def test_a_run_whose_changes_are_not_known_has_no_script_and_says_why() -> None:
    def why_not(run: LiveRun) -> str:
        assert FILES[".py"].is_ready(run) == (run.unrepeatable is None)
        return str(FILES[".py"].why_not(run))

    run = run_after(20)
    assert why_not(run) == "None"
    assert FILES["-history.csv"].why_not(run) is None
    begun = opened(run_after(3).weights())
    assert "began with weights from a file" in why_not(begun)
    assert "began with weights from a file" in why_not(opened(of(".safetensors", begun)))
    # A file from before clipping was recorded, and one of a run saved from it.
    checkpoint = load_checkpoint(of(".safetensors", run))
    assert checkpoint.history is not None
    older = replace(checkpoint.history, clip_step=None, clip_norm=None)
    run.open(replace(checkpoint, history=older))
    go_on(run, 5)
    again = opened(of(".safetensors", run))
    for each in (run, again):
        assert "does not say whether the learning rate or gradient clipping" in why_not(each)
    again.reset()
    assert why_not(again) == "None"
    run.open(replace(checkpoint, history=None))
    assert "does not say" in why_not(run)
    assert checkpoint.snapshot is not None
    fixed = replace(checkpoint.snapshot, trained=(False, *checkpoint.snapshot.trained[1:]))
    run.open(replace(checkpoint, snapshot=fixed))
    assert "were fixed" in why_not(run)


@pytest.mark.parametrize("name", TASKS)
def test_every_task_says_whether_its_script_reads_files(name: str) -> None:
    task = build_task(TASKS[name].config())
    assert task.script_reads_files == bool(task.script_files())
