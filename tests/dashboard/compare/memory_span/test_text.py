from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dashboard.app.playback import Status
from dashboard.compare.memory_span.text import status, verdict
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


def test_a_contender_that_is_active_remembers_so_many_steps_so_far() -> None:
    said = verdict(after(2, span()).frame())
    assert "**carried** remembers 0 steps so far" in said
    assert "2 networks each, from the same seeds, on the same bits." in said
    assert "a difference of one or two delays may be chance" in said


def test_with_enough_networks_a_small_difference_is_not_called_chance() -> None:
    frame = replace(span().frame(), seeds=6)
    assert "6 networks each" in verdict(frame)
    assert "chance" not in verdict(frame)


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
    lines = verdict(frame).splitlines()
    assert lines[0].strip() == "**reset** remembers 4 steps; it failed at 8"  # the longest first
    assert lines[1].strip() == "**carried** remembers 1 steps; it failed at 2"


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
    assert f"**carried** remembers {longest} steps, the longest delay tested" in verdict(frame)
    assert "**reset** remembers 0 steps; it failed at 1" in verdict(frame)


def test_a_test_that_nobody_passes_ends_with_that_verdict() -> None:
    live = span(replace(BASE, lr=1e-6), seeds=1, engine="compiled")
    live.play()
    live.tick(None, 10**6)
    frame = live.frame()
    assert frame.status is Status.FINISHED
    assert verdict(frame).count("remembers 0 steps; it failed at 1") == 2
    assert f"Finished after {frame.step_budget - 1} steps" in status(frame, 100)
