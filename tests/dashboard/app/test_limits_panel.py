from __future__ import annotations

from streamlit.testing.v1 import AppTest

SCRIPT = """
import streamlit as st
from dashboard.app import widgets
from dashboard.app.limits import Work
from dashboard.app.limits_panel import offer
from dashboard.app.settings import RUN_SETTINGS
from rnn_core import RunConfig

chosen = {name: widgets.chosen(row) for name, row in RUN_SETTINGS.items()}
base = {**chosen, "cell": "gru", "hidden_size": 256, "num_layers": 4, "window_length": 200}
offer(Work((RunConfig(**{**base, "batch_size": chosen["batch_size"]}),)))
st.text(chosen["batch_size"])
"""


def test_a_button_chooses_the_highest_value_that_is_allowed() -> None:
    app = AppTest.from_string(SCRIPT)
    app.session_state["chosen settings"] = {"batch_size": 64}
    app.run()
    labels = [button.label for button in app.button]
    assert labels == ["batch size 18", "points per window 56", "hidden units 135", "layers 1"]
    app.button(key="cheaper_batch_size").click().run()
    assert app.text[0].value == "18"


def test_a_locked_setting_is_not_offered() -> None:
    app = AppTest.from_string(SCRIPT)
    app.session_state["chosen settings"] = {"batch_size": 64, "lock": frozenset({"batch_size"})}
    app.run()
    assert next(button.label for button in app.button).startswith("points per window")
