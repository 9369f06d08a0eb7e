"""Has the browser keep who the visitor is in a room, and hears it when the page was reloaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from dashboard.board.store import read_code

_LONGEST = 64
_NAME = "kept_seat_of_tab"
_kept_seat = st.components.v2.component(
    "kept_seat",
    html="<span hidden></span>",
    js=Path(__file__).with_name("kept_seat.js").read_text(encoding="utf-8"),
)


class Kept(NamedTuple):
    """What the browser has kept of a room.

    Attributes:
        room: code of it.
        seat: token of a seat; empty for none.
        key: of a room that was opened in this tab; empty if it was not.
    """

    room: str
    seat: str
    key: str


def keep_seat(kept: Kept, returned: Callable[[Kept], object]) -> None:
    """Have the browser keep this in this tab alone.

    Args:
        kept: what is known now.
        returned: called before the page runs again, where the browser knows more.
    """

    def arrived() -> None:
        state: Any = st.session_state.get(_NAME)
        found = checked(None if state is None else state.get("kept"))
        if found is not None:
            returned(found)

    with st.container(key="kept_seat"):
        # A list: Streamlit looks for tables among the values of a dict, and loads pandas.
        _kept_seat(key=_NAME, on_kept_change=arrived, data=[kept._asdict()])


def checked(report: object) -> Kept | None:
    """What a browser has sent, if it can have sent this in earnest."""
    if not isinstance(report, Mapping):
        return None
    room, seat, key = (report.get(name) for name in Kept._fields)
    if not (isinstance(room, str) and isinstance(seat, str) and isinstance(key, str)):
        return None
    if not room or read_code(room) != room or max(len(seat), len(key)) > _LONGEST:
        return None
    return Kept(room, seat, key)
