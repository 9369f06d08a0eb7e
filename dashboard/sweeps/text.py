"""Sentences of the Sweeps page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dashboard.app.language import gettext as _
from dashboard.app.settings import RUN_SETTINGS
from dashboard.app.task_text import task_title
from dashboard.app.text import (
    capital,
    harmless,
    initialisation_name,
    problem,
    setting_name,
    two_digits,
)
from dashboard.sweeps.manager import FINISHED, QUEUED, RUNNING, Snapshot
from dashboard.sweeps.plan import Plan
from dashboard.sweeps.table import value_name
from rnn_core import OPTIMIZERS, TASKS, RunConfig
from rnn_core.config import SETTINGS, is_read
from rnn_core.experiments.sweep import Choices, Importance, Space, Span, best


def objective_name(key: str, *, validates: bool = False) -> str:
    """What a sweep judges by, in the reader's language.

    Args:
        key: of the objective.
        validates: whether the task has a validation part, whose loss is the held-out one.
    """
    if validates and key == "held_out_loss":
        return _("validation loss of the last weights")
    names = {
        "held_out_loss": _("held-out loss of the last weights"),
        "online_loss": _("online loss of the last steps"),
        "steps_to_threshold": _("steps to a threshold"),
    }
    return names.get(key, key)


def value_title(objective: str) -> str:
    """The title of an axis or a chart of values."""
    names = {
        "held_out_loss": _("median held-out loss"),
        "online_loss": _("median online loss"),
        "steps_to_threshold": _("median steps to the threshold"),
    }
    return names.get(objective, objective)


def value_name_of(objective: str) -> str:
    """What a sweep judges by, as short as an axis's name is."""
    names = {
        "held_out_loss": _("held-out loss"),
        "online_loss": _("online loss"),
        "steps_to_threshold": _("steps to the threshold"),
    }
    return names.get(objective, objective)


def duration(seconds: float) -> str:
    """A length of time, roughly."""
    if seconds < 90:
        return _("{seconds} s").format(seconds=max(1, round(seconds)))
    if seconds < 5400:
        return _("{minutes} min").format(minutes=round(seconds / 60))
    return _("{hours} h").format(hours=two_digits(seconds / 3600))


def space_line(space: Space) -> str:
    """What a sweep tries, for somebody who has only its link; as Markdown."""
    axes = " × ".join(
        f"**{setting_name(name)}** {_values(name, given)}"
        for name, given in space.to_dict()["axes"].items()
    )
    task = str(space.settings.get("task", RunConfig().task))
    said = _("{axes} · {task} · {objective} · {seeds} seeds a point, {steps} steps each").format(
        axes=axes,
        task=_(TASKS[task].title),
        objective=objective_name(space.objective),
        seeds=space.seeds,
        steps=f"{space.steps:,}",
    )
    if space.parameters is not None:
        said += " · " + _("at most {parameters} parameters").format(
            parameters=f"{space.parameters:,}"
        )
    return said


def fixed_lines(space: Space) -> str:
    """The settings that all points of a sweep have, a line each, as Markdown.

    Empty where a point would be no valid config, as in a sweep of somebody's own making.
    """
    point: dict[str, Any] = {}
    for name, axis in space.axes.items():
        low = axis.values[0] if isinstance(axis, Choices) else axis.low
        point[name] = int(low) if isinstance(axis, Span) and axis.whole else low
    try:
        config = space.config(point)
    except (TypeError, ValueError):
        return ""
    # The network first, as in the sidebar, and then the data.
    of_data = TASKS[config.task].settings
    values = {
        name: _setting(name, getattr(config, name))
        for name in sorted(RUN_SETTINGS, key=lambda name: name in of_data)
        if name not in space.axes and _reads(space, config, name)
    }
    if space.parameters is not None:
        values["hidden_size"] = _("by parameters")
    first, last = space.first_seed, space.first_seed + space.seeds - 1
    values["seed"] = str(first) if first == last else f"{first}–{last}"
    return "  \n".join(
        f"{capital(setting_name(name))}: **{said}**" for name, said in values.items()
    )


def _reads(space: Space, config: RunConfig, name: str) -> bool:
    """Whether any point reads a setting."""
    by = SETTINGS[name].read_by or ""
    axis = space.axes.get(by)
    if not isinstance(axis, Choices):
        return is_read(name, config)
    changes: list[dict[str, Any]] = [{by: value} for value in axis.values]
    return any(is_read(name, replace(config, **change)) for change in changes)


