from __future__ import annotations

from itertools import pairwise

from dashboard.run.views.update.phases import BEAT, PHASES, SlowMotion, after, beats, end_of


def test_the_phases_come_in_their_order_and_walk_along_the_window() -> None:
    shown = beats(1, 10)
    order = [place.phase for place in shown]
    assert sorted(order, key=PHASES.index) == order
    assert set(order) == set(PHASES)
    forward = [place.time_step for place in shown if place.phase == "forward"]
    back = [place.time_step for place in shown if place.phase == "back"]
    assert forward[:10] == list(range(1, 11))
    assert back[:10] == list(range(10, 0, -1))
    assert (forward[-1], back[-1]) == (10, 1)


def test_a_long_window_is_walked_in_longer_strides() -> None:
    forward = [place.time_step for place in beats(31, 50) if place.phase == "forward"]
    assert (forward[0], forward[-1]) == (31, 50)
    assert len(set(forward)) == 10
    assert all(later >= earlier for earlier, later in pairwise(forward))


def test_what_plays_follows_the_clock_and_ends() -> None:
    motion = SlowMotion(7, 100.0)
    shown = beats(1, 4)
    for number, place in enumerate(shown):
        assert motion.at(100.0 + (number + 0.5) * BEAT, 1, 4) == place
    assert motion.at(100.0 + (len(shown) + 0.5) * BEAT, 1, 4) is None


def test_after_the_last_phase_there_is_none() -> None:
    assert [after(phase) for phase in PHASES] == [*PHASES[1:], None]
    assert end_of("forward", 3, 9).time_step == 9
    assert end_of("back", 3, 9).time_step == 3
