"""The value that a browser reports for a widget nobody has touched, read from the server's message.

A browser sends the values of all widgets on the page with every rerun, and Streamlit forgets
the widgets that are missing. A client without a browser therefore has to report them too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from streamlit.proto.Element_pb2 import Element
from streamlit.proto.NumberInput_pb2 import NumberInput
from streamlit.proto.Slider_pb2 import Slider
from streamlit.proto.WidgetStates_pb2 import WidgetState


def widget_value(element: Element) -> WidgetState | None:
    """The state of a widget as its element sets it.

    Args:
        element: an element of the page, as the server sends it.

    Returns:
        The widget's id and value; None for an element that reports no value by itself, such as
        a button or a text.
    """
    kind = element.WhichOneof("type")
    read = _READERS.get(str(kind))
    if read is None:
        return None
    widget = getattr(element, str(kind))
    state = WidgetState(id=widget.id)
    read(widget, state)
    return state


def _choice(widget: Any, state: WidgetState) -> None:
    """A select box or a radio button: one option, or none."""
    if widget.set_value:
        if widget.HasField("raw_value"):
            state.string_value = widget.raw_value
    elif widget.HasField("default") and widget.options:
        state.string_value = widget.options[widget.default]


def _choices(options: Sequence[str], widget: Any, state: WidgetState) -> None:
    """Any number of options."""
    chosen = widget.raw_values if widget.set_value else [options[n] for n in widget.default]
    state.string_array_value.data[:] = chosen


def _button_group(widget: Any, state: WidgetState) -> None:
    _choices([option.content for option in widget.options], widget, state)


def _multiselect(widget: Any, state: WidgetState) -> None:
    _choices(widget.options, widget, state)


def _slider(widget: Slider, state: WidgetState) -> None:
    if widget.type != Slider.SELECT_SLIDER:
        state.double_array_value.data[:] = widget.value if widget.set_value else widget.default
    elif widget.set_value:
        state.string_array_value.data[:] = widget.raw_value
    else:
        state.string_array_value.data[:] = [widget.options[int(n)] for n in widget.default]


def _number_input(widget: NumberInput, state: WidgetState) -> None:
    """A number, or none in an empty field."""
    field = "value" if widget.set_value else "default"
    if not widget.HasField(field):  # type: ignore[arg-type]
        return
    if widget.data_type == NumberInput.INT:
        state.int_value = int(getattr(widget, field))
    else:
        state.double_value = getattr(widget, field)


def _checkbox(widget: Any, state: WidgetState) -> None:
    state.bool_value = widget.value if widget.set_value else widget.default


def _text(widget: Any, state: WidgetState) -> None:
    field = "value" if widget.set_value else "default"
    if widget.HasField(field):
        state.string_value = getattr(widget, field)


_READERS: dict[str, Callable[[Any, WidgetState], None]] = {
    "button_group": _button_group,
    "checkbox": _checkbox,
    "multiselect": _multiselect,
    "number_input": _number_input,
    "radio": _choice,
    "selectbox": _choice,
    "slider": _slider,
    "text_area": _text,
    "text_input": _text,
}
