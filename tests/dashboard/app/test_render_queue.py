"""RenderQueue: one at a time, in order, clicks first; long turns in a lane of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from dashboard.app.render_queue import RenderQueue
from tests.dashboard.clock import Clock


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("second third click", "click second third"),
        ("second third click1 click2 click3", "click1 second click2 third click3"),
        ("click1 click2 second", "click1 second click2"),
    ],
)
def test_one_has_a_turn_at_a_time_and_each_second_is_that_of_who_clicked(
    asked: str, expected: str
) -> None:
    """In the order of asking, so that nobody stands still however much is clicked."""
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
        for name in asked.split():
            threads.append(threading.Thread(target=take, args=(name, name.startswith("click"))))
            threads[-1].start()
            while render_queue._short.waiting < len(threads):
                time.sleep(0.001)
    for thread in threads:
        thread.join(10)
    assert order == expected.split()


def test_a_turn_that_ends_with_an_error_is_passed_on() -> None:
    render_queue = RenderQueue()
    with pytest.raises(RuntimeError, match="stopped"), render_queue.turn("one"):
        raise RuntimeError("stopped")
    with render_queue.turn("two") as active_runs:
        assert active_runs == 2


def test_who_wants_its_turn_no_more_leaves_the_queue_and_the_next_has_it() -> None:
    render_queue = RenderQueue()
    gone, order = threading.Event(), []

    def check() -> None:
        if gone.is_set():
            raise RuntimeError("stopped")

    def take(name: str, check: Callable[[], None]) -> None:
        with suppress(RuntimeError), render_queue.turn(name, check=check):
            order.append(name)

    threads = []
    with render_queue.turn("holder"):
        for name, asked in (("gone", check), ("next", lambda: None)):
            threads.append(threading.Thread(target=take, args=(name, asked)))
            threads[-1].start()
            while render_queue._short.waiting < len(threads):
                time.sleep(0.001)
        gone.set()
        threads[0].join(10)
        assert not threads[0].is_alive()
    threads[1].join(10)
    assert order == ["next"]
    with render_queue.turn("free"):
        pass


def test_a_turn_that_is_not_wanted_when_it_comes_is_passed_on() -> None:
    render_queue = RenderQueue()

    def check() -> None:
        raise RuntimeError("stopped")

    with (
        pytest.raises(RuntimeError, match="stopped"),
        render_queue.turn("gone", check=check),
    ):
        raise AssertionError("it had its turn")
    with render_queue.turn("next") as active_runs:
        assert active_runs == 1


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


def take(render_queue: RenderQueue, who: str, clock: Clock, seconds: float) -> None:
    """A turn with so many seconds of work."""
    with render_queue.turn(who):
        clock.now += seconds


def in_time(render_queue: RenderQueue, who: str) -> bool:
    """Whether a session has its turn while others hold theirs."""
    had = threading.Event()

    def hold() -> None:
        with render_queue.turn(who):
            had.set()

    threading.Thread(target=hold, daemon=True).start()
    return had.wait(0.1)


def test_who_had_a_long_turn_queues_in_a_lane_of_its_own() -> None:
    clock = Clock()
    render_queue = RenderQueue(clock, work=clock)
    take(render_queue, "large", clock, 0.4)
    take(render_queue, "huge", clock, 0.4)
    with render_queue.turn("large"):
        assert in_time(render_queue, "small")
        assert not in_time(render_queue, "huge")  # long turns one at a time


def test_who_is_in_the_lane_of_long_turns_is_told_in_its_own_thread() -> None:
    clock, told = Clock(), []  # type: ignore[var-annotated]
    note = lambda: told.append(threading.get_ident())  # noqa: E731
    render_queue = RenderQueue(clock, work=clock, at_length=note)
    take(render_queue, "small", clock, 0.01)
    take(render_queue, "large", clock, 0.4)
    assert told == []  # nobody knew before
    take(render_queue, "small", clock, 0.01)
    take(render_queue, "large", clock, 0.4)
    assert told == [threading.get_ident()]


def test_a_short_turn_leads_back_into_the_first_lane() -> None:
    clock = Clock()
    render_queue = RenderQueue(clock, work=clock)
    take(render_queue, "once large", clock, 0.4)
    take(render_queue, "once large", clock, 0.01)
    with render_queue.turn("once large"):
        assert not in_time(render_queue, "small")


def test_the_first_long_turn_of_a_session_is_not_waited_for() -> None:
    render_queue = RenderQueue(work=lambda: 0.0)
    order: list[str] = []

    def hold(who: str) -> None:
        with render_queue.turn(who):
            order.append(who)

    waiting = [threading.Thread(target=hold, args=(who,)) for who in ("second", "third")]
    with render_queue.turn("first"):
        for number, thread in enumerate(waiting):
            thread.start()
            while render_queue._short.waiting < number + 1:
                time.sleep(0.001)
        for thread in waiting:
            thread.join(10)
        assert order == ["second", "third"]
    # The turn that was taken from the first is not passed on a second time.
    with render_queue.turn("fourth"):
        assert not in_time(render_queue, "fifth")


def test_a_session_is_forgotten_some_time_after_its_last_long_turn() -> None:
    clock = Clock()
    render_queue = RenderQueue(clock, work=clock)
    take(render_queue, "large", clock, 0.4)
    clock.now += 100
    take(render_queue, "small", clock, 0.01)
    assert render_queue._had_long == {}
