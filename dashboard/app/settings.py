"""The table of settings: what a person can set, within which limits, and what it begins with.

Widgets, links and restarts all read this table. Settings of the run come from `rnn_core`; a page
declares its own as `PageSetting` and hands them in. Knows nothing of Streamlit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Any, Protocol

from dashboard.app.language import LANGUAGES
from rnn_core import RULES, SETTINGS, RunConfig
from rnn_core.rules import Choice, FloatRange, IntRange, Rule
from rnn_core.tasks import TASKS, build_task

#: Steps per redraw that the player offers; ``"max"`` takes as many as fit.
PACES: Mapping[str, int | None] = MappingProxyType({"1": 1, "5": 5, "20": 20, "max": None})
# A page has to stay responsive; longer windows are for programs.
_LONGEST_WINDOW = 200


class Setting(Protocol):
    """One row of the table."""

    @property
    def name(self) -> str:
        """Its name in a link."""

    @property
    def live(self) -> bool:
        """Whether a change takes effect at once, without starting the run again."""

    def rule(self, task: str) -> Rule:
        """Its limits, given the task."""

    def default(self, task: str) -> Any:
        """Its value when nothing was chosen, given the task."""


@dataclass(frozen=True, slots=True)
class RunSetting:
    """A field of `RunConfig`.

    Args:
        name: of the field.
        live: as in `Setting`.
    """

    name: str
    live: bool

    def rule(self, task: str) -> Rule:
        """Its limits; a window is at least as long as the task needs."""
        rule = RULES[self.name]
        if self.name == "window_length" and isinstance(rule, IntRange):
            return IntRange(shortest_window(task), _LONGEST_WINDOW)
        return rule

    def default(self, task: str) -> Any:
        """The task's default where it has one, otherwise that of `RunConfig`."""
        return _run_defaults(task)[self.name]


@dataclass(frozen=True, slots=True)
class PageSetting:
    """A setting of a page or of the shell around the pages.

    Args:
        name: in a link.
        limits: its rule.
        beginning: its value when nothing was chosen.
        live: as in `Setting`.
        page: path of the page that reads it; empty for all.
        parse: turns a link's text into a value, or raises ValueError with a translated sentence;
            None for what `limits` makes of it.
        write: the reverse; None for the value's plain text.
        named: whether a link names it with its default, too, once that was chosen; because without
            a choice it may begin with something else.
        shared: whether the link that the Share button copies names it.
    """

    name: str
    limits: Rule | None
    beginning: Any
    live: bool = True
    page: str = ""
    parse: Callable[[str], Any] | None = None
    write: Callable[[Any], str] | None = None
    named: bool = False
    shared: bool = True

    def rule(self, task: str) -> Rule:
        """Its limits, the same for all tasks."""
        if self.limits is None:
            raise TypeError(f"{self.name} has no rule; it parses its own text.")
        return self.limits

    def default(self, task: str) -> Any:
        """Its value when nothing was chosen, the same for all tasks."""
        return self.beginning


#: The fields of `RunConfig`, by name.
RUN_SETTINGS: Mapping[str, RunSetting] = MappingProxyType(
    {name: RunSetting(name, live=setting.live) for name, setting in SETTINGS.items()}
)

#: One update per redraw: at some thirteen redraws a second the default run falls below the floor of
#: 0.55 in two seconds and below that of 0.10 in thirteen, slowly enough to be watched. A page may
#: begin at another pace: see `Page`.
PACE = PageSetting("pace", Choice(tuple(PACES)), "1")
STEP_LIMIT = PageSetting("step_limit", IntRange(1, 1_000_000), 100_000)
#: None follows the browser.
LANGUAGE = PageSetting("lang", Choice(tuple(LANGUAGES)), None)


def table_of(page_settings: Iterable[PageSetting] = ()) -> Mapping[str, Setting]:
    """Every setting by name: of the run, of the shell, and those that pages hand in.

    Raises:
        ValueError: when two settings have the same name.
    """
    table: dict[str, Setting] = dict(RUN_SETTINGS)
    for setting in (PACE, STEP_LIMIT, LANGUAGE, *page_settings):
        if setting.name in table:
            raise ValueError(f"Two settings are called {setting.name!r}.")
        table[setting.name] = setting
    return MappingProxyType(table)


def checked(setting: Setting, task: str, value: Any) -> Any:
    """``value`` in its plain type, if the setting may have it.

    Raises:
        TypeError, ValueError: when it may not.
    """
    default = setting.default(task)
    if isinstance(setting, PageSetting) and (setting.limits is None or value is default is None):
        return value
    return setting.rule(task).check(setting.name, value, default)


def lowest(rule: FloatRange) -> float:
    """The smallest number that the rule allows."""
    return math.nextafter(rule.low, math.inf) if rule.open_low else rule.low


def set_by_task(task: str) -> frozenset[str]:
    """Settings to which a task gives a default of its own."""
    return frozenset(TASKS[task].defaults)


def task_config(task: str) -> RunConfig:
    """The run that a task begins with."""
    return RunConfig.from_dict({**_run_defaults(task), "task": task})


_BEGINNING = RunConfig()


def restarting(config: RunConfig) -> RunConfig:
    """``config`` with all live settings at their default.

    A run has to start again when this differs.
    """
    return replace(
        config,
        **{name: getattr(_BEGINNING, name) for name, row in RUN_SETTINGS.items() if row.live},
    )


@cache
def shortest_window(task: str) -> int:
    """The shortest window that a task can have with its default settings."""
    rule = RULES["window_length"]
    assert isinstance(rule, IntRange)
    config = task_config(task)
    for length in range(rule.low, config.window_length):
        try:
            build_task(replace(config, window_length=length))
        except ValueError:
            continue
        return length
    return config.window_length


@cache
def _run_defaults(task: str) -> Mapping[str, Any]:
    return MappingProxyType({**RunConfig().to_dict(), **TASKS[task].defaults})
