from __future__ import annotations

import numpy as np
import pytest

from dashboard.app.playback import Status
from dashboard.train import text as words
from dashboard.train.live_run import Frame, LiveRun
from dashboard.train.views.base import GatesLook
from rnn_core import RunConfig

CONFIG = RunConfig(cell="lstm", hidden_size=4)


def run_to(step: int, config: RunConfig = CONFIG, engine: str = "torch") -> LiveRun:
    run = LiveRun(config, clock=lambda: 0.0, engine=engine)
    go_on(run, step)
    return run


def go_on(run: LiveRun, steps: int) -> None:
    run.play()
    run.tick(steps, 10**9)
    run.pause()


def assert_same_moment(one: Frame, other: Frame) -> None:
    assert one.step == other.step
    assert one.windows == other.windows
    np.testing.assert_array_equal(one.hidden, other.hidden)
    assert (one.recent_loss, one.recent_steps, one.lr) == (
        other.recent_loss,
        other.recent_steps,
        other.lr,
    )


@pytest.mark.parametrize("engine", ["torch", "compiled"])
@pytest.mark.parametrize("step", [0, 1, 57, 149])
def test_an_earlier_step_is_shown_as_it_was(step: int, engine: str) -> None:
    run = run_to(150, engine=engine)
    run.look_back(step)
    assert_same_moment(run.frame(), run_to(step, engine=engine).frame())
    assert run.frame().newest == run.index == 150
    assert f"Looking back at step {step} of 150" in words.status(run.frame(), 1000)


def test_snapshots_that_are_thinned_out_lose_no_step() -> None:
    run = run_to(3600, engine="compiled")
    assert len(run._snapshots) <= 200
    assert run._snapshots.stride == 32
    for step in (3599, 350, 3):
        run.look_back(step)
        assert_same_moment(run.frame(), run_to(step, engine="compiled").frame())


def test_the_inside_is_that_of_the_moment_on_screen() -> None:
    run, earlier = run_to(40), run_to(25)
    run.look_back(25)
    found, expected = (each.look("gates").found for each in (run, earlier))  # type: ignore[union-attr]
    assert isinstance(found, GatesLook)
    assert isinstance(expected, GatesLook)
    assert found.gates is not None
    assert expected.gates is not None
    np.testing.assert_array_equal(found.gates.values["f"], expected.gates.values["f"])


def test_looking_back_changes_nothing_that_follows() -> None:
    looked, left_alone = run_to(30), run_to(30)
    looked.look_back(10)
    looked.look("spectrum")
    looked.look_back(None)
    assert_same_moment(looked.frame(), left_alone.frame())
    looked.look_back(7)
    go_on(looked, 20)
    go_on(left_alone, 20)
    assert_same_moment(looked.frame(), left_alone.frame())
    np.testing.assert_array_equal(looked.frame().curve[1], left_alone.frame().curve[1])


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_a_branch_with_nothing_changed_is_the_run_itself(engine: str) -> None:
    run = run_to(60, engine=engine)
    original = run.frame()
    run.look_back(25)
    run.branch()
    assert (run.index, run.status) == (25, Status.PAUSED)
    assert run.frame().previous is not None
    go_on(run, 35)
    assert_same_moment(run.frame(), original)
    np.testing.assert_array_equal(run.frame().curve[1], original.curve[1])
    run.look_back(40)
    assert_same_moment(run.frame(), run_to(40, engine=engine).frame())


def test_a_branch_with_another_learning_rate_goes_another_way() -> None:
    run = run_to(60)
    original = run.frame()
    run.look_back(25)
    run.branch()
    run.configure(RunConfig(**{**CONFIG.to_dict(), "lr": 0.001}))
    go_on(run, 35)
    assert run.frame().step.loss != original.step.loss
    previous = run.frame().previous
    assert previous is not None
    assert previous[0][-1] == 60


def test_learning_rates_of_then_are_used_on_the_way() -> None:
    run, alone = run_to(20), run_to(20)
    for each in (run, alone):
        each.configure(RunConfig(**{**CONFIG.to_dict(), "lr": 0.001}))
        go_on(each, 20)
    run.configure(RunConfig(**{**CONFIG.to_dict(), "lr": 0.5}))
    go_on(run, 20)
    run.look_back(40)
    assert run.frame().step == alone.frame().step
    run.look_back(10)
    assert run.frame().lr == CONFIG.lr


def test_who_goes_on_looks_ahead() -> None:
    run = run_to(20)
    run.look_back(5)
    run.step_once()
    assert run.frame().step.index == 21
    run.look_back(5)
    run.play()
    run.tick(1, 1000)
    assert run.frame().step.index == 22
    run.look_back(5)  # not while it plays
    assert run.frame().step.index == 22


def test_a_diverged_run_can_be_looked_into_before_it_broke() -> None:
    run = LiveRun(RunConfig(optimizer="sgd", lr=1.0), clock=lambda: 0.0, engine="torch")
    run.play()
    run.tick(None, 10**6)
    assert run.status is Status.DIVERGED
    run.look_back(2)
    assert run.frame().step.index == 2
    assert run.look("spectrum") is not None
    run.branch()
    assert run.status is Status.PAUSED
    run.configure(RunConfig(optimizer="sgd", lr=0.01))
    go_on(run, 50)
    assert run.index == 52


def test_of_a_very_large_network_no_past_is_kept() -> None:
    run = run_to(2, RunConfig(cell="lstm", hidden_size=256, num_layers=2))
    assert not run.can_look_back
    run.look_back(0)
    assert run.frame().step.index == 2


@pytest.mark.parametrize("engine", ["torch", "compiled"])
@pytest.mark.parametrize("hidden_size", [32, 120])
def test_the_past_takes_bounded_memory(engine: str, hidden_size: int) -> None:
    run = LiveRun(RunConfig(cell="lstm", hidden_size=hidden_size), engine=engine)
    for _ in range(40):
        run.step_once()
    one = run._snapshots.before(40).nbytes
    assert 10 <= run._most_snapshots <= 200
    assert run._most_snapshots * one < 13_000_000
