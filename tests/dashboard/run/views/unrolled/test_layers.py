from __future__ import annotations

import pytest

from dashboard.run.views.registry import view
from dashboard.run.views.unrolled.chart import unrolled
from dashboard.run.views.unrolled.layers import CLICKED, Clicked, last_click, places_of
from dashboard.run.views.unrolled.layout import first_step
from rnn_core import RunConfig
from tests.dashboard.runs import charts_of, inspect, run_after
from tests.dashboard.sent_charts import rows


@pytest.mark.parametrize("config", [RunConfig(hidden_size=3), RunConfig(task="anbn")])
def test_all_of_a_column_belongs_to_its_time_step(config: RunConfig) -> None:
    result = inspect(run_after(2, config), "unrolled").result
    length = len(result.unrolled.inputs)
    chart = unrolled(result, 1)
    places, cells = rows(chart)["places"], rows(chart)["cells"]
    (low, high) = chart.spec["layer"][1]["encoding"]["y"]["scale"]["domain"]
    for step in range(first_step(length), length + 1):
        column = [place for place in places if place["step"] == step]
        cell = [place for place in cells if place["step"] == step]
        area = sum((one["right"] - one["left"]) * (one["high"] - one["low"]) for one in column)
        inside = 0.6 * 3.0  # that of the cell
        assert area + inside == pytest.approx(high - low)
        assert {place["unit"] for place in column} == {0}
        for place in column + cell:
            assert step - 0.5 <= place["left"] < place["right"] <= step + 0.5


def test_a_click_changes_the_selection_by_its_place() -> None:
    one = places_of([{"step": 3, "unit": 2}])
    both = places_of([{"step": 3, "unit": 2}, {"step": 5, "unit": 0}])
    assert last_click(frozenset(), one) == Clicked(3, 2)
    assert last_click(one, both) == Clicked(5, 0)
    assert last_click(both, one) == Clicked(5, 0)  # on the same place again
    # After the chart was built anew its selection holds the new click alone.
    assert last_click(both, places_of([{"step": 1, "unit": 1}])) == Clicked(1, 1)
    assert last_click(one, one) is None  # delivered twice
    assert last_click(both, frozenset()) is None  # a double click
    assert places_of([{"step": None, "unit": None}, {}]) == frozenset()


@pytest.mark.parametrize("key", ["unrolled", "slow"])
def test_the_charts_of_a_chain_have_one_selection_that_toggles(key: str) -> None:
    (chart,) = charts_of(run_after(1, RunConfig(hidden_size=3)), key)
    (param,) = chart.spec["params"]
    assert param["name"] == CLICKED
    assert param["select"] == {"type": "point", "fields": ["step", "unit"], "toggle": "true"}
    assert view(key).panel is not None  # which draws it with the selection
