"""The memory span test on the Compare page, live."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from dashboard.app import player
from dashboard.app.glossary import explained
from dashboard.app.language import gettext as _
from dashboard.app.limits import Work
from dashboard.app.player import Session
from dashboard.app.settings import RUN_SETTINGS, set_by_task
from dashboard.app.sidebar import Settings
from dashboard.app.task_text import task_title
from dashboard.app.text import engines, speed
from dashboard.app.text import shown as shown_value
from dashboard.app.widgets import Unasked
from dashboard.charts.draw import draw
from dashboard.compare.allowed_panel import Field
from dashboard.compare.memory_span import charts as span_charts
from dashboard.compare.memory_span import text as span_words
from dashboard.compare.memory_span.live_span import LiveSpan, SpanFrame
from dashboard.compare.memory_span.table import capacity_table
from dashboard.compare.places_panel import Places
from dashboard.compare.verdict_panel import show_verdict
from rnn_core import RunConfig
from rnn_core.experiments.memory_span import DELAYS, at_delay
from rnn_core.tasks import TASKS

_TASK = "delayed_recall"
# What the test changes from one delay to the next.
_DECIDED = frozenset({"delay", "window_length"})
# Seconds a beat in which the memory capacity is measured, and between two beats for that alone.
_MEASURING, _MEASURING_BEAT = 0.1, 0.3


def base(config: RunConfig) -> RunConfig:
    """The sidebar's run on delayed recall; with that task's defaults if it is another one's."""
    if config.task == _TASK:
        return config
    names = set_by_task(_TASK) | set_by_task(config.task)
    defaults = {name: RUN_SETTINGS[name].default(_TASK) for name in names}
    return replace(config, **{**defaults, "task": _TASK})


def unasked(task: str) -> Unasked:
    """The settings that the test decides by itself.

    Args:
        task: of the sidebar.
    """
    shown = {"task": task_title(_TASK)}
    reason = _(
        "This experiment has a task of its own: delayed recall, at one delay after another. It "
        "decides what is gray here; your choices stay for the other view."
    )
    unread = _DECIDED | (frozenset(TASKS[task].settings) - frozenset(TASKS[_TASK].settings))
    if task != _TASK:
        others = (set_by_task(_TASK) | set_by_task(task)) - unread
        shown |= {name: shown_value(name, RUN_SETTINGS[name].default(_TASK)) for name in others}
    return Unasked(reason, shown, unread)


def work(field: Field) -> Work:
    """What the test takes at its longest delay.

    Args:
        field: who takes part.
    """
    configs = (at_delay(contender.config, DELAYS[-1]) for contender in field.contenders)
    return Work(tuple(configs), field.seeds, decided=_DECIDED)


def watch(field: Field, settings: Settings, places: Places) -> None:
    """Draw the test and the player.

    Args:
        field: who takes part.
        settings: what the sidebar says.
        places: of the page.
    """
    with places.notices:
        session = player.open_session(
            "span",
            begin=lambda: LiveSpan(field.contenders, field.seeds, field.first),
            adopt=lambda live: _adopt(live, field),
            refusals=settings.refusals,
            counts=False,
            on_screen=False,
        )
    player.keep_session(session)  # not among the notices, where it would take room
    player.watch(
        session,
        lambda: _open_panel(session, settings.step_limit, places),
        settings,
        buttons=places.bar.buttons,
    )


def _open_panel(session: Session[LiveSpan], step_limit: int, places: Places) -> Panel:
    left = session.run.measure(_MEASURING)
    session.resting_beat = _MEASURING_BEAT if left else None
    return Panel(session.run, step_limit, session.restarted, places)


def _adopt(live: LiveSpan, field: Field) -> str:
    if live.configure(field.contenders, field.seeds, field.first):
        return _("Started again from the first delay: the contenders have changed.")
    return ""


class Panel:
    """Everything that moves: status, verdict, three charts and a table.

    Args:
        live: what is drawn.
        step_limit: where the test stops by itself.
        restarted: why it began again, if it just did.
        places: of the page.
    """

    def __init__(self, live: LiveSpan, step_limit: int, restarted: str, places: Places) -> None:
        self._live = live
        frame = live.frame()
        with places.bar.readouts:
            step, delay = st.container(width="content"), st.container(width="content")
        with places.body:
            said = " ".join(filter(None, (restarted, span_words.status(frame, step_limit))))
            show_verdict(
                span_words.headline(frame),
                said,
                engines(frame.engines) + speed(frame),
                (span_words.spans(frame), span_words.what_a_span_is(frame)),
            )
            self._draw_delays(frame)
            # The style sheet keeps room for the longest.
            with st.container(key="caution"):
                st.markdown(f":small[{span_words.caution(frame)}]")
            left, right = st.columns([6, 5])
            with left:
                self._capacity = draw(span_charts.capacity_by_lag(frame))
            with right:
                _show_capacities(frame)
                st.caption(explained(span_words.how_to_read_the_capacity(frame)))
        self._delay = delay.metric(_("Delay"), str(frame.latest.delay), width="content")
        self._step = step.metric(_("At step"), str(frame.latest.index), width="content")

    def _draw_delays(self, frame: SpanFrame) -> None:
        left, right = st.columns(2)
        with left:
            self._delays_passed = draw(span_charts.delays_passed(frame))
            st.caption(
                _(
                    "Each row is a delay. A cell says how many of a contender's networks learnt to "
                    "recall a random bit from that many steps ago. With more than half of them, "
                    "the contender goes on to the next delay."
                )
            )
        with right:
            self._present_delay = draw(span_charts.present_delay(frame))
            st.caption(
                _(
                    "Each line is one fresh network: its mean loss over the last 20 steps. It "
                    "passes at the dashed line, half-way between the floors with no memory and "
                    "with full memory."
                )
            )

    def update(self) -> None:
        """Update the charts and the numbers. The texts stay, so that they can be read."""
        frame = self._live.frame()
        draw(span_charts.delays_passed(frame), self._delays_passed)
        draw(span_charts.present_delay(frame), self._present_delay)
        draw(span_charts.capacity_by_lag(frame), self._capacity)
        self._delay.metric(_("Delay"), str(frame.latest.delay), width="content")
        self._step.metric(_("At step"), str(frame.latest.index), width="content")


def _show_capacities(frame: SpanFrame) -> None:
    number = st.column_config.NumberColumn
    st.dataframe(
        capacity_table(frame),
        hide_index=True,
        placeholder="–",
        column_config={
            "contender": _("Contender"),
            "delay": number(_("Delay"), format="%d"),
            "trained": number(_("Trained"), format="%.1f"),
            "untrained": number(_("Untrained"), format="%.1f"),
            "bound": number(_("Bound"), format="%d"),
        },
        alt=_("The sum of the memory capacity over all lags, a row for each contender."),
    )
