"""A tour of a page: a small card that points at one thing after another, on the first visit.

The card covers nothing that it points at and blocks nothing. The browser remembers that it was
shown. It does not come up by itself where it would be in the way: with a link that carries
settings, in an embedded page, and in a browser that a program drives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

from dashboard.app.language import gettext as _

_HERE = Path(__file__).parent
# Key in the session: how often the tour was asked for.
_ASKED = "tour_asked"
_tour = st.components.v2.component(
    "tour",
    html='<div class="place"></div>',
    css=(_HERE / "tour.css").read_text(encoding="utf-8"),
    js=(_HERE / "tour.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True, slots=True)
class Stop:
    """One thing that a tour points at.

    Args:
        target: CSS selector; the first element that is visible.
        title: of the card, translated.
        text: one to three sentences, translated, plain text.
    """

    target: str
    title: str
    text: str


def tour(stops: Sequence[Stop]) -> None:
    """Have the browser offer the tour of this page.

    Args:
        stops: in their order.
    """
    with st.container(key="tour"):
        _tour(
            key="tour_card",
            # A list: in a dict, Streamlit looks for tables, and loads pandas for that.
            data=[
                {
                    "stops": [asdict(stop) for stop in stops],
                    "asked": st.session_state.get(_ASKED, 0),
                    "next": _("Next"),
                    "back": _("Back"),
                    "skip": _("Skip the tour"),
                    "done": _("Done"),
                }
            ],
        )


def button() -> None:
    """A button that shows the tour again."""
    st.button(
        _("Take the tour"),
        key="take_tour",
        icon=":material/tour:",
        type="tertiary",
        on_click=_ask,
    )


def _ask() -> None:
    st.session_state[_ASKED] = st.session_state.get(_ASKED, 0) + 1
