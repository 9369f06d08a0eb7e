"""What the page's address may ask for. Knows nothing of Streamlit.

It carries every setting that is not as the chosen task begins with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from functools import cache
from types import MappingProxyType
from typing import Any

from dashboard.app import link_values as links
from dashboard.app.language import LANGUAGES
from dashboard.compare.contenders import PRESETS
from dashboard.train import text as words
from dashboard.train.views.registry import VIEWS
from rnn_core import RULES, RunConfig
from rnn_core.rules import Choice, FloatRange, IntRange, Nullable, Rule
from rnn_core.tasks import DEFAULTS, build_task

#: Steps per redraw that the player offers; the last stands for as many as fit.
PACES: Mapping[str, int | None] = MappingProxyType({"1": 1, "5": 5, "20": 20, "max": None})

#: The rule of every parameter of a link, by name.
LINK_RULES: Mapping[str, Rule] = MappingProxyType(
    {
        **RULES,
        # Longer windows are for programs: a page has to stay alive.
        "window_length": IntRange(2, 200),
        "pace": Choice(tuple(PACES)),
        "step_limit": IntRange(1, 1_000_000),
        "lang": Choice(tuple(LANGUAGES)),
        "preset": Choice((*PRESETS, "own")),
        "seeds": IntRange(1, 32),
        "equal": Choice(("hidden_size", "parameters")),
        "look": Choice(tuple(VIEWS)),
        "view": Choice(("learning", "span")),
        "span_seeds": IntRange(1, 8),
        "threshold": Nullable(FloatRange(0.0, 1e6, open_low=True), "the lowest floor"),
    }
)
_PAGE_DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "pace": "5",
        "step_limit": 100_000,
        "lang": "en",
        "preset": "cells",
        "seeds": 8,
        "equal": "hidden_size",
        "look": next(iter(VIEWS)),
        "view": "learning",
        "span_seeds": 3,
        "threshold": None,
    }
)
# Streamlit's own parameters, and one that its reader checks.
_LEFT_ALONE = ("embed", "embed_options", "vs")


@cache
def defaults(task: str) -> Mapping[str, Any]:
    """What every parameter is when a link does not name it."""
    return MappingProxyType({**RunConfig().to_dict(), **DEFAULTS[task], **_PAGE_DEFAULTS})


@cache
def shortest_window(task: str) -> int:
    """The least window length that a task can have."""
    rule = LINK_RULES["window_length"]
    assert isinstance(rule, IntRange)
    config = RunConfig(task=task, **DEFAULTS[task])  # type: ignore[arg-type]
    for length in range(rule.low, config.window_length):
        try:
            build_task(replace(config, window_length=length))
        except ValueError:
            continue
        return length
    return config.window_length


def rule_of(name: str, task: str) -> Rule:
    """The rule of a parameter, given the task."""
    rule = LINK_RULES[name]
    if name == "window_length" and isinstance(rule, IntRange):
        return replace(rule, low=shortest_window(task))
    return rule


def read_link(parameters: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """What a link asks for, and a sentence for each thing that cannot be had.

    Args:
        parameters: names and texts of the URL's query.

    Returns:
        The allowed values by name, and the sentences.
    """
    values: dict[str, Any] = {}
    refusals: list[str] = []
    task = RunConfig().task
    # The task first: what else can be had depends on it.
    for name, text in sorted(parameters.items(), key=lambda item: item[0] != "task"):
        if name in _LEFT_ALONE:
            continue
        if name not in LINK_RULES:
            close = get_close_matches(name, LINK_RULES, n=1)
            refusals.append(words.unknown_link(name, close[0] if close else None))
            continue
        rule, default = rule_of(name, task), defaults(task)[name]
        try:
            values[name] = rule.check(name, links.parse(text, rule), default)
        except (TypeError, ValueError):
            refusals.append(words.refused_link(name, text, rule, default))
        task = values.get("task", task)
    return values, refusals
