"""The charts of the Data page."""

from __future__ import annotations

import numpy as np
import pytest

from dashboard.app.own_series import OwnSeries
from dashboard.data.charts import overview, preview, thinned, windows
from rnn_core import TASKS
from rnn_core.series import Series, SeriesPlan
from tests.dashboard.looks import expect_looks
from tests.dashboard.sent_charts import datasets_in, plot_size, rows


@pytest.mark.parametrize("name", ["sunspots", "tetouan"])
def test_a_browser_draws_the_series_and_its_first_windows(name: str) -> None:
    task = OwnSeries({"series": name}).task(TASKS["series"].config(delay=5))
    for chart, again in zip(
        (overview(task.series, task.plan), windows(task)),
        (overview(task.series, task.plan), windows(task)),
        strict=True,
    ):
        assert chart.spec == again.spec
        assert task.plan.targets[0] in str(chart.spec)
        assert datasets_in(chart.spec) == set(chart.tables)
        width, height = plot_size(chart)
        assert width > 200
        assert height > 80


def test_thinning_keeps_the_extremes_in_their_order() -> None:
    values = np.random.default_rng(0).normal(size=100_003)
    rows, kept = thinned(values)
    assert len(rows) <= 1_500 + 150
    assert (np.diff(rows) > 0).all()
    np.testing.assert_array_equal(values[rows], kept)
    assert (kept.min(), kept.max()) == (values.min(), values.max())
    np.testing.assert_array_equal(thinned(values[:900])[1], values[:900])


def test_they_look_as_they_did_when_somebody_looked() -> None:
    task = OwnSeries({"series": "sunspots"}).task(TASKS["series"].config(delay=5))
    charts = [overview(task.series, task.plan), windows(task), preview(np.zeros(9))]
    expect_looks("data", charts)


def test_rows_without_times_are_counted_from_one() -> None:
    series = Series(np.arange(40.0)[:, None], ("v",), "mine")
    chart = overview(series, SeriesPlan(inputs=("v",), targets=("v",)))
    drawn = rows(chart)["series"]
    assert [row["at"] for row in drawn] == list(range(1, 41))
    assert [row["value"] for row in drawn] == list(range(40))
    parts = rows(chart)["parts"]
    assert (parts[0]["left"], parts[-1]["right"]) == (1, 40)
    assert [part["right"] for part in parts[:-1]] == [part["left"] for part in parts[1:]]
