"""Sentences of the Class page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from dashboard.app.language import gettext as _
from dashboard.app.settings import RUN_SETTINGS
from dashboard.app.task_text import task_title
from dashboard.app.text import setting_name, two_digits
from dashboard.board.report import DIVERGED, GONE, PAUSED, PLAYING, READY, STOPPED, WITHHELD
from dashboard.board.runs import ClassRun, is_left, spread, value_name
from dashboard.board.store import CODE_LENGTH, Room
from rnn_core.config import is_read

# Runs whose steps differ by more than this factor are not equally far.
_AS_FAR = 1.2


def spaced(code: str) -> str:
    """A code as it is read out: two groups of letters."""
    return f"{code[: CODE_LENGTH // 2]}\u2009{code[CODE_LENGTH // 2 :]}"


def status_name(status: str) -> str:
    """What a run is doing, in a word or two."""
    names = {
        READY: _("not begun"),
        PLAYING: _("training"),
        PAUSED: _("paused"),
        STOPPED: _("stopped"),
        DIVERGED: _("diverged"),
        WITHHELD: _("a series, not shown"),
        GONE: _("left"),
    }
    return names.get(status, status)


def room_line(room: Room, now: float) -> str:
    """How many are in a room, and what they do.

    Args:
        room: whose.
        now: seconds since 1970.
    """
    doing = Counter(GONE if is_left(entry, now) else entry.report.status for entry in room.entries)
    order = (PLAYING, PAUSED, STOPPED, READY, DIVERGED, WITHHELD, GONE)
    parts = [f"{status_name(each)}: {doing[each]}" for each in order if doing[each]]
    return " · ".join([_("**In the room: {number}**").format(number=len(room.entries)), *parts])


def beginning() -> str:
    """What a class does first, as Markdown: a list to be read from the back of a room."""
    return "\n".join(
        [
            _("**Nobody has joined yet.**"),
            "",
            _("1. Open the link, or scan the code with a phone."),
            _("2. Choose a nickname, and join."),
            _("3. Press **Run**, and watch a network learn."),
            "",
            _("Every run then has a point and a row here."),
        ]
    )


def common_line(runs: Sequence[ClassRun], differing: Sequence[str]) -> str:
    """What the runs have in common: the task, and the settings that are not its defaults.

    Args:
        runs: of one task, at least one.
        differing: the settings that differ.
    """
    config = runs[0].config
    said = [task_title(config.task)]
    for name, setting in RUN_SETTINGS.items():
        if name in (*differing, "task", "seed") or not is_read(name, config):
            continue
        value = getattr(config, name)
        if name in ("cell", "hidden_size", "lr") or value != setting.default(config.task):
            said.append(f"{setting_name(name)} {value_name(name, value)}")
    if len(runs) == 1:
        return " · ".join(said)
    return _("The same for all: {settings}").format(settings=" · ".join(said))


def lesson(runs: Sequence[ClassRun]) -> str:
    """What runs show that differ in their seed alone, as Markdown; empty if there are too few.

    Args:
        runs: of one setting.
    """
    found = spread(runs)
    if found is None:
        return ""
    steps = [run.judged_at for run in runs if run.is_judged]
    where = (
        _("at step {step}").format(step=format(steps[0], ",d"))
        if min(steps) == max(steps)
        else _("at steps {low} to {high}").format(
            low=format(min(steps), ",d"), high=format(max(steps), ",d")
        )
    )
    said = _(
        "**{runs} runs of one setting; only the seed differs.** Held-out loss {where}: median "
        "{median}, the middle half from {quarter} to {three_quarters}, the lowest {lowest}, the "
        "highest {highest}. One run says little about a setting: compare medians over seeds."
    ).format(
        runs=found.runs,
        where=where,
        median=two_digits(found.median),
        quarter=two_digits(found.quarter),
        three_quarters=two_digits(found.three_quarters),
        lowest=two_digits(found.lowest),
        highest=two_digits(found.highest),
    )
    if max(steps) > _AS_FAR * max(1, min(steps)):
        said += " " + _("Wait until all have come to the same step, or set a step limit.")
    return said


def run_name(run: ClassRun) -> str:
    """Whose a run is; the number of the seat where the nickname is hidden."""
    return run.nickname or _("Seat {number}").format(number=run.number)


def run_line(run: ClassRun) -> str:
    """What a run is and how far, in a line of Markdown."""
    said = [
        value_name("cell", run.config.cell),
        f"{setting_name('hidden_size')} {run.config.hidden_size}",
        f"{setting_name('lr')} {run.config.lr:g}",
        f"{setting_name('seed')} {run.config.seed}",
    ]
    if run.is_judged:
        said.append(
            _("held-out loss {loss} at step {step}").format(
                loss=two_digits(run.loss or 0.0), step=format(run.judged_at, ",d")
            )
        )
    return " · ".join(said)


def left_out(runs: Sequence[ClassRun]) -> str:
    """Why some runs have no point; empty if all have one."""
    said = []
    diverged = sum(run.status == DIVERGED for run in runs)
    waiting = sum(run.loss is None and run.status != DIVERGED for run in runs)
    if diverged:
        said.append(_("Diverged, without a point: {number}").format(number=diverged))
    if waiting:
        said.append(_("Without a held-out loss yet: {number}").format(number=waiting))
    return " · ".join(said)


def how_to_read(*, floors: bool) -> str:
    """How to read the chart, in a line or two.

    Args:
        floors: whether the runs share them.
    """
    said = _(
        "Each point is somebody's run: the loss of its frozen weights on windows ahead of "
        "training. Lower is better. A click on a point, or on *open* in the table, opens the run."
    )
    if not floors:
        said += " " + _("The runs' tasks differ in their settings, and so do their floors.")
    return said
