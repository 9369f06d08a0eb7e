from __future__ import annotations

import numpy as np
import pytest

from dashboard.board.report import DIVERGED, GONE, PLAYING
from dashboard.board.runs import (
    Spread,
    common_floors,
    differ_in_seed_alone,
    is_left,
    runs_of,
    spread,
    suited,
    tasks_of,
    value_name,
    varied,
)
from dashboard.board.settings import AUTO, STEPS
from rnn_core import Floor
from tests.dashboard.board.rooms import FLOORS, class_runs, entry, room, seeds


def test_a_run_has_its_settings_losses_and_floors() -> None:
    (run,) = class_runs(entry(3, "cell=gru&hidden_size=7&seed=9", 0.06))
    assert (run.number, run.nickname, run.step, run.judged_at) == (3, "Pupil 3", 100, 98)
    assert (run.config.cell, run.config.hidden_size, run.config.seed) == ("gru", 7, 9)
    assert run.floors == FLOORS
    assert run.passed == FLOORS[1]
    assert run.ratio == pytest.approx(0.6)
    assert run.link(None) == "./?cell=gru&hidden_size=7&seed=9"
    assert run.link("zh_CN") == "./?cell=gru&hidden_size=7&seed=9&lang=zh_CN"


def test_a_run_with_the_task_s_own_settings_has_the_bare_page_as_its_link() -> None:
    (run,) = class_runs(entry(1))
    assert run.link(None) == "./"


def test_without_a_loss_there_is_neither_a_floor_nor_a_ratio() -> None:
    (run,) = class_runs(entry(1, loss=None))
    assert (run.is_judged, run.passed, run.ratio) == (False, None, None)
    (run,) = class_runs(entry(1, status=DIVERGED))
    assert not run.is_judged
    (run,) = class_runs(entry(1, floors=()))
    assert (run.passed, run.ratio) == (None, None)


def test_hidden_nicknames_and_runs_without_settings_are_not_shown() -> None:
    hidden = class_runs(entry(1, hidden=True))
    assert hidden[0].nickname == ""
    silent = entry(2)
    assert runs_of(room([entry(1), silent]), 0.0)[1].number == 2
    assert len(class_runs(entry(1), entry(2, query="cell=nonsense"))) == 1


def test_whoever_plays_and_is_silent_has_left_and_whoever_rests_has_not() -> None:
    playing, paused, gone = entry(1, status=PLAYING), entry(2), entry(3, status=GONE)
    assert [is_left(each, 10.0) for each in (playing, paused, gone)] == [False, False, True]
    assert [is_left(each, 20.0) for each in (playing, paused, gone)] == [True, False, True]
    assert runs_of(room([playing]), 20.0)[0].status == GONE


def test_the_task_of_most_runs_comes_first() -> None:
    others = class_runs(
        entry(1), entry(2, "task=parity"), entry(3, "task=parity"), entry(4, "task=adding")
    )
    # The later of two names in a link counts.
    assert tasks_of(others) == ("parity", "sin_to_cos", "adding")
    assert tasks_of(()) == ()


def test_what_differs_is_what_the_runs_read() -> None:
    runs = class_runs(
        entry(1, "cell=lstm&forget_bias=1&seed=1"),
        entry(2, "cell=rnn&hidden_size=4&seed=2"),
    )
    assert varied(runs) == ("cell", "hidden_size")
    assert varied(seeds([0.1, 0.2, 0.3])) == ()


def test_seeds_alone_differ_only_where_there_are_enough_of_them() -> None:
    assert differ_in_seed_alone(seeds([0.1, 0.2, 0.3]))
    assert not differ_in_seed_alone(seeds([0.1, 0.2]))
    assert not differ_in_seed_alone(seeds([0.1, 0.2, None]))
    assert not differ_in_seed_alone(class_runs(*(entry(number) for number in range(1, 5))))


def test_the_axis_suits_the_runs_until_another_is_chosen() -> None:
    same = seeds([0.1, 0.2, 0.3])
    assert suited(AUTO, same) == "seed"
    assert suited(STEPS, same) == STEPS
    assert suited("lr", same) == "seed"  # in which they do not differ
    cells = class_runs(*(entry(n, f"cell={('rnn', 'gru')[n % 2]}&seed={n}") for n in range(4)))
    assert suited(AUTO, cells) == "cell"
    assert suited(AUTO, cells[:2]) == STEPS
    both = class_runs(entry(1, "cell=gru"), entry(2, "hidden_size=4"), entry(3), entry(4))
    assert suited(AUTO, both) == STEPS
    assert suited("hidden_size", both) == "hidden_size"
    assert suited("seed", both) == STEPS


def test_the_spread_is_that_of_the_quartiles() -> None:
    losses = [0.4, 0.1, 0.3, 0.2, 0.9]
    assert spread(seeds([*losses, None])) == Spread(5, 0.1, 0.2, 0.3, 0.4, 0.9)
    rng = np.random.default_rng(0)
    thirty = rng.lognormal(size=30)
    found = spread(seeds(thirty.tolist()))
    assert found is not None
    assert found.median == pytest.approx(np.median(thirty))
    assert (np.sum(thirty < found.quarter), np.sum(thirty > found.three_quarters)) == (8, 8)
    assert spread(seeds([0.1, 0.2])) is None


def test_floors_are_common_only_where_all_runs_have_the_same() -> None:
    assert common_floors(seeds([0.1, 0.2])) == FLOORS
    other = entry(3, floors=(Floor("constant", 0.3, "exact"),))
    assert common_floors(class_runs(entry(1), other)) == ()
    assert common_floors(()) == ()


def test_values_are_named_as_elsewhere() -> None:
    assert value_name("cell", "lstm") == "LSTM"
    assert value_name("carry_state", True) == "on"
    assert value_name("lr", 0.02) == "0.02"
