"""The widgets of slow motion: phase, time step, and a switch that plays it."""

from __future__ import annotations

from time import monotonic
from typing import Any

import streamlit as st

from dashboard.app import widgets
from dashboard.app.language import gettext as _
from dashboard.app.playback import ENDED, Status
from dashboard.charts.base import Chart
from dashboard.run.views.unrolled.layout import first_step
from dashboard.run.views.unrolled.panel import choose_time_step, draw_chain, time_step_key
from dashboard.run.views.update import text
from dashboard.run.views.update.phases import BEAT, PHASES, Place, SlowMotion, after, end_of
from dashboard.run.views.update.result import UpdateResult
from dashboard.run.views.view_panel import ViewPanel
from dashboard.run.views.viewed_run import ViewedFrame, ViewedRun

_PHASE, _PLAY_SLOWLY, _MOTION = "phase of update", "play slowly", "slow motion"


class UpdatePanel(ViewPanel[UpdateResult, Place]):
    """Phase, time step, a button for the next phase, and a switch that plays slowly."""

    def advance(self, run: ViewedRun) -> float | None:
        """Move slow motion on.

        Called by the browser's timer while the page is in use: an update that has been shown to
        its end is made, and the next one begins.
        """
        state = st.session_state
        plays = state.get(_PLAY_SLOWLY, False)
        if not plays or run.status is Status.PLAYING or run.status in ENDED:
            state.pop(_MOTION, None)
            return None
        if run.idle:
            state[_PLAY_SLOWLY] = False
            return None
        frame, now = run.frame(), monotonic()
        motion = state.get(_MOTION)
        if motion is None or motion.index != frame.step.index:
            motion = SlowMotion(frame.step.index, now)
        length = frame.layout.length
        place = motion.at(now, first_step(length), length)
        if place is None:
            make_update(run, frame.step.index)
            motion = SlowMotion(run.frame().step.index, now)
            place = motion.at(now, first_step(length), length)
            assert place is not None
        state[_MOTION] = motion
        state[_PHASE], state[time_step_key(length)] = place
        return BEAT

    def controls(self, run: ViewedRun, frame: ViewedFrame, default: Place) -> Place:
        """Show the widgets."""
        length, index = frame.layout.length, frame.step.index
        phase = widgets.choose_key(
            _PHASE, _("Phase"), PHASES, text.phase_name, then=lambda: _show_all(length)
        )
        slider, button, switch = st.columns([4, 1.3, 1.5], vertical_alignment="bottom")
        with slider:
            step = choose_time_step(length)
        following = after(phase)
        button.button(
            _("Next phase") if following else _("Next update"),
            icon=":material/arrow_forward:",
            # Each phase has a key of its own, so that a click delivered twice advances by one.
            key=f"next {index} {phase}",
            on_click=_go_to,
            args=(run, index, following, length),
            disabled=following is None and run.status in ENDED,
            width="stretch",
        )
        switch.toggle(_("Play slowly"), key=_PLAY_SLOWLY, disabled=run.status in ENDED)
        return Place(phase, step)

    def draw(self, chart: Chart, frame: ViewedFrame) -> Any:
        """Draw the chart, whose time steps can be clicked on."""
        return draw_chain(chart, frame.layout.length)

    def explain(self, result: UpdateResult, controls: Place) -> None:
        """The phase in words and numbers."""
        st.markdown(text.explanation(result, controls))
        st.latex(text.formula(result, controls))
        if controls.phase in ("clip", "update"):
            import pandas as pd  # late: half a second that other pages need not wait

            numbers = pd.DataFrame(text.parameters(result))
            st.dataframe(
                numbers,
                hide_index=True,
                width="content",
                column_config={
                    name: st.column_config.NumberColumn(format="%.3g")
                    for name in numbers.columns[1:]
                },
            )


PANEL = UpdatePanel()


def make_update(run: ViewedRun, index: int) -> None:
    """Make the update that follows a step, of the run or of its past, and show the next one."""
    if index == run.index:
        run.step_once()
    elif run.frame().step.index == index:
        run.look_back(index + 1)


def _go_to(run: ViewedRun, index: int, phase: str | None, length: int) -> None:
    if phase is None:
        make_update(run, index)
        phase = PHASES[0]
    st.session_state[_PHASE] = phase
    _show_all(length)


def _show_all(length: int) -> None:
    """A phase that is chosen is shown at its end; the slider leads back into it."""
    phase = st.session_state.get(_PHASE) or PHASES[0]
    st.session_state[time_step_key(length)] = end_of(phase, first_step(length), length).time_step
