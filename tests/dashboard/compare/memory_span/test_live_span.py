from __future__ import annotations

from dataclasses import replace

import numpy as np

from dashboard.app.playback import Status
from dashboard.compare.contenders import PRESETS, contenders
from rnn_core import MemorySpan
from tests.dashboard.spans import BASE, after, measured, span


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


def test_the_networks_of_a_delay_that_ended_are_measured_untrained_ones_first() -> None:
    live = span()
    assert live.frame().untrained == live.frame().trained == (None, None)
    assert live.frame().measuring == 4
    assert live.measure(-1.0) == 4  # no time
    assert live.measure(1.0) == live.frame().measuring == 0
    assert live.frame().trained == (None, None)
    for curve in live.frame().untrained:
        assert curve is not None
        assert (curve.delay, len(curve.networks)) == (0, 2)
    frame = measured().frame()
    for curve, results in zip(frame.trained, frame.results, strict=True):
        assert curve is not None
        assert (curve.delay, len(curve.networks)) == (1, results[0].passed)


def test_measuring_changes_no_step() -> None:
    live, alone = span(engine="compiled"), span(engine="compiled")
    for _ in range(60):
        live.step_once()
        live.measure(1.0)
        alone.step_once()
        np.testing.assert_array_equal(live.frame().latest.loss, alone.frame().latest.loss)
    assert live.frame().latest.delay > 1


def test_a_reset_drops_what_was_measured_of_trained_networks() -> None:
    live = measured()
    live.reset()
    assert live.frame().trained == (None, None)


def test_it_says_what_trains() -> None:
    assert span().frame().engines == ("torch",) * 4
    assert span(engine="compiled").frame().engines == ("compiled",) * 4
