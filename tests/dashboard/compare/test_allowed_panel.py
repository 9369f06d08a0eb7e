from __future__ import annotations

from streamlit.testing.v1 import AppTest

SCRIPT = """
import streamlit as st
from dashboard.compare.allowed_panel import Field, allowed
from dashboard.compare.contenders import contenders
from dashboard.compare.settings import SEEDS
from rnn_core import RunConfig

seeds = st.number_input("seeds", value={seeds}, key="seeds")
base = RunConfig(hidden_size=256, num_layers=4)
field = Field(contenders(base, [{{"cell": "rnn"}}, {{"cell": "lstm"}}]), seeds, first=7)
found = allowed("race", field, field.work, SEEDS, adjustable={adjustable})
st.text("nothing" if found is None else f"{{found.seeds}} seeds from {{found.first}}")
"""


def page(seeds: int, *, adjustable: bool = True) -> AppTest:
    return AppTest.from_string(SCRIPT.format(seeds=seeds, adjustable=adjustable)).run()


def said(app: AppTest) -> tuple[str, list[str]]:
    assert list(app.exception) == []
    return app.text[0].value, [error.value for error in app.error]


def test_what_is_allowed_is_what_was_asked_for() -> None:
    assert said(page(2)) == ("2 seeds from 7", [])


def test_too_much_leaves_the_last_one_that_was_allowed() -> None:
    app = page(2)
    shown, (error,) = said(app.number_input(key="seeds").set_value(32).run())
    assert shown == "2 seeds from 7"
    assert error.startswith("These networks would take 1,7")
    assert error.endswith("The page still shows the comparison before.")
    assert said(app.number_input(key="seeds").set_value(3).run()) == ("3 seeds from 7", [])


def test_too_much_at_first_leaves_nothing() -> None:
    shown, (error,) = said(page(32))
    assert shown == "nothing"
    assert "still shows" not in error


def test_contenders_of_ones_own_are_told_what_would_do() -> None:
    app = page(32)
    assert "enough" not in said(app)[1][0]
    assert [button.label for button in app.button] == ["seeds 5", "hidden units 104", "layers 1"]
    app = page(32, adjustable=False)
    assert "One of these alone is enough: seeds 5, hidden units 104, layers 1." in said(app)[1][0]
    assert list(app.button) == []
