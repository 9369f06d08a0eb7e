"""Sentences of the Sweeps page."""

from __future__ import annotations

from dashboard.app.language import gettext as _
from dashboard.app.text import harmless, setting_name, two_digits
from dashboard.sweeps.manager import FINISHED, QUEUED, RUNNING, Snapshot
from dashboard.sweeps.plan import Plan
from dashboard.sweeps.table import value_name
from rnn_core.experiments.sweep import best


def objective_name(key: str) -> str:
    """What a sweep judges by, in the reader's language."""
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


def duration(seconds: float) -> str:
    """A length of time, roughly."""
    if seconds < 90:
        return _("{seconds} s").format(seconds=max(1, round(seconds)))
    if seconds < 5400:
        return _("{minutes} min").format(minutes=round(seconds / 60))
    return _("{hours} h").format(hours=two_digits(seconds / 3600))


def plan_line(plan: Plan, workers: int) -> str:
    """How many points and runs there are, and how long they take."""
    space = plan.space
    return _(
        "Points: **{points}** · seeds each: {seeds} · runs in all: **{runs}**, of {steps} steps. "
        "About {time} on this server (worker processes: {workers})."
    ).format(
        points=space.size,
        seeds=space.seeds,
        runs=space.runs,
        steps=f"{space.steps:,}",
        time=duration(plan.seconds(workers)),
        workers=workers,
    )


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
    return [
        harmless(error) for error in sorted({each.error for each in found.points if each.error})
    ]


def best_line(found: Snapshot) -> str:
    """The best point so far; empty before one is done."""
    leader = best(found.points)
    if leader is None or leader.outcome is None:
        return ""
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
