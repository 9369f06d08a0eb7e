"""The Compare page: contenders trained on the same windows, from the same seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.app import player, widgets
from dashboard.app.glossary import explained
from dashboard.app.language import gettext as _
from dashboard.app.page import Page
from dashboard.app.playback import Status
from dashboard.app.settings import PageSetting
from dashboard.app.sidebar import Settings
from dashboard.app.text import capital, engines, speed
from dashboard.charts.draw import draw
from dashboard.charts.loss_axes import floor_list, held_out_name
from dashboard.compare import charts as compare_charts
from dashboard.compare import log_panel
from dashboard.compare import text as compare_words
from dashboard.compare.allowed_panel import Field, allowed
from dashboard.compare.contender_table import forget_own_contenders, own_contenders
from dashboard.compare.contenders import (
    FEWEST,
    MOST,
    PRESETS,
    Change,
    Contender,
    contenders,
    first_seed,
    preset_name,
)
from dashboard.compare.laid_log import Beside
from dashboard.compare.live_comparison import ComparisonFrame, LiveComparison
from dashboard.compare.lr_search import panel as search_panel
from dashboard.compare.lr_search.live_search import LiveSearch
from dashboard.compare.memory_span import panel as span_panel
from dashboard.compare.places_panel import Places, lay_out
from dashboard.compare.settings import (
    MATCH,
    PACE,
    PRESET,
    SEEDS,
    SETTINGS,
    SPAN_PRESET,
    SPAN_SEEDS,
    THRESHOLD,
    VIEW,
)
from dashboard.compare.table import curves_table, seeds_table, summary_table
from dashboard.compare.verdict_panel import show_verdict
from rnn_core import RunConfig, equalise
from rnn_core.messages import N_

if TYPE_CHECKING:
    import pandas as pd

# The session's comparison.
_COMPARISON = "comparison"
# Charts of predictions in a row.
_ABREAST = 3
# Width of the table's column of names, in pixels.
_NAME_WIDTH = 120
# Seconds between two redraws while paused, as long as networks are being evaluated.
_RESTING_BEAT = 0.2


@dataclass(frozen=True, slots=True)
class Emphasis:
    """Which contenders the charts show, and how.

    Args:
        hidden: names of those left out of the charts.
        highlight: name of the highlighted one, if any.
        threshold: loss to which the table counts steps.
    """

    hidden: frozenset[str]
    highlight: str | None
    threshold: float


def page(config: RunConfig, settings: Settings) -> None:
    """The whole page, top to bottom.

    Args:
        config: the run of the sidebar; contenders change some of it.
        settings: what else is chosen in the sidebar.
    """
    places = lay_out()
    with places.bar.pace:
        player.pace(settings.pace)
    views = {"learning": _("How well do they learn?"), "span": _("How far can they remember?")}
    with places.controls, st.container(key="views", width="content"):
        view = widgets.choose(VIEW, _("View"), lambda key: views.get(key, key), hide_label=True)
    if view == "span":
        _remember(config, settings, places)
    else:
        _learn(config, settings, places)


def unasked() -> widgets.Unasked:
    """Which of the sidebar's settings the experiment on screen decides by itself."""
    if widgets.chosen(VIEW) == "span":
        return span_panel.unasked(widgets.current_task())
    return widgets.Unasked()


def _learn(config: RunConfig, settings: Settings, places: Places) -> None:
    """Contenders learn the sidebar's task."""
    preset, options = _who(PRESET, places)
    with options:
        seeds = _seeds(SEEDS)
        match = _match()
        tune = search_panel.toggle()
    with places.notices:
        changes = _changes(config, preset)
        first = _first_seed(config.seed, seeds)
    # Tuning replaces learning rates that contenders have of their own.
    at_one_rate = _contenders(config, [_without_rate(change) for change in changes], match)
    if tune:
        with places.notices:
            tune = search_panel.can_be_tuned(at_one_rate, settings.task)
    if not tune:
        chosen = _contenders(config, changes, match)
        _compare(Field(chosen, seeds, first, settings.task), places, settings)
        return
    with options:
        steps = search_panel.step_budget()
    with places.notices:
        search = search_panel.open_search(
            at_one_rate, range(first, first + seeds), config.lr, steps, settings
        )
    if not search.run.done:
        _search_instead(search)
        search_panel.watch(search, settings, places)
        return
    search_panel.show_outcome(search.run, places)
    tuned = Field(search.run.tuned, seeds, first, settings.task, tuned=True)
    _compare(tuned, places, settings, search.run)


def _who(setting: PageSetting, places: Places) -> tuple[str, DeltaGenerator]:
    """Ask which contenders take part; give the preset, and the place of the other options."""
    with places.controls:
        preset = _preset(setting)
        options = st.popover(_("Options"), icon=":material/tune:")
    options.caption(
        _(
            "Each contender is the network of the sidebar with something changed. Your own: {few} "
            "to {many} rows of a table."
        ).format(few=FEWEST, many=MOST)
    )
    return preset, options


