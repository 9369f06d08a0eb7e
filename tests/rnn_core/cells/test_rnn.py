from __future__ import annotations

import numpy as np
import pytest
import torch

from rnn_core import CELLS
from rnn_core.engines import kernels
from tests.rnn_core.cells.by_hand import NUMBERS, assert_equations, layer_of, one_unit

CELL = CELLS["rnn"]


def test_a_step_is_pytorchs() -> None:
    layer, _model = layer_of(CELL)
    x, h = NUMBERS.standard_normal((4, 2)), NUMBERS.standard_normal((4, 3))
    found = layer.step(x, (h,))
    weights = [torch.tensor(value) for value in layer.weights.values()]
    expected = torch.rnn_tanh_cell(torch.tensor(x), torch.tensor(h), *weights)
    np.testing.assert_allclose(found.state[0], expected, rtol=1e-13)
    assert found.gates.shape == (4, 0, 3)


def test_one_unit_is_the_hyperbolic_tangent_of_its_drive() -> None:
    (found,) = one_unit(CELL, 0.3).step(np.array([[0.5]]), (np.array([[2.0]]),)).state
    assert found[0, 0] == pytest.approx(np.tanh(0.3 * 0.5 + 0.3 + 0.3 * 2.0 + 0.3))


def test_the_derivative_is_one_minus_h_squared() -> None:
    layer = one_unit(CELL, 0.3)
    x, state = np.array([[0.5]]), (np.array([[2.0]]),)
    output = layer.step(x, state)
    found = CELL.local_derivatives(layer.weights, state, output)
    np.testing.assert_allclose(found.h, 1 - output.state[0][:, None] ** 2)
    assert found.c is found.h_kept is None


def test_the_equation_holds_the_units_numbers() -> None:
    layer, _model = layer_of(CELL)
    x, h = NUMBERS.standard_normal(2), NUMBERS.standard_normal(3)
    output = layer.step(x[None], (h[None],))
    assert_equations(CELL.equations(layer, x, (h,), 1), {"h_t": output.state[0][0, 1]})


def test_what_the_object_says() -> None:
    assert (CELL.title, CELL.gates, CELL.state_parts, CELL.memory_gate) == ("RNN", (), ("h",), None)
    assert CELL.blocks == ("h",)
    assert CELL.kernel == kernels.RNN
    assert CELL.settings == {"initialisation", "single_bias"}
