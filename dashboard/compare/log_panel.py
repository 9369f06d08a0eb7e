"""Laying logs from elsewhere beside the comparison: their files, and what is read of them.

The logs stay in the session's memory alone. They survive Reset, other contenders and another
language.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from dashboard.app import text as words
from dashboard.app.language import current_language, use_language
from dashboard.app.language import gettext as _
from dashboard.compare import text as compare_words
from dashboard.compare.laid_log import LONGEST_NAME, MOST_LOGS, Beside, LaidLog
from rnn_core.io.logs import LogFile, read_log
from rnn_core.io.logs.limits import MOST_BYTES, MOST_FILES

# Keys in the session: the logs, how often files came, which makes the uploader an empty one, and
# what was refused: the files' names and why.
_BESIDE, _CAME, _REFUSED = "laid_logs", "laid_log_files", "laid_log_refused"
# What files become, by the widget's value: one log, a log each, or further runs of the log in a
# slot.
_ONE, _EACH = "one", "each"
_PLACE = "laid_log_place"


def ask() -> Beside:
    """Ask for files; give the logs to draw."""
    beside = _beside()
    st.markdown(_("**Lay logs beside**"))
    st.caption(
        _(
            "Losses from elsewhere: CSV, TSV, Excel, Parquet, a TensorBoard event file, or a run "
            "saved on the Train page. Up to {logs} logs, {files} files of {bytes} MB; they stay in "
            "the memory of this session."
        ).format(logs=MOST_LOGS, files=MOST_FILES, bytes=MOST_BYTES // 10**6)
    )
    came = st.session_state.get(_CAME, 0)
    # Another list whenever there is something else to choose from.
    place = f"{_PLACE}_{came}_{[log.slot for log in beside.logs]}_{current_language()}"
    _ask_place(beside, place)
    key = f"{_CAME}_{came}"
    st.file_uploader(
        _("Files of a log"),
        # Event files have no ending: their names end with a time and the name of a machine.
        type=None,
        accept_multiple_files=True,
        max_upload_size=MOST_BYTES // 10**6,
        label_visibility="collapsed",
        key=key,
        on_change=_arrived,
        args=(key, place, current_language()),
    )
    for name, problem in st.session_state.get(_REFUSED, ()):
        said = words.problem(problem)
        if name and repr(name) not in said:
            said = f"{words.plain(name)}: {said}"
        st.error(said, icon=":material/block:")
    if beside.logs:
        key = f"laid_logs_whole_{current_language()}"
        st.session_state[key] = beside.whole
        st.toggle(
            _("Draw logs to their last step"),
            key=key,
            on_change=_drawn_whole,
            args=(key,),
            help=_("Off: as far as the contenders have come, whose curves keep their room."),
        )
    for log in beside.logs:
        with st.container(border=True, key=f"laid_log_{log.slot}"):
            _shown(log)
    return beside


def _beside() -> Beside:
    found: Beside = st.session_state.get(_BESIDE, Beside())
    return found


def _ask_place(beside: Beside, key: str) -> None:
    """Ask what the next files become.

    Args:
        beside: the logs that are there.
        key: of the widget.
    """
    names = {each.slot: each.log.name for each in beside.logs}
    options: list[str | int] = [*names]
    if len(names) < MOST_LOGS:
        options = [_ONE, _EACH, *names]

    def shown(option: str | int) -> str:
        if isinstance(option, int):
            return _("a run of {name}").format(name=names.get(option, ""))
        return _("a log of its own") if option == _EACH else _("a run of one new log")

    st.selectbox(_("Each file is"), options, format_func=shown, key=key)


def _shown(log: LaidLog) -> None:
    """What is read of the files, and a button to remove them."""
    left, right = st.columns(2)
    with left:
        _widget(
            st.text_input,
            log,
            "name",
            _("Name of the log"),
            log.log.name,
            LaidLog.renamed,
            max_chars=LONGEST_NAME,
        )
    with right:
        _widget(
            st.multiselect,
            log,
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
            _("{dashes}. Files: {files}. Runs: {runs}. Steps: {first:,g} to {last:,g}.").format(
                dashes=compare_words.dashes(log.slot),
                files=len(log.files),
                runs=len(log.log.runs),
                first=log.log.steps[0],
                last=log.last,
            )
        )
        st.button(
            _("Remove"),
            icon=":material/delete:",
            key=f"remove_log_{log.slot}",
            on_click=_removed,
            args=(log.slot,),
        )


def _choose(
    log: LaidLog, name: str, label: str, value: str | None, columns: list[str], none: str
) -> None:
    """A list of columns for one part of the choice."""
    _widget(
        st.selectbox,
        log,
        name,
        label,
        value,
        lambda log, column: log.chosen(replace(log.choice, **{name: column})),
        options=columns,
        placeholder=none,
    )


def _widget(
    make: Callable[..., object],
    log: LaidLog,
    name: str,
    label: str,
    value: Any,
    change: Callable[[LaidLog, Any], LaidLog],
    **more: Any,
) -> None:
    """A widget that shows a part of the log and changes it."""
    key = f"laid_log_{log.slot}_{name}_{current_language()}"
    st.session_state[key] = value
    make(
        label,
        key=key,
        on_change=_changed,
        args=(key, log.slot, change, current_language()),
        **more,
    )


def _changed(key: str, slot: int, change: Callable[[LaidLog, Any], LaidLog], language: str) -> None:
    """Read the files otherwise; what is impossible changes nothing."""
    use_language(language)  # a callback runs before the page has chosen it
    beside = _beside()
    log = next((each for each in beside.logs if each.slot == slot), None)
    if log is None or key not in st.session_state:
        return
    st.session_state[_REFUSED] = []
    try:
        st.session_state[_BESIDE] = beside.with_log(change(log, st.session_state[key]))
    except ValueError as error:
        st.session_state[_REFUSED] = [("", error)]


def _arrived(key: str, place: str, language: str) -> None:
    """Read the files that came; a wrong one changes nothing."""
    use_language(language)
    files = st.session_state.get(key)
    if not files:
        return  # they were taken away
    refused: list[tuple[str, ValueError]] = []
    read: list[LogFile] = []
    for file in files:
        try:
            read.append(read_log(file.getvalue(), file.name))
        except ValueError as error:
            refused.append((file.name, error))
    where = st.session_state.get(place, _ONE)
    beside = _beside()
    for group in [[file] for file in read] if where == _EACH else [read]:
        beside = _with_files(beside, group, where, refused)
    st.session_state[_BESIDE] = beside
    st.session_state[_REFUSED] = refused
    st.session_state[_CAME] = st.session_state.get(_CAME, 0) + 1


def _with_files(
    beside: Beside,
    files: Sequence[LogFile],
    where: str | int,
    refused: list[tuple[str, ValueError]],
) -> Beside:
    """The logs with files that were read, in a new log or as further runs of one.

    Args:
        beside: the logs that are there.
        files: of one log.
        where: the slot of a log that they belong to, else for a new one.
        refused: takes what could not be laid beside, and why.
    """
    log = next((each for each in beside.logs if each.slot == where), None)
    choice = log.choice if log else None
    good = list(log.files) if log else []
    before = len(good)
    for file in files:
        try:
            wanted = choice or file.guess()
            file.runs(wanted)
        except ValueError as error:
            refused.append((file.name, error))
        else:
            choice = wanted
            good.append(file)
    if len(good) == before:
        return beside
    try:
        slot = log.slot if log else beside.free_slot()
        return beside.with_log(
            LaidLog.of(good, choice=choice, name=log.log.name if log else "", slot=slot)
        )
    except ValueError as error:
        refused.append(("" if log else good[0].name, error))
        return beside


def _drawn_whole(key: str) -> None:
    st.session_state[_BESIDE] = replace(_beside(), whole=bool(st.session_state.get(key)))


def _removed(slot: int) -> None:
    st.session_state[_BESIDE] = _beside().without(slot)
    st.session_state.pop(_REFUSED, None)
