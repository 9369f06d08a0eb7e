from __future__ import annotations

from dataclasses import replace
from itertools import count

import numpy as np
import pytest

from dashboard.app.playback import Status
from dashboard.compare.contenders import PRESETS, contenders
from dashboard.compare.lr_search.live_search import LiveSearch
from rnn_core import LrSearch, RunConfig, lr_grid
from tests.dashboard.searches import BASE, STEPS, finished, search


def test_what_it_finds_is_what_the_search_of_the_core_finds() -> None:
    live = finished(search())
    core = LrSearch(
        [replace(BASE, carry_state=carry) for carry in (True, False)],
        2,
        grid=lr_grid(0.02),
        step_budget=STEPS,
    )
    for _step in core.steps():
        pass
    frame = live.frame()
    assert (frame.status, frame.done, frame.progress) == (Status.FINISHED, True, 1)
    assert (frame.index, frame.evaluated, frame.runs) == (STEPS - 1, 30, 30)
    assert (frame.seeds, frame.test_seeds) == ((2, 3, 4), range(2))
    for found, expected in zip(frame.choices, core.choices, strict=True):
        np.testing.assert_array_equal(found.losses, expected.losses)
    assert [contender.name for contender in live.tuned] == ["carried", "reset"]
    assert [contender.config for contender in live.tuned] == list(core.tuned)


def test_it_waits_pauses_and_goes_on() -> None:
    live = search()
    live.tick(None, 10**6)
    assert (live.frame().status, live.index) == (Status.READY, 0)
    live.step_once()
    assert (live.status, live.index) == (Status.PAUSED, 1)
    finished(live)
    expected = finished(search()).frame().choices
    for one, other in zip(live.frame().choices, expected, strict=True):
        np.testing.assert_array_equal(one.losses, other.losses)


def test_the_comparison_takes_over_once_if_the_search_was_played_to_its_end() -> None:
    live = search()
    assert not live.take_over()
    finished(live)
    assert [live.take_over(), live.take_over()] == [True, False]
    stepped = search()
    while not stepped.done:
        stepped.step_once()
    assert stepped.status is Status.FINISHED
    assert not stepped.take_over()


def configure(live: LiveSearch, base: RunConfig = BASE, centre: float = 0.02, **more: int) -> bool:
    chosen = contenders(base, PRESETS["carry"](base))
    seeds = range(more.get("first", 0), more.get("first", 0) + 2)
    return live.configure(chosen, seeds, centre, more.get("steps", STEPS))


def test_what_the_search_depends_on_starts_it_again() -> None:
    live = search()
    live.step_once()
    assert not configure(live)
    assert not configure(live, replace(BASE, lr=0.5))  # the grid's centre alone counts
    assert live.index == 1
    for change in (
        {"base": replace(BASE, hidden_size=5)},
        {"centre": 0.01},
        {"first": 3},
        {"steps": 25},
    ):
        live.step_once()
        assert configure(live, **change)  # type: ignore[arg-type]
        assert (live.index, live.status) == (0, Status.READY)
    assert live.frame().choices[0].grid == lr_grid(0.02)


def test_a_search_that_has_ended_is_taken_up_again() -> None:
    live = finished(search())
    found = live.tuned
    assert configure(live, centre=0.01)
    assert not live.done
    assert not configure(live)
    assert (live.done, live.status, live.tuned) == (True, Status.FINISHED, found)
    assert live.frame().index == STEPS - 1
    assert configure(live, replace(BASE, hidden_size=5))


def test_names_change_with_the_language_and_nothing_else() -> None:
    live = finished(search())
    renamed = [replace(contender, name="x" + contender.name) for contender in live.tuned]
    assert not live.configure(renamed, range(2), 0.02, STEPS)
    assert [contender.name for contender in live.tuned] == ["xcarried", "xreset"]


def test_every_network_diverged_is_an_end_too() -> None:
    wild = replace(BASE, optimizer="sgd", momentum=0.99)
    chosen = contenders(wild, [{"clip_norm": None}, {"hidden_size": 6}])
    live = LiveSearch(chosen, range(1), 10.0, 400, clock=lambda: 0.0, engine="torch")
    frame = finished(live).frame()
    assert frame.index < 399
    assert (frame.done, frame.progress) == (True, 1)


def test_the_time_that_is_left_is_known_from_the_speed() -> None:
    ticks = count()
    chosen = contenders(BASE, PRESETS["carry"](BASE))
    live = LiveSearch(
        chosen, range(2), 0.02, STEPS, clock=lambda: next(ticks) / 100, engine="torch"
    )
    assert live.frame().seconds > 0  # from the speed of one network alone
    live.play()
    for _redraw in range(3):
        live.tick(None, 1)
    frame = live.frame()
    left = STEPS + 30 - (live.index + 1)
    assert frame.steps_per_second is not None
    assert frame.seconds == pytest.approx(left / frame.steps_per_second)
