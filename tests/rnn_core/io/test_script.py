from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnn_core import CELLS, OPTIMIZERS, TASKS, RunConfig, Trainer, build_task
from rnn_core.cells.rnn import RNN
from rnn_core.io.script import parts, python_script
from rnn_core.series import Series, SeriesPlan
from rnn_core.tasks.base import Batch, Task
from rnn_core.tasks.series import SeriesTask

STEPS = 60
BUSY = {"batch_size": 3, "num_layers": 2, "hidden_size": 8, "clip_norm": 0.5}


def losses_of(source: str) -> list[float]:
    """The list ``losses`` of a script, run in a namespace of its own."""
    namespace: dict[str, Any] = {}
    exec(compile(source, "script", "exec"), namespace)
    found: list[float] = namespace["losses"]
    return found


def assert_same(config: RunConfig, task: Task | None = None, steps: int = STEPS) -> None:
    ours = Trainer(config, task=task, engine="torch").advance(steps).losses
    theirs = losses_of(python_script(config, steps, task=task))
    np.testing.assert_allclose(theirs, ours, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", TASKS)
def test_the_script_of_every_task_has_the_runs_losses(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for file, data in build_task(TASKS[name].config()).script_files().items():
        Path(file).write_bytes(data)
    assert_same(TASKS[name].config())
    # Another seed, batch size and window, which end blocks elsewhere.
    assert_same(TASKS[name].config(batch_size=3, window_length=37, data_seed=5), steps=30)


@pytest.mark.parametrize(
    "settings",
    [
        {"frequency": 1.3, "phase": 0.5, "amplitude": 2.0, "noise_std": 0.2, "data_seed": 4},
        {"frequency": 1.23457, "window_length": 23, "batch_size": 4},  # not periodic
        {"task": "chirp", "delay": 30, "frequency": 0.7, "phase": -1.0, "amplitude": 0.5},
        {"task": "noisy_sine", "noise_std": 0.5, "window_length": 90, "batch_size": 8},
        {"task": "delayed_recall", "delay": 100, "window_length": 7},
        {"task": "lorenz", "batch_size": 9, "window_length": 50},  # the task computes in arrays
    ],
)
def test_the_settings_of_a_task_are_in_its_script(settings: dict[str, Any]) -> None:
    assert_same(RunConfig(**settings))


def test_the_script_of_narma_draws_a_diverging_block_again() -> None:
    assert_same(RunConfig(task="narma10", batch_size=24, window_length=100, hidden_size=2))


def test_learning_rates_that_were_set_during_the_run_are_in_the_script() -> None:
    config = RunConfig(hidden_size=6, lr=0.5)
    trainer = Trainer(config, engine="torch")
    ours = []
    for first, last, lr in ((0, 20, 0.01), (20, 45, 0.002), (45, 60, 0.03)):
        trainer.lr = lr  # while the step before is held, whose update it is the first to make
        ours += trainer.advance(last - first).losses.tolist()
    rates = {44: 0.03, 0: 0.01, 19: 0.002, 60: 7.0}
    theirs = losses_of(python_script(config, 60, rates=rates))
    np.testing.assert_allclose(theirs, ours, rtol=0, atol=1e-5)
    assert "later_rates" not in python_script(config, 60, rates={0: 0.01, 60: 7.0})
    with pytest.raises(ValueError, match="lr must be"):
        python_script(config, 60, rates={5: -1.0})


def test_clipping_that_was_set_during_the_run_is_in_the_script() -> None:
    runs = [
        Trainer(RunConfig(hidden_size=6, optimizer="sgd", lr=0.1, clip_norm=norm), engine="torch")
        for norm in (None, 0.05, 0.3, None)
    ]
    ours = []
    for number, last in enumerate((20, 35, 50, 60)):
        trainer = runs[number]
        if number:
            trainer.restore(runs[number - 1].snapshot())
            trainer.advance(1)  # the step that is held again, whose update is the first of these
        ours += trainer.advance(last - len(ours)).losses.tolist()
    clips = {0: None, 19: 0.05, 34: 0.3, 49: None, 70: 5.0}
    source = python_script(runs[2].config, 60, clips=clips)
    np.testing.assert_allclose(losses_of(source), ours, rtol=0, atol=1e-5)
    plain = Trainer(runs[0].config, engine="torch").advance(60).losses
    assert np.abs(plain - ours).max() > 1e-3  # clipping matters here
    assert "later_clips" not in python_script(runs[2].config, 60, clips={0: 0.3, 60: 7.0})
    with pytest.raises(ValueError, match="clip_norm must be"):
        python_script(runs[0].config, 60, clips={5: -1.0})


@pytest.mark.parametrize("cell", CELLS)
def test_the_script_of_every_cell_has_the_runs_losses(cell: str) -> None:
    assert_same(RunConfig(cell=cell, **BUSY))


@pytest.mark.parametrize("cell", ["rnn_relu", "lstm", "peephole_lstm"])
@pytest.mark.parametrize("initialisation", ["orthogonal", "identity"])
def test_the_initialisation_is_in_the_script(cell: str, initialisation: str) -> None:
    more = {"initialisation": initialisation, "forget_bias": 1.5, "single_bias": True, "seed": 3}
    config = RunConfig(cell=cell, **BUSY, **more)
    assert_same(config, steps=20)
    assert_same(replace(config, carry_state=False, single_bias=False), steps=20)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_script_of_every_optimizer_has_the_runs_losses(optimizer: str) -> None:
    assert_same(RunConfig(optimizer=optimizer, momentum=0.5, lr=0.01, **BUSY))


def test_a_run_of_pytorchs_own_cell_is_the_same_bit_for_bit() -> None:
    config = RunConfig(cell="lstm", single_bias=True, **BUSY)
    ours = Trainer(config, engine="torch").advance(400).losses
    assert losses_of(python_script(config, 400)) == ours.tolist()


@pytest.mark.parametrize("standardise", [True, False])
def test_the_script_of_a_series_reads_its_file(
    standardise: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    values = np.random.default_rng(0).normal(5.0, 3.0, (400, 3))
    columns = ("a", 'b\'s \\ "odd"\nname', "=c")
    plan = SeriesPlan(inputs=columns[:2], targets=("=c",), standardise=standardise)
    config = RunConfig(delay=3, batch_size=2)
    task = SeriesTask(Series(values, columns, '../odd "name" \\ of.xlsx'), plan, config)
    ((name, data),) = task.script_files().items()
    Path(name).write_bytes(data)
    assert_same(config, task)
    Path(name).write_bytes(data[: data.rindex(b"\n", 0, -1) + 1])  # a row less
    with pytest.raises(AssertionError, match="the network was trained on another file"):
        losses_of(python_script(config, 2, task=task))


def test_a_script_runs_by_itself_and_prints_losses(tmp_path: Path) -> None:
    path = tmp_path / "run.py"
    path.write_text(python_script(RunConfig(cell="gru"), 100), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", path.name], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("step ")]
    ours = Trainer(RunConfig(cell="gru"), engine="torch").advance(100).losses
    assert len(lines) == 21
    assert [int(line.split()[1]) for line in lines] == [*range(0, 100, 5), 99]
    assert float(lines[-1].split()[-1]) == pytest.approx(ours[-1], abs=2e-6)


@pytest.mark.parametrize("name", TASKS)
def test_a_script_imports_nothing_of_ours_and_all_of_it_at_the_top(name: str) -> None:
    source = python_script(TASKS[name].config(cell="peephole_lstm"), 10)
    tree = ast.parse(source)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = {
        node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in imports
    }
    assert modules <= {"itertools", "functools", "csv", "numpy", "torch"}
    assert tree.body[1 : len(imports) + 1] == imports  # after the docstring
    assert max(map(len, source.splitlines())) <= 100
    assert "\n\n\n\n" not in source


def test_the_parts_are_those_of_the_script() -> None:
    found = parts(RunConfig(), 10)
    assert [part.title for part in found] == ["Settings", "Data", "Network", "Training"]
    source = python_script(RunConfig(), 10)
    for part in found:
        assert part.code.strip().splitlines()[-1] in source


def test_what_has_no_script_is_said() -> None:
    class Echo(Task):
        def batch(self, index: int, dtype: type[np.floating] = np.float64) -> Batch:
            signs = np.ones((1, 10, 1), dtype)
            return Batch(np.arange(10.0)[None], signs, signs.copy())

    with pytest.raises(ValueError, match=r"There is no script for Echo\. Save the run as a file"):
        python_script(RunConfig(), 10, task=Echo())


def test_a_cell_without_a_script_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RNN, "script", lambda self, config: None)
    with pytest.raises(ValueError, match="There is no script for RNN"):
        python_script(RunConfig(), 10)


def test_an_optimizer_without_a_script_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = replace(OPTIMIZERS["adam"], script=None)
    monkeypatch.setitem(OPTIMIZERS._items, "adam", plain)
    with pytest.raises(ValueError, match="There is no script for Adam"):
        python_script(RunConfig(), 10)


@pytest.mark.parametrize("steps", [0, 10_000_001])
def test_steps_have_limits(steps: int) -> None:
    with pytest.raises(ValueError, match="steps must be a whole number from 1 to 10000000"):
        python_script(RunConfig(), steps)
