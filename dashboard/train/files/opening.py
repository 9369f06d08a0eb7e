"""What it takes to open a file on the Train page: its settings, as the page can have them.

Knows nothing of Streamlit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dashboard.app.settings import RUN_SETTINGS, checked, task_config
from dashboard.app.task_text import task_title
from dashboard.run.live_run import shown_config
from rnn_core import RunConfig
from rnn_core.config import is_read
from rnn_core.io import Checkpoint
from rnn_core.messages import N_, InvalidValue
from rnn_core.tasks import TASKS, Task, build_task

# Settings that the shapes of weights decide.
_NETWORK = ("cell", "hidden_size", "num_layers", "single_bias")


def placed(checkpoint: Checkpoint, config: RunConfig, task: Task | None = None) -> Checkpoint:
    """The checkpoint with the settings that it is opened with.

    What was saved here has its own. Weights from elsewhere take the page's task and training, and
    their own cell and sizes.

    Args:
        checkpoint: of the file.
        config: settings of the page.
        task: what the page trains on, in place of the task that the settings name.

    Raises:
        ValueError: when no task of that name reads as many features, with the tasks that do.
    """
    if checkpoint.version:
        return checkpoint
    asked = replace(config, **{name: getattr(checkpoint.config, name) for name in _NETWORK})
    here = task or build_task(asked)
    sizes = checkpoint.input_size, checkpoint.output_size
    if (here.input_size, here.output_size) != sizes:
        fitting = [name for name in TASKS if _sizes(name) == sizes]
        values = {
            "inputs": sizes[0],
            "outputs": sizes[1],
            "task_inputs": here.input_size,
            "task_outputs": here.output_size,
        }
        if not fitting:
            raise InvalidValue(
                N_(
                    "The network reads {inputs} and gives {outputs} numbers per time step, the "
                    "task {task_inputs} and {task_outputs}. No task here has those sizes."
                ),
                **values,
            )
        raise InvalidValue(
            N_(
                "The network reads {inputs} and gives {outputs} numbers per time step, the task "
                "{task_inputs} and {task_outputs}. Choose one of these tasks, then open the file "
                "again: {tasks}."
            ),
            **values,
            tasks=", ".join(map(task_title, fitting)),
        )
    return replace(checkpoint, config=asked)


def choices(checkpoint: Checkpoint) -> Mapping[str, Any]:
    """The settings of a placed checkpoint, by name, as the sidebar and the link have them.

    Raises:
        ValueError: when the page cannot have one of them.
    """
    config = shown_config(checkpoint)
    return {
        name: checked(setting, config.task, getattr(config, name))
        for name, setting in RUN_SETTINGS.items()
        if is_read(name, config)
    }


def _sizes(task: str) -> tuple[int, int]:
    """Features that a task has, and numbers that it asks for, at its default settings."""
    built = build_task(task_config(task))
    return built.input_size, built.output_size
