"""The player: redraws while a run plays, and the bar with its buttons."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from secrets import token_urlsafe
from typing import Any, Generic, Protocol, TypeVar

import streamlit as st
from streamlit import runtime
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.app import about_panel, widgets
from dashboard.app.claims import Claims
from dashboard.app.kept_run_panel import keep_run
from dashboard.app.language import current_language, use_language
from dashboard.app.language import gettext as _
from dashboard.app.metrics import REDRAWS
from dashboard.app.parts import end_unwanted, make_way, may_be_overtaken, runs_alone
from dashboard.app.playback import ENDED, Status
from dashboard.app.server import render_queue
from dashboard.app.settings import PACES, PageSetting
from dashboard.app.sidebar import Settings, new_seed

#: Seconds between two redraws while playing; more when many share the server.
REDRAW_EVERY = 0.075
#: Seconds between two beats of the browser's timer while playing, and redraws of a beat. A beat
#: that comes due during another one begins at its end. Long beats are cheap, since each draws all
#: that moves; the first one after a click comes soon.
BEAT_EVERY, BURST = 0.375, 8
#: The same where so many runs play. Redraws come late anyway, and cheap ones leave time for more.
CROWD, CROWDED_BEAT_EVERY, CROWDED_BURST = 12, 0.6, 24
# A late burst continues for so many seconds per redraw and active run: where all are late, more
# beats would only make it worse.
_PATIENCE = 0.010
# Seconds between two beats of a timer that is to rest. The browser stops one only for a run of the
# whole page.
_REST = 86_400.0
# Seconds in which a redraw leaves the server.
_DELIVERY = 0.03
# Key in the session: tokens of all runs that it has had.
_TOKENS = "tokens of runs"
# Key in the session: key of the page whose run is followed.
_FOLLOWED = "followed page"


class Playable(Protocol):
    """A run that the player can play."""

    @property
    def status(self) -> Status:
        """What it is doing, or why it stopped."""

    @property
    def plays(self) -> int:
        """How often Run was pressed."""

    def touch(self) -> None:
        """Note that the page is in use."""

    def tick(self, most_steps: int | None, step_limit: int, active_runs: int = 1) -> None:
        """Train for one redraw, if playing."""

    def play(self) -> None:
        """Train at every redraw."""

    def play_to(self, step: int) -> None:
        """Train as fast as can be, and pause at a step."""

    def pause(self) -> None:
        """Train no further step."""

    def step_once(self, *, out_of_play: bool = False) -> None:
        """Pause, and take exactly one step; with ``out_of_play`` only if still playing."""

    def reset(self) -> None:
        """Back to step 0."""


RunT = TypeVar("RunT", bound=Playable)


@dataclass(eq=False)
class Session(Generic[RunT]):
    """One visitor's run on one page.

    Args:
        run: trains.
        refusals: what the visitor's link asked for and could not have.
        key: of the page, in the session's state.
        restarted: why the run started again; empty once it is played.
        whole_page: whether the next redraw belongs to a run of the whole page, after a click.
        resting_beat: seconds between two redraws while paused; None for no redraws.
        armed: seconds between two beats of the timer that the browser was given.
        beat_every: what it is given while playing.
        burst: redraws of a beat.
        linked: the settings that the address has.
        token: by which the visitor's browser, and nobody else, knows the run.
        lost: the step that the visitor's run before was at, of which the server knows nothing any
            more; 0 if there was none, or another one was played. Not cleared by a step or a reset:
            the click may have been on the page of the run before.
    """

    run: RunT
    refusals: list[str]
    key: str = ""
    restarted: str = ""
    whole_page: bool = True
    resting_beat: float | None = None
    armed: float | None = None
    beat_every: float = BEAT_EVERY
    burst: int = BURST
    linked: Mapping[str, object] = field(default_factory=dict)
    token: str = field(default_factory=lambda: token_urlsafe(16))
    lost: int = 0


class Panel(Protocol):
    """The moving part of a page; drawn when it is made."""

    def update(self) -> None:
        """Redraw in place what moves."""


def open_session(
    key: str,
    begin: Callable[[], RunT],
    adopt: Callable[[RunT], str],
    refusals: Sequence[str],
    *,
    counts: bool = True,
    followed: bool = False,
    on_screen: bool = True,
) -> Session[RunT]:
    """The visitor's session on a page; shows what the link could not have, and what was lost.

    Args:
        key: of the page.
        begin: makes the run, at the first visit.
        adopt: gives the run the page's settings; returns why it started again, empty if it did not.
        refusals: what the visitor's link asked for and could not have.
        counts: whether the step that the page shows is the number of all steps of the run.
        followed: whether `followed_session` gives it to other pages.
        on_screen: whether the browser keeps this run as the one on screen; otherwise `keep_session`
            is called, elsewhere on the page or once that is known.
    """
    if key not in st.session_state:
        st.session_state[key] = Session(begin(), list(refusals), key)
        _note(st.session_state[key])
    session: Session[RunT] = st.session_state[key]
    if followed:
        st.session_state[_FOLLOWED] = key
    session.run.touch()
    restarted = adopt(session.run)
    if restarted:
        _forget_notices(session)
        session.restarted = restarted
    for refusal in session.refusals:
        st.warning(refusal, icon=":material/link_off:")
    if session.lost:
        _tell_of_loss(session, counts)
    if on_screen:
        keep_session(session)
    return session


def keep_session(session: Session[Any]) -> None:
    """Have the browser keep the run on screen; for one session in a run of the page."""
    keep_run(session.key, session.token, partial(_returned, session.key))


def followed_session() -> Session[Any] | None:
    """The visitor's session on the page whose run others may follow; None before it was opened."""
    session: Session[Any] | None = st.session_state.get(st.session_state.get(_FOLLOWED, ""))
    return session


