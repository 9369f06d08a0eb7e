"""What a view with widgets of its own adds to the panel that shows views."""

from __future__ import annotations

from typing import Any, Generic

from dashboard.app.player import Session
from dashboard.charts.base import Chart
from dashboard.charts.draw import draw
from dashboard.train.live_run import Frame, LiveRun
from dashboard.train.views.base import ControlsT, ResultT


class ViewPanel(Generic[ResultT, ControlsT]):
    """The widgets of one view.

    A view names the module of its panel, and the module names the panel ``PANEL``.
    """

    def advance(self, session: Session[LiveRun]) -> None:
        """Move what plays by itself to where it is due. Called before anything is drawn."""

    def controls(self, run: LiveRun, frame: Frame, default: ControlsT) -> ControlsT:
        """Show the widgets above the charts; return what they say."""
        return default

    def draw(self, chart: Chart, frame: Frame) -> Any:
        """Draw one of the view's charts; return the place it stands in."""
        return draw(chart)

    def explain(self, result: ResultT, controls: ControlsT) -> None:
        """Show what belongs between the charts and the text."""
