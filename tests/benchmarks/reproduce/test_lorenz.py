"""Lorenz in closed loop: valid prediction time, and what it is measured on."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from benchmarks.reproduce import lorenz
from benchmarks.reproduce.runs import REHEARSAL
from rnn_core import RecurrentModel, RunConfig
from rnn_core.tasks import chaos


def test_the_paths_are_those_of_the_core() -> None:
    starts = np.array([[1.0, 2.0, 20.0], [-3.0, 1.0, 25.0]])
    ours = lorenz.path(starts, 200)
    theirs, ends = chaos.lorenz(starts, 200)
    np.testing.assert_allclose(ours[:, :, 0], theirs, rtol=1e-9)
    np.testing.assert_allclose(ours[:, -1], ends, rtol=1e-9)


def test_a_perfect_forecast_is_valid_to_its_end_and_one_without_numbers_never() -> None:
    truth = lorenz.streams(1, 300, 5)[0]
    whole = 300 * lorenz.STEP * lorenz.EXPONENT
    assert lorenz.valid_time(truth, truth, 28.0) == pytest.approx(whole)
    assert lorenz.valid_time(truth, np.full_like(truth, math.nan), 28.0) == 0


def test_a_forecast_is_valid_until_its_error_exceeds_the_tolerance() -> None:
    truth, shifted = np.zeros((50, 3)), np.zeros((50, 3))
    shifted[:, 2] = np.arange(50) / 10  # the distance is n / 10, the tolerance 0.4 · 5 = 2
    lyapunov_times = 21 * lorenz.STEP * lorenz.EXPONENT
    assert lorenz.valid_time(truth, shifted, 5.0) == pytest.approx(lyapunov_times)
    shifted[3] = 100.0
    assert lorenz.valid_time(truth, shifted, 5.0) == pytest.approx(
        3 * lorenz.STEP * lorenz.EXPONENT
    )


def test_the_median_is_that_of_forecasts_that_start_after_the_warm_up() -> None:
    def perfect(signal: np.ndarray) -> np.ndarray:
        return signal[lorenz._WARM_UP :]

    def last(signal: np.ndarray) -> np.ndarray:
        return np.broadcast_to(signal[lorenz._WARM_UP - 1], (60, 3))

    assert lorenz.median_valid_time(perfect, 60) == pytest.approx(
        60 * lorenz.STEP * lorenz.EXPONENT
    )
    assert 0.05 < lorenz.median_valid_time(last, 60) < 0.5


def test_windows_are_pieces_of_the_scaled_data_and_the_target_is_one_sample_on() -> None:
    config = RunConfig(window_length=30, batch_size=4)
    batch = lorenz.Coordinates(config).batch(2)
    np.testing.assert_array_equal(batch.inputs[:, 1:], batch.targets[:, :-1])
    middle, spread = lorenz.scales()
    first, second = (piece * spread + middle for piece in (batch.inputs[:, 0], batch.inputs[:, 1]))
    np.testing.assert_allclose(lorenz.path(first, 1)[:, 0], second, rtol=1e-9)
    assert middle == pytest.approx([0, 0, 23.5], abs=0.3)


def test_the_first_free_sample_follows_the_warm_up() -> None:
    # A network that repeats its input, in the limit of small signals, where tanh is a line.
    model = RecurrentModel(RunConfig(hidden_size=3), input_size=3, output_size=3)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.get_parameter("rnn.weight_ih_l0").copy_(1e-3 * torch.eye(3))
        model.out.weight.copy_(1e3 * torch.eye(3))
    signal = lorenz.streams(1, lorenz._WARM_UP + 20, 8)[0]
    said = lorenz.closed_loop(model, signal)
    assert said.shape == (20, 3)
    np.testing.assert_allclose(
        said, np.broadcast_to(signal[lorenz._WARM_UP - 1], (20, 3)), atol=1e-2
    )


def test_a_reservoir_forecasts_for_some_lyapunov_times() -> None:
    forecast = lorenz.reservoir(0, 3_000)
    assert lorenz.median_valid_time(forecast, 300) > 3


def test_no_row_is_judged() -> None:
    rows = lorenz.run(REHEARSAL)
    assert [row.verdict for row in rows] == ["—"] * 4
    for row in rows:
        assert row.ours.shape == (REHEARSAL.seeds,)
        assert np.all(row.ours >= 0)