def _without_rate(change: Change) -> Change:
    return {name: value for name, value in change.items() if name != "lr"}


def _search_instead(search: player.Session[LiveSearch]) -> None:
    """Play the search if the comparison was playing, which has to wait for it."""
    comparison = st.session_state.get(_COMPARISON)
    if comparison is not None and comparison.run.status is Status.PLAYING:
        comparison.run.pause()
        search.run.play()


def _compare(
    asked: Field, places: Places, settings: Settings, search: LiveSearch | None = None
) -> None:
    """The comparison itself.

    Args:
        asked: who takes part.
        places: of the page.
        settings: what the sidebar says.
        search: by which the learning rates were tuned; None if they were not.
    """
    with places.notices:
        field = allowed(
            _COMPARISON, asked, asked.work, SEEDS, adjustable=widgets.chosen(PRESET) != "own"
        )
        if field is None:
            return
        session = player.open_session(
            _COMPARISON,
            begin=lambda: LiveComparison(
                field.contenders, field.seeds, field.first, task=field.task, tuned=field.tuned
            ),
            adopt=lambda live: _adopt(live, field),
            refusals=() if asked.tuned else settings.refusals,
            on_screen=False,
        )
    player.keep_session(session)  # not among the notices, where it would take room
    live = session.run
    if search is not None and search.take_over():
        session.restarted = ""
        live.play()
    with places.controls:
        emphasis_place = st.popover(_("Emphasis"), icon=":material/visibility:")
        files = st.popover(_("File"), icon=":material/folder_open:")
    with emphasis_place:
        emphasis = _emphasise(live)
    with files:
        _downloads(live, emphasis.threshold)
        beside = log_panel.ask()
    player.watch(
        session,
        lambda: Panel(session, settings.step_limit, emphasis, places, beside),
        settings,
        buttons=places.bar.buttons,
    )


def _adopt(live: LiveComparison, field: Field) -> str:
    if live.configure(
        field.contenders, field.seeds, field.first, task=field.task, tuned=field.tuned
    ):
        return _("Started again from step 0: the contenders or the data have changed.")
    return ""


def _remember(config: RunConfig, settings: Settings, places: Places) -> None:
    """Contenders recall bits over one delay after another."""
    chosen_before = widgets.choices()
    if PRESET.name in chosen_before and SPAN_PRESET.name not in chosen_before:
        # Chosen in the other view, or by a link from before this view had a preset of its own.
        widgets.set_value(SPAN_PRESET, widgets.chosen(PRESET))
    preset, options = _who(SPAN_PRESET, places)
    with options:
        seeds = _seeds(SPAN_SEEDS)
        match = _match()
    base = span_panel.base(config)
    with places.notices:
        changes = _changes(base, preset)
        first = _first_seed(config.seed, seeds)
    asked = Field(_contenders(base, changes, match), seeds, first)
    with places.notices:
        field = allowed(
            "span", asked, span_panel.work(asked), SPAN_SEEDS, adjustable=preset != "own"
        )
    if field is not None:
        span_panel.watch(field, settings, places)


def _preset(setting: PageSetting) -> str:
    """Which contenders take part."""
    return widgets.select(
        setting,
        _("Contenders"),
        preset_name,
        width=250,
        label_visibility="collapsed",
    )


def _seeds(setting: PageSetting) -> int:
    """How many networks each contender has."""
    return widgets.whole_number(
        setting,
        _("Seeds"),
        _(
            "Networks of each contender, from the sidebar's seed on. One run proves little: "
            "other initial weights may reverse the order."
        ),
    )


def _first_seed(wanted: int, seeds: int) -> int:
    """The seed of each contender's first network; tells if it cannot be the sidebar's."""
    first = first_seed(wanted, seeds)
    if first != wanted:
        st.warning(
            _(
                "There are fewer than {seeds} seeds from {wanted} on. Seeds {first} to {last} are "
                "used instead."
            ).format(seeds=seeds, wanted=wanted, first=first, last=first + seeds - 1),
            icon=":material/casino:",
        )
    return first


def _match() -> str:
    """What all contenders have the same number of."""
    kinds = {"hidden_size": _("hidden units"), "parameters": _("parameters")}
    return widgets.choose(
        MATCH,
        _("Match by"),
        lambda key: kinds.get(key, key),
        help=_(
            "With the same number of hidden units an LSTM has about four times the parameters of "
            "an RNN. Matched by parameters, hidden sizes are chosen so that all contenders have "
            "about the same number of them."
        ),
    )


