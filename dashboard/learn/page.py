"""The Learn page: a question, a prediction, a run, and what happened."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.app import player, widgets
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
from dashboard.learn.registry import LESSONS, lesson
from dashboard.learn.results import outcome
from dashboard.learn.settings import ANSWERS, HIDE, LESSON, SETTINGS
from dashboard.run import charts
from dashboard.run.figure import figure
from dashboard.run.live_run import LiveRun
from dashboard.run.views import panel as view_panel
from dashboard.run.views.registry import view
from rnn_core import RunConfig
from rnn_core.messages import N_

_SESSION, _ON_SCREEN, _DECIDED = "learn session", "learn run", "learn decided"


def page(config: RunConfig, settings: Settings) -> None:
    """The whole page, top to bottom.

    Args:
        config: only its seed is read; a lesson has settings of its own.
        settings: of the player.
    """
    found = lesson(widgets.chosen(LESSON))
    answers: Answers = widgets.chosen(ANSWERS)
    alone = widgets.chosen(HIDE) is not None
    if not alone:
        with st.sidebar:
            _lessons(answers)
    for refusal in settings.refusals:
        st.warning(refusal, icon=":material/link_off:")
    st.subheader(f"{found.number}. {_(found.title)}", anchor=False)
    predicted = _prediction(found, answers)
    if predicted is None:
        st.caption(_("Choose one to open the lesson. A wrong prediction costs nothing."))
        draw(figure(_session(found, found.variants[0], config.seed).run.frame()))
    else:
        _opened(found, predicted, config.seed, settings)
        with st.container(border=True):
            st.markdown(_("#### Exercise"))
            exercise(found, found.number in answers.solved, lambda: _solve(found))
        _more(found)
    if not alone:
        _neighbours(found)


def _lessons(answers: Answers) -> None:
    """The list of lessons, and how far the reader has come."""
    key = f"lesson_{current_language()}"
    chosen = widgets.chosen(LESSON)
    if st.session_state.get(key) != chosen:
        st.session_state[key] = chosen

    def arrived() -> None:
        if st.session_state.get(key) in LESSONS:
            widgets.set_value(LESSON, st.session_state[key])

    st.radio(
        _("Lessons"),
        list(LESSONS),
        format_func=lambda one: f"{lesson(one).number}. {_(lesson(one).title)}",
        key=key,
        on_change=arrived,
    )
    st.caption(text.done(len(answers.predicted), len(answers.solved)))
    with st.popover(_("Assign this lesson"), icon=":material/assignment:", width="stretch"):
        st.caption(_("This link opens the lesson without the list of the others."))
        st.code(text.assignment(st.context.url or "", chosen), language=None, wrap_lines=True)


def _prediction(found: Lesson, answers: Answers) -> int | None:
    """The question, and three predictions to choose from; then the one that was chosen."""
    predicted = answers.predicted.get(found.number)
    if predicted is not None:
        st.markdown(text.committed(found, predicted))
        return predicted
    key = f"predict_{found.key}_{current_language()}"

    def arrived() -> None:
        option = st.session_state.get(key)
        if isinstance(option, int) and 0 <= option < len(found.options):
            _predict(found.number, option)

    question = _(found.question)
    st.radio(
        f"**{question}**",
        range(len(found.options)),
        index=None,
        format_func=lambda number: _(found.options[number]),
        key=key,
        on_change=arrived,
    )
    return None


def _predict(number: int, option: int) -> None:
    """Commit to a prediction; a second one changes nothing."""
    widgets.set_value(ANSWERS, widgets.chosen(ANSWERS).predict(number, option))


def _solve(found: Lesson) -> None:
    widgets.set_value(ANSWERS, widgets.chosen(ANSWERS).solve(found.number))


@dataclass(frozen=True, slots=True)
class Places:
    """Where the moving part draws.

    Args:
        figure: progress, figure and loss.
        inside: the view inside the network.
    """

    figure: DeltaGenerator
    inside: DeltaGenerator


def _opened(found: Lesson, predicted: int, seed: int, settings: Settings) -> None:
    """The prose, the run, the result and the view."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="bar"):
        with st.container(width="content"):
            variant = _variant(found)
        buttons = st.container(width="content")
    headline = st.container()
    left, right = st.columns([3, 2], gap="medium")
    inside = st.container()
    with left:
        places = Places(st.container(), inside)
        if variant.prepare is None:
            link = text.train_link(variant, seed)
            st.markdown(_("[Open this run on the Train page]({link})").format(link=link))
    with right:
        st.markdown(prose(found.key, current_language()))
    session = _session(found, variant, seed)
    decided = session.run.index >= found.steps
    # Once the question is decided, whoever likes may train on.
    limit = settings.step_limit if decided else found.steps
    paced = replace(settings, most_steps=found.pace, step_limit=limit)
    player.watch(session, lambda: Panel(session, found, places), paced, buttons=buttons)
    if variant is found.variants[0] and session.run.status is not Status.PLAYING:
        _note_decision(session, found, seed, decided)
    with headline:
        happened = _happened(found, seed)
        if happened is None:
            st.markdown(text.waiting(session.run.frame(), found.steps))
        else:
            st.markdown(text.headline(found, happened, predicted))
    if happened is not None:
        with right, st.container(border=True):
            st.markdown(text.result(found, happened, predicted))
            st.markdown(text.measured(happened))
            st.caption(text.runs_of(found, seed))


