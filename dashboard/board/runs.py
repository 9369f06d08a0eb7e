"""The runs of a room: which can be compared, what differs, how far they spread.

Knows nothing of Streamlit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from dashboard.app.link import query, write_link
from dashboard.app.settings import LANGUAGE, RUN_SETTINGS
from dashboard.app.text import shown
from dashboard.board.report import DIVERGED, GONE, PLAYING, config_of
from dashboard.board.settings import STEPS
from dashboard.board.store import Entry, Room
from rnn_core import CELLS, Floor, RunConfig
from rnn_core.config import is_read

#: Runs with which a spread says something.
FEWEST = 3
#: Values of a setting that are drawn side by side; with more, the axis is one of numbers.
MOST_GROUPS = 10
# Seconds without news after which a run that plays has been left: its server may have ended.
_SILENT = 15.0


@dataclass(frozen=True, slots=True)
class ClassRun:
    """Somebody's run.

    Args:
        number: of the seat.
        nickname: that is shown; empty where it is hidden.
        config: its settings.
        status: what it is doing: see `dashboard.board.report`.
        step: that it is at.
        loss: the held-out loss; None before the first, and after a divergence.
        judged_at: the step of that one.
        symbols: whether it is a cross-entropy.
        floors: of its task, highest first.
    """

    number: int
    nickname: str
    config: RunConfig
    status: str
    step: int
    loss: float | None
    judged_at: int
    symbols: bool
    floors: tuple[Floor, ...]

    @property
    def is_judged(self) -> bool:
        """Whether it has a held-out loss that says something of its weights now."""
        return self.loss is not None and self.status != DIVERGED

    @property
    def passed(self) -> Floor | None:
        """The lowest floor that its loss is below."""
        below = [each for each in self.floors if self.loss is not None and self.loss < each.value]
        return min(below, key=lambda floor: floor.value, default=None)

    @property
    def ratio(self) -> float | None:
        """The loss, relative to the lowest floor above 0; None without one of the two."""
        values = [floor.value for floor in self.floors if floor.value > 0]
        return None if self.loss is None or not values else self.loss / min(values)

    def link(self, language: str | None) -> str:
        """The address of the Train page with its settings.

        Args:
            language: that was chosen; None for the browser's.
        """
        return _link(self.config, language)


@dataclass(frozen=True, slots=True)
class Spread:
    """How far the losses of several runs lie apart.

    Args:
        runs: how many.
        lowest: loss.
        quarter: a quarter of the losses is lower.
        median: of them.
        three_quarters: a quarter of the losses is higher.
        highest: loss.
    """

    runs: int
    lowest: float
    quarter: float
    median: float
    three_quarters: float
    highest: float


def is_left(entry: Entry, now: float) -> bool:
    """Whether nobody is at this run any more.

    Args:
        entry: of the seat.
        now: seconds since 1970.
    """
    silent = now - entry.reported > _SILENT
    return entry.report.status == GONE or (entry.report.status == PLAYING and silent)


def runs_of(room: Room, now: float) -> tuple[ClassRun, ...]:
    """The runs that have settings to show, by seat.

    Args:
        room: whose.
        now: seconds since 1970.
    """
    found = []
    for entry in room.entries:
        config, report = config_of(entry.report), entry.report
        if config is not None:
            found.append(
                ClassRun(
                    entry.number,
                    "" if entry.hidden else entry.nickname,
                    config,
                    GONE if is_left(entry, now) else report.status,
                    report.step,
                    report.loss,
                    report.judged_at,
                    report.symbols,
                    report.floors,
                )
            )
    return tuple(found)


def tasks_of(runs: Sequence[ClassRun]) -> tuple[str, ...]:
    """The tasks of the runs, that of most runs first. Losses of two tasks do not compare."""
    return tuple(task for task, _count in Counter(run.config.task for run in runs).most_common())


def varied(runs: Sequence[ClassRun]) -> tuple[str, ...]:
    """The settings that differ between the runs, but for the seed; of one task."""
    return tuple(
        name
        for name in RUN_SETTINGS
        if name not in ("seed", "task")
        and len({getattr(run.config, name) for run in runs if is_read(name, run.config)}) > 1
    )


def differ_in_seed_alone(runs: Sequence[ClassRun]) -> bool:
    """Whether there are enough runs of one setting to see how far they spread."""
    judged = [run for run in runs if run.is_judged]
    seeds = {run.config.seed for run in judged}
    return len(judged) >= FEWEST and len(seeds) > 1 and not varied(runs)


def suited(across: str, runs: Sequence[ClassRun]) -> str:
    """What the horizontal axis shows: what was chosen, if the runs differ in it.

    Args:
        across: a setting's name, `STEPS`, or ``"auto"``.
        runs: of one task.

    Returns:
        `STEPS`, the name of a setting that differs, or ``"seed"``.
    """
    differing = varied(runs)
    if across in (STEPS, *differing) or (across == "seed" and not differing):
        return across
    if differ_in_seed_alone(runs):
        return "seed"
    if len(differing) == 1 and len(runs) > FEWEST:
        return differing[0]
    return STEPS


def spread(runs: Sequence[ClassRun]) -> Spread | None:
    """How far the losses lie apart; None of fewer than `FEWEST`."""
    losses = [run.loss for run in runs if run.is_judged and run.loss is not None]
    if len(losses) < FEWEST:
        return None
    return Spread(len(losses), *np.quantile(losses, [0, 0.25, 0.5, 0.75, 1]).tolist())


def common_floors(runs: Sequence[ClassRun]) -> tuple[Floor, ...]:
    """The floors that all runs share; none where their tasks have different settings."""
    found = {run.floors for run in runs}
    return next(iter(found)) if len(found) == 1 else ()


@lru_cache(maxsize=1024)  # of all runs at every redraw
def _link(config: RunConfig, language: str | None) -> str:
    unread = [name for name in RUN_SETTINGS if not is_read(name, config)]
    parameters = write_link(config.to_dict(), RUN_SETTINGS, unread)
    if language is not None:
        parameters[LANGUAGE.name] = language
    return "./" + (query(parameters) if parameters else "")


def value_name(name: str, value: Any) -> str:
    """A setting's value as charts and tables show it."""
    return str(CELLS[value].title) if name == "cell" else shown(name, value)
