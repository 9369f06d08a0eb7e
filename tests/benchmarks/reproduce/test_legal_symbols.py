"""Counting with an error for every legal symbol: loss, reach, and networks in a stack."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from benchmarks.reproduce import legal_symbols
from benchmarks.reproduce.legal_symbols import Stacked, Strings
from rnn_core import RecurrentModel, RunConfig


def test_the_legal_symbols_of_a_string() -> None:
    given = Strings.of(np.array([2, 1]), 2)
    assert given.inputs.argmax(dim=2)[0].tolist() == [0, 1, 1, 2, 2]  # S a a b b
    a, b, end, both = [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [1, 1, 0, 0]
    assert given.legal[0].tolist() == [a, both, both, b, end]
    assert given.legal[1].tolist() == [a, both, end, [0] * 4, [0] * 4]
    assert given.within.tolist() == [[True] * 5, [True] * 3 + [False] * 2]
    thrice = Strings.of(np.array([1]), 3)
    assert thrice.legal[0, :, :4].tolist() == [
        [1, 0, 0, 0],
        [1, 1, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 0, 1],
    ]
    assert not thrice.legal[..., -1].any()  # S


def test_the_loss_is_the_sum_of_the_binary_cross_entropies() -> None:
    given = Strings.of(np.array([2, 1]), 2)
    # One half for every symbol costs ln 2 for each of 4 symbols at 5 and 3 time steps.
    undecided = torch.zeros(3, 2, 5, 4)
    assert legal_symbols.loss(undecided, given).tolist() == pytest.approx([32 * math.log(2)] * 3)
    sure = (40 * (2 * given.legal - 1)).expand(3, -1, -1, -1).clone()
    sure[1, 0, 3, 1] *= -1  # the second b of two is taken to be impossible
    assert legal_symbols.loss(sure, given).tolist() == pytest.approx([0, 40, 0], abs=1e-6)
    # After the string nothing counts.
    sure[2, 1, 4] = 100.0
    assert legal_symbols.loss(sure, given)[2] == pytest.approx(0, abs=1e-6)


def test_the_reach_ends_at_the_first_string_with_a_wrong_symbol() -> None:
    every = Strings.of(np.arange(1, 8), 3)
    logits = (2 * every.legal - 1).expand(4, -1, -1, -1).clone()
    logits[1, 4, 2, 3] = 0.5  # n = 5: something impossible is expected
    logits[2, 0, 0, 0] = -0.5  # n = 1: the first a is not
    logits[3, 2, 20] = 0.5  # n = 3, after the string
    assert legal_symbols.reaches(logits, every).tolist() == [7, 4, 0, 7]


@pytest.mark.parametrize("cell", ["lstm", "peephole_lstm"])
def test_networks_in_a_stack_say_what_each_says_alone_and_learn_what_each_would(cell: str) -> None:
    config = RunConfig(cell=cell, hidden_size=3, single_bias=True)
    models = [
        RecurrentModel(config, input_size=4, output_size=5, dtype=torch.float64) for _ in range(3)
    ]
    with torch.no_grad():
        for seed, model in enumerate(models):
            legal_symbols.as_in_the_source(model, torch.Generator().manual_seed(seed))
    given = Strings.of(np.array([2, 4]), 3)
    given = Strings(given.inputs.double(), given.legal.double(), given.within)
    stacked = Stacked(models)
    together = stacked.logits(given.inputs)
    legal_symbols.loss(together, given).sum().backward()
    for place, model in enumerate(models):
        alone = model(given.inputs)[0]
        torch.testing.assert_close(together[place], alone)
        legal_symbols.loss(alone[None], given).sum().backward()
        for name, parameter in model.named_parameters():
            own = stacked.parameters[name.removeprefix("rnn.").removesuffix("_l0")]
            if parameter.requires_grad:
                assert own.grad is not None
                torch.testing.assert_close(own.grad[place], parameter.grad)
            else:
                assert name == "rnn.bias_hh_l0"
                assert own.grad is None


def test_each_networks_gradient_is_clipped_by_its_own_norm() -> None:
    weights, biases = torch.tensor([[[3.0], [0.0]], [[0.3], [0.0]]]), torch.tensor([[4.0], [0.4]])
    legal_symbols.clip([weights, biases], 1.0)
    assert weights[:, 0, 0].tolist() == pytest.approx([0.6, 0.3])
    assert biases[:, 0].tolist() == pytest.approx([0.8, 0.4])


def test_the_sources_gates_start_nearly_shut_and_nearly_open() -> None:
    config = RunConfig(cell="peephole_lstm", hidden_size=50, single_bias=True)
    model = RecurrentModel(config, input_size=3, output_size=4)
    with torch.no_grad():
        legal_symbols.as_in_the_source(model, torch.Generator().manual_seed(0))
    bias = model.get_parameter("rnn.bias_ih_l0").detach().view(4, 50)
    assert [sorted(set(gate.tolist())) for gate in bias] == [[-1.0], [1.0], [0.0], [0.0]]
    for name in ("weight_hh", "peephole_i", "peephole_f", "peephole_o"):
        parameter = model.get_parameter(f"rnn.{name}_l0").detach()
        assert parameter.std().item() == pytest.approx(0.1, rel=0.3)


def test_a_network_that_counts_far_enough_stops_at_its_first_check() -> None:
    config = RunConfig(cell="lstm", hidden_size=2, lr=0.05, clip_norm=1.0, forget_bias=1.0)
    arguments = config, 2, lambda model, generator: None, 250, 4, 3
    stopped = legal_symbols.count(*arguments, enough=1)
    to_the_end = legal_symbols.count(*arguments)
    assert stopped.shape == to_the_end.shape == (4,)
    assert np.all((stopped >= 0) & (stopped <= 3))
    assert to_the_end.max() >= 1
