"""Where a sweep is recorded."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
from optuna.storages import JournalStorage, _CachedStorage
from optuna.storages.journal import JournalFileBackend
from sqlalchemy.exc import OperationalError

from rnn_core.experiments.sweep import Sweep
from rnn_core.experiments.sweep.storage import (
    StorageRefused,
    close_storage,
    hidden,
    open_storage,
    patiently,
)
from tests.rnn_core.experiments.sweep.made_sweeps import outcome, small


def test_a_journal_and_a_database_are_told_by_their_names(tmp_path: Path) -> None:
    assert isinstance(open_storage(str(tmp_path / "a.journal")), JournalStorage)
    for address in (str(tmp_path / "a.db"), f"sqlite:///{tmp_path}/b.db"):
        storage = open_storage(address)
        assert isinstance(storage, _CachedStorage)
        assert storage.get_all_studies() == []
        close_storage(storage)
        close_storage(storage)  # twice is once
    with sqlite3.connect(tmp_path / "a.db") as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    database.close()


@pytest.mark.parametrize(
    ("address", "error", "words"),
    [
        (3, TypeError, "storage must be an address"),
        (" ", ValueError, "storage must be an address"),
        ("quantum://x", ValueError, "a path, or an address of a database, got 'quantum://x'"),
        ("/nowhere/at/all.db", StorageRefused, "cannot be opened: unable to open database file"),
        ("/nowhere/at/all.journal", StorageRefused, "cannot be opened: No such file or directory"),
        (
            "postgresql://u:secret@127.0.0.1:1/x",
            StorageRefused,
            r"postgresql://u:…@127.0.0.1:1/x cannot be opened: connection",
        ),
    ],
)
def test_a_storage_that_cannot_be_opened_says_why(
    address: object, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words) as refused:
        open_storage(address)  # type: ignore[arg-type]
    assert "secret" not in str(refused.value)


def test_a_password_is_not_shown() -> None:
    assert hidden("postgresql://me:pa:ss@host/db") == "postgresql://me:…@host/db"
    assert hidden("sweep.db") == "sweep.db"


class Away:
    """A storage that is away for some calls."""

    def __init__(self, calls: int, words: str = "server closed the connection") -> None:
        self.calls, self.words = calls, words

    def __call__(self) -> str:
        if self.calls:
            self.calls -= 1
            raise OperationalError("INSERT", {}, Exception(self.words))
        return "there"


def test_a_storage_that_comes_back_is_waited_for() -> None:
    assert patiently(Away(2)) == "there"


def test_a_storage_that_stays_away_is_told_in_one_sentence() -> None:
    words = r"^The sweep's storage cannot be used: server closed the connection\.$"
    with pytest.raises(StorageRefused, match=words):
        patiently(Away(100), patience=0.2)


@pytest.mark.parametrize(
    "words", ["database or disk is full", "attempt to write a readonly database"]
)
def test_what_waiting_does_not_mend_is_told_at_once(words: str) -> None:
    away = Away(5, words)
    with pytest.raises(StorageRefused, match=words):
        patiently(away)
    assert away.calls == 4


def test_a_journal_waits_for_the_disk_once_for_each_finished_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = tmp_path / "a.journal"
    written: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda _file: written.append(address.stat().st_size))
    sweep = Sweep.create(small(), str(address), "a")
    for number in range(3):
        claim = sweep.claim("x")
        assert claim
        assert len(written) == number
        claim.finish(outcome(0.5))
    assert written[-1] == address.stat().st_size
    claim = sweep.claim("x")
    assert claim
    claim.give_back()
    assert len(written) == 3
    assert not list(tmp_path.glob("*.lock*"))
    # Optuna's own reads it.
    theirs = JournalStorage(JournalFileBackend(str(address)))
    assert [trial.state.name for trial in theirs.get_all_trials(0)] == ["COMPLETE"] * 3 + [
        "WAITING"
    ]


def test_a_journal_that_cannot_be_written_leaves_no_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = Sweep.create(small(), str(tmp_path / "a.journal"), "a")

    def full(_file: int) -> None:
        raise OSError(28, "No space left on device")

    claim = sweep.claim("x")
    assert claim
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageRefused, match="No space left on device"):
        claim.finish(outcome(0.5))
    assert not list(tmp_path.glob("*.lock*"))
