"""Time travel on the Train page: a slider over all steps, a branch from there, and the replay."""

from __future__ import annotations

import streamlit as st

from dashboard.app.language import current_language, use_language
from dashboard.app.language import gettext as _
from dashboard.app.playback import Status
from dashboard.app.player import Session
from dashboard.run import text
from dashboard.run.live_run import LiveRun
from dashboard.train.replay import panel as replay_panel


def leave_past(run: LiveRun) -> None:
    """Show the newest step of a run that has no past or is playing, and close its replay."""
    if not _has_past(run):
        run.look_back(None)
        replay_panel.close()


def time_travel(session: Session[LiveRun]) -> None:
    """Show slider and buttons of a paused run."""
    run = session.run
    if not _has_past(run):
        return
    if not run.can_look_back:
        st.caption(_("This network is too large to keep snapshots, so you cannot look back."))
        return
    slider, moments, branch, replay = st.columns([4, 2, 1.4, 1.2], vertical_alignment="bottom")
    frame = run.frame()
    shown = frame.step.index
    # Another slider whenever there are other steps to choose from. It follows what moves the run.
    key = f"moment {run.plays} {run.index}"
    st.session_state[key] = shown
    slider.slider(
        _("Look back"),
        min_value=0,
        max_value=run.index,
        key=key,
        on_change=_look_back,
        args=(run, key),
        help=_(
            "Shows any earlier step, in the charts and inside the network. It is trained again "
            "from the nearest snapshot, bit for bit."
        ),
    )
    events = [event for event in frame.events if event.step < run.index]
    chosen = f"event {run.plays} {run.index} {len(events)}"
    moments.selectbox(
        _("Moments"),
        options=range(len(events)),
        index=None,
        format_func=lambda place: text.event(events[place]),
        key=chosen,
        placeholder=_("Go to a moment"),
        on_change=_look_back_at,
        args=(run, chosen, tuple(event.step for event in events)),
        disabled=not events,
    )
    branch.button(
        _("Branch here"),
        icon=":material/call_split:",
        key="branch",
        on_click=_branch,
        args=(session, current_language()),
        disabled=shown == run.index,
        width="stretch",
    )
    replay.button(
        _("Replay"),
        icon=":material/movie:",
        key="replay",
        on_click=replay_panel.open_replay,
        width="stretch",
    )
    if replay_panel.is_open():
        replay_panel.show_replay(run)


def _has_past(run: LiveRun) -> bool:
    """Whether the run is paused, at a later step than its first."""
    return run.status is not Status.PLAYING and run.index > 0


def _look_back(run: LiveRun, key: str) -> None:
    run.look_back(int(st.session_state[key]))


def _look_back_at(run: LiveRun, key: str, steps: tuple[int, ...]) -> None:
    place = st.session_state.get(key)
    if isinstance(place, int) and 0 <= place < len(steps):
        run.look_back(steps[place])


def _branch(session: Session[LiveRun], language: str) -> None:
    use_language(language)  # a callback runs before the page has chosen it
    run = session.run
    index = run.frame().step.index
    if index == run.index:
        return  # a click delivered twice
    run.branch()
    session.restarted = _("Continues from step {step}. The thin line is the run before.").format(
        step=index
    )
