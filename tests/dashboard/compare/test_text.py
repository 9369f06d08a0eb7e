from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dashboard.app.playback import Status
from dashboard.app.text import speed
from dashboard.compare import text as compare_words
from dashboard.compare.laid_log import Beside, LaidLog
from dashboard.compare.live_comparison import ComparisonFrame
from rnn_core import HeldOut, rank
from rnn_core.io.logs import read_log
from tests.dashboard.comparisons import after, comparison

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


def details(frame: ComparisonFrame) -> str:
    return "\n".join(compare_words.findings(frame))


def test_a_clear_lead_is_said_with_its_size_and_its_certainty() -> None:
    frame = judged(BETTER, 3 * BETTER[::-1])
    assert compare_words.headline(frame) == (
        "**carried is ahead of all others.** Held-out loss relative to carried: reset 3 times "
        "(p = 0.002)."
    )
    said = details(frame)
    assert said.startswith(
        "**carried against reset: shown.** The held-out loss of reset is 3 times"
    )
    assert "95 % interval 2.3 to 3.9); lower on 10 of 10 seeds; p = 0.002." in said


def test_a_difference_that_chance_could_make_is_not_called_one() -> None:
    frame = judged(BETTER, BETTER[::-1] * 1.001)
    said = compare_words.headline(frame)
    assert said.startswith("**No difference is shown.** carried has the lowest median, maybe by")
    assert "ahead" not in said
    assert details(frame).startswith("**carried against reset: not shown.**")


def test_a_leader_is_ahead_only_of_those_it_is_shown_to_beat() -> None:
    said = compare_words.headline(judged(BETTER, BETTER[::-1] * 1.001, 5 * BETTER))
    assert said.startswith(
        "**RNN is ahead of GRU; between RNN and LSTM no difference is shown.** Held-out loss "
        "relative to RNN: LSTM 1.00 times (p = "
    )
    assert "GRU 5 times (p = 0.0059)." in said


def test_with_many_contenders_the_ratios_are_in_the_details_alone() -> None:
    frame = judged(BETTER, 3 * BETTER)
    five = tuple(replace(frame.contenders[0], name=f"H {n}") for n in range(5))
    losses = np.array([BETTER * factor for factor in (1, 2, 3, 4, 5)])
    frame = replace(
        frame,
        contenders=five,
        held_out=HeldOut(50, losses, losses, ()),
        follows_signal=np.zeros(losses.shape, bool),
        ranking=rank(losses),
    )
    assert compare_words.headline(frame) == "**H 0 is ahead of all others.**"
    assert len(compare_words.findings(frame)) == 4


def test_too_few_seeds_are_called_so_whatever_the_gap() -> None:
    said = compare_words.headline(judged(BETTER[:5], 1000 * BETTER[:5]))
    assert said == (
        "**Too few seeds for a verdict:** with 2 contenders, 5 seeds cannot tell any difference "
        "from chance; 6 can. Held-out loss relative to carried: reset 1,000 times."
    )


def test_of_too_few_seeds_the_range_is_shown_and_called_that() -> None:
    said = details(judged(BETTER[:3], BETTER[:3] * [2, 3, 4]))
    assert "is 3 times that of carried (median over the seeds, which range from 2 to 4)" in said
    assert "interval" not in said
    alone = details(judged(BETTER[:1], 2 * BETTER[:1]))
    assert "The held-out loss of reset is 2 times that of carried; lower on 1 of 1 seeds" in alone


def test_an_interval_that_includes_1_beside_a_difference_that_is_shown_is_explained() -> None:
    ratios = np.array([0.99, 0.98, 1.5, 1.6, 1.7, 1.8, 1.9, 2.0])  # two small losses, six wins
    frame = judged(BETTER[:8], BETTER[:8] * ratios)
    (pair,) = frame.ranking.paired_tests  # type: ignore[union-attr]
    assert pair.is_significant
    assert pair.interval is not None
    assert pair.interval[0] < 1 < pair.interval[1]
    assert "The interval includes 1 although the test shows a difference" in details(frame)
    assert "although" not in details(judged(BETTER, 3 * BETTER[::-1]))


def test_an_interval_without_1_beside_no_difference_is_explained() -> None:
    ratios = np.array([1.01 + n / 1000 for n in range(15)] + [0.2, 0.25, 0.3])
    frame = judged(np.ones(18), ratios)
    (pair,) = frame.ranking.paired_tests  # type: ignore[union-attr]
    assert not pair.is_significant
    assert pair.interval is not None
    assert pair.interval[0] > 1
    assert "The interval excludes 1 although the test shows no difference" in details(frame)


