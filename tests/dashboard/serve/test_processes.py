"""Processes that end with the one that started them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from dashboard.serve.processes import Child, can_listen, free_port

ROOT = Path(__file__).parents[3]
SLEEP = [sys.executable, "-c", "import time; time.sleep(100)"]
#: Starts a child, says its number, and is killed.
PARENT = """
import os, signal, sys
from dashboard.serve.processes import Child
child = Child([sys.executable, "-c", "import time; time.sleep(100)"], 1, dict(os.environ))
print(child.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_how_it_ended_is_said_in_words() -> None:
    exits = Child([sys.executable, "-c", "raise SystemExit(3)"], 1, dict(os.environ))
    assert exits.wait(20)
    assert exits.ended == "exit status 3"
    exits.end()  # nothing, once it has ended
    exits.kill()
    killed = Child(SLEEP, 1, dict(os.environ))
    assert killed.ended == ""
    assert not killed.wait(0)
    killed.kill()
    assert killed.wait(20)
    assert killed.ended == "signal SIGKILL"


def test_it_is_well_where_it_answers(tmp_path: Path) -> None:
    (tmp_path / "well").write_text("ok")
    port = free_port()
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    child = Child([*command, "--directory", str(tmp_path)], port, dict(os.environ))
    try:
        while not child.is_well("/well"):
            assert not child.ended
        assert not child.is_well("/other")
    finally:
        child.end()
        assert child.wait(20)
    assert child.ended == "signal SIGTERM"
    assert not child.is_well("/well")


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells a child of its parent's end")
def test_it_ends_with_a_parent_that_was_killed() -> None:
    done = subprocess.run([sys.executable, "-c", PARENT], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == -9
    number = int(done.stdout)
    if psutil.pid_exists(number):
        psutil.wait_procs([psutil.Process(number)], timeout=20)
    assert not psutil.pid_exists(number) or psutil.Process(number).status() == "zombie"


def test_a_port_is_free_until_somebody_listens() -> None:
    port = free_port()
    assert can_listen(port)
    assert can_listen(port, "127.0.0.1")
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        assert not can_listen(port, "127.0.0.1")
        assert not can_listen(port)
    assert not can_listen(port, "no address")
