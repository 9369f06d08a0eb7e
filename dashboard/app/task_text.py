"""Titles and descriptions of the tasks in the language in use."""

from __future__ import annotations

from dashboard.app.language import gettext
from rnn_core import TASKS


def task_title(name: str) -> str:
    """A task's title, as the sidebar lists it; an unknown task's name."""
    return gettext(TASKS[name].title) if name in TASKS else name


def task_description(name: str) -> str:
    """A task's input, its target, and what the network must remember; empty for an unknown task."""
    return gettext(TASKS[name].description) if name in TASKS else ""
