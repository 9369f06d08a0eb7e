"""What the Sweeps page shows: the space, its cost, and a sweep as it goes on."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.app import restrictions, widgets
from dashboard.app import text as words
from dashboard.app.language import current_language, use_language
from dashboard.app.language import gettext as _
from dashboard.app.own_series import OwnSeries, reads_series
from dashboard.app.own_series_panel import own_series
from dashboard.app.settings import LANGUAGE
from dashboard.app.sidebar import Settings
from dashboard.charts.draw import draw
from dashboard.sweeps import charts, table, take_home
from dashboard.sweeps import text as sweep_words
from dashboard.sweeps.axes_text import (
    MOST_AXES,
    VARIED,
    beginning,
    options,
    plain_axes,
    plain_axis,
)
from dashboard.sweeps.manager import (
    MOST_QUEUED,
    QUEUED,
    RUNNING,
    STOPPED,
    Manager,
    Snapshot,
    TooManySweeps,
)
from dashboard.sweeps.parallel import parallel
from dashboard.sweeps.plan import Plan, most_runs, plan, space_of, toml, too_large, too_many
from dashboard.sweeps.settings import (
    OBJECTIVE,
    PARAMETERS,
    PRUNER,
    SAMPLER,
    SEEDS,
    STEPS,
    SWEEP,
    THRESHOLD,
    TRIALS,
    VARY,
)
from dashboard.sweeps.shares import shares
from rnn_core import CELLS, TASKS, RunConfig
from rnn_core.config import is_read
from rnn_core.experiments.sweep import OBJECTIVES, Space, StorageRefused, importance

_LOG = logging.getLogger(__name__)
# Why a click did not do what it says, until the next run of the page.
_PROBLEM = "problem of the sweeps page"
# Seconds between two looks at a sweep that is on its way.
_BEAT = 1.5
# Charts of cells beside each other.
_ABREAST = 3


@st.cache_resource
def manager() -> Manager:
    """The sweeps of this server."""
    return Manager()


def show(config: RunConfig, settings: Settings) -> None:
    """The page below its header.

    Args:
        config: the run of the sidebar.
        settings: what else is chosen in the sidebar.
    """
    for refusal in settings.refusals:
        st.warning(refusal, icon=":material/link_off:")
    try:
        manager().prepare()
    except OSError as error:
        st.error(_unusable(error), icon=":material/block:")
        return
    problem = st.session_state.pop(_PROBLEM, "")
    name = widgets.chosen(SWEEP)
    if name is not None:
        # Who opens the link of a sweep wants to see it, not to define another one.
        with st.container(key="sweep"):
            if problem:
                st.error(problem, icon=":material/block:")
            _sweep(name)
        return
    left, right = st.columns(2, gap="large")
    with left, st.container(key="space"):
        planned = _ask(config)
    with right, st.container(key="sweep_plan"):
        if problem:
            st.error(problem, icon=":material/block:")
        if planned is not None:
            _planned(planned, config)


def _ask(config: RunConfig) -> Plan | None:
    """Ask for the space; the plan of its sweep, if it is possible."""
    st.subheader(_("What varies"), anchor=False)
    varied = _varied(config)
    problems = [said for name in varied if (said := _values(name))]
    st.subheader(_("How it is tried"), anchor=False)
    more = _how(config)
    for said in problems:
        st.error(said, icon=":material/block:")
    if problems:
        return None
    try:
        return plan(space_of(config, plain_axes(widgets.chosen(VARY)), **more))
    except (TypeError, ValueError) as error:
        st.error(words.problem(error), icon=":material/block:")
        return None


def _planned(planned: Plan, config: RunConfig) -> None:
    """What a sweep costs, the button that starts it, and how it is trained elsewhere."""
    st.subheader(_("How much that is"), anchor=False)
    trained = most_runs() and not reads_series(config)
    st.markdown(sweep_words.plan_line(planned, manager().count if trained else 0))
    here = _offer(planned, reads_series(config))
    own = own_series() if reads_series(config) else None
    _take_home(planned.space, planned.name, own, folded=here)


def _offer(planned: Plan, series: bool) -> bool:
    """Offer to start a sweep, or say why this server does not train it; whether it does."""
    most = most_runs()
    if not most:
        st.info(
            _("Sweeps are off on this server. A computer of your own runs this one:"),
            icon=":material/block:",
        )
        return False
    if series:
        st.info(
            _(
                "Sweeps of this server read no series: yours stays in your session. A computer of "
                "your own, where its file is, runs this one:"
            ),
            icon=":material/lock:",
        )
        return False
    refused = too_many(planned.space) or too_large(planned.space)
    if refused:
        st.error(refused, icon=":material/block:")
        return False
    st.caption(
        _(
            "This server allows {most} runs a sweep, and trains one sweep after another. A sweep "
            "goes on when you leave; its address shows it to whoever opens it."
        ).format(most=most)
    )
    if manager().exists(planned.name):
        st.button(
            _("Show this sweep"),
            type="primary",
            icon=":material/visibility:",
            key="show_sweep",
            on_click=_show_sweep,
            args=(planned.name,),
        )
    else:
        st.button(
            _("Start the sweep"),
            type="primary",
            icon=":material/play_arrow:",
            key="start_sweep",
            on_click=_start,
            args=(planned.name, planned.space, current_language()),
        )
    return True


def _take_home(space: Space, name: str, own: OwnSeries | None, folded: bool) -> None:
    """The file and the command that train the sweep elsewhere.

    Args:
        space: of the sweep.
        name: of it.
        own: the series that it reads; None for none.
        folded: whether they are to be opened first.
    """
    with st.expander(
        _("Take this sweep to your computer"), icon=":material/terminal:", expanded=not folded
    ):
        text = toml(space)
        st.download_button(
            take_home.file_name(name, "toml"),
            data=text,
            file_name=take_home.file_name(name, "toml"),
            mime="application/toml",
            icon=":material/download:",
            on_click="ignore",
            key="download_sweep_toml",
        )
        st.code(text, language="toml")
        st.markdown(
            _("Beside the file, and with `pip install -e .[cli,files,fast,sweeps]` done:")
            if own is None
            else _(
                "Beside this file and that of the series, and with "
                "`pip install -e .[cli,files,fast,sweeps]` done. The line names columns; the "
                "numbers of the series are in neither."
            )
        )
        st.code(take_home.command(name, own), language="sh", wrap_lines=True)


def _varied(config: RunConfig) -> tuple[str, ...]:
    """Ask which settings vary."""
    axes = dict(widgets.chosen(VARY))
    key = f"varied_{current_language()}"
    readable = [
        name
        for name in VARIED
        if name in axes or name in ("cell", "optimizer") or is_read(name, config)
    ]

    def arrived() -> None:
        names = st.session_state.get(key, ())
        values = {name: axes.get(name) or beginning(name, getattr(config, name)) for name in names}
        widgets.set_value(VARY, tuple(values.items()))

    st.session_state[key] = list(axes)
    st.multiselect(
        _("Settings that vary"),
        readable,
        format_func=lambda name: words.setting_name(str(name)),
        key=key,
        max_selections=MOST_AXES,
        on_change=arrived,
        help=_("All others are those of the sidebar. The seeds follow the sidebar's seed."),
    )
    return tuple(axes)


def _values(name: str) -> str:
    """Ask for the values of one setting; why they are impossible, empty if they are not."""
    axes = dict(widgets.chosen(VARY))
    key = f"vary_{name}_{current_language()}"
    label = words.capital(words.setting_name(name))
    choice = options(name)
    draft_key = f"draft_{key}"

    def arrived() -> None:
        value = st.session_state.get(key)
        text = value if isinstance(value, str) else ",".join(value or ())
        try:
            plain_axis(name, text)
        except ValueError:
            # It stays as it was written, and is no part of the link.
            st.session_state[draft_key] = text
            return
        st.session_state.pop(draft_key, None)
        widgets.set_value(VARY, tuple({**dict(widgets.chosen(VARY)), name: text}.items()))

    draft = st.session_state.get(draft_key)
    text = axes[name] if draft is None else draft
    if choice:
        st.session_state[key] = [each for each in text.split(",") if each in choice]
        st.multiselect(
            label,
            choice,
            format_func=lambda value: CELLS[value].title if name == "cell" else str(value),
            key=key,
            on_change=arrived,
        )
    else:
        st.session_state[key] = text.replace(",", ", ") if draft is None else text
        st.text_input(
            label,
            key=key,
            on_change=arrived,
            help=_(
                "Values separated by commas, `0.003, 0.01`, or an interval with a number of "
                "values: `0.001..0.1 x5`. Equal ratios where its ends are far apart."
            ),
        )
    try:
        plain_axis(name, text)
    except ValueError as error:
        return str(error)
    return ""


def _how(config: RunConfig) -> dict[str, Any]:
    """Ask for everything of a space beside its axes and settings."""
    first, second = st.columns(2)
    with first:
        seeds = widgets.whole_number(
            SEEDS, _("Seeds a point"), _("Runs of each point, which differ in their seed alone.")
        )
    with second:
        steps = widgets.whole_number(STEPS, _("Steps"), _("Training steps of each run."), step=100)
    objective = widgets.select(
        OBJECTIVE,
        _("Judged by"),
        lambda key: sweep_words.objective_name(key, validates=TASKS[config.task].validates),
        help=_("One number for each run, lower is better; a point's is the median of its seeds."),
    )
    more: dict[str, Any] = {"seeds": seeds, "steps": steps, "objective": objective}
    if OBJECTIVES[objective].needs_threshold:
        more["threshold"] = widgets.optional_number(
            THRESHOLD, _("Threshold"), _("The loss to come down to."), _("none")
        )
    more["parameters"] = widgets.optional_number(
        PARAMETERS,
        _("Equal parameters"),
        _(
            "Gives every point the largest hidden size with at most so many trainable numbers, so "
            "that cells are compared at equal size."
        ),
        _("hidden size as it is"),
        step=100,
    )
    samplers = {"grid": _("grid: all"), "random": _("random"), "tpe": "TPE"}
    pruners = {"none": _("none"), "median": _("median"), "hyperband": "Hyperband"}
    first, second = st.columns(2)
    with first:
        more["sampler"] = widgets.select(
            SAMPLER,
            _("Points"),
            lambda key: samplers.get(key, key),
            help=_("A grid tries all; TPE tries where the results so far are good."),
        )
    with second:
        more["pruner"] = widgets.select(
            PRUNER,
            _("Given up early"),
            lambda key: pruners.get(key, key),
            help=_("Points that fall behind the others are not trained to their end."),
        )
    if more["sampler"] != "grid":
        more["trials"] = widgets.whole_number(
            TRIALS, _("Number of points"), _("How many points are tried.")
        )
    return more


def _start(name: str, space: Space, language: str) -> None:
    _attempt(lambda: manager().start(name, space), language)
    if manager().exists(name):
        _show_sweep(name)


def _show_sweep(name: str) -> None:
    widgets.set_value(SWEEP, name)


def _resume(name: str, language: str) -> None:
    _attempt(lambda: manager().resume(name), language)


def _stop(name: str, language: str) -> None:
    _attempt(lambda: manager().stop(name), language)


def _attempt(action: Any, language: str) -> None:
    """Do it, or keep why it is impossible for the run of the page to come."""
    use_language(language)  # a callback runs before the page has chosen it
    try:
        action()
    except TooManySweeps:
        st.session_state[_PROBLEM] = _(
            "{number} sweeps wait or run on this server already. Start this one later."
        ).format(number=MOST_QUEUED)
    except StorageRefused as error:
        st.session_state[_PROBLEM] = _unusable(error)
    except (TypeError, ValueError) as error:
        st.session_state[_PROBLEM] = words.problem(error)


def _unusable(error: OSError) -> str:
    """What visitors are told of a storage that fails; the log has the path."""
    _LOG.error("sweeps: %s", error)
    return _("The server cannot use its folder of sweeps. Its log says why.")


def _sweep(name: str) -> None:
    """A sweep: what it tries, how far it is, its buttons and its pictures."""
    if not manager().exists(name):
        st.warning(
            _(
                "This server has no sweep {name}: it was started again since, or the link is of "
                "another server."
            ).format(name=words.plain(name)),
            icon=":material/link_off:",
        )
        _new_sweep()
        return
    try:
        found = manager().snapshot(name)
    except StorageRefused as error:
        st.error(_unusable(error), icon=":material/block:")
        return
    except (TypeError, ValueError) as error:
        st.error(words.problem(error), icon=":material/block:")
        _new_sweep()
        return
    _fixed(found.space)
    with st.container(horizontal=True, vertical_alignment="center", key="sweep_head"):
        st.markdown(sweep_words.space_line(found.space))
        _new_sweep()
    moves = found.status in (QUEUED, RUNNING)
    st.fragment(_live, run_every=_BEAT if moves else None)(name, found.status)
    _downloads(name)
    _take_home(found.space, name, None, folded=True)


def _fixed(space: Space) -> None:
    """The settings that all points have, where a new sweep is asked for the reader's own."""
    said = sweep_words.fixed_lines(space)
    if said and restrictions.SETTINGS not in widgets.chosen(restrictions.HIDE):
        with st.sidebar:
            st.subheader(_("The same for all points"), anchor=False)
            st.markdown(said)
            st.caption(_("Your own settings are kept: **New sweep** shows them."))


