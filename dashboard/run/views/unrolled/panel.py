"""Choosing a time step and a unit of the unrolled window: with sliders, or by a click."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from dashboard.app.language import gettext as _
from dashboard.charts.base import Chart
from dashboard.charts.draw import draw
from dashboard.run.views.unrolled.layers import CLICKED, last_click, places_of
from dashboard.run.views.unrolled.layout import first_step
from dashboard.run.views.unrolled.result import UnrolledResult
from dashboard.run.views.unrolled.text import formulas
from dashboard.run.views.unrolled.view import UnrolledControls
from dashboard.run.views.view_panel import ViewPanel
from dashboard.run.views.viewed_run import ViewedFrame, ViewedRun


class UnrolledPanel(ViewPanel[UnrolledResult, UnrolledControls]):
    """Two sliders, which clicks in the chart move as well; and the equations below the chart."""

    def controls(
        self, run: ViewedRun, frame: ViewedFrame, default: UnrolledControls
    ) -> UnrolledControls:
        """Show the sliders."""
        length, units = frame.hidden[-1].shape
        left, right = st.columns(2)
        with left:
            step = choose_time_step(length)
        if units == 1:
            return UnrolledControls(step)
        unit = right.slider(
            _("Hidden unit"),
            min_value=1,
            max_value=units,
            value=default.unit,
            key=_unit_key(units),
        )
        return UnrolledControls(step, int(unit))

    def draw(self, chart: Chart, frame: ViewedFrame) -> Any:
        """Draw the chart, whose units can be clicked on."""
        return draw_chain(chart, *frame.hidden[-1].shape)

    def explain(self, result: UnrolledResult, controls: UnrolledControls) -> None:
        """The equations of the chosen unit."""
        st.latex(formulas(result.unrolled, *controls))


PANEL = UnrolledPanel()


def time_step_key(length: int) -> str:
    """Key of the slider for a time step."""
    return f"chosen {length}"


def choose_time_step(length: int) -> int:
    """A time step of a window of this length, counted from 1."""
    first = first_step(length)
    return int(
        st.slider(
            _("Time step"),
            min_value=first,
            max_value=length,
            value=first,
            key=time_step_key(length),
        )
    )


def draw_chain(chart: Chart, length: int, units: int = 1) -> Any:
    """Draw the chart of an unrolled window; a click in it moves the sliders.

    Args:
        chart: from `unrolled` or `slow_motion`.
        length: of the window.
        units: from how many units one is chosen.
    """
    key = f"chain {length} {units}"
    return draw(chart, key=key, on_select=partial(_click, key, length, units))


def _click(key: str, length: int, units: int) -> None:
    state, before = st.session_state, f"{key} before"
    selected = places_of(state[key]["selection"].get(CLICKED, []))
    place = last_click(state.get(before, frozenset()), selected)
    state[before] = selected
    if place is None:
        return
    state[time_step_key(length)] = place.step
    if place.unit and units > 1:
        state[_unit_key(units)] = place.unit


def _unit_key(units: int) -> str:
    return f"chosen unit {units}"
