"""A view inside the network, on the Train page: its controls, charts, numbers, and how to read it.

Knows no view by name.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.app.glossary import explained
from dashboard.app.language import gettext as _
from dashboard.charts.base import HEIGHT
from dashboard.charts.draw import draw
from dashboard.run.views import cost, cost_text
from dashboard.run.views.base import Presentation, View
from dashboard.run.views.cache import CachedResult
from dashboard.run.views.view_panel import ViewPanel
from dashboard.run.views.viewed_run import ViewedFrame, ViewedRun


def advance(view: View[Any, Any], run: ViewedRun) -> float | None:
    """Let a view move what plays by itself to where it is due, before anything is drawn.

    Returns:
        Seconds until it is due again, while nothing is trained; None if nothing plays.
    """
    return _panel_of(view).advance(run)


class ShownView:
    """A view on the page.

    It is shown anew once a beat, not at every redraw, unless it is cheap: it takes time to compute,
    and to read.

    Args:
        run: whose network is shown.
        view: which view.
        frame: what else is on screen.
    """

    def __init__(self, run: ViewedRun, view: View[Any, Any], frame: ViewedFrame) -> None:
        self._run, self._view = run, view
        self._cached: CachedResult | None = None
        self._drawn: list[Any] = []
        # Whether the picture stays as it is until the run pauses.
        self._waits = False
        if not cost.fits(view, frame.config, run.task, moving=False):
            _instead(cost_text.too_much(view, frame.config, run.task))
            return
        if view.needs_pause and frame.moving:
            st.caption(_("This view needs a paused network. Press **Pause** to see it."))
            return
        self._waits = frame.moving and not cost.fits(view, frame.config, run.task, moving=True)
        if self._waits and run.last_result(view) is None:
            _instead(cost_text.drawn_at_rest(view, frame.config, run.task))
            return
        if not run.can_inspect(view):
            st.caption(_("The run has diverged, so there is nothing more to see here."))
            return
        panel = _panel_of(view)
        self._controls = panel.controls(run, frame, view.default_controls)
        if self._waits:
            self._cached = run.last_result(view)
        else:
            self._cached = run.inspect(view, self._controls, preview=view.has_preview)
        if self._cached is None:
            return
        result = self._cached.result
        charts = view.charts(result, self._presentation(frame))
        # Few containers: each is a message in every beat.
        beside: AbstractContextManager[object] = nullcontext()
        places: list[DeltaGenerator]
        if view.beside_text:
            picture, beside = st.columns([3, 2], vertical_alignment="center")
            places = [picture]
        elif len(charts) == 1:
            places = [st.container()]
        else:
            places = st.columns(len(charts)) if charts else []
        for place, chart in zip(places, charts, strict=True):
            with place:
                self._drawn.append(panel.draw(chart, frame))
        with beside:
            panel.explain(result, self._controls)
            said = self._said(frame)
            # A view that gets older keeps the place for its age, so that nothing below moves.
            if said or not view.every_redraw:
                self._numbers = st.markdown(said)
            st.caption(explained(view.how_to_read()))

    def update(self, frame: ViewedFrame) -> None:
        """Redraw the charts in place, if the view is cheap."""
        if self._view.every_redraw:
            self._redraw(frame)

    def complete(self, frame: ViewedFrame) -> None:
        """Replace a preview, in place, once all else has been drawn."""
        if self._view.has_preview and not frame.moving and self._redraw(frame):
            self._numbers.markdown(self._said(frame))

    def _redraw(self, frame: ViewedFrame) -> bool:
        """Draw what the view shows now; whether it is something new."""
        if self._cached is None:
            return False
        cached = self._run.inspect(self._view, self._controls)
        if cached is None or cached is self._cached:
            return False
        self._cached = cached
        charts = self._view.charts(cached.result, self._presentation(frame))
        for chart, place in zip(charts, self._drawn, strict=True):
            draw(chart, place)
        return True

    def _presentation(self, frame: ViewedFrame) -> Presentation[Any]:
        return Presentation(self._controls, frame.floors, frame.moving)

    def _said(self, frame: ViewedFrame) -> str:
        """The main numbers, and how old they are."""
        assert self._cached is not None
        said = self._view.numbers(self._cached.result)
        age = frame.step.index - self._cached.step
        if age:
            said += " " + _(":small[({age} steps ago)]").format(age=age)
        if self._waits:
            said += f" :small[{cost_text.next_at_rest()}]"
        return said


def _instead(said: str) -> None:
    """Say in a view's place why it is not shown; what follows stays about where it is."""
    with st.container(height=HEIGHT, border=False):
        st.caption(said)


def _panel_of(view: View[Any, Any]) -> ViewPanel[Any, Any]:
    """The view's widgets; none for most."""
    if view.panel is None:
        return ViewPanel()
    panel: ViewPanel[Any, Any] = import_module(view.panel).PANEL
    return panel
