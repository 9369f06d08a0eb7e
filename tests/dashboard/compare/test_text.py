from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dashboard.app.playback import Status
from dashboard.app.text import speed
from dashboard.compare import text as compare_words
from dashboard.compare.live_comparison import ComparisonFrame
from rnn_core import HeldOut, rank
from tests.dashboard.comparisons import comparison

BETTER = np.array([0.010, 0.011, 0.012, 0.009, 0.013, 0.010, 0.014, 0.011, 0.012, 0.010])


def judged(*losses: np.ndarray, index: int = 50) -> ComparisonFrame:
    """A frame of two or three contenders with these held-out losses; the online ones are lower."""
    frame = comparison(preset="carry" if len(losses) == 2 else "cells", seeds=1).frame()
    held_out = np.array(losses, float)
    return replace(
        frame,
        seeds=held_out.shape[1],
        index=index,
        online=np.full_like(held_out, 1e-3),
        alive=np.isfinite(held_out),
        held_out=HeldOut(50, held_out, np.full_like(held_out, 1e-3), ()),
        follows_signal=np.zeros(held_out.shape, bool),
        ranking=rank(held_out),
    )


def test_a_clear_lead_is_said_with_its_size_and_its_certainty() -> None:
    said = compare_words.verdict(judged(BETTER, 3 * BETTER[::-1]))
    assert said.startswith("**carried is ahead.**")
    assert "the held-out loss of reset is" in said
    assert "95 % interval" in said
    assert "carried is lower on 10 of 10 seeds; p = 0.002: shown" in said


def test_a_difference_that_chance_could_make_is_not_called_one() -> None:
    said = compare_words.verdict(judged(BETTER, BETTER[::-1] * 1.001))
    assert said.startswith("**No difference is shown yet.**")
    assert "is ahead" not in said
    assert "not shown" in said


def test_two_of_three_may_be_among_the_best() -> None:
    said = compare_words.verdict(judged(BETTER, BETTER[::-1] * 1.001, 5 * BETTER))
    assert "is among the best.**" in said


def test_too_few_seeds_are_called_so_whatever_the_gap() -> None:
    said = compare_words.verdict(judged(BETTER[:5], 1000 * BETTER[:5]))
    assert said.startswith("**Too few seeds for a verdict.**")
    assert "5 seeds cannot tell any difference from chance; 6 can" in said
    assert "is ahead" not in said


def test_of_too_few_seeds_the_range_is_shown_and_called_that() -> None:
    said = compare_words.verdict(judged(BETTER[:3], BETTER[:3] * [2, 3, 4]))
    assert "is 3 times that of carried (median over the seeds; range over the seeds 2 to 4)" in said
    assert "interval" not in said
    alone = compare_words.verdict(judged(BETTER[:1], 2 * BETTER[:1]))
    assert (
        "the held-out loss of reset is 2 times that of carried; carried is lower on 1 of 1" in alone
    )


def test_an_untrained_network_is_not_judged() -> None:
    early = judged(BETTER, 3 * BETTER, index=7)
    assert compare_words.verdict(early).startswith("The verdict comes with step 19")
    waiting = replace(early, index=19, held_out=None, ranking=None)
    assert compare_words.verdict(waiting).startswith("The weights are being evaluated")
    assert compare_words.how_it_is_judged(waiting).startswith("The verdict rests on the held-out")


def test_a_verdict_says_its_age() -> None:
    assert "steps ago" not in compare_words.verdict(judged(BETTER, 3 * BETTER))
    later = judged(BETTER, 3 * BETTER, index=83)
    said = compare_words.verdict(later)
    assert said.startswith("**carried is ahead.** :small[(33 steps ago)]")
    assert compare_words.how_it_is_judged(later).startswith("Judged at step 50. The verdict")


def test_weights_that_follow_the_signal_are_named_with_both_losses() -> None:
    frame = judged(BETTER, 300 * BETTER)
    assert "following the signal" not in compare_words.verdict(frame)
    follows = frame.follows_signal.copy()
    follows[1, :5] = True
    half = replace(frame, follows_signal=follows)
    assert "following the signal" not in compare_words.verdict(half)
    follows[1, 5] = True
    said = compare_words.verdict(half)
    assert (
        "**the weights are following the signal**: reset (online loss 0.001, held-out loss 3.3)."
        in said
    )
    assert "carried (online" not in said


def test_divergence_is_a_result() -> None:
    gone = np.full(10, np.inf)
    said = compare_words.verdict(judged(BETTER, gone))
    assert said.startswith("**carried is ahead.**")
    assert "most networks of reset have diverged" in said
    assert compare_words.verdict(judged(gone, gone)).startswith("Most networks of every contender")


@pytest.mark.parametrize(
    ("ratio", "shown"),
    [(1.0, "1"), (1.234, "1.23"), (494.4, "494"), (1718.0, "1,700"), (56_000.0, "56,000")],
)
def test_ratios_have_as_many_digits_as_mean_something(ratio: float, shown: str) -> None:
    assert f"is {shown} times" in compare_words.verdict(judged(BETTER, ratio * BETTER))


def test_the_status_counts_the_networks() -> None:
    frame = comparison(seeds=4).frame()
    assert compare_words.status(frame, 100).startswith("12 untrained networks.")
    assert "same 4 seeds" in compare_words.status(frame, 100)
    playing = replace(frame, status=Status.PLAYING, steps_per_second=120.4, active_runs=1)
    assert compare_words.status(playing, 100) == "Training 12 networks in lockstep."
    assert speed(playing) == ":small[ · 120 steps per second]"


def test_the_threshold_is_the_lowest_floor_that_a_loss_can_reach() -> None:
    assert compare_words.lowest_floor(comparison().frame().floors) == pytest.approx(0.1)
    assert compare_words.lowest_floor(()) == 0.1
