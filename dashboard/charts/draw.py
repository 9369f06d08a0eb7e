"""Sending charts to the browser.

Streamlit turns a specification into text, reads the text and writes it again, whenever a chart is
sent: a sixth of a redraw. Specifications stay the same while a run plays, so the message is made
once by Streamlit, and sent with new data from then on. It is kept with the specification, which may
name columns of somebody's own, and goes with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streamlit.delta_generator import DeltaGenerator
from streamlit.delta_generator_singletons import get_dg_singleton_instance
from streamlit.elements.lib import agent_spec
from streamlit.elements.lib.layout_utils import LayoutConfig
from streamlit.proto.VegaLiteChart_pb2 import VegaLiteChart
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.charts.base import Chart, Spec, Specification

# What `st.vega_lite_chart` sends a chart as, and how it is laid out.
_KIND, _LAYOUT = "vega_lite_chart", LayoutConfig(width="stretch", height="content")


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
    if on_select is None:
        to = get_dg_singleton_instance().main_dg if place is None else place
        if _is_recorded():
            return to.vega_lite_chart(_with_data(chart), width="stretch", alt=chart.alt)
        return to._enqueue(_KIND, _filled(_message(chart), chart), layout_config=_LAYOUT)
    if place is None:
        place = _claim()  # a chart with selections returns these, not its place
    elif isinstance(place, _Clickable) and place.shows(chart) and not _is_recorded():
        place._enqueue(_KIND, _filled(place.message, chart), layout_config=_LAYOUT)
        return place
    elif key is not None:
        _forget(key)
    place.vega_lite_chart(
        _with_data(chart), width="stretch", alt=chart.alt, key=key, on_select=on_select
    )
    if isinstance(place, _Clickable):
        place.spec, place.alt = chart.spec, chart.alt
    return place


class _Clickable(DeltaGenerator):
    """The place of a chart with selections, which keeps what it is sent.

    Attributes:
        message: what was sent last.
        spec: specification of the chart that Streamlit sent.
        alt: its text for screen readers.
    """

    message: VegaLiteChart
    spec: Spec | None = None
    alt: str = ""

    def shows(self, chart: Chart) -> bool:
        """Whether only the data of a chart differ from what is here."""
        return self.spec is chart.spec and self.alt == chart.alt

    def _enqueue(self, delta_type: str, element_proto: Any, *others: Any, **more: Any) -> Any:
        self.message = element_proto
        return super()._enqueue(delta_type, element_proto, *others, **more)


class _Nowhere(DeltaGenerator):
    """Keeps what it is given, and sends nothing."""

    message: VegaLiteChart

    def _enqueue(self, delta_type: str, element_proto: Any, *others: Any, **more: Any) -> Any:
        self.message = element_proto
        return self


def _message(chart: Chart) -> VegaLiteChart:
    """The message as Streamlit makes it, to which data are to be added."""
    kept = chart.spec.messages if isinstance(chart.spec, Specification) else {}
    if chart.alt not in kept:
        nowhere = _Nowhere(root_container=None)
        nowhere.vega_lite_chart(chart.spec, width="stretch", alt=chart.alt)
        kept[chart.alt] = nowhere.message
    message: VegaLiteChart = kept[chart.alt]
    return message


def _filled(message: VegaLiteChart, chart: Chart) -> VegaLiteChart:
    """A copy of a message with the data of a chart."""
    filled = VegaLiteChart()
    filled.CopyFrom(message)
    del filled.datasets[:]
    for name, rows in chart.tables.items():
        filled.datasets.add(name=name, has_name=True).data.data = rows
    return filled


def _with_data(chart: Chart) -> Spec:
    return {**chart.spec, "datasets": chart.tables}


def _is_recorded() -> bool:
    """Whether Streamlit describes the page to a program, for which it reads each chart's data."""
    return agent_spec.is_recording()


def _claim() -> DeltaGenerator:
    """The next place on the page, with nothing sent to it yet.

    `st.empty` would send that the place is empty, and a browser that draws before the chart has
    arrived as well builds it anew.
    """
    parent = get_dg_singleton_instance().main_dg._active_dg
    cursor = parent._cursor
    return _Clickable(
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
