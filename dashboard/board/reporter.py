"""Tells the rooms how far the runs of their members are, from a thread of its own.

A run is asked now and then; it does not tell. So a redraw costs nothing, whatever the room does.
Knows nothing of Streamlit.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Condition, Lock, Thread
from time import monotonic
from typing import Protocol
from weakref import ReferenceType, ref

from dashboard.board.report import GONE, report_of
from dashboard.board.store import Report, RoomsUnusable, Seat
from dashboard.run.live_run import LiveRun

_LOG = logging.getLogger(__name__)
#: Seconds between two rounds, in each of which all that is new is written at once.
EVERY = 2.0
# Rounds without a connection until a session is forgotten; Streamlit keeps it for less.
_PATIENCE = 150
# Seconds between two lines of the log about a file that cannot be written.
_SAID_EVERY = 60.0


class Followed(Protocol):
    """A visitor's run on the Train page, which may be another one later."""

    @property
    def run(self) -> LiveRun:
        """The run."""


class Rooms(Protocol):
    """Where reports are written."""

    def report(self, reports: Sequence[tuple[Seat, Report]]) -> frozenset[Seat]:
        """Write them; the seats that are these holders' no more."""


class _Member:
    """Somebody who is followed.

    Args:
        seat: where the run is reported.
        followed: the run.
        visitor: name of the session.
    """

    def __init__(self, seat: Seat, followed: ReferenceType[Followed], visitor: str) -> None:
        self.seat, self.followed, self.visitor = seat, followed, visitor
        self.written: Report | None = None
        self.rounds_away = 0


class Reporter:
    """Asks the runs of those who have joined a room, and writes what is new.

    It keeps no run alive. Its thread lives as long as there is somebody to ask.

    Args:
        rooms: where it writes.
        is_here: whether a session, given its name, has a connection.
        every: seconds between two rounds; 0 for no thread, whose rounds a test makes itself.
        clock: seconds.
    """

    def __init__(
        self,
        rooms: Rooms,
        is_here: Callable[[str], bool],
        every: float = EVERY,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._rooms, self._is_here, self._every, self._clock = rooms, is_here, every, clock
        self._lock = Lock()
        self._wake = Condition(self._lock)
        self._round = Lock()
        self._members: dict[Seat, _Member] = {}
        self._lost: set[Seat] = set()
        self._thread: Thread | None = None
        self._say_next = 0.0

    def follow(self, seat: Seat, followed: Followed, visitor: str) -> None:
        """Report this run from now on; at each run of the page, in any thread.

        Args:
            seat: where it is reported.
            followed: the run.
            visitor: name of the session.
        """
        with self._lock:
            member = self._members.get(seat)
            if seat in self._lost or (
                member is not None and member.followed() is followed and member.visitor == visitor
            ):
                return
            self._members[seat] = _Member(seat, ref(followed), visitor)
            if self._every and self._thread is None:
                self._thread = Thread(target=self._run, name="class board", daemon=True)
                self._thread.start()

    def forget(self, seat: Seat) -> None:
        """Report nothing more; what is being written in this moment is waited for."""
        with self._round, self._lock:
            self._members.pop(seat, None)
            self._lost.discard(seat)

    def is_lost(self, seat: Seat) -> bool:
        """Whether the seat is held by another session now, or gone."""
        return seat in self._lost

    @property
    def following(self) -> int:
        """How many are followed."""
        return len(self._members)

    def round(self) -> None:
        """Ask all runs, and write what has changed since the last round."""
        with self._round:
            with self._lock:
                members = list(self._members.values())
            news: list[tuple[_Member, Report]] = []
            over: list[_Member] = []
            for member in members:
                report = self._ask(member)
                if report is not None and report != member.written:
                    news.append((member, report))
                if member.followed() is None or member.rounds_away > _PATIENCE:
                    over.append(member)
            lost = self._write(news)
            with self._lock:
                for member in over:
                    self._drop(member)
                for member in members:
                    if member.seat in lost:
                        self._lost.add(member.seat)
                        self._drop(member)

    def _drop(self, member: _Member) -> None:
        if self._members.get(member.seat) is member:
            del self._members[member.seat]

    def _ask(self, member: _Member) -> Report | None:
        """The newest report of a run; None if it cannot be had now."""
        followed = member.followed()
        if followed is None or not self._is_here(member.visitor):
            member.rounds_away += 1
            return None if member.written is None else replace(member.written, status=GONE)
        member.rounds_away = 0
        standing = followed.run.standing()
        return None if standing is None else report_of(standing)

    def _write(self, news: list[tuple[_Member, Report]]) -> frozenset[Seat]:
        if not news:
            return frozenset()
        try:
            lost = self._rooms.report([(member.seat, report) for member, report in news])
        except RoomsUnusable as error:
            if self._clock() >= self._say_next:
                self._say_next = self._clock() + _SAID_EVERY
                _LOG.error("class board: %s", error)
            return frozenset()  # all of it is new in the next round, too
        for member, report in news:
            member.written = report
        return lost

    def _run(self) -> None:
        """One round after another until nobody is left, in a thread."""
        while True:
            with self._wake:
                self._wake.wait(self._every)
                if not self._members:
                    self._thread = None
                    return
            try:
                self.round()
            except Exception:
                _LOG.exception("class board")  # others are still to be asked
