"""The memory span test on the Compare page, live."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from dashboard.app import player
from dashboard.app.language import gettext as _
from dashboard.app.settings import RUN_SETTINGS, set_by_task
from dashboard.app.sidebar import Settings
from dashboard.app.text import speed
from dashboard.charts.draw import draw
from dashboard.compare.contenders import Contender
from dashboard.compare.memory_span import charts as span_charts
from dashboard.compare.memory_span import text as span_words
from dashboard.compare.memory_span.live_span import LiveSpan
from rnn_core import RunConfig

_TASK = "delayed_recall"


def base(config: RunConfig) -> RunConfig:
    """The sidebar's run on delayed recall; with that task's defaults if it is another one's."""
    if config.task == _TASK:
        return config
    names = set_by_task(_TASK) | set_by_task(config.task)
    defaults = {name: RUN_SETTINGS[name].default(_TASK) for name in names}
    return replace(config, **{**defaults, "task": _TASK})


def watch(chosen: tuple[Contender, ...], seeds: int, first_seed: int, settings: Settings) -> None:
    """Draw the test and the player.

    Args:
        chosen: who takes part.
        seeds: how many networks each has.
        first_seed: seed of the first of them.
        settings: what the sidebar says.
    """
    session = player.open_session(
        "span",
        begin=lambda: LiveSpan(chosen, seeds, first_seed),
        adopt=lambda live: _adopt(live, chosen, seeds, first_seed),
        refusals=settings.refusals,
    )
    player.watch(
        session, lambda: Panel(session.run, settings.step_limit, session.restarted), settings
    )


def _adopt(live: LiveSpan, chosen: tuple[Contender, ...], seeds: int, first_seed: int) -> str:
    if live.configure(chosen, seeds, first_seed):
        return _("Started again from the first delay: the contenders have changed.")
    return ""


class Panel:
    """Everything that moves: status, verdict and the two charts.

    Args:
        live: what is drawn.
        step_limit: where the test stops by itself.
        restarted: why it began again, if it just did.
    """

    def __init__(self, live: LiveSpan, step_limit: int, restarted: str) -> None:
        self._live = live
        frame = live.frame()
        said = span_words.status(frame, step_limit) + speed(frame)
        st.caption(f"{said}  \n{restarted}" if restarted else said)
        with st.container(key="readouts"):
            delay, step, verdict = st.columns([1, 1, 6])
            verdict.markdown(span_words.verdict(frame))
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
        st.caption(
            _(
                "After the protocol of Kent and Murray (2024): the delay grows until training "
                "fails. To recall the bit from k steps ago, a network stores k bits at once; "
                "gradients reach back over windows of four delays. The result depends on training "
                "within {budget} steps as much as on memory."
            ).format(budget=frame.step_budget)
        )
        self._delay = delay.metric(_("Delay"), str(frame.latest.delay), width="content")
        self._step = step.metric(_("At step"), str(frame.latest.index), width="content")

    def update(self) -> None:
        """Update the charts and the numbers. The texts stay, so that they can be read."""
        frame = self._live.frame()
        draw(span_charts.delays_passed(frame), self._delays_passed)
        draw(span_charts.present_delay(frame), self._present_delay)
        self._delay.metric(_("Delay"), str(frame.latest.delay), width="content")
        self._step.metric(_("At step"), str(frame.latest.index), width="content")