def _setting(name: str, value: Any) -> str:
    """A value as the sidebar shows it."""
    if name == "task":
        return task_title(value)
    if name == "optimizer":
        return str(OPTIMIZERS[value].title)
    return initialisation_name(value) if name == "initialisation" else value_name(name, value)


def _values(name: str, given: Any) -> str:
    """The values of a setting, or the ends of its interval."""
    if isinstance(given, dict):
        return f"{value_name(name, given['low'])}…{value_name(name, given['high'])}"
    return ", ".join(value_name(name, value) for value in given)


def importance_line(found: Importance | None, *, grid: bool, over: bool) -> str:
    """How to read the shares, or why there are none.

    Args:
        found: the shares; None where there are none.
        grid: whether all points of a grid are tried.
        over: whether all points are finished.
    """
    if found is None:
        if grid and not over:
            return _("How much each setting explains is shown once the whole grid is done.")
        return _("There are too few different values to tell how much each setting explains.")
    said = _(
        "Shares of the variance of the networks' values, as logarithms: of this space and these "
        "seeds, not beyond. What chance alone would give a setting is taken off."
    )
    if found.seeds is None:
        said += " " + _("With one seed a point nobody can tell what settings do from chance.")
    if not found.exact:
        said += " " + _(
            "Estimated from {points} points; a sampler that prefers good ones, or points given "
            "up early, shift it."
        ).format(points=found.points)
    return said


def plan_line(plan: Plan, workers: int) -> str:
    """How many points and runs there are, and how long they take.

    Args:
        plan: of the sweep.
        workers: of this server; 0 where it does not train it.
    """
    space = plan.space
    said = _(
        "Points: **{points}** · seeds each: {seeds} · runs in all: **{runs}**, of {steps} steps."
    ).format(
        points=space.size,
        seeds=space.seeds,
        runs=space.runs,
        steps=f"{space.steps:,}",
    )
    if workers:
        return (
            said
            + " "
            + _("About {time} on this server (worker processes: {workers}).").format(
                time=duration(plan.seconds(workers)), workers=workers
            )
        )
    return said + " " + _("About {time} on one core.").format(time=duration(plan.seconds(1)))


def status_line(found: Snapshot) -> str:
    """What a sweep is doing, and how far it is."""
    progress = found.progress
    share = _("{finished} of {total} points").format(
        finished=progress.finished, total=progress.total
    )
    if found.status == QUEUED:
        return _("Queued, sweeps before it: {ahead} · {share}").format(
            ahead=found.ahead, share=share
        )
    if found.status == RUNNING:
        left = found.seconds_left
        if left is None:
            return _("Running · {share}").format(share=share)
        return _("Running · {share} · about {time} left").format(share=share, time=duration(left))
    if found.status == FINISHED:
        return _("Finished · {share}").format(share=share)
    return _("Stopped · {share}").format(share=share)


def details(found: Snapshot) -> str:
    """Points that were given up, failed or diverged; empty if there are none."""
    progress = found.progress
    lost = sum(each.outcome.diverged for each in found.points if each.outcome is not None)
    said = []
    if progress.pruned:
        said.append(_("Points given up early: {number}").format(number=progress.pruned))
    if progress.failed:
        said.append(_("Points that failed: {number}").format(number=progress.failed))
    if lost:
        said.append(_("Networks that diverged: {number}").format(number=lost))
    return " · ".join(said)


def errors(found: Snapshot) -> list[str]:
    """Why points failed, each reason once, as Markdown."""
    reasons = {each.error: each.message for each in found.points if each.error}
    return [
        harmless(error) if message is None else problem(message)
        for error, message in sorted(reasons.items(), key=lambda each: each[0])
    ]


def best_line(found: Snapshot) -> str:
    """The best point so far, or that there is none."""
    leader = best(found.points)
    if leader is None or leader.outcome is None:
        return _("No point has a value.") if found.progress.is_over else _("No point is done yet.")
    values = leader.outcome.values
    settings = ", ".join(
        f"{setting_name(name)} {value_name(name, value)}" for name, value in leader.point.items()
    )
    return _("Best point: **{value}** ({low}–{high}) with {settings}").format(
        value=format(leader.outcome.value, ".3g"),
        low=format(min(values), ".3g"),
        high=format(max(values), ".3g"),
        settings=settings,
    )
