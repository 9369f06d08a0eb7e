"""Slow motion on the Train page: which phase is shown, at which time step, and what plays it."""

from __future__ import annotations

from time import monotonic

import pandas as pd
import streamlit as st

from dashboard.app.language import gettext as _
from dashboard.app.playback import ENDED, Status
from dashboard.app.player import Session
from dashboard.train.live_run import LiveRun
from dashboard.train.views.base import SlowLook
from dashboard.train.views.unrolled.layout import first_step
from dashboard.train.views.unrolled.panel import choose_time_step, time_step_key
from dashboard.train.views.update import text as slow_words
from dashboard.train.views.update.phases import BEAT, PHASES, Place, SlowMotion, after, end_of

_PHASE, _SLOWLY, _PLAYED = "phase of update", "play slowly", "slow motion"


def moment_key(run: LiveRun) -> str:
    """Of the slider to look back: another one whenever there are other steps to choose from."""
    return f"moment {run.plays} {run.index}"


def go_on(session: Session[LiveRun]) -> None:
    """Move what plays by itself to where it is due, before anything is drawn.

    With the browser's timer, while somebody is here: an update that is over is made, and the next
    one begins.
    """
    run, state = session.run, st.session_state
    plays = state.get("look") == "slow" and state.get(_SLOWLY, False)
    session.resting_beat = None
    if not plays or run.status is Status.PLAYING or run.status in ENDED:
        state.pop(_PLAYED, None)
        return
    if run.idle:
        state[_SLOWLY] = False
        return
    frame, now = run.frame(), monotonic()
    motion = state.get(_PLAYED)
    if motion is None or motion.index != frame.step.index:
        motion = SlowMotion(frame.step.index, now)
    length = frame.layout.length
    place = motion.at(now, first_step(length), length)
    if place is None:
        make_update(run, frame.step.index)
        motion = SlowMotion(run.frame().step.index, now)
        place = motion.at(now, first_step(length), length)
        assert place is not None
    state[_PLAYED] = motion
    state[_PHASE], state[time_step_key(length)] = place
    session.resting_beat = BEAT


def choose_place(run: LiveRun, found: SlowLook, index: int) -> Place:
    """The phase and the time step that are shown.

    Args:
        run: whose update it is.
        found: the update.
        index: the step that it follows.
    """
    length = len(found.window.targets)
    phase = st.segmented_control(
        _("Phase"),
        options=PHASES,
        default=PHASES[0],
        format_func=slow_words.phase_name,
        key=_PHASE,
        required=True,
        on_change=_show_all,
        args=(length,),
    )
    phase = str(phase or PHASES[0])
    slider, button, switch = st.columns([4, 1.3, 1.5], vertical_alignment="bottom")
    with slider:
        step = choose_time_step(length)
    following = after(phase)
    button.button(
        _("Next phase") if following else _("Next update"),
        icon=":material/arrow_forward:",
        # Each has a key of its own, so that a click that is delivered twice goes on by one.
        key=f"next {index} {phase}",
        on_click=_go_to,
        args=(run, index, following, length),
        disabled=following is None and run.status in ENDED,
        width="stretch",
    )
    switch.toggle(_("Play slowly"), key=_SLOWLY, disabled=run.status in ENDED)
    return Place(phase, step)


def explain(found: SlowLook, place: Place) -> None:
    """The phase in words and numbers."""
    st.markdown(slow_words.explanation(found, place))
    st.latex(slow_words.formula(found, place))
    if place.phase in ("clip", "update"):
        numbers = pd.DataFrame(slow_words.parameters(found))
        st.dataframe(
            numbers,
            hide_index=True,
            width="content",
            column_config={
                name: st.column_config.NumberColumn(format="%.3g") for name in numbers.columns[1:]
            },
        )


def make_update(run: LiveRun, index: int) -> None:
    """The update that follows a step: the next one is shown then, of the run or of its past."""
    if index == run.index:
        run.step_once()
    elif run.frame().step.index == index:
        st.session_state[moment_key(run)] = index + 1
        run.look_back(index + 1)


def _go_to(run: LiveRun, index: int, phase: str | None, length: int) -> None:
    if phase is None:
        make_update(run, index)
        phase = PHASES[0]
    st.session_state[_PHASE] = phase
    _show_all(length)


def _show_all(length: int) -> None:
    """A phase that somebody chooses is seen at its end; the slider leads back into it."""
    phase = st.session_state.get(_PHASE) or PHASES[0]
    st.session_state[time_step_key(length)] = end_of(phase, first_step(length), length).time_step
