"""What a sweep has found, as a table."""

from __future__ import annotations

import math

from rnn_core.experiments.sweep import SweptPoint, best, ranked, table
from tests.rnn_core.experiments.sweep.made_sweeps import outcome, small


def point(number: int, *losses: float, state: str = "done", error: str = "") -> SweptPoint:
    return SweptPoint(
        number=number,
        state=state,
        point={"cell": "rnn", "lr": number / 10},
        outcome=outcome(*losses) if losses else None,
        step=0,
        error=error,
        worker="x",
    )


POINTS = (
    point(0, 3.0, 5.0),
    point(1, 1.0, 2.0),
    point(2, math.inf, math.inf),
    point(3, state="failed", error="Too large."),
    point(4, 1.5, 1.5),
)


def test_the_best_has_the_lowest_median_the_first_of_equals() -> None:
    assert best(POINTS) is POINTS[1]
    assert best(POINTS[3:4]) is None
    assert [each.number for each in ranked(POINTS)] == [1, 4, 0, 2]


def test_the_table_has_a_row_for_each_network_and_each_point_without_any() -> None:
    found = table(small(), POINTS)
    assert list(found) == [
        *("point", "state", "cell", "lr", "seed", "online_loss", "median", "hidden_size"),
        *("parameters", "steps", "diverged", "engine", "seconds", "error"),
    ]
    assert found["point"] == [0, 0, 1, 1, 2, 2, 3, 4, 4]
    assert found["seed"] == [0, 1, 0, 1, 0, 1, None, 0, 1]
    assert found["online_loss"] == [3.0, 5.0, 1.0, 2.0, math.inf, math.inf, None, 1.5, 1.5]
    assert found["median"] == [4.0, 4.0, 1.5, 1.5, math.inf, math.inf, None, 1.5, 1.5]
    assert found["error"] == [None] * 6 + ["Too large.", None, None]


def test_a_setting_that_varies_has_one_column() -> None:
    space = small(axes={"hidden_size": [4, 8]}, settings={})
    assert list(table(space, ())).count("hidden_size") == 1
