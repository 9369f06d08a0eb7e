"""The search for learning rates on the Compare page."""

from __future__ import annotations

import streamlit as st

from dashboard.app import player, widgets
from dashboard.app.language import gettext as _
from dashboard.app.limits import Work, refusal
from dashboard.app.sidebar import Settings
from dashboard.app.text import engines, shown, speed
from dashboard.charts.draw import draw
from dashboard.charts.loss_axes import held_out_name
from dashboard.compare.contenders import Contender
from dashboard.compare.lr_search import charts as search_charts
from dashboard.compare.lr_search import text as search_words
from dashboard.compare.lr_search.live_search import LiveSearch, SearchFrame
from dashboard.compare.lr_search.table import rates_table
from dashboard.compare.places_panel import Places
from dashboard.compare.settings import TUNE, TUNE_STEPS
from dashboard.compare.verdict_panel import show_verdict
from rnn_core import Task, lr_grid
from rnn_core.experiments.lr_search import TUNING_SEEDS
from rnn_core.tasks.series import SERIES

_KEY = "lr_search"
# Bytes that the last search took which the server allowed.
_ALLOWED = "allowed lr_search"


def toggle() -> bool:
    """Whether learning rates are tuned."""
    return widgets.toggle(
        TUNE,
        _("Tune lr for each contender"),
        _(
            "A learning rate that suits one cell may be too small or too large for another. Before "
            "the comparison, every contender is trained at the same learning rates, on seeds that "
            "the comparison does not use, and gets the one with its lowest median {loss}. "
            "The sidebar's learning rate is the middle of the grid."
        ).format(loss=held_out_name(validates=widgets.current_task() == SERIES.name)),
    )


def can_be_tuned(contenders: tuple[Contender, ...], task: Task | None) -> bool:
    """Whether no two are the same at one learning rate, and the search is allowed; else tells why.

    Args:
        contenders: of the comparison to come.
        task: as in `LiveSearch`.
    """
    if len({contender.config for contender in contenders}) < len(contenders):
        st.info(
            _("Some contenders differ in their learning rate alone, so there is nothing to tune."),
            icon=":material/tune:",
        )
        return False
    configs = tuple(contender.config for contender in contenders)
    runs = len(lr_grid()) * TUNING_SEEDS
    held = st.session_state.get(_ALLOWED, 0)
    work = Work(configs, runs, task, decided=frozenset({"networks"}), held=held)
    too_much = refusal(work)
    if not too_much:
        st.session_state[_ALLOWED] = work.cost.bytes
    else:
        said = _("The learning rates are not tuned.")
        st.error(f"{said} {too_much}", icon=":material/block:")
    return not too_much


def step_budget() -> int:
    """Steps of each run of the search, from a box."""
    return widgets.whole_number(
        TUNE_STEPS,
        _("Tuning steps"),
        _(
            "Steps of each run of the search. Far fewer than the comparison will take favour large "
            "learning rates."
        ),
    )


def open_search(
    contenders: tuple[Contender, ...],
    test_seeds: range,
    centre: float,
    steps: int,
    settings: Settings,
) -> player.Session[LiveSearch]:
    """The visitor's search, with the page's settings.

    Args:
        contenders: of the comparison to come.
        test_seeds: of the comparison to come.
        centre: middle of the grid.
        steps: of each run.
        settings: what the sidebar says.
    """
    return player.open_session(
        _KEY,
        begin=lambda: LiveSearch(contenders, test_seeds, centre, steps, task=settings.task),
        adopt=lambda live: _adopt(live, contenders, test_seeds, centre, steps, settings),
        refusals=settings.refusals,
        counts=False,
        on_screen=False,  # once it is done, the comparison is
    )


def _adopt(
    live: LiveSearch,
    contenders: tuple[Contender, ...],
    seeds: range,
    centre: float,
    steps: int,
    settings: Settings,
) -> str:
    if live.configure(contenders, seeds, centre, steps, task=settings.task):
        return _("Learning rates are tuned again: the contenders, the data or the grid changed.")
    return ""


def watch(session: player.Session[LiveSearch], settings: Settings, places: Places) -> None:
    """Draw the search and the player.

    Args:
        session: the visitor's search.
        settings: what the sidebar says.
        places: of the page.
    """
    player.keep_session(session)
    player.watch(
        session,
        lambda: Panel(session.run, session.restarted, places),
        settings,
        buttons=places.bar.buttons,
    )


def show_outcome(live: LiveSearch, places: Places) -> None:
    """The learning rates that a comparison uses: a warning, a sentence, and the details.

    Args:
        live: a search that has ended.
        places: of the page.
    """
    frame = live.frame()
    warning = search_words.at_edge(frame.contenders, frame.choices)
    if warning:
        places.notices.warning(warning, icon=":material/tune:")
    with places.after:
        st.caption(search_words.outcome(live.tuned))
        with st.expander(_("How the learning rates were tuned"), icon=":material/tune:"):
            st.caption(search_words.budget(frame))
            draw(search_charts.losses_by_rate(frame))
            _show_table(frame)


class Panel:
    """Everything that moves: step, status, progress, chart and table.

    Args:
        live: what is drawn.
        restarted: why it started again, if it just did.
        places: of the page.
    """

    def __init__(self, live: LiveSearch, restarted: str, places: Places) -> None:
        self._live = live
        frame = live.frame()
        with places.bar.readouts:
            step = st.container(width="content")
        with places.body:
            said = " ".join(filter(None, (restarted, search_words.status(frame))))
            show_verdict(
                search_words.headline(frame),
                said,
                engines(frame.engines) + speed(frame),
                (search_words.budget(frame),),
            )
            self._bar = st.progress(frame.progress, search_words.progress(frame))
            self._chart = draw(search_charts.losses_by_rate(frame))
            st.caption(
                _(
                    "Median over the seeds at each learning rate, the lowest ringed: the online "
                    "loss while networks are trained, the {loss} of their frozen weights at "
                    "the end. A rate at which most networks have diverged has no point."
                ).format(loss=held_out_name(validates=frame.validates))
            )
            _show_table(frame)
        self._step = step.metric(_("At step"), str(frame.index), width="content")

    def update(self) -> None:
        """Redraw progress and chart; text and table stay for a beat."""
        frame = self._live.frame()
        self._bar.progress(frame.progress, search_words.progress(frame))
        draw(search_charts.losses_by_rate(frame), self._chart)
        self._step.metric(_("At step"), str(frame.index), width="content")


def _show_table(frame: SearchFrame) -> None:
    loss = st.column_config.NumberColumn
    st.dataframe(
        rates_table(frame),
        hide_index=True,
        column_config={
            "contender": _("Contender"),
            "lr": _("Best lr"),
            **{
                rate: loss(_("loss at {rate}").format(rate=rate), format="%.4g")
                for rate in (shown("lr", rate) for rate in frame.choices[0].grid)
            },
        },
        alt=_("The median loss of each contender at each learning rate."),
    )
