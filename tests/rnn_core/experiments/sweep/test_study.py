"""A sweep in its storage."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import optuna
import pytest

from rnn_core.experiments.sweep import Sweep
from rnn_core.experiments.sweep.storage import open_storage
from rnn_core.experiments.sweep.workplace import worker_name
from tests.rnn_core.experiments.sweep.made_sweeps import outcome, small


@pytest.fixture(params=["sweep.journal", "sweep.db"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / request.param)


def test_all_points_are_planned_before_the_first_is_tried(address: str) -> None:
    sweep = Sweep.create(small(), address, "a")
    progress = sweep.progress()
    assert (progress.waiting, progress.total, progress.is_over) == (4, 4, False)
    assert [each.point for each in sweep.points()] == list(small().points() or ())
    again = Sweep.open(address, "a")
    assert (again.space, again.name, again.version) == (sweep.space, "a", sweep.version)


def test_no_two_claim_the_same_point_and_all_are_claimed(address: str) -> None:
    one, other = Sweep.create(small(), address, "a"), Sweep.open(address, "a")
    claims = [each.claim(name) for each, name in [(one, "x"), (other, "y")] * 2]
    assert sorted(claim.number for claim in claims if claim) == [0, 1, 2, 3]
    assert one.claim("x") is None
    assert [each.worker for each in one.points()] == ["x", "y", "x", "y"]
    assert one.progress().running == 4


def test_results_are_kept_as_they_are(address: str) -> None:
    sweep = Sweep.create(small(), address, "a")
    for found in (outcome(0.5, 0.25), outcome(math.inf, math.inf)):
        claim = sweep.claim("x")
        assert claim
        claim.finish(found)
    claim = sweep.claim("x")
    assert claim
    claim.fail("No such task.")
    first, second, third, fourth = Sweep.open(address, "a").points()
    assert (first.state, first.outcome) == ("done", outcome(0.5, 0.25))
    assert second.outcome
    assert second.outcome.value == math.inf
    assert (third.state, third.error, third.outcome) == ("failed", "No such task.", None)
    assert (fourth.state, fourth.worker) == ("waiting", "")
    progress = sweep.progress()
    assert (progress.done, progress.failed, progress.finished) == (2, 1, 3)


def test_what_is_given_back_is_tried_by_another(address: str) -> None:
    sweep = Sweep.create(small(axes={"cell": ["rnn"]}), address, "a")
    claim = sweep.claim("x")
    assert claim
    claim.give_back()
    assert sweep.progress().waiting == 1
    again = sweep.claim("y")
    assert again
    assert (again.number, again.point) == (claim.number, {"cell": "rnn"})
    again.finish(outcome(1.0))
    assert [each.state for each in sweep.points()] == ["done"]


def test_what_a_worker_had_is_queued_again_when_it_is_known_to_have_ended(address: str) -> None:
    sweep = Sweep.create(small(), address, "a")
    sweep.claim("x")
    sweep.claim("y")
    assert sweep.release("x") == 1
    assert [each.state for each in sweep.points()] == ["waiting", "running", "waiting", "waiting"]


def test_a_journal_tells_a_dead_worker_by_its_process(tmp_path: Path) -> None:
    sweep = Sweep.create(small(axes={"cell": ["rnn"]}), str(tmp_path / "a.journal"), "a")
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    assert sweep.claim(worker_name(process.pid))
    process.wait()
    again = sweep.claim("y")
    assert again
    assert again.number == 0


def test_a_database_tells_a_dead_worker_by_its_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rnn_core.experiments.sweep.storage.GRACE", 1)
    monkeypatch.setattr("rnn_core.experiments.sweep.storage.HEARTBEAT", 1)
    address = str(tmp_path / "a.db")
    sweep = Sweep.create(small(axes={"cell": ["rnn"]}), address, "a")
    lost = sweep.claim("x")
    assert lost
    again = None
    while again is None:
        again = sweep.claim("y")
    assert again.point == lost.point
    again.finish(outcome(0.5))
    lost.finish(outcome(9.0))  # it was only slow; its result comes too late
    (point,) = sweep.points()
    assert (point.number, point.state, point.outcome) == (0, "done", outcome(0.5))
    assert sweep.progress().total == 1


def test_results_decide_the_next_point_if_that_is_asked_for(tmp_path: Path) -> None:
    axes = {"lr": {"low": 0.001, "high": 1.0, "log": True}, "cell": ["rnn", "gru"]}
    space = small(axes=axes, sampler="tpe", trials=60)
    sweep = Sweep.create(space, str(tmp_path / "a.journal"), "a")
    while claim := sweep.claim("x"):
        lr = claim.point["lr"]
        assert 0.001 <= lr <= 1.0
        claim.finish(outcome(abs(math.log10(lr) + 2)))
    found = [each.point["lr"] for each in sweep.points()]
    assert len(found) == 60
    early, late = (
        np.mean([abs(math.log10(lr) + 2) for lr in part]) for part in (found[:10], found[40:])
    )
    assert late < 0.7 * early


def test_a_pruner_gives_up_what_is_worse_than_the_others(tmp_path: Path) -> None:
    space = small(axes={"hidden_size": list(range(1, 9))}, settings={}, pruner="median", steps=100)
    sweep = Sweep.create(space, str(tmp_path / "a.journal"), "a")
    worth = []
    while claim := sweep.claim("x"):
        number = claim.number
        alive = all(claim.report(step, float(number)) for step in (10, 20, 30))
        worth.append(alive)
        if alive:
            claim.finish(outcome(float(number)))
        else:
            claim.give_up()
    assert worth == [True] * 5 + [False] * 3
    last = sweep.points()[-1]
    assert (last.state, last.step, last.outcome) == ("pruned", 10, None)


def test_stop_and_resume_are_seen_by_all(address: str) -> None:
    one = Sweep.create(small(), address, "a")
    other = Sweep.open(address, "a")
    assert not other.is_stopped
    one.stop()
    assert other.is_stopped
    other.resume()
    assert not one.is_stopped


def test_the_same_space_goes_on_and_another_is_refused(address: str) -> None:
    sweep = Sweep.create(small(), address, "a", series="s")
    claim = sweep.claim("x")
    assert claim
    claim.finish(outcome(1.0))
    again = Sweep.create(small(), address, "a", series="s")
    assert (again.progress().done, again.progress().total) == (1, 4)
    for space, series in ((small(steps=21), "s"), (small(), "t")):
        with pytest.raises(ValueError, match="a sweep 'a' with other settings in this storage"):
            Sweep.create(space, address, "a", series=series)


def test_a_plan_that_was_interrupted_is_completed(tmp_path: Path) -> None:
    address = str(tmp_path / "a.journal")
    sweep = Sweep.create(small(axes={"cell": ["rnn"]}), address, "a")
    larger = small()
    study = optuna.load_study(study_name="a", storage=sweep.storage)
    study.set_user_attr("space", larger.to_dict())
    assert [each.point for each in Sweep.create(larger, address, "a").points()][1:] == list(
        larger.points() or ()
    )[1:]


def test_a_sweep_of_another_version_is_not_worked_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = str(tmp_path / "a.journal")
    with monkeypatch.context() as patched:
        patched.setattr("rnn_core.experiments.sweep.study.__version__", "0.0.1")
        Sweep.create(small(), address, "a").check_version()
    sweep = Sweep.open(address, "a")
    with pytest.raises(ValueError, match=r"'a' was made by rnn_core 0.0.1, this is"):
        sweep.check_version()


def test_a_sweep_that_is_not_there_and_a_study_that_is_none_are_refused(address: str) -> None:
    storage = open_storage(address)
    with pytest.raises(ValueError, match=r"no sweep 'a' in this storage. There are: none"):
        Sweep.open(address, "a")
    optuna.create_study(study_name="b", storage=storage)
    with pytest.raises(ValueError, match="There are: b"):
        Sweep.open(address, "a")
    with pytest.raises(ValueError, match="'b' is a study of Optuna, but no sweep"):
        Sweep.open(address, "b")


def test_a_point_that_is_no_valid_config_is_refused_before_anything_is_planned(
    address: str,
) -> None:
    with pytest.raises(ValueError, match="parameters must be at least"):
        Sweep.create(small(parameters=3), address, "a")
    with pytest.raises(ValueError, match="There are: none"):
        Sweep.open(address, "a")


def test_other_types_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="space must be a Space"):
        Sweep.create({}, str(tmp_path / "a.journal"), "a")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="name must be a text"):
        Sweep.create(small(), str(tmp_path / "a.journal"), 3)  # type: ignore[arg-type]
