from __future__ import annotations

import os

import pytest

from rnn_core.cores import cores


def test_there_is_one_core_at_least() -> None:
    assert 1 <= cores() <= (os.cpu_count() or 1)


def test_those_count_that_the_process_was_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {5}, raising=False)
    assert cores() == 1
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert cores() == 6
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert cores() == 1
