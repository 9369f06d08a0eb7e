from __future__ import annotations

import re
import threading
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save
from torch import nn

from dashboard.app.playback import FRAME_BUDGET, IDLE_LIMIT, Status
from dashboard.run import live_run, text
from dashboard.run.live_run import LiveRun
from dashboard.run.views.registry import view
from rnn_core import TASKS, RunConfig, Trainer, evaluate
from rnn_core.config import is_read
from rnn_core.engines import prepare_compiled
from rnn_core.experiments.early_stopped import advance_validated
from rnn_core.experiments.rolling_origin import rolling_origin
from rnn_core.io import Checkpoint, load_checkpoint
from rnn_core.series import Series, SeriesPlan
from rnn_core.tasks.series import SeriesTask
from rnn_core.training.early_stopping import EVALUATE_EVERY, EarlyStopping
from tests.dashboard.clock import Clock
from tests.dashboard.runs import assert_same_moment, go_on, inspect, run_after

DIVERGING = RunConfig(optimizer="sgd", lr=1.0)
LSTM = RunConfig(cell="lstm", hidden_size=4)


def unhurried(config: RunConfig) -> LiveRun:
    """A run for which no time passes, so that every tick takes all the steps it may."""
    return LiveRun(config, clock=Clock(), engine="torch")


def losses_of_a_trainer(config: RunConfig, count: int) -> list[float]:
    return [step.loss for step, _ in zip(Trainer(config).steps(), range(count), strict=False)]


def test_a_new_run_shows_the_untrained_network_and_waits() -> None:
    run = unhurried(RunConfig())
    run.tick(5, 100)
    frame = run.frame()
    assert (frame.status, frame.step.index, len(frame.windows)) == (Status.READY, 0, 1)
    assert frame.step.loss == losses_of_a_trainer(RunConfig(), 1)[0]


def test_a_tick_takes_the_steps_asked_for_and_records_each() -> None:
    run = unhurried(RunConfig())
    run.play()
    run.tick(5, 100)
    run.tick(20, 100)
    steps, losses = run.frame().curve
    np.testing.assert_array_equal(steps, np.arange(26))
    np.testing.assert_array_equal(losses, losses_of_a_trainer(RunConfig(), 26))


def test_as_many_as_fit_ends_with_the_budget() -> None:
    # Every look at the clock costs a fifth of the budget, and there is one look a step.
    run = LiveRun(RunConfig(), clock=Clock(per_look=FRAME_BUDGET / 5))
    run.play()
    run.tick(None, 1000)
    assert 3 <= run.frame().step.index <= 6


def test_who_shares_the_server_shares_the_budget() -> None:
    run = LiveRun(RunConfig(), clock=Clock(per_look=FRAME_BUDGET / 20))
    run.play()
    run.tick(None, 1000)
    alone = run.frame().step.index
    run.tick(None, 1000, active_runs=4)
    assert 3 <= run.frame().step.index - alone <= alone / 2
    assert run.frame().active_runs == 4


def test_a_step_dearer_than_the_budget_is_still_taken() -> None:
    run = LiveRun(RunConfig(), clock=Clock(per_look=2 * FRAME_BUDGET))
    run.play()
    run.tick(20, 1000)
    assert run.frame().step.index == 1


def test_after_a_pause_no_tick_trains_and_a_step_adds_exactly_one() -> None:
    run = unhurried(RunConfig())
    run.play()
    run.tick(5, 100)
    run.pause()
    run.tick(5, 100)
    assert (run.frame().step.index, run.status) == (5, Status.PAUSED)
    run.step_once()
    assert (run.frame().step.index, run.status) == (6, Status.PAUSED)


def test_a_click_on_step_delivered_twice_while_playing_takes_one_step() -> None:
    run = unhurried(RunConfig())
    run.play()
    run.step_once(out_of_play=True)
    run.step_once(out_of_play=True)
    assert (run.frame().step.index, run.status) == (1, Status.PAUSED)


def test_pausing_and_continuing_changes_nothing() -> None:
    run = unhurried(RunConfig(cell="gru"))
    for _ in range(4):
        run.play()
        run.tick(3, 100)
        run.pause()
        run.frame()
    np.testing.assert_array_equal(
        run.frame().curve[1], losses_of_a_trainer(RunConfig(cell="gru"), 13)
    )


def test_reset_gives_the_same_run_again_and_keeps_the_old_curve_to_compare() -> None:
    run = unhurried(RunConfig())
    run.play()
    run.tick(20, 100)
    before = run.frame()
    run.reset()
    frame = run.frame()
    assert (frame.status, frame.step.index, frame.step.loss) == (
        Status.READY,
        0,
        before.curve[1][0],
    )
    assert frame.previous is not None
    np.testing.assert_array_equal(frame.previous[1], before.curve[1])


def test_another_task_has_no_curve_to_compare_with() -> None:
    run = unhurried(RunConfig())
    run.play()
    run.tick(20, 100)
    run.configure(RunConfig(seed=1))
    assert run.frame().previous is not None
    run.configure(RunConfig(seed=1, task="square_wave"))
    assert run.frame().previous is None


