"""Sending charts to the browser."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.chart import Chart


def draw(chart: Chart, place: DeltaGenerator | None = None) -> DeltaGenerator:
    """In a new place, or where a chart of the same specification stands."""
    to = st.vega_lite_chart if place is None else place.vega_lite_chart
    return to({**chart.spec, "datasets": chart.tables}, width="stretch", alt=chart.alt)
