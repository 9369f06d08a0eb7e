"""The File menu in the header: what can be saved of the run, and a file to open."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from functools import partial
from itertools import groupby

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.app import text as words
from dashboard.app import widgets
from dashboard.app.body import shown_around
from dashboard.app.header import drop_down
from dashboard.app.language import current_language, use_language
from dashboard.app.language import gettext as _
from dashboard.app.limits import TooMuch, Work, refusal
from dashboard.app.own_series_panel import kept_series, task_for
from dashboard.app.playback import Status
from dashboard.app.player import Session
from dashboard.app.settings import RUN_SETTINGS
from dashboard.run.live_run import LiveRun, shown_config
from dashboard.train.files.opening import choices, placed, series_choices
from dashboard.train.files.saved import SAVED_FILES, SavedFile
from rnn_core.io import load_checkpoint

# Keys in the session: how often a file was opened, which makes the uploader an empty one, and why
# the last one was refused.
_OPENED, _REFUSED = "files_opened", "file_refused"
_WIDTH = 360  # pixels
# Where the header has kept room in this run of the page.
_place: ContextVar[DeltaGenerator | None] = ContextVar("files", default=None)


def reserve() -> None:
    """Keep room in the header, which is drawn before the run is known."""
    _place.set(st.container(width="content", key="files"))


def show(session: Session[LiveRun]) -> None:
    """Draw the menu into the room that was kept."""
    place = _place.get()
    if place is None:
        return
    with place:
        menu = drop_down("file_menu", _("File"), ":material/folder_open:")
    shown_around("file menu", partial(_look, session.run) if menu.open else None)
    if not menu.open:
        return
    with menu, st.container(width=_WIDTH):
        playing = session.run.status is Status.PLAYING
        st.markdown(_("**Save**: pause the run first.") if playing else _("**Save**"))
        with st.container(gap="xsmall"):
            for row, files in groupby(SAVED_FILES, key=lambda each: each.row):
                _row(session.run, row, files, playing=playing)
        if not widgets.is_restricted():  # a file brings settings of its own
            st.markdown(_("**Open**"))
            _open(session)


def _look(run: LiveRun) -> object:
    """What decides how the open menu looks."""
    return run.status, run.shown


def _row(run: LiveRun, row: str, files: Iterable[SavedFile], *, playing: bool) -> None:
    """What one thing can be saved as."""
    each = list(files)
    help_text = next((_(one.help) for one in each if one.help), None)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        with st.container(width=120):
            st.caption(_(row), help=help_text)
        for one in each:
            st.download_button(
                one.kind,
                data=partial(_made, one, run, current_language()),
                file_name=one.name(run),
                mime=one.media_type(run),
                key=f"save{one.ending.replace('.', '-')}",
                on_click="ignore",
                disabled=playing or not one.is_ready(run),
                width="content",
            )
    reason = next((why for one in each if (why := one.why_not(run)) is not None), None)
    if reason is not None:
        st.caption(words.problem(reason))


def _made(file: SavedFile, run: LiveRun, language: str) -> str | bytes:
    """The file, made when it is asked for, in a thread of its own."""
    use_language(language)
    return file.content(run)


def _open(session: Session[LiveRun]) -> None:
    st.caption(
        _(
            "A run that was saved here goes on. Weights of nn.RNN, nn.LSTM or nn.GRU with a linear "
            "readout, from anywhere, begin a run."
        )
    )
    # Above the uploader, where the menu need not be scrolled to see it.
    refused = st.session_state.get(_REFUSED)
    if refused is not None:
        # Empty once others have left room for it; the file is gone, though.
        said = refusal(refused.work) if isinstance(refused, TooMuch) else words.problem(refused)
        if said:
            st.error(said, icon=":material/block:")
    key = f"open_file_{st.session_state.get(_OPENED, 0)}"
    st.file_uploader(
        _("A safetensors file"),
        type=["safetensors"],
        key=key,
        label_visibility="collapsed",
        on_change=_arrived,
        args=(session, key, current_language()),
    )


def _arrived(session: Session[LiveRun], key: str, language: str) -> None:
    """Open the file that came; a wrong one changes nothing."""
    use_language(language)  # a callback runs before the page has chosen it
    st.session_state.pop(_REFUSED, None)
    file = st.session_state.get(key)
    if file is None:
        return  # it was taken away
    try:
        here = session.run.config
        checkpoint = placed(load_checkpoint(file.getvalue()), here, task_for(here))
        chosen = choices(checkpoint)
        others = series_choices(checkpoint, widgets.choices(), kept_series())
        config = shown_config(checkpoint)
        task = task_for(config, others)
        held = Work((here,), task=session.run.task).cost.bytes
        work = Work((config,), task=task, held=held)
        if refusal(work):
            raise TooMuch(work)
        session.run.open(checkpoint, task)
    except ValueError as error:
        st.session_state[_REFUSED] = error
        return
    st.session_state[_OPENED] = st.session_state.get(_OPENED, 0) + 1
    others = {name: value for name, value in others.items() if name not in RUN_SETTINGS}
    widgets.replace_choices({**others, **chosen})
    session.refusals = []
    session.restarted = (
        _("The run of the file goes on from step {step}.").format(step=session.run.index)
        if checkpoint.snapshot is not None
        else ""
    )
