"""The cost of a step: the fastest turn counts, and turns rotate."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from benchmarks import timing
from benchmarks.timing import FULL, QUICK, Effort, is_quick, microseconds_per_step


class Clock:
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(timing, "perf_counter", clock)
    return clock


def steps(clock: Clock, *seconds: float) -> Iterator[None]:
    """Steps that last these times, over and over."""
    for n in count():
        clock.now += seconds[n % len(seconds)]
        yield


def test_the_fastest_turn_counts(clock: Clock) -> None:
    runs = {"steady": steps(clock, 2e-3), "disturbed": steps(clock, 1e-3, 9e-3)}
    found = microseconds_per_step(runs, Effort(rounds=2, turn=0, warm_up=0))
    assert found == pytest.approx({"steady": 2000, "disturbed": 1000})


def test_a_turn_has_as_many_steps_as_fit(clock: Clock) -> None:
    taken = 0

    def run() -> Iterator[None]:
        nonlocal taken
        for _ in steps(clock, 1e-3):
            taken += 1
            yield

    effort = Effort(rounds=3, turn=0.02, warm_up=4)
    microseconds_per_step({"one": run()}, effort)
    assert taken == 4 + 2 + 3 * 20  # warm-up, calibration, turns


def test_quick_is_the_only_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert is_quick(["--quick"], "About it.")
    assert not is_quick([], "About it.")
    with pytest.raises(SystemExit):
        is_quick(["--fast"], "About it.")
    assert "unrecognized arguments: --fast" in capsys.readouterr().err
    assert QUICK.rounds < FULL.rounds
