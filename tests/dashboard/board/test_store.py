from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from dashboard.board import store as module
from dashboard.board.store import (
    ALPHABET,
    CODE_LENGTH,
    FOLDER,
    LIFETIME,
    ROOMS,
    SEATS,
    NoRoom,
    Opened,
    Report,
    Room,
    RoomFull,
    RoomsUnusable,
    Seat,
    Store,
    TooManyRooms,
    default_folder,
    most_rooms,
    most_seats,
    read_code,
)
from rnn_core import Floor
from tests.dashboard.clock import Clock

FLOORS = (
    Floor("constant", 0.5, "exact"),
    Floor("linear", 0.3, "measured", 0.01, 4),
    Floor("carried_memory", 0.0, "exact"),
)
REPORT = Report("playing", "cell=lstm&task=sin_to_cos", 40, 0.25, 38, True, FLOORS)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Store:
    return Store(tmp_path / "rooms", clock)


def found(store: Store, code: str) -> Room:
    """A room that must be there."""
    room = store.room(code)
    assert room is not None
    return room


def test_what_is_reported_is_read_again(store: Store, clock: Clock) -> None:
    opened = store.open(own_seeds=False)
    assert len(opened.code) == CODE_LENGTH
    assert set(opened.code) <= set(ALPHABET)
    seat = store.join(opened.code, " Ada* ")
    assert (seat.number, seat.nickname, seat.own_seeds) == (1, "Ada", False)
    clock.now += 5
    assert store.report([(seat, REPORT)]) == frozenset()
    room = found(store, opened.code)
    (entry,) = room.entries
    assert (entry.number, entry.nickname, entry.hidden) == (1, "Ada", False)
    assert entry.report == REPORT
    assert entry.reported == clock.now
    assert room.ends == clock.now - 5 + LIFETIME


def test_another_process_sees_the_same_room(store: Store, tmp_path: Path, clock: Clock) -> None:
    other = Store(tmp_path / "rooms", clock)
    code = other.open().code
    before = found(store, code)
    assert found(store, code) is before  # nothing has changed, so nothing is read
    seat = other.join(code, "Ada")
    after = found(store, code)
    assert after.version > before.version
    assert [entry.nickname for entry in after.entries] == ["Ada"]
    store.report([(seat, REPORT)])
    assert found(other, code).entries[0].report == REPORT


