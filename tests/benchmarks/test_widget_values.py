"""Widget values: a client reports what a browser would, as recorded from Chromium."""

from __future__ import annotations

import pytest
from streamlit.proto.Common_pb2 import StringArray
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.NumberInput_pb2 import NumberInput
from streamlit.proto.Slider_pb2 import Slider
from streamlit.proto.WidgetStates_pb2 import WidgetState

from benchmarks.widget_values import widget_value


def reported(kind: str, **fields: object) -> object:
    """The value reported for an element with these fields; None for an empty one."""
    element = Element()
    widget = getattr(element, kind)
    widget.id = "some-id"
    for name, value in fields.items():
        if isinstance(value, list):
            getattr(widget, name).extend(value)
        else:
            setattr(widget, name, value)
    state = widget_value(element)
    assert isinstance(state, WidgetState)
    assert state.id == "some-id"
    kind_of_value = state.WhichOneof("value")
    if kind_of_value is None:
        return None
    value = getattr(state, kind_of_value)
    return list(value.data) if hasattr(value, "data") else value


OPTIONS = ["RNN", "LSTM", "GRU"]


@pytest.mark.parametrize("kind", ["selectbox", "radio"])
def test_a_choice_is_its_text(kind: str) -> None:
    assert reported(kind, options=OPTIONS, default=1) == "LSTM"
    assert reported(kind, options=OPTIONS, default=1, set_value=True, raw_value="GRU") == "GRU"
    assert reported(kind, options=OPTIONS) is None


def test_several_choices_are_their_texts() -> None:
    assert reported("multiselect", options=OPTIONS, default=[0, 2]) == ["RNN", "GRU"]
    assert reported("multiselect", options=OPTIONS, set_value=True, raw_values=["GRU"]) == ["GRU"]
    element = Element()
    element.button_group.id = "cell"
    for text in OPTIONS:
        element.button_group.options.add(content=text)
    element.button_group.default.append(2)
    assert widget_value(element) == WidgetState(
        id="cell", string_array_value=StringArray(data=["GRU"])
    )


def test_a_slider_has_numbers_and_a_select_slider_has_texts() -> None:
    assert reported("slider", default=[0.5]) == [0.5]
    assert reported("slider", default=[0.5], set_value=True, value=[0.7]) == [0.7]
    kind = {"type": Slider.SELECT_SLIDER, "options": ["0.01", "0.02"], "default": [1.0]}
    assert reported("slider", **kind) == ["0.02"]
    assert reported("slider", **kind, set_value=True, raw_value=["0.01"]) == ["0.01"]


def test_a_number_is_whole_or_real_or_missing() -> None:
    whole, real = {"data_type": NumberInput.INT}, {"data_type": NumberInput.FLOAT}
    assert reported("number_input", **whole, default=7.0) == 7
    assert isinstance(reported("number_input", **whole, default=7.0), int)
    assert reported("number_input", **real, default=1.5) == 1.5
    assert reported("number_input", **real, default=1.5, set_value=True, value=2.5) == 2.5
    assert reported("number_input", **real) is None
    assert reported("number_input", **real, default=1.5, set_value=True) is None


def test_a_checkbox_is_true_or_false() -> None:
    assert reported("checkbox", default=True) is True
    assert reported("checkbox", default=True, set_value=True, value=False) is False


@pytest.mark.parametrize("kind", ["text_input", "text_area"])
def test_a_text_is_itself(kind: str) -> None:
    assert reported(kind, default="some") == "some"
    assert reported(kind, default="some", set_value=True, value="other") == "other"
    assert reported(kind) is None


def test_buttons_and_texts_report_nothing() -> None:
    element = Element()
    element.button.id = "a-button"
    assert widget_value(element) is None
    element.markdown.body = "text"
    assert widget_value(element) is None
