from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rnn_core.experiments.sweep import Importance, Outcome, Space, SweptPoint, importance

GRID = Space(
    axes={"cell": ["rnn", "gru"], "lr": [0.01, 0.1], "hidden_size": [2, 4, 8]}, steps=20, seeds=2
)
RATES = {"low": 0.001, "high": 1.0, "log": True}
RANDOM = Space(
    axes={"cell": ["rnn", "gru"], "lr": RATES}, sampler="random", trials=200, steps=20, seeds=3
)


def swept(space: Space, value: Callable[[dict[str, Any], int], float]) -> list[SweptPoint]:
    """All points of a space, each with the value that a function of point and seed gives it."""
    return [
        SweptPoint(
            number=number,
            state="done",
            point=point,
            outcome=Outcome(
                values=tuple(value(dict(point), seed) for seed in range(space.seeds)),
                steps=20,
                diverged=0,
                parameters=1,
                hidden_size=1,
                curve=((), (), (), ()),
                seconds=1.0,
                engine="torch",
            ),
            step=0,
            error="",
            worker="",
        )
        for number, point in enumerate(space.points() or ())
    ]


def found(space: Space, value: Callable[[dict[str, Any], int], float]) -> Importance:
    result = importance(space, swept(space, value))
    assert result is not None
    total = sum(result.settings.values()) + result.together + (result.seeds or 0.0)
    assert total == pytest.approx(1)
    return result


def test_effects_that_add_up_have_their_share_of_the_variance() -> None:
    # Logarithms: ±1 for the cell, ±2 for the rate: variances 1 and 4.
    shares = found(
        GRID, lambda p, _s: 10.0 ** ((p["cell"] == "gru") * 2 - 1 + (p["lr"] > 0.05) * 4 - 2)
    )
    assert shares.exact
    assert shares.points == 12
    assert shares.settings == pytest.approx({"cell": 0.2, "lr": 0.8, "hidden_size": 0.0})
    assert (shares.together, shares.seeds) == pytest.approx((0.0, 0.0))


def test_what_two_settings_decide_only_together_is_neither_s() -> None:
    shares = found(GRID, lambda p, _s: 10.0 ** ((p["cell"] == "gru") ^ (p["lr"] > 0.05)))
    assert shares.settings == pytest.approx({"cell": 0.0, "lr": 0.0, "hidden_size": 0.0})
    assert shares.together == pytest.approx(1.0)


def test_chance_alone_is_the_seeds() -> None:
    chance = np.random.default_rng(0)
    many = Space(axes={"lr": [n / 100 for n in range(1, 21)]}, steps=20, seeds=5)
    shares = [found(many, lambda _p, _s: 10.0 ** chance.normal()) for _ in range(40)]
    # Uncorrected, the 20 rates would have 19/99 of the variance.
    assert np.mean([each.settings["lr"] for each in shares]) < 0.05
    assert np.mean([each.seeds for each in shares if each.seeds is not None]) > 0.95


def test_a_setting_beside_chance_has_its_share_and_the_seeds_theirs() -> None:
    chance = np.random.default_rng(1)

    def value(point: dict[str, Any], _seed: int) -> float:
        return 10.0 ** (2.0 * (point["cell"] == "gru") + chance.normal())

    space = Space(
        axes={"cell": ["rnn", "gru"], "lr": [n / 40 for n in range(1, 41)]}, steps=20, seeds=4
    )
    shares = found(space, value)
    assert shares.settings["cell"] == pytest.approx(0.5, abs=0.08)
    assert shares.seeds == pytest.approx(0.5, abs=0.1)
    assert shares.settings["lr"] < 0.05


def test_with_one_seed_chance_cannot_be_told_from_what_settings_do_together() -> None:
    chance = np.random.default_rng(2)
    space = Space(
        axes={"cell": ["rnn", "gru"], "lr": [n / 20 for n in range(1, 21)]}, steps=20, seeds=1
    )
    shares = found(space, lambda _p, _s: 10.0 ** chance.normal())
    assert shares.seeds is None


def test_infinite_values_count_as_the_worst_and_zero_as_very_small() -> None:
    shares = found(GRID, lambda p, _s: math.inf if p["lr"] > 0.05 else 1.0 + (p["cell"] == "gru"))
    one = found(GRID, lambda p, _s: 2.0 if p["lr"] > 0.05 else 1.0 + (p["cell"] == "gru"))
    assert shares.settings == pytest.approx(one.settings)
    assert found(GRID, lambda p, _s: float(p["lr"] > 0.05)).settings["lr"] == pytest.approx(1)


def test_sampled_points_give_estimates() -> None:
    chance = np.random.default_rng(3)

    def value(point: dict[str, Any], _seed: int) -> float:
        # Uniform in three orders of magnitude: variance 9/12; the cell's is 1/4, chance's 0.25.
        return point["lr"] * 10.0 ** ((point["cell"] == "gru") + 0.5 * chance.normal())  # type: ignore[no-any-return]

    shares = found(RANDOM, value)
    assert not shares.exact
    assert shares.settings["lr"] == pytest.approx(0.96 * 0.75 / 1.25, abs=0.06)
    assert shares.settings["cell"] == pytest.approx(0.25 / 1.25, abs=0.08)
    assert shares.seeds == pytest.approx(0.25 / 1.25, abs=0.05)


def test_what_points_chosen_by_results_share_counts_once() -> None:
    # Both settings say the same at every point that there is.
    space = Space(axes={"cell": ["rnn", "gru"], "lr": [0.01, 0.1]}, sampler="random", trials=20)
    points = [
        each
        for each in swept(space, lambda p, _s: 10.0 if p["cell"] == "gru" else 1.0)
        if (each.point["cell"] == "gru") == (each.point["lr"] > 0.05)
    ]
    points *= 3
    shares = importance(space, points)
    assert shares is not None
    assert shares.settings == pytest.approx({"cell": 0.5, "lr": 0.5})
    assert shares.together == pytest.approx(0)


def test_too_little_says_nothing() -> None:
    assert importance(GRID, swept(GRID, lambda _p, _s: 1.0)) is None
    assert importance(GRID, swept(GRID, lambda _p, _s: math.inf)) is None
    points = swept(GRID, lambda p, _s: p["lr"])
    assert importance(GRID, points[:11]) is None
    assert importance(GRID, ()) is None
