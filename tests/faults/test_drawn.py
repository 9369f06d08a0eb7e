"""What the drivers read from charts, and what they find wrong in it."""

from __future__ import annotations

import pytest
from streamlit.proto.VegaLiteChart_pb2 import VegaLiteChart

from dashboard.app.text import LOSS_FORMAT
from dashboard.charts.base import Chart
from dashboard.run import charts
from dashboard.run.figure import figure
from dashboard.run.live_run import LiveRun
from rnn_core import RunConfig
from tests.faults.drawn import drawn, expect_agreement


def sent(chart: Chart) -> VegaLiteChart:
    """A chart as Streamlit sends it."""
    message = VegaLiteChart()
    for name, rows in chart.tables.items():
        message.datasets.add(name=name, has_name=True).data.data = rows
    return message


@pytest.fixture
def run() -> LiveRun:
    run = LiveRun(RunConfig(hidden_size=2))
    for _step in range(9):
        run.step_once()
    return run


def test_a_run_agrees_with_itself_now_and_looking_back(run: LiveRun) -> None:
    for index in (None, 5):
        run.look_back(index)
        frame = run.frame()
        shown = [drawn(sent(chart)) for chart in (figure(frame), charts.loss(frame))]
        assert shown[1]["now"] == [0, 9, 10]
        assert shown[1]["head"] == [index or 9, frame.step.loss]
        assert shown[0]["windows"][-1] == (index or 9)
        loss = format(frame.step.loss, LOSS_FORMAT)
        assert expect_agreement(shown, str(index or 9), loss) == 2
        with pytest.raises(AssertionError, match="At step 4 the curve is at"):
            expect_agreement(shown, "4", loss)
        with pytest.raises(AssertionError, match="The readout says 7, the curve"):
            expect_agreement(shown, str(index or 9), "7")


@pytest.mark.parametrize(
    ("chart", "said"),
    [
        ({"now": None, "head": [3, 0.5]}, "not in order"),
        ({"now": [0, 3, 3], "head": [3, 0.5]}, "3 points from 0 to 3"),
        ({"now": [0, 2, 3], "head": [3, 0.5]}, "The curve from 0 to 2 has 3 on it"),
    ],
)
def test_a_curve_with_a_gap_is_found(chart: dict[str, object], said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        expect_agreement([chart], "3", "0.5")


@pytest.mark.parametrize(
    ("windows", "said"), [([1, 3], "Windows of"), ([1, 2], "At step 3 the windows are of")]
)
def test_windows_that_are_not_those_of_the_step_are_found(windows: list[int], said: str) -> None:
    curve = {"now": [0, 3, 4], "head": [3, 0.5]}
    with pytest.raises(AssertionError, match=said):
        expect_agreement([{"windows": windows}, curve], "3", "0.5")


def test_curves_of_contenders_may_end_before_the_step_and_not_after_it() -> None:
    assert expect_agreement([{"curves": 3}], "3", None) == 1
    assert expect_agreement([{"curves": 2}], "3", None) == 1
    with pytest.raises(AssertionError, match="At step 3 the curves are at 4"):
        expect_agreement([{"curves": 4}], "3", None)
