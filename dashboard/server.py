"""What is set once for the whole server, which all its sessions share."""

from __future__ import annotations

import streamlit as st
import torch


@st.cache_resource
def prepare_server() -> None:
    """Give each training step one thread: small tensors gain nothing from two, and many sessions
    would fight for the cores."""
    torch.set_num_threads(1)
