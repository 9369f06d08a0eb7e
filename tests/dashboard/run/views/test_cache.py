from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dashboard.charts.base import Chart
from dashboard.run.views.base import Presentation, View, ViewInput
from dashboard.run.views.cache import CachedResult, ViewCache
from rnn_core import RunConfig, Trainer
from tests.dashboard.clock import Clock

HIDDEN = (np.zeros((10, 4)),)


class Counting(View[int, str]):
    """Counts how often it is computed; takes as long as it is told to."""

    key = "counting"
    default_controls = ""
    title = "counting"

    def __init__(self, clock: Clock, **attributes: Any) -> None:
        self.clock, self.takes = clock, 0.0
        self.inputs: list[ViewInput[int, str]] = []
        for name, value in attributes.items():
            setattr(self, name, value)

    def compute(self, given: ViewInput[int, str]) -> int:
        self.clock.now += self.takes
        self.inputs.append(given)
        return len(self.inputs)

    def charts(self, result: int, shown: Presentation[str]) -> list[Chart]:
        return []

    def numbers(self, result: int) -> str:
        return str(result)

    def how_to_read(self) -> str:
        return ""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(clock: Clock) -> ViewCache:
    return ViewCache(clock)


@pytest.fixture(scope="module")
def trainer() -> Trainer:
    return Trainer(RunConfig(hidden_size=4))


def get(
    cache: ViewCache,
    view: Counting,
    trainer: Trainer,
    step: int = 1,
    *,
    paused: bool = True,
    controls: str = "",
) -> CachedResult:
    return cache.get(view, trainer, step, HIDDEN, paused=paused, controls=controls)


def test_a_view_gets_what_it_computes_from(
    cache: ViewCache, clock: Clock, trainer: Trainer
) -> None:
    view = Counting(clock)
    cached = get(cache, view, trainer, 3, paused=False, controls="fast")
    assert (cached.view, cached.step, cached.result) == ("counting", 3, 1)
    (given,) = view.inputs
    assert given.trainer is trainer
    assert given.hidden is HIDDEN
    assert (given.step, given.paused, given.controls, given.previous) == (3, False, "fast", None)


def test_while_paused_a_step_is_computed_once(
    cache: ViewCache, clock: Clock, trainer: Trainer
) -> None:
    view = Counting(clock)
    first = get(cache, view, trainer)
    clock.now += 100
    assert get(cache, view, trainer) is first
    assert get(cache, view, trainer, 2).result == 2


def test_while_playing_a_result_is_kept_for_a_moment(
    cache: ViewCache, clock: Clock, trainer: Trainer
) -> None:
    view = Counting(clock)
    first = get(cache, view, trainer, 1, paused=False)
    clock.now = 0.29
    assert get(cache, view, trainer, 2, paused=False) is first
    clock.now = 0.31
    assert get(cache, view, trainer, 3, paused=False).step == 3


def test_what_took_long_is_kept_longer(cache: ViewCache, clock: Clock, trainer: Trainer) -> None:
    view = Counting(clock)
    view.takes = 0.5
    first = get(cache, view, trainer, 1, paused=False)
    clock.now = 3.9
    assert get(cache, view, trainer, 2, paused=False) is first
    clock.now = 4.1
    assert get(cache, view, trainer, 2, paused=False).result == 2


def test_a_result_of_a_moving_run_is_completed_when_it_pauses(
    cache: ViewCache, clock: Clock, trainer: Trainer
) -> None:
    view = Counting(clock)
    get(cache, view, trainer, paused=False)
    thorough = get(cache, view, trainer, paused=True)
    assert thorough.result == 2
    # A preview never replaces it.
    assert get(cache, view, trainer, paused=False) is thorough


def test_a_cheap_view_is_computed_at_every_step(
    cache: ViewCache, clock: Clock, trainer: Trainer
) -> None:
    view = Counting(clock, every_redraw=True)
    for step in (1, 2, 3):
        assert get(cache, view, trainer, step, paused=False).step == step
        assert get(cache, view, trainer, step, paused=False).result == step


@pytest.mark.parametrize("reads", [True, False])
def test_controls_compute_anew_only_where_the_result_depends_on_them(
    cache: ViewCache, clock: Clock, trainer: Trainer, reads: bool
) -> None:
    view = Counting(clock, controls_change_result=reads)
    first = get(cache, view, trainer, controls="one")
    assert get(cache, view, trainer, controls="one") is first
    assert (get(cache, view, trainer, controls="two") is first) is not reads


def test_the_last_result_is_of_one_view_only(
    cache: ViewCache, clock: Clock, trainer: Trainer
) -> None:
    one, other = Counting(clock), Counting(clock, key="other")
    assert cache.last(one) is None
    first = get(cache, one, trainer)
    assert cache.last(one) is first
    get(cache, other, trainer)
    assert cache.last(one) is None
    assert get(cache, one, trainer) is not first


@pytest.mark.parametrize("keeps", [True, False])
def test_a_view_that_keeps_its_result_gets_it_the_next_time(
    cache: ViewCache, clock: Clock, trainer: Trainer, keeps: bool
) -> None:
    view = Counting(clock, keeps_previous=keeps)
    get(cache, view, trainer, 1)
    get(cache, Counting(clock, key="other"), trainer, 1)
    get(cache, view, trainer, 2)
    assert [given.previous for given in view.inputs] == [None, 1 if keeps else None]