def test_a_room_ends_after_a_day_and_nothing_of_it_stays_in_the_file(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    code = store.open().code
    store.join(code, "Wilhelmina")
    clock.now += LIFETIME - 1
    assert store.room(code) is not None
    clock.now += 1
    with pytest.raises(NoRoom):
        store.join(code, "Ada")
    assert store.room(code) is None
    store.shut()
    assert not any(b"Wilhelmina" in file.read_bytes() for file in (tmp_path / "rooms").iterdir())


def test_who_opens_a_room_deletes_those_that_are_over(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ROOMS, "2")
    first, _second = store.open(), store.open()
    with pytest.raises(TooManyRooms, match="2 rooms are open already"):
        store.open()
    clock.now += LIFETIME
    third = store.open()
    assert store.room(first.code) is None
    assert store.room(third.code) is not None
    monkeypatch.setenv(ROOMS, "0")
    with pytest.raises(TooManyRooms):
        store.open()


def test_only_whoever_opened_a_room_changes_hides_and_closes(store: Store) -> None:
    room = store.open()
    store.join(room.code, "Ada")
    store.join(room.code, "Bob")
    stranger = replace(room, key="guessed")
    assert store.is_opener(room.code, room.key)
    assert not store.is_opener(room.code, "guessed")
    assert not store.is_opener("ABCDEF", room.key)
    before = found(store, room.code)
    store.hide(stranger, [1])
    store.give_own_seeds(stranger, False)
    store.close(stranger)
    assert found(store, room.code) == before
    store.hide(room, [2])
    assert [entry.hidden for entry in found(store, room.code).entries] == [False, True]
    store.hide(room, [])
    assert not any(entry.hidden for entry in found(store, room.code).entries)
    store.give_own_seeds(room, False)
    assert not found(store, room.code).own_seeds
    store.close(room)
    assert store.room(room.code) is None


def test_seats_are_counted_and_a_number_is_never_given_twice(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SEATS, "2")
    code = store.open().code
    first, second = store.join(code, "Ada"), store.join(code, "Ada")
    assert (first.nickname, second.nickname) == ("Ada", "Ada 2")
    with pytest.raises(RoomFull, match="All 2 seats are taken"):
        store.join(code, "Bob")
    store.leave(replace(second, token="guessed"))
    assert len(found(store, code).entries) == 2
    store.leave(second)
    assert store.join(code, "Bob").number == 3
    assert [entry.number for entry in found(store, code).entries] == [1, 3]
    with pytest.raises(ValueError, match="no letter or digit"):
        store.join(code, "***")


def test_a_seat_is_taken_again_by_its_token_and_the_session_before_reports_no_more(
    store: Store,
) -> None:
    code = store.open().code
    seat = store.join(code, "Ada")
    again = store.resume(code, seat.token)
    assert again is not None
    assert again.holder != seat.holder
    assert replace(again, holder=seat.holder) == seat
    assert store.report([(seat, REPORT), (again, REPORT)]) == {seat}
    assert store.resume(code, "guessed") is None
    assert store.resume("ABCDEF", seat.token) is None
    store.leave(again)
    assert store.resume(code, seat.token) is None
    assert store.report([(again, REPORT)]) == {again}


def test_losses_that_are_missing_or_tiny_come_back_as_they_were(store: Store) -> None:
    code = store.open().code
    seats = [store.join(code, name) for name in ("Ada", "Bob")]
    reports = [replace(REPORT, loss=None, floors=()), replace(REPORT, loss=5e-324)]
    store.report(list(zip(seats, reports, strict=True)))
    assert [entry.report for entry in found(store, code).entries] == reports


_WRITER = """
import sys
from pathlib import Path
from dashboard.board.store import Report, Store
store = Store(Path(sys.argv[1]))
seat = store.join(sys.argv[2], sys.argv[3])
for step in range(200):
    assert not store.report([(seat, Report("playing", "task=copy", step))])
"""


def test_two_processes_write_at_once_and_nothing_is_lost(tmp_path: Path) -> None:
    store = Store(tmp_path)
    code = store.open().code
    command = [sys.executable, "-c", _WRITER, str(tmp_path), code]
    writers = [subprocess.Popen([*command, name], stderr=subprocess.PIPE) for name in "AB"]
    seat = store.join(code, "C")
    for step in range(200):
        assert not store.report([(seat, Report("playing", "task=copy", step))])
    for writer in writers:
        _out, said = writer.communicate(timeout=60)
        assert writer.returncode == 0, said.decode()
    room = found(store, code)
    assert sorted(entry.nickname for entry in room.entries) == ["A", "B", "C"]
    assert {entry.report.step for entry in room.entries} == {199}
    assert room.version == 1 + 3 + 3 * 200


def test_threads_of_one_process_share_a_store(store: Store) -> None:
    code = store.open().code
    threads = [Thread(target=store.join, args=(code, "Ada")) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    names = [entry.nickname for entry in found(store, code).entries]
    assert sorted(names) == sorted(["Ada", *(f"Ada {n}" for n in range(2, 21))])


def _unusable(call: Callable[[], object]) -> None:
    with pytest.raises(RoomsUnusable, match="The rooms cannot be used"):
        call()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    store = Store(tmp_path / "file")
    _unusable(store.open)
    _unusable(lambda: store.room("ABCDEF"))


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    store = Store(tmp_path)
    code = store.open().code
    store.shut()
    for file in tmp_path.iterdir():
        file.write_bytes(b"no database" * 1_000)
    _unusable(lambda: store.room(code))


def test_a_full_disk_is_told_and_what_was_there_stays(store: Store) -> None:
    code = store.open().code
    seat = store.join(code, "Ada")
    database = store._connection
    assert database is not None
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    database.execute(f"PRAGMA max_page_count = {pages}")
    _unusable(lambda: store.report([(seat, replace(REPORT, floors=FLOORS[:1] * 1_000))]))
    assert found(store, code).entries[0].report.step == 0
    store.report([(seat, REPORT)])
    assert found(store, code).entries[0].report == REPORT


def test_a_file_that_somebody_deleted_is_made_anew(store: Store, tmp_path: Path) -> None:
    code = store.open().code
    for file in (tmp_path / "rooms").iterdir():
        file.unlink()
    assert store.room(code) is None
    assert store.room(store.open().code) is not None


def test_the_default_folder_is_the_user_s_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path / "given"))
    assert default_folder() == tmp_path / "given"
    monkeypatch.delenv(FOLDER)
    monkeypatch.setattr(module.tempfile, "gettempdir", lambda: str(tmp_path))
    Store().open()
    assert default_folder().parent == tmp_path
    assert stat.S_IMODE(default_folder().stat().st_mode) == 0o700
    another = os.getuid() + 1
    monkeypatch.setattr(os, "getuid", lambda: another)
    (tmp_path / f"rnn_playground_board_{another}").mkdir()
    with pytest.raises(RoomsUnusable, match="belongs to somebody else"):
        Store().open()


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("K7QM2P", "K7QM2P"),
        (" k7q m2p ", "K7QM2P"),
        ("K7Q-M2P", "K7QM2P"),
        ("K7QM2", ""),
        ("K7QM2PP", ""),
        ("K0QM2P", ""),
        ("", ""),
        ("Ü" * 100_000, ""),
    ],
)
def test_codes_are_read_as_people_type_them(typed: str, code: str) -> None:
    assert read_code(typed) == code


def test_limits_are_those_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ROOMS, raising=False)
    assert (most_rooms(), most_seats()) == (50, 200)
    monkeypatch.setenv(ROOMS, "0")
    assert most_rooms() == 0
    monkeypatch.setenv(SEATS, "many")
    with pytest.raises(ValueError, match=r"RNN_PLAYGROUND_ROOM_SEATS must be a whole number"):
        most_seats()


def test_keys_and_tokens_are_no_part_of_what_everyone_sees(store: Store) -> None:
    room = store.open()
    seat = store.join(room.code, "Ada")
    seen = repr(found(store, room.code))
    assert not any(secret in seen for secret in (room.key, seat.token, seat.holder))
    assert isinstance(room, Opened)
    assert isinstance(seat, Seat)
    assert sqlite3.threadsafety >= 1