def _new_sweep() -> None:
    """The way back to the widgets that define one; they are as they were left."""
    st.button(
        _("New sweep"),
        icon=":material/add:",
        key="new_sweep",
        on_click=widgets.set_value,
        args=(SWEEP, None),
    )


def _live(name: str, status: str) -> None:
    """Everything that moves, in a part of the page that runs by itself."""
    try:
        found = manager().snapshot(name)
    except StorageRefused as error:
        st.error(_unusable(error), icon=":material/block:")
        return
    if found.status != status:
        st.rerun()  # other buttons, and another beat
    progress = found.progress
    st.progress(progress.finished / max(1, progress.total), text=sweep_words.status_line(found))
    with st.container(horizontal=True, vertical_alignment="center"):
        if status in (QUEUED, RUNNING):
            st.button(
                _("Stop"),
                icon=":material/stop:",
                key="stop_sweep",
                on_click=_stop,
                args=(name, current_language()),
            )
        elif status == STOPPED:
            st.button(
                _("Resume"),
                icon=":material/play_arrow:",
                key="resume_sweep",
                on_click=_resume,
                args=(name, current_language()),
                disabled=not most_runs(),
            )
        st.markdown(sweep_words.best_line(found))
    if status == STOPPED and not most_runs():
        st.caption(_("Sweeps are off on this server: this one stays as it is."))
    said = sweep_words.details(found)
    if said:
        st.caption(said)
    for reason in sweep_words.errors(found):
        st.error(reason, icon=":material/error:")
    if found.problem:
        st.error(
            _("The workers came to a stop. The server's log says why; Resume tries again."),
            icon=":material/error:",
        )
    if found.progress.done:
        _pictures(found)
        _best(found)


