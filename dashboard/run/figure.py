"""The figure of the Train page: signals, and under them the hidden state of the same time steps."""

from __future__ import annotations

from dataclasses import replace

import altair as alt

from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.charts.base import CANVAS, Chart, Spec, specification
from dashboard.charts.kept import kept
from dashboard.charts.placement import Placement
from dashboard.charts.signals import END_ROOM, signal_chart, signal_tables
from dashboard.charts.states import state_tables, states_chart
from dashboard.charts.window_layout import WindowLayout
from dashboard.run.frame import Frame

# Heights of the two plots, the room for the lower one's title between them, and that for their
# vertical axes, in pixels.
_SIGNALS, _STATES, _BETWEEN, _AXIS_ROOM = 215, 205, 32, 56
_SMALL_SIGNALS, _SMALL_STATES = 140, 96


def figure(frame: Frame, *, small: bool = False) -> Chart:
    """Both plots, on one time axis.

    Args:
        frame: on screen.
        small: whether it stands beside a text, not on a page of its own.
    """
    steps = [step.index for step in frame.windows]
    return Chart(
        _spec(current_language(), frame.layout, frame.hidden[-1].shape[1], small),
        {
            **state_tables(frame.layout, frame.hidden, steps, moving=frame.moving),
            # Last, because it says when windows begin.
            **signal_tables(frame),
        },
        _(
            "Lines of input, target and prediction over the last few windows, and below them a "
            "heat map of the hidden state at the same time steps, one row per unit."
        ),
    )


@kept(64)
def _spec(language: str, layout: WindowLayout, size: int, small: bool) -> Spec:
    above, below = (_SMALL_SIGNALS, _SMALL_STATES) if small else (_SIGNALS, _STATES)
    place = Placement(axis_room=_AXIS_ROOM, end_room=END_ROOM, alone=False)
    signals = signal_chart(layout, replace(place, height=above, x_labels=False))
    states = states_chart(layout, size, replace(place, height=below))
    # Flush: or a label at an end of the upper axis, where values go further, moves the lower plot.
    together = alt.vconcat(signals, states, spacing=_BETWEEN, bounds="flush")
    together = together.resolve_scale(color="independent")
    return specification(together.properties(usermeta=CANVAS))
