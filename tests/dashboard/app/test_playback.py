from __future__ import annotations

import threading

import pytest

from dashboard.app.playback import ENDED, FRAME_BUDGET, IDLE_LIMIT, Playback, Status
from tests.dashboard.clock import Clock


class Counter(Playback):
    """A run whose steps are counted, each of which takes some time.

    Args:
        clock: passes by ``cost`` seconds with each step.
        cost: seconds of a step.
        last: the step after which there is none.
    """

    def __init__(self, clock: Clock | None = None, cost: float = 0.0, last: int = 10**9) -> None:
        self.time = clock or Clock()
        super().__init__(self.time)
        self.cost, self.last = cost, last
        self.begun = 0
        self._begin()

    @property
    def index(self) -> int:
        return self.at

    def _begin(self) -> None:
        self.at = 0
        self.begun += 1

    def _take_step(self) -> None:
        self.time.now += self.cost
        if self.at == self.last:
            self._status = Status.FINISHED
        else:
            self.at += 1

    def speeds(self) -> tuple[float | None, float | None]:
        """Steps and redraws per second."""
        return self._per_second(steps=True), self._per_second(steps=False)


def playing(run: Counter) -> Counter:
    run.play()
    return run


def test_nothing_is_trained_before_it_plays() -> None:
    run = Counter()
    run.tick(5, 100)
    assert (run.index, run.status, run.plays) == (0, Status.READY, 0)


def test_a_tick_takes_the_steps_that_fit_into_its_budget_and_one_at_least() -> None:
    run = playing(Counter(cost=FRAME_BUDGET / 3.5))
    run.tick(None, 100)
    assert run.index == 4  # the fourth step passes the deadline
    slow = playing(Counter(cost=10 * FRAME_BUDGET))
    slow.tick(None, 100)
    assert slow.index == 1
    run.tick(2, 100)
    assert run.index == 6


def test_runs_that_play_at_once_share_the_budget() -> None:
    run = playing(Counter(cost=FRAME_BUDGET / 10.5))
    run.tick(None, 100, active_runs=5)
    assert run.index == 3


def test_it_stops_at_the_step_limit_and_goes_on_with_a_higher_one() -> None:
    run = playing(Counter())
    run.tick(50, 20)
    assert (run.index, run.status) == (20, Status.AT_LIMIT)
    run.tick(50, 30)
    assert run.index == 20
    run.play()
    run.tick(5, 30)
    assert (run.index, run.status) == (25, Status.PLAYING)


def test_it_plays_to_a_step_whatever_the_pace_and_pauses_there() -> None:
    run = Counter()
    run.play_to(30)
    run.tick(1, 100)
    assert (run.index, run.status) == (30, Status.PAUSED)
    run.play()
    run.tick(1, 100)
    assert (run.index, run.status) == (31, Status.PLAYING)


@pytest.mark.parametrize("leave", ["play", "reset", "step_once"])
def test_any_button_gives_up_the_step_that_was_played_to(leave: str) -> None:
    run = Counter(cost=10 * FRAME_BUDGET)
    run.play_to(30)
    run.tick(1, 100)
    getattr(run, leave)()
    run.play()
    before = run.index
    run.tick(50, 100)  # one step takes all the time
    assert (run.index, run.status) == (before + 1, Status.PLAYING)
    for _ in range(40):
        run.tick(1, 100)
    assert run.status is Status.PLAYING


def test_it_stops_when_the_page_was_not_touched_for_long() -> None:
    run = playing(Counter())
    run.time.now += IDLE_LIMIT - 1
    run.tick(1, 100)
    assert run.status is Status.PLAYING
    run.touch()
    run.time.now += IDLE_LIMIT + 1
    assert run.idle
    run.tick(1, 100)
    assert (run.index, run.status) == (1, Status.IDLE)
    run.touch()
    assert not run.idle


def test_a_run_that_has_ended_neither_plays_nor_steps_until_it_is_reset() -> None:
    run = playing(Counter(last=3))
    run.tick(10, 100)
    assert (run.index, run.status) == (3, Status.FINISHED)
    assert run.status in ENDED
    run.play()
    run.step_once()
    assert (run.index, run.status, run.plays) == (3, Status.FINISHED, 1)
    run.reset()
    assert (run.index, run.status) == (0, Status.READY)


def test_pausing_takes_no_step_and_changes_only_what_plays() -> None:
    run = playing(Counter())
    run.tick(4, 100)
    run.pause()
    run.tick(4, 100)
    assert (run.index, run.status) == (4, Status.PAUSED)
    ready = Counter()
    ready.pause()
    assert ready.status is Status.READY


def test_a_step_pauses_and_when_out_of_play_needs_a_run_that_plays() -> None:
    run = playing(Counter())
    run.step_once(out_of_play=True)
    run.step_once(out_of_play=True)  # the same click, delivered twice
    assert (run.index, run.status) == (1, Status.PAUSED)
    run.step_once()
    assert run.index == 2


def test_playing_from_step_zero_begins_anew_and_later_does_not() -> None:
    run = Counter()
    run.play()
    assert run.begun == 2  # a faster engine may be ready by now
    run.tick(3, 100)
    run.pause()
    run.play()
    assert (run.begun, run.index, run.plays) == (2, 3, 2)


@pytest.mark.parametrize("was_playing", [True, False])
def test_other_settings_begin_again_and_what_was_playing_goes_on(was_playing: bool) -> None:
    run = playing(Counter())
    run.tick(3, 100)
    if not was_playing:
        run.pause()
    run._begin_again()
    assert run.index == 0
    assert run.status is (Status.PLAYING if was_playing else Status.READY)


def test_speeds_are_measured_over_the_last_redraws_while_playing() -> None:
    run = playing(Counter())
    assert run.speeds() == (None, None)
    for _ in range(5):
        run.time.now += 0.1
        run.tick(7, 10**6)
    assert run.speeds() == pytest.approx((70, 10))
    for _ in range(100):  # now half as fast; what was before is forgotten
        run.time.now += 0.2
        run.tick(7, 10**6)
    assert run.speeds() == pytest.approx((35, 5))
    run.pause()
    assert run.speeds() == (None, None)
    run.play()
    assert run.speeds() == (None, None)


def test_pausing_waits_for_a_step_that_is_under_way() -> None:
    began, release = threading.Event(), threading.Event()

    class Slow(Counter):
        def _take_step(self) -> None:
            began.set()
            assert release.wait(10)
            super()._take_step()

    run = Slow()
    run.play()
    trains = threading.Thread(target=run.tick, args=(1, 100))
    pauses = threading.Thread(target=run.pause)
    trains.start()
    assert began.wait(10)
    pauses.start()
    pauses.join(0.05)
    assert pauses.is_alive()  # it waits
    assert run.index == 0
    release.set()
    trains.join(10)
    pauses.join(10)
    assert (run.index, run.status) == (1, Status.PAUSED)
