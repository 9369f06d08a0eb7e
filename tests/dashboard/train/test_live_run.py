from __future__ import annotations

import threading
from itertools import islice

import numpy as np
import pytest

from dashboard.app.playback import FRAME_BUDGET, IDLE_LIMIT, Status
from dashboard.train.live_run import LiveRun
from rnn_core import RunConfig, Trainer
from rnn_core.engines import prepare_compiled
from tests.dashboard.clock import Clock

DIVERGING = RunConfig(optimizer="sgd", lr=1.0)


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
    assert frame.hidden.shape == (10, 8)


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
    assert run.frame().hidden.shape[1] == 29


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
