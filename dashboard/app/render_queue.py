"""The order in which the sessions of a server train and redraw.

Python runs one thread at a time. Sessions that draw at once switch every few milliseconds, so that
none of them has a frame ready, and the event loop, which sends the frames, waits with them. They
take turns instead. When there is more to draw than time, all are redrawn equally less often. Knows
nothing of Streamlit.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from time import monotonic

# A session counts as active for this many seconds after its last turn.
_REMEMBERED = 2.0


class RenderQueue:
    """Turns, first come, first served.

    Args:
        clock: seconds.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._taken = False
        self._seen: dict[Hashable, float] = {}

    @contextmanager
    def turn(self, who: Hashable, *, plays: bool = True, urgent: bool = False) -> Iterator[int]:
        """Wait for a turn and hold it for the length of the block.

        Args:
            who: identifies the session.
            plays: whether the session counts as active.
            urgent: go first, in answer to a click.

        Yields:
            Number of active sessions, at least one.
        """
        mine = threading.Event()
        with self._lock:
            if self._taken:
                self._waiting.insert(0 if urgent else len(self._waiting), mine)
            else:
                self._taken = True
                mine.set()
        mine.wait()
        try:
            yield self._count(who, plays)
        finally:
            with self._lock:
                if self._waiting:
                    self._waiting.popleft().set()
                else:
                    self._taken = False

    @property
    def active(self) -> int:
        """How many sessions play."""
        with self._lock:
            return len(self._recent())

    def _count(self, who: Hashable, plays: bool) -> int:
        with self._lock:
            self._seen = self._recent()
            if plays:
                self._seen[who] = self._clock()
            return max(1, len(self._seen))

    def _recent(self) -> dict[Hashable, float]:
        now = self._clock()
        return {who: at for who, at in self._seen.items() if now - at <= _REMEMBERED}
