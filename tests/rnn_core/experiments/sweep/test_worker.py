"""One worker of a sweep."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from rnn_core import RunConfig
from rnn_core.experiments.sweep import Sweep, run_point, work, worker
from rnn_core.messages import InvalidValue, Message
from rnn_core.tasks import build_task
from tests.rnn_core.experiments.sweep.made_sweeps import small


@pytest.fixture
def sweep(tmp_path: Path) -> Sweep:
    return Sweep.create(small(), str(tmp_path / "a.journal"), "a")


def test_it_works_until_all_points_are_finished(sweep: Sweep) -> None:
    assert work(sweep, name="x") == 4
    space = sweep.space
    for each in sweep.points():
        alone = run_point(space, space.config(each.point))
        assert each.outcome
        assert each.outcome.values == alone.values
        assert each.worker == "x"
    assert work(sweep) == 0


def test_two_workers_find_what_one_finds(sweep: Sweep, tmp_path: Path) -> None:
    work(sweep)
    other = Sweep.create(small(), str(tmp_path / "b.journal"), "a")
    threads = [
        threading.Thread(
            target=work,
            args=(Sweep.open(str(tmp_path / "b.journal"), "a"),),
            kwargs={"name": name, "look_again": 0.05},
        )
        for name in "xy"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert other.progress().done == 4

    def values(found: Sweep) -> list[Any]:
        return [each.outcome and each.outcome.values for each in found.points()]

    assert values(other) == values(sweep)


def test_a_wish_to_end_gives_back_what_is_under_way(
    sweep: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancel = threading.Event()

    def cancelled(*arguments: Any, **more: Any) -> Any:
        cancel.set()
        return run_point(*arguments, **more)

    monkeypatch.setattr(worker, "run_point", cancelled)
    assert work(sweep, cancel=cancel) == 0
    assert sweep.progress().waiting == 4


def test_a_sweep_that_is_stopped_is_not_begun(sweep: Sweep) -> None:
    sweep.stop()
    assert work(sweep) == 0
    sweep.resume()
    assert work(sweep) == 4


def test_a_sweep_that_is_stopped_meanwhile_is_left_within_a_heartbeat(
    sweep: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "HEARTBEAT", 0.02)
    began = threading.Event()

    def endless(space: Any, config: Any, *, cancel: Any, **_more: Any) -> Any:
        began.set()
        while not cancel.is_set():
            time.sleep(0.01)
        raise worker.Interrupted

    monkeypatch.setattr(worker, "run_point", endless)
    thread = threading.Thread(target=work, args=(sweep,))
    thread.start()
    assert began.wait(10)
    sweep.stop()
    thread.join(10)
    assert not thread.is_alive()
    assert sweep.progress().waiting == 4


def test_a_point_that_cannot_be_trained_is_told_and_the_next_is_tried(sweep: Sweep) -> None:
    def task_for(config: RunConfig) -> Any:
        if config.cell == "gru":
            raise ValueError("No task for a GRU.")
        return build_task(config)

    assert work(sweep, task_for=task_for) == 4
    assert [each.state for each in sweep.points()] == ["done", "done", "failed", "failed"]
    assert {each.error for each in sweep.points()} == {"", "No task for a GRU."}
    assert all(each.message is None for each in sweep.points())


@pytest.mark.parametrize(
    ("error", "said", "message"),
    [
        (
            InvalidValue("No {what}.", what="room"),
            "No room.",
            Message("No {what}.", {"what": "room"}),
        ),
        (InvalidValue("No {what}.", what=[1]), "No [1].", None),
        (
            MemoryError("Unable to allocate 9 GiB"),
            "There is too little memory for this point.",
            Message("There is too little memory for this point."),
        ),
        (ValueError(), "ValueError", None),
    ],
)
def test_why_a_point_failed_is_kept_so_that_it_can_be_translated(
    sweep: Sweep, error: Exception, said: str, message: Message | None
) -> None:
    def task_for(config: RunConfig) -> Any:
        raise error

    assert work(sweep, task_for=task_for) == 4
    assert [(each.error, each.message) for each in sweep.points()] == [(said, message)] * 4


def test_a_point_that_a_pruner_gives_up_counts_as_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    space = small(pruner="median")
    sweep = Sweep.create(space, str(tmp_path / "p.journal"), "a")
    monkeypatch.setattr("rnn_core.experiments.sweep.study.Claim.report", lambda *_a: False)
    assert work(sweep) == 4
    assert sweep.progress().pruned == 4


def test_an_interrupt_gives_the_point_back(sweep: Sweep, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_arguments: Any, **_more: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(worker, "run_point", interrupted)
    with pytest.raises(KeyboardInterrupt):
        work(sweep)
    assert sweep.progress().waiting == 4


def test_it_waits_for_the_last_points_of_others(sweep: Sweep) -> None:
    claim = sweep.claim("other")
    assert claim
    thread = threading.Thread(target=work, args=(sweep,), kwargs={"look_again": 0.02})
    thread.start()
    while sweep.progress().done < 3:
        time.sleep(0.01)
    assert thread.is_alive()
    claim.give_back()
    thread.join(20)
    assert not thread.is_alive()
    assert sweep.progress().done == 4
