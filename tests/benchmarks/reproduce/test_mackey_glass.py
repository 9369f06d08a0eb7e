"""Mackey-Glass: the source's data and initial weights, and the normalised error."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from benchmarks.reproduce import mackey_glass
from benchmarks.reproduce.runs import REHEARSAL
from rnn_core import RecurrentModel, RunConfig
from rnn_core.tasks.chaos import mackey_glass as accurate


def test_a_perfect_forecast_has_no_error_and_the_mean_has_one() -> None:
    wanted = np.random.default_rng(0).normal(2.0, 3.0, (4, 50, 1))
    assert mackey_glass.nrmse(wanted, wanted) == 0
    assert mackey_glass.nrmse(np.full_like(wanted, wanted.mean()), wanted) == pytest.approx(1)
    # Off by half a standard deviation everywhere.
    assert mackey_glass.nrmse(wanted + wanted.std() / 2, wanted) == pytest.approx(0.5)


def test_the_signal_is_that_of_the_equation() -> None:
    # From the fixed point x = 1 nothing moves; 0.2 x / (1 + x^10) = 0.1 x there.
    still = np.ones((170, 1))
    first = mackey_glass.euler(still)[0, :17]
    assert np.all(np.diff(np.abs(first - 1)) < 0)  # from 1.2 towards the delayed 1
    assert first == pytest.approx(1 + 0.2 * 0.99 ** (10 * np.arange(1, 18)))
    # Over one unit of time Euler's small steps agree with a rule of fourth order.
    values = mackey_glass.euler(np.full((170, 1), 1.2))[0]
    exact = accurate(0, np.full((1, 172), 1.2))[0][0, :, 0]
    assert values[:100] == pytest.approx(exact[:100], abs=0.02)


def test_a_window_is_the_beginning_of_a_sequence_and_the_target_is_fifteen_steps_on() -> None:
    config = RunConfig(window_length=40, batch_size=3)
    task = mackey_glass.SourceSequences(config)
    batch = task.batch(7)
    signal = mackey_glass.sequences()[:32]
    for row in range(3):
        (own,) = np.flatnonzero(signal[:, 0] == batch.inputs[row, 0, 0])
        assert np.array_equal(batch.inputs[row, :, 0], signal[own, :40])
        assert np.array_equal(batch.targets[row, :, 0], signal[own, 15:55])
    # The source gives the mean before centring as about -0.066; its errors imply a deviation of
    # 0.216: the root of its mean squared error 0.000161 over its NRMSE of 0.0587.
    assert signal.std() == pytest.approx(0.216, abs=0.002)


def test_kerass_weights_are_orthogonal_and_the_forget_gates_biases_are_one() -> None:
    config = RunConfig(cell="lstm", hidden_size=5, num_layers=2, single_bias=True)
    model = RecurrentModel(config)
    with torch.no_grad():
        mackey_glass.as_in_keras(model, torch.Generator().manual_seed(0))
    for layer in range(2):
        recurrent = model.get_parameter(f"rnn.weight_hh_l{layer}").detach()
        torch.testing.assert_close(recurrent.T @ recurrent, torch.eye(5))
        bias = model.get_parameter(f"rnn.bias_ih_l{layer}").detach()
        assert bias.tolist() == [0.0] * 5 + [1.0] * 5 + [0.0] * 10
        assert not model.get_parameter(f"rnn.bias_hh_l{layer}").any()
    wide = model.get_parameter("rnn.weight_ih_l1").detach()
    assert wide.abs().max() <= (6 / (5 + 20)) ** 0.5


def test_the_published_network_is_judged_and_the_longer_training_is_not() -> None:
    rows = mackey_glass.run(REHEARSAL)
    assert [row.expected is not None for row in rows] == [True, False]
    for row in rows:
        assert row.ours.shape == (REHEARSAL.seeds,)
        assert np.all((row.ours > 0.5) & (row.ours < 3))  # a network that has learnt nothing
