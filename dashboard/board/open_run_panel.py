"""Opening the run of a point that is clicked."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_open_run = st.components.v2.component(
    "open_run",
    html="<span hidden></span>",
    js=Path(__file__).with_name("open_run.js").read_text(encoding="utf-8"),
)


def open_clicked() -> None:
    """Have the browser open the link of a point that is clicked in the board's chart."""
    with st.container(key="open_run"):
        _open_run(key="open_run_script")
