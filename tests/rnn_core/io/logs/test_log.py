from __future__ import annotations

import numpy as np
import pytest

from rnn_core import Comparison, RunConfig
from rnn_core.io.logs import Run, joined
from rnn_core.io.logs.limits import MOST_POINTS


def run(steps: list[float], losses: list[float], name: str = "a") -> Run:
    return Run(name, np.array(steps, float), np.array(losses, float))


def test_the_band_is_made_of_numpy_quantiles() -> None:
    rng = np.random.default_rng(0)
    losses = rng.lognormal(size=(7, 40))
    losses[2, 30:] = losses[5, :10] = np.nan
    known = ~np.isnan(losses)
    steps = np.arange(40.0)
    log = joined("log", [Run("", steps[k], each[k]) for each, k in zip(losses, known, strict=True)])
    np.testing.assert_array_equal(log.losses, losses)
    np.testing.assert_allclose(
        log.bands(), np.nanquantile(losses, [0.5, 0.1, 0.9], axis=0), rtol=1e-14
    )


def test_the_band_is_that_of_a_comparison_of_the_same_losses() -> None:
    comparison = Comparison([RunConfig(hidden_size=4)], 5)
    losses = []
    for _number, _step in zip(range(30), comparison.steps(), strict=False):
        losses.append(comparison.loss[0])
    steps = np.arange(30.0)
    log = joined("log", [Run("", steps, each) for each in np.array(losses).T])
    curves = comparison.curves
    np.testing.assert_allclose(
        log.bands(), [curves.median[0], curves.low[0], curves.high[0]], rtol=1e-14
    )


def test_a_loss_that_is_not_finite_counts_as_larger_than_any_other() -> None:
    runs = [run([0, 1], [1, 1]), run([0, 1], [2, np.inf]), run([0, 1], [3, np.inf])]
    median, low, high = joined("log", runs).bands()
    np.testing.assert_array_equal(median, [2, np.nan])
    assert low[0] == pytest.approx(1.2)
    assert high[0] == pytest.approx(2.8)
    assert np.isnan(high[1])


def test_runs_are_interpolated_within_and_never_beyond_their_steps() -> None:
    log = joined("log", [run([0, 10, 20], [4, 2, 0]), run([5, 15], [1, 3])])
    assert log.steps.tolist() == [0, 5, 10, 15, 20]
    np.testing.assert_array_equal(log.losses, [[4, 3, 2, 1, 0], [np.nan, 1, 2, 3, np.nan]])


def test_between_a_finite_and_an_infinite_loss_it_is_infinite() -> None:
    log = joined("log", [run([0, 2, 4], [1, np.inf, np.inf]), run([1, 3], [1, 1])])
    np.testing.assert_array_equal(log.losses[0], [1, np.inf, np.inf, np.inf, np.inf])


def test_of_a_step_that_was_logged_twice_the_later_loss_counts() -> None:
    log = joined("log", [run([0, 10, 20, 10, 20, 30], [9, 8, 7, 3, 2, 1])])
    assert log.steps.tolist() == [0, 10, 20, 30]
    assert log.losses.tolist() == [[9, 3, 2, 1]]


def test_of_many_steps_neighbours_are_averaged() -> None:
    count = 4 * MOST_POINTS
    losses = np.arange(float(count))
    log = joined("log", [Run("a", np.arange(float(count)), losses)])
    assert log.steps.tolist() == list(range(3, count, 4))
    np.testing.assert_allclose(log.losses[0], losses.reshape(-1, 4).mean(axis=1))


def test_large_losses_can_be_averaged() -> None:
    count = 2 * MOST_POINTS
    log = joined("log", [Run("a", np.arange(float(count)), np.full(count, 1.7e308))])
    assert np.all(log.losses == 1e300)


def test_steps_that_are_none_are_left_out() -> None:
    log = joined("log", [run([-1, np.nan, 1e13, np.inf, 3, 4], [1, 1, 1, 1, 2, np.nan])])
    assert log.steps.tolist() == [3]
    with pytest.raises(ValueError, match=r"No row has both a step from 0 on and a loss\."):
        joined("log", [run([-1], [1])])


def test_fifty_runs_are_enough() -> None:
    with pytest.raises(ValueError, match=r"The log has 51 runs, more than 50\. Leave some out\."):
        joined("log", [run([0], [1])] * 51)
