from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dashboard.charts.base import Chart
from dashboard.train.horizons import charts
from rnn_core import TASKS, Trainer
from rnn_core.experiments.rolling_origin import RollingOrigin, rolling_origin
from tests.dashboard.looks import expect_looks
from tests.dashboard.sent_charts import datasets_in, plot_size, rows


@pytest.fixture(scope="module")
def found() -> RollingOrigin:
    trainer = Trainer(TASKS["series"].config(hidden_size=4))
    trainer.advance(30)
    return rolling_origin(trainer, 5)


def test_errors_are_those_of_every_forecast(found: RollingOrigin) -> None:
    drawn = rows(charts.by_horizon(found))["errors"]
    assert len(drawn) == 4 * 5
    for row in drawn:
        score = found.scores[row["key"]][row["horizon"] - 1]
        assert (row["mae"], row["rmse"], row["mase"]) == (score.mae, score.rmse, score.mase)
    assert rows(charts.by_horizon(found))["trained"] == [
        {"horizon": 1.0, "said": "iterated beyond 1"}
    ]


def test_paths_begin_at_their_origin_and_follow_one_another(found: RollingOrigin) -> None:
    chart = charts.paths(found)
    drawn = rows(chart)["forecasts"]
    origins = sorted({row["origin"] for row in drawn})
    assert len(origins) == 6
    assert np.diff(origins).min() >= 4
    for origin in origins:
        own = [row for row in drawn if row["origin"] == origin]
        assert [row["row"] for row in own] == list(range(origin, origin + 6))
        assert own[0]["value"] == found.values[origin - 1]
        place = int(np.flatnonzero(found.origins == origin - 1)[0])
        np.testing.assert_array_equal(
            [row["value"] for row in own[1:]], found.forecasts["network"][place]
        )
    series = rows(chart)["series"]
    assert series[-1]["row"] == origins[-1] + 5
    assert all(row["value"] == found.values[row["row"] - 1] for row in series)


def test_what_has_blown_up_is_left_out(found: RollingOrigin) -> None:
    blown = {**found.forecasts, "network": np.full_like(found.answers, np.inf)}
    lost = replace(found.scores["network"][0], mae=np.inf, rmse=np.inf, mase=np.nan)
    scores = {**found.scores, "network": (*found.scores["network"][:4], lost)}
    broken = replace(found, forecasts=blown, scores=scores)
    assert len(rows(charts.by_horizon(broken))["errors"]) == 4 * 5 - 1
    assert len(rows(charts.paths(broken))["forecasts"]) == 6  # the origins alone


@pytest.mark.parametrize("make", [charts.by_horizon, charts.paths])
def test_specifications_stay_and_can_be_drawn(make: object, found: RollingOrigin) -> None:
    assert callable(make)
    chart: Chart = make(found)
    assert chart.spec == make(found).spec
    assert datasets_in(chart.spec) == set(chart.tables)
    width, height = plot_size(chart)
    assert width > 200
    assert height > 150


def test_they_look_as_they_did_when_somebody_looked(found: RollingOrigin) -> None:
    expect_looks("horizons", [charts.by_horizon(found), charts.paths(found)])
