from __future__ import annotations

import pytest
import torch
from torch import nn

from rnn_core import CELLS, RecurrentModel, RunConfig


@pytest.mark.parametrize("num_layers", [1, 3])
@pytest.mark.parametrize("cell", CELLS)
def test_weights_are_those_that_torch_draws_after_its_seed(cell: str, num_layers: int) -> None:
    model = RecurrentModel(RunConfig(cell=cell, seed=42, hidden_size=7, num_layers=num_layers))
    with torch.random.fork_rng():
        torch.manual_seed(42)
        rnn = CELLS[cell](1, 7, num_layers=num_layers, batch_first=True)
        out = nn.Linear(7, 1)
    theirs = [*rnn.parameters(), *out.parameters()]
    for ours, expected in zip(model.parameters(), theirs, strict=True):
        torch.testing.assert_close(ours, expected, rtol=0, atol=0)


def test_building_a_model_leaves_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    RecurrentModel(RunConfig(cell="lstm"))
    assert torch.equal(torch.get_rng_state(), before)


def test_float64_weights_are_the_float32_ones() -> None:
    single = RecurrentModel(RunConfig())
    double = RecurrentModel(RunConfig(), dtype=torch.float64)
    for ours, theirs in zip(double.parameters(), single.parameters(), strict=True):
        assert ours.dtype == torch.float64
        assert torch.equal(ours, theirs.double())


def test_a_forget_bias_sets_the_sum_of_both_biases_of_every_layer_and_nothing_else() -> None:
    plain = RecurrentModel(RunConfig(cell="lstm", hidden_size=5, num_layers=2))
    biased = RecurrentModel(RunConfig(cell="lstm", hidden_size=5, num_layers=2, forget_bias=1.5))
    forget = slice(5, 10)
    for layer in range(2):
        total = getattr(biased.rnn, f"bias_ih_l{layer}") + getattr(biased.rnn, f"bias_hh_l{layer}")
        torch.testing.assert_close(total[forget], torch.full((5,), 1.5), rtol=0, atol=0)
    for (name, ours), theirs in zip(biased.named_parameters(), plain.parameters(), strict=True):
        elsewhere = torch.ones_like(ours, dtype=torch.bool)
        if "rnn.bias" in name:
            elsewhere[forget] = False
        assert torch.equal(ours[elsewhere], theirs[elsewhere])


@pytest.mark.parametrize("cell", ["rnn", "gru"])
def test_other_cells_ignore_the_forget_bias(cell: str) -> None:
    plain = RecurrentModel(RunConfig(cell=cell))
    biased = RecurrentModel(RunConfig(cell=cell, forget_bias=3.0))
    for ours, theirs in zip(biased.parameters(), plain.parameters(), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("cell", CELLS)
def test_reading_two_halves_with_the_state_handed_over_is_reading_the_whole(cell: str) -> None:
    model = RecurrentModel(RunConfig(cell=cell, num_layers=2), dtype=torch.float64)
    inputs = torch.linspace(-1, 1, 24, dtype=torch.float64).reshape(2, 12, 1)
    whole, _state = model(inputs)
    first, state = model(inputs[:, :5])
    second, _state = model(inputs[:, 5:], state)
    torch.testing.assert_close(torch.cat([first, second], dim=1), whole, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("cell", CELLS)
def test_a_prediction_knows_nothing_of_later_inputs(cell: str) -> None:
    model = RecurrentModel(RunConfig(cell=cell))
    inputs = torch.zeros(1, 10, 1)
    changed = inputs.clone()
    changed[0, 6:] = 5.0
    before, after = model(inputs)[0], model(changed)[0]
    assert torch.equal(before[:, :6], after[:, :6])
    assert not torch.equal(before[:, 6:], after[:, 6:])
