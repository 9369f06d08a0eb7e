"""Ends the sessions of visitors who have gone, in bounded time.

Streamlit keeps the session of a closed tab for `server.disconnectedSessionTTL` seconds, for a
visitor who comes back, and looks for expired ones only when another visitor leaves: the last of a
class would stay overnight. All names of Streamlit that are used here are public but one, which may
be missing.
"""

from __future__ import annotations

import asyncio
import logging
from asyncio import AbstractEventLoop
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.app.journal import ENDED, note
from dashboard.app.metrics import SESSIONS
from dashboard.app.server import cleaner

# Seconds from one look at the sessions to the next.
_EVERY = 5.0
# Share of the time to live after which a session is ended. Once that time is over, Streamlit finds
# the session no more, and no public name ends it; the rest is for looks that are late.
_SHARE = 2 / 3

_LOGGER = logging.getLogger(__name__)


class Server(Protocol):
    """What is asked of Streamlit's `Runtime`."""

    def is_active_session(self, session_id: str) -> bool:
        """Whether a session has a connection."""

    def close_session(self, session_id: str) -> None:
        """End a session and free its files; in the event loop only. Unknown ones are ignored."""


class Content(Protocol):
    """What a session holds."""

    def clear(self) -> None:
        """Forget everything."""


@dataclass(slots=True)
class _Watched:
    """A session.

    Args:
        contents: emptied when it is ended.
        since: when it was first seen without its connection; None while it has one.
    """

    contents: tuple[Content, ...]
    since: float | None = None


class Lifetimes:
    """Ends sessions that have been without a connection for some time.

    Everything but `watch` happens in the server's event loop, as connecting does, so that no
    session is ended while its visitor comes back.

    Args:
        server: keeps the sessions.
        loop: the server's event loop.
        kept: seconds for which a session without a connection is kept.
        ended: called after sessions were ended and emptied.
    """

    def __init__(
        self, server: Server, loop: AbstractEventLoop, kept: float, ended: Callable[[], None]
    ) -> None:
        self._server = server
        self._loop = loop
        self._kept = kept
        self._ended = ended
        self._watched: dict[str, _Watched] = {}
        # Those that were ended at the last look. A run of the page takes a moment to stop, and
        # would fail if the session were empty.
        self._over: list[_Watched] = []

    def watch(self, session_id: str, *contents: Content) -> None:
        """End this session when its visitor has gone; at each run of the page, in any thread.

        Args:
            session_id: of a session that has a connection now.
            contents: what it holds, to be emptied when it is ended. Streamlit's loop refers to the
                last session that it has served until another one comes.
        """
        with suppress(RuntimeError):  # the server stops, and its loop is closed
            self._loop.call_soon_threadsafe(self._watch, session_id, _Watched(contents))

    def _watch(self, session_id: str, watched: _Watched) -> None:
        if not self._watched and not self._over:
            self._loop.call_later(_EVERY, self._look)
        self._watched[session_id] = watched
        SESSIONS.set(len(self._watched))

    def _look(self) -> None:
        """End the sessions whose time is over, and empty those that were ended at the last look."""
        now = self._loop.time()
        over = []
        for session_id, watched in self._watched.items():
            if self._server.is_active_session(session_id):
                watched.since = None
            elif watched.since is None:
                watched.since = now
            elif now - watched.since >= self._kept:
                over.append(session_id)
        stopped, self._over = self._over, []
        try:
            for session_id in over:
                self._over.append(self._watched.pop(session_id))
                self._server.close_session(session_id)
            for watched in stopped:
                for content in watched.contents:
                    content.clear()
        finally:
            SESSIONS.set(len(self._watched))
            if self._watched or self._over:
                self._loop.call_later(_EVERY, self._look)
            if over:
                note(ENDED, number=len(over))
            if stopped:
                self._ended()


def watch_session() -> None:
    """End the session of this run of the page some time after its visitor has gone."""
    context = get_script_run_ctx()
    watching = _lifetimes() if runtime.exists() else None
    if watching is None or context is None:
        return
    contents: list[Content] = [context.fragment_storage]
    session = runtime.get_instance().get_app_session(context.session_id)
    if session is not None:  # else the visitor has gone before the page was drawn
        contents.append(session.session_state)
        # Clearing the state leaves the widgets' callbacks, whose arguments are runs. No public
        # name leads to them; without this one they stay until another visitor comes.
        widgets = getattr(session.session_state, "_new_widget_state", None)
        contents.append(getattr(widgets, "widget_metadata", {}))
    watching.watch(context.session_id, *contents)


@st.cache_resource
def _lifetimes() -> Lifetimes | None:
    """What all sessions of this server share; None where another Streamlit lacks what it takes."""
    server = runtime.get_instance()
    stopped = getattr(server, "stopped", None)  # a future of the server's event loop
    asked = ("is_active_session", "close_session", "get_app_session")
    if not isinstance(stopped, asyncio.Future) or not all(hasattr(server, name) for name in asked):
        _LOGGER.warning("This version of Streamlit ends sessions only when a later visitor leaves.")
        return None
    kept = _SHARE * st.get_option("server.disconnectedSessionTTL")
    return Lifetimes(server, stopped.get_loop(), kept, cleaner().soon)
