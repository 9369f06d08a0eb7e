"""What holds of every view."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest

from dashboard.run.live_run import LiveRun
from dashboard.run.views.base import Presentation
from dashboard.run.views.registry import VIEWS, view
from rnn_core import CELLS, RunConfig
from rnn_core.tasks import TASKS
from tests.dashboard.runs import charts_of, inspect, run_after
from tests.dashboard.sent_charts import datasets_in, plot_size


def small(task: str, cell: str = "gru") -> RunConfig:
    settings = {**TASKS[task].defaults, "cell": cell, "hidden_size": 3, "batch_size": 2}
    return RunConfig(task=task, **settings)  # type: ignore[arg-type]


@cache
def looked_at(steps: int, task: str, cell: str = "gru") -> LiveRun:
    """A small run that every view looks at: looking changes nothing, as the first test shows."""
    return run_after(steps, small(task, cell))


@pytest.mark.parametrize("cell", CELLS)
def test_inspecting_changes_nothing_that_follows(cell: str) -> None:
    config = RunConfig(cell=cell, hidden_size=6, num_layers=2, batch_size=2)
    inspected, left_alone = run_after(3, config), run_after(3, config)
    for _ in range(4):
        for key in VIEWS:
            inspect(inspected, key)
        inspected.step_once()
        left_alone.step_once()
    np.testing.assert_array_equal(inspected.frame().curve[1], left_alone.frame().curve[1])
    assert inspected.frame().step == left_alone.frame().step


@pytest.mark.parametrize("key", VIEWS)
@pytest.mark.parametrize("task", TASKS)
def test_every_view_can_be_drawn_on_every_task(key: str, task: str) -> None:
    run = looked_at(1, task)
    result, frame = inspect(run, key).result, run.frame()
    assert isinstance(view(key).numbers(result), str)
    charts = charts_of(run, key)
    nothing_to_show = (key == "free" and not frame.streaming) or key == "lag"
    assert charts or nothing_to_show
    for chart, again in zip(charts, charts_of(run, key), strict=True):
        # Made once; but a column's name is written into a copy, which nobody keeps.
        assert chart.spec is again.spec or (key == "lag" and chart.spec == again.spec)
        assert chart.alt == again.alt
        assert chart.spec["title"]
        assert datasets_in(chart.spec) == set(chart.tables)
        assert json.loads(json.dumps(chart.spec)) == chart.spec


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("key", VIEWS)
def test_a_browser_draws_every_view_of_every_cell(key: str, cell: str) -> None:
    run = looked_at(2, "sin_to_cos", cell)
    for chart in charts_of(run, key):
        width, height = plot_size(chart)
        assert width > 200
        assert height > 150


@pytest.mark.parametrize("key", [key for key in VIEWS if key not in ("state", "unrolled", "slow")])
def test_a_view_that_computes_says_its_main_numbers(key: str) -> None:
    run = looked_at(2, "sin_to_cos")
    assert view(key).numbers(inspect(run, key).result).endswith(".")


@pytest.mark.parametrize("key", VIEWS)
def test_a_presentation_without_a_page_has_the_default_controls(key: str) -> None:
    shown = view(key).presentation()
    assert isinstance(shown, Presentation)
    assert (shown.controls, shown.floors, shown.moving) == (view(key).default_controls, (), False)
