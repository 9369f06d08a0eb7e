"""Sending charts to the browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.delta_generator_singletons import get_dg_singleton_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx

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
            the browser updates the chart in place, if ``key`` and ``on_select`` are the same too.
        key: with ``on_select``, the key of the chart's selections in the session state.
        on_select: called when the reader clicks in the chart.

    Returns:
        The element.
    """
    spec = {**chart.spec, "datasets": chart.tables}
    if on_select is None:
        to = st.vega_lite_chart if place is None else place.vega_lite_chart
        return to(spec, width="stretch", alt=chart.alt)
    if place is None:
        place = _claim()  # a chart with selections returns these, not its place
    elif key is not None:
        _forget(key)
    place.vega_lite_chart(spec, width="stretch", alt=chart.alt, key=key, on_select=on_select)
    return place


def _claim() -> DeltaGenerator:
    """The next place on the page, with nothing sent to it yet.

    `st.empty` would send that the place is empty, and a browser that draws before the chart has
    arrived as well builds it anew.
    """
    parent = get_dg_singleton_instance().main_dg._active_dg
    cursor = parent._cursor
    return DeltaGenerator(
        root_container=parent._root_container,
        cursor=cursor and cursor.lock_element(),
        parent=parent,
    )


def _forget(key: str) -> None:
    """Let a chart with selections be sent once more in the same run of the script.

    Streamlit would take it for a second chart under the same key, and refuse it. Without its key
    it would be another chart, which the browser builds anew.
    """
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        return
    for names in (context.shared.widget_user_keys_this_run, context.shared.widget_ids_this_run):
        kept = [name for name in names.snapshot() if name != key and not name.endswith(f"-{key}")]
        names.clear()
        for name in kept:
            names.check_and_add(name)
