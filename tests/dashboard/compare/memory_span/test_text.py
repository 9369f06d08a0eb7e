from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dashboard.app.playback import Status
from dashboard.compare.contenders import PRESETS, contenders
from dashboard.compare.memory_span.live_span import SpanFrame
from dashboard.compare.memory_span.text import (
    caution,
    headline,
    how_to_read_the_capacity,
    spans,
    status,
    what_a_span_is,
)
from dashboard.learn.registry import lesson
from rnn_core import SpanResult
from tests.dashboard.spans import BASE, after, span


def result(delay: int, passed: int, seeds: int = 2) -> SpanResult:
    return SpanResult(delay, np.array([50.0] * passed + [np.nan] * (seeds - passed)))


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (Status.READY, "Press **Run**"),
        (Status.PLAYING, "Training 4 networks at a delay of 1: 0 passed."),
        (Status.PAUSED, "Paused at a delay of 1."),
        (Status.AT_LIMIT, "Stopped at the step limit, 70."),
        (Status.IDLE, "the page was not used for a while"),
        (Status.FINISHED, "Finished after 0 steps. **Reset** goes back to the first delay."),
    ],
)
def test_the_status_is_one_sentence_for_each_state(state: Status, sentence: str) -> None:
    said = status(replace(span().frame(), status=state), 70)
    assert sentence in said
    assert "{" not in said


def test_while_it_runs_the_networks_that_passed_are_counted() -> None:
    frame = span().frame()
    passed = np.array([[True, True], [False, True]])
    frame = replace(frame, status=Status.PLAYING, latest=replace(frame.latest, passed=passed))
    assert "Training 4 networks at a delay of 1: 3 passed." in status(frame, 70)


def test_a_contender_that_is_active_has_learnt_so_many_steps_so_far() -> None:
    frame = after(2, span()).frame()
    assert "**carried** has not passed a delay yet" in spans(frame)
    assert headline(frame).endswith("None has passed a delay yet.")
    frame = replace(frame, spans=(4, 0))
    assert "**carried** has learnt to recall 4 steps back so far" in spans(frame)
    assert headline(frame) == "Steps back learnt **so far**: carried: **4** · reset: **0**"


def test_with_enough_networks_a_small_difference_is_not_called_chance() -> None:
    assert "Seeds: 2. A difference of one or two delays may be" in caution(span().frame())
    said = caution(replace(span().frame(), seeds=6))
    assert said.startswith("Seeds: 6, the same for all. ")
    assert "chance" not in said


def raced(preset: str, *results: int, lr: float = 0.02) -> SpanFrame:
    """A finished test of a preset's contenders that got so far."""
    base = replace(BASE, lr=lr)
    frame = span().frame()
    return replace(
        frame,
        status=Status.FINISHED,
        active=(),
        contenders=contenders(base, PRESETS[preset](base)),
        spans=results,
    )


def test_the_furthest_is_named_first_with_those_as_far() -> None:
    assert headline(raced("cells", 8, 4, 12)) == (
        "**GRU got furthest.** Steps back learnt: GRU: **12** · RNN: **8** · LSTM: **4**"
    )
    assert headline(raced("cells", 8, 4, 8)).startswith("**RNN, GRU got furthest.**")
    assert headline(raced("cells", 0, 0, 0)) == (
        "**No contender learnt to recall a single step back.**"
    )


def test_an_lstm_that_is_behind_is_told_of_its_forget_gates() -> None:
    said = caution(raced("cells", 8, 4, 12))
    assert "The learning rate, 0.02, is the same for all and tuned for none." in said
    assert "LSTM is behind RNN, GRU; its forget gates begin half open" in said
    assert "[Compare it with forget bias 1](compare?view=span&span_preset=with_forget_bias)" in said
    assert "[lesson 8](learn?lesson=price)" in said
    assert lesson("price").number == 8
    assert "forget" not in caution(raced("cells", 4, 12, 8))


def test_beside_an_lstm_with_open_gates_its_span_is_given_instead_of_a_link() -> None:
    said = caution(raced("with_forget_bias", 8, 4, 12, 16))
    assert "LSTM is behind RNN, GRU; its" in said
    assert "The same cell with open gates, LSTM, forget bias 1: 16." in said
    assert "Compare it" not in said
    said = caution(raced("forget_bias", 4, 16))
    assert "The forget gates of forget bias 0 begin half open" in said
    assert "is behind" not in said


def test_learning_rates_that_differ_are_not_called_the_same() -> None:
    assert "The learning rates are as set" in caution(raced("learning_rates", 1, 2, 4))


def test_a_contender_that_has_failed_is_named_with_the_delay_it_failed_at() -> None:
    frame = replace(
        span().frame(),
        status=Status.FINISHED,
        active=(),
        spans=(1, 4),
        results=(
            (result(1, 2), result(2, 0)),
            (result(1, 2), result(2, 2), result(4, 2), result(8, 1)),
        ),
    )
    lines = spans(frame).splitlines()
    assert (
        lines[0].strip() == "**reset** learnt to recall 4 steps back; it failed at 8"
    )  # the longest first
    assert lines[1].strip() == "**carried** learnt to recall 1 steps back; it failed at 2"


def test_one_that_passes_every_delay_has_not_failed() -> None:
    frame = span().frame()
    longest = frame.delays[-1]
    frame = replace(
        frame,
        status=Status.FINISHED,
        active=(0,),
        spans=(longest, 0),
        results=((result(longest, 2),), (result(1, 0),)),
    )
    assert f"**carried** learnt to recall {longest} steps back, the longest" in spans(frame)
    assert "**reset** passed no delay; it failed at 1" in spans(frame)


def test_a_test_that_nobody_passes_ends_with_that_verdict() -> None:
    live = span(replace(BASE, lr=1e-6), seeds=1, engine="compiled")
    live.play()
    live.tick(None, 10**6)
    frame = live.frame()
    assert frame.status is Status.FINISHED
    assert spans(frame).count("passed no delay; it failed at 1") == 2
    assert f"Finished after {frame.step_budget - 1} steps" in status(frame, 100)


def test_the_budget_of_steps_is_part_of_what_a_span_is() -> None:
    said = what_a_span_is(replace(span().frame(), step_budget=777))
    assert (
        "777 steps at each delay. A span is the longest delay that a cell **learns** to recall"
        in said
    )


def test_the_capacity_is_explained_and_what_is_still_measured_is_counted() -> None:
    live = span()
    said = how_to_read_the_capacity(live.frame())
    assert "sum over lags 0 to 100" in said
    assert "Measuring 4 networks." in said
    live.measure(1.0)
    assert "Measuring" not in how_to_read_the_capacity(live.frame())
