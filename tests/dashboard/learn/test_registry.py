"""Every lesson keeps its promise: its own settings, trained on five seeds."""

from __future__ import annotations

from functools import cache

import pytest

from dashboard.learn.experiment import Runs
from dashboard.learn.lesson import Outcome
from dashboard.learn.registry import LESSONS, PARTS, lesson
from rnn_core import RunConfig, messages

# The first is what a reader sees who changes nothing.
SEEDS = (RunConfig().seed, 0, 1, 2, 3)


@cache
def outcome(key: str, seed: int) -> Outcome:
    return lesson(key).measure(Runs(seed, "compiled"))


# Lessons that train at least five seeds themselves are measured once.
CASES = [
    (key, seed) for key in LESSONS for seed in SEEDS[: max(1, len(SEEDS) // lesson(key).seeds)]
]


def test_lessons_are_numbered_in_their_order() -> None:
    assert [lesson(key).number for key in LESSONS] == list(range(1, 13))
    assert [lesson(key).key for key in LESSONS] == list(LESSONS)
    assert [key for keys in PARTS.values() for key in keys] == list(LESSONS)


@pytest.mark.parametrize(("key", "seed"), CASES)
def test_what_a_lesson_promises_happens(key: str, seed: int) -> None:
    found = outcome(key, seed)
    told = messages.translate(found.said, str)
    assert found.option == lesson(key).right, told
    for label, value in found.rows:
        assert messages.translate(label, str)
        assert value
