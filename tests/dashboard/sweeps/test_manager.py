from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dashboard.sweeps.manager import (
    FOLDER,
    MOST_QUEUED,
    Manager,
    TooManySweeps,
)
from rnn_core.experiments.sweep import Sweep, work
from rnn_core.experiments.sweep.workplace import worker_name
from tests.dashboard.sweeps.found_sweeps import snapshot, space


class Thread:
    """A worker as a thread of the test, which begins when it may."""

    go = threading.Event()
    refusal = ""

    def __init__(self, sweep: Sweep, storage: str, count: int) -> None:
        self.count = count
        self.pids = (os.getpid(),)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(storage, sweep.name))
        self._thread.start()

    def _work(self, storage: str, name: str) -> None:
        while not self.go.wait(0.01):
            if self._end.is_set():
                return
        if not self.refusal:
            work(Sweep.open(storage, name), cancel=self._end)

    @property
    def are_there(self) -> bool:
        return self._thread.is_alive()

    def look(self) -> str:
        return self.refusal

    def end(self) -> None:
        self._end.set()
        self._thread.join()


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    monkeypatch.setattr("dashboard.sweeps.manager._NEW", 0.0)
    monkeypatch.setattr("dashboard.sweeps.manager._LOOK", 0.01)
    monkeypatch.setattr("dashboard.sweeps.manager._NICE", 0)  # the process is the test's own
    monkeypatch.setattr(Thread, "go", threading.Event())
    monkeypatch.setattr(Thread, "refusal", "")
    found = Manager(tmp_path / "sweeps", Thread, 1)
    yield found
    found.close()


def until(met: Callable[[], bool]) -> None:
    while not met():
        time.sleep(0.01)


def test_a_sweep_goes_on_until_it_is_finished_and_its_record_stays(
    manager: Manager, tmp_path: Path
) -> None:
    manager.start("first", space())
    until(lambda: manager.snapshot("first").status == "running")
    assert manager.snapshot("first").progress.finished == 0
    Thread.go.set()
    until(lambda: manager.snapshot("first").status == "finished")
    found = manager.snapshot("first")
    assert (found.progress.done, found.workers, found.problem) == (4, 0, "")
    again = Manager(tmp_path / "sweeps", Thread, 1)
    assert again.snapshot("first").points == found.points
    assert again.snapshot("first").status == "finished"


def test_sweeps_run_one_after_another(manager: Manager) -> None:
    manager.start("first", space())
    manager.start("second", space(steps=30))
    manager.start("third", space(steps=40))
    until(lambda: manager.snapshot("first").status == "running")
    third = manager.snapshot("third")
    assert (third.status, third.ahead) == ("queued", 2)
    Thread.go.set()
    until(lambda: manager.snapshot("third").status == "finished")
    assert manager.snapshot("second").status == "finished"


def test_a_stopped_sweep_is_resumed_with_what_is_left(manager: Manager) -> None:
    manager.start("first", space())
    until(lambda: manager.snapshot("first").status == "running")
    manager.stop("first")
    until(lambda: manager.snapshot("first").status == "stopped")
    assert manager.snapshot("first").progress.waiting == 4
    manager.resume("first")
    Thread.go.set()
    until(lambda: manager.snapshot("first").status == "finished")


def test_servers_that_share_a_folder_see_and_stop_each_other_s_sweeps(manager: Manager) -> None:
    manager.start("first", space())
    until(lambda: manager.snapshot("first").status == "running")
    other = Manager(manager.prepare(), Thread, 1)
    assert other.snapshot("first").status == "stopped"  # no point is under way yet
    elsewhere = Sweep.open(str(manager.prepare() / "first.journal"), "first")
    assert elsewhere.claim(worker_name()) is not None
    assert other.snapshot("first").status == "running"
    other.stop("first")
    Thread.go.set()
    until(lambda: manager.snapshot("first").progress.running == 1 and not manager.is_working)
    assert manager.snapshot("first").problem == ""
    assert manager.snapshot("first").progress.waiting == 3


def test_why_the_workers_refuse_is_kept_until_it_is_resumed(manager: Manager) -> None:
    Thread.refusal = "The sweep's storage cannot be used."
    Thread.go.set()
    manager.start("first", space())
    until(lambda: manager.snapshot("first").status == "stopped")
    assert manager.snapshot("first").problem == Thread.refusal
    Thread.refusal = ""
    manager.resume("first")
    until(lambda: manager.snapshot("first").status == "finished")
    assert manager.snapshot("first").problem == ""


def test_as_many_wait_as_may(manager: Manager) -> None:
    for number in range(MOST_QUEUED):
        manager.start(str(number), space())
    with pytest.raises(TooManySweeps, match="8 sweeps wait or run already"):
        manager.start("another", space())
    assert not manager.exists("another")
    manager.start("0", space())  # that one is there


def test_closing_ends_the_workers_and_loses_nothing(manager: Manager) -> None:
    manager.start("first", space())
    until(lambda: manager.snapshot("first").status == "running")
    manager.close()
    until(lambda: manager.snapshot("first").status == "stopped")
    assert manager.snapshot("first").progress.waiting == 4


def test_a_sweep_that_is_not_there_is_refused(manager: Manager) -> None:
    with pytest.raises(ValueError, match="There is no sweep 'none'"):
        manager.snapshot("none")
    with pytest.raises(ValueError, match="There is no sweep 'none'"):
        manager.resume("none")


def test_the_environment_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path / "kept"))
    assert Manager().prepare() == tmp_path / "kept"
    assert (tmp_path / "kept").is_dir()


def test_all_who_look_within_a_moment_share_a_snapshot(tmp_path: Path) -> None:
    now = [0.0]
    manager = Manager(tmp_path, Thread, 1, clock=lambda: now[0])
    Sweep.create(space(), str(tmp_path / "first.journal"), "first")
    first = manager.snapshot("first")
    assert manager.snapshot("first") is first
    now[0] = 1.0
    assert manager.snapshot("first") is not first


def test_the_time_left_is_that_of_the_points_done() -> None:
    assert snapshot(workers=1).seconds_left == 2.0
    assert snapshot(workers=0).seconds_left is None
    assert snapshot(points=()).seconds_left is None


def test_real_processes_work_at_the_lowest_priority_and_end_with_the_manager(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.sweeps.manager._NEW", 0.0)
    pids: list[int] = []
    niced = os.setpriority

    def note(which: int, pid: int, priority: int) -> None:
        pids.append(pid)
        niced(which, pid, priority)

    monkeypatch.setattr(os, "setpriority", note)
    manager = Manager(tmp_path, count=1)
    manager.start("first", space(steps=1_000_000))
    until(lambda: bool(pids))
    assert os.getpriority(os.PRIO_PROCESS, pids[0]) == 19
    manager.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)
