"""The Train page: player, readouts and charts around one live run."""

from __future__ import annotations

from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import controls, player, words
from dashboard import train_charts as charts
from dashboard.chart import Chart
from dashboard.controls import Settings
from dashboard.language import gettext as _
from dashboard.live_run import Frame, LiveRun
from dashboard.playback import Status
from dashboard.player import Session


def page() -> None:
    """The whole page, top to bottom."""
    controls.choose_language()
    first_visit = "session" not in st.session_state
    refusals = _open_link() if first_visit else []
    settings = controls.sidebar()
    if first_visit:
        st.session_state["session"] = Session(LiveRun(settings.config), refusals)
    session: Session = st.session_state["session"]
    run: LiveRun = session.run  # type: ignore[assignment]
    run.touch()
    changes = run.configure(settings.config)
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
    player.watch(session, partial(_train_and_draw, session, run, settings), controls.new_seed)


def _open_link() -> list[str]:
    """Take over what the link asks for, tolerantly; give what it cannot have."""
    values, refusals = controls.read_link(st.query_params.to_dict())
    for name, value in values.items():
        st.session_state[name] = value
    return refusals


def _train_and_draw(
    session: Session, run: LiveRun, settings: Settings, sharers: int
) -> player.Redraw:
    run.tick(settings.most_steps, settings.step_limit, sharers)
    panel = Panel(run.frame(), settings.step_limit, session.restarted)

    def redraw(sharers: int) -> None:
        run.tick(settings.most_steps, settings.step_limit, sharers)
        panel.update(run.frame())

    return redraw


class Panel:
    """All that moves: status, notice, readouts, charts.

    The elements, their order, the charts' specifications and their alt texts stay the same from
    frame to frame, so that the browser updates them in place.

    Args:
        frame: the moment to draw.
        step_limit: where the run stops by itself.
        restarted: why it began again, if it just did.
    """

    def __init__(self, frame: Frame, step_limit: int, restarted: str) -> None:
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
            self._signals = _draw(charts.signals(frame))
            st.caption(
                _(
                    "Each window is one training step. The newest, shaded, overwrites the oldest, "
                    "as on an oscilloscope; training brings prediction and target together."
                )
            )
        with right:
            self._losses = _draw(charts.loss(frame))
            st.caption(
                _(
                    "Lower is better. A floor is the best that a kind of predictor can do: a loss "
                    "that stays below it proves more memory than that. Carried memory has floor "
                    "0, which no logarithmic axis reaches. The thin line is the run before."
                )
            )
        self._state = _draw(charts.hidden_state(frame))
        st.caption(_state_caption(frame))
        # Last, though it stands first: who sees the step's number sees all that belongs to it.
        self._step = step.metric(_("At step"), str(frame.step.index), width="content")

    def update(self, frame: Frame) -> None:
        """Move the charts and the two numbers; words, which want reading, stay for a while."""
        _draw(charts.signals(frame), self._signals)
        _draw(charts.loss(frame), self._losses)
        _draw(charts.hidden_state(frame), self._state)
        self._loss.metric(_("Loss"), _loss(frame), width="content")
        self._step.metric(_("At step"), str(frame.step.index), width="content")


def _draw(chart: Chart, place: DeltaGenerator | None = None) -> DeltaGenerator:
    """In a new place, or where a chart of the same specification stands."""
    draw = st.vega_lite_chart if place is None else place.vega_lite_chart
    return draw({**chart.spec, "datasets": chart.tables}, width="stretch", alt=chart.alt)


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
