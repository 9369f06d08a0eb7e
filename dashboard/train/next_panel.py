"""What to try next: one suggestion at a time, and a button that does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import streamlit as st

from dashboard.app import widgets
from dashboard.app.language import current_language, use_language
from dashboard.app.language import gettext as _
from dashboard.app.own_series_panel import task_for
from dashboard.app.player import Session
from dashboard.app.settings import RUN_SETTINGS
from dashboard.run import text
from dashboard.run.bulletin import standing_collapse
from dashboard.run.frame import Frame
from dashboard.run.live_run import LiveRun
from dashboard.train.next_steps import LESSON_OF, LOOKS_AFTER, Lesson, Look
from dashboard.train.settings import LOOK
from rnn_core import Suggestion, suggest
from rnn_core.messages import translate

# Keys of the suggestions that were followed or put aside in this session, and the one that was
# followed last, until there has been a look at what came of it.
_SEEN, _FOLLOWED = "seen suggestions", "followed suggestion"
# Steps after which there is something to look at.
_WAIT = 100


def show(session: Session[LiveRun], frame: Frame) -> None:
    """Show the most urgent suggestion; the place stays where there is none."""
    seen: set[str] = st.session_state.setdefault(_SEEN, set())
    suggestion = suggest(
        replace(frame.config, lr=frame.lr),
        step=frame.step.index,
        verdict=frame.verdict,
        events=frame.events,
        streaming=frame.streaming,
        seen=seen,
        validates=frame.validates,
        build=task_for,
    )
    if widgets.is_restricted():
        suggestion = None  # each changes settings
    look = _look(frame)
    with st.container(horizontal=True, vertical_alignment="center", key="next"):
        if look is not None:
            _say(_(look.reason))
            _buttons(look.key, _(look.message), partial(_take_look, look.view, look.key))
        elif suggestion is not None:
            _say(translate(suggestion.reason, _), LESSON_OF.get(suggestion.key))
            _buttons(
                suggestion.key,
                translate(suggestion.message, _),
                partial(_follow, session, suggestion, current_language()),
            )
        else:
            _say(_("Watch the run: what it shows suggests what to try."))


def _say(reason: str, lesson: Lesson | None = None) -> None:
    said = _("**What next?** {reason}").format(reason=reason)
    if lesson is not None:
        link = f"learn?lesson={lesson.key}&lang={current_language()}"
        said += " [" + _("Lesson {number} explains it.").format(number=lesson.number) + f"]({link})"
    st.caption(said, width="stretch")


def _buttons(key: str, message: str, follow: Callable[[], None]) -> None:
    st.button(
        message,
        icon=":material/lightbulb:",
        key=f"follow_{key}",
        on_click=follow,
        width="content",
    )
    st.button(
        _("Not now"),
        type="tertiary",
        key=f"skip_{key}",
        on_click=_skip,
        args=(key,),
        width="content",
    )


def _look(frame: Frame) -> Look | None:
    """Where to look at what came of the suggestion that was followed last; None for nowhere."""
    look = LOOKS_AFTER.get(st.session_state.get(_FOLLOWED, ""))
    if look is None or look.key in st.session_state[_SEEN] or frame.step.index < _WAIT:
        return None
    if frame.verdict is None or widgets.chosen(LOOK) == look.view:
        return None
    return None if standing_collapse(frame.events) or frame.diverged_at is not None else look


def _take_look(view: str, key: str) -> None:
    _skip(key)
    widgets.set_value(LOOK, view)


def _follow(session: Session[LiveRun], suggestion: Suggestion, language: str) -> None:
    """Do it: branch, or change the settings and play."""
    if suggestion.key in st.session_state[_SEEN]:
        return  # a click delivered twice
    use_language(language)  # a callback runs before the page has chosen it
    run = session.run
    _skip(suggestion.key)
    st.session_state[_FOLLOWED] = suggestion.key
    if suggestion.branch_from is not None and run.can_look_back:
        run.pause()
        run.look_back(suggestion.branch_from)
        run.branch(suggestion.changes)
        session.restarted = text.branched(suggestion.branch_from)
    for name, value in suggestion.changes.items():
        widgets.set_value(RUN_SETTINGS[name], value)
    run.play()


def _skip(key: str) -> None:
    st.session_state[_SEEN] = st.session_state.get(_SEEN, set()) | {key}
