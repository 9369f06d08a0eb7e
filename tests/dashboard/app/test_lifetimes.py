from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.app import lifetimes
from dashboard.app.lifetimes import Lifetimes
from dashboard.app.metrics import REGISTRY

ROOT = Path(__file__).parents[3]


class Loop(asyncio.AbstractEventLoop):
    """An event loop whose time passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0
        self.later: list[tuple[float, Callable[[], None]]] = []

    def time(self) -> float:
        return self.now

    def call_soon_threadsafe(self, call, *arguments, context=None):  # type: ignore[no-untyped-def]
        call(*arguments)

    def call_later(self, delay, call, *arguments, context=None):  # type: ignore[no-untyped-def]
        self.later.append((self.now + delay, call))

    def pass_until(self, then: float) -> None:
        while self.later and min(self.later)[0] <= then:
            due = min(self.later, key=lambda planned: planned[0])
            self.later.remove(due)
            self.now = due[0]
            due[1]()
        self.now = then


class Server:
    """Knows which sessions have a connection, and which have been ended."""

    def __init__(self, *connected: str) -> None:
        self.connected = set(connected)
        self.ended: list[str] = []

    def is_active_session(self, session_id: str) -> bool:
        return session_id in self.connected

    def close_session(self, session_id: str) -> None:
        self.ended.append(session_id)


def watched(server: Server) -> tuple[Lifetimes, Loop, list[int]]:
    """Lifetimes of 100 s, its loop, and how many were ended at each call."""
    loop, cleaned = Loop(), []  # type: ignore[var-annotated]
    lifetimes = Lifetimes(server, loop, 100.0, lambda: cleaned.append(len(server.ended)))
    for session_id in sorted(server.connected):
        lifetimes.watch(session_id)
    return lifetimes, loop, cleaned


def test_a_session_is_ended_when_its_visitor_has_been_gone_for_its_time_and_no_other_comes() -> (
    None
):
    server = Server("one", "other")
    _lifetimes, loop, cleaned = watched(server)
    loop.pass_until(1000.0)
    assert REGISTRY.get_sample_value("rnn_playground_sessions") == 2
    server.connected.remove("one")
    loop.pass_until(1095.0)
    assert server.ended == []
    loop.pass_until(1105.0)
    assert server.ended == ["one"]
    assert cleaned == []  # once what it held is gone
    loop.pass_until(1110.0)
    assert cleaned == [1]
    assert REGISTRY.get_sample_value("rnn_playground_sessions") == 1
    loop.pass_until(2000.0)
    assert server.ended == ["one"]


def test_all_who_leave_together_are_ended_before_one_cleaning() -> None:
    server = Server("a", "b", "c")
    _lifetimes, loop, cleaned = watched(server)
    server.connected.clear()
    loop.pass_until(110.0)
    assert sorted(server.ended) == ["a", "b", "c"]
    loop.pass_until(115.0)
    assert cleaned == [3]
    assert not loop.later  # there is nobody to look for


def test_who_comes_back_has_the_whole_time_again() -> None:
    server = Server("one")
    lifetimes, loop, _cleaned = watched(server)
    server.connected.clear()
    loop.pass_until(90.0)
    server.connected.add("one")
    loop.pass_until(95.0)
    server.connected.clear()
    loop.pass_until(190.0)
    assert server.ended == []
    # Between two looks: its page has run again, which is how the connection is known.
    server.connected.add("one")
    lifetimes.watch("one")
    server.connected.clear()
    loop.pass_until(285.0)
    assert server.ended == []
    loop.pass_until(300.0)
    assert server.ended == ["one"]


def test_what_a_session_held_goes_once_its_run_of_the_page_has_had_time_to_stop() -> None:
    server = Server("one")
    lifetimes, loop, _cleaned = watched(server)
    run, file = {"run"}, {"file"}
    lifetimes.watch("one", run, file)
    loop.pass_until(300.0)
    server.connected.clear()
    loop.pass_until(405.0)
    assert server.ended == ["one"]
    assert run == {"run"}
    loop.pass_until(410.0)
    assert run == file == set()


def test_an_error_of_one_session_keeps_no_other_alive() -> None:
    class Broken(Server):
        def close_session(self, session_id: str) -> None:
            super().close_session(session_id)
            if session_id == "bad":
                raise KeyError(session_id)

    server = Broken("bad", "good")
    _lifetimes, loop, cleaned = watched(server)
    server.connected.remove("bad")
    with pytest.raises(KeyError, match="bad"):
        loop.pass_until(200.0)
    server.connected.clear()
    loop.pass_until(400.0)
    assert server.ended == ["bad", "good"]
    assert cleaned == [1, 2]


def test_a_run_of_the_page_while_the_server_stops_shows_no_error() -> None:
    loop = asyncio.new_event_loop()
    loop.close()
    Lifetimes(Server(), loop, 100.0, lambda: None).watch("one")


def test_nothing_is_planned_while_nobody_is_watched() -> None:
    server = Server("one")
    lifetimes, loop, _cleaned = watched(server)
    lifetimes.watch("one")
    assert len(loop.later) == 1
    server.connected.clear()
    loop.pass_until(200.0)
    assert loop.later == []
    lifetimes.watch("one")
    assert len(loop.later) == 1


def test_without_a_server_nothing_is_watched() -> None:
    script = "from dashboard.app.lifetimes import watch_session\nwatch_session()"
    assert list(AppTest.from_string(script).run().exception) == []


def test_another_streamlit_is_told_and_ends_sessions_as_it_does(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(lifetimes.runtime, "get_instance", object)
    lifetimes._lifetimes.clear()  # type: ignore[attr-defined]
    try:
        assert lifetimes._lifetimes() is None
    finally:
        lifetimes._lifetimes.clear()  # type: ignore[attr-defined]
    assert "ends sessions only when a later visitor leaves" in caplog.text


def test_streamlit_ends_an_abandoned_session_and_gives_one_back_that_was_not() -> None:
    """With its own `Runtime`: this fails when another version works differently."""
    code = """
