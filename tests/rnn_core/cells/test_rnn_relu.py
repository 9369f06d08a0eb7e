from __future__ import annotations

import numpy as np
import pytest
import torch

from rnn_core import CELLS, RecurrentModel, RunConfig, Trainer
from rnn_core.engines import kernels
from tests.rnn_core.cells.by_hand import NUMBERS, assert_equations, layer_of, one_unit
from tests.rnn_core.diagnostics.views import DISSECTED, VIEWS
from tests.rnn_core.runs import first, losses

CELL = CELLS["rnn_relu"]
EVERY_VIEW = {**VIEWS, **DISSECTED}


def test_a_step_is_pytorchs() -> None:
    layer, _model = layer_of(CELL)
    x, h = NUMBERS.standard_normal((40, 2)), NUMBERS.standard_normal((40, 3))
    found = layer.step(x, (h,))
    weights = [torch.tensor(value) for value in layer.weights.values()]
    expected = torch.rnn_relu_cell(torch.tensor(x), torch.tensor(h), *weights)
    np.testing.assert_allclose(found.state[0], expected, rtol=1e-13)
    assert 0 < np.mean(found.state[0] == 0) < 1
    assert found.gates.shape == (40, 0, 3)


def test_one_unit_is_its_drive_above_zero() -> None:
    layer = one_unit(CELL, 0.3)
    x, state = np.array([[0.5], [-9.0], [0.0]]), (np.array([[2.0], [2.0], [-2.0]]),)
    output = layer.step(x, state)
    (found,) = output.state
    # The third drive is exactly 0, up to rounding below it.
    assert found[:2, 0].tolist() == [pytest.approx(0.3 * 0.5 + 0.3 + 0.3 * 2.0 + 0.3), 0.0]
    slopes = CELL.local_derivatives(layer.weights, state, output)
    assert slopes.h[:2, 0, 0].tolist() == [1.0, 0.0]


def test_at_zero_the_derivative_is_pytorchs_and_nan_stays() -> None:
    drive = torch.tensor([-1.0, 0.0, 2.0, torch.nan], dtype=torch.float64)
    weights = {
        "weight_ih": torch.ones(1, 1, dtype=torch.float64),
        "weight_hh": torch.zeros(1, 1, dtype=torch.float64),
        "bias_ih": torch.zeros(1, dtype=torch.float64),
        "bias_hh": torch.zeros(1, dtype=torch.float64),
    }
    x = drive[:, None].clone().requires_grad_()
    (h,) = CELL.step(torch, weights, x, (torch.zeros(4, 1, dtype=torch.float64),)).state
    assert h[:3, 0].tolist() == [0.0, 0.0, 2.0]
    assert torch.isnan(h[3, 0])
    h[:3].sum().backward()
    assert x.grad is not None
    assert x.grad[:3, 0].tolist() == [0.0, 0.0, 1.0]


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_it_is_trained_as_pytorchs_module(engine: str) -> None:
    config = RunConfig(cell="rnn_relu", hidden_size=6, num_layers=2, lr=0.003)
    trainer = Trainer(config, dtype=torch.float64, engine=engine)
    rnn = torch.nn.RNN(1, 6, 2, nonlinearity="relu", batch_first=True).double()
    out = torch.nn.Linear(6, 1).double()
    rnn.load_state_dict(trainer.model.rnn.state_dict())
    out.load_state_dict(trainer.model.out.state_dict())
    optimizer = torch.optim.Adam([*rnn.parameters(), *out.parameters()], lr=0.003)
    expected, state = [], None
    for index in range(60):
        batch = trainer.task.batch(index)
        hidden, state = rnn(torch.from_numpy(batch.inputs), state)
        state = state.detach()
        loss = torch.nn.functional.mse_loss(out(hidden), torch.from_numpy(batch.targets))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        expected.append(loss.item())
    np.testing.assert_allclose(losses(first(60, trainer)), expected, rtol=1e-9)


def test_its_weights_are_pytorchs() -> None:
    torch.manual_seed(4)
    expected = torch.nn.RNN(1, 7, nonlinearity="relu", batch_first=True).state_dict()
    found = RecurrentModel(RunConfig(cell="rnn_relu", hidden_size=7, seed=4)).rnn.state_dict()
    assert list(found) == list(expected)
    assert all(torch.equal(found[name], value) for name, value in expected.items())


@pytest.mark.parametrize("view", EVERY_VIEW)
def test_it_has_every_diagnostic(view: str) -> None:
    trainer = Trainer(RunConfig(cell="rnn_relu", hidden_size=4, num_layers=2))
    first(4, trainer)
    found = EVERY_VIEW[view](trainer, trainer.context())
    assert found is not None or view == "gates_over_time"


def test_the_equation_holds_the_units_numbers() -> None:
    layer, _model = layer_of(CELL)
    x, h = NUMBERS.standard_normal(2), NUMBERS.standard_normal(3)
    output = layer.step(x[None], (h[None],))
    assert_equations(CELL.equations(layer, x, (h,), 1), {"h_t": output.state[0][0, 1]})


def test_what_the_object_says() -> None:
    assert (CELL.title, CELL.gates, CELL.state_parts, CELL.memory_gate) == (
        "ReLU RNN",
        (),
        ("h",),
        None,
    )
    assert CELL.blocks == ("h",)
    assert CELL.kernel == kernels.RELU_RNN
    assert CELL.rectified
    assert [name for name, cell in CELLS.items() if cell.rectified] == ["rnn_relu"]
