from __future__ import annotations

import numpy as np
import pytest
from torch import nn

from rnn_core import CELLS
from rnn_core.cells.stacked import gate_equation, sigmoid, terms
from tests.rnn_core.cells.by_hand import layer_of

STACKED = ("rnn", "lstm", "gru")


@pytest.mark.parametrize("name", STACKED)
@pytest.mark.parametrize("size", [(1, 1, 1), (3, 5, 1), (2, 4, 3)])
def test_the_parameters_are_counted_without_building(name: str, size: tuple[int, int, int]) -> None:
    module = CELLS[name].build(*size)
    expected = sum(parameter.numel() for parameter in module.parameters())
    assert CELLS[name].parameter_count(*size) == expected


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
