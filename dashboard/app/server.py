"""Set-up of the server process, which all sessions share."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Callable
from threading import Lock, Thread, Timer
from time import monotonic
from typing import Any, cast

import streamlit as st
import torch
from altair.utils import schemapi

from dashboard.app.home_core import roam, settle
from dashboard.app.kept_theme import keep_theme
from dashboard.app.memory import give_back_libraries
from dashboard.app.render_queue import RenderQueue
from rnn_core.engines import prepare_compiled
from rnn_core.training.optimizers import do_without_compiler

# In glibc's malloc.h; and what it is set to.
_M_ARENA_MAX, _ARENAS = -8, 2
# Objects that are made, less those freed, until Python looks for garbage among them; collections
# of the young until it looks among those that outlived one, and likewise for the old. By default
# 700, 10 and 10, with which every eighth millisecond of a class went to looking.
_GARBAGE_AFTER = 20_000, 20, 20
# Seconds that the first page takes from here, and that the compiled engine leaves to it.
_FIRST_PAGE = 1.0
# Seconds from one cleaning to the next, at least, and from its reason to the cleaning: sessions are
# ended a few at a time, and a visitor's first page comes first.
_CLEAN_EVERY, _CLEAN_AFTER = 60.0, 5.0


@st.cache_resource
def prepare_server() -> None:
    """Train on one thread per session, load the compiled engine, and shorten garbage collections.

    Also mends what Altair, PyTorch and the allocator do that does not suit many short threads.

    Small tensors gain nothing from a second thread, and sessions would compete for the cores. The
    quarter of a million objects of the libraries are never garbage; scanning them would stop all
    sessions for 150 ms.
    """
    torch.set_num_threads(1)
    _keep_freed_memory_together()
    do_without_compiler()
    keep_theme()
    _hide_half_imported_pandas()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GARBAGE_AFTER)
    loading = prepare_compiled(_FIRST_PAGE, elsewhere=True)
    Thread(target=_end_start, args=(loading,), name="end of the start", daemon=True).start()


def _end_start(loading: Thread) -> None:
    """Give back what only the start needed, cores included, once the kernels are loaded."""
    loading.join()
    give_back_libraries()
    settle()


def _hide_half_imported_pandas() -> None:
    """Keep Altair from looking into pandas while another session's thread imports it.

    Pages that need pandas import it when they are opened, which takes half a second. Altair takes
    it from `sys.modules`, where it stands from the beginning of its import, and fails on what it
    does not yet have.
    """
    found = getattr(schemapi, "_get_optional_modules", None)
    if found is None:
        return

    def whole_modules(**names: str) -> dict[str, Any]:
        modules = found(**names)
        if not hasattr(modules.get("pd_opt"), "Timestamp"):
            modules["pd_opt"] = None
        return cast(dict[str, Any], modules)

    schemapi._get_optional_modules = whole_modules


def _keep_freed_memory_together() -> None:
    """Have all threads allocate from two arenas of glibc instead of eight a core.

    Each run of a page is a new thread. What a session holds lies in as many arenas as its threads
    were given, beside what stays, and less of it can be given back when the session has ended.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, _ARENAS)


class Cleaner:
    """Frees what ended sessions have left behind.

    Sessions refer to themselves, so that only a full garbage collection frees one, with its run and
    its file. Python makes few of those, and none ever frees an object that was frozen: whoever was
    here when `prepare_server` froze everything would stay. A full collection stops all sessions for
    a fifth of a second; hence at most once a minute, when sessions have ended or visitors come.

    Args:
        clock: seconds.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._next = clock() + _CLEAN_EVERY  # when the next cleaning may begin
        self._is_planned = False

    def soon(self) -> None:
        """Clean in some seconds, a minute after the last time at the earliest; in any thread."""
        with self._lock:
            if self._is_planned:
                return
            self._is_planned = True
            timer = Timer(max(_CLEAN_AFTER, self._next - self._clock()), self._clean)
        timer.daemon = True
        timer.start()

    def _clean(self) -> None:
        with self._lock:
            self._is_planned = False
            self._next = self._clock() + _CLEAN_EVERY
        clean()


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
    return RenderQueue(at_length=roam)
