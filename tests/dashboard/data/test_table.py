"""The naive forecasts beside a series."""

from __future__ import annotations

import numpy as np
import pytest

from dashboard.app.own_series import OwnSeries
from dashboard.data.table import naive_rows, number_format
from rnn_core import TASKS


def test_persistence_is_scored_in_the_unit_of_the_series() -> None:
    own = OwnSeries({"series": "co2"})
    task = own.task(TASKS["series"].config(window_length=12, delay=2))
    rows = {row["floor"]: row for row in naive_rows(task)}
    level, origins = own.series.column("co2 (ppm)"), task.held_out.origins
    errors = level[origins] - level[origins + 2]
    assert rows["persistence"]["mae"] == pytest.approx(np.abs(errors).mean())
    assert rows["persistence"]["rmse"] == pytest.approx(np.sqrt((errors**2).mean()))
    train = level[: task.parts.train]
    season = np.abs(train[12:] - train[:-12]).mean()
    assert task.period == 12
    assert rows["persistence"]["mase"] == pytest.approx(np.abs(errors).mean() / season)
    assert [row["loss"] for row in naive_rows(task)] == [floor.value for floor in task.floors()]


@pytest.mark.parametrize(
    ("values", "shown"),
    [((47.163, 0.03119), "0.0312"), ((30_512.4, 12.6), "13"), ((999.7, 0.2), "0"), ((), "1.23")],
)
def test_numbers_have_three_digits_and_are_never_powers_of_ten(
    values: tuple[float, ...], shown: str
) -> None:
    assert number_format(values) % (values[-1] if values else 1.2345) == shown