def test_a_learning_rate_is_adopted_without_starting_again() -> None:
    run = unhurried(RunConfig())
    run.play()
    run.tick(5, 100)
    assert run.configure(RunConfig(lr=0.001)) == {}
    assert (run.frame().step.index, run.frame().lr) == (5, 0.001)
    run.reset()
    assert run.frame().lr == 0.001


def test_any_other_setting_starts_again_says_what_changed_and_plays_on() -> None:
    run = unhurried(RunConfig())
    run.play()
    run.tick(5, 100)
    assert run.configure(RunConfig(hidden_size=8, lr=0.01)) == {"hidden_size": (32, 8)}
    frame = run.frame()
    assert (frame.status, frame.step.index, frame.lr) == (Status.PLAYING, 0, 0.01)
    assert frame.hidden[-1].shape == (10, 8)


def test_playing_stops_at_the_step_limit_and_a_higher_one_lets_it_go_on() -> None:
    run = unhurried(RunConfig())
    run.play()
    run.tick(20, 12)
    assert (run.status, run.frame().step.index) == (Status.AT_LIMIT, 12)
    run.play()
    run.tick(20, 15)
    assert run.frame().step.index == 15


def test_playing_stops_when_nobody_has_touched_the_page_for_long() -> None:
    clock = Clock()
    run = LiveRun(RunConfig(), clock=clock)
    run.play()
    clock.now = IDLE_LIMIT - 1
    run.tick(1, 100)
    assert run.status is Status.PLAYING
    clock.now = IDLE_LIMIT + 1
    run.tick(1, 100)
    assert (run.status, run.frame().step.index) == (Status.IDLE, 1)
    run.touch()
    run.play()
    run.tick(1, 100)
    assert run.frame().step.index == 2


def test_divergence_ends_the_run_with_the_last_finite_step_on_screen() -> None:
    run = unhurried(DIVERGING)
    run.play()
    run.tick(None, 1000)
    frame = run.frame()
    assert (frame.status, frame.diverged_at) == (Status.DIVERGED, frame.step.index + 1)
    assert frame.step.is_finite
    assert np.isfinite(frame.hidden).all()
    assert np.isfinite(frame.curve[1]).all()
    run.play()
    run.step_once()
    assert run.status is Status.DIVERGED
    assert run.frame().diverged_at == frame.diverged_at
    run.reset()
    assert (run.status, run.frame().diverged_at) == (Status.READY, None)


