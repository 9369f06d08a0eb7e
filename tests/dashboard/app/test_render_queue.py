"""RenderQueue: one at a time, in order, clicks first."""

from __future__ import annotations

import threading
import time

import pytest

from dashboard.app.render_queue import RenderQueue
from tests.dashboard.clock import Clock


def test_one_has_a_turn_at_a_time_in_the_order_of_asking_and_who_clicked_goes_first() -> None:
    render_queue = RenderQueue()
    order: list[str] = []
    busy = 0

    def take(name: str, urgent: bool) -> None:
        nonlocal busy
        with render_queue.turn(name, urgent=urgent):
            busy += 1
            assert busy == 1
            order.append(name)
            busy -= 1

    threads = []
    with render_queue.turn("first"):
        for name, urgent in [("second", False), ("third", False), ("clicked", True)]:
            threads.append(threading.Thread(target=take, args=(name, urgent)))
            threads[-1].start()
            while len(render_queue._waiting) < len(threads):
                time.sleep(0.001)
    for thread in threads:
        thread.join(10)
    assert order == ["clicked", "second", "third"]


def test_a_turn_that_ends_with_an_error_is_passed_on() -> None:
    render_queue = RenderQueue()
    with pytest.raises(RuntimeError, match="stopped"), render_queue.turn("one"):
        raise RuntimeError("stopped")
    with render_queue.turn("two") as active_runs:
        assert active_runs == 2


def test_who_has_not_played_for_a_while_is_no_longer_counted() -> None:
    clock = Clock()
    render_queue = RenderQueue(clock)
    for who in ("one", "two", "one"):
        with render_queue.turn(who) as active_runs:
            pass
    assert active_runs == 2
    clock.now = 1.5
    with render_queue.turn("two") as active_runs:
        assert active_runs == 2
    assert render_queue.active == 2
    clock.now = 3.0
    assert render_queue.active == 1
    with render_queue.turn("two") as active_runs:
        assert active_runs == 1


def test_who_only_looks_has_a_turn_but_does_not_count() -> None:
    render_queue = RenderQueue(Clock())
    with render_queue.turn("looks", plays=False) as active_runs:
        assert active_runs == 1
    with render_queue.turn("plays") as active_runs:
        assert active_runs == 1
    with render_queue.turn("looks", plays=False) as active_runs:
        assert active_runs == 1
