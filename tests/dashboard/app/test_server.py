from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import pytest
import torch
from streamlit.testing.v1 import AppTest

from dashboard.app import server
from tests.dashboard.clock import Clock

ROOT = Path(__file__).parents[3]


def test_the_server_is_prepared_once_for_all_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    prepared: list[object] = []
    given_back = Event()

    def prepare(wait: float, *, elsewhere: bool) -> Thread:
        loading = Thread(target=prepared.append, args=(elsewhere,))
        loading.start()
        return loading

    monkeypatch.setattr(server, "prepare_compiled", prepare)
    monkeypatch.setattr(server, "give_back_libraries", given_back.set)
    server.prepare_server.clear()  # type: ignore[attr-defined]
    frozen = gc.get_freeze_count()
    try:
        for _session in range(2):
            app = AppTest.from_string(
                "from dashboard.app.server import prepare_server\nprepare_server()"
            )
            assert list(app.run().exception) == []
        assert given_back.wait(10)
        assert prepared == [True]
        assert torch.get_num_threads() == 1
        assert gc.get_freeze_count() > frozen
    finally:
        gc.unfreeze()
        server.prepare_server.clear()  # type: ignore[attr-defined]


def test_all_sessions_wait_in_one_queue() -> None:
    script = """
import streamlit as st
from dashboard.app.server import render_queue
st.session_state["queue"] = render_queue()
"""
    one, other = (AppTest.from_string(script).run() for _session in range(2))
    assert one.session_state["queue"] is other.session_state["queue"]


def test_frozen_objects_are_still_collected_when_they_are_made_later() -> None:
    code = """
import gc, threading
from dashboard.app import server
from tests.dashboard.clock import Clock
server.prepare_compiled = lambda wait, elsewhere: threading.main_thread()
server.prepare_server.__wrapped__()
class Node: pass
node = Node(); node.self = node; del node
assert gc.collect() >= 1
assert gc.isenabled()
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_first_page_waits_for_no_library_that_it_does_not_need() -> None:
    code = """
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file(sys.argv[1], default_timeout=60).run()
assert list(app.exception) == []
assert {"altair", "torch"} <= set(sys.modules)
absent = {"pandas", "scipy.linalg", "scipy.stats", "statsmodels", "optuna", "sympy"}
absent |= {"torch._dynamo", "torch._decomp", "torch._refs"}
print(*absent & set(sys.modules))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(ROOT / "streamlit_app.py")],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_altair_draws_while_another_session_imports_pandas() -> None:
    code = """
import sys, threading
from types import ModuleType
import altair as alt
from dashboard.app import server
server.prepare_compiled = lambda wait, elsewhere: threading.main_thread()
sys.modules["pandas"] = ModuleType("pandas")  # as it stands there at first
try:
    alt.Scale(domain=[0, 1])
except AttributeError:
    pass
else:
    raise AssertionError("this Altair needs no help")
server.prepare_server.__wrapped__()
assert alt.Scale(domain=[0, 1]).to_dict() == {"domain": [0, 1]}
del sys.modules["pandas"]
import pandas
assert alt.Scale(domain=[pandas.Timestamp(0), 1]).to_dict()["domain"][0].startswith("1970")
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


class Later:
    """A timer that a test runs."""

    def __init__(self, seconds: float, function: Callable[[], None]) -> None:
        self.seconds, self.function = seconds, function
        self.daemon = False
        planned.append(self)

    def start(self) -> None:
        assert self.daemon


planned: list[Later] = []


def test_cleaning_follows_its_reason_and_comes_at_most_once_a_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cleaned = []
    monkeypatch.setattr(server, "Timer", Later)
    monkeypatch.setattr(server, "clean", lambda: cleaned.append(clock.now))
    planned.clear()
    clock = Clock()
    cleaner = server.Cleaner(clock)
    for clock.now in (10.0, 20.0):
        cleaner.soon()
    assert [timer.seconds for timer in planned] == [50.0]  # not in the server's first minute
    clock.now = 60.0
    planned.pop().function()
    assert cleaned == [60.0]
    clock.now = 119.0
    cleaner.soon()
    assert [timer.seconds for timer in planned] == [5.0]
    clock.now = 124.0
    planned.pop().function()
    assert cleaned == [60.0, 124.0]
    assert planned == []


def test_cleaning_frees_what_was_frozen_and_freezes_the_rest() -> None:
    code = """
import gc, weakref
from dashboard.app.server import clean
class Session: pass
session = Session(); session.itself = session
gone, here = weakref.ref(session), Session()
gc.freeze()
del session
gc.collect()
assert gone() is not None  # a collection does not look at what is frozen
clean()
assert gone() is None
assert gc.get_freeze_count() > 1000
assert here is not None
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
