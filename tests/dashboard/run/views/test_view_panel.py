from __future__ import annotations

from typing import Any

from dashboard.run.views.registry import VIEWS, view
from dashboard.run.views.view_panel import ViewPanel
from tests.dashboard.runs import run_after


def test_a_view_without_widgets_has_its_default_controls_and_plays_nothing() -> None:
    run, panel = run_after(0), ViewPanel[Any, Any]()
    for key in VIEWS:
        controls = view(key).default_controls
        assert panel.controls(run, run.frame(), controls) is controls
    assert panel.advance(run) is None