def test_threads_that_tick_and_click_at_once_lose_no_step_and_raise_nothing() -> None:
    run = unhurried(RunConfig())
    run.play()
    raised: list[Exception] = []

    def work(action: object) -> None:
        try:
            for _ in range(10):
                action()  # type: ignore[operator]
        except Exception as error:
            raised.append(error)

    actions = [lambda: run.tick(3, 10_000), run.frame, lambda: run.configure(RunConfig(lr=0.02))]
    threads = [threading.Thread(target=work, args=(action,)) for action in actions * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert raised == []
    steps, losses = run.frame().curve
    np.testing.assert_array_equal(steps, np.arange(61))
    np.testing.assert_array_equal(losses, losses_of_a_trainer(RunConfig(), 61))


def test_a_slider_moved_while_another_thread_trains_raises_nothing() -> None:
    run = unhurried(RunConfig())
    run.play()
    stop = threading.Event()
    raised: list[Exception] = []

    def train() -> None:
        try:
            while not stop.is_set():
                run.tick(5, 10**6)
                run.frame()
        except Exception as error:
            raised.append(error)

    thread = threading.Thread(target=train)
    thread.start()
    for size in range(1, 30):
        run.configure(RunConfig(hidden_size=size))
    stop.set()
    thread.join()
    assert raised == []
    assert run.frame().hidden[-1].shape[1] == 29


def test_speed_is_what_the_clock_says() -> None:
    clock = Clock()
    run = LiveRun(RunConfig(), clock=clock)
    assert run.frame().steps_per_second is None
    run.play()
    for _ in range(4):
        clock.now += 0.1
        run.tick(5, 1000)
    assert run.frame().steps_per_second == pytest.approx(50)
    assert run.frame().redraws_per_second == pytest.approx(10)
    run.pause()
    assert run.frame().steps_per_second is None


def test_a_faster_engine_that_became_ready_takes_over_before_anything_is_trained() -> None:
    prepare_compiled().join()
    run = LiveRun(RunConfig(), clock=Clock(), engine="auto")
    run.play()
    run.tick(20, 100)
    expected = islice(Trainer(RunConfig(), engine="compiled").steps(), 21)
    np.testing.assert_array_equal(run.frame().curve[1], [step.loss for step in expected])
    run.reset()
    assert run.frame().curve[1][0] == run.frame().previous[1][0]  # type: ignore[index]


def test_the_view_keeps_the_last_windows_only() -> None:
    run = unhurried(RunConfig())
    run.play()
    run.tick(20, 100)
    assert [step.index for step in run.frame().windows] == [17, 18, 19, 20]


# --- views ---------------------------------------------------------------------------------------


def test_while_playing_a_result_is_kept_for_a_moment() -> None:
    clock = Clock()
    run = LiveRun(RunConfig(hidden_size=4), clock=clock, engine="torch")
    run.play()
    run.tick(5, 100)
    first = inspect(run, "spectrum")
    run.tick(5, 100)
    assert inspect(run, "spectrum") is first
    assert (first.step, run.index) == (5, 10)
    clock.now = 1.0
    assert inspect(run, "spectrum").step == 10
    run.tick(5, 100)
    run.pause()
    assert inspect(run, "spectrum").step == 15


def test_a_restart_forgets_the_results() -> None:
    run = run_after(5, RunConfig(hidden_size=4))
    inspect(run, "phase")
    run.configure(RunConfig(hidden_size=5))
    assert inspect(run, "phase").step == 0


def test_after_divergence_the_last_result_stays() -> None:
    run = run_after(1, DIVERGING)
    last = inspect(run, "spectrum")
    go_on(run, 10**6)
    assert run.can_inspect(view("spectrum"))
    assert run.inspect(view("spectrum")) is last
    assert not run.can_inspect(view("gates"))
    assert run.inspect(view("gates")) is None
    assert run.can_inspect(view("state"))  # which needs the hidden states only


# --- looking back ---------------------------------------------------------------------------------


def run_to(steps: int, config: RunConfig = LSTM, engine: str = "torch") -> LiveRun:
    return run_after(steps, config, engine=engine)


@pytest.mark.parametrize("engine", ["torch", "compiled"])
@pytest.mark.parametrize("step", [0, 1, 57, 149])
def test_an_earlier_step_is_shown_as_it_was(step: int, engine: str) -> None:
    run = run_to(150, engine=engine)
    run.look_back(step)
    assert_same_moment(run.frame(), run_to(step, engine=engine).frame())
    assert run.frame().newest == run.index == 150
    assert f"Looking back at step {step} of 150" in text.status(run.frame(), 1000)


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
    found, expected = (inspect(each, "gates").result.gates for each in (run, earlier))
    np.testing.assert_array_equal(found.values["f"], expected.values["f"])


def test_looking_back_changes_nothing_that_follows() -> None:
    looked, left_alone = run_to(30), run_to(30)
    looked.look_back(10)
    inspect(looked, "spectrum")
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
    run.configure(RunConfig(**{**LSTM.to_dict(), "lr": 0.001}))
    go_on(run, 35)
    assert run.frame().step.loss != original.step.loss
    previous = run.frame().previous
    assert previous is not None
    assert previous[0][-1] == 60


def test_learning_rates_of_then_are_used_on_the_way() -> None:
    run, alone = run_to(20), run_to(20)
    for each in (run, alone):
        each.configure(RunConfig(**{**LSTM.to_dict(), "lr": 0.001}))
        go_on(each, 20)
    run.configure(RunConfig(**{**LSTM.to_dict(), "lr": 0.5}))
    go_on(run, 20)
    run.look_back(40)
    assert run.frame().step == alone.frame().step
    run.look_back(10)
    assert run.frame().lr == LSTM.lr


def test_a_step_from_an_earlier_one_shows_the_next_until_the_newest_is_there() -> None:
    run = LiveRun(RunConfig(), engine="torch")
    for _ in range(5):
        run.step_once()
    losses = [step.loss for step in islice(Trainer(RunConfig()).steps(), 7)]
    run.look_back(3)
    for index in (4, 5, 6):
        run.step_once()
        assert run.frame().step.index == index
        assert run.frame().step.loss == losses[index]
    assert run.index == 6


def test_who_goes_on_looks_ahead() -> None:
    run = run_to(20)
    run.look_back(5)
    run.play()
    run.tick(1, 1000)
    assert run.frame().step.index == 21
    run.look_back(5)  # not while it plays
    assert run.frame().step.index == 21


def test_a_diverged_run_can_be_looked_into_before_it_broke() -> None:
    run = LiveRun(RunConfig(optimizer="sgd", lr=1.0), clock=lambda: 0.0, engine="torch")
    run.play()
    run.tick(None, 10**6)
    assert run.status is Status.DIVERGED
    run.look_back(2)
    assert run.frame().step.index == 2
    assert inspect(run, "spectrum").step == 2
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


def test_one_cannot_look_back_where_the_steps_between_two_snapshots_take_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = run_to(40)
    assert run.can_look_back
    steps = run._snapshots.stride + run._now.memory
    assert steps < 40
    monkeypatch.setattr(live_run, "_LOOKING_BACK", 1.01 * steps * run._step_seconds)
    assert run.can_look_back
    monkeypatch.setattr(live_run, "_LOOKING_BACK", 0.99 * steps * run._step_seconds)
    assert not run.can_look_back
    assert run.around() == ()


@pytest.mark.parametrize("engine", ["torch", "compiled"])
@pytest.mark.parametrize("hidden_size", [32, 120])
def test_the_past_takes_bounded_memory(engine: str, hidden_size: int) -> None:
    run = LiveRun(RunConfig(cell="lstm", hidden_size=hidden_size), engine=engine)
    for _ in range(40):
        run.step_once()
    one = run._snapshots.before(40).nbytes
    assert 10 <= run._most_snapshots <= 200
    assert run._most_snapshots * one < 13_000_000


# --- the moments of a replay ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("engine", "steps"),
    [("torch", 1), ("torch", 40), ("torch", 700), ("compiled", 40), ("compiled", 3600)],
)
def test_every_frame_is_as_that_step_was(engine: str, steps: int) -> None:
    run = run_to(steps, engine=engine)
    frames = run.replay_frames(30)
    shown = [frame.step.index for frame in frames]
    assert shown == sorted(set(shown))
    assert (shown[0], shown[-1]) == (0, steps)
    assert min(steps + 1, 20) <= len(frames) <= 32
    for frame in frames:
        run.look_back(frame.step.index)
        assert_same_moment(frame, run.frame())


