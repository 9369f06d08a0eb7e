"""HAProxy: its configuration, its process, and orders to it while it runs."""

from __future__ import annotations

import csv
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from dashboard.serve.processes import end_with_parent

#: Where a replica says that it is well.
HEALTH = "/_stcore/health"
MISSING = (
    "HAProxy is not installed. Install it (Debian, Ubuntu: apt-get install haproxy; "
    "macOS: brew install haproxy), or serve with one process: make run"
)
_TEMPLATE = Path(__file__).with_name("haproxy.cfg")
_METRICS = """
frontend metrics
    bind 127.0.0.1:$port
    http-request use-service prometheus-exporter if { path /metrics }
    http-request return status 404 unless { path_reg ^/metrics/replica[0-9]+$$ }
    # /metrics/replica1 is what replica1 says at /metrics.
    http-request set-var(txn.place) path,field(3,/)
    http-request set-path /metrics
    default_backend app
"""
# Seconds for HAProxy to open its socket, and to answer an order.
_START, _ANSWER = 10.0, 5.0
# Connections at a time, at most; files that each takes, to the visitor and to the replica, and that
# HAProxy has open itself.
_MOST, _FILES_EACH, _OWN_FILES = 4096, 2, 64
# A port where nobody listens, for a place that is not in use yet.
_NOWHERE = 1


@dataclass(frozen=True, slots=True)
class Seen:
    """What HAProxy sees of a place.

    Args:
        connections: how many there are now.
        is_down: whether its replica has failed the checks.
    """

    connections: int = 0
    is_down: bool = False


class ProxyError(Exception):
    """HAProxy is missing, does not start, or refuses an order; says why in a sentence."""


def program() -> str | None:
    """Path of HAProxy on this machine, if there is one."""
    return shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")


def most_connections() -> int:
    """How many connections HAProxy may have, by the files that this user's programs may open.

    It does not start where its configuration wants more, as in a container or for a guest.
    """
    try:
        import resource  # not on Windows, for which there is no HAProxy
    except ImportError:
        return _MOST
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        return _MOST
    return max(1, min(_MOST, (hard - _OWN_FILES) // _FILES_EACH))


def configuration(
    places: Mapping[str, int | None],
    *,
    socket: Path,
    port: int,
    address: str = "*",
    metrics: int | None = None,
) -> str:
    """The text of a configuration.

    Args:
        places: names of the places for replicas, each with the port of a replica that serves, or
            None for a place out of use.
        socket: where HAProxy takes orders.
        port: where visitors come in.
        address: of this machine, at which it listens; `*` for all of them.
        metrics: where Prometheus comes in, on this machine alone; None for nowhere.
    """
    servers = "\n".join(
        f"    server {name} 127.0.0.1:{at or _NOWHERE} cookie {name}{'' if at else ' disabled'}"
        for name, at in places.items()
    )
    door = "" if metrics is None else Template(_METRICS).substitute(port=metrics)
    text = _TEMPLATE.read_text(encoding="utf-8")
    return Template(text).substitute(
        socket=socket,
        maxconn=most_connections(),
        address=address,
        port=port,
        health=HEALTH,
        servers=servers,
        metrics=door,
    )


class Proxy:
    """A process of HAProxy.

    Args:
        folder: for its configuration and its socket, only for this.
        port: where visitors come in.
        address: of this machine, at which it listens; `*` for all of them.
        metrics: where Prometheus comes in, on this machine alone; None for nowhere.
    """

    def __init__(
        self, folder: Path, port: int, address: str = "*", metrics: int | None = None
    ) -> None:
        self._folder, self._port, self._address, self._metrics = folder, port, address, metrics
        self._socket = folder / "haproxy.sock"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, places: Mapping[str, int | None]) -> None:
        """Start, with the replicas as they are.

        Raises:
            ProxyError: if HAProxy is missing or does not start.
        """
        command = program()
        if command is None:
            raise ProxyError(MISSING)
        file = self._folder / "haproxy.cfg"
        text = configuration(
            places,
            socket=self._socket,
            port=self._port,
            address=self._address,
            metrics=self._metrics,
        )
        file.write_text(text, encoding="utf-8")
        self._socket.unlink(missing_ok=True)
        said = self._folder / "haproxy.log"
        with said.open("wb") as log:
            self._process = subprocess.Popen(
                [command, "-db", "-f", file],
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=end_with_parent if sys.platform == "linux" else None,
            )
        deadline = time.monotonic() + _START
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                self.order("show info")
            except (OSError, ProxyError):
                time.sleep(0.05)
            else:
                return
        self.stop()
        raise ProxyError(f"HAProxy does not start: {said.read_text(errors='replace').strip()}")

    @property
    def is_alive(self) -> bool:
        """Whether its process runs."""
        return self._process is not None and self._process.poll() is None

    def serve(self, place: str, port: int) -> None:
        """Send visitors to a replica that is well.

        Args:
            place: its name.
            port: of the replica.
        """
        self.order(f"set server app/{place} addr 127.0.0.1 port {port}")
        self.order(f"set server app/{place} health up")
        self.order(f"set server app/{place} state ready")

    def drain(self, place: str) -> None:
        """Send only those to it who are there already."""
        self.order(f"set server app/{place} state drain")

    def close(self, place: str) -> None:
        """Send nobody there, and cut off who is."""
        self.order(f"set server app/{place} state maint")
        self.order(f"shutdown sessions server app/{place}")

    def seen(self) -> dict[str, Seen]:
        """What it sees of each place now."""
        lines = self.order("show stat").lstrip("# ").splitlines()
        return {
            row["svname"]: Seen(int(row["scur"]), row["status"].startswith("DOWN"))
            for row in csv.DictReader(lines)
            if row["pxname"] == "app" and row["svname"] != "BACKEND"
        }

    def order(self, command: str) -> str:
        """Give an order.

        Returns:
            What HAProxy says to it.

        Raises:
            ProxyError: if it refuses.
            OSError: if it does not answer.
        """
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(_ANSWER)
            line.connect(str(self._socket))
            line.sendall(command.encode() + b"\n")
            answer = b""
            while part := line.recv(65536):
                answer += part
        text = answer.decode(errors="replace").strip()
        # An order that is obeyed is answered with nothing, or with what has changed.
        if not command.startswith("show") and text and "changed from" not in text:
            if text.startswith("no need to change"):
                return text
            raise ProxyError(f"HAProxy refuses `{command}`: {text}")
        return text

    def stop(self) -> None:
        """End its process."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
