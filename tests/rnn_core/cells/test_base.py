from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import nn

from rnn_core import CELLS, RecurrentModel, RunConfig
from rnn_core.cells.base import as_float64, factor, layers_of, number, on_meta
from tests.rnn_core.cells.by_hand import layer_of
from tests.rnn_core.cells.own_cells import EchoState, Leaky, Reservoir, TwoTraces


@pytest.mark.parametrize("cell", [*CELLS.values(), Leaky(), TwoTraces()])
def test_the_modules_weights_are_split_by_layer(cell) -> None:
    module = cell.build(2, 4, 3)
    layers = layers_of(cell, module)
    assert [(layer.input_size, layer.hidden_size) for layer in layers] == [(2, 4), (4, 4), (4, 4)]
    split = {f"{n}_l{k}": v for k, layer in enumerate(layers) for n, v in layer.weights.items()}
    assert set(split) == set(module.state_dict())
    for name, value in module.state_dict().items():
        np.testing.assert_array_equal(split[name], value)
        assert split[name].dtype == np.float64


def test_one_layer_may_have_any_names_and_several_may_not() -> None:
    module = Reservoir(2, 3)
    (layer,) = layers_of(EchoState(), module)
    assert list(layer.weights) == ["into", "between"]
    module.num_layers = 2
    with pytest.raises(ValueError, match=r"The weights of cell 'echo_state' must be named after"):
        layers_of(EchoState(), module)


@pytest.mark.parametrize("cell", [*CELLS.values(), Leaky(), TwoTraces()])
def test_a_step_of_the_equations_is_a_step_of_the_module(cell) -> None:
    torch.manual_seed(0)
    module = cell.build(2, 3, 1).double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_()
    (layer,) = layers_of(cell, module)
    numbers = np.random.default_rng(0)
    x = numbers.standard_normal((5, 2))
    state = tuple(numbers.standard_normal((5, 3)) for _ in cell.state_parts)
    expected = layer.call_module(
        {name: torch.tensor(value) for name, value in layer.weights.items()},
        torch.tensor(x),
        tuple(torch.tensor(part) for part in state),
    )
    for ours, theirs in zip(layer.step(x, state).state, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-11)


def test_parameters_without_gradient_are_not_counted() -> None:
    config = RunConfig(hidden_size=3)
    assert EchoState().parameter_count(config, 2) == 0
    config = RunConfig(hidden_size=3, num_layers=2)
    assert Leaky().parameter_count(config, 2) == 3 * 2 + 3 * 3 + 3 + 2 * 3 * 3 + 3


@pytest.mark.parametrize("cell", [*CELLS.values(), Leaky()])
def test_building_without_values_draws_no_random_numbers(cell) -> None:
    before = torch.get_rng_state()
    module = on_meta(cell, 2, 3, 2)
    assert torch.equal(torch.get_rng_state(), before)
    assert {(p.device.type, p.dtype) for p in module.parameters()} == {("meta", torch.float32)}


def test_initial_weights_are_uniform_within_one_over_root_h() -> None:
    module = Leaky().build(1, 100, 1)
    config = RunConfig(hidden_size=100)
    Leaky().initialise(module, config, torch.Generator().manual_seed(5))
    drawn = torch.cat([parameter.detach().flatten() for parameter in module.parameters()])
    generator = torch.Generator().manual_seed(5)
    expected = [
        torch.empty(p.shape).uniform_(-0.1, 0.1, generator=generator) for p in module.parameters()
    ]
    assert torch.equal(drawn, torch.cat([part.flatten() for part in expected]))


def test_a_cell_without_equations_of_its_own_shows_what_is_computed_from_what() -> None:
    cell = TwoTraces()
    module = cell.build(1, 2, 1)
    (layer,) = layers_of(cell, module)
    state = tuple(np.full(2, value) for value in (0.1, 0.2, 0.3))
    found = cell.equations(layer, np.array([1.0]), state, 1)
    assert [equation.left for equation in found] == ["h_t", "fast_t", "slow_t"]
    right = r"\text{Two traces}(x_t, h_{t-1}, fast_{t-1}, slow_{t-1})"
    assert {equation.right for equation in found} == {right}
    output = layer.step(np.array([[1.0]]), tuple(part[None] for part in state))
    for equation, part in zip(found, output.state, strict=True):
        assert float(equation.numbers) == pytest.approx(part[0, 1], abs=0.0051)


def test_a_cell_recognises_the_module_that_was_made_from_it() -> None:
    cell = Leaky()
    assert cell.matches(cell.build(1, 2, 1))
    assert not cell.matches(Leaky().build(1, 2, 1))
    assert not cell.matches(nn.RNN(1, 2))


def test_weights_are_copied_in_float64() -> None:
    layer, model = layer_of(CELLS["rnn"])
    before = layer.weights["weight_hh"].copy()
    with torch.no_grad():
        model.rnn.get_parameter("weight_hh_l0").zero_()
    np.testing.assert_array_equal(layer.weights["weight_hh"], before)
    values = torch.tensor([0.1], requires_grad=True)
    assert as_float64(values).dtype == np.float64
    assert layer.by_block(before).shape == (1, 3, 3)


@pytest.mark.parametrize(
    ("value", "alone", "behind"),
    [(0.125, "0.12", "0.12"), (-2.0, "-2.00", "(-2.00)"), (np.nan, r"\text{nan}", r"\text{nan}")],
)
def test_numbers_in_equations(value: float, alone: str, behind: str) -> None:
    assert (number(value), factor(value)) == (alone, behind)


def test_the_model_knows_its_cell() -> None:
    assert RecurrentModel(RunConfig(cell="gru")).cell is CELLS["gru"]
    assert repr(CELLS["gru"]) == "<cell gru>"


def test_threads_that_call_one_cells_module_do_not_disturb_each_other() -> None:
    cell = EchoState()
    numbers = np.random.default_rng(0)
    layers, expected = [], []
    x, state = numbers.standard_normal((2, 4)), (numbers.standard_normal((2, 6)),)
    for _ in range(4):
        module = cell.build(4, 6, 1).double()
        with torch.no_grad():
            for value in module.state_dict().values():
                value.copy_(torch.from_numpy(numbers.standard_normal(value.shape)))
        layers.extend(layers_of(cell, module))
        expected.append(module(torch.from_numpy(x)[:, None], torch.from_numpy(state[0])[None])[0])

    def wrong(index: int) -> int:
        return sum(
            not np.allclose(layers[index].step(x, state).state[0], expected[index][:, 0].numpy())
            for _ in range(300)
        )

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(wrong, range(4))) == [0, 0, 0, 0]