def test_steps_lie_close_together_early_on() -> None:
    run = run_to(1500)
    shown = [frame.step.index for frame in run.replay_frames(60)]
    assert shown[:4] == [0, 1, 2, 3]
    gaps = np.diff(shown)
    assert gaps.max() <= 1500 / 20
    # Later ones are soon trained again: all that is seen with them begins at a snapshot.
    stride, memory = run._snapshots.stride, run._now.memory
    late = [index for index in shown if 2 * stride < index < 1500]
    assert {(index - memory + 1) % stride for index in late} == {0}


def test_learning_rates_of_then_are_used() -> None:
    run = run_to(30)
    run.configure(RunConfig(cell="lstm", hidden_size=4, lr=0.5))
    go_on(run, 30)
    assert run.learning_rates == (0.02, 0.5)
    for frame in run.replay_frames(20):
        assert frame.lr == (0.02 if frame.step.index < 30 else 0.5)
    assert_same_moment(run.replay_frames(20)[-1], run.frame())


def test_a_run_that_diverged_is_replayed_to_its_last_finite_step() -> None:
    run = LiveRun(
        RunConfig(optimizer="sgd", lr=10.0, hidden_size=3), clock=lambda: 0.0, engine="torch"
    )
    go_on(run, 1000)
    assert run.status is Status.DIVERGED
    frames = run.replay_frames(30)
    assert frames[-1].step == run.frame().step
    assert np.isfinite([frame.step.loss for frame in frames]).all()


def test_where_steps_take_long_a_replay_has_fewer_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_to(600)
    each = (run._snapshots.stride / 2 + run._now.memory) * run._step_seconds
    monkeypatch.setattr(live_run, "_REPLAY", 10.5 * each)
    frames = run.replay_frames(60)
    assert 4 <= len(frames) <= 12
    assert (frames[0].step.index, frames[-1].step.index) == (0, 600)
    # Where all steps together are as few, all frames are there.
    monkeypatch.setattr(live_run, "_REPLAY", (600 + run._now.memory) * run._step_seconds)
    assert len(run.replay_frames(60)) > 40


def test_a_replay_ends_where_its_progress_raises_or_the_run_goes_on() -> None:
    run = run_to(20)
    shares: list[float] = []
    frames = run.replay_frames(12, shares.append)
    assert shares == [done / len(frames) for done in range(len(frames))]

    def leave(share: float) -> None:
        if share > 0.5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        run.replay_frames(12, leave)
    assert run.replay_frames(12, lambda _share: run.step_once()) == []
    assert run.index == 21


def test_a_network_too_large_to_look_back_has_no_replay() -> None:
    run = LiveRun(
        RunConfig(cell="lstm", hidden_size=256, num_layers=4), clock=lambda: 0.0, engine="torch"
    )
    assert not run.can_look_back
    assert run.replay_frames(30) == []


def test_the_frame_says_which_engine_trains_and_why_also_of_the_past() -> None:
    run = LiveRun(RunConfig(cell="min_gru", hidden_size=3), clock=Clock(), engine="auto")
    for _ in range(5):
        run.step_once()
    for index in (None, 2):
        run.look_back(index)
        frame = run.frame()
        assert frame.engine == "torch"
        assert str(frame.engine_reason) == "the compiled engine has no kernel for cell 'min_gru'"
    compiled = LiveRun(RunConfig(hidden_size=3), clock=Clock(), engine="compiled")
    assert (compiled.frame().engine, compiled.frame().engine_reason) == ("compiled", None)


def test_held_out_losses_are_recorded_as_the_run_goes_on() -> None:
    run = run_after(0)
    assert run.frame().held_out.steps.tolist() == [0]
    go_on(run, 3)
    go_on(run, 4)
    frame = run.frame()
    assert frame.held_out.steps[-1] == frame.judged_at == 7
    assert frame.verdict is not None
    assert frame.held_out.means[-1] == frame.verdict.loss.mean
    assert frame.held_out.lows[-1] <= frame.held_out.means[-1] <= frame.held_out.highs[-1]
    run.reset()
    assert run.frame().held_out.steps.tolist() == [0]


