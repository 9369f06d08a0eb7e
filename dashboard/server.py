"""What is set once for the whole server, which all its sessions share."""

from __future__ import annotations

import streamlit as st
import torch

from dashboard.sharing import Turns
from rnn_core.engines import prepare_compiled


@st.cache_resource
def prepare_server() -> None:
    """One thread per training step, and the compiled engine on its way.

    Small tensors gain nothing from two threads, and many sessions would fight for the cores.
    """
    torch.set_num_threads(1)
    prepare_compiled()


@st.cache_resource
def turns() -> Turns:
    """The turns that all sessions of this server take."""
    return Turns()
