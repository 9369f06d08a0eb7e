"""The memory of a server: its parts add up, and every state is told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks import memory
from tests.benchmarks.commands import numbers, run_quickly


def test_imports_and_visitors_are_told() -> None:
    imports, server = (
        part.splitlines()[1:] for part in run_quickly("benchmarks.memory").split("\n\n")
    )
    found = {line[:34].strip(): numbers(line[34:])[:2] for line in imports}
    assert next(iter(found)) == "python"
    assert {"torch", "altair", "streamlit", "pyarrow"} < set(found)
    *parts, whole, _kernels = found.values()
    for place in (0, 1):  # resident, anonymous
        assert sum(part[place] for part in parts) == pytest.approx(whole[place], abs=12)
    assert all(resident >= anonymous for resident, anonymous in found.values())
    states = {line[:34].strip(): numbers(line[34:]) for line in server}
    assert list(states) == [
        "first start, both processes",
        "first start, kernels compiled",
        "server that nobody has visited",
        "one visitor was there",
        "1 playing",
        "2 playing",
        "0 s after all have left",
        "MB per visitor",
        "left of the visitors",
        "died",
    ]
    assert states["server that nobody has visited"][0] < states["one visitor was there"][0]
    assert states["died"] == [0]


def test_what_a_process_takes_is_read_and_one_that_has_ended_takes_nothing() -> None:
    now = memory.taken([os.getpid(), 2**22 + 1])
    assert now.resident > now.anonymous > 10
    assert memory.taken([2**22 + 1]) == memory.Taken(0, 0)


def test_elsewhere_than_on_linux_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "exists", lambda path: False)
    with pytest.raises(SystemExit, match="as Linux tells it, which is missing here"):
        memory.main(["--quick"])