def test_looking_back_judges_the_weights_of_then_and_records_nothing() -> None:
    run = run_after(40)
    before = run.frame().held_out.steps.tolist()
    run.look_back(10)
    frame = run.frame()
    assert frame.judged_at == 10
    trainer = Trainer(RunConfig())
    trainer.advance(11)
    assert frame.verdict is not None
    assert frame.verdict.loss == evaluate(trainer).loss
    assert frame.held_out.steps.tolist() == before


def test_a_branch_forgets_the_held_out_losses_of_what_followed() -> None:
    run = run_after(10)
    run.frame()
    go_on(run, 30)
    run.frame()
    run.look_back(20)
    run.branch()
    assert run.frame().held_out.steps.tolist() == [10, 20]


def test_held_out_losses_are_bounded() -> None:
    run = run_after(0, RunConfig(hidden_size=1, window_length=2))
    for _ in range(450):
        go_on(run, 1)
        run.frame()
    steps = run.frame().held_out.steps
    assert 100 < len(steps) <= 200
    assert steps[-1] == 450


def test_a_prepared_network_stays_prepared_through_reset_branch_and_looking_back() -> None:
    def without_memory(trainer: Trainer) -> None:
        weight = trainer.model.get_parameter("rnn.weight_hh_l0")
        weight.requires_grad_(False)
        weight.zero_()

    run = LiveRun(RunConfig(), clock=Clock(), engine="torch", prepare=without_memory)

    def norm() -> float:
        return float(np.abs(inspect(run, "spectrum").result.weights["h"].eigenvalues).max())

    assert norm() == 0
    go_on(run, 40)
    frame = run.frame()
    run.look_back(20)
    assert norm() == 0
    assert run.frame().step.index == 20
    run.branch()
    go_on(run, 20)
    assert_same_moment(run.frame(), frame)
    run.reset()
    assert norm() == 0


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_a_branch_with_clipping_is_the_run_that_clips_from_there(engine: str) -> None:
    run = run_after(30, RunConfig(), engine=engine)
    run.look_back(20)
    run.branch({"clip_norm": 0.05})
    assert run.config == RunConfig(clip_norm=0.05)
    go_on(run, 10)
    trainer = Trainer(RunConfig(), engine=engine)
    trainer.advance(21)
    clipped = Trainer(RunConfig(clip_norm=0.05), engine=engine)
    clipped.restore(trainer.snapshot())
    expected = [step.loss for step, _n in zip(clipped.steps(), range(11), strict=False)]
    assert [step.loss for step in run.frame().windows] == expected[-4:]
    # The past before the branch is as it was, and the one after it as it went on.
    for index in (12, 20, 25):
        run.look_back(index)
        whole = expected[index - 20] if index >= 20 else losses_of_a_trainer(RunConfig(), 13)[-1]
        if engine == "torch":
            assert run.frame().step.loss == whole
        assert run.frame().step.index == index
    assert run.frame().events[-1].kind == "branch"


def test_a_branch_with_another_rate_is_an_event_of_its_own() -> None:
    run = run_after(30)
    run.look_back(20)
    run.branch({"lr": 0.001})
    assert run.frame().lr == 0.001
    assert {event.kind for event in run.frame().events} >= {"branch", "learning_rate"}


def test_remarkable_moments_are_found_while_it_trains() -> None:
    run = run_after(300, RunConfig(lr=0.005), engine="compiled")
    passed = [event for event in run.frame().events if event.kind == "floor"]
    assert [event.floor.key for event in passed if event.floor] == ["memoryless", "window_memory"]
    run.reset()
    assert run.frame().events == ()


def test_divergence_is_an_event() -> None:
    run = run_after(3000, DIVERGING)
    assert run.status is Status.DIVERGED
    last = run.frame().events[-1]
    assert (last.kind, last.step) == ("divergence", run.frame().diverged_at)


def test_the_steps_around_one_are_trained_again_in_numbers() -> None:
    run = unhurried(RunConfig(clip_norm=1.0))
    run.play()
    run.tick(60, 100)
    run.pause()
    run.look_back(30)
    found = run.around()
    assert [each.step for each in found] == [28, 29, 30, 31, 32]
    trainer = Trainer(RunConfig(clip_norm=1.0))
    weights = []
    for step, _ in zip(trainer.steps(), range(34), strict=False):
        weights.append(trainer.snapshot().weights)
        for each in found:
            if each.step == step.index:
                assert (each.loss, each.grad_norm) == (step.loss, step.grad_norm)
                assert each.clipped == (step.grad_norm > 1.0)
    for each in found:
        change = (weights[each.step + 1] - weights[each.step]).norm() / weights[each.step].norm()
        assert each.update == pytest.approx(float(change), rel=1e-6)
    assert run.frame().step.index == 30
    run.look_back(None)
    assert [each.step for each in run.around()] == [58, 59, 60]
    assert run.around() is run.around()
    run.look_back(0)
    assert [each.step for each in run.around()] == [0, 1, 2]


