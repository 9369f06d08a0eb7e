from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.learn.answers import Answers, parse, write
from dashboard.learn.registry import LESSONS

NUMBERS = st.integers(1, len(LESSONS))


def test_the_text_names_predictions_and_solved_exercises() -> None:
    answers = Answers().predict(4, 0).predict(2, 2).solve(4).solve(11)
    assert write(answers) == "2c.4as.11s"
    assert parse("2c.4as.11s") == answers


def test_the_first_prediction_counts() -> None:
    assert Answers().predict(1, 2).predict(1, 0).predicted == {1: 2}


@given(st.dictionaries(NUMBERS, st.integers(0, 2)), st.frozensets(NUMBERS))
def test_any_answers_come_back_from_their_text(
    predicted: dict[int, int], solved: frozenset[int]
) -> None:
    answers = Answers(predicted, solved)
    if predicted or solved:
        assert parse(write(answers)) == answers


@pytest.mark.parametrize("text", ["", "1", "0a", "1d", "a1", "1ab", "1a,2b", "1a.", "٣a"])
def test_other_texts_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"like `1b\.2c\.4as`"):
        parse(text)


def test_there_is_no_lesson_after_the_last() -> None:
    assert parse(f"{len(LESSONS)}a").predicted == {len(LESSONS): 0}
    with pytest.raises(ValueError, match=r"like `1b\.2c\.4as`"):
        parse(f"{len(LESSONS) + 1}a")


def test_an_earlier_prediction_counts_and_what_is_solved_stays() -> None:
    earlier = Answers({1: 0, 2: 1}, frozenset({1}))
    assert Answers({2: 2, 3: 0}, frozenset({3})).after(earlier) == Answers(
        {1: 0, 2: 1, 3: 0}, frozenset({1, 3})
    )
