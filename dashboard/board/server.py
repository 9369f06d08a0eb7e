"""What all sessions of a server share: the rooms, and who reports to them."""

from __future__ import annotations

import streamlit as st
from streamlit import runtime

from dashboard.board.reporter import Reporter
from dashboard.board.store import Store


@st.cache_resource
def store() -> Store:
    """The rooms of this machine."""
    return Store()


@st.cache_resource
def reporter() -> Reporter:
    """Reports the runs of those of this server who have joined a room."""
    return Reporter(store(), _is_here)


def _is_here(visitor: str) -> bool:
    return runtime.exists() and runtime.get_instance().is_active_session(visitor)
