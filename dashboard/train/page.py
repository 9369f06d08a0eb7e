"""The Train page: player, readouts and charts around one live run."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.app import player
from dashboard.app import sidebar as controls
from dashboard.app.language import gettext as _
from dashboard.app.playback import Status
from dashboard.app.player import Session
from dashboard.app.sidebar import Settings
from dashboard.charts.draw import draw
from dashboard.charts.signals import signals
from dashboard.train import charts
from dashboard.train import text as words
from dashboard.train.live_run import Frame, LiveRun
from dashboard.train.replay import panel as replay_panel
from dashboard.train.views import panel as look_panel
from dashboard.train.views import text as look_words
from dashboard.train.views.update import panel as slow_panel


def page(settings: Settings, refusals: list[str]) -> None:
    """The whole page, top to bottom.

    Args:
        settings: what the sidebar says.
        refusals: what the visitor's link asked for and could not have.
    """
    controls.header(_("Watch a recurrent network learn"))
    session = player.open_session(
        "session",
        begin=lambda: LiveRun(settings.config),
        adopt=lambda run: _adopt(run, settings),
        refusals=refusals,
    )
    run = session.run
    run.look_back(st.session_state.get(slow_panel.moment_key(run)))
    if not _has_past(run):
        replay_panel.close()
    player.watch(
        session,
        lambda: Panel(session, settings.step_limit),
        settings,
        keys=not replay_panel.is_open(),
    )
    _time_travel(session)


def _adopt(run: LiveRun, settings: Settings) -> str:
    changes = run.configure(settings.config)
    return words.restarted(changes) if changes else ""


def _has_past(run: LiveRun) -> bool:
    """Whether it rests, and has come further than its beginning."""
    return run.status is not Status.PLAYING and run.index > 0


def _time_travel(session: Session[LiveRun]) -> None:
    """A slider over all steps, to look back; a way to go on from there; and all as a replay."""
    run = session.run
    if not _has_past(run):
        return
    if not run.can_look_back:
        st.caption(_("This network is too large to keep its past: there is no looking back."))
        return
    slider, branch, replay = st.columns([5, 1.2, 0.9], vertical_alignment="bottom")
    moment = slider.slider(
        _("Look back"),
        min_value=0,
        max_value=run.index,
        value=run.index,
        key=slow_panel.moment_key(run),
        help=_(
            "Every step of the run can be seen again, in the charts above and inside the network: "
            "it is trained again from the nearest snapshot, bit for bit."
        ),
    )
    branch.button(
        _("Go on from here"),
        icon=":material/call_split:",
        key="branch",
        on_click=_branch,
        args=(session,),
        disabled=moment == run.index,
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


def _branch(session: Session[LiveRun]) -> None:
    run = session.run
    index = run.frame().step.index
    if index == run.index:
        return  # the second delivery of a click
    run.branch()
    session.restarted = _("Goes on from step {step}; the thin line is what was.").format(step=index)


class Panel:
    """All that moves: status, notice, readouts, charts.

    The elements, their order, the charts' specifications and their alt texts stay the same from
    frame to frame, so that the browser updates them in place.

    Args:
        session: whose run is drawn.
        step_limit: where it stops by itself.
    """

    def __init__(self, session: Session[LiveRun], step_limit: int) -> None:
        self._run = run = session.run
        restarted = session.restarted
        slow_panel.go_on(session)
        frame = run.frame()
        if frame.status is Status.DIVERGED:
            st.warning(words.divergence(frame), icon=":material/trending_up:")
        else:
            said = words.status(frame, step_limit)
            st.caption(f"{said}  \n{restarted}" if restarted else said)
        with st.container(
            horizontal=True, gap="medium", vertical_alignment="bottom", key="readouts"
        ):
            step = st.container(width="content")
            self._loss = st.metric(_("Loss"), _loss(frame), width="content")
            st.markdown(words.verdict(frame) + "  \n" + words.details(frame), width="stretch")
        left, right = st.columns(2)
        with left:
            self._signals = draw(signals(frame))
            st.caption(
                _(
                    "Each window is one training step. The newest, shaded, overwrites the oldest, "
                    "as on an oscilloscope; training brings prediction and target together."
                )
            )
        with right:
            self._losses = draw(charts.loss(frame))
            st.caption(
                _(
                    "Lower is better. A floor is the best that a kind of predictor can do: a loss "
                    "that stays below it proves more memory than that. Carried memory has floor "
                    "0, which no logarithmic axis reaches. The thin line is the run before."
                )
            )
        view = _choose_view()
        self._state: DeltaGenerator | None = None
        complete = None
        if view == "state":
            self._state = draw(charts.hidden_state(frame))
            st.caption(_state_caption(frame))
        else:
            complete = look_panel.show_look(run, view, frame)
        # Last, though it stands first: who sees the step's number sees all that belongs to it.
        self._step = step.metric(_("At step"), str(frame.step.index), width="content")
        if complete:
            complete()

    def update(self) -> None:
        """Move the charts and the two numbers; words, which want reading, stay for a while."""
        frame = self._run.frame()
        draw(signals(frame), self._signals)
        draw(charts.loss(frame), self._losses)
        if self._state is not None:
            draw(charts.hidden_state(frame), self._state)
        self._loss.metric(_("Loss"), _loss(frame), width="content")
        self._step.metric(_("At step"), str(frame.step.index), width="content")


def _choose_view() -> str:
    """What to look at inside the network.

    In the moving part, as it belongs between its charts; so the page's address hears of a choice
    with the next run of the whole page.
    """
    return controls.choose("look", _("Inside the network"), look_words.view_name)


def _loss(frame: Frame) -> str:
    return format(frame.step.loss, words.LOSS_FORMAT)


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
