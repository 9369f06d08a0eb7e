"""What it takes to open a file on the Train page: its settings, as the page can have them.

Knows nothing of Streamlit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dashboard.app.own_series import (
    DATASET,
    FILE,
    INPUTS,
    STANDARDISE,
    TARGETS,
    TEST,
    VALIDATION,
    File,
    OwnSeries,
    bundled,
    reads_series,
)
from dashboard.app.settings import RUN_SETTINGS, checked, task_config
from dashboard.app.task_text import task_title
from dashboard.app.text import plain
from dashboard.run.live_run import shown_config
from rnn_core import RunConfig
from rnn_core.config import is_read
from rnn_core.io import Checkpoint
from rnn_core.messages import N_, InvalidValue
from rnn_core.series import BUNDLED, Series
from rnn_core.tasks import TASKS, Task, build_task
from rnn_core.training.snapshots import Snapshot

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
        if reads_series(asked):
            raise _other_columns(sizes, here.input_size, here.output_size)
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


def series_choices(
    checkpoint: Checkpoint, choices: Mapping[str, Any], file: Series | None
) -> Mapping[str, Any]:
    """The choices of the page with the series and the use of it that a placed checkpoint needs.

    A run's columns, split and standardisation come from its file; the series itself does not.

    Args:
        checkpoint: of the file.
        choices: of the page, by name.
        file: what was read from the visitor's file; None without one.

    Raises:
        ValueError: when the series is another one or is used otherwise, with what is needed.
    """
    config = shown_config(checkpoint)
    if not reads_series(config):
        return choices
    if checkpoint.snapshot is None:
        here = OwnSeries(choices, file).plan
        sizes = checkpoint.input_size, checkpoint.output_size
        if sizes != (len(here.inputs), len(here.targets)):
            raise _other_columns(sizes, len(here.inputs), len(here.targets))
        return choices
    found = dict(choices)
    name = next((each for each in BUNDLED if bundled(each).digest == checkpoint.digest), None)
    if name is not None:
        found.pop(FILE.name, None)
        found[DATASET.name] = name
    elif file is not None and file.digest == checkpoint.digest:
        found[FILE.name] = File(file.name, file.digest)
    else:
        raise _not_here(checkpoint, file)
    plan = checkpoint.plan
    if plan is not None:
        for setting in (INPUTS, TARGETS, VALIDATION, TEST, STANDARDISE):
            found[setting.name] = getattr(plan, setting.name)
    elif not _is_used_so(checkpoint.snapshot, OwnSeries(found, file)):
        raise InvalidValue(
            N_(
                "The run used other columns of {name} or another split, and its file does not say "
                "which. Choose them on the Data page, then open the file again."
            ),
            name=plain(checkpoint.series_name or OwnSeries(found, file).series.name),
        )
    return found


def _is_used_so(snapshot: Snapshot, own: OwnSeries) -> bool:
    """Whether a run used the series as it is chosen."""
    try:
        return own.task(snapshot.config).identity == snapshot.task
    except ValueError:  # too short for the run's windows with this split
        return False


def _not_here(checkpoint: Checkpoint, file: Series | None) -> InvalidValue:
    """What is needed to go on with a run on a series that is not here."""
    plan, name = checkpoint.plan, checkpoint.series_name
    values = {
        "name": plain(name or checkpoint.digest),
        "digest": plain(checkpoint.digest),
        "inputs": ", ".join(map(plain, plan.inputs)) if plan else "–",
        "targets": ", ".join(map(plain, plan.targets)) if plan else "–",
    }
    if file is None:
        return InvalidValue(
            N_(
                "The run was trained on the series {name}, which its file does not hold. Upload "
                "it on the Data page, then open the run again. Inputs: {inputs}. Targets: "
                "{targets}. Digest: {digest}."
            ),
            **values,
        )
    values |= {"here": plain(file.name), "here_digest": plain(file.digest)}
    missing = (
        [each for each in (*plan.inputs, *plan.targets) if each not in file.columns] if plan else []
    )
    if missing:
        return InvalidValue(
            N_(
                "The run was trained on the series {name} (digest {digest}). The series on the "
                "Data page, {here}, has no column {columns}. Upload {name} there, then open the "
                "run again."
            ),
            **values,
            columns=", ".join(map(plain, dict.fromkeys(missing))),
        )
    return InvalidValue(
        N_(
            "The run was trained on the series {name} (digest {digest}). The series on the Data "
            "page, {here}, has other numbers or columns (digest {here_digest}). Upload the same "
            "file there, read with the same time column and the same choice for missing values, "
            "then open the run again."
        ),
        **values,
    )


def _other_columns(sizes: tuple[int, int], inputs: int, outputs: int) -> InvalidValue:
    """What is needed of weights with these sizes, where as many columns are chosen."""
    return InvalidValue(
        N_(
            "The network reads {inputs} and forecasts {outputs} columns. Chosen on the Data page "
            "are {here_inputs} and {here_outputs}: choose as many there, then open the file again."
        ),
        inputs=sizes[0],
        outputs=sizes[1],
        here_inputs=inputs,
        here_outputs=outputs,
    )


def _sizes(task: str) -> tuple[int, int]:
    """Features that a task has, and numbers that it asks for, at its default settings."""
    built = build_task(task_config(task))
    return built.input_size, built.output_size
