from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from rnn_core import RunConfig, Trainer
from rnn_core.diagnostics import copy_parameters, weight_matrices
from tests.rnn_core.diagnostics.by_torch import CELLS, case
from tests.rnn_core.runs import first


@pytest.mark.parametrize("cell", CELLS)
def test_every_parameter_is_there_as_a_matrix(cell: str) -> None:
    example = case(cell)
    found = weight_matrices(example.model)
    assert list(found) == [name for name, _ in example.model.named_parameters()]
    for name, parameter in example.model.named_parameters():
        weight = found[name]
        np.testing.assert_array_equal(weight.values.reshape(parameter.shape), parameter.detach())
        assert weight.name == name
        assert weight.values.ndim == 2
        assert weight.update_ratio is None
        letters = "ifgo" if cell.endswith("lstm") else {"gru": "rzn"}.get(cell, "h")
        stacked = name.startswith("rnn.") and "peephole" not in name
        assert "".join(weight.gates) == (letters if stacked else "")


def test_the_histogram_counts_every_weight_and_is_centred() -> None:
    example = case("lstm")
    for weight in weight_matrices(example.model, bins=7).values():
        assert weight.counts.sum() == weight.values.size
        assert weight.edges[-1] == -weight.edges[0] == np.abs(weight.values).max()
        inside = (weight.values >= weight.edges[3]) & (weight.values < weight.edges[4])
        assert weight.counts[3] == inside.sum()


def test_weights_that_are_zero_or_not_finite_have_a_histogram_too() -> None:
    example = case("rnn")
    with torch.no_grad():
        example.model.out.bias.zero_()
        example.model.out.weight.fill_(math.nan)
    found = weight_matrices(example.model)
    assert found["out.bias"].counts.sum() == 3
    assert found["out.weight"].counts.sum() == 0


def test_the_ratio_is_that_of_the_update_made() -> None:
    lr = 0.05
    config = RunConfig(optimizer="sgd", momentum=0.0, lr=lr, hidden_size=4)
    trainer = Trainer(config, dtype=torch.float64)
    first(3, trainer)
    before = copy_parameters(trainer.model)
    gradients = {
        name: parameter.grad.norm().item()
        for name, parameter in trainer.model.named_parameters()
        if parameter.grad is not None
    }
    first(1, trainer)
    found = weight_matrices(trainer.model, before=before)
    assert len(gradients) == len(found) == 6
    for name, weight in found.items():
        expected = lr * gradients[name] / np.linalg.norm(before[name])
        assert weight.update_ratio == pytest.approx(expected, rel=1e-9)


def test_a_snapshot_does_not_change_with_the_model() -> None:
    trainer = Trainer(RunConfig())
    first(1, trainer)
    before = copy_parameters(trainer.model)
    copies = {name: values.copy() for name, values in before.items()}
    first(3, trainer)
    for name, values in before.items():
        np.testing.assert_array_equal(values, copies[name])


def test_what_rests_has_ratio_zero_and_what_leaves_zero_infinity() -> None:
    example = case("rnn")
    with torch.no_grad():
        example.model.out.bias.zero_()
    before = copy_parameters(example.model)
    assert weight_matrices(example.model, before=before)["out.bias"].update_ratio == 0
    with torch.no_grad():
        example.model.out.bias.fill_(1.0)
    found = weight_matrices(example.model, before=before)
    assert found["out.bias"].update_ratio == math.inf
    assert found["out.weight"].update_ratio == 0


def test_bins_and_weights_that_do_not_fit_are_refused() -> None:
    example = case("rnn")
    with pytest.raises(ValueError, match=r"bins must be at least 1, got 0\. Try 30\."):
        weight_matrices(example.model, bins=0)
    with pytest.raises(ValueError, match=r"before must have the model's weights, got \['bias'\]"):
        weight_matrices(example.model, before={"bias": np.zeros(1)})
