from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from dashboard.app.own_series import OwnSeries
from dashboard.app.playback import Status
from dashboard.compare.contenders import PRESETS, Contender, contenders
from dashboard.compare.live_comparison import LiveComparison
from rnn_core import TASKS, Comparison, FrozenNetworks, RunConfig, Trainer, rank
from tests.dashboard.comparisons import after, comparison

BASE = RunConfig(hidden_size=4)


def test_it_begins_with_the_untrained_networks_and_waits() -> None:
    live = comparison()
    live.tick(5, 100)
    frame = live.frame()
    assert (frame.status, frame.index) == (Status.READY, 0)
    first = next(Trainer(replace(BASE, cell="lstm", seed=2)).steps())
    assert frame.loss[1, 2] == np.float32(first.loss)


def test_what_it_shows_is_the_comparison_of_the_core() -> None:
    frame = after(30, comparison(first_seed=5)).frame()
    configs = [replace(BASE, cell=cell) for cell in ("rnn", "lstm", "gru")]
    core = Comparison(configs, range(5, 8))
    for _, step in zip(range(31), core.steps(), strict=False):
        last = step
    assert frame.index == last.index == 30
    np.testing.assert_array_equal(frame.loss, core.loss)
    np.testing.assert_array_equal(frame.online, core.online)
    np.testing.assert_array_equal(frame.curves.median, core.curves.median)
    assert frame.parameter_counts == core.parameter_counts
    held_out = core.held_out()
    assert frame.held_out is not None
    assert frame.held_out.step == 30
    np.testing.assert_array_equal(frame.held_out.losses, held_out.losses)
    assert frame.ranking == rank(held_out.losses)
    np.testing.assert_array_equal(frame.windows[-1].prediction, last.prediction)


def test_reset_gives_the_same_run_again() -> None:
    live = after(8, comparison())
    first = live.frame().curves.median
    live.reset()
    assert (live.index, live.status) == (0, Status.READY)
    np.testing.assert_array_equal(after(8, live).frame().curves.median, first)


def test_learning_rates_change_at_once_and_nothing_else_does() -> None:
    live = after(5, comparison(preset="learning_rates"))
    slower = replace(BASE, lr=0.001)
    assert not live.configure(contenders(slower, PRESETS["learning_rates"](slower)), 3, 0)
    assert live.index == 5
    assert [contender.config.lr for contender in live.contenders] == [0.0002, 0.001, 0.005]
    core = Comparison([replace(BASE, lr=lr) for lr in (0.004, 0.02, 0.1)], 3)
    for step in core.steps():
        if step.index == 5:
            for number, lr in enumerate((0.0002, 0.001, 0.005)):
                core.set_lr(number, lr)
        if step.index == 9:
            break
    np.testing.assert_array_equal(after(4, live).frame().loss, core.loss)


@pytest.mark.parametrize(
    ("base", "seeds", "first_seed"),
    [(replace(BASE, hidden_size=5), 3, 0), (BASE, 4, 0), (BASE, 3, 1)],
)
def test_anything_else_starts_again_and_plays_on(
    base: RunConfig, seeds: int, first_seed: int
) -> None:
    live = comparison()
    live.play()
    live.tick(5, 100)
    assert live.configure(contenders(base, PRESETS["cells"](base)), seeds, first_seed)
    assert (live.index, live.status) == (0, Status.PLAYING)
    assert live.frame().online.shape == (3, seeds)


def test_other_tuned_rates_start_again() -> None:
    live = after(5, comparison(preset="carry"))
    chosen = live.contenders
    assert not live.configure(chosen, 3, 0)
    assert live.configure(chosen, 3, 0, tuned=True)  # tuned or not is another comparison
    after(5, live)
    assert not live.configure(chosen, 3, 0, tuned=True)
    other = [replace(each, config=replace(each.config, lr=0.01)) for each in chosen]
    assert live.configure(other, 3, 0, tuned=True)
    assert live.index == 0
    assert [each.config.lr for each in live.contenders] == [0.01, 0.01]


def test_it_stops_when_every_network_has_diverged_and_not_before() -> None:
    base = replace(BASE, optimizer="sgd", momentum=0.99)
    chosen = contenders(base, [{"lr": 10.0}, {"lr": 0.001}])
    live = LiveComparison(chosen, 2, clock=lambda: 0.0, engine="torch")
    live.play()
    live.tick(400, 10**6)
    frame = live.frame()
    assert frame.status is Status.PLAYING
    assert frame.alive.tolist() == [[False, False], [True, True]]
    assert np.isinf(frame.online[0]).all()
    wild = contenders(base, [{"lr": 10.0}, {"lr": 9.0}])
    live = LiveComparison(wild, 2, clock=lambda: 0.0, engine="torch")
    live.play()
    live.tick(400, 10**6)
    assert live.frame().status is Status.DIVERGED
    assert not live.frame().alive.any()


