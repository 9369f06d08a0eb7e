"""One core for the short work of a process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.app import home_core

ROOT = Path(__file__).parents[3]
# What a process has whose threads have settled: of a thread that was there, of one that came later,
# of one that roams, of a program that this one starts, and of the thread that was there afterwards.
PROGRAM = """
import os, subprocess, sys, threading
from dashboard.app import home_core

def cores(): return sorted(os.sched_getaffinity(0))
def said(work):
    found = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start(); thread.join()
    return found[0]
def roaming():
    home_core.roam()
    program = [sys.executable, "-c", "import os; print(sorted(os.sched_getaffinity(0)))"]
    return cores(), subprocess.run(program, capture_output=True, text=True).stdout.strip()
def in_block():
    with home_core.every_core():
        inside = cores()
    return inside, cores()

go, seen = threading.Event(), []
there = threading.Thread(target=lambda: (go.wait(), seen.append(cores())))
there.start()
home_core.settle()
home_core.settle()
go.set(); there.join()
print(seen[0], cores(), said(cores), said(roaming), said(in_block), sep="|")
"""


def run(core: str) -> list[str]:
    """The program's answers."""
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={**os.environ, home_core.CORE: core},
        capture_output=True,
        text=True,
        check=True,
    )
    return found.stdout.strip().split("|")


def test_all_threads_keep_to_one_core_but_those_that_roam() -> None:
    every = sorted(os.sched_getaffinity(0))
    home = [every[-1]]
    assert run(str(home[0])) == [
        str(home),
        str(home),
        str(home),
        str((every, str(every))),
        str((every, home)),
    ]


@pytest.mark.parametrize("core", ["", "none", "-1", "99999"])
def test_without_a_core_of_this_machine_threads_go_wherever_there_is_room(core: str) -> None:
    every = str(sorted(os.sched_getaffinity(0)))
    assert run(core)[:3] == [every] * 3


def test_where_the_system_knows_no_such_thing_nothing_happens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(home_core.CORE, "0")
    monkeypatch.delattr(os, "sched_setaffinity")
    home_core.settle()
    home_core.roam()
    with home_core.every_core():
        pass
    assert home_core._all == frozenset()
