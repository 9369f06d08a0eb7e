from __future__ import annotations

import dataclasses
import math
import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_core.messages import Brief, unknown_choice
from rnn_core.rules import Choice, Flag, FloatRange, IntRange, Nullable, Rule

WHOLE = IntRange(2, 20)
REAL = FloatRange(-1.5, 4.0)
POSITIVE = FloatRange(0.0, 10.0, open_low=True)
NONE_OR_POSITIVE = Nullable(POSITIVE, "no limit")
FRUIT = Choice(("pear", "apple"))

not_numbers = st.one_of(st.none(), st.booleans(), st.text(), st.binary(), st.lists(st.integers()))


def refusal(sentence: str) -> str:
    """The pattern that matches this sentence and nothing around it."""
    return f"^{re.escape(sentence)}$"


# --- what a rule says about itself --------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (WHOLE, "a whole number from 2 to 20"),
        (REAL, "a number from -1.5 to 4"),
        (POSITIVE, "a positive number up to 10"),
        (FloatRange(0.0, 2.0), "a number from 0 to 2"),
        (NONE_OR_POSITIVE, "None (no limit) or a positive number up to 10"),
        (Nullable(REAL, "as it is"), "None (as it is) or a number from -1.5 to 4"),
        (FRUIT, "one of pear, apple"),
        (Flag(), "True or False"),
    ],
)
def test_a_rule_says_in_words_what_it_allows(rule: Rule, words: str) -> None:
    assert rule.words == words


@pytest.mark.parametrize("rule", [WHOLE, REAL, NONE_OR_POSITIVE, FRUIT])
def test_a_rule_is_a_value_that_cannot_be_changed(rule: Rule) -> None:
    assert dataclasses.replace(rule) == rule
    assert hash(dataclasses.replace(rule)) == hash(rule)
    name = dataclasses.fields(rule)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError, match=f"cannot assign to field '{name}'"):
        setattr(rule, name, None)


# --- unknown names ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("aple", "Unknown fruit 'aple'. Choose from: apple, pear. Did you mean 'apple'?"),
        ("pears", "Unknown fruit 'pears'. Choose from: apple, pear. Did you mean 'pear'?"),
        ("xyz", "Unknown fruit 'xyz'. Choose from: apple, pear."),
        ("", "Unknown fruit ''. Choose from: apple, pear."),
        (3, "Unknown fruit 3. Choose from: apple, pear."),
    ],
)
def test_an_unknown_name_hears_which_exist_and_which_was_probably_meant(
    value: object, sentence: str
) -> None:
    assert str(unknown_choice("fruit", value, ("pear", "apple"))) == sentence


# --- whole numbers ------------------------------------------------------------------------


@given(st.integers(WHOLE.low, WHOLE.high))
def test_a_whole_number_inside_its_limits_is_given_back(value: int) -> None:
    assert WHOLE.check("size", value, 5) == value


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int32, np.int64])
def test_whole_numbers_of_numpy_become_plain_ones(kind: type[np.integer[Any]]) -> None:
    checked = WHOLE.check("size", kind(7), 5)
    assert checked == 7
    assert type(checked) is int


@given(st.integers(max_value=WHOLE.low - 1) | st.integers(min_value=WHOLE.high + 1))
def test_a_whole_number_outside_its_limits_is_refused(value: int) -> None:
    sentence = f"size must be a whole number from 2 to 20, got {value}. Try 5."
    with pytest.raises(ValueError, match=refusal(sentence)):
        WHOLE.check("size", value, 5)


def test_a_refused_whole_number_of_numpy_is_shown_as_a_plain_one() -> None:
    sentence = "size must be a whole number from 2 to 20, got 21. Try 5."
    with pytest.raises(ValueError, match=refusal(sentence)):
        WHOLE.check("size", np.int64(21), 5)


@given(not_numbers | st.floats() | st.sampled_from([5.0, Fraction(5), np.True_]))
def test_what_is_not_a_whole_number_is_refused_as_such(value: object) -> None:
    sentence = f"size must be a whole number from 2 to 20, got {Brief(value)!r}. Try 5."
    with pytest.raises(TypeError, match=refusal(sentence)):
        WHOLE.check("size", value, 5)


# --- real numbers -------------------------------------------------------------------------


@given(st.floats(REAL.low, REAL.high))
def test_a_number_inside_its_limits_is_given_back(value: float) -> None:
    assert REAL.check("gain", value, 1.0) == value


@given(st.floats(POSITIVE.low, POSITIVE.high, exclude_min=True))
def test_every_number_above_an_open_limit_is_given_back(value: float) -> None:
    assert POSITIVE.check("rate", value, 1.0) == value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (2, 2.0),
        (np.float64(0.1), 0.1),
        (np.float32(0.5), 0.5),
        (np.int16(-1), -1.0),
        (Fraction(1, 4), 0.25),
    ],
)
def test_numbers_of_all_kinds_become_plain_floats(value: Any, expected: float) -> None:
    checked = REAL.check("gain", value, 1.0)
    assert checked == expected
    assert type(checked) is float


