"""What a setting may be: one small rule object per setting.

A rule checks a value, gives it back in its plain Python type, and carries the
limits that a user interface needs, so that widgets and validation can never
disagree. Every refusal reads ``<name> must be <rule>, got <value>. Try <default>.``
"""

from __future__ import annotations

import math
import numbers
import operator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any


def unknown_choice(kind: str, value: object, options: tuple[str, ...]) -> str:
    """The sentence that refuses an unknown name: what exists, and what was probably meant."""
    sentence = f"Unknown {kind} {value!r}. Choose from: {', '.join(sorted(options))}."
    close = get_close_matches(str(value), options, n=1)
    return f"{sentence} Did you mean {close[0]!r}?" if close else sentence


def _refusal(name: str, rule: str, value: object, default: object) -> str:
    return f"{name} must be {rule}, got {value!r}. Try {default!r}."


@dataclass(frozen=True, slots=True)
class IntRange:
    """A whole number from ``low`` to ``high``, both included."""

    low: int
    high: int

    @property
    def words(self) -> str:
        """The rule as it stands in a refusal."""
        return f"a whole number from {self.low} to {self.high}"

    def check(self, name: str, value: Any, default: object) -> int:
        """Give ``value`` as an int.

        Raises:
            TypeError: when it is not a whole number (a bool is not one).
            ValueError: when it lies outside the limits.
        """
        if isinstance(value, bool) or not isinstance(value, numbers.Integral):
            raise TypeError(_refusal(name, self.words, value, default))
        number = operator.index(value)
        if not self.low <= number <= self.high:
            raise ValueError(_refusal(name, self.words, number, default))
        return number


@dataclass(frozen=True, slots=True)
class FloatRange:
    """A finite number from ``low`` to ``high``; with ``open_low`` it must exceed ``low``."""

    low: float
    high: float
    open_low: bool = False

    @property
    def words(self) -> str:
        """The rule as it stands in a refusal."""
        if self.open_low and self.low == 0:
            return f"a positive number up to {self.high:g}"
        return f"a number from {self.low:g} to {self.high:g}"

    def check(self, name: str, value: Any, default: object) -> float:
        """Give ``value`` as a float.

        Raises:
            TypeError: when it is not a number (a bool is not one).
            ValueError: when it is not finite or lies outside the limits.
        """
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            raise TypeError(_refusal(name, self._needed(math.nan), value, default))
        try:
            number = float(value)
        except OverflowError:  # an int beyond all floats
            number = math.inf if operator.gt(value, 0) else -math.inf
        too_low = number <= self.low if self.open_low else number < self.low
        if not math.isfinite(number) or too_low or number > self.high:
            raise ValueError(_refusal(name, self._needed(number), value, default))
        return number

    def _needed(self, number: float) -> str:
        # Whoever asks for lr = -1 needs to hear "positive", not the upper limit as well.
        positive = self.open_low and self.low == 0
        return "a positive number" if positive and not number > self.high else self.words


@dataclass(frozen=True, slots=True)
class Nullable:
    """Either ``None``, meaning ``when_none``, or what ``rule`` allows."""

    rule: FloatRange
    when_none: str

    @property
    def words(self) -> str:
        """The rule as it stands in a refusal."""
        return f"None ({self.when_none}) or {self.rule.words}"

    def check(self, name: str, value: Any, default: object) -> float | None:
        """Give ``value`` as a float or None.

        Raises:
            TypeError: when it is neither None nor a number.
            ValueError: when it is a number that ``rule`` refuses.
        """
        if value is None:
            return None
        try:
            return self.rule.check(name, value, default)
        except (TypeError, ValueError) as error:
            raise type(error)(_refusal(name, self.words, value, default)) from None


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the names in ``options``."""

    options: tuple[str, ...]

    @property
    def words(self) -> str:
        """The rule as it stands in a refusal."""
        return f"one of {', '.join(self.options)}"

    def check(self, name: str, value: Any, default: object) -> str:
        """Give ``value`` back.

        Raises:
            TypeError: when it is not a string.
            ValueError: when it is not among the options.
        """
        if not isinstance(value, str):
            raise TypeError(_refusal(name, self.words, value, default))
        if value not in self.options:
            raise ValueError(unknown_choice(name, value, self.options))
        return str(value)


@dataclass(frozen=True, slots=True)
class Flag:
    """True or False."""

    words: str = "True or False"

    def check(self, name: str, value: Any, default: object) -> bool:
        """Give ``value`` back.

        Raises:
            TypeError: when it is not a bool.
        """
        if not isinstance(value, bool):
            raise TypeError(_refusal(name, self.words, value, default))
        return value


Rule = IntRange | FloatRange | Nullable | Choice | Flag
