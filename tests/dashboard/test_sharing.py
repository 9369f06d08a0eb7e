"""Turns: one at a time, in order, clicks first; and no more asked for than can be done."""

from __future__ import annotations

import threading
import time

import pytest

from dashboard.sharing import Turns


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_one_has_a_turn_at_a_time_in_the_order_of_asking_and_who_clicked_goes_first() -> None:
    turns = Turns()
    order: list[str] = []
    busy = 0

    def take(name: str, urgent: bool) -> None:
        nonlocal busy
        with turns.turn(name, urgent=urgent):
            busy += 1
            assert busy == 1
            order.append(name)
            busy -= 1

    threads = []
    with turns.turn("first"):
        for name, urgent in [("second", False), ("third", False), ("clicked", True)]:
            threads.append(threading.Thread(target=take, args=(name, urgent)))
            threads[-1].start()
            while len(turns._waiting) < len(threads):
                time.sleep(0.001)
    for thread in threads:
        thread.join(10)
    assert order == ["clicked", "second", "third"]


def test_a_turn_that_ends_with_an_error_is_passed_on() -> None:
    turns = Turns()
    with pytest.raises(RuntimeError, match="stopped"), turns.turn("one"):
        raise RuntimeError("stopped")
    with turns.turn("two") as sharers:
        assert sharers == 2


def test_who_has_not_played_for_a_while_is_no_longer_counted() -> None:
    clock = Clock()
    turns = Turns(clock)
    for who in ("one", "two", "one"):
        with turns.turn(who) as sharers:
            pass
    assert sharers == 2
    clock.now = 1.5
    with turns.turn("two") as sharers:
        assert sharers == 2
    clock.now = 3.0
    with turns.turn("two") as sharers:
        assert sharers == 1


def test_the_more_play_and_the_dearer_a_turn_the_longer_the_interval() -> None:
    work = Clock()
    turns = Turns(Clock(), work)
    assert turns.interval(0.075) == 0.075

    def everybody_once(count: int, cost: float) -> None:
        for who in range(count):
            with turns.turn(who):
                work.now += cost

    for _ in range(60):
        everybody_once(10, 0.004)
    assert turns.interval(0.075) == pytest.approx(10 * 0.004 * 2.5, rel=1e-3)
    assert turns.interval(1.0) == 1.0
    # One turn that took long, as the first does, does not count for much.
    everybody_once(1, 5.0)
    assert turns.interval(0.075) < 1.5 * 10 * 0.004 * 2.5
