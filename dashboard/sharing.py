"""How the sessions of one server share it: they take turns, and keep their turns short.

Drawing is Python, so that two sessions drawing at once are no faster than one after the other; but
many at once hand the interpreter's lock to and fro at every small call, the server's own thread
gets it too rarely to send anything, and frames are replaced before they leave. So one session draws
at a time, first come first served, except that an answer to a click goes first; and the more play,
the less often each is asked to draw, so that the server is not asked for more than it can do. Knows
nothing of Streamlit.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from time import monotonic, thread_time

#: A session counts as playing for so many seconds after its last turn.
_REMEMBERED = 2.0
# What a redraw costs the server beside the turn itself, in turns: Streamlit's own part of it,
# measured with thirty sessions.
_WHOLE_REDRAW = 2.5
# A first turn builds charts and imports what they need; it is no measure of the next ones.
_DEAREST = 0.03
# Weight of the newest turn in the mean cost of a turn.
_NEWEST = 0.05


class Turns:
    """Turns at one thing, in the order of asking.

    Args:
        clock: seconds; tests give their own.
        effort: seconds of work that the calling thread has done.
    """

    def __init__(
        self,
        clock: Callable[[], float] = monotonic,
        effort: Callable[[], float] = thread_time,
    ) -> None:
        self._clock = clock
        self._effort = effort
        self._cost = 0.0
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._taken = False
        self._seen: dict[Hashable, float] = {}

    @contextmanager
    def turn(self, who: Hashable, *, urgent: bool = False) -> Iterator[int]:
        """Wait for a turn, and hold it for the length of the block.

        Args:
            who: whose turn it is; the same session gives the same every time.
            urgent: go before all who wait: somebody clicked.

        Yields:
            How many have had turns lately, this one included.
        """
        mine = threading.Event()
        with self._lock:
            if self._taken:
                self._waiting.insert(0 if urgent else len(self._waiting), mine)
            else:
                self._taken = True
                mine.set()
        mine.wait()
        began = self._effort()
        try:
            yield self._count(who)
        finally:
            cost = min(self._effort() - began, _DEAREST)
            with self._lock:
                self._cost += _NEWEST * (cost - self._cost)
                if self._waiting:
                    self._waiting.popleft().set()
                else:
                    self._taken = False

    def interval(self, least: float) -> float:
        """Seconds between two redraws of one session that the server can keep up with.

        Args:
            least: what a session would like.
        """
        with self._lock:
            now = self._clock()
            playing = sum(now - at <= _REMEMBERED for at in self._seen.values())
            return max(least, playing * self._cost * _WHOLE_REDRAW)

    def _count(self, who: Hashable) -> int:
        now = self._clock()
        with self._lock:
            self._seen[who] = now
            self._seen = {who: at for who, at in self._seen.items() if now - at <= _REMEMBERED}
            return len(self._seen)
