from __future__ import annotations

import gc
import logging
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Thread

import pytest

from dashboard.board.report import GONE, PAUSED
from dashboard.board.reporter import Reporter
from dashboard.board.store import Report, RoomsUnusable, Seat, Store
from dashboard.run.live_run import LiveRun
from tests.dashboard.clock import Clock
from tests.dashboard.runs import go_on, run_after

ADA, BOB = (
    Seat("ABCDEF", number, "token", f"holder {number}", name, True)
    for number, name in enumerate(("Ada", "Bob"), start=1)
)


@dataclass(eq=False)
class Session:
    """What the player keeps."""

    run: LiveRun


@dataclass
class Rooms:
    """Notes what is written."""

    written: list[list[tuple[Seat, Report]]] = field(default_factory=list)
    lost: frozenset[Seat] = frozenset()
    problem: RoomsUnusable | None = None

    def report(self, reports: list[tuple[Seat, Report]]) -> frozenset[Seat]:
        if self.problem is not None:
            raise self.problem
        self.written.append(list(reports))
        return self.lost & {seat for seat, _report in reports}


@pytest.fixture
def rooms() -> Rooms:
    return Rooms()


@pytest.fixture
def here() -> set[str]:
    return {"a", "b"}


@pytest.fixture
def reporter(rooms: Rooms, here: set[str]) -> Reporter:
    return Reporter(rooms, here.__contains__, every=0, clock=Clock())


def test_a_round_writes_the_newest_state_of_all_in_one_transaction(
    reporter: Reporter, rooms: Rooms
) -> None:
    sessions = [Session(run_after(0)), Session(run_after(2))]
    for seat, session, visitor in zip((ADA, BOB), sessions, "ab", strict=True):
        reporter.follow(seat, session, visitor)
    go_on(sessions[0].run, 50)  # fifty steps, one report
    reporter.round()
    ((first, second),) = rooms.written
    assert (first[0], first[1].step) == (ADA, 50)
    assert (second[0], second[1].step) == (BOB, 2)


def test_what_has_not_changed_is_not_written(reporter: Reporter, rooms: Rooms) -> None:
    session = Session(run_after(1))
    reporter.follow(ADA, session, "a")
    for _round in range(3):
        reporter.round()
        reporter.follow(ADA, session, "a")  # a click somewhere on the page
    assert len(rooms.written) == 1
    go_on(session.run, 1)
    reporter.round()
    assert rooms.written[1][0][1].step == 2


def test_a_run_that_takes_the_place_of_another_is_followed(
    reporter: Reporter, rooms: Rooms
) -> None:
    session, other = Session(run_after(1)), Session(run_after(4))
    reporter.follow(ADA, session, "a")
    reporter.follow(ADA, other, "a")
    reporter.round()
    session.run = run_after(9)
    other.run = run_after(7)
    reporter.round()
    assert [reports[0][1].step for reports in rooms.written] == [4, 7]
    assert reporter.following == 1


def test_whoever_has_left_is_said_to_be_gone_and_reports_nothing_more(
    reporter: Reporter, rooms: Rooms, here: set[str]
) -> None:
    session = Session(run_after(3))
    reporter.follow(ADA, session, "a")
    reporter.round()
    here.clear()
    go_on(session.run, 5)
    for _round in range(3):
        reporter.round()
    (_first, (gone,)) = rooms.written
    assert (gone[1].status, gone[1].step) == (GONE, 3)
    # The connection was bad for a moment.
    here.add("a")
    reporter.round()
    assert (rooms.written[2][0][1].status, rooms.written[2][0][1].step) == (PAUSED, 8)


def test_a_session_that_has_ended_is_forgotten_and_not_kept_alive(
    reporter: Reporter, rooms: Rooms
) -> None:
    session = Session(run_after(3))
    reporter.follow(ADA, session, "a")
    reporter.round()
    del session
    gc.collect()
    reporter.round()
    assert [reports[0][1].status for reports in rooms.written] == [PAUSED, GONE]
    assert reporter.following == 0


def test_a_session_that_never_comes_back_is_forgotten(
    reporter: Reporter, rooms: Rooms, here: set[str]
) -> None:
    session = Session(run_after(0))
    reporter.follow(ADA, session, "a")
    here.clear()
    for _round in range(200):
        reporter.round()
    assert reporter.following == 0
    assert rooms.written == []


def test_a_seat_that_another_session_has_taken_is_lost(reporter: Reporter, rooms: Rooms) -> None:
    session = Session(run_after(1))
    rooms.lost = frozenset({ADA})
    reporter.follow(ADA, session, "a")
    reporter.follow(BOB, session, "b")
    reporter.round()
    assert reporter.is_lost(ADA)
    assert not reporter.is_lost(BOB)
    reporter.follow(ADA, session, "a")  # which it does not get back by itself
    assert reporter.following == 1
    reporter.forget(ADA)
    assert not reporter.is_lost(ADA)


def test_who_leaves_reports_nothing_more(reporter: Reporter, rooms: Rooms) -> None:
    session = Session(run_after(1))
    reporter.follow(ADA, session, "a")
    reporter.forget(ADA)
    reporter.round()
    assert (reporter.following, rooms.written) == (0, [])


def test_what_could_not_be_written_is_written_later_and_told_once(
    reporter: Reporter, rooms: Rooms, caplog: pytest.LogCaptureFixture
) -> None:
    session = Session(run_after(2))
    reporter.follow(ADA, session, "a")
    rooms.problem = RoomsUnusable("The rooms cannot be used: full")
    with caplog.at_level(logging.ERROR):
        for _round in range(5):
            reporter.round()
    assert [record.message for record in caplog.records] == [
        "class board: The rooms cannot be used: full"
    ]
    rooms.problem = None
    reporter.round()
    assert rooms.written[0][0][1].step == 2


def test_a_run_that_is_busy_is_asked_in_the_next_round(reporter: Reporter, rooms: Rooms) -> None:
    run = run_after(2)
    reporter.follow(ADA, session := Session(run), "a")
    with run._lock:  # a step that takes long, in another thread
        asking = Thread(target=reporter.round)
        asking.start()
        asking.join()
    assert rooms.written == []
    reporter.round()
    assert rooms.written[0][0][1].step == session.run.index


def test_the_thread_writes_by_itself_and_ends_with_the_last_member(tmp_path: Path) -> None:
    store = Store(tmp_path)
    code = store.open().code
    reporter = Reporter(store, lambda _visitor: True, every=0.01)
    session = Session(run_after(6))
    seat = store.join(code, "Ada")
    reporter.follow(seat, session, "a")
    deadline = time.monotonic() + 30
    while (room := store.room(code)) is None or room.entries[0].report.step != 6:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    other = store.resume(code, seat.token)
    assert other is not None
    go_on(session.run, 1)
    while not reporter.is_lost(seat):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    while reporter._thread is not None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    reporter.follow(replace(other), session, "a")  # and begins again
    while (room := store.room(code)) is None or room.entries[0].report.step != 7:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    reporter.forget(other)
