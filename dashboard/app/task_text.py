"""Titles and descriptions of the tasks in the language in use."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from dashboard.app.language import gettext
from dashboard.app.language import gettext as _
from dashboard.app.settings import task_config
from rnn_core import TASKS, build_task


def task_title(name: str) -> str:
    """A task's title, as the sidebar lists it; an unknown task's name."""
    return gettext(TASKS[name].title) if name in TASKS else name


def task_description(name: str) -> str:
    """A task's input, its target, and what the network must remember; empty for an unknown task."""
    return gettext(TASKS[name].description) if name in TASKS else ""


def task_rows(name: str) -> str:
    """What the rows of a batch read."""
    if name in TASKS and _rows_follow_each_other(name):
        return _(
            "Each row of the batch is one window ahead of the row before, with a hidden state of "
            "its own."
        )
    return _("Each row of the batch has data and a hidden state of its own.")


@cache
def _rows_follow_each_other(name: str) -> bool:
    """Whether the second row of a window is the first row of the next."""
    task = build_task(replace(task_config(name), batch_size=2))
    return np.allclose(task.batch(0).targets[1], task.batch(1).targets[0])
