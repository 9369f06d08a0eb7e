"""The workers of a sweep on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rnn_core.experiments.sweep import LocalWorkers, Sweep, local
from tests.rnn_core.experiments.sweep.made_sweeps import small


@pytest.mark.parametrize(
    ("count", "given", "threads"), [(1, None, "4"), (3, None, "1"), (8, None, "1"), (1, 2, "2")]
)
def test_workers_share_the_cores(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    count: int,
    given: int | None,
    threads: str,
) -> None:
    address = str(tmp_path / "a.journal")
    sweep = Sweep.create(small(), address, "a")
    commands: list[list[str]] = []

    def refused(command: list[str], **_more: object) -> None:
        commands.append(command)
        raise OSError("not started")

    monkeypatch.setattr(local, "cores", lambda: 4)
    monkeypatch.setattr(local.subprocess, "Popen", refused)
    with pytest.raises(OSError, match="not started"):
        LocalWorkers(sweep, address, count, threads=given)
    (command,) = commands
    assert command[command.index("--threads") + 1] == threads


def test_a_worker_that_is_killed_is_replaced_and_its_point_done_again(tmp_path: Path) -> None:
    address = str(tmp_path / "a.journal")
    sweep = Sweep.create(small(steps=1500, axes={"cell": ["rnn", "gru"]}, seeds=1), address, "a")
    with LocalWorkers(sweep, address, 1) as workers:
        (pid,) = workers.pids
        while not sweep.progress().running:
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)
        while workers.pids == (pid,):
            assert workers.look() == ""
            time.sleep(0.05)
        while not sweep.progress().is_over:
            assert workers.look() == ""
            time.sleep(0.1)
    assert [each.state for each in sweep.points()] == ["done"] * 2
    assert sweep.progress().total == 2


def test_a_worker_that_refuses_says_why_and_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = str(tmp_path / "a.journal")
    with monkeypatch.context() as patched:
        patched.setattr("rnn_core.experiments.sweep.study.__version__", "0.0.1")
        sweep = Sweep.create(small(), address, "a")
    with LocalWorkers(sweep, address, 1) as workers:
        refusal = ""
        while workers.are_there:
            refusal = workers.look() or refusal
            time.sleep(0.05)
    assert refusal.startswith("The sweep 'a' was made by rnn_core 0.0.1")


def test_workers_give_back_what_they_have_when_they_are_ended(tmp_path: Path) -> None:
    address = str(tmp_path / "a.journal")
    sweep = Sweep.create(small(steps=1_000_000), address, "a")
    with LocalWorkers(sweep, address, 1):
        while not sweep.progress().running:
            time.sleep(0.05)
    assert sweep.progress().waiting == 4


def test_no_worker_outlives_a_process_that_is_killed(tmp_path: Path) -> None:
    address = str(tmp_path / "a.journal")
    sweep = Sweep.create(small(steps=1_000_000), address, "a")
    code = f"""
import time
from rnn_core.experiments.sweep import LocalWorkers, Sweep
workers = LocalWorkers(Sweep.open({address!r}, "a"), {address!r}, 1)
print(*workers.pids, flush=True)
time.sleep(600)
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        pid = int(server.stdout.readline())
        while not sweep.progress().running:
            time.sleep(0.05)
        server.kill()
    # What they had is given back, and not only found to be lost.
    while sweep.progress().waiting < 4:
        time.sleep(0.05)
    while is_there(pid):
        time.sleep(0.05)


def is_there(pid: int) -> bool:
    """Whether a process is there, and is not one that only waits to be collected."""
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_workers_that_keep_dying_are_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = str(tmp_path / "a.journal")
    sweep = Sweep.create(small(), address, "a")
    monkeypatch.setattr(local.sys, "executable", "/bin/false")
    with LocalWorkers(sweep, address, 1) as workers:
        refusal = ""
        while workers.are_there:
            refusal = workers.look() or refusal
            time.sleep(0.01)
    assert refusal.startswith("Workers keep dying; the last one with status 1")
