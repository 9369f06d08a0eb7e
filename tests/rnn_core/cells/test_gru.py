from __future__ import annotations

import numpy as np
import pytest
import torch

from rnn_core import CELLS
from rnn_core.engines import kernels
from tests.rnn_core.cells.by_hand import NUMBERS, assert_equations, layer_of, one_unit

CELL = CELLS["gru"]


def test_a_step_is_pytorchs() -> None:
    layer, _model = layer_of(CELL)
    x, h = NUMBERS.standard_normal((4, 2)), NUMBERS.standard_normal((4, 3))
    found = layer.step(x, (h,))
    weights = [torch.tensor(value) for value in layer.weights.values()]
    expected = torch.gru_cell(torch.tensor(x), torch.tensor(h), *weights)
    np.testing.assert_allclose(found.state[0], expected, rtol=1e-12)
    _r, z, n = found.gates.swapaxes(0, 1)
    np.testing.assert_allclose((1 - z) * n + z * h, found.state[0], rtol=1e-12)


def test_one_unit_is_computed_by_its_equations() -> None:
    output = one_unit(CELL, 0.3).step(np.array([[0.5]]), (np.array([[2.0]]),))
    gate = 1 / (1 + np.exp(-(0.3 * 0.5 + 0.3 + 0.3 * 2.0 + 0.3)))
    n = np.tanh(0.3 * 0.5 + 0.3 + gate * (0.3 * 2.0 + 0.3))
    np.testing.assert_allclose(output.gates[0, :, 0], [gate, gate, n], rtol=1e-13)
    assert output.state[0][0, 0] == pytest.approx((1 - gate) * n + gate * 2.0, rel=1e-13)


def test_the_update_gate_is_what_is_kept_of_the_old_h() -> None:
    layer, _model = layer_of(CELL)
    x, state = NUMBERS.standard_normal((4, 2)), (NUMBERS.standard_normal((4, 3)),)
    output = layer.step(x, state)
    found = CELL.local_derivatives(layer.weights, state, output)
    np.testing.assert_array_equal(found.h_kept, output.gates[:, 1])
    assert (CELL.memory_gate, CELL.kept_when_open) == ("z", True)


def test_the_equations_hold_the_units_numbers() -> None:
    layer, _model = layer_of(CELL)
    x, h = NUMBERS.standard_normal(2), NUMBERS.standard_normal(3)
    output = layer.step(x[None], (h[None],))
    expected = dict(zip(("r_t", "z_t", "n_t"), output.gates[0, :, 2], strict=True))
    expected["h_t"] = output.state[0][0, 2]
    assert_equations(CELL.equations(layer, x, (h,), 2), expected)


def test_what_the_object_says() -> None:
    assert (CELL.title, CELL.state_parts, CELL.blocks) == ("GRU", ("h",), ("r", "z", "n"))
    assert [gate.kind for gate in CELL.gates] == ["gate", "gate", "candidate"]
    assert CELL.kernel == kernels.GRU
    assert CELL.settings == {"initialisation", "single_bias"}
