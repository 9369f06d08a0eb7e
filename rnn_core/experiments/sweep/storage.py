"""Where a sweep is recorded: one of Optuna's storages, by its address."""

from __future__ import annotations

import json
import os
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import optuna
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.storages import (
    BaseStorage,
    JournalStorage,
    RDBStorage,
    RetryHeartbeatStaleTrialCallback,
    _CachedStorage,
)
from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock
from optuna.trial import TrialState
from sqlalchemy import Engine, event
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError, SQLAlchemyError

from rnn_core.arguments import refused_type, refused_value

#: Seconds between two signs of life of a trial, and without one until it counts as lost.
HEARTBEAT, GRACE = 5, 20
#: How often a trial is tried again whose worker was lost.
RETRIES = 3
#: Seconds that a storage may be away, as when a database is started again.
PATIENCE = 60.0
# Seconds that a connection waits for its turn to write into one file.
_TURN = 60
# What waiting does not mend.
_LASTING = re.compile(
    r"readonly|read-only|disk is full|disk I/O|No space|permission", re.IGNORECASE
)

T = TypeVar("T")

# The connections of each storage that is a database.
_engines: WeakKeyDictionary[BaseStorage, Engine] = WeakKeyDictionary()

# Optuna tells every new study and finished trial, which a progress bar or a page does.
optuna.logging.set_verbosity(optuna.logging.WARNING)


class StorageRefused(OSError):
    """A storage that cannot be opened, or not be written any more; says why in a sentence."""


def open_storage(address: str) -> BaseStorage:
    """A storage by its address.

    Args:
        address: a path that ends in ``.journal``, a log that the workers of one machine share, and
            the fastest; ``postgresql://user@host/database`` or another database that SQLAlchemy
            knows, for workers on many machines; any other path, of an SQLite database.

    Raises:
        TypeError: when it is no text.
        ValueError: when it is empty or of an unknown kind.
        StorageRefused: when the storage cannot be opened.
    """
    if not isinstance(address, str):
        raise refused_type("storage", "an address", address, '"sweep.journal"')
    if not address.strip():
        raise refused_value("storage", "an address", address, '"sweep.journal"')
    try:
        if address.endswith(".journal"):
            return JournalStorage(_Journal(address))
        return _database(address)
    except (ArgumentError, NoSuchModuleError, ImportError):
        raise refused_value(
            "storage", "a path, or an address of a database", hidden(address), '"sweep.journal"'
        ) from None
    except (OSError, SQLAlchemyError, StorageInternalError) as error:
        raise StorageRefused(f"{hidden(address)} cannot be opened: {reason(error)}.") from None


def close_storage(storage: BaseStorage) -> None:
    """Close the connections to a database; what uses the storage after that opens new ones."""
    storage.remove_session()
    if storage in _engines:
        _engines[storage].dispose()


def hidden(address: str) -> str:
    """The address without a password."""
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:…@", address)


def reason(error: BaseException) -> str:
    """The innermost error in a few words, on one line."""
    while error.__cause__ is not None:
        error = error.__cause__
    original = getattr(error, "orig", None) or error
    words = getattr(original, "strerror", None) or str(original)
    return " ".join(str(words).split()).rstrip(".")


class _Journal(JournalFileBackend):
    """A journal that waits for the disk once for each point that is finished.

    Optuna's own waits for each entry, holding the lock: that a point was taken, by whom, each of
    its settings. If the machine loses its power what was under way is done again.

    Args:
        path: of the file, which is made if there is none.
    """

    def __init__(self, path: str) -> None:
        self._path, self._turn = path, JournalFileSymlinkLock(path)
        super().__init__(path, self._turn)

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Write entries, each on a line of its own."""
        lines = "".join(json.dumps(entry, separators=(",", ":")) + "\n" for entry in logs)
        self._turn.acquire()
        try:
            with open(self._path, "ab") as file:
                file.write(lines.encode())
                if any(TrialState(entry.get("state", 0)).is_finished() for entry in logs):
                    file.flush()
                    os.fsync(file.fileno())
        finally:
            self._turn.release()


@contextmanager
def experimental() -> Iterator[None]:
    """Let Optuna not warn of what it calls experimental: its version is pinned."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        yield


def _database(address: str) -> BaseStorage:
    if "://" not in address:
        address = f"sqlite:///{Path(address).resolve()}"
    elif address.startswith(("postgresql://", "postgres://")):
        address = "postgresql+psycopg://" + address.partition("://")[2]
    file = address.startswith("sqlite:")
    # A server may have closed a connection that was left alone; a file is always there.
    options: dict[str, Any] = {"pool_pre_ping": not file}
    if file:
        options["connect_args"] = {"timeout": _TURN}
    with experimental():
        storage = RDBStorage(
            address,
            engine_kwargs=options,
            heartbeat_interval=HEARTBEAT,
            grace_period=GRACE,
            heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(max_retry=RETRIES),
        )
    if file:
        event.listen(storage.engine, "connect", _hasten)
        storage.engine.dispose()  # connections made from here on are hastened
    # As studies have it, so that they and their sweep know the same trials.
    cached = _CachedStorage(storage)
    _engines[cached] = storage.engine
    return cached


def _hasten(connection: Any, _record: Any) -> None:
    """Let readers and a writer of one file not wait for each other, nor a writer for the disk.

    If the machine loses its power the last trials may be missing; they are then done again.
    """
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


def patiently(call: Callable[[], T], patience: float = PATIENCE) -> T:
    """What a call to the storage returns, tried again while the storage is away.

    Raises:
        StorageRefused: when it stays away, or refuses for a reason that waiting does not mend.
    """
    until, pause = monotonic() + patience, 0.1
    while True:
        try:
            return call()
        except (OperationalError, StorageInternalError, OSError) as error:
            why = reason(error)
            if isinstance(error, StorageRefused) or _LASTING.search(why) or monotonic() > until:
                raise StorageRefused(f"The sweep's storage cannot be used: {why}.") from None
        sleep(pause)
        pause = min(2 * pause, 2.0)
