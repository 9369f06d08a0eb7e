from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from rnn_core import RunConfig, Trainer
from rnn_core.tasks import Floor
from rnn_core.training.events import LIMIT, MOST_SPIKES, Event, Events

CONSTANT = Floor("constant", 0.5, "exact")
WINDOW = Floor("window_memory", 0.1, "exact")
FLOORS = (CONSTANT, WINDOW, Floor("carried_memory", 0.0, "exact"))


def fed(losses: Iterable[float], floors: Iterable[Floor] = FLOORS, cycle: int = 1) -> Events:
    """A detector that has seen these losses."""
    events = Events(tuple(floors), cycle)
    for step, loss in enumerate(losses):
        events.add(step, loss)
    return events


def kinds(events: Events) -> list[str]:
    return [event.kind for event in events.items]


def of_kind(events: Events, kind: str) -> list[Event]:
    return [event for event in events.items if event.kind == kind]


def collapsing(good: int = 200, bad: int = 200) -> list[float]:
    """Learns at once, and collapses."""
    return [0.02] * good + [0.6] * bad


def test_nothing_happens_to_an_even_loss_above_the_floors() -> None:
    assert fed([0.6] * 300).items == ()


def test_a_floor_is_passed_after_20_losses_in_a_row_below_it() -> None:
    losses = [0.6] * 30 + [0.4] * 19 + [0.55] + [0.4] * 19
    events = fed(losses)
    assert events.items == ()
    (event,) = events.add(len(losses), 0.4)
    assert event == Event("floor", 50, 69, before=pytest.approx(0.4), after=0.4, floor=CONSTANT)
    assert events.add(len(losses) + 1, 0.4) == ()


def test_each_floor_is_passed_once_and_the_lowest_speaks_for_those_passed_with_it() -> None:
    events = fed([0.6] * 30 + [0.4] * 30 + [0.05] * 30 + [0.45] * 30 + [0.05] * 30)
    assert [(e.floor, e.step) for e in of_kind(events, "floor")] == [(CONSTANT, 30), (WINDOW, 60)]
    both = fed([0.6] * 30 + [0.05] * 30)
    assert [e.floor for e in of_kind(both, "floor")] == [WINDOW]
    assert both.items[0].before == 0.6


def test_floors_of_zero_and_those_above_the_constant_one_are_not_passed() -> None:
    floors = (Floor("persistence", 1.9, "exact"), CONSTANT, Floor("carried_memory", 0.0, "exact"))
    assert fed([1.0] * 50, floors).items == ()
    assert [e.floor for e in fed([0.0] * 50, floors).items] == [CONSTANT]


def test_of_two_floors_that_differ_by_rounding_the_stronger_is_passed() -> None:
    for value in (0.5, math.nextafter(0.5, 1), math.nextafter(0.5, 0)):
        floors = (CONSTANT, Floor("memoryless", value, "exact"))
        assert [e.floor for e in fed([0.4] * 50, floors).items] == [floors[1]]


def test_a_measured_floor_counts_with_its_error() -> None:
    floors = (Floor("constant", 0.5, "measured", error=0.02),)
    assert fed([0.49] * 50, floors).items == ()
    assert kinds(fed([0.47] * 50, floors)) == ["floor"]


def test_a_spike_is_one_high_loss_that_is_soon_back() -> None:
    events = fed([0.02] * 100 + [0.3, 0.9, 0.2] + [0.02] * 100)
    (spike,) = of_kind(events, "spike")
    assert spike == Event("spike", 101, 103, before=0.02, after=0.9)


@pytest.mark.parametrize(
    "losses",
    [
        [0.02] * 100 + [0.15] + [0.02] * 50,  # not ten times the level
        [1e-6] * 100 + [1e-3] + [1e-6] * 50,  # nobody can see that
        [0.02] * 100 + [0.3] * 25 + [0.02] * 50,  # too long
        ([0.001] * 4 + [0.05]) * 40,  # the hardest window of a signal comes again and again
    ],
)
def test_what_is_no_spike(losses: list[float]) -> None:
    assert of_kind(fed(losses), "spike") == []


