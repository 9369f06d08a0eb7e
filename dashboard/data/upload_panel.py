"""A file of one's own: uploading or pasting it, and correcting how it was read."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard.app import text as words
from dashboard.app import widgets
from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.app.limits import require_room_for_table
from dashboard.app.own_series import DATASET, FILE, INPUTS, TARGETS, File
from dashboard.app.own_series_panel import keep_series
from dashboard.data import waveform_panel
from dashboard.data.draft import Draft
from rnn_core.io.tables.limits import MOST_BYTES, MOST_COLUMNS, MOST_ROWS
from rnn_core.io.tables.options import DECIMALS, SEPARATORS
from rnn_core.messages import translate

_DRAFT, _PROBLEM = "draft", "upload problem"
_UPLOAD, _PASTE = "upload", "paste"
_TYPES = ["csv", "tsv", "txt", "xlsx", "xls", "parquet"]
# Problems of a file that are listed.
_MOST_PROBLEMS = 12


def upload() -> None:
    """Ask for a file or for pasted text."""
    st.file_uploader(
        _("Your own file: CSV, TSV, Excel or Parquet"),
        type=_TYPES,
        max_upload_size=MOST_BYTES // 10**6,
        key=_UPLOAD,
        on_change=_uploaded,
        help=_(
            "It stays in the memory of this session, is never written to disk, never reaches "
            "another session, and goes when the session ends."
        ),
    )
    st.caption(
        _("Up to {bytes} MB, {rows} million rows, {columns} columns.").format(
            bytes=MOST_BYTES // 10**6, rows=MOST_ROWS // 10**6, columns=MOST_COLUMNS
        )
    )
    with st.expander(_("Paste from a spreadsheet")):
        st.text_area(
            _("Rows and columns, with or without names above"),
            key=_PASTE,
            height=110,
            placeholder="month\tsales\n2024-01\t112\n2024-02\t118",
        )
        st.button(
            _("Read"),
            key="read",
            on_click=_pasted,
            args=(_("pasted"),),
            icon=":material/content_paste:",
        )
    waveform_panel.make(_read)
    problem: ValueError | None = st.session_state.get(_PROBLEM)
    if problem is not None:
        st.error(
            words.problem(problem) + " " + _("What was there before stays."),
            icon=":material/block:",
        )


def wanted(file: File) -> None:
    """Say that the link was made with a file that is not here."""
    st.info(
        _(
            "This link was made with {name} (digest {digest}); upload it here. Until then the page "
            "shows a bundled series."
        ).format(name=words.plain(file.name), digest=words.plain(file.digest)),
        icon=":material/upload_file:",
    )


def draft() -> Draft | None:
    """The visitor's file, if it is what the page shows."""
    found: Draft | None = st.session_state.get(_DRAFT)
    return found if found is not None and widgets.chosen(FILE) is not None else None


def corrections(file: Draft) -> None:
    """How the file was read, to be seen and corrected."""
    found = file.table.found
    if file.problem is not None:
        st.error(words.problem(file.problem), icon=":material/block:")
    separators = {",": _("comma"), ";": _("semicolon"), "\t": _("tab"), "|": "|", " ": _("space")}
    orders = {"ymd": _("year, month, day"), "dmy": _("day, month, year"), "mdy": "mm/dd/yyyy"}
    with st.container(horizontal=True, key="corrections"):
        dates = [*file.table.named("date"), *file.table.named("number")]
        _use("time", _("Time column"), [None, *dates], file.time, {None: _("none: rows in order")})
        if found.date_order is not None:
            _correct("date_order", _("Dates"), list(orders), found.date_order, orders)
        kinds = {"drop": _("leave the row out"), "interpolate": _("interpolate")}
        _use("missing", _("Missing values"), list(kinds), file.missing, kinds)
        if found.separator is not None:
            _correct("separator", _("Separator"), list(SEPARATORS), found.separator, separators)
        if found.decimal is not None:
            names = {".": _("point"), ",": _("comma")}
            _correct("decimal", _("Decimal sign"), list(DECIMALS), found.decimal, names)
        if found.header is not None:
            truth: dict[Any, str] = {True: _("yes"), False: _("no")}
            _correct("header", _("Names above"), [True, False], found.header, truth)
    _preview(file)


def _preview(file: Draft) -> None:
    """The first rows, and what was noticed."""
    names = [column.name for column in file.table.columns]
    rows = file.table.preview
    kinds = {"number": _("number"), "date": _("date"), "text": _("text")}
    st.dataframe(
        {
            f"{column.name} · {kinds[column.kind]}": [
                row[place] if place < len(row) else "" for row in rows
            ]
            for place, column in enumerate(file.table.columns)
        }
        if names
        else {},
        height=180,
        hide_index=True,
    )
    said = [translate(message, _) for message in file.table.problems[:_MOST_PROBLEMS]]
    if file.report is not None:
        said += [translate(message, _) for message in file.report.messages]
    if said:
        title = _("What was noticed ({count})").format(count=len(said))
        with st.expander(title, expanded=True), st.container(key="noticed", gap="xsmall"):
            for sentence in said:
                st.text(f"• {sentence}")


def _correct(name: str, label: str, options: list[Any], value: Any, names: dict[Any, str]) -> None:
    """A list to correct one of `ReadOptions`."""
    _list(f"read_{name}", label, options, value, names, lambda chosen: {name: chosen}, read=True)


def _use(name: str, label: str, options: list[Any], value: Any, names: dict[Any, str]) -> None:
    """A list to choose what the series is made of."""
    _list(f"use_{name}", label, options, value, names, lambda chosen: {name: chosen}, read=False)


def _list(
    name: str,
    label: str,
    options: list[Any],
    value: Any,
    names: dict[Any, str],
    changes: Any,
    *,
    read: bool,
) -> None:
    key = f"{name}_{current_language()}"
    options = options if value in options else [value, *options]
    st.session_state[key] = value
    st.selectbox(
        label,
        options,
        format_func=lambda option: names.get(option, str(option)),
        key=key,
        on_change=_changed,
        args=(key, changes, read),
    )


def _changed(key: str, changes: Any, read: bool) -> None:
    file: Draft | None = st.session_state.get(_DRAFT)
    if file is None or key not in st.session_state:
        return
    chosen = changes(st.session_state[key])
    if read:
        file.correct(**chosen)
    else:
        file.use(**chosen)
    _take(file)


def _uploaded() -> None:
    uploaded = st.session_state.get(_UPLOAD)
    if uploaded is not None:  # else it was removed from the list: what was read stays
        _read(uploaded.name, uploaded.getvalue())


def _pasted(name: str) -> None:
    _read(name, str(st.session_state.get(_PASTE, "")).encode())


def _read(name: str, data: bytes) -> None:
    """Read a file; if that fails, say why and keep what was there."""
    try:
        require_room_for_table(len(data))
        file = Draft.read(name, data)
        if file.series is None and file.problem is not None:
            raise file.problem
    except ValueError as error:
        st.session_state[_PROBLEM] = error
        return
    st.session_state[_PROBLEM] = None
    st.session_state[_DRAFT] = file
    _take(file)


def _take(file: Draft) -> None:
    """Make the file's series the one that the session forecasts."""
    if file.series is None:
        return
    keep_series(file.series)
    before = widgets.chosen(FILE)
    if before is None or before.name != file.name:
        widgets.forget({INPUTS.name, TARGETS.name, DATASET.name})
    widgets.set_value(FILE, File(file.name, file.series.digest))
