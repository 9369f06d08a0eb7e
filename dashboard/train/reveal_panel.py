"""Bringing the view that was chosen into sight."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_reveal = st.components.v2.component(
    "reveal",
    html="<span></span>",
    js=(Path(__file__).parent / "reveal.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def reveal() -> None:
    """Have the browser scroll to the view that is clicked on, where it is out of sight."""
    with st.container(key="reveal"):
        _reveal(key="reveal_script", height="content")
