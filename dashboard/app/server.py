"""Set-up of the server process, which all sessions share."""

from __future__ import annotations

import gc

import streamlit as st
import torch

from dashboard.app.render_queue import RenderQueue
from rnn_core.engines import prepare_compiled


@st.cache_resource
def prepare_server() -> None:
    """Train on one thread per session, load the compiled engine, and shorten garbage collections.

    Small tensors gain nothing from a second thread, and sessions would compete for the cores. The
    quarter of a million objects of the libraries are never garbage; scanning them would stop all
    sessions for 150 ms.
    """
    torch.set_num_threads(1)
    gc.collect()
    gc.freeze()
    prepare_compiled()


@st.cache_resource
def render_queue() -> RenderQueue:
    """The queue that all sessions of this server share."""
    return RenderQueue()
