from __future__ import annotations

import pytest

from dashboard.run.views.registry import view
from dashboard.run.views.unrolled.view import UnrolledControls
from rnn_core import RunConfig
from tests.dashboard.runs import charts_of, inspect, run_after
from tests.dashboard.sent_charts import rows


@pytest.mark.parametrize(
    ("length", "units", "said"),
    [
        (20, 16, ""),
        (25, 16, "Shown: the last 20 of 25 time steps, 16 of 16 units."),
        (20, 20, "Shown: the last 20 of 20 time steps, 16 of 20 units."),
    ],
)
def test_what_does_not_fit_is_said(length: int, units: int, said: str) -> None:
    run = run_after(1, RunConfig(hidden_size=units, window_length=length))
    for key, result in (("unrolled", None), ("slow", None)):
        result = inspect(run, key).result
        assert view(key).numbers(result) == said


def test_controls_choose_what_is_marked_without_computing_anew() -> None:
    run = run_after(1, RunConfig(hidden_size=3))
    first = inspect(run, "unrolled", UnrolledControls())
    assert inspect(run, "unrolled", UnrolledControls(4, 2)) is first
    (chart,) = charts_of(run, "unrolled", UnrolledControls(4, 2))
    assert rows(chart)["chosen"] == [{"left": 3.55, "right": 4.45}]
