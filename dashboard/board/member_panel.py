"""The visitor's part in a room: the invitation, the seat, and the menu to leave it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.app import text as words
from dashboard.app import widgets
from dashboard.app.body import shown_around
from dashboard.app.header import drop_down
from dashboard.app.language import gettext as _
from dashboard.app.own_series import reads_series
from dashboard.app.page import go_to
from dashboard.app.player import followed_session
from dashboard.app.restrictions import ALL, LOCK
from dashboard.app.settings import RUN_SETTINGS
from dashboard.board.kept_seat_panel import Kept, keep_seat
from dashboard.board.nickname import LONGEST
from dashboard.board.server import reporter, store
from dashboard.board.settings import ROOM
from dashboard.board.store import NoRoom, Opened, RoomFull, RoomsUnusable, Seat, most_seats
from dashboard.board.text import spaced

_LOG = logging.getLogger(__name__)
# Keys in the session: the seat, and whether it is new; the room that was opened here; a nickname as
# it is typed; and what says why a click did not do what it says. A click is dealt with before the
# page knows its language.
_SEAT, _NEW, _OPENED, _NICKNAME = "seat", "new seat", "opened room", "nickname"
_PROBLEM = "problem of a room"
_BOARD, _TRAIN = "board", "train"


def seat() -> Seat | None:
    """Where the visitor sits; None without a seat."""
    found: Seat | None = st.session_state.get(_SEAT)
    return found


def opened() -> Opened | None:
    """The room that the visitor has opened; None if there is none."""
    found: Opened | None = st.session_state.get(_OPENED)
    return found


def keep_opened(room: Opened | None) -> None:
    """Remember the room that the visitor has opened; None forgets it."""
    st.session_state[_OPENED] = room
    if room is None:
        widgets.forget([ROOM.name])
    else:
        widgets.set_value(ROOM, room.code)


def note(error: RoomsUnusable) -> None:
    """Write down why rooms cannot be used; visitors are not told: it may hold paths."""
    _LOG.error("class board: %s", error)


def unusable() -> str:
    """What visitors are told of rooms that cannot be used."""
    return _("The server cannot use its folder of rooms. Its log says why.")


def menu() -> None:
    """In the header: the visitor's seat, and how to leave it."""
    mine = seat()
    if mine is None:
        return
    label = f"{mine.code} · {words.harmless(mine.nickname)}"
    place = drop_down("room_menu", label, ":material/groups:")
    if not place.open:
        return
    with place:
        st.markdown(_where(mine))
        followed = followed_session()
        st.caption(
            _("A run on a series is not shown on the board: its numbers may be your own.")
            if followed is not None and reads_series(followed.run.config)
            else _(
                "Everyone in the room sees your run on the Train page: its settings, step and "
                "losses. Leaving deletes them."
            )
        )
        if ALL not in widgets.chosen(LOCK) and st.button(
            _("Class board"), icon=":material/scatter_plot:", width="stretch", key="to_board"
        ):
            go_to(_BOARD)
        st.button(
            _("Leave the room"),
            icon=":material/logout:",
            width="stretch",
            key="leave_room",
            on_click=_leave,
            args=(mine,),
        )


def _where(mine: Seat) -> str:
    """Who the visitor is, and where."""
    return _("You are **{nickname}** in room **{code}**.").format(
        nickname=words.harmless(mine.nickname), code=spaced(mine.code)
    )


def above(path: str) -> None:
    """Above a page: the invitation to a room, until one has a seat.

    Args:
        path: of the page.
    """
    mine, own = seat(), opened()
    if mine is not None and widgets.chosen(ROOM) != mine.code:
        widgets.set_value(ROOM, mine.code)  # as after going back in the browser's history
    elif own is not None and not widgets.chosen(ROOM):
        widgets.set_value(ROOM, own.code)
    shown_around("seat", None if mine is None else partial(_has_seat, mine))
    code = widgets.chosen(ROOM)
    if not code:
        return
    is_own = own is not None and own.code == code
    keep_seat(
        Kept(code, mine.token if mine else "", own.key if own is not None and is_own else ""),
        _returned,
    )
    if mine is not None:
        if st.session_state.pop(_NEW, False):
            st.toast(_where(mine), icon=":material/groups:")
        _follow(mine)
    elif path != _BOARD and not is_own:
        with st.container(key="room_above"):
            _invite(code)


