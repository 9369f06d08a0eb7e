"""The Learn page: a question, a prediction, a run, and what happened."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.app import player, restrictions, widgets
from dashboard.app.glossary import explained
from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.app.page import Page
from dashboard.app.playback import ENDED, Status
from dashboard.app.player import Session
from dashboard.app.sidebar import Settings
from dashboard.charts.draw import draw
from dashboard.learn import text
from dashboard.learn.answers import Answers
from dashboard.learn.exercise_panel import exercise
from dashboard.learn.lesson import Lesson, Outcome, Variant, code_place, prose
from dashboard.learn.registry import LESSONS, PARTS, lesson
from dashboard.learn.results import outcome
from dashboard.learn.settings import ANSWERS, LESSON, SETTINGS
from dashboard.run import charts
from dashboard.run.figure import figure
from dashboard.run.live_run import LiveRun
from dashboard.run.views import panel as view_panel
from dashboard.run.views.registry import view
from rnn_core import RunConfig
from rnn_core.messages import N_

_SESSION, _ON_SCREEN, _DECIDED = "learn session", "learn run", "learn decided"
_COMMITTED = "learn committed"
_NOTHING, _PREDICTED, _SOLVED = (
    f":material/{icon}:" for icon in ("radio_button_unchecked", "incomplete_circle", "check_circle")
)


def page(config: RunConfig, settings: Settings) -> None:
    """The whole page, top to bottom.

    Args:
        config: only its seed is read; a lesson has settings of its own.
        settings: of the player.
    """
    found = lesson(widgets.chosen(LESSON))
    answers = _answers()
    locked = _locked()
    alone = locked or restrictions.LESSONS in widgets.chosen(restrictions.HIDE)
    if not alone:
        with st.sidebar:
            _lessons(answers, config.seed)
    for refusal in settings.refusals:
        st.warning(refusal, icon=":material/link_off:")
    _title(found, alone)
    predicted = answers.predicted.get(found.number)
    if predicted is None:
        _prediction(found, config.seed)
        return
    _opened(found, predicted, config.seed, settings, locked)
    with st.container(border=True):
        st.subheader(_("Exercise"), anchor=False)
        exercise(found, found.number in answers.solved, lambda: _solve(found))
    if alone:
        st.caption(
            _(
                "Your prediction and whether the exercise is solved are in this page's address: "
                "to hand them in, copy it."
            )
        )
    _more(found)
    if not alone:
        _neighbours(found)


def _answers() -> Answers:
    """What the reader has predicted and solved, in this visit or before.

    Going back in the browser's history to an address without a prediction takes none back.
    """
    answers: Answers = widgets.chosen(ANSWERS)
    if _COMMITTED in st.session_state:
        answers = answers.after(st.session_state[_COMMITTED])
    st.session_state[_COMMITTED] = answers
    return answers


def _lessons(answers: Answers, seed: int) -> None:
    """The list of lessons, and how far the reader has come."""
    chosen = widgets.chosen(LESSON)
    with st.container(key="lessons", gap="xxsmall"):
        for part, keys in PARTS.items():
            st.caption(_(part))
            for key in keys:
                one = lesson(key)
                label = f"{one.number}. {_(one.title)}"
                st.button(
                    f"**{label}**" if key == chosen else label,
                    key=f"lesson_{key}",
                    icon=_SOLVED
                    if one.number in answers.solved
                    else _PREDICTED
                    if one.number in answers.predicted
                    else _NOTHING,
                    type="secondary" if key == chosen else "tertiary",
                    on_click=widgets.set_value,
                    args=(LESSON, key),
                    width="stretch",
                )
    st.caption(text.done(len(answers.predicted), len(answers.solved)))
    with st.popover(_("Assign this lesson"), icon=":material/assignment:", width="stretch"):
        _assignments(chosen, seed)


def _assignments(key: str, seed: int) -> None:
    """Links for a class."""
    address = st.context.url or ""
    st.caption(_("This link opens the lesson without the list of the others."))
    st.code(text.assignment(address, key), language=None, wrap_lines=True)
    st.caption(
        _(
            "This one locks it as well: the same seed for everybody, no other pages, no other "
            "settings. A prediction counts once."
        )
    )
    st.code(text.assignment(address, key, seed), language=None, wrap_lines=True)


def _title(found: Lesson, alone: bool) -> None:
    """Title and number; beside them the ways to the lessons before and after."""
    with st.container(horizontal=True, vertical_alignment="center", key="lesson_title"):
        st.header(f"{found.number}. {_(found.title)}", anchor=False)
        if alone:
            return
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            _way(found.number - 1, _("Previous"), ":material/chevron_left:", "left", "top_before")
            st.caption(text.number(found), width="content")
            _way(found.number + 1, _("Next"), ":material/chevron_right:", "right", "top_after")


def _way(
    number: int,
    label: str,
    icon: str,
    side: Literal["left", "right"],
    key: str,
    kind: Any = "tertiary",
) -> None:
    """A button to the lesson with this number; disabled where there is none."""
    keys = list(LESSONS)
    there = 1 <= number <= len(keys)
    st.button(
        label,
        key=f"{key}_{number}",
        icon=icon,
        icon_position=side,
        type=kind,
        disabled=not there,
        on_click=widgets.set_value,
        args=(LESSON, keys[number - 1]) if there else None,
    )


def _prediction(found: Lesson, seed: int) -> None:
    """The question, three predictions to choose from, and the network that is in question."""
    key = f"predict_{found.key}_{current_language()}"

    def arrived() -> None:
        option = st.session_state.get(key)
        if isinstance(option, int) and 0 <= option < len(found.options):
            answers = _answers().predict(found.number, option)
            widgets.set_value(ANSWERS, answers)

    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader(_(found.question), anchor=False)
        st.radio(
            _(found.question),
            range(len(found.options)),
            index=None,
            format_func=lambda number: _(found.options[number]),
            key=key,
            on_change=arrived,
            label_visibility="collapsed",
        )
        st.caption(_("Choose one to open the lesson. A wrong prediction costs nothing."))
        st.caption(text.outline(found))
    with right, st.container(key="stage"):
        frame = _session(found, found.variants[0], seed).run.frame()
        draw(figure(frame, small=True))
        st.caption(text.preview(frame))


def _committed(found: Lesson, predicted: int) -> None:
    """The question, and the prediction that was chosen with the two others."""
    st.markdown(f"**{_(found.question)}**")
    st.markdown("  \n".join(text.committed(found, predicted)))


def _solve(found: Lesson) -> None:
    widgets.set_value(ANSWERS, _answers().solve(found.number))


@dataclass(frozen=True, slots=True)
class Places:
    """Where the moving part draws.

    Args:
        figure: progress, figure and loss.
        inside: the view inside the network.
    """

    figure: DeltaGenerator
    inside: DeltaGenerator


def _opened(found: Lesson, predicted: int, seed: int, settings: Settings, locked: bool) -> None:
    """The question, the prose, the run, the result and the view.

    On a wide screen the run stays in view beside the text; on a phone it comes after the question.
    """
    left, right = st.columns(2, gap="medium")
    inside = st.container()
    with right, st.container(key="stage", gap="xsmall"):
        variant = _variant(found)
        buttons, headline = st.container(), st.container()
        places = Places(st.container(gap="xsmall"), inside)
        if variant.prepare is None and not locked:
            link = text.train_link(variant, seed, widgets.choices())
            st.markdown(_("[Open this run on the Train page]({link})").format(link=link))
    with left, st.container(key="question", gap="xsmall"):
        _committed(found, predicted)
    with left, st.container(key="prose"):
        st.markdown(explained(prose(found.key, current_language())))
    session = _session(found, variant, seed)
    decided = session.run.index >= found.steps
    # Once the question is decided, whoever likes may train on.
    limit = settings.step_limit if decided else found.steps
    paced = replace(settings, most_steps=found.pace, step_limit=limit)
    player.watch(
        session,
        lambda: Panel(session, found, places),
        paced,
        buttons=buttons,
        seeds=not locked,
    )
    if variant is found.variants[0] and session.run.status is not Status.PLAYING:
        _note_decision(session, found, seed, decided)
    with headline:
        happened = _happened(found, seed)
        if happened is None:
            st.markdown(text.waiting(session.run.frame(), found.steps))
        else:
            st.markdown(text.headline(found, happened, predicted))
    if happened is not None:
        with left, st.container(border=True):
            st.markdown(text.result(found, happened, predicted))
            st.markdown(text.measured(happened))
            st.caption(text.runs_of(found, seed))
            if found.picture is not None:
                draw(found.picture.draw())
                st.caption(_(found.picture.said))
                if not locked:
                    link = text.sweep_link(found.picture, widgets.choices())
                    st.markdown(_("[Open this sweep on the Sweeps page]({link})").format(link=link))


def _variant(found: Lesson) -> Variant:
    """The run on screen; where there are several, a choice of them."""
    if len(found.variants) == 1:
        return found.variants[0]
    titles = {one.key: _(one.title) for one in found.variants}
    name = f"variant_{found.key}"
    with st.container(key="which"):
        key = widgets.choose_key(name, _("Which run"), list(titles), titles.__getitem__)
    return found.variant(key)


def _session(found: Lesson, variant: Variant, seed: int) -> Session[LiveRun]:
    """The visitor's run of this lesson."""
    config = replace(variant.config, seed=seed)
    on_screen = found.key, variant.key
    if st.session_state.get(_ON_SCREEN) != on_screen:
        st.session_state[_ON_SCREEN] = on_screen
        st.session_state.pop(_SESSION, None)

    def begin() -> LiveRun:
        run = LiveRun(config, prepare=variant.prepare)
        _fill(run, found)
        return run

    def adopt(run: LiveRun) -> str:
        if not run.configure(config):
            return ""
        if run.status is not Status.PLAYING:
            _fill(run, found)
        return _("Started again.")

    return player.open_session(_SESSION, begin=begin, adopt=adopt, refusals=())


