from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from rnn_core import TASKS
from rnn_core.series import Series, SeriesPlan
from rnn_core.series.interval import Interval
from rnn_core.series.trained import TrainedSeries, used
from rnn_core.tasks.series import SeriesTask

ROWS = 200
VALUES = np.stack([np.sin(0.7 * np.arange(300.0)), np.arange(300.0)], axis=1)
DAYS = np.datetime64("2024-01-01") + np.arange(300)
PLAN = SeriesPlan(inputs=("level",), targets=("level",))


def series(first: int, last: int, times: Any = DAYS) -> Series:
    rows = slice(first, last)
    return Series(VALUES[rows], ("level", "more"), "waves", None if times is None else times[rows])


def trained(times: Any = DAYS) -> TrainedSeries:
    config = TASKS["series"].config(window_length=10)
    return SeriesTask(series(0, ROWS, times), PLAN, config).trained_series


@pytest.mark.parametrize("times", [DAYS, np.arange(300.0) / 2, None])
def test_what_was_written_is_read_again(times: Any) -> None:
    own = trained(times)
    again = TrainedSeries.from_json(own.to_json(), own.inputs, own.targets)
    assert again.to_json() == own.to_json()
    assert (again.rows, again.interval) == (ROWS, Interval.of(times))
    assert again.last == own.last
    assert again.scales == own.scales
    assert math.isclose(own.scales[0], np.abs(np.diff(VALUES[:140, 0], n=1)).mean()) == (
        own.periods[0] is None
    )


def test_times_tell_which_rows_were_seen() -> None:
    own = trained()
    for first, last, seen in [(0, 300, (0, 200)), (150, 250, (0, 50)), (50, 90, (0, 40))]:
        found = own.seen(series(first, last), PLAN)
        assert (found.start, found.stop) == seen
    newer = own.seen(series(200, 300), PLAN)
    assert newer.start == newer.stop


@pytest.mark.parametrize("times", [None, np.arange(300.0)])
def test_without_times_the_first_rows_are_compared(times: Any) -> None:
    own = trained(None)
    assert own.seen(series(0, 300, times), PLAN) == slice(0, ROWS)
    assert (
        own.seen(series(0, 300, times), SeriesPlan(inputs=("more",), targets=("more",))).stop == 0
    )
    assert own.seen(series(1, 300, times), PLAN).stop == 0
    assert own.seen(series(0, 150, times), PLAN).stop == 0


def test_the_columns_in_use_are_named_once() -> None:
    plan = SeriesPlan(inputs=("more", "level"), targets=("level",))
    assert used(series(0, 50), plan).columns == ("more", "level")
    assert len(used(series(0, 50), plan, 20)) == 20


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"kind": "date"', '"kind": "moon"'),
        ('"size": 86400000000.0', '"size": -1'),
        ('"last": "2024', '"last": "x2024'),
        ('"periods": [', '"periods": [3, '),
        ('"scales": [', '"scales": [1.0, '),
        ('"rows": 200', '"rows": "many"'),
    ],
)
def test_what_was_changed_is_refused(old: str, new: str) -> None:
    own = trained()
    assert old in own.to_json()
    with pytest.raises((ValueError, TypeError)):
        TrainedSeries.from_json(own.to_json().replace(old, new), own.inputs, own.targets)
