"""What a network is asked to learn: batches of windows, and the losses that give them meaning."""

from rnn_core.tasks.base import Batch, Criterion, Floor, Task
from rnn_core.tasks.registry import DEFAULTS, SETTINGS, TASKS, build_task, is_read

__all__ = [
    "DEFAULTS",
    "SETTINGS",
    "TASKS",
    "Batch",
    "Criterion",
    "Floor",
    "Task",
    "build_task",
    "is_read",
]
