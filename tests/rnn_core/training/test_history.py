from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_core import LossHistory

# Few values make ties, among neighbours and between extremes, likely.
losses_of_runs = st.lists(
    st.floats(0, 1e12) | st.sampled_from([0.1, 0.5, 1.0]), min_size=1, max_size=300
)
bucket_counts = st.integers(1, 10).map(lambda half: 2 * half)


def recorded(losses: list[float], buckets: int) -> LossHistory:
    history = LossHistory(buckets)
    for step, loss in enumerate(losses):
        history.append(step, loss)
    return history


@given(losses=losses_of_runs, buckets=bucket_counts)
def test_it_never_keeps_more_points_than_it_says(losses: list[float], buckets: int) -> None:
    steps, kept = recorded(losses, buckets).points()
    assert len(steps) == len(kept) <= 2 * buckets + 2


@given(losses=losses_of_runs, buckets=bucket_counts)
def test_every_point_is_a_step_with_its_loss_and_steps_ascend(
    losses: list[float], buckets: int
) -> None:
    steps, kept = recorded(losses, buckets).points()
    assert steps.dtype == np.int64
    assert (np.diff(steps) > 0).all()
    np.testing.assert_array_equal(kept, np.array(losses)[steps])


@given(losses=losses_of_runs, buckets=bucket_counts)
def test_first_last_smallest_and_largest_are_kept(losses: list[float], buckets: int) -> None:
    steps, kept = recorded(losses, buckets).points()
    assert (steps[0], steps[-1]) == (0, len(losses) - 1)
    assert (kept.min(), kept.max()) == (min(losses), max(losses))


@given(losses=losses_of_runs, buckets=bucket_counts)
def test_every_stretch_of_a_run_keeps_its_own_extremes(losses: list[float], buckets: int) -> None:
    steps, kept = recorded(losses, buckets).points()
    width = 1
    while width * buckets < len(losses):
        width *= 2
    for start in range(0, len(losses), width):
        inside = (steps >= start) & (steps < start + width)
        stretch = losses[start : start + width]
        assert kept[inside].min() == min(stretch)
        assert kept[inside].max() == max(stretch)


@given(losses=losses_of_runs, buckets=bucket_counts)
def test_what_is_kept_while_a_run_goes_on_is_what_a_run_that_long_keeps(
    losses: list[float], buckets: int
) -> None:
    half = losses[: (len(losses) + 1) // 2]
    history = recorded(half, buckets)
    np.testing.assert_array_equal(history.points(), recorded(half, buckets).points())
    for step in range(len(half), len(losses)):
        history.append(step, losses[step])
    np.testing.assert_array_equal(history.points(), recorded(losses, buckets).points())
    assert len(history) == len(losses)


@pytest.mark.parametrize("length", [1, 2, 39, 40])
def test_a_run_as_short_as_the_buckets_is_kept_whole(length: int) -> None:
    losses = list(np.random.default_rng(0).random(length))
    steps, kept = recorded(losses, 40).points()
    assert steps.tolist() == list(range(length))
    assert kept.tolist() == losses


def test_by_default_three_hundred_steps_are_kept_whole() -> None:
    losses = [1 / (1 + step) for step in range(300)]
    steps, kept = recorded(losses, 300).points()
    by_default = LossHistory()
    for step, loss in enumerate(losses):
        by_default.append(step, loss)
    assert by_default.points()[0].tolist() == steps.tolist() == list(range(300))
    assert by_default.points()[1].tolist() == kept.tolist() == losses


@pytest.mark.parametrize("spike", [0, 54_321, 99_998, 99_999])
def test_a_spike_of_one_step_among_a_hundred_thousand_stays_visible(spike: int) -> None:
    losses = [1 / (1 + step) for step in range(100_000)]
    losses[spike] = 9.0
    history = recorded(losses, 200)
    steps, kept = history.points()
    assert len(history) == 100_000
    assert len(steps) <= 402
    assert kept[steps == spike].tolist() == [9.0]
    assert kept.max() == 9.0


@pytest.mark.parametrize("loss", [math.inf, -math.inf, math.nan])
def test_a_run_that_ends_with_a_loss_that_is_not_finite_keeps_the_finite_ones(
    loss: float,
) -> None:
    history = recorded([0.5, 0.4, loss], 2)
    assert len(history) == 2
    steps, kept = history.points()
    assert steps.tolist() == [0, 1]
    assert kept.tolist() == [0.5, 0.4]


def test_an_empty_history_has_no_points() -> None:
    steps, kept = LossHistory().points()
    assert len(LossHistory()) == 0
    assert (steps.tolist(), kept.tolist()) == ([], [])
    assert (steps.dtype, kept.dtype) == (np.int64, np.float64)


def test_changing_the_points_does_not_change_the_history() -> None:
    history = recorded([0.5, 0.4], 4)
    steps, kept = history.points()
    steps[:] = 7
    kept[:] = 7.0
    assert history.points()[0].tolist() == [0, 1]
    assert history.points()[1].tolist() == [0.5, 0.4]


@pytest.mark.parametrize("buckets", [-2, 0, 1, 7, 301])
def test_buckets_that_cannot_be_halved_are_refused(buckets: int) -> None:
    sentence = f"buckets must be an even number of at least 2, got {buckets}. Try 300."
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        LossHistory(buckets)


@given(
    losses=st.lists(st.sampled_from([0.1, 0.5, 2.0, float("nan"), float("inf")]), max_size=80),
    half=st.integers(1, 4),
)
def test_losses_that_are_not_finite_leave_no_trace_wherever_they_stand(
    losses: list[float], half: int
) -> None:
    history = LossHistory(2 * half)
    for step, loss in enumerate(losses):
        history.append(step, loss)
    finite = {step: loss for step, loss in enumerate(losses) if np.isfinite(loss)}
    steps, kept = history.points()
    assert len(history) == len(finite)
    assert len(steps) <= 4 * half + 2
    assert [finite[step] for step in steps.tolist()] == kept.tolist()
    if finite:
        assert (steps[0], steps[-1]) == (min(finite), max(finite))
        assert (kept.min(), kept.max()) == (min(finite.values()), max(finite.values()))


@pytest.mark.parametrize("step", [-3, 0, 4, 5])
def test_steps_out_of_order_are_refused(step: int) -> None:
    history = recorded([0.9, 0.8, 0.7, 0.6, 0.5, 0.4], 4)
    before = history.points()
    sentence = f"step must be at least 6, got {step}. Append steps in ascending order."
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        history.append(step, 0.1)
    np.testing.assert_array_equal(history.points(), before)
    assert len(history) == 6


def test_a_negative_step_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^step must be at least 0, got -1\. Append steps in asc"):
        LossHistory().append(-1, 0.5)
