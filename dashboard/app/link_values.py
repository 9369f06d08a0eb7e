"""A link's texts and the values they stand for."""

from __future__ import annotations

import math
from typing import Any

from rnn_core.rules import Flag, FloatRange, IntRange, Nullable, Rule

_SWITCHED = {"true": True, "false": False}


def parse(text: str, rule: Rule) -> Any:
    """The value that a link's text stands for; the rule has still to check it.

    Raises:
        ValueError: where it stands for none.
    """
    if isinstance(rule, Nullable):
        return None if text == "" else float(text)
    if isinstance(rule, IntRange):
        return int(float(text)) if math.isfinite(float(text)) else text
    if isinstance(rule, FloatRange):
        return float(text)
    if isinstance(rule, Flag):
        return _SWITCHED.get(text.lower(), text)
    return next((option for option in rule.options if option.lower() == text.lower()), text)


def write(value: object) -> str:
    """The text that `parse` turns into the value."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