def _fill(run: LiveRun, found: Lesson) -> None:
    """Train until every window in view has been read once: a whole picture to begin with."""
    for _step in range(min(found.steps, run.frame().layout.windows - 1)):
        run.step_once()


def _note_decision(session: Session[LiveRun], found: Lesson, seed: int, reached: bool) -> None:
    """Keep that the question is decided; the result stays while other runs are watched."""
    if reached or session.run.status in ENDED:
        decided = st.session_state.setdefault(_DECIDED, {})
        decided[found.key, seed] = session.run.frame().engine


def _happened(found: Lesson, seed: int) -> Outcome | None:
    """The result; None until the run has decided it."""
    engine = st.session_state.get(_DECIDED, {}).get((found.key, seed))
    if engine is None:
        return None
    with st.spinner(_("Training the runs that decide it …")):
        return outcome(found.key, seed, engine)


class Panel:
    """Everything that moves.

    Args:
        session: whose run is drawn.
        found: the lesson.
        places: where to.
    """

    def __init__(self, session: Session[LiveRun], found: Lesson, places: Places) -> None:
        self._run, self._steps = session.run, found.steps
        shown = view(found.view)
        session.resting_beat = view_panel.advance(shown, session.run)
        frame = session.run.frame()
        with places.figure:
            self._progress = st.caption(text.progress(frame, self._steps), help=text.losses())
            if frame.diverged_at is not None:
                st.warning(text.diverged(frame), icon=":material/trending_up:")
            self._figure = draw(figure(frame, small=True))
            self._losses = draw(charts.loss(frame, small=True))
        with places.inside:
            st.markdown(_("**Inside the network: {view}**").format(view=shown.title))
            self._view = view_panel.ShownView(session.run, shown, frame)
        self._view.complete(frame)

    def update(self) -> None:
        """Redraw in place what moves."""
        frame = self._run.frame()
        draw(figure(frame, small=True), self._figure)
        draw(charts.loss(frame, small=True), self._losses)
        self._view.update(frame)
        self._progress.caption(text.progress(frame, self._steps), help=text.losses())