def _note(session: Session[Any]) -> None:
    """Have the session's run found by its token."""
    st.session_state[_TOKENS] = st.session_state.get(_TOKENS, frozenset()) | {session.token}
    context, claims = get_script_run_ctx(suppress_warning=True), _claims()
    if context is not None:
        claims.keep(session.token, session, context.session_id)


def _returned(key: str, token: str, step: int) -> None:
    """The visitor's tab showed another run before this one: go on with it, or say that it is lost.

    Args:
        key: of the page.
        token: of the run before.
        step: that it was at.
    """
    session: Session[Any] | None = st.session_state.get(key)
    context = get_script_run_ctx(suppress_warning=True)
    if session is None or context is None or token in st.session_state.get(_TOKENS, ()):
        return
    try:
        found = _claims().claim(token, context.session_id)
    except LookupError:
        if not session.run.plays:  # else it is told already, and was delivered once more
            session.lost = step
        return
    if found is not None:
        found.refusals, found.lost = session.refusals, 0
        st.session_state[key] = found
        st.session_state[_TOKENS] |= {token}


@st.cache_resource
def _claims() -> Claims[Session[Any]]:
    """The runs of all sessions of this server."""
    return Claims(
        lambda session: runtime.exists() and runtime.get_instance().is_active_session(session)
    )


def _tell_of_loss(session: Session[Any], counts: bool) -> None:
    step = format(session.lost, ",d")
    with st.container(horizontal=True, vertical_alignment="center", key="lost", width="stretch"):
        st.warning(
            _(
                "The run that was here was lost at step {step}: the server was restarted, or this "
                "page was away for too long. Its settings are kept."
            ).format(step=step),
            icon=":material/history:",
        )
        st.button(
            _("Run it again to step {step}").format(step=step) if counts else _("Run it again"),
            icon=":material/fast_forward:",
            key="again",
            on_click=_run_again,
            args=(session, session.lost if counts else None, current_language()),
        )


