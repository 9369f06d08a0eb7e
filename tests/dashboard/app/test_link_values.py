from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.app.link_values import parse, write
from rnn_core import RULES
from rnn_core.rules import Choice, Flag, FloatRange, IntRange, Nullable, Rule


def values(rule: Rule) -> st.SearchStrategy[Any]:
    """All that a rule allows."""
    if isinstance(rule, Nullable):
        return st.none() | values(rule.rule)
    if isinstance(rule, Choice):
        return st.sampled_from(rule.options)
    if isinstance(rule, Flag):
        return st.booleans()
    if isinstance(rule, IntRange):
        return st.integers(rule.low, rule.high)
    return st.floats(rule.low, rule.high, exclude_min=rule.open_low)


@given(st.data())
def test_what_is_written_is_read_again(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(RULES)))
    value = data.draw(values(RULES[name]))
    assert parse(write(value), RULES[name]) == value


@pytest.mark.parametrize(
    ("text", "rule", "value"),
    [
        ("LSTM", Choice(("rnn", "lstm")), "lstm"),
        ("lst", Choice(("rnn", "lstm")), "lst"),  # the rule will refuse it
        ("True", Flag(), True),
        ("yes", Flag(), "yes"),
        ("7.0", IntRange(1, 9), 7),
        ("", Nullable(FloatRange(0, 1), "off"), None),
    ],
)
def test_texts_are_read_tolerantly(text: str, rule: Rule, value: object) -> None:
    assert parse(text, rule) == value


@pytest.mark.parametrize(
    "rule", [IntRange(1, 9), FloatRange(0, 1), Nullable(FloatRange(0, 1), "off")]
)
def test_what_is_no_number_is_refused(rule: Rule) -> None:
    with pytest.raises(ValueError, match="could not convert"):
        parse("many", rule)
