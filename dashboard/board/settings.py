"""The settings of the Class page."""

from __future__ import annotations

from dashboard.app.language import gettext as _
from dashboard.app.settings import RUN_SETTINGS, PageSetting
from dashboard.board.store import read_code
from rnn_core.rules import Choice

_PAGE = "board"
#: What suits the runs that are there; how far they are; and any setting that varies.
AUTO, STEPS = "auto", "steps"


def _read_code(text: str) -> str:
    code = read_code(text)
    if not code:
        raise ValueError(
            _("The code of a room has six letters and digits; 0, 1, I, L and O are not among them.")
        )
    return code


#: The room that the visitor is in, or was invited to; empty for none. It belongs to all pages.
ROOM = PageSetting("room", None, "", parse=_read_code, shared=False)
#: What the horizontal axis of the chart shows.
ACROSS = PageSetting("across", Choice((AUTO, STEPS, *RUN_SETTINGS)), AUTO, page=_PAGE)

SETTINGS = (ROOM, ACROSS)
