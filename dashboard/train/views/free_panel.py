"""What a visitor has the network try when it runs free, on the Train page."""

from __future__ import annotations

import streamlit as st

from dashboard.app.language import gettext as _
from dashboard.train.live_run import Frame
from dashboard.train.views.base import AS_IT_IS, Probe
from dashboard.train.views.cache import can_change_waves
from rnn_core import RULES
from rnn_core.rules import FloatRange


def choose_probe(frame: Frame) -> Probe:
    """Feed the predictions back, or hear another wave."""
    task = frame.config.task
    if not frame.streaming:
        return AS_IT_IS
    fed_back = False
    if frame.horizon is not None:
        fed_back = st.toggle(
            _("Feed predictions back"),
            value=True,
            key="feed back",
            help=_("On: it hears only itself. Off: it reads on, with its state never reset."),
        )
    if fed_back or not can_change_waves(task):
        return Probe(feed_back=fed_back)
    left, right = st.columns(2)
    with left:
        frequency = _another("frequency", _("From then on frequency"), frame.config.frequency)
    with right:
        amplitude = _another("amplitude", _("From then on amplitude"), frame.config.amplitude)
    return Probe(feed_back=False, frequency=frequency, amplitude=amplitude)


def _another(name: str, label: str, value: float) -> float:
    """What the wave is to have instead; begins with what it has."""
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
