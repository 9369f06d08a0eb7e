from __future__ import annotations

import numpy as np
import pytest

from dashboard.run.views.registry import view
from dashboard.run.views.state import shown_cells
from rnn_core import RunConfig
from tests.dashboard.runs import charts_of, inspect, run_after
from tests.dashboard.sent_charts import tables


def test_the_heat_map_holds_the_hidden_state_unit_by_unit() -> None:
    run = run_after(4)
    (chart,) = charts_of(run, "state")
    table = tables(chart)["state"].to_pandas()
    assert len(table) == 320
    row = table[(table.unit == 7) & (table.point == 3)]
    np.testing.assert_array_equal(row.h, [run.frame().hidden[-1][2, 6]])


@pytest.mark.parametrize(
    ("length", "size", "points", "units"),
    [(10, 32, 10, 32), (200, 256, 50, 40), (50, 256, 50, 40), (2, 1, 2, 1), (51, 64, 26, 64)],
)
def test_the_heat_map_shows_what_fits(length: int, size: int, points: int, units: int) -> None:
    shown_points, shown_units = shown_cells(length, size)
    assert (len(shown_points), len(shown_units)) == (points, units)
    assert shown_points[-1] < length


def test_what_does_not_fit_is_said() -> None:
    assert view("state").numbers(inspect(run_after(0), "state").result) == ""
    run = run_after(0, RunConfig(window_length=200, points_per_period=50, hidden_size=256))
    assert view("state").numbers(inspect(run, "state").result) == (
        "Shown: 40 of 256 units, 50 of 200 time steps."
    )


def test_hovering_is_answered_when_paused_and_costs_nothing_while_playing() -> None:
    run = run_after(2)
    (paused,), (moving,) = charts_of(run, "state"), charts_of(run, "state", moving=True)
    assert tables(paused)["hover"].num_rows == 320
    assert tables(moving)["hover"].num_rows == 0
    assert tables(moving)["hover"].schema == tables(paused)["hover"].schema
    assert moving.spec is paused.spec


def test_it_moves_with_every_redraw_and_stays_after_divergence() -> None:
    run = run_after(0, RunConfig(optimizer="sgd", lr=1.0))
    run.play()
    for _ in range(3):
        run.tick(1, 10**6)
        assert inspect(run, "state").step == run.index
    run.tick(None, 10**6)
    np.testing.assert_array_equal(inspect(run, "state").result.hidden, run.frame().hidden[-1])
