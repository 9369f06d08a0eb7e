"""What a view with widgets of its own adds to the panel that shows views."""

from __future__ import annotations

from typing import Any, Generic

from dashboard.charts.base import Chart
from dashboard.charts.draw import draw
from dashboard.run.views.base import ControlsT, ResultT
from dashboard.run.views.viewed_run import ViewedFrame, ViewedRun


class ViewPanel(Generic[ResultT, ControlsT]):
    """The widgets of one view.

    A view names the module of its panel, and the module names the panel ``PANEL``.
    """

    def advance(self, run: ViewedRun) -> float | None:
        """Move what plays by itself to where it is due; called before anything is drawn.

        Returns:
            Seconds until it is due again, while nothing is trained; None if nothing plays.
        """
        return None

    def controls(self, run: ViewedRun, frame: ViewedFrame, default: ControlsT) -> ControlsT:
        """Show the widgets above the charts; return what they say."""
        return default

    def draw(self, chart: Chart, frame: ViewedFrame) -> Any:
        """Draw one of the view's charts; return its place on the page."""
        return draw(chart)

    def explain(self, result: ResultT, controls: ControlsT) -> None:
        """Show what belongs between the charts and the text."""
