"""What a sweep varies in one setting."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rnn_core.config import SETTINGS
from rnn_core.experiments.sweep.axes import Choices, Span, axis


def test_a_list_is_tried_as_it_is_and_checked_by_the_setting() -> None:
    assert axis("cell", ["rnn", "gru"]) == Choices(("rnn", "gru"))
    assert axis("clip_norm", ["none", 1]) == Choices((None, 1.0))
    assert axis("hidden_size", (np.int64(4), 8)).grid() == (4, 8)


def test_an_interval_is_divided_by_distance_or_by_ratio() -> None:
    even = axis("lr", {"low": 0.1, "high": 0.5, "points": 3})
    assert even.grid() == (0.1, 0.3, 0.5)
    ratios = axis("lr", {"low": 1e-4, "high": 1e-1, "log": True, "points": 4})
    assert ratios.grid() == (1e-4, 1e-3, 1e-2, 1e-1)


def test_whole_numbers_of_a_grid_are_whole_and_none_comes_twice() -> None:
    axis_of_delays = axis("delay", {"low": 1, "high": 4, "log": True, "points": 20})
    assert axis_of_delays == Span(1, 4, log=True, points=20, whole=True)
    assert axis_of_delays.grid() == (1, 2, 3, 4)


@pytest.mark.parametrize("log", [False, True])
def test_draws_stay_inside_and_reach_both_ends(log: bool) -> None:
    chance = np.random.default_rng(0)
    delays = axis("delay", {"low": 2, "high": 5, "log": log})
    assert {delays.draw(chance) for _ in range(300)} == {2, 3, 4, 5}
    rates = axis("lr", {"low": 1e-4, "high": 1.0, "log": log})
    drawn = np.array([rates.draw(chance) for _ in range(2000)])
    assert 1e-4 <= drawn.min() < drawn.max() <= 1.0
    # Half of the draws lie below the middle: the geometric one where ratios count.
    assert np.mean(drawn < (1e-2 if log else 0.5)) == pytest.approx(0.5, abs=0.05)


def test_choices_are_drawn_equally_often() -> None:
    chance = np.random.default_rng(0)
    drawn = [axis("cell", ["rnn", "lstm", "gru"]).draw(chance) for _ in range(900)]
    assert {name: drawn.count(name) for name in set(drawn)} == pytest.approx(
        {"rnn": 300, "lstm": 300, "gru": 300}, abs=60
    )


@pytest.mark.parametrize(
    ("name", "given"),
    [("cell", ["rnn"]), ("lr", {"low": 0.1, "high": 1.0, "log": True, "points": 5})],
)
def test_a_space_file_has_it_back(name: str, given: Any) -> None:
    assert axis(name, given).to_plain() == given
    assert axis(name, axis(name, given)) == axis(name, given)


@pytest.mark.parametrize(
    ("name", "given", "error", "words"),
    [
        ("lrate", [1], ValueError, "Unknown setting 'lrate'"),
        ("seed", [1], ValueError, "Unknown setting 'seed'"),
        ("cell", ["rnm"], ValueError, "Unknown cell 'rnm'"),
        ("cell", [], ValueError, "cell must be 1 to 1000 different values"),
        ("cell", ["rnn", "rnn"], ValueError, "different values"),
        ("cell", "rnn", TypeError, "a list of values or a table with low and high"),
        ("cell", {"low": 1, "high": 2}, TypeError, "since it is no number"),
        ("lr", {"low": 1}, ValueError, "a table with low and high"),
        ("lr", {"low": 1, "high": 2, "step": 1}, ValueError, "a table with low and high"),
        ("lr", {"low": 2, "high": 1}, ValueError, "low below high"),
        ("lr", {"low": -1, "high": 1}, ValueError, "lr.low must be a positive number"),
        ("momentum", {"low": 0, "high": 0.5, "log": True}, ValueError, "and above 0"),
        ("lr", {"low": 1, "high": 2, "points": 1}, ValueError, "lr.points must be"),
        ("lr", {"low": 1, "high": 2, "log": "yes"}, TypeError, "lr.log must be"),
    ],
)
def test_anything_else_is_refused(
    name: str, given: Any, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        axis(name, given)


def test_an_interval_without_points_is_no_grid() -> None:
    with pytest.raises(ValueError, match="no grid without a number of points"):
        axis("lr", {"low": 0.1, "high": 1}).grid()


def test_every_setting_but_the_seed_can_vary() -> None:
    for name, setting in SETTINGS.items():
        if name != "seed":
            value = setting.default if setting.suggestion is None else setting.suggestion
            assert axis(name, [value]).grid() == (value,)
