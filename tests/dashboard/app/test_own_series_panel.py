"""The series of a session, and the task that a config stands for in it."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from tests.dashboard.train_page import healthy


def _app() -> None:
    import numpy as np
    import streamlit as st

    from dashboard.app import widgets
    from dashboard.app.own_series import FILE, File
    from dashboard.app.own_series_panel import keep_series, own_series, task_for
    from rnn_core import TASKS, RunConfig
    from rnn_core.series import Series

    mine = Series(np.arange(400.0)[:, None] ** 0.5, ("root",), "mine.csv")
    config = TASKS["series"].config(window_length=12)
    before = task_for(config)
    keep_series(mine)
    widgets.set_value(FILE, File("mine.csv", mine.digest))
    after = task_for(config)
    st.text(f"{before.series.name} {after.series.name} {task_for(config) is after}")
    st.text(f"{task_for(RunConfig())} {own_series().plan.inputs}")
    keep_series(None)
    st.text(f"{task_for(config).series.name} {own_series().missing.name}")


def test_what_the_session_keeps_takes_the_place_of_the_bundled_series() -> None:
    app = healthy(AppTest.from_function(_app, default_timeout=30).run())
    assert [shown.value for shown in app.text] == [
        "sunspots mine.csv True",
        "None ('root',)",
        "sunspots mine.csv",
    ]
