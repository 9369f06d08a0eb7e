"""The tasks by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from rnn_core.config import RunConfig
from rnn_core.tasks.base import Task
from rnn_core.tasks.sin_to_cos import SinToCos

TASKS: Mapping[str, Callable[[RunConfig], Task]] = MappingProxyType({"sin_to_cos": SinToCos})


def build_task(config: RunConfig) -> Task:
    """The task that ``config`` names, with its settings."""
    return TASKS[config.task](config)