def test_around_a_divergence_there_are_the_last_finite_steps() -> None:
    run = unhurried(DIVERGING)
    run.play()
    run.tick(100, 100)
    last = run.index
    assert [each.step for each in run.around()] == [last - 2, last - 1, last]


def test_there_is_nothing_around_a_step_while_playing() -> None:
    run = unhurried(RunConfig())
    run.play()
    run.tick(5, 100)
    assert run.around() == ()


# --- a series of one's own ----------------------------------------------------------------


SERIES = RunConfig(task="series", window_length=12, hidden_size=8, lr=0.005)


def on(level: np.ndarray) -> SeriesTask:
    series = Series(level[:, None], ("level",), "mine")
    return SeriesTask(series, SeriesPlan(inputs=("level",), targets=("level",)), SERIES)


def test_a_task_that_is_handed_over_is_trained_on_and_survives_a_look_back_and_a_branch() -> None:
    task = on(np.sin(0.3 * np.arange(600.0)))
    run = LiveRun(SERIES, task=task, engine="torch")
    for _ in range(40):
        run.step_once()
    steps = [step.loss for step in islice(Trainer(SERIES, task=task).steps(), 41)]
    assert run.frame().step.loss == steps[40]
    run.look_back(20)
    assert run.frame().step.loss == steps[20]
    run.branch({"clip_norm": 0.5})
    run.step_once()
    assert run.frame().step.loss != steps[21]
    np.testing.assert_array_equal(run.frame().step.inputs, task.batch(21, np.float32).inputs)


def test_another_series_restarts_the_run_and_the_same_one_does_not() -> None:
    level = np.sin(0.3 * np.arange(600.0))
    run = LiveRun(SERIES, task=on(level), engine="torch")
    run.step_once()
    run.step_once()
    assert run.configure(SERIES, on(level)) == {}
    assert run.index == 2
    assert run.configure(SERIES, on(level**2)) == {
        "series": ("mine (level → level)", "mine (level → level)")
    }
    assert run.index == 0
    assert run.frame().previous is None


def reopened(run: LiveRun, *, engine: str = "torch") -> LiveRun:
    """A run of a visit of its own, into which the file of another was opened."""
    other = LiveRun(RunConfig(), clock=Clock(), engine=engine)
    other.open(load_checkpoint(run.checkpoint()))
    return other


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_a_run_from_a_file_goes_on_bit_for_bit_with_its_history(engine: str) -> None:
    config = RunConfig(cell="gru", hidden_size=7, num_layers=2, clip_norm=0.5, momentum=0.5)
    run = run_after(37, config, engine=engine)
    run.configure(replace(config, lr=0.004))
    go_on(run, 20)
    other = reopened(run)
    assert (other.status, other.index, other.oldest) == (Status.PAUSED, 57, 57)
    assert other.frame().engine == engine
    for name in ("curve", "held_out", "events"):
        np.testing.assert_array_equal(getattr(other.frame(), name), getattr(run.frame(), name))
    assert other.learning_rates == run.learning_rates
    asked = RunConfig.from_dict({**shown_settings(config), "lr": 0.004})
    assert other.configure(asked) == {}
    go_on(run, 50)
    go_on(other, 50)
    np.testing.assert_array_equal(other.frame().curve, run.frame().curve)
    for one, same in zip(run.frame().windows, other.frame().windows, strict=True):
        np.testing.assert_array_equal(one.prediction, same.prediction)
    np.testing.assert_array_equal(other.history().grad_norm, run.history().grad_norm)


def shown_settings(config: RunConfig) -> dict[str, Any]:
    """What the page asks for: settings that the run reads."""
    return {name: each for name, each in config.to_dict().items() if is_read(name, config)}


def test_a_run_from_a_file_looks_back_as_far_as_the_file_and_branches() -> None:
    run = run_after(37)
    other = reopened(run)
    assert other.can_look_back
    go_on(other, 60)
    go_on(run, 60)
    for index in (97, 60, 38, 37):
        run.look_back(index)
        other.look_back(index)
        assert other.frame().step == run.frame().step
    other.look_back(3)
    assert other.frame().step.index == other.frame().oldest == 37
    assert len(other.around()) == 3
    assert next(frame.step.index for frame in other.replay_frames(8)) == 37
    other.look_back(50)
    other.branch({"clip_norm": 1.0})
    go_on(other, 5)
    assert other.index == 55
    assert other.history().step.tolist() == list(range(56))
    other.reset()
    fresh = run_after(0, other.config)
    assert (other.index, other.oldest) == (0, 0)
    assert other.frame().step.loss == fresh.frame().step.loss


