"""Temporal order: initial weights."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import pytest
import torch

from benchmarks.reproduce import temporal_order
from benchmarks.reproduce.runs import (
    Plan,
    compare,
    initialise,
)
from rnn_core import RecurrentModel, RunConfig

ORDER = RunConfig(task="temporal_order", window_length=20, hidden_size=4, lr=0.02, batch_size=8)


def test_the_sources_lstm_has_its_weights_and_a_forget_gate_that_stays_open() -> None:
    comparison = compare([replace(ORDER, cell="lstm")], Plan(seeds=3))
    initialise(comparison, 0, temporal_order.as_in_the_source)
    models = comparison.replicas.models
    before = [model.rnn.get_parameter("weight_ih_l0").detach().clone() for model in models]
    for weight in before:
        assert weight.std().item() == pytest.approx(0.1, rel=0.3)
    assert not torch.equal(before[0], before[1])
    list(islice(comparison.steps(), 40))
    for model, weight in zip(models, before, strict=True):
        trained, bias = (model.rnn.get_parameter(f"{name}_ih_l0") for name in ("weight", "bias"))
        forget = slice(4, 8)
        assert torch.equal(trained[forget], weight[forget])
        assert torch.sigmoid(bias[forget]).tolist() == [1.0] * 4
        assert not torch.equal(trained[:4], weight[:4])


def test_orthogonal_matrices_are_orthogonal_gate_by_gate() -> None:
    model = RecurrentModel(RunConfig(cell="gru", hidden_size=6))
    with torch.no_grad():
        temporal_order.orthogonal(model, torch.Generator().manual_seed(0))
        for gate in model.rnn.get_parameter("weight_hh_l0").view(3, 6, 6):
            torch.testing.assert_close(gate @ gate.T, torch.eye(6))
