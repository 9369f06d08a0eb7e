"""The page's address: parsed into settings, and written from them. Knows nothing of Streamlit.

A link names every setting whose value is not the task's default, and those that are `named`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlencode

from dashboard.app import text as words
from dashboard.app.settings import PageSetting, Setting, checked
from rnn_core import RunConfig
from rnn_core.rules import Choice, Flag, FloatRange, IntRange, Nullable, Rule

# Streamlit reads these itself.
_LEFT_ALONE = ("embed", "embed_options")
# A longer number is none that any rule allows; Python refuses to convert it at all.
_LONGEST_NUMBER = 400
#: Characters of a link's query. With the address of a server they stay below 2,000, which every
#: browser, mail program and QR code takes.
LONGEST_QUERY = 1_850
_FLAGS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Link:
    """What a link asks for.

    Args:
        values: allowed values by setting.
        refusals: a sentence of Markdown for each parameter that was refused.
    """

    values: Mapping[str, Any]
    refusals: tuple[str, ...]


def read_link(parameters: Mapping[str, str], table: Mapping[str, Setting]) -> Link:
    """Parse a link's parameters; never raises, whatever they are.

    Args:
        parameters: names and texts of the URL's query.
        table: every setting by name.
    """
    values: dict[str, Any] = {}
    refusals: list[str] = []
    task = RunConfig().task
    # The task first: limits and defaults of other settings depend on it.
    for name, text in sorted(parameters.items(), key=lambda item: item[0] != "task"):
        if name in _LEFT_ALONE:
            continue
        if name not in table:
            refusals.append(words.unknown_link(name, _meant(name, table)))
            continue
        setting = table[name]
        own = setting.parse if isinstance(setting, PageSetting) else None
        if own is not None:
            try:
                values[name] = own(text)
            except ValueError as problem:
                refusals.append(words.refused_text(name, text, str(problem)))
            continue
        try:
            values[name] = checked(setting, task, parse(text, setting.rule(task)))
        except (TypeError, ValueError):
            refusals.append(
                words.refused_link(name, text, setting.rule(task), setting.default(task))
            )
        task = values.get("task", task)
    return Link(values, tuple(refusals))


def write_link(
    values: Mapping[str, Any], table: Mapping[str, Setting], hidden: Iterable[str] = ()
) -> dict[str, str]:
    """The parameters of a link that `read_link` turns into these settings.

    Of a link that would be longer than `LONGEST_QUERY` the longest texts are left out.

    Args:
        values: chosen values by setting; what is missing has its default.
        table: every setting by name.
        hidden: settings that are left out.
    """
    task = values.get("task", RunConfig().task)
    left_out = frozenset(hidden)
    parameters: dict[str, str] = {}
    for name, setting in table.items():
        value = values.get(name, setting.default(task))
        of_page = setting if isinstance(setting, PageSetting) else None
        named = of_page is not None and of_page.named and name in values
        if name in left_out or (value == setting.default(task) and not named):
            continue
        own = of_page.write if of_page else None
        parameters[name] = (own or write)(value)
    # Names of files and columns may be of any length.
    while len(query(parameters)) > LONGEST_QUERY:
        del parameters[max(parameters, key=lambda name: len(query({name: parameters[name]})))]
    return parameters


def query(parameters: Mapping[str, str]) -> str:
    """The query of an address with these parameters, from its question mark on."""
    return "?" + urlencode(parameters)


def parse(text: str, rule: Rule) -> Any:
    """The value that a link's text stands for; the rule has still to check it.

    Raises:
        ValueError: where it stands for none.
    """
    if isinstance(rule, Nullable):
        return None if text == "" else parse(text, rule.rule)
    if isinstance(rule, IntRange):
        number = _number(text)
        return int(number) if number.is_integer() else number
    if isinstance(rule, FloatRange):
        return _number(text)
    if isinstance(rule, Flag):
        return _FLAGS.get(text.lower(), text)
    assert isinstance(rule, Choice)
    return next((option for option in rule.options if option.lower() == text.lower()), text)


def write(value: object) -> str:
    """The text that `parse` turns into the value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _number(text: str) -> float:
    if len(text) > _LONGEST_NUMBER:
        raise ValueError("could not convert a number with this many digits")
    return float(text)


def _meant(name: str, table: Mapping[str, Setting]) -> str | None:
    close = get_close_matches(name[: words.LONGEST], table, n=1)
    return close[0] if close else None
