"""The Share button: copies the address of what is on screen."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.app.language import gettext as _

_HERE = Path(__file__).parent
# In JavaScript: the address that the browser shows when the button is clicked, without a run of
# the page, which would also come too late for the browser to allow writing to the clipboard.
_share = st.components.v2.component(
    "share",
    html='<div class="share"></div>',
    css=(_HERE / "share.css").read_text(encoding="utf-8"),
    js=(_HERE / "share.js").read_text(encoding="utf-8"),
)


def share() -> None:
    """Draw the button."""
    _share(
        key="share",
        width="content",
        # A list: Streamlit looks for tables among the values of a dict, and loads pandas for that.
        data=[
            {
                "label": _("Share"),
                "copied": _("Link copied"),
                "help": _("Copies a link to this page with all its settings."),
                "fallback": _("Copy this link:"),
            }
        ],
    )
