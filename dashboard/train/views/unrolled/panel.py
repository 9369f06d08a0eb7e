"""Choosing a time step and a hidden unit of the unrolled window: by sliders, or in the picture."""

from __future__ import annotations

from functools import partial

import streamlit as st

from dashboard.app.language import gettext as _
from dashboard.charts.base import Chart
from dashboard.charts.draw import draw
from dashboard.train.views.unrolled.layers import CLICKED, last_click, places_of
from dashboard.train.views.unrolled.layout import first_step


def time_step_key(length: int) -> str:
    """Of the slider for a time step."""
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


def choose_cell(length: int, units: int) -> tuple[int, int]:
    """A time step and a unit of an unrolled window, counted from 1."""
    left, right = st.columns(2)
    with left:
        step = choose_time_step(length)
    if units == 1:
        return step, 1
    unit = right.slider(
        _("Hidden unit"), min_value=1, max_value=units, value=1, key=_unit_key(units)
    )
    return step, int(unit)


def draw_chain(chart: Chart, length: int, units: int) -> None:
    """Draw the chart of an unrolled window; a click in it moves the sliders."""
    key = f"chain {length} {units}"
    draw(chart, key=key, on_select=partial(_click, key, length, units))


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
