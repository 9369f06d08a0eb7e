"""The Train page: player, readouts and charts around one live run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.app import player, widgets
from dashboard.app.body import body
from dashboard.app.glossary import definition, explained
from dashboard.app.language import gettext as _
from dashboard.app.page import Page
from dashboard.app.playback import Status
from dashboard.app.player import Bar, Session
from dashboard.app.sidebar import Settings
from dashboard.app.text import LOSS_FORMAT
from dashboard.app.tour_panel import tour
from dashboard.charts.draw import draw
from dashboard.run import charts, text
from dashboard.run.figure import figure
from dashboard.run.frame import Frame
from dashboard.run.live_run import LiveRun
from dashboard.run.views import panel as view_panel
from dashboard.run.views.registry import view
from dashboard.train import moments_panel, next_panel, presets_panel
from dashboard.train.files import panel as files_panel
from dashboard.train.horizons import panel as horizons_panel
from dashboard.train.replay import panel as replay_panel
from dashboard.train.reveal_panel import reveal
from dashboard.train.settings import EARLY_STOPPING, LOOK, SETTINGS
from dashboard.train.time_travel_panel import leave_past, time_travel
from dashboard.train.tour import stops
from rnn_core import RunConfig
from rnn_core.messages import N_

# Seconds for which a verdict and its numbers stay at least, to be read.
_READING = 1.0


def page(config: RunConfig, settings: Settings) -> None:
    """The whole page, top to bottom.

    Args:
        config: the run of the sidebar.
        settings: what else is chosen there.
    """
    session = player.open_session(
        "session",
        begin=lambda: LiveRun(config, task=settings.task),
        adopt=lambda run: _adopt(run, config, settings),
        refusals=settings.refusals,
        followed=True,
    )
    tour(stops())
    body(session, lambda: _draw(session, settings))
    files_panel.show(session)
    reveal()


def _draw(session: Session[LiveRun], settings: Settings) -> None:
    leave_past(session.run)
    places = _places()
    with places.bar.pace:
        player.pace(settings.pace)
    player.watch(
        session,
        lambda: Panel(session, settings.step_limit, places),
        settings,
        buttons=places.bar.buttons,
        keys=not replay_panel.is_open(),
    )
    with places.history:
        time_travel(session)
        moments_panel.show(session.run)
    horizons_panel.show(session.run)


def _menu() -> None:
    """The page's part of the header."""
    presets_panel.menu()
    files_panel.reserve()


@dataclass(frozen=True, slots=True)
class Places:
    """Where the page's parts are, top to bottom. The moving part draws into all but
    history.

    Args:
        bar: of the player.
        verdict: three lines, whatever they say.
        figure: the figure, and the loss beside it.
        history: the steps before.
        following: what to try next.
        details: numbers for the curious.
        inside: the views inside the network.
    """

    bar: Bar
    verdict: DeltaGenerator
    figure: DeltaGenerator
    history: DeltaGenerator
    following: DeltaGenerator
    details: DeltaGenerator
    inside: DeltaGenerator


def _places() -> Places:
    return Places(
        player.bar(),
        st.container(key="verdict", gap=None),
        st.container(key="picture"),
        st.container(key="history"),
        st.container(key="following"),
        _notes(),
        st.container(key="inside"),
    )


def _adopt(run: LiveRun, config: RunConfig, settings: Settings) -> str:
    changes = run.configure(config, settings.task)
    run.stop_early(settings.patience)
    return text.restarted(changes) if changes else ""


