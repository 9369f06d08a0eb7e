"""Many visitors, one server: who may work on a redraw, and when.

Python runs one thread at a time. Sessions that all drew at once would take the processor from each
other every few milliseconds, and none would have a picture ready while the event loop, which sends
the pictures, waited as long as all the rest. So they take turns, and when there is more to draw
than time for it, everybody is redrawn less often, and equally so. Knows nothing of Streamlit.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from time import monotonic

# A session counts as playing for so many seconds after its last turn.
_REMEMBERED = 2.0


class RenderQueue:
    """RenderQueue at one thing, in the order of asking.

    Args:
        clock: seconds; tests give their own.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._taken = False
        self._seen: dict[Hashable, float] = {}

    @contextmanager
    def turn(self, who: Hashable, *, plays: bool = True, urgent: bool = False) -> Iterator[int]:
        """Wait for a turn, and hold it for the length of the block.

        Args:
            who: whose turn it is; the same session gives the same every time.
            plays: it will want further turns, and counts among those who share.
            urgent: go before all who wait: somebody clicked.

        Yields:
            How many have been playing lately, this one included.
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

    def _count(self, who: Hashable, plays: bool) -> int:
        now = self._clock()
        with self._lock:
            self._seen = {who: at for who, at in self._seen.items() if now - at <= _REMEMBERED}
            if plays:
                self._seen[who] = now
            return max(1, len(self._seen))
