"""What a sweep varies as text, in widgets and in a link: ``cell:rnn,gru;lr:0.001..0.1x5``.

Knows nothing of Streamlit or Optuna.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from dashboard.app.language import gettext as _
from dashboard.app.link import parse, write
from dashboard.app.text import plain, rule_words
from rnn_core import SETTINGS
from rnn_core.rules import Choice, FloatRange, IntRange, Nullable, Rule

#: What varies: names of settings, and of each the text of its values, in the order chosen.
Axes = tuple[tuple[str, str], ...]
#: Most settings that vary at a time.
MOST_AXES = 4
# Points of an interval whose number is not given.
_POINTS = 5
# Characters of the text of an axis.
_LONGEST = 400
# Seeds are varied by their number; limits and defaults of the others depend on the task.
VARIED = tuple(name for name in SETTINGS if name not in ("seed", "task", "data_seed"))
_INTERVAL = re.compile(r"^([^\s.]*(?:\.\d+)?[^\s.]*)\s*(?:\.\.|…)\s*(\S+?)(?:\s*[x×]\s*(\d+))?$")

#: Text of the values with which a setting begins to vary.
BEGINNINGS: Mapping[str, str] = MappingProxyType(
    {
        "cell": "rnn,lstm,gru",
        "hidden_size": "4,16,64",
        "lr": "0.003,0.01,0.03",
    }
)
#: What varies at first.
BEGINNING: Axes = (("cell", "rnn,lstm,gru"), ("lr", "0.003,0.01,0.03"))


def options(name: str) -> tuple[str, ...]:
    """The values that a setting may have, as texts; empty for numbers."""
    rule = SETTINGS[name].rule
    if isinstance(rule, Choice):
        return tuple(rule.options)
    return () if _range(rule) else ("true", "false")


def beginning(name: str, value: object) -> str:
    """Text of the values with which a setting begins to vary.

    Args:
        name: of the setting.
        value: that it has now.
    """
    if name in BEGINNINGS:
        return BEGINNINGS[name]
    others = options(name)
    if others:
        return ",".join(others[:3])
    rule = _range(SETTINGS[name].rule)
    assert rule is not None
    number = value if isinstance(value, int | float) and value else 1
    least = rule.low if isinstance(rule, IntRange) or not rule.open_low else 0.5 * number
    numbers = {min(rule.high, max(least, factor * number)) for factor in (1, 2)}
    return ",".join(write(float(f"{each:.4g}")) for each in sorted(numbers))


def plain_axis(name: str, text: str) -> Any:
    """The text of a setting's values as a space has them: a list, or an interval as a mapping.

    Raises:
        ValueError: with a sentence of Markdown, when the text says neither.
    """
    rule = SETTINGS[name].rule
    if len(text) > _LONGEST:
        raise ValueError(
            _("The values of {name} must be at most {most} characters.").format(
                name=f"`{name}`", most=_LONGEST
            )
        )
    interval = _INTERVAL.match(text.strip()) if _range(rule) else None
    if interval is not None:
        low, high = (_value(name, end, rule) for end in interval.group(1, 2))
        points = int(interval.group(3) or _POINTS)
        if low is None or high is None or low >= high or not 2 <= points <= 100:
            raise ValueError(
                _(
                    "{name}: an interval is written `0.001..0.1 x5`, the lower end first, with 2 "
                    "to 100 values, got {text}."
                ).format(name=f"`{name}`", text=plain(text))
            )
        return {"low": low, "high": high, "log": low > 0 and high / low > 4, "points": points}
    values = [_value(name, each.strip(), rule) for each in text.split(",") if each.strip()]
    if not values:
        raise ValueError(_("{name} has no value to try. Give it one.").format(name=f"`{name}`"))
    return list(dict.fromkeys(values))


def plain_axes(axes: Axes) -> dict[str, Any]:
    """All axes as a space has them.

    Raises:
        ValueError: as `plain_axis` does, and when nothing varies.
    """
    if not axes:
        raise ValueError(_("Nothing varies. Choose a setting that does."))
    return {name: plain_axis(name, text) for name, text in axes}


def from_text(text: str) -> Axes:
    """The axes in a link.

    Raises:
        ValueError: with a sentence of Markdown, when it has none.
    """
    axes: dict[str, str] = {}
    for part in filter(None, text.split(";")):
        name, _colon, values = part.partition(":")
        if name not in VARIED or name in axes:
            raise ValueError(
                _("It must list each setting once, as in {example}.").format(
                    example="`cell:rnn,gru;lr:0.01,0.03`"
                )
            )
        plain_axis(name, values)
        axes[name] = values
    if len(axes) > MOST_AXES:
        raise ValueError(_("At most {most} settings vary at a time.").format(most=MOST_AXES))
    return tuple(axes.items())


def to_text(axes: Axes) -> str:
    """The reverse of `from_text`."""
    return ";".join(f"{name}:{text.replace(' ', '')}" for name, text in axes)


def _value(name: str, text: str, rule: Rule) -> Any:
    try:
        value = None if text in ("none", "off") else parse(text, rule)
        return SETTINGS[name].check(value)
    except (TypeError, ValueError):
        raise ValueError(
            _("{name} must be {rule}, got {text}.").format(
                name=f"`{name}`", rule=rule_words(rule), text=plain(text)
            )
        ) from None


def _range(rule: Rule) -> IntRange | FloatRange | None:
    inner = rule.rule if isinstance(rule, Nullable) else rule
    return inner if isinstance(inner, IntRange | FloatRange) else None