def watch(
    session: Session[RunT],
    open_panel: Callable[[], Panel],
    settings: Settings,
    *,
    buttons: DeltaGenerator | None = None,
    keys: bool = True,
    seeds: bool = True,
) -> None:
    """Draw the page's moving part and the player's buttons; and redraw it while playing.

    A beat of the browser's timer runs the moving part, which is drawn whole once and then some more
    times in place: a run for every redraw would cost the server twice as much.

    Args:
        session: whose page it is.
        open_panel: draws the moving part.
        settings: what is chosen in the sidebar.
        buttons: where the buttons are; None for the bottom of the window, with the pace.
        keys: whether shortcuts work; not while a dialog covers the page.
        seeds: whether there is a button for another seed.
    """
    seeds = seeds and not widgets.is_locked("seed")
    session.whole_page = True  # only a click or a change runs the whole page
    is_crowded = render_queue().active >= CROWD
    session.beat_every = CROWDED_BEAT_EVERY if is_crowded else BEAT_EVERY
    session.burst = CROWDED_BURST if is_crowded else BURST
    session.armed = _interval(session)
    session.linked = dict(widgets.choices())
    part = st.fragment(_beat, run_every=session.armed or (_REST if runs_alone() else None))
    part(session, open_panel, settings, current_language())
    if buttons is not None:
        _buttons(session, buttons, keys and not about_panel.is_open(), seeds)
        return
    with st.bottom, st.container(horizontal=True, vertical_alignment="center"):
        row, right = st.container(width="content"), st.container(width="content")
    with right:
        pace(settings.pace)
    _buttons(session, row, keys and not about_panel.is_open(), seeds)


@dataclass(frozen=True, slots=True)
class Bar:
    """The row of the player, which stays in view however far one scrolls.

    Args:
        buttons: at the left.
        readouts: beside them.
        pace: at the right end.
    """

    buttons: DeltaGenerator
    readouts: DeltaGenerator
    pace: DeltaGenerator


def bar() -> Bar:
    """Make the places of the bar. Every run of the whole page does."""
    with st.container(horizontal=True, vertical_alignment="center", key="bar"):
        buttons = st.container(width="content")
        with st.container(width="stretch"):
            readouts = st.container(
                horizontal=True, gap="medium", vertical_alignment="center", key="readouts"
            )
        return Bar(buttons, readouts, st.container(width="content", key="pace"))


def pace(setting: PageSetting) -> None:
    """A list to choose the steps per redraw from; ``setting`` is the page's."""
    widgets.select(
        setting,
        _("Steps per redraw"),
        lambda steps: _("max") if PACES[steps] is None else steps,
        help=_("Updates between two redraws; max takes as many as fit."),
        width=140,
    )


def _beat(
    session: Session[RunT], open_panel: Callable[[], Panel], settings: Settings, language: str
) -> None:
    """Draw the moving part; and a burst, if the timer asked for it."""
    use_language(language)  # a fragment runs in a thread of its own
    whole_page, session.whole_page = session.whole_page, False
    with may_be_overtaken():
        _draw_beat(session, open_panel, settings, whole_page)


def _draw_beat(
    session: Session[RunT], open_panel: Callable[[], Panel], settings: Settings, whole_page: bool
) -> None:
    began = time.monotonic()
    was_playing = session.run.status is Status.PLAYING

    def train(active_runs: int) -> None:
        session.run.tick(settings.most_steps, settings.step_limit, active_runs)

    with render_queue().turn(
        id(session),
        plays=was_playing,
        urgent=whole_page,
        check=end_unwanted if whole_page else make_way,
    ) as active_runs:
        train(active_runs)
        panel = open_panel()
    REDRAWS.inc()

    def redraw(active_runs: int) -> None:
        train(active_runs)
        panel.update()
        REDRAWS.inc()

    if not whole_page and was_playing:
        _burst(session, redraw, began, active_runs)
    stopped = _interval(session) != session.armed
    if stopped or not (whole_page or session.armed) or widgets.choices() != session.linked:
        # It stopped by itself, or there was a click in here: update buttons, timer and address.
        st.rerun()


def _interval(session: Session[RunT]) -> float | None:
    """Seconds between two beats of the browser's timer; None for no timer."""
    if session.run.status is Status.PLAYING:
        return session.beat_every
    return session.resting_beat