def _follow(mine: Seat) -> None:
    """Have the visitor's run reported, or say that the seat is gone."""
    if not _has_seat(mine):
        with st.container(key="room_above"):
            _tell(
                _(
                    "Your run is no longer shown in room {code}: the room has ended, or another "
                    "tab goes on with your seat."
                ).format(code=spaced(mine.code)),
                partial(_forget, mine),
            )
        return
    followed, context = followed_session(), get_script_run_ctx(suppress_warning=True)
    if followed is not None and context is not None:
        reporter().follow(mine, followed, context.session_id)


def _has_seat(mine: Seat) -> bool:
    if reporter().is_lost(mine):
        return False
    try:
        room = store().room(mine.code)
    except RoomsUnusable:
        return True  # which the board tells
    return room is not None and any(entry.number == mine.number for entry in room.entries)


def _invite(code: str) -> None:
    """Ask for a nickname."""
    why = st.session_state.pop(_PROBLEM, None)
    problem = why() if why else ""
    try:
        exists = store().room(code) is not None
    except RoomsUnusable as error:
        note(error)
        exists, problem = False, unusable()
    if not exists:
        missing = _("There is no room {code}: it has ended, or the link is of another server.")
        _tell(problem or missing.format(code=spaced(code)), _decline)
        return
    with st.form("invitation", border=True, enter_to_submit=True):
        with st.container(horizontal=True, vertical_alignment="bottom", key="invitation_row"):
            st.text_input(
                _("Room {code}: your nickname").format(code=spaced(code)),
                key=_NICKNAME,
                max_chars=LONGEST,
                placeholder=_("not your full name"),
                width=260,
            )
            st.form_submit_button(
                _("Join"), type="primary", icon=":material/login:", on_click=_join, args=(code,)
            )
            st.form_submit_button(_("Not now"), type="tertiary", on_click=_decline)
        if problem:
            st.error(problem, icon=":material/block:")
        else:
            st.caption(
                _(
                    "Everyone in the room will see this name and your run on the Train page. "
                    "Nothing else is stored, and all of it is deleted when the room ends, after "
                    "a day at the latest."
                )
            )


def _tell(said: str, forget: Callable[[], None]) -> None:
    """Say why there is no room, with a button that forgets it."""
    with st.container(horizontal=True, vertical_alignment="center", key="no_room"):
        st.warning(said, icon=":material/groups:")
        st.button(_("All right"), key="forget_room", on_click=forget)


def _join(code: str) -> None:
    if seat() is not None:
        return  # delivered twice
    name = str(st.session_state.get(_NICKNAME, ""))
    try:
        found = store().join(code, name)
    except NoRoom:
        return  # which the page says
    except RoomFull:
        st.session_state[_PROBLEM] = _full
    except RoomsUnusable as error:
        note(error)
        st.session_state[_PROBLEM] = unusable
    except ValueError:
        st.session_state[_PROBLEM] = _no_name
    else:
        st.session_state[_SEAT] = found
        if found.own_seeds:
            widgets.set_value(RUN_SETTINGS["seed"], found.number)
        st.session_state[_NEW] = True


def _full() -> str:
    return _("All {seats} seats of the room are taken.").format(seats=most_seats())


def _no_name() -> str:
    return _("A nickname needs a letter or a digit.")


def _decline() -> None:
    widgets.forget([ROOM.name])


def _forget(mine: Seat) -> None:
    reporter().forget(mine)
    st.session_state.pop(_SEAT, None)
    widgets.forget([ROOM.name])


def _leave(mine: Seat) -> None:
    _forget(mine)
    try:
        store().leave(mine)
    except RoomsUnusable as error:
        note(error)  # the room ends without it


def _returned(kept: Kept) -> None:
    """The visitor had a seat in this tab, or had opened the room, before the page was reloaded."""
    if kept.room != widgets.chosen(ROOM):
        return
    try:
        if kept.seat and seat() is None:
            found = store().resume(kept.room, kept.seat)
            if found is not None:
                st.session_state[_SEAT] = found
        if kept.key and opened() is None and store().is_opener(kept.room, kept.key):
            st.session_state[_OPENED] = Opened(kept.room, kept.key)
    except RoomsUnusable as error:
        note(error)