def foreign(
    layer: nn.RNNBase, *, outputs: int = 1, dtype: torch.dtype = torch.float32
) -> Checkpoint:
    """Weights of a PyTorch model."""
    tensors = {f"rnn.{name}": each for name, each in layer.state_dict().items()}
    readout = nn.Linear(layer.hidden_size, outputs).state_dict()
    tensors |= {f"head.{name}": each for name, each in readout.items()}
    return load_checkpoint(save({name: each.to(dtype) for name, each in tensors.items()}))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_weights_from_elsewhere_begin_a_run_and_stay_its_beginning(dtype: torch.dtype) -> None:
    theirs = foreign(nn.LSTM(1, 5, num_layers=2), dtype=dtype)
    run = run_after(12)
    run.open(theirs)
    assert (run.status, run.index) == (Status.READY, 0)
    assert (run.config.cell, run.config.hidden_size, run.config.num_layers) == ("lstm", 5, 2)
    step = run.frame().step
    prediction, _state = theirs.trainer(engine="torch").predict(step.inputs)
    np.testing.assert_allclose(step.prediction, prediction, atol=1e-6)
    go_on(run, 30)
    again = reopened(run)
    for each in (run, again):
        each.reset()
        assert each.frame().step.loss == pytest.approx(step.loss, abs=1e-7)
    changed = run.configure(replace(run.config, optimizer="sgd"))
    assert "optimizer" in changed
    assert run.frame().step.loss == step.loss
    run.configure(replace(run.config, seed=77))
    assert run.frame().step.loss == run_after(0, run.config).frame().step.loss


def test_what_does_not_fit_changes_nothing() -> None:
    run = run_after(9)
    before = run.frame()
    series = replace(load_checkpoint(run.checkpoint()), digest="abc")
    for wrong, message in (
        (foreign(nn.GRU(2, 4)), "The network has input_size 2, the task needs 1"),
        (foreign(nn.GRU(1, 4), outputs=3), "The network has output_size 3, the task needs 1"),
        (series, "was trained on another series"),
    ):
        with pytest.raises(ValueError, match=message):
            run.open(wrong)
    assert run.config == before.config
    assert_same_moment(run.frame(), before)
    go_on(run, 1)
    assert run.index == 10


def test_a_diverged_run_is_not_saved() -> None:
    run = run_after(500, DIVERGING)
    assert run.status is Status.DIVERGED
    with pytest.raises(ValueError, match="The run has diverged"):
        run.checkpoint()
    assert len(run.history().step) == run.index + 1


def test_the_weights_are_those_of_the_step_on_screen() -> None:
    run = run_after(20)
    newest = load_checkpoint(run.weights()).weights["out.weight"]
    run.look_back(4)
    then = load_checkpoint(run.weights()).weights["out.weight"]
    assert torch.equal(then, load_checkpoint(run_after(4).weights()).weights["out.weight"])
    assert not torch.equal(then, newest)


def test_a_run_on_a_series_goes_on_where_that_series_is() -> None:
    level = np.sin(0.3 * np.arange(600.0))
    run = LiveRun(SERIES, task=on(level), clock=Clock(), engine="torch")
    go_on(run, 20)
    data, other = load_checkpoint(run.checkpoint()), run_after(2)
    series = on(level).series
    name, digest = re.escape(series.name), series.digest
    for task in (None, on(level**2)):
        said = rf"was trained on another series, {name} \(digest {digest}\), which its file does"
        with pytest.raises(ValueError, match=said):
            other.open(data, task)
    other.open(data, on(level))
    assert other.configure(SERIES, on(level)) == {}
    go_on(run, 20)
    go_on(other, 20)
    assert other.frame().step == run.frame().step


FORECAST = TASKS["series"].config(hidden_size=6, lr=0.05)


def stopping_early(engine: str = "torch", patience: int = 4, **more: Any) -> LiveRun:
    run = LiveRun(FORECAST, clock=more.pop("clock", Clock()), engine=engine, **more)
    run.stop_early(patience)
    return run


def played(run: LiveRun, pace: int | None = 50) -> LiveRun:
    """The run, once it has stopped by itself."""
    run.play()
    while run.status is Status.PLAYING:
        run.tick(pace, 2_000)
    return run


def test_a_run_that_validates_stops_early_and_says_why() -> None:
    frame = played(stopping_early()).frame()
    early = frame.stopped_early
    assert frame.status is Status.STOPPED_EARLY
    assert early is not None
    assert early.best_step is not None
    assert (early.step, early.waited) == (frame.step.index, 4)
    assert early.best_step == early.step - 4 * EVALUATE_EVERY
    trainer = Trainer(FORECAST)
    trainer.advance(early.best_step + 1)
    assert evaluate(trainer).mean == early.best_loss
    # The best loss is on the chart, too.
    assert early.best_loss == frame.held_out.means.min()


@pytest.mark.parametrize(
    ("pace", "clock"), [(1, Clock()), (7, Clock(per_look=0.02)), (None, Clock(per_look=0.001))]
)
def test_it_stops_at_the_same_step_whatever_the_speed(pace: int | None, clock: Clock) -> None:
    expected = played(stopping_early()).frame().stopped_early
    assert played(stopping_early(clock=clock), pace).frame().stopped_early == expected