def _more(found: Lesson) -> None:
    """Sources, and the code that does it."""
    sources = [f"- [{source.title}]({source.address})" for source in found.sources]
    st.subheader(_("Sources"), anchor=False)
    st.markdown("\n".join(sources))
    st.subheader(_("The code that does it"), anchor=False)
    for place in map(code_place, found.code):
        with st.expander(text.code_title(place)):
            st.code(place.text, language="python", line_numbers=False)


def _neighbours(found: Lesson) -> None:
    """The lesson before and the one after."""
    keys = list(LESSONS)
    with st.container(horizontal=True, horizontal_alignment="distribute", key="neighbours"):
        if found.number > 1:
            title = _(lesson(keys[found.number - 2]).title)
            _way(found.number - 1, title, ":material/arrow_back:", "left", "before", "secondary")
        if found.number < len(keys):
            title = _(lesson(keys[found.number]).title)
            _way(found.number + 1, title, ":material/arrow_forward:", "right", "after", "primary")


def _locked() -> bool:
    return restrictions.ALL in widgets.chosen(restrictions.LOCK)


LEARN = Page(
    "learn",
    N_("Learn"),
    ":material/school:",
    N_("Learn what a recurrent network is, by experiment"),
    page,
    SETTINGS,
    shows_run=False,
)