def _pictures(found: Snapshot) -> None:
    space, points = found.space, found.points
    which = charts.pictures(space)
    if not which.down:
        draw(charts.by_value(space, points, which))
    else:
        for place, panel in _side_by_side(which.panels):
            with place:
                draw(charts.heat_map(space, points, which, panel))
        st.caption(
            _(
                "Each field is the median over the seeds of a point; the stronger its colour, the "
                "lower. A cross: the median is infinite. Of points that differ in further settings "
                "the best is shown. Hover for the spread of the seeds."
            )
        )
    left, right = st.columns([3, 2], gap="medium")
    with left, st.container(key="parallel"):
        draw(parallel(space, points))
        st.caption(
            _(
                "A line for each point, the stronger the lower its median. Drag along an axis to "
                "keep the lines that cross there, along several to keep those that cross all; a "
                "click on an axis takes its brush away. Dashed: × infinite, – given up early, "
                "! failed."
            )
        )
    with right:
        _importance(found)
    for place, panel in _side_by_side(charts.cell_panels(space)):
        with place:
            draw(charts.learning_curves(space, points, panel))
    st.caption(
        _(
            "Median training loss of each point, of the {most} best ones at most. Thick: the best "
            "point of each cell, with its lowest and highest tenth of seeds."
        ).format(most=charts.MOST_CURVES)
    )