class Panel:
    """Everything that moves: status, notice, readouts, charts.

    The elements, their order, the charts' specifications and their alt texts stay the same from
    frame to frame, so that the browser updates them in place.

    Args:
        session: whose run is drawn.
        step_limit: where it stops by itself.
    """

    def __init__(self, session: Session[LiveRun], step_limit: int, places: Places) -> None:
        self._run = run = session.run
        self._updates = 0
        session.resting_beat = view_panel.advance(view(widgets.chosen(LOOK)), run)
        frame = run.frame()
        with places.bar.readouts:
            step = st.container(width="content")
            self._loss = _show_loss(st, frame)
            self._held_out, self._speed = _show_held_out(st, frame), _show_speed(st, frame)
        with places.verdict:
            self._verdict = st.markdown(_verdict(frame))
            self._written = monotonic()
            status = " ".join(filter(None, (session.restarted, text.status(frame, step_limit))))
            st.markdown(explained(f":small[{status}]"))
            with st.container(horizontal=True, vertical_alignment="center", key="told"):
                # A button at the right end stays where it is when the text becomes longer.
                st.markdown(explained(text.told_events(frame)), width="stretch")
                moments_panel.offer(run, frame)
        with places.figure:
            left, right = st.columns([5, 3])
            with left:
                self._figure = draw(figure(frame))
            with right:
                self._losses = self._draw_loss(frame)
        with places.following:
            if frame.status is Status.DIVERGED:
                st.warning(text.divergence(frame), icon=":material/trending_up:")
            next_panel.show(session, frame)
        with places.details:
            st.caption(explained(text.details(frame)))
        with places.inside:
            # In the moving part: the address follows with the next full run.
            key = widgets.choose(
                LOOK,
                _("Inside the network; after the gap, for the advanced"),
                lambda key: view(key).title,
            )
            self._view = view_panel.ShownView(run, view(key), frame)
        # Drawn last, although it comes first: once the step's number has changed, so has the rest.
        self._step = step.metric(_("At step"), str(frame.step.index), width="content")
        self._view.complete(frame)

    def update(self) -> None:
        """Redraw charts and readouts; what takes time to read stays for a while, or a beat.

        In a crowd the loss and the view take turns, and the figure moves more often for it.
        """
        frame = self._run.frame()
        self._updates += 1
        both = frame.active_runs < player.CROWD
        draw(figure(frame), self._figure)
        if both or self._updates % 2:
            self._draw_loss(frame, self._losses)
        if both or not self._updates % 2:
            self._view.update(frame)
        _show_loss(self._loss, frame)
        if monotonic() - self._written >= _READING:
            self._written = monotonic()
            self._verdict.markdown(_verdict(frame))
            _show_held_out(self._held_out, frame)
            _show_speed(self._speed, frame)
        self._step.metric(_("At step"), str(frame.step.index), width="content")

    def _draw_loss(self, frame: Frame, place: Any = None) -> Any:
        """Draw the loss, in which a click shows the step below it."""
        scrub = partial(moments_panel.scrub, self._run)
        return draw(charts.loss(frame), place, key=moments_panel.LOSS_CHART, on_select=scrub)


def _notes() -> DeltaGenerator:
    """How to read the two charts, a line each; and a place for a line below."""
    signals = _(
        "Each window is one training step; the newest is shaded. Below: the hidden state at the "
        "same time steps."
    )
    loss = _(
        "Lower is better. Dashed: floors, the losses of simpler predictors. Click to look back."
    )
    # One element: each is a message with every click.
    st.caption(
        explained(f"**{_('Signals')}** · {signals}  \n**{_('Loss')}** · {loss}"),
        help=_(
            "The newest window overwrites the oldest. The hidden state has one row per unit. It "
            "runs on across a border where it is carried, and breaks off where it is reset."
        )
        + "\n\n"
        + _(
            "A floor is the lowest loss that a kind of fixed predictor can reach. A held-out loss "
            "below it proves more memory than that. The online loss proves nothing on a slow "
            "signal, which the weights follow. The thin gray line is the run before. Flags are "
            "remarkable moments."
        ),
    )
    return st.container()


def _verdict(frame: Frame) -> str:
    return explained(text.verdict(frame)) or "–"


def _show_held_out(place: Any, frame: Frame) -> Any:
    return place.metric(
        _("Validation loss") if frame.validates else _("Held-out loss"),
        text.held_out(frame),
        help=definition("held-out-loss"),
        width="content",
    )


def _show_speed(place: Any, frame: Frame) -> Any:
    return place.metric(
        _("Steps/s"),
        "–" if frame.steps_per_second is None else f"{frame.steps_per_second:.0f}",
        width="content",
    )


def _show_loss(place: Any, frame: Frame) -> Any:
    """Write the readout of the online loss, in the same way at every redraw."""
    return place.metric(
        _("Online loss"),
        format(frame.step.loss, LOSS_FORMAT),
        help=definition("online-loss"),
        width="content",
    )


TRAIN = Page(
    "train",
    N_("Train"),
    ":material/show_chart:",
    N_("Watch a recurrent network learn"),
    page,
    SETTINGS,
    menu=_menu,
    patience=EARLY_STOPPING,
)
