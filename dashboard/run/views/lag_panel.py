"""The widget of the lag meter: which column's forecast is measured."""

from __future__ import annotations

import streamlit as st

from dashboard.app.language import gettext as _
from dashboard.run.views.lag import LagControls, LagResult
from dashboard.run.views.view_panel import ViewPanel
from dashboard.run.views.viewed_run import ViewedFrame, ViewedRun


class LagPanel(ViewPanel[LagResult, LagControls]):
    """A list of the columns, where there are several."""

    def controls(self, run: ViewedRun, frame: ViewedFrame, default: LagControls) -> LagControls:
        """Show the list; nothing where there is nothing to choose."""
        columns = frame.forecast_columns
        if len(columns) < 2:
            return default
        chosen = st.selectbox(
            _("Forecast column"),
            range(len(columns)),
            format_func=lambda number: columns[number].name or str(columns[number].target + 1),
            key=f"lag column of {len(columns)}",
            width=320,
        )
        return LagControls(int(chosen))


PANEL = LagPanel()
