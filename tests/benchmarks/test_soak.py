"""A class that comes and goes: none dies, and the server says nothing wrong."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path

import pytest

from benchmarks import soak
from tests.benchmarks.commands import numbers, run_quickly
from tests.e2e.app import Server


def test_visitors_come_play_change_and_leave() -> None:
    said = run_quickly("benchmarks.soak").splitlines()
    memory, counts = said[:6], said[6:]
    assert all(numbers(line)[-1] > 100 for line in memory)
    places, visits, changes, redraws, lost, died, wrong = (numbers(line)[-1] for line in counts)
    assert (places, died, wrong) == (2, 0, 0)
    assert visits >= 2
    assert changes >= 1
    assert redraws > 0
    assert 0 <= lost <= changes + visits


def test_an_error_in_the_log_is_shown_and_fails_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    async def nothing(*_arguments: object) -> soak.Tally:
        return soak.Tally(visits=1, redraws=1)

    log = tmp_path / "log"
    log.write_text("You can now view your app.\nTraceback (most recent call last):\n")
    monkeypatch.setattr(soak, "soak", nothing)
    monkeypatch.setattr(soak, "serve", lambda: nullcontext(Server("", os.getpid(), log)))
    with pytest.raises(SystemExit) as stopped:
        soak.main(["--quick"])
    assert stopped.value.code == 1
    assert capsys.readouterr().out.endswith("1\n          Traceback (most recent call last):\n")


def test_a_session_that_dies_fails_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    async def deadly(*_arguments: object) -> soak.Tally:
        tally = soak.Tally(visits=3)
        tally.deaths["socket closed"] = 2
        return tally

    log = tmp_path / "log"
    log.touch()
    monkeypatch.setattr(soak, "soak", deadly)
    monkeypatch.setattr(soak, "serve", lambda: nullcontext(Server("", os.getpid(), log)))
    with pytest.raises(SystemExit) as stopped:
        soak.main(["--quick"])
    assert stopped.value.code == 1
    assert capsys.readouterr().out.endswith("          2 died: socket closed\n")
