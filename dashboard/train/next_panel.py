"""What to try next: one suggestion at a time, and a button that does it."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from dashboard.app import widgets
from dashboard.app.language import gettext as _
from dashboard.app.player import Session
from dashboard.app.settings import RUN_SETTINGS
from dashboard.run.live_run import Frame, LiveRun
from rnn_core import Suggestion, suggest
from rnn_core.messages import translate

# Keys of the suggestions that were followed or put aside in this session.
_SEEN = "seen suggestions"


def show(session: Session[LiveRun], frame: Frame) -> None:
    """Show the most urgent suggestion; the place stays where there is none."""
    seen: set[str] = st.session_state.setdefault(_SEEN, set())
    suggestion = suggest(
        replace(frame.config, lr=frame.lr),
        step=frame.step.index,
        verdict=frame.verdict,
        events=frame.events,
        streaming=frame.streaming,
        seen=seen,
    )
    with st.container(horizontal=True, vertical_alignment="center", key="next"):
        if suggestion is None:
            st.caption(
                _("**What next?** Watch the run: what it shows suggests what to try."),
                width="stretch",
            )
            return
        st.caption(
            _("**What next?** {reason}").format(reason=translate(suggestion.reason, _)),
            width="stretch",
        )
        st.button(
            translate(suggestion.message, _),
            icon=":material/lightbulb:",
            key=f"follow_{suggestion.key}",
            on_click=_follow,
            args=(session, suggestion),
        )
        st.button(
            _("Not now"),
            type="tertiary",
            key=f"skip_{suggestion.key}",
            on_click=_skip,
            args=(suggestion.key,),
        )


def _follow(session: Session[LiveRun], suggestion: Suggestion) -> None:
    """Do it: branch, or change the settings and play."""
    if suggestion.key in st.session_state[_SEEN]:
        return  # a click delivered twice
    run = session.run
    _skip(suggestion.key)
    if suggestion.branch_from is not None and run.can_look_back:
        run.pause()
        run.look_back(suggestion.branch_from)
        run.branch(suggestion.changes)
    for name, value in suggestion.changes.items():
        widgets.set_value(RUN_SETTINGS[name], value)
    run.play()


def _skip(key: str) -> None:
    st.session_state[_SEEN] = st.session_state.get(_SEEN, set()) | {key}
