from __future__ import annotations

import numpy as np
import pytest
import torch

from rnn_core import CELLS, RecurrentModel, RunConfig, Trainer, equalise, parameter_count
from rnn_core.diagnostics import (
    find_fixed_points,
    gates_over_time,
    gradient_by_lag,
    lyapunov,
    saliency,
    shares_by_lag,
    unroll,
    weight_spectrum,
)
from tests.rnn_core.cells.by_hand import NUMBERS, assert_equations, layer_of
from tests.rnn_core.diagnostics.by_torch import step_jacobian
from tests.rnn_core.diagnostics.views import DISSECTED, VIEWS
from tests.rnn_core.runs import first, losses

CELL = CELLS["min_gru"]
EVERY_VIEW = {**VIEWS, **DISSECTED}


def held(layers: int = 1, steps: int = 4) -> Trainer:
    trainer = Trainer(
        RunConfig(cell="min_gru", hidden_size=4, num_layers=layers), dtype=torch.float64
    )
    first(steps, trainer)
    return trainer


def test_a_step_is_that_of_the_paper() -> None:
    layer, _model = layer_of(CELL)
    x, h = NUMBERS.standard_normal((5, 2)), NUMBERS.standard_normal((5, 3))
    w_z, w_n = layer.weights["weight_ih"].reshape(2, 3, 2)
    b_z, b_n = layer.weights["bias_ih"].reshape(2, 3)
    z = 1 / (1 + np.exp(-(x @ w_z.T + b_z)))
    n = x @ w_n.T + b_n
    output = layer.step(x, (h,))
    np.testing.assert_allclose(output.gates.swapaxes(0, 1), [z, n], rtol=1e-12)
    np.testing.assert_allclose(output.state[0], (1 - z) * h + z * n, rtol=1e-12)


def test_a_window_is_the_sum_of_candidates_that_later_gates_leave() -> None:
    # h_T = Π(1 - z) h_0 + Σ_t z_t n_t Π_(s > t)(1 - z_s): neither gate nor candidate reads h.
    _layer, model = layer_of(CELL)
    inputs = NUMBERS.standard_normal((7, 2))
    h = NUMBERS.standard_normal(3)
    found = unroll(model, inputs, torch.from_numpy(h)[None, None])
    z, n = found.gates[0, :, 0], found.gates[0, :, 1]
    expected = np.prod(1 - z, axis=0) * h
    for t in range(7):
        expected = expected + z[t] * n[t] * np.prod(1 - z[t + 1 :], axis=0)
    np.testing.assert_allclose(found.h[0, -1], expected, rtol=1e-12)
    output, _state = model.rnn(torch.from_numpy(inputs)[None], torch.from_numpy(h)[None, None])
    np.testing.assert_allclose(found.h[0, 1:], output[0].detach(), rtol=1e-12)


def test_the_state_fades_by_what_the_gate_lets_in() -> None:
    trainer = held()
    at = trainer.context()
    found = unroll(at.model, at.inputs, at.state)
    kept = 1 - found.gates[0, :, 0]
    for t, jacobian in enumerate(found.jacobians(range(10))):
        np.testing.assert_allclose(jacobian, np.diag(kept[t]), atol=1e-14)
    exponents = lyapunov(at.model, at.inputs, at.state).exponents
    np.testing.assert_allclose(np.sort(exponents), np.sort(np.log(kept).mean(axis=0)), rtol=1e-9)
    half_life = gates_over_time(at.model, at.inputs, at.state).half_life
    np.testing.assert_allclose(half_life[0], np.log(2) / -np.log(kept.mean(axis=0)), rtol=1e-12)


def test_at_a_constant_input_one_point_is_fixed_its_candidate() -> None:
    trainer = held()
    at = trainer.context()
    found = find_fixed_points(at.model, at.inputs, at.state, max_starts=8, frozen=[0.5])
    assert found.kinds == ("stable",)
    w_n = trainer.model.rnn.get_parameter("weight_ih_l0").detach().numpy()[4:, 0]
    b_n = trainer.model.rnn.get_parameter("bias_ih_l0").detach().numpy()[4:]
    np.testing.assert_allclose(found.points[0], 0.5 * w_n + b_n, atol=1e-6)


