"""What the server counts."""

from __future__ import annotations

import sys
from threading import Thread

from dashboard.app.memory import resident
from dashboard.app.metrics import QUEUE_WAIT, REGISTRY
from dashboard.app.playback import Status
from dashboard.app.render_queue import RenderQueue
from tests.dashboard.clock import Clock
from tests.dashboard.runs import run_after


def value(name: str) -> float:
    found = REGISTRY.get_sample_value(f"rnn_playground_{name}")
    assert found is not None
    return found


def test_steps_are_counted_while_a_run_plays() -> None:
    run = run_after(0)
    before = value("training_steps_total")
    run.tick(7, 1_000)
    assert value("training_steps_total") == before  # it does not play
    run.play()
    run.tick(7, 1_000)
    run.tick(2, 1_000)
    assert run.status is Status.PLAYING
    assert value("training_steps_total") - before == run.index == 9


def test_the_wait_for_a_turn_is_that_of_the_queues_clock() -> None:
    clock, waiting = Clock(), []
    queue = RenderQueue(clock)
    turns, waited = value("queue_wait_seconds_count"), value("queue_wait_seconds_sum")

    def wait() -> None:
        with queue.turn("second"):
            waiting.append("served")

    with queue.turn("first"):
        thread = Thread(target=wait)
        thread.start()
        while not queue._short.waiting:
            pass
        clock.now += 0.125
    thread.join(10)
    assert waiting == ["served"]
    assert value("queue_wait_seconds_count") - turns == 2
    assert value("queue_wait_seconds_sum") - waited == 0.125
    assert QUEUE_WAIT._upper_bounds[-1] == float("inf")


def test_memory_is_that_of_the_process_now() -> None:
    said = value("resident_memory_bytes")
    assert abs(said - resident()) < 0.1 * said or sys.platform != "linux"