@given(
    st.floats(max_value=REAL.low, exclude_max=True)
    | st.floats(min_value=REAL.high, exclude_min=True)
    | st.just(math.nan)
)
def test_a_number_outside_its_limits_is_refused(value: float) -> None:
    sentence = f"gain must be a number from -1.5 to 4, got {Brief(value)!r}. Try 1.0."
    with pytest.raises(ValueError, match=refusal(sentence)):
        REAL.check("gain", value, 1.0)


@given(st.floats(max_value=0.0) | st.sampled_from([math.nan, -math.inf, 0, -0.0, -1]))
def test_what_is_not_positive_hears_that_it_must_be(value: float) -> None:
    sentence = f"rate must be a positive number, got {value!r}. Try 1.0."
    with pytest.raises(ValueError, match=refusal(sentence)):
        POSITIVE.check("rate", value, 1.0)


@given(st.floats(min_value=POSITIVE.high, exclude_min=True) | st.integers(11, 10**300))
def test_what_is_too_large_hears_the_upper_limit(value: float) -> None:
    sentence = f"rate must be a positive number up to 10, got {value!r}. Try 1.0."
    with pytest.raises(ValueError, match=refusal(sentence)):
        POSITIVE.check("rate", value, 1.0)


@pytest.mark.parametrize("value", [10**400, -(10**400)], ids=["large", "small"])
def test_a_number_beyond_all_floats_is_refused_like_any_other(value: int) -> None:
    sentence = f"gain must be a number from -1.5 to 4, got {value!r}. Try 1.0."
    with pytest.raises(ValueError, match=refusal(sentence)):
        REAL.check("gain", value, 1.0)


@given(not_numbers | st.complex_numbers() | st.just(np.True_))
def test_what_is_not_a_number_is_refused_as_such(value: object) -> None:
    sentence = f"gain must be a number from -1.5 to 4, got {Brief(value)!r}. Try 1.0."
    with pytest.raises(TypeError, match=refusal(sentence)):
        REAL.check("gain", value, 1.0)


# --- numbers that may be missing ----------------------------------------------------------


@given(st.none() | st.floats(0.0, 10.0, exclude_min=True))
def test_none_and_what_the_inner_rule_allows_are_given_back(value: float | None) -> None:
    assert NONE_OR_POSITIVE.check("limit", value, 1.0) == value


def test_an_optional_number_becomes_a_plain_float() -> None:
    assert type(NONE_OR_POSITIVE.check("limit", np.int32(3), 1.0)) is float


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (0, ValueError),
        (-2.5, ValueError),
        (11, ValueError),
        (math.nan, ValueError),
        (math.inf, ValueError),
        ("much", TypeError),
        (False, TypeError),
    ],
)
def test_an_optional_number_is_refused_in_words_that_mention_none(
    value: object, error: type[Exception]
) -> None:
    sentence = (
        f"limit must be None (no limit) or a positive number up to 10, got {value!r}. Try 1.0."
    )
    with pytest.raises(error, match=refusal(sentence)) as caught:
        NONE_OR_POSITIVE.check("limit", value, 1.0)
    # The inner rule's own sentence, which knows nothing of None, is not shown beside it.
    assert caught.value.__suppress_context__


# --- choices and switches -----------------------------------------------------------------


@pytest.mark.parametrize("value", ["pear", "apple", np.str_("pear")])
def test_an_option_is_given_back_as_a_plain_string(value: str) -> None:
    checked = FRUIT.check("fruit", value, "apple")
    assert checked == value
    assert type(checked) is str


def test_a_name_that_is_no_option_is_refused() -> None:
    sentence = "Unknown fruit 'Pear'. Choose from: apple, pear. Did you mean 'pear'?"
    with pytest.raises(ValueError, match=refusal(sentence)):
        FRUIT.check("fruit", "Pear", "apple")


@pytest.mark.parametrize("value", [None, 3, True, b"pear", ["pear"]])
def test_what_is_no_name_is_refused_as_such(value: object) -> None:
    sentence = f"fruit must be one of pear, apple, got {Brief(value)!r}. Try 'apple'."
    with pytest.raises(TypeError, match=refusal(sentence)):
        FRUIT.check("fruit", value, "apple")


@pytest.mark.parametrize("value", [True, False])
def test_a_switch_is_given_back(value: bool) -> None:
    assert Flag().check("carry", value, True) is value


@pytest.mark.parametrize("value", [None, 0, 1, 1.0, "True", []])
def test_what_is_neither_true_nor_false_is_refused(value: object) -> None:
    sentence = f"carry must be True or False, got {Brief(value)!r}. Try True."
    with pytest.raises(TypeError, match=refusal(sentence)):
        Flag().check("carry", value, True)
