"""Time travel on the Train page: a slider over all steps, a branch from there, and the replay."""

from __future__ import annotations

import streamlit as st

from dashboard.app.language import current_language, use_language
from dashboard.app.language import gettext as _
from dashboard.app.playback import Status
from dashboard.app.player import Session
from dashboard.run import text
from dashboard.run.live_run import LiveRun
from dashboard.train import moments_panel
from dashboard.train.replay import panel as replay_panel
from rnn_core import Event


def leave_past(run: LiveRun) -> None:
    """Show the newest step of a run that has no past or is playing, and close its replay."""
    if not _has_past(run):
        run.look_back(None)
        replay_panel.close()


def time_travel(session: Session[LiveRun]) -> None:
    """Show slider and buttons: always, so that nothing moves; of use once the run is paused."""
    run = session.run
    usable = _has_past(run) and run.can_look_back
    frame = run.frame()
    shown = frame.step.index
    events = [event for event in frame.events if usable and event.step <= run.index + 1]
    chosen = f"event {run.plays} {run.index} {len(events)}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="travel"):
        if usable:
            _slider(run, shown)
        else:
            _resting_slider(run)
        st.selectbox(
            _("Moments"),
            options=range(len(events)),
            index=None,
            format_func=lambda place: text.event(events[place]),
            key=chosen,
            placeholder=_("Go to a moment"),
            on_change=_go_to,
            args=(run, chosen, tuple(events)),
            disabled=not events,
            label_visibility="collapsed",
            width=240,
        )
        st.button(
            _("Branch here"),
            icon=":material/call_split:",
            key="branch",
            on_click=_branch,
            args=(session, current_language()),
            disabled=not usable or shown == run.index,
            width="content",
        )
        st.button(
            _("Replay"),
            icon=":material/movie:",
            key="replay",
            on_click=replay_panel.open_replay,
            disabled=not usable,
            width="content",
        )
    if usable and replay_panel.is_open():
        replay_panel.show_replay(run)


def _slider(run: LiveRun, shown: int) -> None:
    # Another slider whenever there are other steps to choose from. It follows what moves the run.
    key = f"moment {run.plays} {run.index}"
    st.session_state[key] = shown
    st.slider(
        _("Look back"),
        min_value=run.oldest,
        max_value=run.index,
        key=key,
        on_change=_look_back,
        args=(run, key),
        help=_(
            "Shows any earlier step, in the charts and inside the network. It is trained again "
            "from the nearest snapshot, bit for bit. A click on the loss chart does the same."
        ),
        label_visibility="collapsed",
    )


def _resting_slider(run: LiveRun) -> None:
    """A slider that cannot be moved; where it never can, it says so."""
    unable = run.index > run.oldest and not run.can_look_back
    if unable and run.status is not Status.PLAYING:
        st.caption(
            _(
                "This network is too large to look back: earlier steps would have to be trained "
                "again, which takes too long, or kept, which takes too much memory."
            )
        )
        return
    st.slider(
        _("Look back"),
        min_value=0,
        max_value=1,
        value=1,
        format=_("pause to look back"),
        key="resting moment",
        disabled=True,
        label_visibility="collapsed",
    )


def _has_past(run: LiveRun) -> bool:
    """Whether the run is paused, at a later step than the first that it can look back to."""
    return run.status is not Status.PLAYING and run.index > run.oldest


def _look_back(run: LiveRun, key: str) -> None:
    run.look_back(int(st.session_state[key]))


def _go_to(run: LiveRun, key: str, events: tuple[Event, ...]) -> None:
    place = st.session_state.get(key)
    if isinstance(place, int) and 0 <= place < len(events):
        moments_panel.go_to(run, events[place])


def _branch(session: Session[LiveRun], language: str) -> None:
    use_language(language)  # a callback runs before the page has chosen it
    run = session.run
    index = run.frame().step.index
    if index == run.index:
        return  # a click delivered twice
    run.branch()
    session.restarted = text.branched(index)