def test_a_collapse_is_told_with_the_step_of_its_jump() -> None:
    events = fed(collapsing())
    (collapse,) = of_kind(events, "collapse")
    assert (collapse.step, collapse.before, collapse.after) == (200, 0.02, 0.6)
    # The tenth bad loss raises the level, which then stays for 100 steps.
    assert collapse.noticed == 209 + 99
    assert events.collapsed
    assert kinds(events).count("collapse") == 1


def test_the_jump_is_found_behind_a_spike_and_among_scattered_losses() -> None:
    numbers = np.random.default_rng(0)
    good, bad = numbers.lognormal(-4, 1, 300), numbers.lognormal(-0.5, 0.2, 300)
    good[290] = 3.0
    (collapse,) = of_kind(fed([*good, *bad]), "collapse")
    assert collapse.step == 300


@pytest.mark.parametrize(
    "losses",
    [
        [0.02] * 200 + [0.6] * 90 + [0.02] * 200,  # repaired
        [1e-10] * 200 + [1e-3] * 200,  # a million times the level, and still very good
        [0.6] * 400,  # nothing was learnt that could be lost
        [0.3] * 200 + [0.5] * 200,  # not three times the level
    ],
)
def test_what_is_no_collapse(losses: list[float]) -> None:
    assert of_kind(fed(losses), "collapse") == []


def test_a_run_recovers_near_its_lowest_level_or_far_below_the_collapse() -> None:
    for level in (0.029, 0.005):
        events = fed([*collapsing(), *[level] * 100])
        (recovery,) = of_kind(events, "recovery")
        assert recovery == Event("recovery", 400, 400 + 9 + 20, before=0.6, after=level)
        assert not events.collapsed
    assert fed([*collapsing(), *[0.031] * 100]).collapsed
    # Half of what was lost is no recovery.
    assert fed([*collapsing(), *[0.2] * 300]).collapsed
    twice = fed([*collapsing(), *collapsing()])
    assert [k for k in kinds(twice) if k != "floor"] == ["collapse", "recovery", "collapse"]


def test_without_a_constant_floor_the_untrained_level_is_the_scale() -> None:
    assert of_kind(fed([3.0] * 50 + [0.1] * 200 + [1.4] * 200, ()), "collapse") == []
    assert len(of_kind(fed([3.0] * 50 + [0.1] * 200 + [1.6] * 200, ()), "collapse")) == 1


def test_a_loud_stretch_of_a_slow_signal_is_no_collapse() -> None:
    wave = 0.55 * (1 - np.cos(2 * np.pi * np.arange(1200) / 400)) + 1e-3
    assert of_kind(fed(wave, cycle=1), "collapse")  # that is what the cycle is for
    assert of_kind(fed(wave, cycle=400), "collapse") == []


def test_a_plateau_lasts_500_steps_above_the_lowest_positive_floor() -> None:
    events = fed([0.3] * 2000)
    (plateau,) = of_kind(events, "plateau")
    assert plateau == Event("plateau", 19, 518, before=pytest.approx(0.3), after=pytest.approx(0.3))


def test_a_second_plateau_is_told_after_progress() -> None:
    events = fed([0.45] * 800 + [0.3] * 800)
    assert [event.after for event in of_kind(events, "plateau")] == pytest.approx([0.45, 0.3])


@pytest.mark.parametrize(
    "losses",
    [
        [0.105] * 1000,  # at the floor
        [0.05] * 1000,  # below it
        [0.116] * 419 + [0.108] * 1000,  # at the floor in the last of five blocks
        0.5 * 0.9997 ** np.arange(2000),  # slow progress: 14 % in 500 steps
        [0.02] * 200 + [0.6] * 2000,  # a collapse, which is told
    ],
)
def test_what_is_no_plateau(losses: list[float]) -> None:
    assert of_kind(fed(losses), "plateau") == []


def test_a_plateau_may_be_just_above_the_floor() -> None:
    assert [event.step for event in of_kind(fed([0.116] * 600), "plateau")] == [19]


