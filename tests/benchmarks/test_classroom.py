"""A class on one server: two sessions play, click, and stay alive."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from benchmarks import classroom
from tests.benchmarks.commands import numbers, run_quickly
from tests.e2e.app import Server


def test_two_sessions_play_and_none_dies() -> None:
    sessions, redraws, slowest, share, median, p95, *_rest, steps, died = numbers(
        run_quickly("benchmarks.classroom").splitlines()[-1]
    )
    assert (sessions, died) == (2, 0)
    assert redraws >= slowest > 0
    assert share == pytest.approx(slowest / redraws, abs=0.05)
    assert p95 >= median > 0
    assert steps == pytest.approx(redraws, rel=0.3)  # the page begins at one update a redraw


def test_a_dead_session_is_counted_explained_and_fails_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def refuse(_session: object) -> None:
        raise OSError

    monkeypatch.setattr(
        classroom,
        "serve",
        lambda: nullcontext(Server("http://nowhere", os.getpid(), Path(os.devnull))),
    )
    monkeypatch.setattr(classroom.Session, "open", refuse)
    monkeypatch.setattr(
        classroom, "QUICK", classroom.Schedule((3,), 0.05, arrivals=0.01, warm_up=0.01)
    )
    with pytest.raises(SystemExit) as stopped:
        classroom.main(["--quick"])
    assert stopped.value.code == 1
    said = capsys.readouterr().out
    assert numbers(said.splitlines()[-2])[-1] == 3
    assert said.endswith("3 died: no connection\n")


def test_workers_are_served_behind_haproxy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def refuse(_session: object) -> None:
        raise OSError

    asked = []

    def serve_replicas(workers: int) -> AbstractContextManager[Server]:
        asked.append(workers)
        return nullcontext(Server("http://nowhere", os.getpid(), Path(os.devnull)))

    monkeypatch.setattr(classroom, "serve_replicas", serve_replicas)
    monkeypatch.setattr(classroom, "program", lambda: None)
    with pytest.raises(SystemExit, match=r"^HAProxy is not installed\. Install it"):
        classroom.main(["--quick", "--workers", "3"])
    assert asked == []
    monkeypatch.setattr(classroom, "program", lambda: "haproxy")
    monkeypatch.setattr(classroom.Session, "open", refuse)
    schedule = classroom.Schedule((1,), 0.05, arrivals=0.01, warm_up=0.01)
    monkeypatch.setattr(classroom, "QUICK", schedule)
    with pytest.raises(SystemExit, match="1"):
        classroom.main(["--quick", "--workers", "3"])
    assert asked == [3]
    assert "; 3 processes behind HAProxy; " in capsys.readouterr().out


def test_percentiles_are_values_that_occurred() -> None:
    values = [5.0, 1.0, 3.0, 2.0, 4.0]
    assert [classroom.percentile(values, share) for share in (0.2, 0.5, 0.95)] == [1, 3, 5]
