"""A chart of a run as a page that works offline. Knows nothing of Streamlit."""

from __future__ import annotations

from dashboard.app import text as words
from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.app.task_text import task_title
from dashboard.charts.base import Chart
from dashboard.charts.standalone import html
from dashboard.run.live_run import LiveRun
from rnn_core import CELLS
from rnn_core.config import is_read


def page(chart: Chart, run: LiveRun) -> str:
    """A chart of a run as a page that works offline, with the settings that reproduce the run."""
    title = _("A recurrent network learns: {cell} on {task}").format(
        cell=CELLS[run.config.cell].title, task=task_title(run.config.task)
    )
    reading = _(
        "Each window is one training step; the newest is shaded. A floor is the lowest loss that "
        "a kind of predictor can reach. In the hidden state teal is positive, brown negative."
    )
    return html(chart, current_language(), title, reading, settings(run))


def settings(run: LiveRun) -> str:
    """The settings that reproduce the run."""
    values = {
        name: words.shown(name, value)
        for name, value in run.config.to_dict().items()
        if is_read(name, run.config)
    }
    values["lr"] = " → ".join(words.shown("lr", lr) for lr in run.learning_rates)
    return " · ".join(f"{name}\u00a0{value}" for name, value in values.items())
