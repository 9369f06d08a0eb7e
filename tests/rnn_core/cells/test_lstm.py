from __future__ import annotations

import numpy as np
import pytest
import torch

from rnn_core import CELLS, RecurrentModel, RunConfig
from rnn_core.engines import kernels
from tests.rnn_core.cells.by_hand import NUMBERS, assert_equations, layer_of, one_unit

CELL = CELLS["lstm"]


def filled(model: RecurrentModel, value: float) -> RecurrentModel:
    """The model with every weight and bias set to ``value``."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(value)
    return model


def sigmoid(a: float) -> float:
    return float(1 / (1 + np.exp(-a)))


def test_a_step_is_pytorchs() -> None:
    layer, _model = layer_of(CELL)
    x = NUMBERS.standard_normal((4, 2))
    h, c = NUMBERS.standard_normal((2, 4, 3))
    found = layer.step(x, (h, c))
    weights = [torch.tensor(value) for value in layer.weights.values()]
    expected = torch.lstm_cell(torch.tensor(x), (torch.tensor(h), torch.tensor(c)), *weights)
    for ours, theirs in zip(found.state, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    i, f, g, o = found.gates.swapaxes(0, 1)
    np.testing.assert_allclose(f * c + i * g, found.state[1], rtol=1e-12)
    np.testing.assert_allclose(o * np.tanh(found.state[1]), found.state[0], rtol=1e-12)


def test_one_unit_is_computed_by_its_equations() -> None:
    state = np.array([[2.0]]), np.array([[-1.5]])
    output = one_unit(CELL, 0.3).step(np.array([[0.5]]), state)
    drive = 0.3 * 0.5 + 0.3 + 0.3 * 2.0 + 0.3
    gate = sigmoid(drive)
    c = gate * -1.5 + gate * np.tanh(drive)
    assert output.state[1][0, 0] == pytest.approx(c, rel=1e-13)
    assert output.state[0][0, 0] == pytest.approx(gate * np.tanh(c), rel=1e-13)


def test_the_forget_gate_is_what_is_kept_of_the_old_c() -> None:
    layer, _model = layer_of(CELL)
    x, state = NUMBERS.standard_normal((4, 2)), tuple(NUMBERS.standard_normal((2, 4, 3)))
    output = layer.step(x, state)
    found = CELL.local_derivatives(layer.weights, state, output)
    np.testing.assert_array_equal(found.c_kept, output.gates[:, 1])
    assert (CELL.memory_gate, CELL.kept_when_open) == ("f", True)


def test_the_equations_hold_the_units_numbers() -> None:
    layer, _model = layer_of(CELL)
    x, (h, c) = NUMBERS.standard_normal(2), NUMBERS.standard_normal((2, 3))
    output = layer.step(x[None], (h[None], c[None]))
    expected = dict(zip(("i_t", "f_t", "g_t", "o_t"), output.gates[0, :, 2], strict=True))
    expected |= {"c_t": output.state[1][0, 2], "h_t": output.state[0][0, 2]}
    assert_equations(CELL.equations(layer, x, (h, c), 2), expected)


def test_what_the_object_says() -> None:
    assert (CELL.title, CELL.state_parts, CELL.blocks) == ("LSTM", ("h", "c"), tuple("ifgo"))
    assert [gate.letter for gate in CELL.gates if gate.kind == "candidate"] == ["g"]
    assert CELL.kernel == kernels.LSTM
    assert CELL.settings == {"forget_bias", "initialisation", "single_bias"}


# --- the forget bias ----------------------------------------------------------------------


@pytest.mark.parametrize("value", [-5.0, 0.0, 1.0, 2.5])
@pytest.mark.parametrize("num_layers", [1, 3])
def test_a_forget_bias_is_what_both_biases_add_up_to_in_every_layer(
    value: float, num_layers: int
) -> None:
    config = RunConfig(cell="lstm", hidden_size=6, num_layers=num_layers, forget_bias=value)
    rnn = RecurrentModel(config).rnn
    sums = [
        getattr(rnn, f"bias_ih_l{k}") + getattr(rnn, f"bias_hh_l{k}") for k in range(num_layers)
    ]
    for total in sums:
        assert total[6:12].tolist() == [value] * 6


def test_a_forget_bias_changes_nothing_else() -> None:
    plain = RecurrentModel(RunConfig(cell="lstm", hidden_size=6, num_layers=2))
    biased = RecurrentModel(RunConfig(cell="lstm", hidden_size=6, num_layers=2, forget_bias=1.5))
    for (name, ours), theirs in zip(biased.named_parameters(), plain.parameters(), strict=True):
        rows = torch.arange(len(ours))
        is_forget_gate = ("rnn.bias" in name) & (rows >= 6) & (rows < 12)
        assert torch.equal(ours[~is_forget_gate], theirs[~is_forget_gate]), name


def test_a_cell_forgets_at_the_rate_that_its_forget_bias_says() -> None:
    # Weights of zero leave c_t = sigmoid(bias) c_(t-1): only the forget gate stands in between.
    config = RunConfig(cell="lstm", hidden_size=3)
    model = filled(RecurrentModel(config, dtype=torch.float64), 0.0)
    biases = RecurrentModel(
        RunConfig(cell="lstm", hidden_size=3, forget_bias=2.0), dtype=torch.float64
    )
    with torch.no_grad():
        model.rnn.bias_ih_l0[3:6] = biases.rnn.bias_ih_l0[3:6]
        model.rnn.bias_hh_l0[3:6] = biases.rnn.bias_hh_l0[3:6]
    start = torch.tensor([[[1.0, -2.0, 0.5]]], dtype=torch.float64)
    inputs = torch.ones(1, 7, 1, dtype=torch.float64)
    _prediction, (_h, c) = model(inputs, (torch.zeros_like(start), start))
    torch.testing.assert_close(c, start * sigmoid(2.0) ** 7, rtol=1e-13, atol=0)
