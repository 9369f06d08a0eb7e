"""Buttons that choose what the server does allow, where it has refused too much."""

from __future__ import annotations

import streamlit as st

from dashboard.app import widgets
from dashboard.app.language import gettext as _
from dashboard.app.limits import Work, alternatives, in_words
from dashboard.app.settings import RUN_SETTINGS, Setting


def offer(work: Work, seeds: Setting | None = None) -> None:
    """A button for each setting that alone makes the work small enough.

    Args:
        work: that was refused.
        seeds: the setting of the number of networks; None where there is one of each.
    """
    found = alternatives(work)
    if not found:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="cheaper"):
        st.caption(_("One of these alone is enough:"), width="content")
        for name, value in found.items():
            setting = seeds if name == "networks" else RUN_SETTINGS[name]
            if setting is not None and not widgets.is_locked(setting.name):
                st.button(
                    in_words(name, value),
                    icon=":material/compress:",
                    key=f"cheaper_{name}",
                    on_click=widgets.set_value,
                    args=(setting, value),
                )
