"""A visitor without a browser: reports the page and the widgets as a browser does."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.websocket_session import Session


def run(page: str, *fragments: str) -> ForwardMsg:
    found = ForwardMsg()
    found.new_session.page_script_hash = page
    found.metadata.run.fragment_ids.extend(fragments)
    return found


def navigation(page: str) -> ForwardMsg:
    found = ForwardMsg()
    found.navigation.page_script_hash = page
    return found


def toggle(identity: str, default: bool, fragment: str = "", **fields: bool) -> ForwardMsg:
    found = ForwardMsg()
    found.delta.fragment_id = fragment
    widget = found.delta.new_element.checkbox
    widget.id, widget.default = identity, default
    for name, setting in fields.items():
        setattr(widget, name, setting)
    return found


def finished(fragment: bool = False) -> ForwardMsg:
    return ForwardMsg(
        script_finished=(
            ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
            if fragment
            else ForwardMsg.FINISHED_SUCCESSFULLY
        )
    )


class Visitor:
    """A session without a connection: takes messages and shows what it sends."""

    def __init__(self) -> None:
        self.session = Session("http://nowhere", "?lr=0.1")
        self.sent: list[BackMsg] = []
        self.session._socket = SimpleNamespace(send=self._send)

    async def _send(self, data: bytes) -> None:
        self.sent.append(BackMsg.FromString(data))

    def receive(self, *messages: ForwardMsg) -> None:
        for message in messages:
            self.session._receive(message)

    def rerun(self, **how: str) -> Any:
        """The request for a rerun; sending never waits here, so no event loop is needed."""
        with pytest.raises(StopIteration):
            self.session._rerun(**how).send(None)
        return self.sent[-1].rerun_script

    def values(self) -> dict[str, bool]:
        return {widget.id: widget.bool_value for widget in self.rerun().widget_states.widgets}


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


def test_the_page_is_the_one_that_the_navigation_names(visitor: Visitor) -> None:
    first = visitor.rerun()
    assert (first.page_script_hash, first.query_string) == ("", "lr=0.1")
    visitor.receive(run("entry point"), navigation("train page"), finished())
    assert visitor.rerun().page_script_hash == "train page"


def test_every_rerun_reports_the_values_of_all_widgets(visitor: Visitor) -> None:
    visitor.receive(run("page"), toggle("a", True), toggle("b", False, "part"), finished())
    assert visitor.values() == {"a": True, "b": False}
    timed = visitor.rerun(fragment="part")
    assert (timed.fragment_id, timed.is_auto_rerun) == ("part", True)
    clicked = visitor.rerun(fragment="part", button="play")
    assert (clicked.fragment_id, clicked.is_auto_rerun) == ("part", False)
    widgets = {widget.id: widget.WhichOneof("value") for widget in clicked.widget_states.widgets}
    assert widgets == {"a": "bool_value", "b": "bool_value", "play": "trigger_value"}


def test_a_value_stays_until_the_server_sets_another(visitor: Visitor) -> None:
    visitor.receive(run("page"), toggle("a", True), finished())
    visitor.receive(run("page"), toggle("a", False), finished())
    assert visitor.values() == {"a": True}
    visitor.receive(run("page"), toggle("a", True, set_value=True, value=False), finished())
    assert visitor.values() == {"a": False}


def test_widgets_that_are_no_longer_drawn_are_forgotten(visitor: Visitor) -> None:
    visitor.receive(run("page"), toggle("a", True), toggle("b", True, "part"), finished())
    visitor.receive(run("page", "part"), toggle("c", True, "part"), finished(fragment=True))
    assert visitor.values() == {"a": True, "c": True}
    visitor.receive(run("page"), toggle("c", True, "part"), finished())
    assert visitor.values() == {"c": True}


def test_redraws_count_when_another_step_is_shown(visitor: Visitor) -> None:
    def shown(step: int) -> ForwardMsg:
        found = ForwardMsg()
        found.delta.new_element.metric.label = "At step"
        found.delta.new_element.metric.body = str(step)
        return found

    visitor.receive(shown(5), shown(5), shown(9))
    assert (visitor.session.redraws, visitor.session.step) == (2, 9)
    visitor.session.forget()
    assert (visitor.session.redraws, visitor.session.first_step) == (0, 9)


def test_a_slider_is_dragged_and_keeps_its_place(visitor: Visitor) -> None:
    found = ForwardMsg()
    widget = found.delta.new_element.slider
    widget.id, widget.default[:] = "$$ID-1a2b-hidden_size", [32.0]
    visitor.receive(run("page"), found, finished())
    with pytest.raises(LookupError, match="no slider 'lr'"):
        visitor.session.drag("lr", 0.1).send(None)

    async def answer() -> None:
        dragged = asyncio.create_task(visitor.session.drag("hidden_size", 8))
        while not visitor.sent:
            await asyncio.sleep(0)
        visitor.receive(run("page"), found, finished())
        await dragged

    asyncio.run(answer())
    (value,) = visitor.rerun().widget_states.widgets
    assert list(value.double_array_value.data) == [8.0]


def test_whether_it_plays_is_what_the_button_says(visitor: Visitor) -> None:
    def button(key: str) -> ForwardMsg:
        found = ForwardMsg()
        found.delta.new_element.button.id = f"$$ID-1a2b-{key}"
        return found

    assert not visitor.session.is_playing
    visitor.receive(button("pause_1"))
    assert visitor.session.is_playing
    visitor.receive(button("play_1"))
    assert not visitor.session.is_playing


def test_an_exception_on_the_page_ends_the_session(visitor: Visitor) -> None:
    found = ForwardMsg()
    found.delta.new_element.exception.type = "KeyError"
    found.delta.new_element.exception.message = "'task'"
    visitor.receive(found)
    assert visitor.session.died == "exception shown: KeyError: 'task'"


def button(identity: str) -> ForwardMsg:
    found = ForwardMsg()
    found.delta.new_element.button.id = identity
    return found


def at_step(step: int) -> ForwardMsg:
    found = ForwardMsg()
    found.delta.new_element.metric.label = "At step"
    found.delta.new_element.metric.body = str(step)
    return found


@pytest.mark.parametrize(("late", "asked"), [(0.0, 0), (3.0, 1)])
def test_a_page_that_plays_long_beside_a_button_that_says_run_is_asked_for_once(
    visitor: Visitor, late: float, asked: int
) -> None:
    async def play() -> None:
        visitor.receive(button("x-play_1"))
        visitor.session._clicked = time.perf_counter() - late, "play"
        visitor.receive(at_step(1), at_step(2), at_step(3))
        await asyncio.sleep(0)

    asyncio.run(play())
    assert len(visitor.sent) == visitor.session.repaired == asked
