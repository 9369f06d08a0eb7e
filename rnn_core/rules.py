"""What a setting may be: one small rule object per setting.

A rule checks a value, returns it in its plain Python type, and carries the limits that a user
interface needs, so that widgets and validation cannot disagree. Every refusal reads
``<name> must be <rule>, got <value>. Try <default>.``
"""

from __future__ import annotations

import math
import numbers
import operator
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from rnn_core.messages import N_, InvalidType, InvalidValue, Message, unknown_choice


class _Worded:
    """The rule in words."""

    __slots__ = ()

    @property
    def message(self) -> Message:
        """The rule as it stands in a refusal, for translation."""
        raise NotImplementedError

    @property
    def words(self) -> str:
        """The rule as it stands in a refusal, in English."""
        return str(self.message)


@dataclass(frozen=True, slots=True)
class IntRange(_Worded):
    """A whole number from ``low`` to ``high``, both included."""

    low: int
    high: int

    @property
    def message(self) -> Message:
        """The rule as it stands in a refusal, for translation."""
        values = {"low": self.low, "high": self.high}
        return Message(N_("a whole number from {low} to {high}"), values)

    def check(self, name: str, value: Any, default: object) -> int:
        """Return ``value`` as an int.

        Raises:
            TypeError: when it is not a whole number (a bool is not one).
            ValueError: when it lies outside the limits.
        """
        if isinstance(value, bool) or not isinstance(value, numbers.Integral):
            raise refusal(InvalidType, name, self.message, value, default)
        number = operator.index(value)
        if not self.low <= number <= self.high:
            raise refusal(InvalidValue, name, self.message, number, default)
        return number


@dataclass(frozen=True, slots=True)
class FloatRange(_Worded):
    """A finite number from ``low`` to ``high``; with ``open_low`` it must exceed ``low``."""

    low: float
    high: float
    open_low: bool = False

    @property
    def message(self) -> Message:
        """The rule as it stands in a refusal, for translation."""
        if self.open_low and self.low == 0:
            return Message(N_("a positive number up to {high:g}"), {"high": self.high})
        values = {"low": self.low, "high": self.high}
        return Message(N_("a number from {low:g} to {high:g}"), values)

    def check(self, name: str, value: Any, default: object) -> float:
        """Return ``value`` as a float.

        Raises:
            TypeError: when it is not a number (a bool is not one).
            ValueError: when it is not finite or lies outside the limits.
        """
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            raise refusal(InvalidType, name, self._needed(math.nan), value, default)
        try:
            number = float(value)
        except OverflowError:  # an int beyond all floats
            number = math.inf if operator.gt(value, 0) else -math.inf
        too_low = number <= self.low if self.open_low else number < self.low
        if not math.isfinite(number) or too_low or number > self.high:
            raise refusal(InvalidValue, name, self._needed(number), value, default)
        return number

    def _needed(self, number: float) -> Message:
        # The answer to lr = -1 is "positive"; the upper limit would only distract.
        positive = self.open_low and self.low == 0
        return (
            Message(N_("a positive number"))
            if positive and not number > self.high
            else self.message
        )


@dataclass(frozen=True, slots=True)
class Nullable(_Worded):
    """Either ``None``, meaning ``when_none``, or what ``rule`` allows."""

    rule: FloatRange | IntRange
    when_none: str

    @property
    def message(self) -> Message:
        """The rule as it stands in a refusal, for translation."""
        return Message(
            N_("None ({meaning}) or {rule}"),
            {"meaning": Message(self.when_none), "rule": self.rule.message},
        )

    def check(self, name: str, value: Any, default: object) -> float | None:
        """Return ``value`` as the rule does, or None.

        Raises:
            TypeError: when it is neither None nor a number.
            ValueError: when it is a number that ``rule`` refuses.
        """
        if value is None:
            return None
        try:
            return self.rule.check(name, value, default)
        except (InvalidType, InvalidValue) as error:
            raise refusal(type(error), name, self.message, value, default) from None


@dataclass(frozen=True, slots=True)
class Choice(_Worded):
    """One of some names.

    Args:
        names: a tuple, or a `Registry`, to which names may be added later.
    """

    names: Collection[str]

    @property
    def options(self) -> tuple[str, ...]:
        """The names at present."""
        return tuple(self.names)

    @property
    def message(self) -> Message:
        """The rule as it stands in a refusal, for translation."""
        return Message(N_("one of {options}"), {"options": ", ".join(self.names)})

    def check(self, name: str, value: Any, default: object) -> str:
        """Return ``value``.

        Raises:
            TypeError: when it is not a string.
            ValueError: when it is not among the options.
        """
        if not isinstance(value, str):
            raise refusal(InvalidType, name, self.message, value, default)
        if value not in self.names:
            raise unknown_choice(name, value, self.names)
        return str(value)


@dataclass(frozen=True, slots=True)
class Flag(_Worded):
    """True or False."""

    @property
    def message(self) -> Message:
        """The rule as it stands in a refusal, for translation."""
        return Message(N_("True or False"))

    def check(self, name: str, value: Any, default: object) -> bool:
        """Return ``value``.

        Raises:
            TypeError: when it is not a bool.
        """
        if not isinstance(value, bool):
            raise refusal(InvalidType, name, self.message, value, default)
        return value


Rule = IntRange | FloatRange | Nullable | Choice | Flag


def refusal(
    kind: type[InvalidType] | type[InvalidValue],
    name: str,
    rule: Message,
    value: object,
    default: object,
) -> InvalidType | InvalidValue:
    """The exception ``<name> must be <rule>, got <value>. Try <default>.``"""
    return kind(
        N_("{name} must be {rule}, got {value!r}. Try {default!r}."),
        name=name,
        rule=rule,
        value=value,
        default=default,
    )
