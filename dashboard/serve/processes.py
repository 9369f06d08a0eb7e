"""Processes that end with the one that started them."""

from __future__ import annotations

import ctypes
import http.client
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence

# In prctl.h: the signal that a process gets when its parent ends.
_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Have this process ended when its parent is, even by SIGKILL; on Linux."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def free_port() -> int:
    """A port of this machine where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def can_listen(port: int, address: str = "*") -> bool:
    """Whether a server may listen there: the port is free, and this user may."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("" if address == "*" else address, port))
            probe.listen(1)  # binding alone succeeds beside another who listens
        except OSError:
            return False
    return True


class Child:
    """A process that serves on a port of its own.

    Args:
        command: that starts it.
        port: where it listens.
        environment: all its variables.
    """

    def __init__(self, command: Sequence[str], port: int, environment: Mapping[str, str]) -> None:
        self.port = port
        # In a session of its own: Ctrl-C reaches the supervisor alone, which then ends all.
        self._process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # Streamlit prints the address behind the proxy there
            start_new_session=True,
            preexec_fn=end_with_parent if sys.platform == "linux" else None,
        )

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def ended(self) -> str:
        """How it ended, in words; empty while it runs."""
        code = self._process.poll()
        if code is None:
            return ""
        return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"

    def is_well(self, path: str) -> bool:
        """Whether it answers at this path, within a second."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def end(self) -> None:
        """Ask it to end."""
        if not self.ended:
            self._process.terminate()

    def kill(self) -> None:
        """End it at once."""
        if not self.ended:
            self._process.kill()

    def wait(self, seconds: float) -> bool:
        """Wait for its end; whether it came."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True
