"""The series of a session, and the task that a config stands for in it."""

from __future__ import annotations

import gc
from types import FrameType, ModuleType
from uuid import uuid4

import pytest
from streamlit.testing.v1 import AppTest

from tests.dashboard.train_page import click, healthy


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


def _app_with_pages() -> None:
    from dashboard.app.page import open_app
    from dashboard.compare.page import COMPARE
    from dashboard.data.page import DATA
    from dashboard.train.page import TRAIN

    open_app(DATA, TRAIN, COMPARE)


def _spoken_of(needle: str) -> list[str]:
    """What on the heap holds a text with this in it."""
    gc.collect()
    mine = {id(needle)}
    found = []
    for each in gc.get_objects():
        if isinstance(each, (FrameType, ModuleType)):
            continue
        for part in gc.get_referents(each):
            if id(part) not in mine and (
                (type(part) is str and needle in part)
                or (type(part) is bytes and needle.encode() in part)
            ):
                found.append(f"{type(each)}: {str(part)[:80]}")
    return found


@pytest.mark.parametrize("own", [(), ("bonus",)])
def test_nothing_of_a_file_outlives_its_session(own: tuple[str, ...]) -> None:
    AppTest.from_function(_app_with_pages, default_timeout=60).run()  # what the server keeps
    needle = f"salary {uuid4().hex}"
    rows = [f"{needle}\tbonus", *(f"{n % 7 + n / 100}\t{n % 5}" for n in range(400))]
    app = AppTest.from_function(_app_with_pages, default_timeout=60)
    app.query_params["look"] = "lag"
    app.run()
    app.text_area(key="paste").set_value("\n".join(rows))
    (read,) = [found for found in app.button if found.label == "Read"]
    app = healthy(read.click().run())
    app = healthy(app.multiselect[0].set_value([needle, *own]).run())
    (go,) = [found for found in app.button if found.label == "Train on this"]
    app = click(healthy(go.click().run()), "step")
    assert app.session_state["session"].run.frame().layout.output_names == (needle,)
    assert _spoken_of(needle)
    del app, rows, read, go
    assert _spoken_of(needle) == []
