"""What a sweep varies in one setting: a list of values, or an interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnn_core.arguments import refused_type, refused_value
from rnn_core.config import SETTINGS
from rnn_core.messages import N_, InvalidValue, unknown_choice
from rnn_core.rules import Choice, Flag, FloatRange, IntRange, Nullable, Rule

#: Seeds are varied by `Space.seeds`, so that their spread can be told from that of the settings.
FIXED = frozenset({"seed"})
_MOST_VALUES = 1000
_POINTS = IntRange(2, _MOST_VALUES)


@dataclass(frozen=True, slots=True)
class Choices:
    """Some values, tried as they are.

    Args:
        values: at least one, each of them once.
    """

    values: tuple[Any, ...]

    def grid(self) -> tuple[Any, ...]:
        """The values."""
        return self.values

    def draw(self, chance: np.random.Generator) -> Any:
        """One of them, each as likely."""
        return self.values[int(chance.integers(len(self.values)))]

    def to_plain(self) -> Any:
        """As a space file has it."""
        return list(self.values)


@dataclass(frozen=True, slots=True)
class Span:
    """All numbers of an interval.

    Args:
        low: the lowest.
        high: the highest.
        log: whether equal ratios count as equal distances.
        points: into how many values a grid divides it, both ends included; None where it is not
            divided.
        whole: whether the setting takes whole numbers only.
    """

    low: float
    high: float
    log: bool = False
    points: int | None = None
    whole: bool = False

    def grid(self) -> tuple[float, ...]:
        """The values of a grid, ascending; whole numbers may be fewer than `points`.

        Raises:
            ValueError: when it is not divided.
        """
        if self.points is None:
            raise InvalidValue(
                N_(
                    "An interval from {low:g} to {high:g} is no grid without a number of points. "
                    "Give it points, or sample at random."
                ),
                low=self.low,
                high=self.high,
            )
        space = np.geomspace if self.log else np.linspace
        values = [self._number(value) for value in space(self.low, self.high, self.points)]
        return tuple(dict.fromkeys(values))

    def draw(self, chance: np.random.Generator) -> float:
        """A value, each as likely; with ``log`` each order of magnitude is."""
        share = chance.random()
        # Both ends of a range of whole numbers are as likely as what lies between.
        low, high = (self.low - 0.4999, self.high + 0.4999) if self.whole else (self.low, self.high)
        if self.log:
            return self._number(float(low * (high / low) ** share))
        return self._number(float(low + (high - low) * share))

    def _number(self, value: float) -> float:
        # Powers leave the last digit beside the ends.
        inside = min(max(float(value), self.low), self.high)
        return round(inside) if self.whole else float(f"{inside:.6g}")

    def to_plain(self) -> Any:
        """As a space file has it."""
        plain: dict[str, Any] = {"low": self.low, "high": self.high, "log": self.log}
        return plain if self.points is None else {**plain, "points": self.points}


Axis = Choices | Span


def require_setting(name: object) -> None:
    """Refuse what is no setting that the points of a sweep may have.

    Raises:
        ValueError: when there is no such setting, or it is in `FIXED`.
    """
    if not isinstance(name, str) or name not in SETTINGS or name in FIXED:
        raise unknown_choice("setting", name, tuple(each for each in SETTINGS if each not in FIXED))


def axis(name: str, given: Any) -> Axis:
    """What a space file says of one setting, checked.

    Args:
        name: of the setting.
        given: a list of values, or a mapping with ``low`` and ``high`` and perhaps ``log`` and
            ``points``; an `Axis` is checked like what it was made of.

    Raises:
        TypeError: when it is neither.
        ValueError: when there is no such setting, a value is outside its limits, or the interval
            is empty.
    """
    require_setting(name)
    if isinstance(given, Choices | Span):
        given = given.to_plain()
    if isinstance(given, Mapping):
        return _span(name, given)
    if isinstance(given, str | bytes) or not isinstance(given, Sequence):
        rule = "a list of values or a table with low and high"
        raise refused_type(name, rule, given, "[1, 2]")
    return _choices(name, given)


def _choices(name: str, given: Sequence[Any]) -> Choices:
    setting = SETTINGS[name]
    values = tuple(setting.check(setting.read(value)) for value in given)
    if not values or len(values) > _MOST_VALUES or len(set(values)) < len(values):
        rule = f"1 to {_MOST_VALUES} different values"
        raise refused_value(name, rule, list(given), f"[{setting.default!r}]")
    return Choices(values)


def _span(name: str, given: Mapping[str, Any]) -> Span:
    rule = _number_rule(SETTINGS[name].rule)
    if rule is None:
        needed = "a list of values, since it is no number"
        raise refused_type(name, needed, dict(given), f"[{SETTINGS[name].default!r}]")
    unknown = set(given) - {"low", "high", "log", "points"}
    if unknown or not {"low", "high"} <= set(given):
        needed = "a table with low and high, and perhaps log and points"
        raise refused_value(name, needed, dict(given), "{ low = 1, high = 2 }")
    low, high = (rule.check(f"{name}.{end}", given[end], 1) for end in ("low", "high"))
    log = Flag().check(f"{name}.log", given.get("log", False), False)
    points = given.get("points")
    if points is not None:
        points = _POINTS.check(f"{name}.points", points, 5)
    if low >= high or (log and low <= 0):
        needed = "an interval with low below high" + (" and above 0" if log else "")
        raise refused_value(name, needed, dict(given), "{ low = 1, high = 2 }")
    return Span(low, high, log, points, isinstance(rule, IntRange))


def _number_rule(rule: Rule) -> IntRange | FloatRange | None:
    if isinstance(rule, Nullable):
        rule = rule.rule
    return (
        None
        if isinstance(rule, Choice | Flag) or not isinstance(rule, IntRange | FloatRange)
        else rule
    )
