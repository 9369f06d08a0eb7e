"""The widgets of the free run: feed predictions back, or change the wave."""

from __future__ import annotations

import streamlit as st

from dashboard.app.language import gettext as _
from dashboard.run.views.free_run import FreeRunControls, FreeRunResult
from dashboard.run.views.view_panel import ViewPanel
from dashboard.run.views.viewed_run import ViewedFrame, ViewedRun
from rnn_core import RULES
from rnn_core.rules import FloatRange


class FreeRunPanel(ViewPanel[FreeRunResult, FreeRunControls]):
    """A switch where predictions can be fed back, and two sliders where a wave can change."""

    def controls(
        self, run: ViewedRun, frame: ViewedFrame, default: FreeRunControls
    ) -> FreeRunControls:
        """Show the widgets that make sense for the task."""
        if not frame.streaming:
            return default
        fed_back = False
        if frame.horizon is not None:
            fed_back = st.toggle(
                _("Feed predictions back"),
                value=default.feed_back,
                key="feed back",
                help=_(
                    "On: after warm-up the inputs are the network's own predictions. Off: it keeps "
                    "reading the signal (teacher forcing)."
                ),
            )
        if fed_back or not frame.can_change_wave:
            return FreeRunControls(feed_back=fed_back)
        left, right = st.columns(2)
        with left:
            frequency = _changed("frequency", _("Frequency after warm-up"), frame.config.frequency)
        with right:
            amplitude = _changed("amplitude", _("Amplitude after warm-up"), frame.config.amplitude)
        return FreeRunControls(feed_back=False, frequency=frequency, amplitude=amplitude)


PANEL = FreeRunPanel()


def _changed(name: str, label: str, value: float) -> float:
    """A property of the wave after warm-up; at first, what it is."""
    rule = RULES[name]
    assert isinstance(rule, FloatRange)
    return float(
        st.slider(
            label,
            min_value=rule.low,
            max_value=rule.high,
            value=value,
            step=0.1,
            key=f"free {name} {value}",
        )
    )
