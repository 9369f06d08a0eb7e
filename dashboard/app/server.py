"""Set-up of the server process, which all sessions share."""

from __future__ import annotations

import gc

import streamlit as st
import torch

from dashboard.app.render_queue import RenderQueue
from rnn_core.engines import prepare_compiled

# Seconds that the first page takes from here, and that the compiled engine leaves to it.
_FIRST_PAGE = 1.0


@st.cache_resource
def prepare_server() -> None:
    """Train on one thread per session, load the compiled engine, and shorten garbage collections.

    Small tensors gain nothing from a second thread, and sessions would compete for the cores. The
    quarter of a million objects of the libraries are never garbage; scanning them would stop all
    sessions for 150 ms.
    """
    torch.set_num_threads(1)
    _do_without_torch_compile()
    gc.collect()
    gc.freeze()
    prepare_compiled(_FIRST_PAGE)


def _do_without_torch_compile() -> None:
    """Keep PyTorch's optimizers from importing `torch._dynamo` when the first of them is made.

    They exclude some of their methods from compilation by `torch.compile`, which nothing here uses.
    The import takes longer than all else between a visitor's first request and the first chart.
    """
    for method in vars(torch.optim.Optimizer).values():
        plain = getattr(method, "__wrapped__", None)
        if plain is not None:
            # Where `torch._compile` keeps the excluded method once it has made it.
            setattr(plain, "__dynamo_disable", plain)


@st.cache_resource
def render_queue() -> RenderQueue:
    """The queue that all sessions of this server share."""
    return RenderQueue()
