"""The session's own series, kept in its memory, and the task that a config stands for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard.app import widgets
from dashboard.app.own_series import OwnSeries, reads_series
from rnn_core import RunConfig, Task
from rnn_core.series import Series
from rnn_core.tasks import build_task
from rnn_core.tasks.series import SeriesTask

_FILE = "own series"
_TASKS = "tasks on series"


def keep_series(series: Series | None) -> None:
    """Keep what was read from the visitor's file, until the session ends; None forgets it."""
    st.session_state[_FILE] = series


def kept_series() -> Series | None:
    """What was read from the visitor's file; None without one."""
    series: Series | None = st.session_state.get(_FILE)
    return series


def own_series(choices: Mapping[str, Any] | None = None) -> OwnSeries:
    """What the session forecasts, as it is chosen now.

    Args:
        choices: as they are to be, in place of those of the page.
    """
    return OwnSeries(widgets.choices() if choices is None else choices, kept_series())


def kept_tasks() -> dict[Any, SeriesTask]:
    """Tasks that this session has built, for `OwnSeries.task`."""
    kept: dict[Any, SeriesTask] = st.session_state.setdefault(_TASKS, {})
    return kept


def task_for(config: RunConfig, choices: Mapping[str, Any] | None = None) -> Task | None:
    """The task to hand to a run in place of the one that its config names; None if it is that one.

    Args:
        config: of the run.
        choices: as in `own_series`.

    Raises:
        ValueError: when the task cannot have these settings.
    """
    if reads_series(config):
        return own_series(choices).task(config, kept_tasks())
    build_task(config)
    return None
