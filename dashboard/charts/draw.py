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
    """Draw a chart in a new element of the page, or update an element.

    Args:
        chart: what to draw.
        place: the element to update, as an earlier call returned it. With the same specification
            the browser updates the chart in place.
        key: with ``on_select``, the key of the chart's selections in the session state.
        on_select: called when the reader clicks in the chart.

    Returns:
        The element.
    """
    to = st.vega_lite_chart if place is None else place.vega_lite_chart
    spec = {**chart.spec, "datasets": chart.tables}
    selection: dict[str, Any] = {"key": key, "on_select": on_select} if on_select else {}
    return to(spec, width="stretch", alt=chart.alt, **selection)