def _side_by_side(panels: tuple[str, ...]) -> Iterator[tuple[DeltaGenerator, str]]:
    """Places for the charts of several cells, some beside each other, and the cell of each."""
    for first in range(0, len(panels), _ABREAST):
        row = panels[first : first + _ABREAST]
        # As wide as those above, also where a row is not full.
        yield from zip(st.columns(min(_ABREAST, len(panels))), row, strict=False)


def _importance(found: Snapshot) -> None:
    grid, over = found.space.sampler == "grid", found.progress.is_over
    # The first part of a grid varies some settings only.
    explained = importance(found.space, found.points) if over or not grid else None
    if explained is not None:
        draw(shares(found.space, explained))
    st.caption(sweep_words.importance_line(explained, grid=grid, over=over))


def _best(found: Snapshot) -> None:
    rows = table.best_rows(found.space, found.points, widgets.chosen(LANGUAGE))
    number = st.column_config.NumberColumn
    st.dataframe(
        rows,
        hide_index=True,
        height=min(390, 37 + 35 * len(rows)),
        column_config={
            "rank": number("#", width=40),
            "link": st.column_config.LinkColumn(
                _("Train"),
                display_text=_("open"),
                help=_("Opens the Train page with the point's settings and its first seed."),
                width=70,
            ),
            **{name: words.capital(words.setting_name(name)) for name in found.space.axes},
            "median": number(_("Median"), format="%.3g"),
            "lowest": number(_("Lowest"), format="%.3g", help=_("Of the seeds.")),
            "highest": number(_("Highest"), format="%.3g", help=_("Of the seeds.")),
            "diverged": number(_("Diverged"), help=_("Networks that have diverged.")),
            "parameters": number(_("Parameters")),
        },
        alt=_("The best points of the sweep, a row for each."),
    )


def _downloads(name: str) -> None:
    """One row for each network, as a file made when it is asked for."""
    with st.container(horizontal=True):
        for label, make, ending, mime in (
            ("CSV", table.as_csv, "csv", "text/csv"),
            ("Parquet", table.as_parquet, "parquet", "application/vnd.apache.parquet"),
        ):

            def data(make: Any = make) -> bytes:
                found = manager().snapshot(name)
                content: bytes = make(found.space, found.points)
                return content

            st.download_button(
                label,
                data=data,
                file_name=f"sweep_{name}.{ending}",
                mime=mime,
                icon=":material/download:",
                on_click="ignore",
                key=f"download_sweep_{ending}",
            )
