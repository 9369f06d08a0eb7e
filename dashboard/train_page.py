"""The Train page: player, readouts and charts around one live run."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import charts, controls, words
from dashboard.charts import Chart
from dashboard.controls import Settings
from dashboard.language import current_language, use_language
from dashboard.language import gettext as _
from dashboard.live_run import Frame, LiveRun, Status
from dashboard.server import turns

#: Seconds between two redraws while playing. The browser asks; a late answer delays the next.
REDRAW_EVERY = 0.075
# A timer is left alone while what the server can keep up with differs from it by less than this.
_SLACK = 1.4


@dataclass
class Session:
    """All that is kept of one visitor.

    Args:
        run: what they watch.
        refusals: what their link asked for and could not have.
        restarted: why the run began again, until they play on.
        redraw_every: seconds between two redraws, as the browser was told.
        clicked: the next redraw answers them, and should not wait for other visitors'.
    """

    run: LiveRun
    refusals: list[str]
    restarted: str = ""
    clicked: bool = True
    redraw_every: float = REDRAW_EVERY


def page() -> None:
    """The whole page, top to bottom."""
    controls.choose_language()
    first_visit = "session" not in st.session_state
    refusals = _open_link() if first_visit else []
    settings = controls.sidebar()
    if first_visit:
        st.session_state["session"] = Session(LiveRun(settings.config), refusals)
    session: Session = st.session_state["session"]
    session.run.touch()
    changes = session.run.configure(settings.config)
    if changes:
        session.refusals = []
        session.restarted = words.restarted(changes)
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        st.subheader(_("Watch a recurrent network learn"), anchor=False, width="content")
        controls.pace()
    for refusal in session.refusals:
        st.warning(refusal, icon=":material/link_off:")
    playing = session.run.status is Status.PLAYING
    session.clicked = True  # the page as a whole is only run when somebody does something
    session.redraw_every = turns().interval(REDRAW_EVERY)
    panel = st.fragment(_live_panel, run_every=session.redraw_every if playing else None)
    panel(session, settings, current_language())
    # Last, in a place of its own: once the button says Run, all on the screen is final.
    _player(session)


def _open_link() -> list[str]:
    """Take over what the link asks for, tolerantly; give what it cannot have."""
    values, refusals = controls.read_link(st.query_params.to_dict())
    for name, value in values.items():
        st.session_state[name] = value
    return refusals


# A click while the page plays may be delivered twice: with the redraw that was just due, and with
# the run of the page that the click asked for. So each callback does what its button said when it
# was pressed, and doing it again changes nothing. What does different things has different keys:
# under one key, the second delivery would call what the button has come to mean meanwhile.


def _play(session: Session) -> None:
    session.refusals, session.restarted = [], ""
    session.run.play()


def _pause(session: Session) -> None:
    session.run.pause()


def _step(session: Session, was_playing: bool) -> None:
    session.restarted = ""
    session.run.step_once(out_of_play=was_playing)


def _reset(session: Session) -> None:
    session.restarted = ""
    session.run.reset()


def _player(session: Session) -> None:
    """Run and Pause, Step, Reset and New seed, at the bottom of the window, always in reach.

    In the main script, not in the fragment: a click here interrupts at once.
    """
    status = session.run.status
    playing, diverged = status is Status.PLAYING, status is Status.DIVERGED
    with st.bottom, st.container(horizontal=True, vertical_alignment="center", key="player"):
        with st.container(key="run", width="content"):
            st.button(
                _("Pause") if playing else _("Run"),
                icon=":material/pause:" if playing else ":material/play_arrow:",
                key="pause" if playing else "play",
                type="primary",
                on_click=_pause if playing else _play,
                args=(session,),
                shortcut="space",
                disabled=diverged,
            )
        with st.container(key="step", width="content"):
            st.button(
                _("Step"),
                icon=":material/skip_next:",
                key="step_out_of_play" if playing else "step_once",
                on_click=_step,
                args=(session, playing),
                shortcut="right",
                disabled=diverged,
            )
        st.button(
            _("Reset"),
            icon=":material/replay:",
            key="reset",
            on_click=_reset,
            args=(session,),
            shortcut="home",
        )
        st.button(
            _("New seed"),
            icon=":material/casino:",
            key="new_seed",
            on_click=controls.new_seed,
            shortcut="n",
        )
        st.caption(_("keys"), help=_player_help(), width="content")


def _player_help() -> str:
    """What the player's buttons do and which keys press them.

    Beside the buttons, not on them: Streamlit draws a button with a tooltip twice, and hides one.
    """
    return _(
        "**Run** / **Pause** (Space): train, or stop training.\n\n"
        "**Step** (→): pause, and take exactly one update.\n\n"
        "**Reset** (Home): back to step 0 with the same seed, and the learning rate as it now "
        "stands.\n\n"
        "**New seed** (N): start again from other initial weights."
    )


def _live_panel(session: Session, settings: Settings, language: str) -> None:
    """Train for one redraw and draw what there is; runs again by itself while playing.

    The elements, their order, the charts' specifications and their alt texts stay the same from
    frame to frame, so that the browser updates them in place.
    """
    use_language(language)  # a fragment runs in a thread of its own
    was_playing = session.run.status is Status.PLAYING
    urgent, session.clicked = session.clicked, False
    if was_playing:
        with turns().turn(id(session), urgent=urgent) as sharers:
            session.run.tick(settings.most_steps, settings.step_limit, sharers)
            frame = session.run.frame()
            _draw_panel(session, settings, frame)
    else:
        frame = session.run.frame()
        _draw_panel(session, settings, frame)
        if not urgent:
            st.rerun()  # the timer goes on although nothing plays: put button and timer right
    if was_playing and frame.status is not Status.PLAYING:
        st.rerun()  # stopped by itself: the Run button and the timer must hear of it
    wanted = turns().interval(REDRAW_EVERY)
    if was_playing and not 1 / _SLACK < wanted / session.redraw_every < _SLACK:
        st.rerun()  # others came or went: the timer must hear of it


def _draw_panel(session: Session, settings: Settings, frame: Frame) -> None:
    """All that moves: status, notice, readouts, charts."""
    st.caption(words.status(frame, settings.step_limit), width="stretch")
    notice = st.empty()
    if frame.status is Status.DIVERGED:
        notice.warning(words.divergence(frame), icon=":material/trending_up:")
    elif session.restarted:
        notice.caption(session.restarted)
    step_readout = _readouts(frame)
    left, right = st.columns(2)
    with left, st.container(key="chart_signals"):
        _draw(charts.signals(frame))
        st.caption(
            _(
                "Each window is one training step. The newest, shaded, overwrites the oldest, as "
                "on an oscilloscope; training brings prediction and target together."
            )
        )
    with right, st.container(key="chart_loss"):
        _draw(charts.loss(frame))
        st.caption(
            _(
                "Lower is better. A floor is the best that a kind of predictor can do: a loss "
                "that stays below it proves more memory than that. Carried memory has floor 0, "
                "which no logarithmic axis reaches. The thin line is the run before."
            )
        )
    with st.container(key="chart_state"):
        _draw(charts.hidden_state(frame))
        st.caption(_state_caption(frame))
    with step_readout:
        # Last, though it stands first: who sees the step's number sees all that belongs to it.
        st.metric(_("At step"), str(frame.step.index), width="content")


def _readouts(frame: Frame) -> DeltaGenerator:
    """Loss and verdict, and the place for the step's number, which is given."""
    numbers, words_for_them = st.columns([1, 3], vertical_alignment="bottom")
    with numbers, st.container(horizontal=True, gap="medium"):
        step_readout = st.container(key="readout_step", width="content")
        with st.container(key="readout_loss", width="content"):
            st.metric(_("Loss"), format(frame.step.loss, words.LOSS_FORMAT), width="content")
    with words_for_them, st.container(key="verdict"):
        st.markdown(words.verdict(frame) + "  \n" + words.details(frame))
    return step_readout


def _state_caption(frame: Frame) -> str:
    points, units = charts.shown_cells(*frame.hidden.shape)
    reading = _(
        "One row is one unit over the newest window. A unit that stays in one colour holds "
        "something; stripes are units that follow the wave."
    )
    if len(units) < frame.hidden.shape[1] or len(points) < frame.hidden.shape[0]:
        shown = _("Shown: {units} of {all_units} units, {points} of {all_points} time steps.")
        reading += " " + shown.format(
            units=len(units),
            all_units=frame.hidden.shape[1],
            points=len(points),
            all_points=frame.hidden.shape[0],
        )
    return reading


def _draw(chart: Chart) -> None:
    st.vega_lite_chart({**chart.spec, "datasets": chart.tables}, width="stretch", alt=chart.alt)
