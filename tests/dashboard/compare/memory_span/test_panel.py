from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.charts.arrow import read
from dashboard.compare.memory_span import panel
from rnn_core import RunConfig
from tests.dashboard.spans import BASE


@pytest.mark.parametrize(
    ("sidebar", "expected"),
    [
        (RunConfig(cell="gru", hidden_size=5), {"cell": "gru", "hidden_size": 5, "lr": 0.01}),
        (RunConfig(task="adding", clip_norm=1.0, lr=0.005), {"clip_norm": None, "lr": 0.01}),
        (replace(BASE, lr=0.003), {"lr": 0.003, "batch_size": 8}),
    ],
)
def test_the_sidebars_network_gets_the_tasks_own_defaults(
    sidebar: RunConfig, expected: dict[str, object]
) -> None:
    config = panel.base(sidebar).to_dict()
    assert config["task"] == "delayed_recall"
    assert {name: config[name] for name in expected} == expected


def test_what_the_test_decides_by_itself_is_not_asked_for() -> None:
    own = panel.unasked("delayed_recall")
    assert dict(own.shown) == {"task": "Delayed recall"}
    assert own.left_out == {"delay", "window_length"}
    other = panel.unasked("noisy_sine")
    assert dict(other.shown) == {"task": "Delayed recall", "batch_size": "8", "lr": "0.01"}
    assert {"noise_std", "frequency", "phase", "delay", "window_length"} <= other.left_out
    assert "data_seed" not in other.left_out


def page(steps: int) -> None:
    """Draws the panel, takes steps, and updates it."""
    import streamlit as st

    from dashboard.compare.memory_span.panel import Panel
    from dashboard.compare.places_panel import lay_out
    from tests.dashboard.spans import after, span

    live = span()
    shown = Panel(live, 500, "Started again.", lay_out())
    if steps:
        after(steps, live)
        shown.update()
    st.session_state["frame"] = live.frame()


def drawn(steps: int) -> AppTest:
    app = AppTest.from_function(page, args=(steps,), default_timeout=60).run()
    assert list(app.exception) == []
    return app


def test_the_panel_says_status_verdict_delay_and_step() -> None:
    app = drawn(0)
    verdict, spans = app.markdown[0].value, app.markdown[1].value
    assert "None has passed a delay yet" in verdict
    caution = next(shown.value for shown in app.markdown if "Seeds: 2" in shown.value)
    assert "A difference of one or two delays may be chance." in caution
    assert "Started again. Press **Run**" in verdict
    assert "PyTorch engine" in verdict
    assert "**carried** has not passed a delay yet" in spans
    assert [(metric.label, metric.value) for metric in app.metric] == [
        ("At step", "0"),
        ("Delay", "1"),
    ]


def test_an_update_moves_the_charts_and_the_numbers_in_their_places() -> None:
    before, after = drawn(0), drawn(10)
    assert [(metric.label, metric.value) for metric in after.metric] == [
        ("At step", str(after.session_state["frame"].latest.index)),
        ("Delay", str(after.session_state["frame"].latest.delay)),
    ]
    charts = [[chart.proto for chart in app.get("vega_lite_chart")] for app in (before, after)]
    assert len(charts[0]) == len(charts[1]) == 3
    for first, later in zip(*charts, strict=True):
        assert first.spec == later.spec
        assert first.alt == later.alt
    lines = [
        read(dataset.data.data).num_rows
        for _passed, present, _capacity in charts
        for dataset in present.datasets
        if dataset.name == "lines"
    ]
    assert lines == [4, 4 * 11]  # four networks, steps 0 to 10


def test_the_table_has_the_capacities_that_are_measured() -> None:
    before = drawn(0).dataframe[0].value
    assert before["contender"].tolist() == ["carried", "reset"]
    assert before["bound"].tolist() == [8, 8]
    assert before[["trained", "untrained"]].isna().all(axis=None)


def measured() -> None:
    """Opens the panel as a beat of the page does."""
    import streamlit as st

    from dashboard.app.player import Session
    from dashboard.compare.memory_span import panel
    from dashboard.compare.places_panel import lay_out
    from tests.dashboard.spans import span

    session = st.session_state.setdefault("opened", Session(span(), []))
    panel._open_panel(session, 500, lay_out())


def test_the_page_is_redrawn_until_all_networks_are_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(panel, "_MEASURING", -1.0)  # no time for any network
    app = AppTest.from_function(measured, default_timeout=60).run()
    assert app.session_state["opened"].resting_beat is not None
    assert app.dataframe[0].value["untrained"].isna().all()
    monkeypatch.setattr(panel, "_MEASURING", 1.0)
    app = app.run()
    assert list(app.exception) == []
    assert app.session_state["opened"].resting_beat is None
    assert app.dataframe[0].value["untrained"].between(1, 8).all()
