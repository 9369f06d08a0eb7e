"""A view inside the network, on the Train page: its charts and numbers, and how to read them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from dashboard.app.language import gettext as _
from dashboard.charts.draw import draw
from dashboard.train.live_run import Frame, LiveRun
from dashboard.train.views import free_panel
from dashboard.train.views import text as look_words
from dashboard.train.views.base import (
    AS_IT_IS,
    AT_REST,
    HEAVY,
    WINDOWS_OPERATED_ON,
    Look,
    SlowLook,
    UnrolledLook,
)
from dashboard.train.views.charts import draw_look
from dashboard.train.views.unrolled import panel as chain_panel
from dashboard.train.views.unrolled.text import formulas
from dashboard.train.views.update import panel as slow_panel
from dashboard.train.views.update.phases import Place

# Views whose one chart is about as high as it is wide.
_BESIDE_WORDS = frozenset({"phase", "spectrum", "memory"})


def show_look(run: LiveRun, view: str, frame: Frame) -> Callable[[], None] | None:
    """Show a view. Once a beat, not at every redraw: a look wants reading, and takes its time.

    Args:
        run: whose network is looked at.
        view: one of `VIEWS` but ``"state"``.
        frame: what else is on the screen.

    Returns:
        Of a view that takes long: what completes it, in place, when all else has been drawn.
    """
    if view in AT_REST and frame.moving:
        st.caption(_("This is a view of the network at rest. **Pause**, and it is here."))
        return None
    probe = free_panel.choose_probe(frame) if view == "free" else AS_IT_IS
    look = run.look(view, probe, preview=view in HEAVY)
    if look is None:
        st.caption(_("There is nothing to be seen any more: the run has diverged."))
        return None
    place, units, unit = Place("forward", 1), 1, 1
    length = frame.layout.length
    if isinstance(look.found, UnrolledLook):
        units = look.found.unrolled.h.shape[2]
        step, unit = chain_panel.choose_cell(length, units)
        place = Place("forward", step)
    elif isinstance(look.found, SlowLook):
        place = slow_panel.choose_place(run, look.found, frame.step.index)
    shown = draw_look(look, frame.floors, place, unit)
    if view in _BESIDE_WORDS:
        picture, beside = st.columns([3, 2], vertical_alignment="center")
        places, inside = [picture], beside
    else:
        places = st.columns(len(shown)) if shown else []
        inside, beside = st.container(), st.container()
    drawn = []
    for picture, chart in zip(places, shown, strict=True):
        with picture:
            if isinstance(look.found, UnrolledLook | SlowLook):
                chain_panel.draw_chain(chart, length, units)
            else:
                drawn.append(draw(chart))
    with inside:
        if isinstance(look.found, UnrolledLook):
            st.latex(formulas(look.found.unrolled, place.time_step, unit))
        elif isinstance(look.found, SlowLook):
            slow_panel.explain(look.found, place)
    numbers = beside.markdown(_numbers(look, frame))
    beside.caption(look_words.how_to_read(view).format(windows=WINDOWS_OPERATED_ON))
    if view in HEAVY and not frame.moving:
        return partial(_complete, run, look, frame, drawn, numbers)
    return None


def _complete(run: LiveRun, preview: Look, frame: Frame, drawn: list[Any], numbers: Any) -> None:
    """Put the thorough look where the hasty one stands."""
    look = run.look(preview.view)
    if look is None or look is preview:
        return
    for chart, place in zip(draw_look(look, frame.floors), drawn, strict=True):
        draw(chart, place)
    numbers.markdown(_numbers(look, frame))


def _numbers(look: Look, frame: Frame) -> str:
    """What a look shows in numbers, and how old it is."""
    said = look_words.numbers(look)
    age = frame.step.index - look.step
    if age:
        said += " " + _(":small[(as it was {age} steps ago)]").format(age=age)
    return said