@pytest.mark.parametrize("layers", [1, 2])
def test_gradients_are_autograds(layers: int) -> None:
    trainer = held(layers)
    at = trainer.context()

    def predict(inputs: torch.Tensor) -> torch.Tensor:
        return at.model(inputs[None], at.state)[0][0]

    whole = torch.autograd.functional.jacobian(predict, torch.from_numpy(at.inputs))
    np.testing.assert_allclose(
        saliency(at.model, at.inputs, at.state),
        whole.square().sum(dim=(1, 3)).sqrt(),
        rtol=1e-9,
        atol=1e-14,
    )
    found = unroll(at.model, at.inputs, at.state)
    jacobian = step_jacobian(at.model, at.inputs[3], found.h[:, 3].ravel())
    np.testing.assert_allclose(found.jacobians([3])[0], jacobian, rtol=1e-9, atol=1e-14)
    shares = shares_by_lag(at.model, at.inputs, at.state, at.targets)
    by_lag = gradient_by_lag(at.model, at.inputs, at.state, at.targets)
    assert list(by_lag.norms) == ["h"]
    for layer in range(layers):
        gradient = trainer.model.rnn.get_parameter(f"weight_ih_l{layer}").grad
        assert gradient is not None
        assert shares.whole[layer] == pytest.approx(gradient.norm().item(), rel=1e-9)
    np.testing.assert_allclose(shares.share.sum(axis=1), np.ones(layers), rtol=1e-9)


@pytest.mark.parametrize("view", EVERY_VIEW)
def test_it_has_every_diagnostic(view: str) -> None:
    trainer = held(layers=2)
    assert EVERY_VIEW[view](trainer, trainer.context()) is not None


def test_it_has_no_recurrent_weights() -> None:
    assert dict(weight_spectrum(held().model)) == {}


def test_the_equations_hold_the_units_numbers() -> None:
    layer, _model = layer_of(CELL)
    x, h = NUMBERS.standard_normal(2), NUMBERS.standard_normal(3)
    output = layer.step(x[None], (h[None],))
    found = CELL.equations(layer, x, (h,), 2)
    assert found[1].numbers == f"{output.gates[0, 1, 2]:.2f}"
    expected = {"z_t": output.gates[0, 0, 2], "h_t": output.state[0][0, 2]}
    assert_equations((found[0], found[2]), expected)


@pytest.mark.parametrize(("hidden", "layers", "inputs"), [(32, 1, 1), (5, 3, 2)])
def test_the_parameters_are_counted_without_building(hidden: int, layers: int, inputs: int) -> None:
    config = RunConfig(cell="min_gru", hidden_size=hidden, num_layers=layers)
    model = RecurrentModel(config, input_size=inputs)
    expected = sum(parameter.numel() for parameter in model.parameters())
    assert parameter_count(config, inputs) == expected


def test_weights_are_drawn_as_those_of_the_other_cells() -> None:
    generator = torch.Generator().manual_seed(3)
    model = RecurrentModel(RunConfig(cell="min_gru", hidden_size=16, seed=3))
    for name in ("weight_ih_l0", "bias_ih_l0"):
        found = model.rnn.get_parameter(name)
        expected = torch.empty(found.shape).uniform_(-0.25, 0.25, generator=generator)
        assert torch.equal(found, expected)


def test_it_learns_with_pytorch_alone_and_alike_every_time() -> None:
    config = RunConfig(cell="min_gru", lr=0.01)
    trainer = Trainer(config, engine="auto")
    assert trainer.engine == "torch"
    found = losses(first(200, trainer))
    assert max(found[-20:]) < 0.2 * found[0]
    assert losses(first(200, Trainer(config))) == found
    with pytest.raises(ValueError, match=r"engine must be 'torch' or 'auto'.*'min_gru'"):
        Trainer(config, engine="compiled")


def test_equal_parameters_give_it_more_units_than_a_gru() -> None:
    gru, ours = equalise([RunConfig(cell="gru", hidden_size=16), RunConfig(cell="min_gru")])
    assert ours.hidden_size > 4 * gru.hidden_size
    counts = [parameter_count(config) for config in (gru, ours)]
    assert max(counts) / min(counts) - 1 < 0.02
