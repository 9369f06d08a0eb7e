from __future__ import annotations

import json
import sys
from importlib import util
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch

from rnn_core import CELLS, TASKS, RunConfig, Trainer
from rnn_core.cells.module import pack, unpack
from rnn_core.io import onnx as module
from rnn_core.io import onnx_step
from rnn_core.series import Series, SeriesPlan
from rnn_core.tasks.series import SeriesTask

STEPS = 25


def session(data: bytes) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])


def own(config: RunConfig) -> Trainer:
    """A short run on a series with two inputs and three targets."""
    values = np.random.default_rng(5).normal(size=(400, 4)).cumsum(axis=0)
    plan = SeriesPlan(inputs=("a", "b"), targets=("b", "c", "d"))
    task = SeriesTask(Series(values, ("a", "b", "c", "d"), "walk"), plan, config)
    trainer = Trainer(config, task=task)
    trainer.advance(10)
    return trainer


@pytest.mark.parametrize(
    ("cell", "layers"),
    [("lstm", 1), *((cell, 2) for cell in CELLS)],  # an export takes a second
)
def test_step_after_step_every_cell_predicts_as_the_network_does(cell: str, layers: int) -> None:
    trainer = own(TASKS["series"].config(cell=cell, num_layers=layers, hidden_size=6))
    run = session(onnx_step(trainer))
    names = [each.name for each in run.get_inputs()]
    letters = CELLS[cell].state_parts
    assert names == ["input", *(f"{letter}_before" for letter in letters)]
    assert [each.name for each in run.get_outputs()] == [
        "prediction",
        *(f"{letter}_after" for letter in letters),
    ]
    for rows in (1, 5):  # another batch than the exporter has seen
        x = torch.randn(rows, STEPS, 2, generator=torch.Generator().manual_seed(rows))
        start = [torch.rand(layers, rows, 6) for _ in letters]
        with torch.no_grad():
            expected, after = trainer.model(x, pack(start))
        state = [part.numpy() for part in start]
        for step in range(STEPS):
            given = dict(zip(names, (x[:, step].numpy(), *state), strict=True))
            prediction, *state = run.run(None, given)
            np.testing.assert_allclose(prediction, expected[:, step], rtol=0, atol=1e-5)
        for found, part in zip(state, unpack(after), strict=True):
            np.testing.assert_allclose(found, part, rtol=0, atol=1e-5)


def test_settings_columns_and_scaling_stand_in_the_metadata() -> None:
    trainer = own(TASKS["series"].config(hidden_size=3))
    before = [part.clone() for part in trainer.model.parameters()]
    found = session(onnx_step(trainer)).get_modelmeta().custom_metadata_map
    assert RunConfig.from_dict(json.loads(found["config"])) == trainer.config
    assert json.loads(found["plan"])["targets"] == ["b", "c", "d"]
    units = trainer.task.units
    assert units is not None
    assert json.loads(found["target_scaling"]) == {
        "mean": list(units.targets.mean),
        "std": list(units.targets.std),
    }
    # The network is as it was, and goes on.
    assert all(torch.equal(a, b) for a, b in zip(before, trainer.model.parameters(), strict=True))
    other = own(trainer.config)
    assert trainer.advance(5).losses.tolist() == other.advance(5).losses.tolist()


def test_double_precision_stays() -> None:
    trainer = Trainer(RunConfig(hidden_size=3), dtype=torch.float64)
    trainer.advance(3)
    run = session(onnx_step(trainer))
    x, h = np.full((1, 1), 0.3), np.zeros((1, 1, 3))
    prediction, _h = run.run(None, {"input": x, "h_before": h})
    with torch.no_grad():
        expected, _state = trainer.model(torch.tensor(x)[None])
    np.testing.assert_allclose(prediction, expected[0], rtol=0, atol=1e-14)


def test_what_the_exporter_gets_wrong_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = Trainer(RunConfig(hidden_size=3))
    forward = module._Step.forward

    def doubled(self: Any, x: torch.Tensor, state: Any) -> Any:
        exported = torch.compiler.is_exporting()
        return forward(self, x * 2 if exported else x, state)

    with monkeypatch.context() as patch:
        patch.setattr(module._Step, "forward", doubled)
        with pytest.raises(ValueError, match="no sure ONNX model of RNN"):
            onnx_step(trainer)

    def fixed(self: Any, x: torch.Tensor, state: Any) -> Any:
        return forward(self, x.reshape(len(x), -1), state)  # for three rows alone

    with monkeypatch.context() as patch:
        patch.setattr(module._Step, "forward", fixed)
        with pytest.raises(ValueError, match="no sure ONNX model of RNN"):
            onnx_step(trainer)

    def fails(*_arguments: Any, **_more: Any) -> Any:
        raise torch.onnx.OnnxExporterError("no")

    monkeypatch.setattr(torch.onnx, "export", fails)
    with pytest.raises(ValueError, match="Save the weights instead"):
        onnx_step(trainer)


def test_without_its_packages_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    find = util.find_spec
    monkeypatch.setattr(module, "find_spec", lambda name: None if name == "onnx" else find(name))
    with pytest.raises(ValueError, match=r"not installed: onnx. Try pip install onnx onnxscript"):
        onnx_step(Trainer(RunConfig(hidden_size=3)))
    assert "rnn_core.io.onnx" in sys.modules
