from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import onnxruntime
import pandas as pd
import pytest
import torch
from click.testing import CliRunner, Result
from safetensors import safe_open
from safetensors.torch import load_file
from torch import nn

from rnn_core import TASKS, RunConfig, Trainer
from rnn_core.cli.export import EXPORTS
from rnn_core.cli.history import history_of
from rnn_core.cli.main import cli
from rnn_core.experiments.run import Curve
from rnn_core.io import save_checkpoint
from rnn_core.io.tables import HISTORY_COLUMNS


@pytest.fixture
def trainer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trainer:
    """A run of 20 steps, saved as run.safetensors in an empty folder."""
    monkeypatch.chdir(tmp_path)
    trainer = Trainer(TASKS["series"].config(cell="gru", hidden_size=4))
    taken = trainer.advance(20)
    Path("run.safetensors").write_bytes(
        save_checkpoint(
            trainer, history=history_of(Curve(taken.losses, taken.grad_norms), None, 0, trainer.lr)
        )
    )
    return trainer


def export(*arguments: str) -> Result:
    done = CliRunner(catch_exceptions=False).invoke(cli, ["export", "run.safetensors", *arguments])
    assert "Traceback" not in done.output
    return done


def losses(trainer: Trainer) -> list[float]:
    return list(Trainer(trainer.config).advance(20).losses.tolist())


def test_a_script_runs_with_the_file_beside_it(trainer: Trainer) -> None:
    done = export("--to", "script")
    assert done.stdout == "saved in run.py\nsaved in sunspots-series.csv\n"
    namespace: dict[str, Any] = {}
    exec(Path("run.py").read_text(encoding="utf-8"), namespace)
    np.testing.assert_allclose(namespace["losses"], losses(trainer), rtol=0, atol=1e-5)


def test_a_notebook_is_valid(trainer: Trainer) -> None:
    assert export("--to", "notebook", "-o", "a.ipynb").exit_code == 0
    nbformat.validate(nbformat.read("a.ipynb", as_version=4))


def test_the_history_is_a_table(trainer: Trainer) -> None:
    assert export("--to", "csv").stdout == "saved in run.csv\n"
    with open("run.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == list(range(20))
    assert [float(row["online_loss"]) for row in rows] == losses(trainer)
    assert all(float(row["grad_norm"]) > 0 for row in rows)
    assert {row["lr"] for row in rows} == {str(trainer.lr)}
    assert export("--to", "parquet").stdout == "saved in run.parquet\n"
    stored = pd.read_parquet("run.parquet")
    assert list(stored.columns) == list(rows[0]) == list(HISTORY_COLUMNS)
    assert stored["online_loss"].tolist() == losses(trainer)


def test_weights_load_into_pytorch(trainer: Trainer) -> None:
    assert export("--to", "weights").exit_code == 0
    weights = load_file("run.weights.safetensors")
    rnn, out = nn.GRU(1, 4, batch_first=True), nn.Linear(4, 1)
    rnn.load_state_dict({k[4:]: v for k, v in weights.items() if k.startswith("rnn.")})
    out.load_state_dict({k[4:]: v for k, v in weights.items() if k.startswith("out.")})
    x = torch.randn(1, 9, 1)
    with torch.no_grad():
        assert torch.equal(out(rnn(x)[0]), trainer.model(x)[0])
    with safe_open("run.weights.safetensors", "pt") as file:
        assert json.loads(file.metadata()["config"]) == trainer.config.to_dict()


def test_an_onnx_model_predicts_as_the_run_does(trainer: Trainer) -> None:
    done = export("--to", "onnx")
    assert (done.exit_code, done.stdout) == (0, "saved in run.onnx\n")
    assert done.stderr == ""
    model = onnxruntime.InferenceSession("run.onnx", providers=["CPUExecutionProvider"])
    x, h = np.full((1, 1), 0.5, np.float32), np.zeros((1, 1, 4), np.float32)
    with torch.no_grad():
        expected, _state = trainer.model(torch.full((1, 2, 1), 0.5))
    for step in range(2):
        prediction, h = model.run(None, {"input": x, "h_before": h})
        np.testing.assert_allclose(prediction, expected[:, step], rtol=0, atol=1e-5)


def test_a_file_without_history_has_no_table(trainer: Trainer) -> None:
    Path("run.safetensors").write_bytes(save_checkpoint(trainer))
    done = export("--to", "csv")
    assert done.exit_code == 2
    assert "The file has no history of losses." in done.stderr


def test_a_run_that_began_with_other_weights_has_no_script(trainer: Trainer) -> None:
    start = dict(trainer.model.named_parameters())
    Path("run.safetensors").write_bytes(save_checkpoint(trainer, start=start))
    done = export("--to", "script")
    assert done.exit_code == 2
    assert "The run began with weights from a file" in done.stderr


def test_what_was_changed_and_is_not_told_has_no_script(trainer: Trainer) -> None:
    trainer.lr = 0.5
    history = history_of(Curve(np.zeros(20), np.zeros(20)), None, 0, 0.005)
    for known in (None, history, replace(history, clip_step=None, clip_norm=None)):
        Path("run.safetensors").write_bytes(save_checkpoint(trainer, history=known))
        done = export("--to", "script")
        assert done.exit_code == 2
        assert "The file does not say whether the learning rate or gradient clipping" in done.stderr
    assert not Path("run.py").exists()


def test_what_the_history_says_was_changed_is_in_the_script(trainer: Trainer) -> None:
    trainer.lr = 0.5
    curve = history_of(Curve(np.zeros(20), np.zeros(20)), None, 0, 0.005)
    history = replace(
        curve,
        lr_step=np.array([0, 7]),
        lr=np.array([0.005, 0.5]),
        clip_step=np.array([0, 9]),
        clip_norm=np.array([0.25, np.inf]),
    )
    Path("run.safetensors").write_bytes(save_checkpoint(trainer, history=history))
    done = export("--to", "script")
    assert (done.exit_code, done.stderr) == (0, "")
    script = Path("run.py").read_text(encoding="utf-8")
    assert "    7: 0.5,\n" in script
    assert "    9: None,\n" in script
    assert "CLIP_NORM = 0.25 " in script


def test_every_form_has_an_ending_of_its_own() -> None:
    assert len({each.suffix for each in EXPORTS.values()}) == len(EXPORTS)
    assert ".safetensors" not in {each.suffix for each in EXPORTS.values()}  # the run's own
    assert RunConfig().task in TASKS
