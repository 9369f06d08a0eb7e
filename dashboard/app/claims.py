"""Which sessions have which runs, so that a page that was reloaded goes on with its own.

A reloaded page is a new session to Streamlit, and the old one is kept for some time. The browser
has kept a token of the run, which nobody else knows; with that the new session claims the run.
Knows nothing of Streamlit.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary, WeakValueDictionary

RunT = TypeVar("RunT")


class Claims(Generic[RunT]):
    """The runs of a server by their tokens. It keeps none of them alive.

    Args:
        is_here: whether a session, given its name, has a connection.
    """

    def __init__(self, is_here: Callable[[str], bool]) -> None:
        self._is_here = is_here
        self._lock = threading.Lock()
        self._runs: WeakValueDictionary[str, RunT] = WeakValueDictionary()
        self._owners: WeakKeyDictionary[RunT, str] = WeakKeyDictionary()

    def keep(self, token: str, run: RunT, owner: str) -> None:
        """Note a new run.

        Args:
            token: of the run.
            run: to be found.
            owner: name of the session that has it.
        """
        with self._lock:
            self._runs[token], self._owners[run] = run, owner

    def claim(self, token: str, claimant: str) -> RunT | None:
        """Give a run to another session, if its own has lost the connection.

        Args:
            token: of the run.
            claimant: name of the session that asks.

        Returns:
            The run; None while its own session is connected, as when a tab was duplicated.

        Raises:
            LookupError: when there is no such run any more.
        """
        with self._lock:
            run = self._runs.get(token)
            if run is None:
                raise LookupError("There is no run with this token.")
            if self._is_here(self._owners[run]):
                return None
            self._owners[run] = claimant
            return run