def test_a_leader_that_loses_its_pairs_has_no_lead_and_that_is_explained() -> None:
    ours = np.array([1.0, 1.1, 1.2, 1.3, 1.4, 2.0, 2.1, 2.2, 2.3, 2.4])
    theirs = np.array([0.9, 1.0, 1.1, 1.2, 3.0, 1.9, 2.0, 2.05, 2.1, 2.15])
    frame = judged(ours, theirs)
    assert compare_words.headline(frame).startswith("**No difference is shown.** carried has")
    assert "reset is lower on most seeds, though its median over the seeds is" in details(frame)


def test_an_untrained_network_is_not_judged() -> None:
    early = judged(BETTER, 3 * BETTER, index=7)
    assert compare_words.headline(early) == "The verdict comes with step 19."
    assert compare_words.findings(early) == ()
    waiting = replace(early, index=19, held_out=None, ranking=None)
    assert compare_words.headline(waiting).startswith("The weights are being evaluated")
    assert compare_words.how_it_is_judged(waiting).startswith("The verdict rests on the held-out")


def test_after_an_early_divergence_no_verdict_is_promised() -> None:
    gone = replace(judged(BETTER, BETTER, index=17), status=Status.DIVERGED)
    assert compare_words.headline(gone) == (
        "**No verdict: every network diverged at step 17.** Lower the learning rate."
    )


def test_a_verdict_says_its_age() -> None:
    assert "steps ago" not in compare_words.headline(judged(BETTER, 3 * BETTER))
    later = judged(BETTER, 3 * BETTER, index=83)
    assert compare_words.headline(later).endswith(" :small[(33 steps ago)]")
    assert compare_words.how_it_is_judged(later).startswith("Judged at step 50. The verdict")


def test_weights_that_follow_the_signal_are_named_with_both_losses() -> None:
    frame = judged(BETTER, 300 * BETTER)
    assert "follow" not in compare_words.headline(frame)
    follows = frame.follows_signal.copy()
    follows[1, :5] = True
    half = replace(frame, follows_signal=follows)
    assert "following the signal" not in details(half)
    follows[1, 5] = True
    assert "Weights that follow the signal: reset." in compare_words.headline(half)
    said = details(half)
    assert (
        "**The weights are following the signal**: reset (online loss 0.001, held-out loss 3.3)."
        in said
    )
    assert "carried (online" not in said


def test_divergence_is_a_result() -> None:
    gone = np.full(10, np.inf)
    frame = judged(BETTER, gone)
    assert "relative to carried: reset diverged (p = 0.002)" in compare_words.headline(frame)
    assert "Most networks of reset have diverged" in details(frame)
    said = compare_words.headline(judged(gone, gone))
    assert said.startswith("**Most networks of every contender have diverged.**")


@pytest.mark.parametrize(
    ("ratio", "shown"),
    [(1.0, "1.00"), (1.234, "1.23"), (3.61, "3.6"), (494.4, "490"), (56_100.0, "56,000")],
)
def test_ratios_have_as_many_digits_as_mean_something(ratio: float, shown: str) -> None:
    assert f"is {shown} times" in details(judged(BETTER, ratio * BETTER))


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


def test_losses_that_the_charts_have_no_room_for_are_said() -> None:
    frame = after(5, comparison()).frame()
    assert compare_words.beyond(frame) == ""
    high = frame.curves.high.copy()
    high[0, -1] = 1e30
    frame = replace(frame, curves=replace(frame.curves, high=high))
    highest = 1e4 * max(floor.value for floor in frame.floors)
    assert (
        compare_words.beyond(frame) == f" Losses above {highest:.0f} are drawn at the upper edge."
    )


def test_of_a_series_the_validation_loss_is_told() -> None:
    frame = replace(judged(BETTER, 3 * BETTER[::-1]), validates=True)
    said = [
        compare_words.headline(frame),
        details(frame),
        compare_words.how_it_is_judged(frame),
        compare_words.headline(replace(frame, held_out=None)),
    ]
    assert "Validation loss relative to carried: reset 3 times" in said[0]
    assert "The validation loss of reset is 3 times that of carried" in said[1]
    assert "rests on the validation loss: the mean over the validation part" in said[2]
    assert said[3] == "The weights are being evaluated on the validation part."
    assert not [text for text in said if "eld-out" in text or "ahead of the training" in text]


def test_a_log_is_said_to_have_no_rank() -> None:
    frame = judged(BETTER, BETTER)

    def beside(text: str) -> str:
        log = LaidLog.of([read_log(text.encode(), "theirs.csv")])
        return compare_words.beside(Beside((log,), whole=True), frame)

    unranked = "Logs are drawn, not ranked: nothing says that they were trained on the same task."
    assert compare_words.beside(Beside(), frame) == ""
    assert beside("step,loss\n0,2\n1,1") == f" Dash-dotted: `theirs`, one run. {unranked}"
    assert beside("step,a 1,a 2\n0,2,3\n1,0,0") == (
        f" Dash-dotted: `theirs`, median and band of 2 runs. {unranked} "
        "Losses of 0 or less have no place on a logarithmic axis."
    )