def test_without_floors_a_plateau_is_near_the_untrained_level() -> None:
    assert kinds(fed([0.8] * 1000, ())) == ["plateau"]
    assert kinds(fed([0.8] * 30 + [0.3] * 1000, ())) == []


@pytest.mark.parametrize("loss", [math.inf, math.nan])
def test_a_loss_that_is_no_number_is_a_divergence(loss: float) -> None:
    events = fed([0.6] * 30)
    (event,) = events.add(30, loss)
    assert (event.kind, event.step, event.before) == ("divergence", 30, 0.6)
    assert event.after is not None
    assert not math.isfinite(event.after)
    assert events.note_divergence(30) == ()
    assert kinds(events) == ["divergence"]


def test_changes_of_the_learning_rate_in_quick_succession_are_one() -> None:
    events = fed([0.6] * 30)
    events.note_lr(30, 0.02, 0.03)
    (event,) = events.note_lr(35, 0.03, 0.1)
    assert event.rates == (0.02, 0.1)
    assert kinds(events) == ["learning_rate"]
    events.note_lr(90, 0.1, 0.2)
    assert [e.rates for e in events.items] == [(0.02, 0.1), (0.1, 0.2)]
    assert events.note_lr(95, 0.2, 0.1) == ()
    assert [e.rates for e in events.items] == [(0.02, 0.1)]


def test_a_branch_drops_what_followed_and_is_told_once() -> None:
    events = fed(collapsing())
    events.note_branch(150)
    events.note_branch(150)
    assert [(e.kind, e.step) for e in events.items] == [("floor", 0), ("branch", 150)]
    events.add(151, 0.02)
    assert not events.collapsed


def test_an_event_noticed_after_the_cut_is_noticed_again() -> None:
    losses = collapsing()
    events = fed(losses)
    (first,) = of_kind(events, "collapse")
    events.cut(250)  # the jump lies before, its detection after
    assert not events.collapsed
    for step in range(251, 400):
        events.add(step, losses[step])
    (again,) = of_kind(events, "collapse")
    assert again.step == first.step
    assert abs(again.noticed - first.noticed) <= 16  # a checkpoint's distance


def test_after_a_cut_no_floor_is_passed_twice_and_a_collapse_is_still_one() -> None:
    events = fed([0.6] * 30 + collapsing())
    noticed = of_kind(events, "collapse")[0].noticed
    events.cut(noticed)
    assert events.collapsed
    for step in range(noticed + 1, noticed + 200):
        events.add(step, 0.02)
    assert kinds(events) == ["floor", "collapse", "recovery"]


def test_at_a_checkpoint_a_cut_leaves_no_trace() -> None:
    numbers = np.random.default_rng(3)
    losses = numbers.lognormal(-2, 1, 160).tolist()
    branched, straight = fed(losses), fed(losses[:97])
    branched.cut(96)
    for step in range(97, 400):
        loss = float(numbers.lognormal(-3, 1))
        assert branched.add(step, loss) == straight.add(step, loss)
        assert branched.level == straight.level


def test_a_cut_to_before_everything_begins_anew() -> None:
    events = Events(FLOORS)
    for step in range(5, 100):
        events.add(step, 0.02)
    events.cut(3)
    assert events.items == ()
    assert events.level is None
    for step in range(4, 30):
        events.add(step, 0.02)
    assert kinds(events) == ["floor"]


def test_a_cut_brings_a_diverged_run_back() -> None:
    events = fed([0.6] * 30)
    events.add(30, math.inf)
    events.cut(20)
    assert events.items == ()
    assert [e.kind for e in events.add(21, math.nan)] == ["divergence"]