def _changes(base: RunConfig, preset: str) -> tuple[Change, ...]:
    """What each contender of a preset changes, or each row of the table."""
    if preset == "own":
        last = st.session_state.get("last_preset", "cells")
        return own_contenders(base, PRESETS[last](base))
    st.session_state["last_preset"] = preset
    if "own" not in (widgets.chosen(PRESET), widgets.chosen(SPAN_PRESET)):
        forget_own_contenders()
    return PRESETS[preset](base)


def _contenders(base: RunConfig, changes: Sequence[Change], match: str) -> tuple[Contender, ...]:
    """The contenders, with hidden sizes that give them what they are matched by."""
    chosen = contenders(base, changes)
    if match == "parameters":
        sized = _equalised(tuple(contender.config for contender in chosen))
        chosen = tuple(
            replace(contender, config=config)
            for contender, config in zip(chosen, sized, strict=True)
        )
    return chosen


@lru_cache(maxsize=64)
def _equalised(configs: tuple[RunConfig, ...]) -> tuple[RunConfig, ...]:
    """Cached: every click asks again, and the search takes as long as a redraw."""
    return tuple(equalise(configs))


def _emphasise(live: LiveComparison) -> Emphasis:
    """Which contenders are hidden or highlighted, and the table's threshold."""
    names = [contender.name for contender in live.contenders]
    shown = st.pills(
        _("Shown"), options=names, default=names, selection_mode="multi", key=f"shown {names}"
    )
    highlight = st.pills(_("Highlighted"), options=names, key=f"highlighted {names}")
    if highlight not in names:
        highlight = None
    lowest = compare_words.lowest_floor(live.floors)
    threshold = widgets.optional_number(
        THRESHOLD,
        _("Threshold"),
        _("The table counts the steps to this loss. Empty: the lowest floor above 0."),
        format(lowest, ".3g"),
    )
    return Emphasis(frozenset(names) - frozenset(shown), highlight, threshold or lowest)


def _downloads(live: LiveComparison, threshold: float) -> None:
    st.markdown(_("**Save**"))
    st.caption(_("The page's address is a link to this comparison. Its results as CSV:"))
    with st.container(horizontal=True, gap="xsmall"):
        st.download_button(
            _("Every network"),
            data=lambda: _csv(seeds_table(live.frame(), live.steps_until(threshold))),
            file_name="networks.csv",
            mime="text/csv",
            on_click="ignore",
            key="download_networks",
        )
        st.download_button(
            _("Curves"),
            data=lambda: _csv(curves_table(live.frame())),
            file_name="curves.csv",
            mime="text/csv",
            on_click="ignore",
            key="download_curves",
        )


def _csv(table: pd.DataFrame) -> bytes:
    text: str = table.to_csv(index=False)
    return text.encode()


class Panel:
    """Everything that moves: step, verdict, charts and table.

    The elements and their order stay the same from frame to frame.

    Args:
        session: the comparison.
        step_limit: where it stops by itself.
        emphasis: how to draw it.
        places: of the page.
        beside: logs from elsewhere, to draw beside it.
    """

    def __init__(
        self,
        session: player.Session[LiveComparison],
        step_limit: int,
        emphasis: Emphasis,
        places: Places,
        beside: Beside,
    ) -> None:
        live = session.run
        self._live, self._emphasis, self._beside = live, emphasis, beside
        frame = live.frame()
        session.resting_beat = _RESTING_BEAT if live.is_evaluating else None
        with places.bar.readouts:
            step = st.container(width="content")
            self._networks = _show_networks(st, frame)
        with places.body:
            said = " ".join(
                filter(None, (session.restarted, compare_words.status(frame, step_limit)))
            )
            show_verdict(
                compare_words.headline(frame),
                said,
                engines(frame.engines) + speed(frame),
                (*compare_words.findings(frame), compare_words.how_it_is_judged(frame)),
            )
            self._draw_losses(frame)
            self._predictions = self._draw_predictions(frame)
            st.caption(
                _(
                    "Predictions of each contender over the last windows: median over the seeds, "
                    "and a band from the 10th to the 90th percentile. The target is dashed, or "
                    "ringed where it is a symbol; the fuller a dot, the more networks predict that "
                    "symbol."
                )
            )
            _show_table(live, frame, emphasis.threshold)
        # Drawn last, though it stands first: once the step's number is there, so is all else.
        self._step = step.metric(_("At step"), str(frame.index), width="content")

    def update(self) -> None:
        """Redraw charts and readouts; text and table, which take time to read, stay for a beat."""
        frame = self._live.frame()
        hidden, highlight = self._emphasis.hidden, self._emphasis.highlight
        draw(compare_charts.loss(frame, hidden, highlight, self._beside), self._loss)
        draw(compare_charts.spread(frame, hidden, highlight), self._spread)
        for number, place in self._predictions.items():
            draw(compare_charts.predictions(frame, number, highlight), place)
        _show_networks(self._networks, frame)
        self._step.metric(_("At step"), str(frame.index), width="content")

    def _draw_losses(self, frame: ComparisonFrame) -> None:
        hidden, highlight = self._emphasis.hidden, self._emphasis.highlight
        left, right = st.columns([5, 3])
        with left:
            self._loss = draw(compare_charts.loss(frame, hidden, highlight, self._beside))
            st.caption(
                explained(
                    _(
                        "Lines: median online loss, with a band from the 10th to the 90th "
                        "percentile of the {seeds} networks. It shows how far the networks differ, "
                        "not how certain the median is. Diamonds: median {loss} of the "
                        "frozen weights. Dashed: floors, the lowest loss that a kind of fixed "
                        "predictor can reach ({floors})."
                    ).format(
                        seeds=frame.seeds,
                        loss=held_out_name(validates=frame.validates),
                        floors=floor_list(frame.floors) or "–",
                    )
                    + compare_words.beyond(frame)
                )
                # Names of others are no terms of ours.
                + compare_words.beside(self._beside, frame)
            )
        with right:
            self._spread = draw(compare_charts.spread(frame, hidden, highlight))
            st.caption(
                _(
                    "Each network has a stroke at its {loss}, and a dot at its mean online "
                    "loss over the last {steps} steps."
                ).format(loss=held_out_name(validates=frame.validates), steps=frame.online_steps)
            )

    def _draw_predictions(self, frame: ComparisonFrame) -> dict[int, DeltaGenerator]:
        """Draw the predictions; return their places by the contender's number."""
        shown = [
            number
            for number, contender in enumerate(frame.contenders)
            if contender.name not in self._emphasis.hidden
        ]
        places = {}
        for begin in range(0, len(shown), _ABREAST):
            # An empty column keeps a last row of one or two as narrow as the others.
            for column, number in zip(
                st.columns(min(_ABREAST, max(2, len(shown)))),
                shown[begin : begin + _ABREAST],
                strict=False,
            ):
                with column:
                    places[number] = draw(
                        compare_charts.predictions(frame, number, self._emphasis.highlight)
                    )
        return places


