"""The command: runs what it is asked for, and writes full runs only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.reproduce import __main__ as command
from benchmarks.reproduce.report import Expected, Result, Row
from benchmarks.reproduce.runs import (
    Plan,
)
from tests.benchmarks.commands import run_quickly


def test_a_rehearsal_runs_what_is_asked_for_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "REPORT", tmp_path / "REPRODUCED.md")
    asked = {"temporal_order", "counting", "flip_flop"}
    command.main(["--quick", "--only", *asked])
    said = capsys.readouterr().out
    for name, result in command.RESULTS.items():
        assert (f"## {result.title}" in said) == (
            name in ("temporal_order", "counting", "flip_flop")
        )
    assert "REHEARSAL" in said
    assert said.count("not judged") > 5
    assert list(tmp_path.iterdir()) == []


def test_the_documented_rehearsal_runs_everything() -> None:
    before = command.REPORT.read_bytes()
    said = run_quickly("benchmarks.reproduce")
    assert [line[3:] for line in said.splitlines() if line.startswith("## ")] == [
        result.title for result in command.RESULTS.values()
    ]
    assert command.REPORT.read_bytes() == before


def test_only_a_full_run_of_everything_is_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plans = []

    def run(plan: Plan) -> list[Row]:
        plans.append(plan)
        return [Row("Someone 1997", "LSTM", "0.01", np.zeros(1), Expected(high=1))]

    results = {name: Result(name, name.title(), "About it.", run) for name in ("one", "two")}
    monkeypatch.setattr(command, "RESULTS", results)
    monkeypatch.setattr(command, "REPORT", tmp_path / "REPRODUCED.md")
    command.main(["--only", "two"])
    assert "## One" not in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
    command.main([])
    written = (tmp_path / "REPRODUCED.md").read_text(encoding="utf-8")
    assert written in capsys.readouterr().out
    assert "2 of 2 published figures agree" in " ".join(written.split())
    assert written.index("## One") < written.index("## Two")
    assert plans == [Plan()] * 3
    with pytest.raises(SystemExit):
        command.main(["--only", "three"])
    assert "invalid choice: 'three'" in capsys.readouterr().err