import asyncio, gc, weakref
from functools import partial
from unittest.mock import Mock
import streamlit as st
from streamlit import config, runtime
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from streamlit.runtime.fragment import MemoryFragmentStorage
from dashboard.app import lifetimes

class Run: pass

config.set_option("server.disconnectedSessionTTL", 3)
lifetimes._EVERY = 0.05
ended = []
lifetimes.cleaner = lambda: Mock(soon=lambda: ended.append(1))
files = MemoryUploadedFileManager("/upload")
server = runtime.Runtime(runtime.RuntimeConfig(
    "page.py", MemoryMediaFileStorage("/media"), files,
    session_storage=MemorySessionStorage(ttl_seconds=3)))

async def main():
    await server.start()
    gone, back = (server.connect_session(Mock(), {}) for _ in range(2))
    files.add_file(gone, UploadedFileRec("file", "a.csv", "text/csv", b"1,2"))
    session = weakref.ref(server.get_app_session(gone))
    # Streamlit's loop refers to the session that it served last; so does this test.
    last = server.get_app_session(gone)
    state, fragments = last.session_state, MemoryFragmentStorage()
    state["run"] = Run()
    fragments.register("fragment", partial(print, state["run"]))
    state._new_widget_state.widget_metadata["button"] = partial(print, state["run"])
    run = weakref.ref(state["run"])
    context = Mock(session_id=gone, fragment_storage=fragments)
    lifetimes.get_script_run_ctx = lambda: context
    lifetimes.watch_session()
    lifetimes.get_script_run_ctx = lambda: Mock(session_id=back, fragment_storage=fragments)
    lifetimes.watch_session()
    server.disconnect_session(back)
    await asyncio.sleep(1)
    assert server.connect_session(Mock(), {}, existing_session_id=back) == back
    server.disconnect_session(gone)
    async with asyncio.timeout(20):
        while not ended:
            await asyncio.sleep(0.05)
    assert files.get_files(gone, ["file"]) == []
    gc.collect()
    assert run() is None
    del last, state
    gc.collect()
    assert session() is None
    assert server.is_active_session(back)
    assert server.connect_session(Mock(), {}, existing_session_id=gone) != gone
    server.stop()
    await server.stopped

asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
