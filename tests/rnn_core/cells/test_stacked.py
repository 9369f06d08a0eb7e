from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch
from torch import nn

from rnn_core import CELLS, RecurrentModel, RunConfig, Trainer, parameter_count
from rnn_core.cells.stacked import gate_equation, sigmoid, terms
from tests.rnn_core.cells.by_hand import layer_of

STACKED = ("rnn", "lstm", "gru", "rnn_relu", "peephole_lstm")


@pytest.mark.parametrize("name", STACKED)
@pytest.mark.parametrize("single_bias", [False, True])
@pytest.mark.parametrize("size", [(1, 1, 1), (3, 5, 1), (2, 4, 3)])
def test_the_parameters_are_counted_without_building(
    name: str, size: tuple[int, int, int], single_bias: bool
) -> None:
    inputs, hidden, layers = size
    config = RunConfig(cell=name, hidden_size=hidden, num_layers=layers, single_bias=single_bias)
    model = RecurrentModel(config, input_size=inputs)
    expected = sum(weight.numel() for weight in model.rnn.parameters() if weight.requires_grad)
    assert CELLS[name].parameter_count(config, inputs) == expected
    assert parameter_count(config, inputs) == expected + hidden + 1


@pytest.mark.parametrize("name", STACKED)
def test_one_bias_is_pytorchs_network_without_the_second_one(name: str) -> None:
    config = RunConfig(cell=name, hidden_size=4, num_layers=2)
    one = RecurrentModel(replace(config, single_bias=True))
    two = RecurrentModel(config)
    for weight, value in two.named_parameters():
        found = one.get_parameter(weight)
        if "bias_hh" in weight:
            assert not found.any()
            assert not found.requires_grad
        else:
            assert torch.equal(found, value)
            assert found.requires_grad


@pytest.mark.parametrize("name", STACKED)
def test_two_biases_move_twice_as_far_as_one(name: str) -> None:
    # Adam's first step is lr for every parameter with a gradient, whatever its size.
    moved = {}
    for single_bias in (False, True):
        config = RunConfig(cell=name, hidden_size=4, single_bias=single_bias)
        trainer = Trainer(config, dtype=torch.float64)
        sums = []
        for _step in islice(trainer.steps(), 2):
            bias = [trainer.model.rnn.get_parameter(f"bias_{each}_l0") for each in ("ih", "hh")]
            sums.append((bias[0] + bias[1]).detach().clone())
        moved[single_bias] = (sums[1] - sums[0]).abs().numpy()[:4]
        # A unit of a ReLU RNN that is silent over the whole window has no gradient.
        moved[single_bias] = moved[single_bias][moved[single_bias] > 0]
    assert len(moved[True])
    np.testing.assert_allclose(moved[True], 0.02, rtol=1e-3)
    np.testing.assert_allclose(moved[False], 0.04, rtol=1e-3)


@pytest.mark.parametrize("name", STACKED)
def test_orthogonal_recurrent_matrices_keep_the_length_of_a_state(name: str) -> None:
    config = RunConfig(cell=name, hidden_size=5, num_layers=2, initialisation="orthogonal")
    model, plain = RecurrentModel(config), RecurrentModel(replace(config, initialisation="pytorch"))
    for weight, value in model.rnn.named_parameters():
        before = plain.rnn.get_parameter(weight)
        if weight.startswith("weight_hh"):
            matrices = value.detach().reshape(-1, 5, 5)
            assert len(matrices) == len(CELLS[name].blocks)
            for matrix in matrices:
                torch.testing.assert_close(matrix @ matrix.T, torch.eye(5))
            # Each gate has one of its own.
            assert len({matrix[0, 0].item() for matrix in matrices}) == len(matrices)
        else:
            assert torch.equal(value, before)


@pytest.mark.parametrize("name", STACKED)
def test_an_identity_keeps_the_state_and_leaves_small_inputs(name: str) -> None:
    config = RunConfig(cell=name, hidden_size=50, num_layers=2, initialisation="identity")
    model = RecurrentModel(config, input_size=40)
    for weight, value in model.rnn.named_parameters():
        if weight.startswith("weight_hh"):
            for matrix in value.detach().reshape(-1, 50, 50):
                assert torch.equal(matrix, torch.eye(50))
        elif weight.startswith("bias"):
            assert not value.any()
        elif weight.startswith("weight_ih"):
            assert value.std().item() == pytest.approx(0.001, rel=0.05)
            assert value.mean().item() == pytest.approx(0, abs=1e-4)
    # The readout is PyTorch's: uniform in ±1/√H.
    assert 0.1 < model.out.weight.abs().max() <= 50**-0.5


