"""Widgets that carry keys; what a browser sends is checked."""

from __future__ import annotations

import math
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.app import widgets
from dashboard.app.settings import PageSetting
from dashboard.app.widgets import exact, multiples
from rnn_core import RunConfig
from rnn_core.rules import Choice, FloatRange

SCRIPT = """
import streamlit as st
from dashboard.app import widgets
from dashboard.app.language import use_language
from dashboard.app.settings import RUN_SETTINGS, PageSetting
from rnn_core.rules import Choice
KIND = PageSetting("kind", Choice(("one", "two", "three")), "two")
NAMES = {
    "en": {"one": "I", "two": "II", "three": "III"},
    "zh_CN": {"one": "一", "two": "二", "three": "三"},
}
language = st.session_state.get("language", "en")
use_language(language)
name = NAMES[language].__getitem__
st.text(widgets.select(KIND, "Select", name))
other = PageSetting("other", KIND.limits, "one")
st.text(widgets.choose(other, "Choose", name))
st.text(widgets.choose_key("part", "Key", ("one", "two"), name))
st.text(widgets.slider(RUN_SETTINGS["hidden_size"], "Slider", ""))
st.text(widgets.slider(RUN_SETTINGS["phase"], "Phase", ""))
st.text(widgets.optional_number(RUN_SETTINGS["clip_norm"], "Clip", "", "off"))
"""


def opened(**state: Any) -> AppTest:
    app = AppTest.from_string(SCRIPT, default_timeout=30)
    for name, value in state.items():
        app.session_state[name] = value
    return healthy(app.run())


def healthy(app: AppTest) -> AppTest:
    assert list(app.exception) == []
    return app


def shown(app: AppTest) -> list[str]:
    return [text.value for text in app.text]


def test_what_was_chosen_is_kept_by_its_key_in_every_language() -> None:
    app = opened()
    assert shown(app) == ["two", "one", "one", "32", "0.0", "None"]
    app.selectbox(key="kind_en").set_value("three")
    app.segmented_control(key="other_en").set_value("two")
    app.segmented_control(key="part_en").set_value("two")
    healthy(app.run())
    chosen = ["three", "two", "two", "32", "0.0", "None"]
    assert shown(app) == chosen
    app.session_state["language"] = "zh_CN"
    healthy(app.run())
    assert shown(app) == chosen
    assert app.selectbox(key="kind_zh_CN").value == "three"
    assert app.segmented_control(key="other_zh_CN").value == "two"
    app.selectbox(key="kind_zh_CN").set_value("one")
    app.session_state["language"] = "en"
    healthy(app.run())
    assert shown(app)[0] == "one"
    assert app.selectbox(key="kind_en").value == "one"