def _show_networks(place: Any, frame: ComparisonFrame) -> Any:
    """Write how many networks train, in the same way at every redraw."""
    total = frame.alive.size
    return place.metric(
        _("Networks"),
        f"{np.sum(frame.alive)} / {total}",
        help=_("Networks that have not diverged, of all contenders together."),
        width="content",
    )


def _show_table(live: LiveComparison, frame: ComparisonFrame, threshold: float) -> None:
    number = st.column_config.NumberColumn
    loss = held_out_name(validates=frame.validates)
    st.dataframe(
        summary_table(frame, live.steps_until(threshold)),
        hide_index=True,
        placeholder="–",
        column_config={
            "contender": st.column_config.TextColumn(_("Contender"), width=_NAME_WIDTH),
            "hidden_size": _("Units"),
            "parameters": _("Parameters"),
            "lr": _("lr"),
            "held_out": number(
                capital(loss),
                format="%.3g",
                help=_("Median over the seeds, with frozen weights. The verdict rests on it."),
            ),
            "range": st.column_config.TextColumn(
                _("10–90 %"), help=_("Percentiles over the seeds of the {loss}.").format(loss=loss)
            ),
            "nrmse": number(
                _("NRMSE"),
                format="%.3f",
                help=_(
                    "Normalised root mean squared error: the root of the {loss} divided by "
                    "the variance of the target. 1 is the best constant."
                ).format(loss=loss),
            ),
            "online": number(
                _("Online loss"),
                format="%.3g",
                help=_("Median over the seeds of the mean over the last {steps} steps.").format(
                    steps=frame.online_steps
                ),
            ),
            "follows": st.column_config.TextColumn(
                _("Following"),
                help=_(
                    "Seeds whose weights follow the signal: the online loss, and the held-out "
                    "loss of the next windows, are less than half of the held-out loss."
                ),
            ),
            "accuracy": number(_("Accuracy"), format="percent"),
            "diverged": _("Diverged"),
            "steps": number(
                _("Steps to {threshold:.3g}").format(threshold=threshold),
                format="%.0f",
                help=_("Until the online loss was that low; median of the seeds that reached it."),
            ),
            "reached": st.column_config.TextColumn(
                _("Reached"), help=_("Seeds whose online loss was that low.")
            ),
            "milliseconds": number(
                _("ms/step"),
                format="%.2f",
                help=_("Milliseconds of one training step of one network alone."),
            ),
        },
        alt=_("The comparison in numbers, a row for each contender."),
    )


COMPARE = Page(
    "compare",
    N_("Compare"),
    ":material/balance:",
    N_("Compare networks on the same data"),
    page,
    SETTINGS,
    unasked=unasked,
    pace=PACE,
)
