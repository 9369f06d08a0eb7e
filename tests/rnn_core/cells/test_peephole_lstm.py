from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from rnn_core import CELLS, RecurrentModel, RunConfig, Trainer, parameter_count
from rnn_core.engines import kernels
from tests.rnn_core.cells.by_hand import NUMBERS, assert_equations, layer_of
from tests.rnn_core.diagnostics.by_torch import step_jacobian
from tests.rnn_core.diagnostics.views import DISSECTED, VIEWS
from tests.rnn_core.runs import first, losses

CELL = CELLS["peephole_lstm"]
EVERY_VIEW = {**VIEWS, **DISSECTED}


def window_by_hand(model: RecurrentModel, inputs: Tensor, state: tuple[Tensor, Tensor]) -> Tensor:
    """The prediction, written gate by gate after Gers and Schmidhuber, one layer."""
    of = dict(model.rnn.named_parameters())
    h, c = state
    found = []
    for x in inputs.unbind(1):
        total = x @ of["weight_ih_l0"].T + of["bias_ih_l0"]
        total = total + h @ of["weight_hh_l0"].T + of["bias_hh_l0"]
        net_i, net_f, net_g, net_o = total.chunk(4, 1)
        i = torch.sigmoid(net_i + of["peephole_i_l0"] * c)
        f = torch.sigmoid(net_f + of["peephole_f_l0"] * c)
        c = f * c + i * torch.tanh(net_g)
        o = torch.sigmoid(net_o + of["peephole_o_l0"] * c)
        h = o * torch.tanh(c)
        found.append(h)
    prediction: Tensor = model.out(torch.stack(found, 1))
    return prediction


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_it_is_trained_as_a_loop_written_by_hand(engine: str) -> None:
    config = RunConfig(cell="peephole_lstm", hidden_size=5, lr=0.003, carry_state=False)
    trainer = Trainer(config, dtype=torch.float64, engine=engine)
    model = RecurrentModel(config, dtype=torch.float64)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
    zeros = torch.zeros(1, 5, dtype=torch.float64)
    expected = []
    for index in range(40):
        batch = trainer.task.batch(index)
        prediction = window_by_hand(model, torch.from_numpy(batch.inputs), (zeros, zeros))
        loss = torch.nn.functional.mse_loss(prediction, torch.from_numpy(batch.targets))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        expected.append(loss.item())
    np.testing.assert_allclose(losses(first(40, trainer)), expected, rtol=1e-9)
    for (name, found), value in zip(
        trainer.model.named_parameters(), model.parameters(), strict=True
    ):
        assert found.grad is not None, name
        assert value.grad is not None, name
        torch.testing.assert_close(found.grad, value.grad, rtol=1e-8, atol=1e-10)


def test_without_peepholes_it_is_an_lstm() -> None:
    _layer, model = layer_of(CELL)
    lstm = torch.nn.LSTM(2, 3, batch_first=True).double()
    weights = model.rnn.state_dict()
    lstm.load_state_dict({k: v for k, v in weights.items() if not k.startswith("peephole")})
    inputs = torch.from_numpy(NUMBERS.standard_normal((2, 6, 2)))
    for letter in "ifo":
        model.rnn.get_parameter(f"peephole_{letter}_l0").data.zero_()
    found, (h, c) = model.rnn(inputs)
    expected, (their_h, their_c) = lstm(inputs)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close((h, c), (their_h, their_c))


