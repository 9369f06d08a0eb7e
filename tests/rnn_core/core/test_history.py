from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_core import LossHistory

losses_of_runs = st.lists(
    st.floats(1e-12, 1e12) | st.sampled_from([0.5, 1.0]), min_size=1, max_size=300
)


def recorded(losses: list[float], buckets: int) -> LossHistory:
    history = LossHistory(buckets)
    for step, loss in enumerate(losses):
        history.append(step, loss)
    return history


@given(losses=losses_of_runs, half=st.integers(1, 8))
def test_what_is_kept_is_true_bounded_ascending_and_has_the_extremes(
    losses: list[float], half: int
) -> None:
    steps, kept = recorded(losses, 2 * half).points()
    assert len(steps) <= 4 * half + 2
    assert (np.diff(steps) > 0).all()
    np.testing.assert_array_equal(kept, np.array(losses)[steps])
    assert (steps[0], steps[-1]) == (0, len(losses) - 1)
    assert (kept.min(), kept.max()) == (min(losses), max(losses))


def test_a_short_run_is_kept_whole() -> None:
    losses = list(np.random.default_rng(0).random(40))
    steps, kept = recorded(losses, 40).points()
    np.testing.assert_array_equal(steps, np.arange(40))
    np.testing.assert_array_equal(kept, losses)


def test_a_long_run_stays_small_and_a_spike_of_one_step_stays_visible() -> None:
    history = LossHistory(200)
    for step in range(100_000):
        history.append(step, 9.0 if step == 54_321 else 1 / (1 + step))
    steps, kept = history.points()
    assert len(history) == 100_000
    assert len(steps) <= 402
    assert kept[steps == 54_321].tolist() == [9.0]
    assert (steps[-1], kept[-1]) == (99_999, 1e-5)


def test_a_loss_that_is_not_finite_is_left_out() -> None:
    history = recorded([0.5, 0.4], 4)
    history.append(2, float("inf"))
    history.append(3, float("nan"))
    assert len(history) == 2
    assert history.points()[1].tolist() == [0.5, 0.4]


def test_an_empty_history_has_no_points() -> None:
    steps, losses = LossHistory().points()
    assert len(steps) == len(losses) == 0


@pytest.mark.parametrize("buckets", [0, 1, 7])
def test_buckets_that_cannot_merge_are_refused(buckets: int) -> None:
    sentence = f"buckets must be an even number of at least 2, got {buckets}. Try 300."
    with pytest.raises(ValueError, match=re.escape(sentence)):
        LossHistory(buckets)
