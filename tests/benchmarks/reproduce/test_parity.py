"""Streaming parity: the source's sequences and weights, and how sudden a change is."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from benchmarks.reproduce import parity
from benchmarks.reproduce.runs import REHEARSAL
from rnn_core import RecurrentModel, RunConfig

CONFIG = RunConfig(window_length=11, batch_size=32)


def test_an_epoch_has_the_sources_updates() -> None:
    # One batch for each length to 7; then 256, 512 and 1,024 sequences in batches of 128.
    assert parity.schedule().tolist() == [*range(1, 8), *[8] * 2, *[9] * 4, *[10] * 8]


def test_a_sequence_begins_with_the_first_symbol_and_ends_with_its_parity() -> None:
    inputs, targets = parity.encoded(np.array([[1, 0, 1, 1], [0, 1, 1, 0]]), 6)
    assert inputs[0].tolist() == [[0, 0, 1], [0, 1, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 0]]
    assert targets[0].tolist() == [[0, 0]] * 4 + [[0, 1], [0, 0]]
    assert targets[1, 4].tolist() == [1, 0]


def test_batches_hold_sequences_of_one_length_each_as_often_as_another() -> None:
    task = parity.Sequences(CONFIG)
    for index, length in enumerate(parity.schedule()):
        batch = task.batch(21 * 3 + index)
        assert batch.loss_mask is not None
        assert np.array_equal(batch.loss_mask, np.tile(np.arange(11) == length, (32, 1)))
        bits = batch.inputs[:, 1 : length + 1, 1].astype(int)
        _, counts = np.unique(bits, axis=0, return_counts=True)
        assert set(counts) == {max(1, 32 // 2**length)}
        assert np.array_equal(batch.targets[:, length, 1], bits.sum(axis=1) % 2)


def test_the_state_after_the_first_symbol_is_one_and_the_weights_are_small() -> None:
    config = RunConfig(cell="rnn_relu", hidden_size=100)
    model = RecurrentModel(config, input_size=3, output_size=2)
    with torch.no_grad():
        parity.as_in_the_source(model, torch.Generator().manual_seed(0))
        state = model.rnn(torch.tensor([[[0.0, 0.0, 1.0]]]))[0]
    assert state.unique().tolist() == [1.0]
    recurrent = model.get_parameter("rnn.weight_hh_l0").detach()
    assert recurrent.std().item() == pytest.approx(0.1 * (2 / 200) ** 0.5, rel=0.05)
    given = model.get_parameter("rnn.weight_ih_l0").detach()[:, :2]
    assert given.std().item() == pytest.approx(0.1 * (2 / 102) ** 0.5, rel=0.2)


def test_a_transition_lasts_from_the_last_test_at_chance_to_the_first_that_is_solved() -> None:
    sudden = np.array([0.5, 0.62, 0.55, 0.5, 1.0, 0.99, 0.5, 1.0, 1.0, 1.0, 1.0])
    slow = np.array([0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])
    assert parity.transition(sudden) == pytest.approx(0.1)
    assert parity.transition(slow) == pytest.approx(0.4)
    assert math.isnan(parity.transition(np.full(5, 0.5)))


def test_a_network_that_computes_the_parity_is_right_at_any_length() -> None:
    # Units: odd and even so far, each kept or exchanged by the bit.
    model = RecurrentModel(RunConfig(cell="rnn_relu", hidden_size=4), input_size=3, output_size=2)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        # (even, 0), (even, 1), (odd, 0), (odd, 1): what was so before the bit, and the bit.
        from_even, from_odd = torch.tensor([1.0, 0, 0, 1]), torch.tensor([0.0, 1, 1, 0])
        recurrent = torch.stack([from_even, from_even, from_odd, from_odd])
        model.get_parameter("rnn.weight_hh_l0").copy_(recurrent)
        model.get_parameter("rnn.weight_ih_l0").copy_(
            torch.tensor([[0.0, -1, 1], [-1, 0, -1], [0, -1, -1], [-1, 0, -1]])
        )
        model.out.weight.copy_(torch.tensor([[1.0, 0, 0, 1], [0, 1, 1, 0]]))
    assert parity.accuracy(model, 1) == 1
    assert parity.accuracy(model, 500) == 1


def test_an_untrained_network_guesses_and_the_published_claims_are_judged() -> None:
    rows = parity.run(REHEARSAL)
    assert [row.expected is not None for row in rows] == [True, True, False]
    assert np.all((rows[0].ours > 0.3) & (rows[0].ours < 0.7))
    assert np.isnan(rows[1].ours).all()
