"""Rooms as a class leaves them behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dashboard.board.report import PAUSED
from dashboard.board.runs import ClassRun, runs_of
from dashboard.board.store import Entry, Report, Room
from rnn_core import Floor

FLOORS = (
    Floor("constant", 0.55, "exact"),
    Floor("window_memory", 0.1, "exact"),
    Floor("carried_memory", 0.0, "exact"),
)


def entry(number: int, query: str = "", loss: float | None = 0.2, **more: object) -> Entry:
    """Somebody's seat, with a report of a paused run at step 100."""
    settings = "&".join(filter(None, ("task=sin_to_cos", query)))
    report = Report(PAUSED, settings, 100, loss, 98, False, FLOORS)
    changed = {name: value for name, value in more.items() if hasattr(report, name)}
    others = {name: value for name, value in more.items() if name not in changed}
    made = Entry(number, f"Pupil {number}", False, replace(report, **changed), 0.0)  # type: ignore[arg-type]
    return replace(made, **others)  # type: ignore[arg-type]


def room(entries: Sequence[Entry], *, own_seeds: bool = True) -> Room:
    """A room with these seats."""
    return Room("ABC234", 1e12, own_seeds, 1, tuple(entries))


def class_runs(*entries: Entry) -> tuple[ClassRun, ...]:
    """The runs of these seats, a second after they were reported."""
    return runs_of(room(entries), now=1.0)


def seeds(losses: Sequence[float | None], **more: object) -> tuple[ClassRun, ...]:
    """Runs of one setting, each with another seed."""
    return class_runs(
        *(
            entry(number, f"seed={number}", loss, **more)
            for number, loss in enumerate(losses, start=1)
        )
    )
