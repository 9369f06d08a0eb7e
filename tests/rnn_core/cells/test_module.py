from __future__ import annotations

import pytest
import torch

from rnn_core import CELLS
from rnn_core.cells.module import RecurrentModule, StepModule, pack, unpack
from tests.rnn_core.cells.own_cells import TwoTraces


@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_stepping_through_a_window_gives_what_pytorchs_module_gives(name: str, layers: int) -> None:
    cell = CELLS[name]
    theirs = cell.build(2, 4, layers).double()

    class Shaped(type(cell)):  # type: ignore[misc]
        def weight_shapes(self, input_size: int, hidden_size: int) -> dict[str, tuple[int, ...]]:
            module = cell.build(input_size, hidden_size, 1)
            return {n.removesuffix("_l0"): tuple(p.shape) for n, p in module.named_parameters()}

    ours = StepModule(Shaped(), 2, 4, layers).double()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict(theirs.state_dict())
    inputs = torch.randn(3, 6, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    found, state = ours(inputs)
    expected, after = theirs(inputs)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(state, after, rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(
        ours(inputs, state)[0], theirs(inputs, after)[0], rtol=1e-10, atol=1e-12
    )


def test_shapes_and_attributes_are_those_of_pytorchs_modules() -> None:
    module = StepModule(TwoTraces(), 2, 5, 3)
    assert isinstance(module, RecurrentModule)
    assert (module.input_size, module.hidden_size, module.num_layers) == (2, 5, 3)
    assert module.get_parameter("weight_l0").shape == (5, 7)
    assert module.get_parameter("weight_l2").shape == (5, 10)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.fill_(0.1)
        output, state = module(torch.ones(4, 6, 2))
    assert output.shape == (4, 6, 5)
    assert [part.shape for part in state] == [(3, 4, 5)] * 3
    torch.testing.assert_close(state[0][-1], output[:, -1])


def test_one_part_is_a_tensor_and_several_are_a_tuple() -> None:
    part = torch.zeros(1, 1, 1)
    assert pack([part]) is part
    assert pack([part, part]) == (part, part)
    assert unpack(part) == (part,)
    assert unpack((part, part)) == (part, part)
