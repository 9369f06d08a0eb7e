"""The section of the Train page that forecasts the test part, on demand."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from dashboard.app import text as words
from dashboard.app import widgets
from dashboard.app.glossary import explained
from dashboard.app.language import gettext as _
from dashboard.app.playback import Status
from dashboard.charts.draw import draw
from dashboard.run.live_run import LiveRun
from dashboard.train.horizons import charts, text
from dashboard.train.settings import HORIZONS
from rnn_core import RunConfig
from rnn_core.experiments.rolling_origin import RollingOrigin

_MADE = "forecasts of the test part"
_TABLE_HEIGHT = 260


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    """What was forecast last, or why it could not be.

    Args:
        config: settings of the run.
        series: what tells its series and their use.
        step: whose weights.
        found: the forecasts of every target; None after divergence, or with a problem.
        problem: why there are none.
    """

    config: RunConfig
    series: str
    step: int
    found: tuple[RollingOrigin, ...] | None
    problem: ValueError | None = None


def show(run: LiveRun) -> None:
    """Show the section, where the run's task has a test part; what was made stays until pressed."""
    if not run.has_test_part:
        return
    made = st.session_state.get(_MADE)
    if not isinstance(made, _Made) or (made.config, made.series) != _of(run):
        made = None  # of another run
    with st.expander(_("Test part: forecasts by horizon"), expanded=made is not None):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            with st.container(width=160):
                widgets.whole_number(
                    HORIZONS,
                    _("Longest horizon"),
                    _("Rows ahead. Every shorter horizon is scored, too."),
                )
            st.button(
                _("Evaluate on the test part"),
                icon=":material/query_stats:",
                key="evaluate_test_part",
                on_click=_evaluate,
                args=(run, int(widgets.chosen(HORIZONS))),
                disabled=run.status is Status.PLAYING,
            )
        if made is not None:
            _show(made)
        st.caption(
            explained(
                _(
                    "Rolling origin: forecasts from many rows of the test part, each from what is "
                    "known there, their errors averaged by horizon. MASE is the MAE relative to "
                    "that of persistence, seasonal where there is a period, in the training part. "
                    "Look once, at the end: settings chosen by the test part make it a second "
                    "validation part."
                )
            )
        )


def _show(made: _Made) -> None:
    if made.problem is not None:
        st.warning(words.problem(made.problem), icon=":material/block:")
        return
    if made.found is None:
        st.warning(_("The run has diverged, so there is nothing more to see here."))
        return
    over_all = text.over_all(made.found)
    if over_all:
        st.markdown(explained(over_all))
    found = made.found[_target(made.found)]
    st.markdown(explained(text.verdict(found) + "  \n" + text.how(found, made.step)))
    if len(found.horizons) > 1:
        left, right = st.columns(2)
        with left:
            draw(charts.by_horizon(found))
        with right:
            draw(charts.paths(found))
    # Help is Markdown.
    number, unit = st.column_config.NumberColumn, words.plain(found.column)
    st.dataframe(
        text.rows(found),
        hide_index=True,
        height=_TABLE_HEIGHT if len(found.horizons) > 1 else "auto",
        column_config={
            "horizon": number(_("Horizon"), format="%d"),
            "forecast": st.column_config.TextColumn(_("Forecast")),
            "mae": number(
                "MAE", format="%.4g", help=_("Mean absolute error, in {unit}.").format(unit=unit)
            ),
            "rmse": number(
                "RMSE",
                format="%.4g",
                help=_("Root mean squared error, in {unit}.").format(unit=unit),
            ),
            "mase": number("MASE", format="%.3f"),
        },
    )


def _target(found: tuple[RollingOrigin, ...]) -> int:
    """The target that is shown, counted from 0; a list asks for it where there are several."""
    if len(found) < 2:
        return 0
    return int(
        st.selectbox(
            _("Target"),
            range(len(found)),
            format_func=lambda number: found[number].column,
            # Another run may have fewer targets.
            key=f"forecast target of {len(found)}",
            width=320,
        )
    )


def _of(run: LiveRun) -> tuple[RunConfig, str]:
    """What tells the forecasts of a run from those of another one."""
    frame = run.frame()
    units = frame.units
    return frame.config, "" if units is None else f"{units.series.digest}:{units.plan!r}"


def _evaluate(run: LiveRun, horizons: int) -> None:
    """Forecast with the weights of the step on screen, and keep what was found."""
    if run.status is Status.PLAYING:
        return
    found, problem = None, None
    try:
        found = run.rolling_origins(horizons)
    except ValueError as error:
        problem = error
    st.session_state[_MADE] = _Made(*_of(run), run.shown, found, problem)
