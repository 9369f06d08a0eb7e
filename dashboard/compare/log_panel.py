"""Laying a log from elsewhere beside the comparison: its files, and what is read of them.

The log stays in the session's memory alone. It survives Reset, other contenders and another
language.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from dashboard.app import text as words
from dashboard.app.language import current_language, use_language
from dashboard.app.language import gettext as _
from dashboard.compare.laid_log import LONGEST_NAME, LaidLog
from rnn_core.io.logs import read_log
from rnn_core.io.logs.limits import MOST_BYTES, MOST_FILES

# Keys in the session: the log, how often files came, which makes the uploader an empty one, and
# what was refused: the files' names and why.
_LOG, _CAME, _REFUSED = "laid_log", "laid_log_files", "laid_log_refused"


def ask() -> LaidLog | None:
    """Ask for files; give the log to draw, None for none."""
    log: LaidLog | None = st.session_state.get(_LOG)
    st.markdown(_("**Lay a log beside**"))
    st.caption(
        _(
            "Losses from elsewhere: CSV, TSV, Excel, Parquet, a TensorBoard event file, or a run "
            "saved on the Train page. Several files are several seeds. Up to {files} files of "
            "{bytes} MB; they stay in the memory of this session."
        ).format(files=MOST_FILES, bytes=MOST_BYTES // 10**6)
    )
    key = f"{_CAME}_{st.session_state.get(_CAME, 0)}"
    st.file_uploader(
        _("Files of a log"),
        # Event files have no ending: their names end with a time and the name of a machine.
        type=None,
        accept_multiple_files=True,
        max_upload_size=MOST_BYTES // 10**6,
        label_visibility="collapsed",
        key=key,
        on_change=_arrived,
        args=(key, current_language()),
    )
    for name, problem in st.session_state.get(_REFUSED, ()):
        said = words.problem(problem)
        if name and repr(name) not in said:
            said = f"{words.plain(name)}: {said}"
        st.error(said, icon=":material/block:")
    if log is not None:
        _shown(log)
    return log


def _shown(log: LaidLog) -> None:
    """What is read of the files, and a button to remove them."""
    left, right = st.columns(2)
    with left:
        _widget(
            st.text_input,
            "name",
            _("Name of the log"),
            log.log.name,
            LaidLog.renamed,
            max_chars=LONGEST_NAME,
        )
    with right:
        _widget(
            st.multiselect,
            "losses",
            _("Losses"),
            list(log.choice.losses),
            lambda log, names: log.chosen(replace(log.choice, losses=tuple(names))),
            options=log.losses,
            help=_("Several are several runs."),
        )
    if log.steps:
        with left:
            _choose(log, "step", _("Steps"), log.choice.step, log.steps, _("rows"))
        with right:
            _choose(log, "run", _("Runs by"), log.choice.run, log.run_columns, _("column, file"))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            _("Files: {files}. Runs: {runs}. Steps: {first:,g} to {last:,g}.").format(
                files=len(log.files),
                runs=len(log.log.runs),
                first=log.log.steps[0],
                last=log.log.steps[-1],
            )
        )
        st.button(_("Remove"), icon=":material/delete:", key="remove_log", on_click=_removed)


def _choose(
    log: LaidLog, name: str, label: str, value: str | None, columns: list[str], none: str
) -> None:
    """A list of columns for one part of the choice."""
    _widget(
        st.selectbox,
        name,
        label,
        value,
        lambda log, column: log.chosen(replace(log.choice, **{name: column})),
        options=columns,
        placeholder=none,
    )


def _widget(
    make: Callable[..., object],
    name: str,
    label: str,
    value: Any,
    change: Callable[[LaidLog, Any], LaidLog],
    **more: Any,
) -> None:
    """A widget that shows a part of the log and changes it."""
    key = f"laid_log_{name}_{current_language()}"
    st.session_state[key] = value
    make(label, key=key, on_change=_changed, args=(key, change, current_language()), **more)


def _changed(key: str, change: Callable[[LaidLog, Any], LaidLog], language: str) -> None:
    """Read the files otherwise; what is impossible changes nothing."""
    use_language(language)  # a callback runs before the page has chosen it
    log: LaidLog | None = st.session_state.get(_LOG)
    if log is None or key not in st.session_state:
        return
    st.session_state[_REFUSED] = []
    try:
        st.session_state[_LOG] = change(log, st.session_state[key])
    except ValueError as error:
        st.session_state[_REFUSED] = [("", error)]


def _arrived(key: str, language: str) -> None:
    """Read the files that came; a wrong one changes nothing."""
    use_language(language)
    files = st.session_state.get(key)
    if not files:
        return  # they were taken away
    log: LaidLog | None = st.session_state.get(_LOG)
    refused, good = [], list(log.files) if log else []
    choice = log.choice if log else None
    for file in files:
        try:
            read = read_log(file.getvalue(), file.name)
            wanted = choice or read.guess()
            read.runs(wanted)
        except ValueError as error:
            refused.append((file.name, error))
        else:
            choice = wanted
            good.append(read)
    try:
        if len(good) > (len(log.files) if log else 0):
            name = log.log.name if log else ""
            st.session_state[_LOG] = LaidLog.of(good, choice=choice, name=name)
    except ValueError as error:
        refused.append(("", error))
    st.session_state[_REFUSED] = refused
    st.session_state[_CAME] = st.session_state.get(_CAME, 0) + 1


def _removed() -> None:
    st.session_state.pop(_LOG, None)
    st.session_state.pop(_REFUSED, None)
