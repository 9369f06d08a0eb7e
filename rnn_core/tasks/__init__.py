"""What a network is trained on: batches of windows, and the floors of their loss."""

from rnn_core.registry import TASKS
from rnn_core.tasks import registry as _registry  # noqa: F401  # fills TASKS
from rnn_core.tasks.base import (
    Batch,
    Criterion,
    Floor,
    ForecastColumn,
    Task,
    TaskEntry,
    build_task,
    register_task,
    task_for,
)

__all__ = [
    "TASKS",
    "Batch",
    "Criterion",
    "Floor",
    "ForecastColumn",
    "Task",
    "TaskEntry",
    "build_task",
    "register_task",
    "task_for",
]