def test_it_stops_where_the_command_line_does() -> None:
    found = advance_validated(Trainer(FORECAST), 2_000, EarlyStopping(4))
    early = played(stopping_early()).frame().stopped_early
    assert early is not None
    assert found.best is not None
    assert (early.step, early.best_step) == (found.steps[-1], found.best.index)


@pytest.mark.parametrize("step", [45, 140, 195])
def test_a_run_from_a_file_stops_at_the_same_step_with_the_same_best_one(step: int) -> None:
    whole = played(stopping_early()).frame().stopped_early
    assert whole is not None
    assert whole.best_step is not None
    run = stopping_early()
    run.play()
    while run.index < step:
        run.tick(1, 2_000)
    run.pause()
    checkpoint = load_checkpoint(run.checkpoint())
    assert checkpoint.stopping is not None
    assert checkpoint.stopping.last_step == step - step % EVALUATE_EVERY
    again = stopping_early()
    again.open(checkpoint, run.task)
    assert played(again).frame().stopped_early == whole
    # The best step goes on from file to file.
    saved = load_checkpoint(again.checkpoint())
    trainer = Trainer(FORECAST)
    trainer.advance(whole.best_step + 1)
    assert saved.best is not None
    assert saved.best.index == whole.best_step
    assert torch.equal(saved.best.weights, trainer.snapshot().weights)
    stopped = stopping_early()
    stopped.open(saved, run.task)
    assert stopped.frame().stopped_early == whole


def test_after_an_early_stop_run_waits_as_long_again_and_reset_forgets_it() -> None:
    run = played(stopping_early())
    first = run.frame().stopped_early
    second = played(run).frame().stopped_early
    assert first is not None
    assert second is not None
    assert second.step >= first.step + 4 * EVALUATE_EVERY
    assert second.waited == 4
    run.reset()
    assert run.frame().stopped_early is None
    assert played(run).frame().stopped_early == first


def test_a_branch_from_the_best_step_stops_at_the_same_step_again() -> None:
    run = played(stopping_early())
    early = run.frame().stopped_early
    assert early is not None
    run.look_back(early.best_step)
    assert run.frame().stopped_early == early
    run.branch()
    assert run.frame().stopped_early is None
    assert played(run).frame().stopped_early == early


def test_without_patience_or_validation_part_no_run_stops_early() -> None:
    run = played(stopping_early())
    run.stop_early(None)
    assert (run.status, run.frame().stopped_early) == (Status.PAUSED, None)
    run.play()
    run.tick(200, 2_000)
    assert run.status is Status.PLAYING
    plain = unhurried(RunConfig(hidden_size=4))
    plain.stop_early(1)
    plain.play()
    plain.tick(300, 300)
    assert plain.status is Status.AT_LIMIT


def test_more_patience_while_a_run_plays_lets_it_go_on() -> None:
    first = played(stopping_early(patience=2)).frame().stopped_early
    run = stopping_early(patience=2)
    run.play()
    assert first is not None
    run.tick(first.step - 1, 2_000)
    run.stop_early(8)
    later = played(run).frame().stopped_early
    assert later is not None
    assert later.waited == 8
    assert later == played(stopping_early(patience=8)).frame().stopped_early


def test_the_test_part_is_forecast_with_the_weights_on_screen() -> None:
    run = run_after(30, FORECAST)
    run.look_back(10)
    trainer = Trainer(FORECAST)
    trainer.advance(11)
    found, expected = run.rolling_origins(4), rolling_origin(trainer, 4)
    assert found is not None
    np.testing.assert_array_equal(found[0].forecasts["network"], expected.forecasts["network"])
    assert run.has_test_part
    assert not run_after(1).has_test_part


def test_after_divergence_the_test_part_is_not_forecast() -> None:
    diverging = TASKS["series"].config(cell="rnn_relu", optimizer="sgd", lr=10.0, hidden_size=4)
    run = run_after(300, diverging)
    assert run.status is Status.DIVERGED
    assert run.rolling_origins(4) is None


def test_how_far_a_run_is_can_be_asked_without_computing_anything() -> None:
    run = run_after(3, RunConfig(task="copy", window_length=24))
    standing = run.standing()
    assert standing is not None
    assert (standing.status, standing.step, standing.held_out) == (Status.PAUSED, 3, None)
    assert standing.symbols
    assert not standing.given
    frame = run.frame()
    standing = run.standing()
    assert standing is not None
    assert frame.verdict is not None
    assert (standing.held_out, standing.judged_at) == (frame.verdict.loss.mean, 3)
    assert standing.floors == frame.floors
    run.configure(replace(run.config, lr=0.5))
    changed = run.standing()
    assert changed is not None
    assert changed.config.lr == 0.5


def test_a_run_that_is_busy_does_not_keep_whoever_asks() -> None:
    run = run_after(0)
    answers: list[object] = ["none yet"]
    with run._lock:
        asking = threading.Thread(target=lambda: answers.append(run.standing(patience=0.01)))
        asking.start()
        asking.join()
    assert answers[-1] is None