@pytest.mark.parametrize("name", STACKED)
@pytest.mark.parametrize("initialisation", ["orthogonal", "identity"])
def test_an_initialisation_is_decided_by_the_seed(name: str, initialisation: str) -> None:
    config = RunConfig(cell=name, hidden_size=4, initialisation=initialisation, seed=3)
    torch.manual_seed(5)
    one = RecurrentModel(config).state_dict()
    torch.manual_seed(6)
    other = RecurrentModel(config).state_dict()
    seven = RecurrentModel(replace(config, seed=7)).state_dict()
    assert all(torch.equal(value, other[key]) for key, value in one.items())
    assert not torch.equal(one["rnn.weight_ih_l0"], seven["rnn.weight_ih_l0"])


def test_with_an_identity_a_relu_rnn_adds_up_its_inputs() -> None:
    config = RunConfig(cell="rnn_relu", hidden_size=6, initialisation="identity")
    model = RecurrentModel(config, dtype=torch.float64)
    inputs = torch.linspace(0.1, 1, 20, dtype=torch.float64)[None, :, None]
    hidden, _state = model.rnn(inputs)
    weights = model.rnn.get_parameter("weight_ih_l0")[:, 0].detach()
    total = inputs.cumsum(1) * weights.clamp(min=0)
    torch.testing.assert_close(hidden, total)


@pytest.mark.parametrize("initialisation", ["orthogonal", "identity"])
def test_a_forget_bias_holds_in_every_initialisation(initialisation: str) -> None:
    config = RunConfig(cell="lstm", hidden_size=3, forget_bias=2.0, initialisation=initialisation)
    model = RecurrentModel(config)
    total = model.rnn.get_parameter("bias_ih_l0") + model.rnn.get_parameter("bias_hh_l0")
    assert total[3:6].tolist() == [2.0] * 3


def test_a_forget_bias_stands_in_the_one_bias() -> None:
    config = RunConfig(cell="lstm", hidden_size=3, single_bias=True, forget_bias=1.5)
    model = RecurrentModel(config)
    assert model.rnn.get_parameter("bias_ih_l0")[3:6].tolist() == [1.5] * 3
    assert not model.rnn.get_parameter("bias_hh_l0").any()


@pytest.mark.parametrize("name", STACKED)
def test_a_cell_recognises_its_own_module_alone(name: str) -> None:
    for other in STACKED:
        assert CELLS[name].matches(CELLS[other].build(2, 3, 2)) == (name == other)
    assert not CELLS[name].matches(nn.Linear(2, 3))


@pytest.mark.parametrize("name", STACKED)
def test_a_drive_is_what_input_and_state_bring(name: str) -> None:
    layer, _model = layer_of(CELLS[name])
    x, h = np.array([[0.5, -1.0]]), np.array([[1.0, 0.0, -2.0]])
    by_input, by_state = CELLS[name].drives(layer.weights, x, h)
    weights = layer.weights
    for block in range(len(CELLS[name].blocks)):
        rows = slice(3 * block, 3 * block + 3)
        expected = weights["weight_ih"][rows] @ x[0] + weights["bias_ih"][rows]
        np.testing.assert_allclose(by_input[0, block], expected)
        expected = weights["weight_hh"][rows] @ h[0] + weights["bias_hh"][rows]
        np.testing.assert_allclose(by_state[0, block], expected)


def test_the_terms_of_a_gate_add_up_to_its_value() -> None:
    layer, _model = layer_of(CELLS["gru"])
    x, h = np.array([0.5, -1.0]), np.array([1.0, 0.0, -2.0])
    found = terms(CELLS["gru"], layer, x, (h,), 1)
    assert sigmoid(np, found["z_x"] + found["z_h"]) == pytest.approx(found["z"])
    assert found["h_before"] == 0.0
    z, n = found["z"], found["n"]
    assert found["h"] == pytest.approx((1 - z) * n)


def test_the_equation_of_a_gate() -> None:
    found = gate_equation({"f_x": 0.5, "f_h": -1.0, "f": 0.38}, "f")
    assert found == (
        "f_t",
        r"\sigma(W_{if} x_t + b_{if} + W_{hf} h_{t-1} + b_{hf})",
        r"\sigma(0.50 -1.00) = 0.38",
    )


def test_a_sigmoid_of_large_numbers_does_not_overflow() -> None:
    found = sigmoid(np, np.array([-1000.0, 0.0, 1000.0]))
    np.testing.assert_array_equal(found, [0.0, 0.5, 1.0])
