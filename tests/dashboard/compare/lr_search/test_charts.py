from __future__ import annotations

import json
from dataclasses import replace

import numpy as np

from dashboard.compare.lr_search import charts
from rnn_core import LrChoice
from tests.dashboard.looks import expect_looks
from tests.dashboard.searches import finished, search
from tests.dashboard.sent_charts import datasets_in, tables


def test_every_rate_has_a_point_and_the_chosen_one_a_ring() -> None:
    live = search()
    first = charts.losses_by_rate(live.frame())
    frame = finished(live).frame()
    chart = charts.losses_by_rate(frame)
    assert chart.spec is first.spec
    assert datasets_in(chart.spec) == set(chart.tables)
    assert json.loads(json.dumps(chart.spec)) == chart.spec
    rows = tables(chart)
    assert rows["rates"].num_rows == 2 * 5
    assert rows["rates"]["loss"].to_pylist() == [
        loss for choice in frame.choices for loss in choice.medians
    ]
    assert rows["chosen"]["lr"].to_pylist() == [choice.lr for choice in frame.choices]
    assert rows["chosen"]["contender"].to_pylist() == ["carried", "reset"]


def test_a_rate_at_which_most_have_diverged_has_no_point() -> None:
    frame = finished(search()).frame()
    grid = frame.choices[0].grid
    lost = LrChoice(grid, np.full((5, 3), np.inf))
    some = LrChoice(grid, np.array([[0.0] * 3, *[[np.inf] * 3] * 4]))
    rows = tables(charts.losses_by_rate(replace(frame, choices=(lost, some))))
    assert rows["rates"].num_rows == rows["chosen"].num_rows == 1
    assert rows["rates"]["loss"].to_pylist() == [1e-12]
    none = tables(charts.losses_by_rate(replace(frame, choices=(lost, lost))))
    assert none["rates"].num_rows == 0


def test_it_looks_as_it_did_when_somebody_looked() -> None:
    expect_looks("lr-search", [charts.losses_by_rate(search().frame())])
