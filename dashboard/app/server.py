"""What is set once for the whole server, which all its sessions share."""

from __future__ import annotations

import gc

import streamlit as st
import torch

from dashboard.app.render_queue import RenderQueue
from rnn_core.engines import prepare_compiled


@st.cache_resource
def prepare_server() -> None:
    """One thread per training step, the compiled engine on its way, and short garbage collections.

    Small tensors gain nothing from two threads, and many sessions would fight for the cores. The
    quarter of a million objects of the libraries are never garbage; looking through them stops
    everybody for 150 ms.
    """
    torch.set_num_threads(1)
    gc.collect()
    gc.freeze()
    prepare_compiled()


@st.cache_resource
def render_queue() -> RenderQueue:
    """The turns that all sessions of this server take."""
    return RenderQueue()
