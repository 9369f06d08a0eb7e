from __future__ import annotations

from dataclasses import replace

import numpy as np

from dashboard.app.playback import Status
from dashboard.compare.contenders import PRESETS, contenders
from rnn_core import MemorySpan
from tests.dashboard.spans import BASE, after, span


def test_it_shows_the_memory_span_of_the_core() -> None:
    live = after(120, span())
    core = MemorySpan([contender.config for contender in live.contenders], 2, engine="torch")
    for _, step in zip(range(121), core.steps(), strict=False):
        last = step
    frame = live.frame()
    assert frame.index == 120
    assert (frame.latest.delay, frame.latest.index) == (last.delay, last.index)
    np.testing.assert_array_equal(frame.latest.recent, last.recent)
    assert frame.spans == core.spans
    assert frame.active == core.active
    # The first delay is easy: at least one contender has passed it by now.
    assert max(frame.spans) >= 1


def test_the_curve_is_that_of_the_present_delay() -> None:
    live = span()
    for _ in range(130):
        live.step_once()
        frame = live.frame()
        assert frame.curve_steps[0] == 0
        assert frame.curve_steps[-1] == frame.latest.index
        assert frame.curve.shape == (len(frame.curve_steps), *frame.latest.recent.shape)
        np.testing.assert_array_equal(frame.curve[-1], frame.latest.recent)


def test_a_long_curve_is_thinned() -> None:
    # With so small a learning rate the first delay uses its whole step budget.
    live = after(1000, span(replace(BASE, lr=1e-6), seeds=1, engine="compiled"))
    frame = live.frame()
    assert frame.latest.delay == 1
    assert len(frame.curve_steps) <= 201
    assert set(np.diff(frame.curve_steps)) == {8}
    assert frame.curve_steps[0] == 0


def test_it_ends_when_no_contender_is_active() -> None:
    live = span(replace(BASE, lr=1e-6), seeds=1, engine="compiled")
    live.play()
    live.tick(None, 10**6)
    frame = live.frame()
    assert frame.status is Status.FINISHED
    assert frame.spans == (0, 0)
    assert frame.index == frame.step_budget - 1
    live.play()
    live.step_once()
    assert live.frame().status is Status.FINISHED
    live.reset()
    assert (live.index, live.status) == (0, Status.READY)


def test_settings_that_are_not_read_do_not_start_it_again() -> None:
    live = after(5, span())
    other = replace(BASE, delay=9, window_length=40, seed=4)
    assert not live.configure(contenders(other, PRESETS["carry"](other)), 2, 0)
    assert live.index == 5
    smaller = replace(BASE, hidden_size=4)
    assert live.configure(contenders(smaller, PRESETS["carry"](smaller)), 2, 0)
    assert live.index == 0


def test_a_learning_rate_changes_without_starting_it_again() -> None:
    live, alone = after(5, span()), after(5, span())
    faster = replace(BASE, lr=0.2)
    assert not live.configure(contenders(faster, PRESETS["carry"](faster)), 2, 0)
    assert {contender.config.lr for contender in live.contenders} == {0.2}
    assert live.index == 5
    for _ in range(2):
        live.step_once()
        alone.step_once()
    assert (live.frame().latest.loss != alone.frame().latest.loss).all()


def test_other_names_do_not_start_it_again() -> None:
    live = after(5, span())
    renamed = [replace(contender, name=f"{contender.name}!") for contender in live.contenders]
    assert not live.configure(renamed, 2, 0)
    assert [contender.name for contender in live.frame().contenders] == ["carried!", "reset!"]