def test_events_are_bounded_and_the_lowest_spikes_go_first() -> None:
    events = Events(FLOORS)
    step = 0
    for top in range(40):
        for loss in [*[0.02] * 60, 0.3 + top % 20]:
            events.add(step, loss)
            step += 1
    spikes = of_kind(events, "spike")
    assert len(spikes) == MOST_SPIKES
    assert min(event.after or 0 for event in spikes) > 13
    for number in range(100):
        events.note_lr(step + 100 * number, 0.1 + number, 0.2 + number)
    assert len(events.items) == LIMIT
    assert len(of_kind(events, "spike")) == 0
    assert kinds(events).count("floor") == 1
    assert all(one.step <= other.step for one, other in pairwise(events.items))


def test_steps_come_in_order() -> None:
    events = fed([0.6] * 5)
    with pytest.raises(ValueError, match=r"step must be later than 4, got 4\. Try cut\(4\) first"):
        events.add(4, 0.6)
    with pytest.raises(ValueError, match=r"cycle must be at least 1, got 0\. Try 1"):
        Events(cycle=0)


def of_run(config: RunConfig, steps: int, engine: str = "compiled") -> Events:
    trainer = Trainer(config, engine=engine)
    events = Events(trainer.task.floors(), trainer.task.windows_per_cycle)
    for step, loss in enumerate(trainer.advance(steps).losses.tolist()):
        events.add(step, loss)
    return events


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_the_tutorial_s_run_passes_its_floors_and_does_not_collapse_early(cell: str) -> None:
    for seed in range(5):
        events = of_run(RunConfig(cell=cell, seed=seed, lr=0.02), 400)
        assert set(kinds(events)) <= {"floor", "spike"}
        passed = [e.floor.key for e in events.items if e.floor is not None]
        assert passed == ["memoryless", "window_memory"]


def test_a_run_at_a_high_learning_rate_collapses_and_clipping_from_before_prevents_it() -> None:
    config = RunConfig(seed=88, lr=0.04)
    events = of_run(config, 1500)
    (collapse,) = of_kind(events, "collapse")
    assert collapse.before is not None
    assert collapse.after is not None
    assert collapse.after == pytest.approx(0.55, abs=0.05)
    trainer = Trainer(config, engine="compiled")
    trainer.advance(collapse.step)  # the step before the jump is held
    clipped = Trainer(replace(config, clip_norm=1.0), engine="compiled")
    clipped.restore(trainer.snapshot())
    events.note_branch(collapse.step - 1)
    taken = clipped.advance(300)
    for number, loss in enumerate(taken.losses[1:].tolist()):
        events.add(taken.first + 1 + number, loss)
    assert not of_kind(events, "collapse")
    assert events.level is not None
    assert events.level < 0.1


def test_after_a_cut_a_recovery_is_not_told_twice_and_a_plateau_goes_on() -> None:
    losses = [*collapsing(), *[0.02] * 200]
    events = fed(losses)
    (recovery,) = of_kind(events, "recovery")
    events.cut(recovery.noticed)
    assert not events.collapsed
    for step in range(recovery.noticed + 1, 700):
        events.add(step, 0.02)
    assert kinds(events) == ["floor", "collapse", "recovery"]
    slow = fed([0.3] * 700)
    (plateau,) = of_kind(slow, "plateau")
    slow.cut(plateau.noticed)
    for step in range(plateau.noticed + 1, 900):
        slow.add(step, 0.3)
    assert of_kind(slow, "plateau") == [plateau]


def test_a_plateau_is_told_with_its_first_and_its_last_level() -> None:
    (plateau,) = of_kind(fed([0.3 - 0.00002 * step for step in range(700)]), "plateau")
    assert (plateau.step, plateau.noticed) == (19, 518)
    # Means of twenty losses, and of a hundred such means.
    assert plateau.before == pytest.approx(0.3 - 0.00002 * (9.5 + 49.5))
    assert plateau.after == pytest.approx(0.3 - 0.00002 * (9.5 + 49.5 + 400))


@pytest.mark.parametrize(("fall", "is_flat"), [(0.00007, True), (0.00009, False)])
def test_a_plateau_falls_by_less_than_a_tenth_from_block_to_block(
    fall: float, is_flat: bool
) -> None:
    events = fed([0.35 - fall * step for step in range(520)])
    assert bool(of_kind(events, "plateau")) == is_flat
