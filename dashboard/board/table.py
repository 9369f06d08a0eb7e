"""The runs of a room as a table. Knows nothing of Streamlit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboard.board.report import GONE
from dashboard.board.runs import ClassRun, is_left, value_name
from dashboard.board.store import Room
from dashboard.board.text import status_name
from dashboard.charts.loss_axes import floor_name
from rnn_core.config import is_read


def rows(
    room: Room, runs: Sequence[ClassRun], differing: Sequence[str], language: str | None, now: float
) -> list[dict[str, Any]]:
    """A row for each run, the lowest loss first; then those who have no settings to show.

    Args:
        room: whose.
        runs: of one task.
        differing: the settings that differ between them.
        language: that was chosen, for the links; None for the browser's.
        now: seconds since 1970.

    Returns:
        Rows with the columns nickname, link, cell, those that differ, seed, step, loss, ratio,
        floor and status; None where a run has none.
    """
    further = [name for name in differing if name != "cell"]
    ordered = sorted(runs, key=lambda run: (not run.is_judged, run.loss or 0.0, run.number))
    found: list[dict[str, Any]] = []
    for run in ordered:
        passed = run.passed if run.is_judged else None
        found.append(
            {
                "nickname": run.nickname or "–",
                "link": run.link(language),
                "cell": value_name("cell", run.config.cell),
                **{name: _value(run, name) for name in further},
                "seed": run.config.seed,
                "step": run.step,
                "loss": run.loss if run.is_judged else None,
                "ratio": run.ratio if run.is_judged else None,
                "floor": None if passed is None else floor_name(passed),
                "status": status_name(run.status),
            }
        )
    empty = dict.fromkeys(["link", "cell", *further, "seed", "step", "loss", "ratio", "floor"])
    for entry in room.entries:
        report = entry.report
        if not report.query:
            found.append(
                {
                    "nickname": "–" if entry.hidden else entry.nickname,
                    **empty,
                    "step": report.step or None,
                    "loss": report.loss,
                    "status": status_name(GONE if is_left(entry, now) else report.status),
                }
            )
    return found


def _value(run: ClassRun, name: str) -> Any:
    """A number as one, so that the column is sorted by it; anything else in words."""
    if not is_read(name, run.config):
        return None
    value = getattr(run.config, name)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number else value_name(name, value)
