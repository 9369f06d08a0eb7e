from __future__ import annotations

from dashboard.run.views.registry import view
from dashboard.run.views.update.phases import Place
from rnn_core import RunConfig
from tests.dashboard.runs import charts_of, inspect, run_after


def test_phases_change_what_is_drawn_without_computing_anew() -> None:
    run = run_after(1, RunConfig(hidden_size=3))
    first = inspect(run, "slow", Place("forward", 1))
    assert inspect(run, "slow", Place("back", 4)) is first
    forward, back = (
        charts_of(run, "slow", place)[0] for place in (Place("forward", 1), Place("back", 4))
    )
    assert forward.spec is back.spec
    assert forward.tables["cells"] != back.tables["cells"]


def test_it_is_a_view_of_a_paused_network() -> None:
    assert view("slow").needs_pause
    assert [key for key in ("state", "gates", "phase") if view(key).needs_pause] == []
