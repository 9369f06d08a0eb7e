"""Sentences about what a view costs. Knows nothing of Streamlit."""

from __future__ import annotations

from typing import Any

from dashboard.app.language import gettext as _
from dashboard.app.text import two_digits
from dashboard.run.views import cost
from dashboard.run.views.base import View
from rnn_core import RunConfig, Task


def too_much(view: View[Any, Any], config: RunConfig, task: Task) -> str:
    """A view would take too long: how long, and with which settings it is shown."""
    said = _(
        "With these settings this view would take {seconds} s to compute; the limit is {limit:g} s."
    ).format(
        seconds=_seconds(view.operations(config, task, paused=True)),
        limit=cost.AT_REST / cost.PER_SECOND,
    )
    labels = {
        "hidden_size": _("Hidden units"),
        "num_layers": _("Layers"),
        "window_length": _("Points per window"),
        "batch_size": _("Batch size"),
    }
    nearest = cost.nearest(view, config, task)
    if not nearest:
        return said + " " + _("Choose smaller settings to see it.")
    values = [
        _("**{setting}** at most {value}").format(setting=labels[name], value=value)
        for name, value in nearest.items()
    ]
    return (
        said
        + " "
        + _("One of these is enough to see it: {settings}.").format(
            settings=_(", or ").join(values)
        )
    )


def drawn_at_rest(view: View[Any, Any], config: RunConfig, task: Task) -> str:
    """A view is too slow to be drawn while the network is trained."""
    return _(
        "With these settings this view takes {seconds} s to compute, so it is not drawn while the "
        "network is trained. Press **Pause** to see it."
    ).format(seconds=_seconds(view.operations(config, task, paused=True)))


def next_at_rest() -> str:
    """Why a picture stays as it is."""
    return _("It is drawn anew when you press **Pause**: with these settings it takes long.")


def _seconds(operations: float) -> str:
    return "≈\u202f" + two_digits(operations / cost.PER_SECOND)
