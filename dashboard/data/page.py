"""The Data page: which series is forecast, from which columns, and how it is split."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard.app import text as words
from dashboard.app import widgets
from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.app.own_series import (
    DATASET,
    FILE,
    INPUTS,
    SETTINGS,
    STANDARDISE,
    TARGETS,
    TEST,
    VALIDATION,
    OwnSeries,
    reads_series,
)
from dashboard.app.own_series_panel import kept_tasks, own_series
from dashboard.app.page import Page, go_to
from dashboard.app.settings import RUN_SETTINGS, PageSetting, set_by_task, task_config
from dashboard.app.sidebar import Settings
from dashboard.charts.draw import draw
from dashboard.data import charts, upload_panel
from dashboard.data.table import naive_rows, number_format
from rnn_core import RunConfig
from rnn_core.messages import N_, translate
from rnn_core.rules import IntRange
from rnn_core.series import BUNDLED
from rnn_core.series.units import sampled
from rnn_core.tasks.series import SERIES, SeriesTask, longest_window

_GO = "go to training"
# Of columns of numbers, so that all of them fit on a phone, in pixels.
_LEAST_WIDTH, _CELL_MARGIN, _DIGIT = 50, 18, 7


def page(config: RunConfig, settings: Settings) -> None:
    """The whole page, top to bottom.

    Args:
        config: not read: the page has the settings of its own task.
        settings: what the link could not have.
    """
    if st.session_state.pop(_GO, False):
        go_to("train")
    for refusal in settings.refusals:
        st.warning(refusal, icon=":material/link_off:")
    own = own_series()
    if own.missing is not None:
        upload_panel.wanted(own.missing)
    left, right = st.columns([1, 2], gap="large")
    with left:
        with st.container(key="source"):
            _bundled(own)
            upload_panel.upload()
        with st.container(key="plan"):
            _plan(own)
    with right:
        _shown(own)


def _bundled(own: OwnSeries) -> None:
    """Ask for a bundled series; choosing one leaves the file."""
    widgets.select(
        DATASET,
        _("Bundled series"),
        lambda name: translate(BUNDLED[name].title, _) if name in BUNDLED else name,
        then=lambda: widgets.forget({FILE.name, INPUTS.name, TARGETS.name}),
    )
    if own.missing is None and widgets.chosen(FILE) is not None:
        st.button(
            _("Leave the file, and show this series"),
            icon=":material/close:",
            on_click=widgets.forget,
            args=({FILE.name, INPUTS.name, TARGETS.name},),
        )
    elif own.series.name in BUNDLED:
        entry = BUNDLED[own.series.name]
        st.caption(
            _("{source} ([source]({url})). Licence: {licence}.").format(
                source=entry.source, url=entry.url, licence=translate(entry.licence, _)
            )
        )


def _plan(own: OwnSeries) -> None:
    """Ask how the series is used."""
    st.subheader(_("How it is used"), anchor=False)
    _columns(INPUTS, _("Inputs"), own, own.plan.inputs)
    _columns(TARGETS, _("Targets: what is forecast"), own, own.plan.targets)
    first, second = st.columns(2)
    with first:
        _run_number(
            "delay", _("Horizon (rows)"), _("How many rows ahead the forecast looks, `delay`.")
        )
    with second:
        _run_number(
            "window_length",
            _("Window (rows)"),
            _("Rows of one training step, that gradients flow back through, `window_length`."),
        )
    first, second = st.columns(2)
    with first:
        widgets.slider(
            VALIDATION,
            _("Validation part"),
            _("Share of the rows after the training part, on which the network is judged."),
            0.05,
        )
    with second:
        widgets.slider(
            TEST, _("Test part"), _("Share of the rows at the end, which stay untouched."), 0.05
        )
    widgets.toggle(
        STANDARDISE,
        _("Standardise"),
        _(
            "Subtract each column's mean and divide by its standard deviation, both of the "
            "training part alone. Undone on screen."
        ),
    )


def _columns(setting: PageSetting, label: str, own: OwnSeries, chosen: tuple[str, ...]) -> None:
    """A list to choose columns from."""
    key = f"{setting.name}_{own.series.digest}_{current_language()}"
    st.session_state[key] = list(chosen)
    st.multiselect(
        label,
        own.series.columns,
        key=key,
        on_change=lambda: widgets.set_value(setting, tuple(st.session_state.get(key, ()))),
    )


def _config() -> RunConfig:
    """The run that would be trained: the chosen one, if its task is the series."""
    chosen = {name: widgets.chosen(row) for name, row in RUN_SETTINGS.items()}
    config = RunConfig(**chosen)
    return config if reads_series(config) else task_config(SERIES.name)


def _choose_task() -> None:
    """Make the series the task of the run."""
    before = widgets.current_task()
    if before != SERIES.name:
        widgets.forget(set_by_task(before) | set_by_task(SERIES.name))
        widgets.set_value(RUN_SETTINGS["task"], SERIES.name)


def _run_number(name: str, label: str, help_text: str) -> None:
    """A box for a setting of the run, which is that of the task on the series."""
    setting, key = RUN_SETTINGS[name], f"data_{name}"
    rule = setting.rule(SERIES.name)
    assert isinstance(rule, IntRange)
    st.session_state[key] = getattr(_config(), name)

    def arrived() -> None:
        value = st.session_state.get(key)
        _choose_task()
        if isinstance(value, int) and rule.low <= value <= rule.high:
            widgets.set_value(setting, value)

    st.number_input(
        label, min_value=rule.low, max_value=rule.high, key=key, help=help_text, on_change=arrived
    )


def _train() -> None:
    _choose_task()
    st.session_state[_GO] = True


def _shown(own: OwnSeries) -> None:
    """The series as it is used: split, windows, naive forecasts; and the way to training."""
    file = upload_panel.draft()
    config = _config()
    try:
        task: SeriesTask | None = own.task(config, kept_tasks())
        problem = ""
    except ValueError as error:
        task, problem = None, words.problem(error)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(_facts(own), width="stretch")
        st.button(
            _("Train on this"),
            type="primary",
            icon=":material/play_arrow:",
            on_click=_train,
            disabled=task is None,
        )
    if problem:
        st.error(problem, icon=":material/block:")
        _shorten(own, config)
    if file is not None:
        with st.expander(_("How the file was read"), icon=":material/rule:", expanded=True):
            upload_panel.corrections(file)
    draw(charts.overview(own.series, own.plan))
    if task is not None:
        draw(charts.windows(task))
        st.caption(
            _(
                "The network reads one window at each training step and forecasts, at every row, "
                "the value a horizon later. The split is by time; nothing is shuffled."
            )
        )
        _naive(task)


def _shorten(own: OwnSeries, config: RunConfig) -> None:
    """Offer the longest window that the series has room for, if a shorter one is all it takes."""
    rule = RUN_SETTINGS["window_length"].rule(SERIES.name)
    assert isinstance(rule, IntRange)
    longest = min(longest_window(len(own.series), own.plan, config), rule.high)
    if rule.low <= longest < config.window_length:
        st.button(
            _("Use windows of {rows} rows").format(rows=longest),
            icon=":material/compress:",
            key="shorten",
            on_click=_use_windows,
            args=(longest,),
        )


def _use_windows(length: int) -> None:
    _choose_task()
    widgets.set_value(RUN_SETTINGS["window_length"], length)


def _facts(own: OwnSeries) -> str:
    """Name, rows and times of the series."""
    series = own.series
    title = (
        translate(BUNDLED[series.name].title, _)
        if series.name in BUNDLED
        else words.plain(series.name)
    )
    said = _("**{title}**: {rows} rows").format(title=title, rows=len(series))
    if series.times is not None:
        first, last = sampled(series, [0, len(series) - 1])
        said += _(", {first} to {last}").format(first=first, last=last)
    return said


def _naive(task: SeriesTask) -> None:
    """What a network has to beat."""
    st.markdown(_("**What the network has to beat**: naive forecasts of the validation part."))
    unit = words.plain(task.plan.targets[0])  # help is Markdown
    rows = naive_rows(task)

    def number(name: str, label: str, help_text: str) -> Any:
        values = [row[name] for row in rows]
        shown = number_format(values)
        letters = max(len(shown % value) for value in values)
        width = max(_LEAST_WIDTH, _CELL_MARGIN + _DIGIT * letters)
        return st.column_config.NumberColumn(label, format=shown, help=help_text, width=width)

    st.dataframe(
        rows,
        hide_index=True,
        column_config={
            "floor": st.column_config.TextColumn(_("Forecast")),
            "mae": number("mae", "MAE", _("Mean absolute error, in {unit}.").format(unit=unit)),
            "rmse": number(
                "rmse", "RMSE", _("Root mean squared error, in {unit}.").format(unit=unit)
            ),
            "mase": number(
                "mase",
                "MASE",
                _(
                    "Mean absolute scaled error: relative to that of persistence one row ahead in "
                    "the training part, or of seasonal persistence where there is a period."
                ),
            ),
            "loss": number("loss", _("Loss"), _("As the loss chart draws it: mean squared error.")),
        },
    )
    if task.period is not None:
        st.caption(_("Period found in the training part: {rows} rows.").format(rows=task.period))


DATA = Page(
    "data",
    N_("Data"),
    ":material/table_chart:",
    N_("Forecast a series of your own"),
    page,
    SETTINGS,
    shows_run=False,
)