class Clock:
    """Seconds that pass by the number of evaluations, not by themselves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, seconds_each: float) -> None:
        self.now = 0.0
        evaluate = FrozenNetworks.evaluate_next

        def timed(frozen: FrozenNetworks) -> None:
            evaluate(frozen)
            self.now += seconds_each

        monkeypatch.setattr(FrozenNetworks, "evaluate_next", timed)

    def __call__(self) -> float:
        return self.now


def playing(clock: Callable[[], float], steps: int) -> LiveComparison:
    """Six networks, played for so many steps."""
    chosen = contenders(BASE, PRESETS["cells"](BASE))
    live = LiveComparison(chosen, 2, clock=clock, engine="torch")
    live.play()
    live.tick(steps, 10**6)
    return live


def test_while_playing_one_network_is_evaluated_a_redraw_and_training_goes_on() -> None:
    live = playing(lambda: 0.0, 25)
    evaluated = [live._frozen.evaluated if live._frozen else 0]
    for _redraw in range(5):
        assert live.frame().held_out is None
        live.tick(2, 10**6)
        evaluated.append(live._frozen.evaluated if live._frozen else 6)
    assert evaluated == [1, 2, 3, 4, 5, 6]
    frame = live.frame()
    assert frame.held_out is not None
    assert (frame.held_out.step, frame.index) == (25, 35)
    core = Comparison([contender.config for contender in live.contenders], 2)
    for step in core.steps():
        if step.index == 25:
            np.testing.assert_array_equal(frame.held_out.losses, core.held_out(None).losses)
        if step.index == 35:
            break
    np.testing.assert_array_equal(frame.loss, core.loss)


def test_an_evaluation_that_takes_long_leaves_most_of_the_time_to_training(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(monkeypatch, seconds_each=0.1)
    live = playing(clock, 25)
    for _redraw in range(10):  # no time passes between them
        live.tick(1, 10**6)
    assert live._frozen is not None
    assert live._frozen.evaluated == 1
    clock.now += 0.31
    live.tick(1, 10**6)
    assert live._frozen.evaluated == 2


def test_the_next_evaluation_waits_for_seconds() -> None:
    now = [0.0]
    live = playing(lambda: now[0], 25)
    for _redraw in range(20):
        live.tick(1, 10**6)
    first = live.frame().held_out
    assert first is not None
    assert first.step == 25
    now[0] = 2.5
    for _redraw in range(6):
        live.tick(1, 10**6)
    second = live.frame().held_out
    assert second is not None
    assert second.step == 46


def test_once_paused_the_present_step_is_evaluated_a_quarter_second_a_redraw(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(monkeypatch, seconds_each=0.2)
    live = playing(clock, 25)
    live.tick(3, 10**6)
    live.pause()
    live.frame()  # the networks of step 25 are dropped
    assert live.is_evaluating
    redraws = 1
    while live.is_evaluating:
        live.frame()
        redraws += 1
    frame = live.frame()
    assert frame.held_out is not None
    assert frame.held_out.step == frame.index == 28
    assert redraws == 3


def test_untrained_networks_are_not_evaluated() -> None:
    live = after(18, comparison())
    assert live.frame().held_out is None
    assert live.frame().ranking is None
    live.step_once()
    assert live.frame().held_out is not None
    live.reset()
    assert live.frame().held_out is None


def test_accuracy_is_there_where_answers_are_right_or_wrong() -> None:
    assert comparison().frame().accuracy is None
    order = RunConfig(task="temporal_order", window_length=10, batch_size=4, hidden_size=4)
    accuracy = comparison(order).frame().accuracy
    assert accuracy is not None
    assert accuracy.shape == (3, 3)
    assert set(np.unique(accuracy * 4)) <= {0.0, 1.0, 2.0, 3.0, 4.0}


def test_one_network_alone_is_timed() -> None:
    assert all(0 < milliseconds < 1000 for milliseconds in comparison().frame().milliseconds)


def test_a_series_that_is_handed_over_is_compared_on_and_another_one_starts_again() -> None:
    config = TASKS["series"].config(window_length=12, hidden_size=4)
    two = [Contender(cell, replace(config, cell=cell)) for cell in ("rnn", "gru")]
    co2, sunspots = (OwnSeries({"series": name}).task(config) for name in ("co2", "sunspots"))
    live = LiveComparison(two, 2, task=co2, engine="torch")
    assert live.frame().layout.quantity == "co2 (ppm)"
    assert live.frame().validates
    assert live.frame().windows[0].targets.min() > 300
    assert not live.configure(two, 2, 0, task=co2)
    assert live.configure(two, 2, 0, task=sunspots)
    assert live.frame().layout.quantity == "sunspots"
