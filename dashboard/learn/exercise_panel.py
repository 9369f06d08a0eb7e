"""A lesson's exercise: an answer, and whether it is right."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.learn.lesson import Lesson, NumberExercise


def exercise(lesson: Lesson, solved: bool, solve: Callable[[], None]) -> None:
    """The question, a box or options, and feedback.

    Args:
        lesson: whose exercise it is.
        solved: whether it was solved before.
        solve: called when it is.
    """
    task = lesson.exercise
    key = f"exercise_{lesson.key}_{current_language()}"
    wrong = f"wrong_{lesson.key}"
    st.markdown(_(task.question))

    def check() -> None:
        given = st.session_state.get(key)
        if given is None:
            return
        right = task.check(given)
        st.session_state[wrong] = not right
        if right:
            solve()

    with st.form(f"form_{lesson.key}", border=False):
        if isinstance(task, NumberExercise):
            st.number_input(
                _("Your answer"), value=None, format="%g", step=0.001, key=key, width=220
            )
        else:
            st.radio(
                _("Your answer"),
                range(len(task.options)),
                index=None,
                format_func=lambda number: _(task.options[number]),
                key=key,
            )
        st.form_submit_button(_("Check"), icon=":material/done:", on_click=check)
    if st.session_state.get(wrong):
        st.warning(_("Not yet. Try once more."), icon=":material/replay:")
    elif solved:
        st.success(_("Right.") + " " + _(task.explanation), icon=":material/check_circle:")
