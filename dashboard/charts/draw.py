"""Sending charts to the browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.charts.base import Chart


def draw(
    chart: Chart,
    place: DeltaGenerator | None = None,
    *,
    key: str | None = None,
    on_select: Callable[[], None] | None = None,
) -> Any:
    """In a new place, or where a chart of the same specification stands.

    Args:
        chart: what to draw.
        place: what an earlier call returned.
        key: of a chart in which one can click: its selections stand in the session's state.
        on_select: hears of clicks.
    """
    to = st.vega_lite_chart if place is None else place.vega_lite_chart
    spec = {**chart.spec, "datasets": chart.tables}
    heard: dict[str, Any] = {"key": key, "on_select": on_select} if on_select else {}
    return to(spec, width="stretch", alt=chart.alt, **heard)
