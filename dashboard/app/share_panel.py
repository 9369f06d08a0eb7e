"""The Share button: copies the address of what is on screen, and shows it as a QR code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import segno
import streamlit as st

from dashboard.app.language import gettext as _

_HERE = Path(__file__).parent
# Key in the session: the address that was last shared.
_SHARED, _CODE = "shared address", "QR code"
# A QR code holds no more bytes.
_MOST_BYTES = 2_953
# In JavaScript: the address that the browser shows when the button is clicked, without a run of
# the page, which would also come too late for the browser to allow writing to the clipboard.
_share = st.components.v2.component(
    "share",
    html='<div class="share"></div>',
    css=(_HERE / "share.css").read_text(encoding="utf-8"),
    js=(_HERE / "share.js").read_text(encoding="utf-8"),
)


def share(private: Sequence[str] = ()) -> None:
    """Draw the button.

    Args:
        private: parameters of the address that are left out of the link.
    """
    address = st.session_state.get(_SHARED, "")
    _share(
        key="share",
        width="content",
        on_shared_change=_remember,
        # A list: Streamlit looks for tables among the values of a dict, and loads pandas for that.
        data=[
            {
                "label": _("Share"),
                "copied": _("Link copied"),
                "help": _("Copies a link to this page with all its settings."),
                "fallback": _("Copy this link:"),
                "lock": _("For a class: lock the settings"),
                "code": _("The link as a QR code, for a phone or a class"),
                "address": address,
                "qr": _code(address),
                "private": list(private),
            }
        ],
    )


def _code(address: str) -> str:
    """The session's last QR code, kept with it: a link may name the visitor's file."""
    if not address:
        return ""
    last = st.session_state.get(_CODE)
    if last is None or last[0] != address:
        last = st.session_state[_CODE] = (address, qr_code(address))
    code: str = last[1]
    return code


def qr_code(address: str) -> str:
    """An address as a QR code, black on white as cameras want it: an SVG element."""
    code = segno.make(address, micro=False)
    drawn: str = code.svg_inline(omitsize=True, border=3, dark="#000", light="#fff")
    return drawn


def _remember() -> None:
    """Keep the address that the browser has shared, for its QR code in this run of the page."""
    state: Any = st.session_state.get("share")
    address = state.get("shared") if state is not None else None
    if isinstance(address, str) and len(address.encode()) <= _MOST_BYTES:
        st.session_state[_SHARED] = address
