"""The order in which the sessions of a server train and redraw.

Python runs one thread at a time. Sessions that draw at once switch every few milliseconds, so that
none of them has a frame ready, and the event loop, which sends the frames, waits with them. They
take turns instead. When there is more to draw than time, all are redrawn equally less often.

A training step of a large network is another matter: it takes long, and leaves the interpreter's
lock to others meanwhile. Sessions whose turns take long queue in a lane of their own, one at a
time, and those in the other lane do not wait for them. Knows nothing of Streamlit.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from time import monotonic, thread_time

from dashboard.app.metrics import QUEUE_WAIT

# A session counts as active for this many seconds after its last turn.
_REMEMBERED = 2.0
# A turn with more seconds of work is a long one: some fifteen redraws of others.
_LONG = 0.1
# Nobody waits longer for one turn of another session: the first that is long, or a first page.
_PATIENCE = 0.15
# For so many seconds after its last turn, a session keeps its place in the lane of long turns.
_STAYS_LONG = 60.0


class RenderQueue:
    """Turns, first come, first served, in two lanes.

    Args:
        clock: seconds.
        work: seconds that the calling thread has worked.
        at_length: called in the thread whose turn is in the lane of long ones.
    """

    def __init__(
        self,
        clock: Callable[[], float] = monotonic,
        work: Callable[[], float] = thread_time,
        at_length: Callable[[], object] = lambda: None,
    ) -> None:
        self._clock, self._work, self._at_length = clock, work, at_length
        self._lock = threading.Lock()
        self._short, self._long = _Lane(), _Lane()
        self._seen: dict[Hashable, float] = {}
        self._had_long: dict[Hashable, float] = {}

    @contextmanager
    def turn(
        self,
        who: Hashable,
        *,
        plays: bool = True,
        urgent: bool = False,
        check: Callable[[], object] = lambda: None,
    ) -> Iterator[int]:
        """Wait for a turn and hold it for the length of the block.

        Args:
            who: identifies the session.
            plays: whether the session counts as active.
            urgent: in answer to a click: go first, or second after another of these.
            check: raises if the turn is wanted no more, as when the visitor has gone; asked from
                time to time while waiting, and before the block. The place is then given up.

        Yields:
            Number of active sessions, at least one.
        """
        mine = threading.Event()
        asked = self._clock()
        with self._lock:
            lane = self._long if who in self._had_long else self._short
            lane.join(mine, self._clock(), first=urgent)
        began: float | None = None
        try:
            while not mine.wait(_PATIENCE):
                check()
                with self._lock:
                    lane.push(mine, self._clock())
            check()
            if lane is self._long:
                self._at_length()
            began = self._work()
            QUEUE_WAIT.observe(self._clock() - asked)
            yield self._count(who, plays)
        finally:
            with self._lock:
                if began is not None:
                    self._note(who, self._work() - began)
                lane.leave(mine, self._clock())

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

    def _note(self, who: Hashable, seconds: float) -> None:
        """Choose the lane of a session's next turn."""
        now = self._clock()
        self._had_long = {
            one: at for one, at in self._had_long.items() if now - at <= _STAYS_LONG and one != who
        }
        if seconds > _LONG:
            self._had_long[who] = now


class _Lane:
    """Who holds the turn, and who waits for it. Not safe by itself: the queue locks.

    Answers to clicks go first, in their order. Each second turn is another's, if one waits: where
    clicks alone are more than the server can answer, what plays would stand still.
    """

    def __init__(self) -> None:
        self._clicks: deque[threading.Event] = deque()
        self._others: deque[threading.Event] = deque()
        self._holder: threading.Event | None = None
        self._since = 0.0
        self._was_click = False  # whether the last turn was an answer to one

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._clicks) + len(self._others)

    def join(self, one: threading.Event, now: float, *, first: bool) -> None:
        (self._clicks if first else self._others).append(one)
        if self._holder is None:
            self._pass_on(now)

    def push(self, one: threading.Event, now: float) -> None:
        """Take the turn of a holder that has had it for long, if nobody waits before."""
        if self.waiting and self._line()[0] is one and now - self._since >= _PATIENCE:
            self.leave(self._holder, now)

    def leave(self, one: threading.Event | None, now: float) -> None:
        """Pass the turn on, unless it was taken from this one; or wait no more."""
        if self._holder is one:
            self._holder = None
            if self.waiting:
                self._pass_on(now)
        else:
            for line in (self._clicks, self._others):
                if one is not None and one in line:
                    line.remove(one)

    def _line(self) -> deque[threading.Event]:
        """The line whose first has the next turn."""
        is_others_turn = self._was_click and self._others
        return self._clicks if self._clicks and not is_others_turn else self._others

    def _pass_on(self, now: float) -> None:
        line = self._line()
        self._was_click = line is self._clicks
        self._holder, self._since = line.popleft(), now
        self._holder.set()
