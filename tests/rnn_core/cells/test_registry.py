from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from rnn_core import CELLS, Cell, Comparison, RecurrentModel, RunConfig, Trainer, equalise
from rnn_core.cells.registry import cell_of
from rnn_core.diagnostics import saliency, shares_by_lag, step_spectrum, unroll
from tests.rnn_core.cells.conftest import Register
from tests.rnn_core.cells.own_cells import EchoState, Leaky, TwoTraces
from tests.rnn_core.diagnostics.by_torch import step_jacobian
from tests.rnn_core.diagnostics.views import DISSECTED, VIEWS
from tests.rnn_core.runs import first, losses

EVERY_VIEW = {**VIEWS, **DISSECTED}


def test_the_cells_carry_their_names() -> None:
    assert list(CELLS)[:3] == ["rnn", "lstm", "gru"]
    for name, cell in CELLS.items():
        assert cell.name == name
        assert cell.title
        assert cell.summary
        assert re.search(r"\b(19|20)\d\d\b", cell.source)  # a year


def test_an_unknown_cell_is_refused_with_what_was_meant() -> None:
    with pytest.raises(ValueError, match=r"Unknown cell 'lsmt'\..* Did you mean 'lstm'\?"):
        RunConfig(cell="lsmt")


# --- cells of a user ----------------------------------------------------------------------


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", [Leaky(), TwoTraces()])
def test_a_cell_of_ones_own_learns(cell: Cell, layers: int, register: Register) -> None:
    register(cell)
    config = RunConfig(cell=cell.name, num_layers=layers, hidden_size=12, lr=0.01)
    trainer = Trainer(config, engine="auto")
    assert trainer.engine == "torch"
    found = losses(first(150, trainer))
    assert np.mean(found[-10:]) < 0.5 * np.mean(found[:10])
    assert losses(first(150, Trainer(config))) == found


@pytest.mark.parametrize("view", EVERY_VIEW)
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", [Leaky(), TwoTraces()])
def test_a_cell_of_ones_own_has_every_diagnostic(
    cell: Cell, layers: int, view: str, register: Register
) -> None:
    register(cell)
    config = RunConfig(cell=cell.name, num_layers=layers, hidden_size=4, batch_size=2)
    trainer = Trainer(config)
    first(3, trainer)
    assert EVERY_VIEW[view](trainer, trainer.context()) is not None or not cell.gates


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", [Leaky(), TwoTraces()])
def test_diagnostics_of_a_cell_of_ones_own_are_autograds(
    cell: Cell, layers: int, register: Register
) -> None:
    register(cell)
    config = RunConfig(cell=cell.name, num_layers=layers, hidden_size=4)
    trainer = Trainer(config, dtype=torch.float64)
    first(5, trainer)
    at = trainer.context()
    found = unroll(at.model, at.inputs, at.state)
    with torch.no_grad():
        prediction, _state = at.model(torch.from_numpy(at.inputs)[None], at.state)
    np.testing.assert_allclose(found.prediction, prediction[0], rtol=1e-10)

    def predict(inputs: torch.Tensor) -> torch.Tensor:
        return at.model(inputs[None], at.state)[0][0]

    whole = torch.autograd.functional.jacobian(predict, torch.from_numpy(at.inputs))
    expected = whole.square().sum(dim=(1, 3)).sqrt()
    np.testing.assert_allclose(
        saliency(at.model, at.inputs, at.state), expected, rtol=1e-9, atol=1e-14
    )
    before = np.concatenate([part[:, 2].ravel() for part in found.state])
    jacobian = step_jacobian(at.model, at.inputs[2], before)
    np.testing.assert_allclose(found.jacobians([2])[0], jacobian, rtol=1e-9, atol=1e-14)
    shares = shares_by_lag(at.model, at.inputs, at.state, at.targets)
    for layer in range(layers):
        gradient = at.model.rnn.get_parameter(f"{cell.main_weight}_l{layer}").grad
        assert gradient is not None
        assert shares.whole[layer] == pytest.approx(gradient.norm().item(), rel=1e-9)


def test_a_gate_that_keeps_when_shut_has_the_half_life_of_its_complement(
    register: Register,
) -> None:
    register(Leaky())
    trainer = Trainer(RunConfig(cell="leaky", hidden_size=2), dtype=torch.float64)
    with torch.no_grad():
        trainer.model.rnn.get_parameter("leak_l0")[:] = torch.atanh(torch.tensor([0.0, -0.8]))
    first(1, trainer)
    found = VIEWS["gates_over_time"](trainer, trainer.context())
    half_life = found.half_life  # type: ignore[attr-defined]
    np.testing.assert_allclose(half_life, [[1.0, np.log(2) / -np.log(0.9)]], rtol=1e-6)


def test_a_cell_of_ones_own_can_be_compared(register: Register) -> None:
    register(Leaky())
    contenders = equalise([RunConfig(), RunConfig(cell="leaky")])
    assert contenders[1].hidden_size > contenders[0].hidden_size / 2
    comparison = Comparison(contenders, seeds=2)
    assert next(comparison.steps()).loss.shape == (4,)


# --- a module without step equations, and parameters that are not trained ------------------


@pytest.mark.parametrize("view", VIEWS)
def test_a_module_of_ones_own_has_every_diagnostic(view: str, register: Register) -> None:
    register(EchoState())
    config = RunConfig(cell="echo_state", hidden_size=4)
    model = RecurrentModel(config)
    held = Trainer(RunConfig(hidden_size=4))
    first(3, held)
    context = replace(held.context(), model=model, state=None)
    found = EVERY_VIEW[view](held, context)
    assert found is not None or view == "gates_over_time"