@pytest.mark.parametrize("sent", ["III", "四", "", "three ", None, 3, float("nan")])
def test_a_label_of_another_language_changes_nothing(
    sent: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = PageSetting("kind", Choice(("one", "two", "three")), "two")
    told: list[str] = []
    state: dict[str, object] = {"kind_en": sent, "chosen settings": {"kind": "one"}}
    monkeypatch.setattr(st, "session_state", state)
    widgets._arrived(kind, "kind_en", lambda: told.append("changed"))
    assert (widgets.chosen(kind), told) == ("one", [])
    state["kind_en"] = "three"
    widgets._arrived(kind, "kind_en", lambda: told.append("changed"))
    assert (widgets.chosen(kind), told) == ("three", ["changed"])


def test_a_widget_that_other_limits_make_another_one_keeps_its_value() -> None:
    # The shortest window of a slider depends on the task.
    script = SCRIPT + 'st.text(widgets.slider(RUN_SETTINGS["window_length"], "Window", ""))'
    app = AppTest.from_string(script, default_timeout=30)
    app.session_state["chosen settings"] = {"task": "anbn", "window_length": 50}
    healthy(app.run())
    assert (app.slider(key="window_length").min, shown(app)[-1]) == (5, "50")
    app.session_state["chosen settings"] = {"task": "copy", "window_length": 50}
    healthy(app.run())
    slider = app.slider(key="window_length")
    assert (slider.min, slider.value, slider.proto.default) == (21, 50, [50.0])


@pytest.mark.parametrize("sent", [0, 257, -5])
def test_a_number_outside_the_rule_changes_nothing(sent: int) -> None:
    app = opened(**{"chosen settings": {"hidden_size": 16}})
    app.slider(key="hidden_size").set_value(sent)
    healthy(app.run())
    assert shown(app)[3] == "16"
    assert app.slider(key="hidden_size").value == 16


@pytest.mark.parametrize("phase", [math.pi, -math.pi, 3.1415, -3.14159, 0.0])
def test_a_slider_reaches_the_ends_of_its_rule_and_all_between(phase: float) -> None:
    app = opened(**{"chosen settings": {"phase": phase}})
    assert shown(app)[4] == str(phase)
    ends = app.select_slider(key="phase").options
    assert (float(ends[0]), float(ends[-1])) == (
        pytest.approx(-math.pi, abs=1e-5),
        pytest.approx(math.pi, abs=1e-5),
    )
    healthy(app.select_slider(key="phase").set_value(0.5).run())
    assert shown(app)[4] == "0.5"


@pytest.mark.parametrize("norm", [1e-9, 0.001, 100.0])
def test_a_box_takes_whatever_its_rule_allows(norm: float) -> None:
    app = opened(**{"chosen settings": {"clip_norm": norm}})
    assert shown(app)[5] == str(norm)
    healthy(app.number_input(key="clip_norm").set_value(None).run())
    assert shown(app)[5] == "None"


def test_what_the_task_does_not_allow_falls_back_to_its_default() -> None:
    # Windows of 7 are too short for copying.
    script = SCRIPT + 'st.text(widgets.slider(RUN_SETTINGS["window_length"], "Window", ""))'
    app = AppTest.from_string(script, default_timeout=30)
    app.session_state["chosen settings"] = {"task": "copy", "window_length": 7}
    healthy(app.run())
    assert shown(app)[-1] == "30"


def test_numbers_on_a_scale() -> None:
    assert multiples(FloatRange(0.0, 0.5, open_low=True), 0.25)[1:] == [0.25, 0.5]
    assert multiples(FloatRange(-0.3, 0.6), 0.25) == [-0.3, -0.25, 0.0, 0.25, 0.5, 0.6]


def test_no_two_numbers_look_the_same() -> None:
    assert exact(0.02) == "0.02"
    assert exact(0.020000001) == "0.020000001"
    assert exact(10.0) == "10"


UNASKED = """
import streamlit as st
from dashboard.app import widgets
from dashboard.app.settings import RUN_SETTINGS
names = ("task", "hidden_size", "lr", "carry_state", "seed", "clip_norm")
kind = {"task": "a task of its own", "lr": "0.01", "carry_state": "on", "clip_norm": "off"}
with widgets.unasked(widgets.Unasked("", kind, frozenset({"hidden_size", "seed"}))):
    values = (
        widgets.select(RUN_SETTINGS["task"], "Task", str),
        widgets.slider(RUN_SETTINGS["hidden_size"], "Units", ""),
        widgets.pick(RUN_SETTINGS["lr"], "Rate", "", [0.1]),
        widgets.toggle(RUN_SETTINGS["carry_state"], "Carry", ""),
        widgets.whole_number(RUN_SETTINGS["seed"], "Seed", ""),
        widgets.optional_number(RUN_SETTINGS["clip_norm"], "Clip", "", "off"),
    )
st.text(values)
widgets.toggle(RUN_SETTINGS["carry_state"], "Carry", "")
"""


def test_what_is_not_asked_for_is_said_or_left_out_and_keeps_its_value() -> None:
    app = AppTest.from_string(UNASKED).run()
    assert list(app.exception) == []
    assert [(box.label, box.value, box.disabled) for box in app.text_input] == [
        ("Task", "a task of its own", True),
        ("Rate", "0.01", True),
        ("Carry", "on", True),
        ("Clip", "off", True),
    ]
    default = RunConfig()
    kept = (default.task, default.hidden_size, default.lr, True, default.seed, None)
    assert app.text[0].value == str(kept)
    # Outside of the block it is asked for again.
    assert [(box.label, box.value) for box in app.toggle] == [("Carry", True)]
    assert not app.slider


SEED = """
import streamlit as st
from dashboard.app import widgets
from dashboard.app.settings import RUN_SETTINGS
st.text(widgets.whole_number(RUN_SETTINGS["seed"], "Seed", ""))
"""


def test_a_value_taken_back_on_its_way_to_the_browser_is_taken_back_there_as_well() -> None:
    app = AppTest.from_string(SEED).run()
    box = app.number_input(key="seed")
    first = box.value
    app.session_state["chosen settings"] = {"seed": 77}  # New seed
    box = healthy(app.run()).number_input(key="seed")
    assert (box.value, box.proto.set_value, box.proto.value) == (77, True, 77)
    # Back: the browser has not drawn the new seed yet, and says the one it shows.
    app.session_state["chosen settings"] = {}
    box = healthy(box.set_value(first).run()).number_input(key="seed")
    assert (box.value, box.proto.set_value, box.proto.value) == (first, True, first)
    # Step: by now it has drawn the new seed, but not the one after it.
    assert shown(healthy(box.set_value(77).run())) == [str(first)]
    box = app.number_input(key="seed")
    assert (box.value, box.proto.set_value) == (first, True)
    # Drawn once, it is not given again, which would undo what is typed meanwhile.
    assert not healthy(app.run()).number_input(key="seed").proto.set_value


def test_a_value_that_was_superseded_can_be_chosen_later(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(widgets, "monotonic", lambda: now[0])
    app = AppTest.from_string(SEED).run()
    first = app.number_input(key="seed").value
    app.session_state["chosen settings"] = {"seed": 77}
    healthy(app.run())
    now[0] += 1.0
    assert shown(healthy(app.number_input(key="seed").set_value(first).run())) == ["77"]
    now[0] += 1.01
    assert shown(healthy(app.number_input(key="seed").set_value(first).run())) == [str(first)]
    assert not app.number_input(key="seed").proto.set_value
