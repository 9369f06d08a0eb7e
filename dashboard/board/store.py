"""The rooms of a machine, in one file that all of its servers share. Knows nothing of Streamlit.

The file is an SQLite database: short transactions, several processes at a time, nothing to
install. What is deleted is overwritten in it.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import astuple, dataclass
from pathlib import Path
from threading import Lock

from dashboard.board.nickname import cleaned, numbered
from rnn_core import Floor

#: Environment variable that names the folder of the rooms; by default one of the user's own among
#: the machine's temporary ones.
FOLDER = "RNN_PLAYGROUND_BOARD"
#: Environment variables: rooms that are open at a time, 0 for none at all; and seats of a room.
ROOMS, SEATS = "RNN_PLAYGROUND_ROOMS", "RNN_PLAYGROUND_ROOM_SEATS"
_ROOMS, _SEATS = 50, 200
#: Seconds until a room ends.
LIFETIME = 24 * 3600.0
#: Letters and digits of a room's code: none that looks like another one.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
#: How many of them; with as many rooms as may be open, one guess in 18 million is a room.
CODE_LENGTH = 6
# Another one for another layout of the tables: a new version may start beside an old one.
_FILE = "rooms-1.sqlite3"
# Seconds that a write waits for those of other processes, and tries to find a code.
_PATIENCE, _TRIES = 2.0, 20
# Characters of a token and of a report's settings, at most.
_LONGEST_TOKEN, _LONGEST_QUERY = 64, 2_000
_TABLES = """
CREATE TABLE IF NOT EXISTS rooms (
    code TEXT PRIMARY KEY,
    key TEXT NOT NULL,
    ends REAL NOT NULL,
    own_seeds INTEGER NOT NULL,
    seated INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS seats (
    code TEXT NOT NULL REFERENCES rooms ON DELETE CASCADE,
    number INTEGER NOT NULL,
    token TEXT NOT NULL,
    holder TEXT NOT NULL,
    nickname TEXT NOT NULL,
    hidden INTEGER NOT NULL,
    status TEXT NOT NULL,
    query TEXT NOT NULL,
    step INTEGER NOT NULL,
    loss REAL,
    judged_at INTEGER NOT NULL,
    symbols INTEGER NOT NULL,
    floors TEXT NOT NULL,
    reported REAL NOT NULL,
    PRIMARY KEY (code, number)
) STRICT;
"""


class RoomsUnusable(OSError):
    """The file of the rooms cannot be read or written."""


class NoRoom(LookupError):
    """There is no such room: it has ended, was closed, or never was."""


class TooManyRooms(ValueError):
    """As many rooms are open as may be."""


class RoomFull(ValueError):
    """All seats of the room are taken."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A room that was opened.

    Args:
        code: by which others find it.
        key: by which it can be changed and closed; whoever opened it has it, and nobody else.
    """

    code: str
    key: str


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody's place in a room.

    Args:
        code: of the room.
        number: of the seat, from 1 on; no other seat of the room ever has it.
        token: by which the seat is found again, as after a reload.
        holder: of the session that reports for it; another one for each time that it is taken.
        nickname: of whoever sits there.
        own_seeds: whether each seat is to have a seed of its own.
    """

    code: str
    number: int
    token: str
    holder: str
    nickname: str
    own_seeds: bool


@dataclass(frozen=True, slots=True)
class Report:
    """How far a run is.

    Args:
        status: what it is doing: see `dashboard.board.report`.
        query: its settings as those of a link; empty where it has none to show.
        step: that it is at.
        loss: the held-out loss; None before the first.
        judged_at: the step of that one.
        symbols: whether it is a cross-entropy.
        floors: of its task.
    """

    status: str
    query: str = ""
    step: int = 0
    loss: float | None = None
    judged_at: int = 0
    symbols: bool = False
    floors: tuple[Floor, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A seat as everyone sees it.

    Args:
        number: of the seat.
        nickname: of whoever sits there.
        hidden: whether the nickname is not shown.
        report: the newest one.
        reported: when it was written, in seconds since 1970.
    """

    number: int
    nickname: str
    hidden: bool
    report: Report
    reported: float


@dataclass(frozen=True, slots=True)
class Room:
    """A room at one moment.

    Args:
        code: of it.
        ends: when, in seconds since 1970.
        own_seeds: whether each seat is to have a seed of its own.
        version: another one after every change.
        entries: by number.
    """

    code: str
    ends: float
    own_seeds: bool
    version: int
    entries: tuple[Entry, ...]


def most_rooms() -> int:
    """How many rooms may be open at a time on this machine; 0 where there are none.

    Raises:
        ValueError: when the environment variable is no whole number, or negative.
    """
    return _number(ROOMS, _ROOMS)


def most_seats() -> int:
    """How many may sit in a room.

    Raises:
        ValueError: when the environment variable is no whole number, or negative.
    """
    return _number(SEATS, _SEATS)


def read_code(text: str) -> str:
    """The code that somebody has typed, in any case, with spaces and hyphens; empty if it is none.

    Args:
        text: of any length.
    """
    code = "".join(sign for sign in text[:40].upper() if sign not in " -\u2013")
    return code if len(code) == CODE_LENGTH and set(code) <= set(ALPHABET) else ""


def default_folder() -> Path:
    """Where the rooms are: as the environment says, or one folder for each user of the machine."""
    given = os.environ.get(FOLDER, "")
    if given:
        return Path(given)
    user = f"_{os.getuid()}" if hasattr(os, "getuid") else ""
    return Path(tempfile.gettempdir()) / f"rnn_playground_board{user}"


class Store:
    """Opens rooms and keeps what happens in them.

    Args:
        folder: of the file; None for `default_folder`.
        clock: seconds since 1970, the same for all processes.
    """

    def __init__(self, folder: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self._folder, self._clock = folder, clock
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self._inode = 0
        self._seen: dict[str, Room] = {}

    def open(self, *, own_seeds: bool = True) -> Opened:
        """Open a room; rooms whose time is over are deleted.

        Raises:
            TooManyRooms: when as many are open as may be.
            RoomsUnusable: when the file cannot be written.
        """
        key = secrets.token_urlsafe(16)
        with self._write() as database:
            _delete_old(database, self._clock())
            (count,) = database.execute("SELECT count(*) FROM rooms").fetchone()
            if count >= most_rooms():
                raise TooManyRooms(f"{count} rooms are open already.")
            for _attempt in range(_TRIES):
                code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
                row = (code, key, self._clock() + LIFETIME, int(own_seeds))
                made = database.execute(
                    "INSERT OR IGNORE INTO rooms VALUES (?, ?, ?, ?, 0, 1)", row
                )
                if made.rowcount:
                    return Opened(code, key)
        raise TooManyRooms("No code was found that no room has.")

    def room(self, code: str) -> Room | None:
        """A room as it is now, the same object as before if nothing has changed; None if over.

        Raises:
            RoomsUnusable: when the file cannot be read.
        """
        with self._read() as database:
            row = database.execute(
                "SELECT ends, own_seeds, version FROM rooms WHERE code = ?", (code,)
            ).fetchone()
            known = self._seen.get(code)
            if row is None:
                self._seen.pop(code, None)
                return None
            ends, own_seeds, version = row
            if ends > self._clock():
                if known is not None and (known.version, known.ends) == (version, ends):
                    return known
                entries = database.execute(
                    "SELECT number, nickname, hidden, status, query, step, loss, judged_at,"
                    " symbols, floors, reported FROM seats WHERE code = ? ORDER BY number",
                    (code,),
                ).fetchall()
                found = Room(
                    code, ends, bool(own_seeds), version, tuple(_entry(*each) for each in entries)
                )
                self._seen[code] = found
                return found
        self.delete_old()
        return None

    def delete_old(self) -> None:
        """Delete the rooms whose time is over.

        Raises:
            RoomsUnusable: when the file cannot be written.
        """
        with self._write() as database:
            _delete_old(database, self._clock())
            self._seen.clear()

    def is_opener(self, code: str, key: str) -> bool:
        """Whether this is the room's key.

        Raises:
            RoomsUnusable: when the file cannot be read.
        """
        with self._read() as database:
            row = database.execute("SELECT key FROM rooms WHERE code = ?", (code,)).fetchone()
        return row is not None and secrets.compare_digest(str(row[0]), key)

    def close(self, room: Opened) -> None:
        """End a room now and delete all that is in it.

        Raises:
            RoomsUnusable: when the file cannot be written.
        """
        with self._write() as database:
            database.execute("DELETE FROM rooms WHERE code = ? AND key = ?", (room.code, room.key))

    def give_own_seeds(self, room: Opened, own_seeds: bool) -> None:
        """Choose whether those who take a seat from now on are given a seed of their own.

        Raises:
            RoomsUnusable: when the file cannot be written.
        """
        with self._write() as database:
            database.execute(
                "UPDATE rooms SET own_seeds = ?, version = version + 1 WHERE code = ? AND key = ?",
                (int(own_seeds), room.code, room.key),
            )

    def hide(self, room: Opened, numbers: Sequence[int]) -> None:
        """Hide the nicknames of these seats, and show those of all others.

        Raises:
            RoomsUnusable: when the file cannot be written.
        """
        with self._write() as database:
            if _changes(database, room):
                marks = ", ".join("?" * len(numbers))
                database.execute(
                    f"UPDATE seats SET hidden = number IN ({marks}) WHERE code = ?",
                    (*numbers, room.code),
                )

    def join(self, code: str, nickname: str) -> Seat:
        """Take a seat.

        Args:
            code: of the room.
            nickname: is cleaned, and gets a number if somebody has it.

        Raises:
            NoRoom: when there is no such room.
            RoomFull: when all seats are taken.
            ValueError: when nothing of the nickname is left.
            RoomsUnusable: when the file cannot be written.
        """
        name = cleaned(nickname)
        if not name:
            raise ValueError("The nickname has no letter or digit.")
        token, holder = secrets.token_urlsafe(16), secrets.token_urlsafe(8)
        with self._write() as database:
            row = database.execute(
                "SELECT own_seeds, seated FROM rooms WHERE code = ? AND ends > ?",
                (code, self._clock()),
            ).fetchone()
            if row is None:
                raise NoRoom(code)
            own_seeds, seated = row
            seats = database.execute(
                "SELECT nickname FROM seats WHERE code = ?", (code,)
            ).fetchall()
            if len(seats) >= most_seats():
                raise RoomFull(f"All {len(seats)} seats are taken.")
            name = numbered(name, frozenset(each for (each,) in seats))
            number = seated + 1
            database.execute(
                "INSERT INTO seats VALUES (?, ?, ?, ?, ?, 0, 'ready', '', 0, NULL, 0, 0, '[]', ?)",
                (code, number, token, holder, name, self._clock()),
            )
            database.execute(
                "UPDATE rooms SET seated = ?, version = version + 1 WHERE code = ?", (number, code)
            )
        return Seat(code, number, token, holder, name, bool(own_seeds))

    def resume(self, code: str, token: str) -> Seat | None:
        """Take one's own seat again; whoever held it before reports no more. None if it is gone.

        Raises:
            RoomsUnusable: when the file cannot be written.
        """
        holder = secrets.token_urlsafe(8)
        with self._write() as database:
            row = database.execute(
                "SELECT number, nickname, own_seeds FROM seats JOIN rooms USING (code)"
                " WHERE code = ? AND token = ? AND ends > ?",
                (code, token[:_LONGEST_TOKEN], self._clock()),
            ).fetchone()
            if row is None:
                return None
            number, nickname, own_seeds = row
            database.execute(
                "UPDATE seats SET holder = ? WHERE code = ? AND number = ?", (holder, code, number)
            )
        return Seat(code, number, token, holder, nickname, bool(own_seeds))

    def leave(self, seat: Seat) -> None:
        """Give a seat up; nothing of it is kept.

        Raises:
            RoomsUnusable: when the file cannot be written.
        """
        with self._write() as database:
            gone = database.execute(
                "DELETE FROM seats WHERE code = ? AND number = ? AND token = ?",
                (seat.code, seat.number, seat.token),
            )
            if gone.rowcount:
                _touch(database, {seat.code})

    def report(self, reports: Sequence[tuple[Seat, Report]]) -> frozenset[Seat]:
        """Write how far runs are, all in one transaction.

        Returns:
            The seats that are these holders' no more, or gone with their room.

        Raises:
            RoomsUnusable: when the file cannot be written.
        """
        lost: set[Seat] = set()
        changed: set[str] = set()
        with self._write() as database:
            for seat, each in reports:
                done = database.execute(
                    "UPDATE seats SET status = ?, query = ?, step = ?, loss = ?, judged_at = ?,"
                    " symbols = ?, floors = ?, reported = ?"
                    " WHERE code = ? AND number = ? AND holder = ?",
                    (
                        each.status,
                        each.query[:_LONGEST_QUERY],
                        each.step,
                        each.loss,
                        each.judged_at,
                        int(each.symbols),
                        json.dumps([astuple(floor) for floor in each.floors]),
                        self._clock(),
                        seat.code,
                        seat.number,
                        seat.holder,
                    ),
                )
                if done.rowcount:
                    changed.add(seat.code)
                else:
                    lost.add(seat)
            _touch(database, changed)
        return frozenset(lost)

    def shut(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            self._shut()

    def _shut(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """A transaction that writes."""
        with self._read() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
                database.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    database.execute("ROLLBACK")
                raise

    @contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        """The file, for one thread at a time."""
        with self._lock:
            try:
                yield self._connected()
            except (sqlite3.Error, OSError) as error:
                self._shut()
                if isinstance(error, RoomsUnusable):
                    raise
                raise RoomsUnusable(f"The rooms cannot be used: {error}") from error

    def _connected(self) -> sqlite3.Connection:
        folder = default_folder() if self._folder is None else self._folder
        path = folder / _FILE
        if self._connection is not None:
            # Somebody may have tidied the folder up; others would see nothing of what is written.
            with suppress(OSError):
                if path.stat().st_ino == self._inode:
                    return self._connection
            self._shut()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if hasattr(os, "getuid") and folder.stat().st_uid != os.getuid() and not self._is_given:
            raise RoomsUnusable(f"{folder} belongs to somebody else.")
        database = sqlite3.connect(
            path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
        )
        self._connection = database
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("PRAGMA foreign_keys = ON")
        database.execute("PRAGMA secure_delete = ON")
        database.executescript(_TABLES)
        self._inode = path.stat().st_ino
        return database

    @property
    def _is_given(self) -> bool:
        return self._folder is not None or bool(os.environ.get(FOLDER))


def _delete_old(database: sqlite3.Connection, now: float) -> None:
    database.execute("DELETE FROM rooms WHERE ends <= ?", (now,))


def _changes(database: sqlite3.Connection, room: Opened) -> bool:
    """Note a change by whoever opened the room; whether this is its key."""
    done = database.execute(
        "UPDATE rooms SET version = version + 1 WHERE code = ? AND key = ?", (room.code, room.key)
    )
    return bool(done.rowcount)


def _touch(database: sqlite3.Connection, codes: set[str]) -> None:
    """Note a change in these rooms."""
    for code in codes:
        database.execute("UPDATE rooms SET version = version + 1 WHERE code = ?", (code,))


def _entry(
    number: int,
    nickname: str,
    hidden: int,
    status: str,
    query: str,
    step: int,
    loss: float | None,
    judged_at: int,
    symbols: int,
    floors: str,
    reported: float,
) -> Entry:
    lines = tuple(Floor(*values) for values in json.loads(floors))
    report = Report(status, query, step, loss, judged_at, bool(symbols), lines)
    return Entry(number, nickname, bool(hidden), report, reported)


def _number(name: str, default: int) -> int:
    text = os.environ.get(name, "")
    try:
        number = int(text or default)
    except ValueError:
        number = -1
    if number < 0:
        raise ValueError(f"{name} must be a whole number, 0 or more, got {text!r}. Try {default}.")
    return number