def test_a_module_of_ones_own_is_stepped_through_as_it_computes(register: Register) -> None:
    register(EchoState())
    model = RecurrentModel(RunConfig(cell="echo_state", hidden_size=5), input_size=2)
    model.double()
    inputs = np.random.default_rng(1).standard_normal((6, 2))
    found = unroll(model, inputs, None)
    output, _state = model.rnn(torch.from_numpy(inputs)[None])
    np.testing.assert_allclose(found.h[0, 1:], output[0], rtol=1e-12)
    between = model.rnn.get_buffer("between").numpy()
    slope = 1 - found.h[0, -1] ** 2
    expected = np.linalg.norm(slope[:, None] * between, 2)
    assert step_spectrum(model, inputs, at=[-1]).stretch[0] == pytest.approx(expected)


def test_an_echo_state_network_trains_its_readout_alone(register: Register) -> None:
    register(EchoState())
    config = RunConfig(cell="echo_state", hidden_size=40)
    trainer = Trainer(config)
    into, out = (trainer.model.get_parameter(name).clone() for name in ("rnn.into", "out.weight"))
    found = losses(first(200, trainer))
    assert torch.equal(trainer.model.get_parameter("rnn.into"), into)
    assert not torch.equal(trainer.model.get_parameter("out.weight"), out)
    assert np.mean(found[-20:]) < 0.1 * np.mean(found[:20])
    assert trainer.parameter_count == 40 + 1
    with pytest.raises(ValueError, match="has no kernel for cell 'echo_state'"):
        Trainer(config, engine="compiled")


# --- finding the cell of a model ------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (nn.RNN(2, 3, batch_first=True), "rnn"),
        (nn.LSTM(2, 3, num_layers=2, batch_first=True), "lstm"),
        (nn.GRU(2, 3, batch_first=True), "gru"),
        (nn.RNN(2, 3, nonlinearity="relu", batch_first=True), "rnn_relu"),
    ],
)
def test_a_module_from_elsewhere_is_recognised(module: nn.Module, name: str) -> None:
    model: Any = SimpleNamespace(rnn=module, out=nn.Linear(3, 1))
    assert cell_of(model) is CELLS[name]
    inputs = np.random.default_rng(0).standard_normal((4, 2))
    expected, _state = module(torch.tensor(inputs, dtype=torch.float32)[None])
    np.testing.assert_allclose(
        unroll(model, inputs, None).h[-1, 1:], expected[0].detach(), atol=1e-6
    )


@pytest.mark.parametrize(
    "module",
    [
        nn.LSTM(2, 3),
        nn.LSTM(2, 4, proj_size=2, batch_first=True),
        nn.GRU(2, 3, bidirectional=True, batch_first=True),
        nn.GRU(2, 3, bias=False, batch_first=True),
    ],
)
def test_a_module_that_no_cell_computes_is_refused(module: nn.Module) -> None:
    with pytest.raises(ValueError, match=r"model\.rnn must be the module of a registered cell"):
        cell_of(SimpleNamespace(rnn=module))


# --- refusals -------------------------------------------------------------------------------


def changed(**attributes: object) -> Cell:
    return type("Changed", (Leaky,), attributes)()


@pytest.mark.parametrize(
    ("cell", "error", "message"),
    [
        ("leaky", TypeError, r"cell must be an instance of rnn_core\.cells\.base\.Cell, got 'leak"),
        (Leaky, TypeError, r"cell must be an instance of .* Try one of a subclass"),
        (changed(name="lstm"), ValueError, r"The name of a cell must be new, got 'lstm'"),
        (changed(name="my cell"), ValueError, r"must be letters, digits and underscores"),
        (changed(title=None), TypeError, r"A cell must have a title"),
        (changed(state_parts=("c",)), ValueError, r"state_parts of cell 'leaky' must begin with"),
        (changed(memory_gate="f"), ValueError, r"memory_gate of cell 'leaky' must be one of its"),
        (changed(main_weight="w"), ValueError, r"main_weight of cell 'leaky' must be one of its"),
        (changed(step=None), ValueError, r"Cell 'leaky' has gates and must have a step"),
        (
            changed(build=lambda *_: nn.Linear(1, 1)),
            ValueError,
            r"The module of cell 'leaky' must have the attribute input_size",
        ),
    ],
)
def test_a_cell_that_cannot_work_is_refused_at_once(
    cell: Any, error: type[Exception], message: str, register: Register
) -> None:
    with pytest.raises(error, match=message):
        register(cell)


def test_a_cell_without_equations_or_module_is_refused(register: Register) -> None:
    class Empty(Cell):
        name = "empty"
        title = "Empty"

    with pytest.raises(NotImplementedError, match=r"Cell 'empty' needs weight_shapes and step, or"):
        register(Empty())


def test_registering_a_cell_again_changes_nothing(register: Register) -> None:
    cell = register(Leaky())
    assert register(cell) is cell
    with pytest.raises(ValueError, match=r"must be new, got 'leaky', which is taken"):
        register(Leaky())


def test_the_compiled_engine_refuses_a_cell_without_a_kernel(register: Register) -> None:
    register(Leaky())
    with pytest.raises(ValueError, match="no kernel for cell 'leaky'"):
        Trainer(RunConfig(cell="leaky"), engine="compiled")