def _variant(found: Lesson) -> Variant:
    """The run on screen; where there are several, a choice of them."""
    if len(found.variants) == 1:
        return found.variants[0]
    titles = {one.key: _(one.title) for one in found.variants}
    name = f"variant_{found.key}"
    return found.variant(widgets.choose_key(name, _("Which run"), list(titles), titles.__getitem__))


def _session(found: Lesson, variant: Variant, seed: int) -> Session[LiveRun]:
    """The visitor's run of this lesson."""
    config = replace(variant.config, seed=seed)
    on_screen = found.key, variant.key
    if st.session_state.get(_ON_SCREEN) != on_screen:
        st.session_state[_ON_SCREEN] = on_screen
        st.session_state.pop(_SESSION, None)
    return player.open_session(
        _SESSION,
        begin=lambda: LiveRun(config, prepare=variant.prepare),
        adopt=lambda run: "" if not run.configure(config) else _("Started again."),
        refusals=(),
    )


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
            self._progress = st.markdown(text.progress(frame, self._steps))
            if frame.diverged_at is not None:
                st.warning(text.diverged(frame), icon=":material/trending_up:")
            self._figure = draw(figure(frame))
            self._losses = draw(charts.loss(frame))
        with places.inside:
            st.markdown(_("**Inside the network: {view}**").format(view=shown.title))
            self._view = view_panel.ShownView(session.run, shown, frame)
        self._view.complete(frame)

    def update(self) -> None:
        """Redraw in place what moves."""
        frame = self._run.frame()
        draw(figure(frame), self._figure)
        draw(charts.loss(frame), self._losses)
        self._view.update(frame)
        self._progress.markdown(text.progress(frame, self._steps))


def _more(found: Lesson) -> None:
    """Sources, and the code that does it."""
    sources = [f"- [{source.title}]({source.address})" for source in found.sources]
    st.markdown(_("##### Sources") + "\n" + "\n".join(sources))
    st.markdown(_("##### The code that does it"))
    for place in map(code_place, found.code):
        with st.expander(text.code_title(place)):
            st.code(place.text, language="python", line_numbers=False)


def _neighbours(found: Lesson) -> None:
    """The lesson before and the one after."""
    keys = list(LESSONS)
    with st.container(horizontal=True, horizontal_alignment="distribute", key="neighbours"):
        if found.number > 1:
            before = lesson(keys[found.number - 2])
            st.button(
                _(before.title),
                key=f"before_{found.key}",
                icon=":material/arrow_back:",
                on_click=widgets.set_value,
                args=(LESSON, before.key),
            )
        if found.number < len(keys):
            after = lesson(keys[found.number])
            st.button(
                _(after.title),
                key=f"after_{found.key}",
                icon=":material/arrow_forward:",
                icon_position="right",
                on_click=widgets.set_value,
                args=(LESSON, after.key),
            )


LEARN = Page(
    "learn",
    N_("Learn"),
    ":material/school:",
    N_("Learn what a recurrent network is, by experiment"),
    page,
    SETTINGS,
    shows_run=False,
)