def test_its_derivatives_are_autograds() -> None:
    layer, model = layer_of(CELL)
    x, h, c = NUMBERS.standard_normal(2), *NUMBERS.standard_normal((2, 3))
    state = (h[None], c[None])
    output = layer.step(x[None], state)
    local = CELL.local_derivatives(layer.weights, state, output)
    found = np.zeros((6, 6))
    w_hh = layer.weights["weight_hh"].reshape(4, 3, 3)
    c_by_h = np.einsum("gh,ghk->hk", local.c[0], w_hh)
    found[:3, :3] = np.einsum("gh,ghk->hk", local.h[0], w_hh) + local.h_of_c[0][:, None] * c_by_h
    found[3:, :3] = c_by_h
    found[:3, 3:] = np.diag(local.h_of_c[0] * local.c_kept[0])
    found[3:, 3:] = np.diag(local.c_kept[0])

    def step(parts: Tensor) -> Tensor:
        given = {name: torch.from_numpy(value) for name, value in layer.weights.items()}
        before = parts[None, :3], parts[None, 3:]
        after = CELL.step(torch, given, torch.from_numpy(x)[None], before)
        return torch.cat([part[0] for part in after.state])

    expected = torch.autograd.functional.jacobian(step, torch.from_numpy(np.concatenate([h, c])))
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-14)
    both = np.concatenate([h, c])
    np.testing.assert_allclose(step_jacobian(model, x, both), expected, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("view", EVERY_VIEW)
def test_it_has_every_diagnostic(view: str) -> None:
    trainer = Trainer(RunConfig(cell="peephole_lstm", hidden_size=4, num_layers=2))
    first(4, trainer)
    assert EVERY_VIEW[view](trainer, trainer.context()) is not None


def test_the_equations_hold_the_units_numbers() -> None:
    layer, _model = layer_of(CELL)
    x, h, c = NUMBERS.standard_normal(2), *NUMBERS.standard_normal((2, 3))
    output = layer.step(x[None], (h[None], c[None]))
    found = CELL.equations(layer, x, (h, c), 2)
    i, f, g, o = output.gates[0, :, 2]
    after_h, after_c = (part[0, 2] for part in output.state)
    # c before o, which sees it.
    expected = {"i_t": i, "f_t": f, "g_t": g, "c_t": after_c, "o_t": o, "h_t": after_h}
    assert_equations(found, expected)
    assert found[0].right.endswith("w_{ci} c_{t-1})")
    assert found[1].right.endswith("w_{cf} c_{t-1})")
    assert found[4].right.endswith("w_{co} c_t)")
    assert "w_{c" not in found[2].right
    # The numbers of a gate add up to what it is the sigmoid of.
    drive, peephole, seen = (
        found[4].numbers.removeprefix(r"\sigma(").split(")")[0],
        *(float(value) for value in (layer.weights["peephole_o"][2], after_c)),
    )
    by_input, by_state = (float(part) for part in drive.split(" ")[:2])
    assert 1 / (1 + np.exp(-(by_input + by_state + peephole * seen))) == pytest.approx(o, abs=0.01)


@pytest.mark.parametrize("single_bias", [False, True])
def test_its_parameters_are_an_lstms_and_three_for_each_unit(single_bias: bool) -> None:
    config = RunConfig(cell="peephole_lstm", hidden_size=4, num_layers=2, single_bias=single_bias)
    model = RecurrentModel(config, input_size=3)
    expected = sum(each.numel() for each in model.parameters() if each.requires_grad)
    lstm = RunConfig(cell="lstm", hidden_size=4, num_layers=2, single_bias=single_bias)
    assert parameter_count(config, 3) == expected == parameter_count(lstm, 3) + 2 * 3 * 4


def test_the_forget_bias_is_that_of_an_lstm() -> None:
    config = RunConfig(cell="peephole_lstm", hidden_size=3, num_layers=2, forget_bias=1.5)
    model = RecurrentModel(config)
    for layer in range(2):
        both = [model.rnn.get_parameter(f"bias_{each}_l{layer}")[3:6] for each in ("ih", "hh")]
        assert (both[0] + both[1]).tolist() == [1.5] * 3


def test_what_the_object_says() -> None:
    assert (CELL.title, CELL.state_parts, CELL.memory_gate) == ("Peephole LSTM", ("h", "c"), "f")
    assert CELL.gates == CELLS["lstm"].gates
    assert CELL.kernel == kernels.PEEPHOLE_LSTM
    assert CELL.settings == {"forget_bias", "initialisation", "single_bias"}
