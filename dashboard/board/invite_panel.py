"""How to come into a room: its code, its link, and the link as a QR code."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from urllib.parse import urlsplit, urlunsplit

import streamlit as st

from dashboard.app import widgets
from dashboard.app.language import gettext as _
from dashboard.app.link import query, write_link
from dashboard.app.own_series import reads_series
from dashboard.app.restrictions import HIDE, LOCK
from dashboard.app.settings import PACE, RUN_SETTINGS, STEP_LIMIT, Setting
from dashboard.app.share_panel import qr_code
from dashboard.board.settings import ROOM
from dashboard.board.store import Room
from dashboard.board.text import spaced
from rnn_core import RunConfig
from rnn_core.config import is_read

_PATH = "/board"
# What the class gets with the link: everything of the run, and how it is played.
_TABLE: dict[str, Setting] = {
    **RUN_SETTINGS,
    **{setting.name: setting for setting in (PACE, STEP_LIMIT, LOCK, HIDE, ROOM)},
}


def show(room: Room, *, is_own: bool) -> None:
    """The code, large; for whoever opened the room also its link.

    Args:
        room: which.
        is_own: whether the visitor has opened it.
    """
    st.caption(_("Room"))
    with st.container(key="room_code_large"):
        st.markdown(f"**{spaced(room.code)}**")
    if not is_own:
        return
    config = RunConfig(**{name: widgets.chosen(row) for name, row in RUN_SETTINGS.items()})
    address = link(room, config, st.context.url or "")
    with st.container(key="room_qr"):
        # In a picture of its own; what Streamlit leaves of inline drawings is none.
        drawn = qr_code(address).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
        picture = b64encode(drawn.encode()).decode()
        words = escape(_("The link as a QR code"), quote=True)
        st.html(f'<img src="data:image/svg+xml;base64,{picture}" alt="{words}">')
    st.code(address, language=None, wrap_lines=True)
    if reads_series(config):
        st.warning(
            _("Runs on a series are not shown on the board. Choose another task on Train."),
            icon=":material/block:",
        )
    st.caption(
        _(
            "The link opens Train with the settings that you have chosen there. A step limit lets "
            "all runs stop at the same step."
        )
    )


def link(room: Room, config: RunConfig, address: str) -> str:
    """The address that a class opens: the Train page with settings, and the room.

    Args:
        room: which.
        config: the run that is chosen; its seed is left out where each is given another.
        address: of the board in the visitor's browser; empty if it is not known.
    """
    unread = [name for name in RUN_SETTINGS if not is_read(name, config)]
    values = {**widgets.choices(), ROOM.name: room.code}
    hidden = [*unread, "seed"] if room.own_seeds else unread
    parameters = query(write_link(values, _TABLE, hidden))
    parts = urlsplit(address)
    if not parts.netloc:
        return f"./{parameters}"
    root = parts.path.rstrip("/").removesuffix(_PATH)
    return urlunsplit((parts.scheme, parts.netloc, f"{root}/", parameters[1:], ""))
