"""Set-up of the server process, which all sessions share."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Callable
from threading import Lock, Timer
from time import monotonic

import streamlit as st
import torch

from dashboard.app.render_queue import RenderQueue
from rnn_core.engines import prepare_compiled

# Seconds that the first page takes from here, and that the compiled engine leaves to it.
_FIRST_PAGE = 1.0
# Seconds from one cleaning to the next, at least, and from a visitor's arrival to the cleaning.
_CLEAN_EVERY, _CLEAN_AFTER = 60.0, 5.0


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


class Cleaner:
    """Frees what ended sessions have left behind.

    Streamlit ends a session some time after its visitor has gone, when another one leaves. Sessions
    refer to themselves, so that only a full garbage collection frees one, with its run and its
    file. Python makes few of those, and none ever frees an object that was frozen: whoever was here
    when `prepare_server` froze everything would stay. A full collection stops all sessions for a
    fifth of a second; hence only when visitors come, once a minute.

    Args:
        clock: seconds.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._last = clock()

    def is_due(self) -> bool:
        """Whether a minute has passed; then the next one begins."""
        with self._lock:
            now = self._clock()
            if now - self._last < _CLEAN_EVERY:
                return False
            self._last = now
            return True

    def visitor_arrived(self) -> None:
        """Clean soon, if it is due; the visitor's first page comes first."""
        if self.is_due():
            timer = Timer(_CLEAN_AFTER, clean)
            timer.daemon = True
            timer.start()


def clean() -> None:
    """Free every unreachable object, frozen or not, freeze the rest, and give memory back."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    if sys.platform == "linux":
        # glibc keeps what was freed between blocks in use, after large files hundreds of megabytes.
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


@st.cache_resource
def cleaner() -> Cleaner:
    """The cleaner that all sessions of this server share."""
    return Cleaner()


@st.cache_resource
def render_queue() -> RenderQueue:
    """The queue that all sessions of this server share."""
    return RenderQueue()
