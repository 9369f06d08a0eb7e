"""What is reported of a run to its room, and read back. Knows nothing of Streamlit."""

from __future__ import annotations

import math
from functools import lru_cache
from urllib.parse import parse_qsl

from dashboard.app.link import query, read_link, write_link
from dashboard.app.playback import Status
from dashboard.app.settings import RUN_SETTINGS, task_config
from dashboard.board.store import Report
from dashboard.run.live_run import Standing
from rnn_core import RunConfig
from rnn_core.config import is_read
from rnn_core.tasks.series import SERIES

#: What a run is doing. ``WITHHELD``: it is one on a series, of which nothing is reported.
#: ``GONE``: its page was left.
READY, PLAYING, PAUSED, STOPPED, DIVERGED = "ready", "playing", "paused", "stopped", "diverged"
WITHHELD, GONE = "withheld", "gone"
_STATUS = {
    Status.READY: READY,
    Status.PLAYING: PLAYING,
    Status.PAUSED: PAUSED,
    Status.IDLE: PAUSED,
    Status.AT_LIMIT: STOPPED,
    Status.STOPPED_EARLY: STOPPED,
    Status.FINISHED: STOPPED,
    Status.DIVERGED: DIVERGED,
}


def report_of(standing: Standing) -> Report:
    """What a room is told of a run: its settings, step, held-out loss and floors.

    Of a run on a series nothing is told: its numbers may be somebody's own.

    Args:
        standing: of the run.
    """
    if standing.config.task == SERIES.name:
        return Report(WITHHELD)
    loss = standing.held_out
    return Report(
        status=_STATUS[standing.status],
        query="" if standing.given else _query(standing.config),
        step=standing.step,
        loss=loss if loss is not None and math.isfinite(loss) else None,
        judged_at=standing.judged_at,
        symbols=standing.symbols,
        floors=standing.floors,
    )


def config_of(report: Report) -> RunConfig | None:
    """The settings of a run as they were reported; None where it has none to show."""
    return _config(report.query) if report.query else None


@lru_cache(maxsize=1024)
def _query(config: RunConfig) -> str:
    unread = [name for name in RUN_SETTINGS if not is_read(name, config)]
    # The task is named even if it is the default: what is empty has no settings to show.
    parameters = {"task": config.task, **write_link(config.to_dict(), RUN_SETTINGS, unread)}
    return query(parameters)[1:]


@lru_cache(maxsize=1024)
def _config(text: str) -> RunConfig | None:
    link = read_link(dict(parse_qsl(text, keep_blank_values=True)), RUN_SETTINGS)
    if link.refusals:
        return None
    task = link.values.get("task", RunConfig().task)
    try:
        return RunConfig.from_dict({**task_config(task).to_dict(), **link.values})
    except (TypeError, ValueError):
        return None