def _burst(
    session: Session[RunT], redraw: Callable[[int], None], began: float, active_runs: int
) -> None:
    """The further redraws of a beat, evenly spaced, as far as there is time."""
    patience = max((session.burst - 0.5) * REDRAW_EVERY, active_runs * session.burst * _PATIENCE)
    for n in range(1, session.burst):
        # What has not left the server when the next run of this part begins is dropped; hence a
        # pause after each redraw, even if it is late.
        time.sleep(max(_DELIVERY, began + n * REDRAW_EVERY - time.monotonic()))
        too_late = time.monotonic() > began + patience
        if too_late or session.run.status is not Status.PLAYING:
            return
        with render_queue().turn(id(session), check=make_way) as active_runs:
            redraw(active_runs)
    time.sleep(_DELIVERY)


# A click while the page plays may be delivered twice: with the redraw that was just due, and with
# the run of the page that the click asked for. So each callback does what its button said when it
# was pressed, and doing it again changes nothing. Buttons that do different things have different
# keys, and another key each time the run is played: under one key, a late second delivery would
# call what the button means by then, and pause a run that has just been resumed.


def _forget_notices(session: Session[RunT]) -> None:
    session.refusals, session.restarted, session.lost = [], "", 0


def _play(session: Session[RunT]) -> None:
    _forget_notices(session)
    session.run.play()


def _run_again(session: Session[RunT], step: int | None, language: str) -> None:
    use_language(language)  # a callback runs before the page has chosen it
    _forget_notices(session)
    if step is None:
        session.run.play()
        return
    session.restarted = _("Run again to step {step}.").format(step=format(step, ",d"))
    session.run.play_to(step)


def _pause(session: Session[RunT]) -> None:
    session.run.pause()


def _step(session: Session[RunT], was_playing: bool) -> None:
    session.restarted = ""
    session.run.step_once(out_of_play=was_playing)


def _reset(session: Session[RunT]) -> None:
    session.restarted = ""
    session.run.reset()


def _buttons(session: Session[RunT], place: DeltaGenerator, keys: bool, seeds: bool) -> None:
    """Run or Pause, Step, Reset and New seed.

    Not in the moving part, which makes way for a click. After it: once the button says Run,
    everything that moves is final.
    """
    status = session.run.status
    plays = session.run.plays
    playing, ended = status is Status.PLAYING, status in ENDED
    with (
        place,
        st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="player"),
    ):
        with st.container(key="run", width="content"):
            st.button(
                _("Pause") if playing else _("Run"),
                icon=":material/pause:" if playing else ":material/play_arrow:",
                key=f"pause_{plays}" if playing else f"play_{plays}",
                type="primary",
                on_click=_pause if playing else _play,
                args=(session,),
                shortcut="space" if keys else None,
                disabled=ended,
            )
        with st.container(key="step", width="content"):
            st.button(
                _("Step"),
                icon=":material/skip_next:",
                key=f"step_out_of_play_{plays}" if playing else "step_once",
                on_click=_step,
                args=(session, playing),
                shortcut="right" if keys else None,
                disabled=ended,
            )
        st.button(
            _("Reset"),
            icon=":material/replay:",
            key="reset",
            on_click=_reset,
            args=(session,),
            shortcut="home" if keys else None,
        )
        if seeds:
            st.button(
                _("New seed"),
                icon=":material/casino:",
                key="new_seed",
                on_click=new_seed,
                shortcut="n" if keys else None,
            )
        with st.container(key="keys", width="content"):
            st.caption(_("keys"), help=_help(), width="content")


def _help() -> str:
    """What the buttons do, and their shortcuts.

    Beside the buttons, not on them: Streamlit draws a button with a tooltip twice and hides one.
    """
    return _(
        "**Run** / **Pause** (Space): start or stop training.\n\n"
        "**Step** (→): pause, and take exactly one update; looking back, show the next step.\n\n"
        "**Reset** (Home): back to step 0 with the same seed and the present learning rate.\n\n"
        "**New seed** (N): start again with other initial weights."
    )
