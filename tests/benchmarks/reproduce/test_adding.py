"""The adding problem: initial weights."""

from __future__ import annotations

import pytest
import torch

from benchmarks.reproduce import adding
from rnn_core import RecurrentModel, RunConfig


def test_weights_scale_with_the_number_of_inputs_and_biases_are_zero() -> None:
    wide = RecurrentModel(RunConfig(hidden_size=100), input_size=4)
    with torch.no_grad():
        adding.as_in_the_source(wide, torch.Generator().manual_seed(0))
    weights = {name: weight.detach() for name, weight in wide.named_parameters()}
    assert weights["rnn.weight_ih_l0"].std().item() == pytest.approx(0.5 / 2, rel=0.1)
    assert weights["rnn.weight_hh_l0"].std().item() == pytest.approx(0.5 / 10, rel=0.1)
    assert weights["out.weight"].std().item() == pytest.approx(1 / 10, rel=0.3)
    assert not any(weights[name].any() for name in weights if "bias" in name)
