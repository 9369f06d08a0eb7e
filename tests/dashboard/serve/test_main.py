"""The command that serves: what it takes, and what it says when it cannot serve."""

from __future__ import annotations

import socket
import sys

import pytest

from dashboard.serve import __main__ as command
from dashboard.serve.processes import free_port


def test_two_processes_at_streamlits_port_unless_told_otherwise() -> None:
    chosen = command.parser().parse_args([])
    assert (chosen.workers, chosen.port, chosen.address) == (2, 8501, "*")
    assert (chosen.drain, chosen.gone, chosen.metrics) == (3600, 120, None)


@pytest.mark.parametrize("given", ["0", "65", "many", "1.5", ""])
def test_an_impossible_number_of_processes_is_refused(
    given: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        command.main(["--workers", given])
    assert stopped.value.code == 2
    wanted = f"workers must be a whole number from 1 to 64, got {given!r}."
    assert wanted in capsys.readouterr().err


def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SystemExit, match=rf"port {port} of 127\.0\.0\.1: it is taken"):
            command.main(["--port", str(port), "--address", "127.0.0.1"])


def test_without_haproxy_it_ends_with_the_sentence_that_helps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    with pytest.raises(SystemExit, match=r"^HAProxy is not installed\. Install it"):
        command.main(["--port", str(free_port()), "--address", "127.0.0.1"])


def test_a_replica_listens_for_this_machine_alone() -> None:
    started = command.streamlit(4001)
    assert started[:4] == [sys.executable, "-m", "streamlit", "run"]
    assert started[4].endswith("dashboard/serve/asgi.py")
    assert "--server.address=127.0.0.1" in started
    assert "--server.port=4001" in started
