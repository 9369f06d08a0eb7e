"""Serve the app in several processes behind HAProxy.

Ctrl-C and SIGTERM end all of them. SIGHUP rolls out what is on the disk by then: new processes
start, new visitors go there, and each old process is ended when its visitors have gone. A process
that dies is started again; its visitors go on in another, with their settings.
"""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

from dashboard.serve.haproxy import Proxy, ProxyError
from dashboard.serve.processes import can_listen
from dashboard.serve.supervisor import Patience, Supervisor

_SCRIPT = Path(__file__).with_name("asgi.py")
# Seconds from one look at the processes to the next.
_EVERY = 0.2
#: More would not fit into a machine: a process takes 300 MB before anybody has come.
MOST_WORKERS = 64


def streamlit(port: int) -> list[str]:
    """The command that serves the app on this port, for this machine alone."""
    options = ["--server.headless=true", "--server.address=127.0.0.1", f"--server.port={port}"]
    return [sys.executable, "-m", "streamlit", "run", str(_SCRIPT), *options]


def number(name: str, least: int, most: int, text: str) -> int:
    """A whole number between bounds, for argparse.

    Raises:
        argparse.ArgumentTypeError: if the text is none.
    """
    try:
        value = int(text)
    except ValueError:
        value = least - 1
    if not least <= value <= most:
        raise argparse.ArgumentTypeError(
            f"{name} must be a whole number from {least} to {most}, got {text!r}."
        )
    return value


def parser() -> argparse.ArgumentParser:
    """What the command line may say."""
    found = argparse.ArgumentParser("python -m dashboard.serve", description=__doc__)
    found.add_argument(
        "--workers",
        type=partial(number, "workers", 1, MOST_WORKERS),
        default=2,
        help="processes of the app; 2, or as many as there are cores",
    )
    found.add_argument(
        "--port",
        type=partial(number, "port", 1, 65_535),
        default=8501,
        help="where visitors come in; 8501",
    )
    found.add_argument(
        "--address", default="*", help="of this machine, at which to listen; all by default"
    )
    found.add_argument(
        "--metrics",
        type=partial(number, "metrics", 1, 65_535),
        metavar="PORT",
        help="where Prometheus finds /metrics of HAProxy and /metrics/replica1 … of each process, "
        "on 127.0.0.1 alone; nowhere by default",
    )
    found.add_argument(
        "--drain",
        type=partial(number, "drain", 0, 7 * 24 * 3600),
        default=3600,
        metavar="SECONDS",
        help="until an old process is ended though visitors are there; 3600",
    )
    found.add_argument(
        "--gone",
        type=partial(number, "gone", 0, 24 * 3600),
        default=120,
        metavar="SECONDS",
        help="without a connection after which an old process's visitors have gone; 120",
    )
    found.add_argument(
        "--any-core",
        action="store_true",
        help="let processes move between cores, where other programs need them as well; by default "
        "each keeps to one for all that is short, which gives a class a third more redraws",
    )
    return found


def _cores() -> list[int]:
    """The cores that this process may use; none where the system does not say."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def say(text: str) -> None:
    """Print a line at once."""
    print(text, file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until a signal comes.

    Raises:
        SystemExit: with a sentence if the port is taken or HAProxy is missing.
    """
    chosen = parser().parse_args(arguments)
    for option, port, address in (
        ("port", chosen.port, chosen.address),
        ("metrics", chosen.metrics, "127.0.0.1"),
    ):
        if port is not None and not can_listen(port, address):
            raise SystemExit(
                f"Nothing can listen on port {port} of {address}: it is taken or not allowed. "
                f"Choose another, for example --{option} 8600."
            )
    stopping, rolling = Event(), Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopping.set())
    signal.signal(signal.SIGHUP, lambda *_: rolling.set())
    with TemporaryDirectory(prefix="rnn-playground-") as folder:
        # Cookies of one replica hold in the others: else a file could not be uploaded after a move.
        secret = os.environ.get("STREAMLIT_SERVER_COOKIE_SECRET") or secrets.token_hex(32)
        supervisor = Supervisor(
            chosen.workers,
            Proxy(Path(folder), chosen.port, chosen.address, chosen.metrics),
            streamlit,
            Patience(drain=chosen.drain, gone=chosen.gone),
            say,
            {"STREAMLIT_SERVER_COOKIE_SECRET": secret},
            cores=() if chosen.any_core else _cores(),
        )
        try:
            supervisor.start()
            told = False
            while not stopping.is_set():
                if rolling.is_set():
                    rolling.clear()
                    supervisor.roll_out()
                supervisor.look()
                if supervisor.is_ready and not told:
                    told = True
                    host = "localhost" if chosen.address == "*" else chosen.address
                    say(
                        f"Serving on http://{host}:{chosen.port} with {chosen.workers} processes. "
                        f"Ctrl-C ends them; kill -HUP {os.getpid()} rolls out a new version."
                    )
                time.sleep(_EVERY)
        except ProxyError as problem:
            raise SystemExit(str(problem)) from None
        finally:
            supervisor.stop()


if __name__ == "__main__":
    main()
