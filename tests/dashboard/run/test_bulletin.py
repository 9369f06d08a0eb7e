from __future__ import annotations

from dashboard.run.bulletin import READ, TOLD, Bulletin, gravest
from rnn_core import Event
from tests.dashboard.clock import Clock

FLOOR = Event("floor", 40, 60)
SPIKE = Event("spike", 900, 905, 0.001, 0.2)
COLLAPSE = Event("collapse", 812, 912, 0.001, 0.4)
RECOVERY = Event("recovery", 930, 950, 0.4, 0.001)
LATER = Event("spike", 1000, 1004, 0.001, 0.1), Event("spike", 1010, 1014, 0.001, 0.1)


def test_a_collapse_and_its_recovery_between_two_redraws_are_both_told() -> None:
    bulletin = Bulletin(Clock())
    assert bulletin.told((FLOOR,)) == (FLOOR,)
    assert bulletin.told((FLOOR, COLLAPSE, SPIKE, RECOVERY, *LATER)) == (COLLAPSE, RECOVERY)


def test_they_stay_long_enough_to_read_and_then_give_way_to_the_latest() -> None:
    clock = Clock()
    bulletin = Bulletin(clock)
    bulletin.told((FLOOR, COLLAPSE, RECOVERY))
    clock.now += READ - 1
    assert bulletin.told((FLOOR, COLLAPSE, RECOVERY, *LATER)) == (COLLAPSE, RECOVERY)
    clock.now += 2
    assert bulletin.told((FLOOR, COLLAPSE, RECOVERY, *LATER)) == LATER
    clock.now += READ
    assert bulletin.told((FLOOR, COLLAPSE, RECOVERY, *LATER)) == LATER


def test_a_collapse_that_lasts_stays_told_however_many_spikes_follow() -> None:
    clock = Clock()
    bulletin = Bulletin(clock)
    bulletin.told((FLOOR, COLLAPSE))
    clock.now += 10 * READ
    assert bulletin.told((FLOOR, COLLAPSE, *LATER)) == (COLLAPSE, LATER[1])


def test_events_that_a_branch_has_dropped_are_told_anew_when_they_happen_again() -> None:
    clock = Clock()
    bulletin = Bulletin(clock)
    bulletin.told((FLOOR, COLLAPSE, RECOVERY))
    clock.now += 2 * READ
    assert bulletin.told((FLOOR,)) == (FLOOR,)
    assert bulletin.told((FLOOR, COLLAPSE, RECOVERY, *LATER)) == (COLLAPSE, RECOVERY)


def test_never_more_than_a_line_and_nothing_of_nothing() -> None:
    bulletin = Bulletin(Clock())
    assert bulletin.told(()) == ()
    assert len(bulletin.told((FLOOR, SPIKE, COLLAPSE, RECOVERY))) == TOLD


def test_the_gravest_is_a_collapse_and_of_two_the_later() -> None:
    later = Event("collapse", 2000, 2100, 0.001, 0.5)
    assert gravest((FLOOR, COLLAPSE, SPIKE)) == COLLAPSE
    assert gravest((COLLAPSE, later, RECOVERY)) == later
    assert gravest(()) is None
