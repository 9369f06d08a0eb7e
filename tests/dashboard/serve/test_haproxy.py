"""HAProxy's configuration, and orders to it, against a stand-in for its socket."""

from __future__ import annotations

import resource
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dashboard.serve.haproxy import Proxy, ProxyError, Seen, configuration

#: As HAProxy 2.6 says it, with some of its columns.
STATISTICS = """\
# pxname,svname,qcur,qmax,scur,smax,status
visitors,FRONTEND,,,3,4,OPEN
app,replica1,0,0,2,3,UP
app,replica2,0,0,1,1,DRAIN
app,replica3,0,0,0,2,DOWN
app,replica4,0,0,1,2,UP 1/3
app,BACKEND,0,0,3,4,UP
"""


@contextmanager
def answering(folder: Path, answer: str) -> Iterator[list[str]]:
    """Someone at HAProxy's socket, who notes each order and answers all alike."""
    orders: list[str] = []
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(folder / "haproxy.sock"))
        door.listen()

        def listen() -> None:
            while True:
                try:
                    line, _ = door.accept()
                except OSError:
                    return
                with line:
                    orders.append(line.recv(1000).decode().rstrip("\n"))
                    line.sendall(answer.encode())

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield orders
        finally:
            door.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_the_configuration_names_the_door_the_check_and_every_place() -> None:
    text = configuration(
        {"replica1": 4001, "replica2": None}, socket=Path("/run/x.sock"), port=8600
    )
    lines = [line.strip() for line in text.splitlines()]
    assert "bind *:8600" in lines
    assert "stats socket /run/x.sock mode 600 level admin" in lines
    assert "option httpchk GET /_stcore/health" in lines
    assert "timeout tunnel 1h" in lines
    assert [line for line in lines if line.startswith("server ")] == [
        "server replica1 127.0.0.1:4001 cookie replica1",
        "server replica2 127.0.0.1:1 cookie replica2 disabled",
    ]
    assert "$" not in text
    assert text.index("frontend visitors") < text.index("backend app")


@pytest.mark.parametrize(
    ("files", "connections"),
    [(1024, 480), (8256, 4096), (1_048_576, 4096), (resource.RLIM_INFINITY, 4096), (66, 1)],
)
def test_it_wants_no_more_connections_than_files_may_be_open(
    monkeypatch: pytest.MonkeyPatch, files: int, connections: int
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda what: (256, files))
    text = configuration({"replica1": 4001}, socket=Path("s"), port=1)
    assert f"    maxconn {connections}\n" in text


def test_who_has_a_dead_replicas_cookie_goes_to_another() -> None:
    text = configuration({"replica1": 4001}, socket=Path("s"), port=1, address="10.0.0.1")
    assert "bind 10.0.0.1:1\n" in text
    assert "option redispatch 1\n" in text
    assert "cookie replica insert indirect nocache httponly attr SameSite=Lax\n" in text
    assert "on-marked-down shutdown-sessions\n" in text


def test_what_is_measured_is_for_this_machine_alone() -> None:
    closed = configuration({"replica1": 4001}, socket=Path("s"), port=1)
    assert "frontend metrics" not in closed
    refused = "http-request return status 404 if { path /metrics /_stcore/metrics }\n"
    assert refused in closed
    text = configuration({"replica1": 4001}, socket=Path("s"), port=1, metrics=8502)
    visitors, metrics = text.split("frontend metrics\n")
    assert refused in visitors
    lines = [line.strip() for line in metrics.split("backend app\n")[0].splitlines()]
    assert lines[0] == "bind 127.0.0.1:8502"
    assert "http-request use-service prometheus-exporter if { path /metrics }" in lines
    assert "http-request return status 404 unless { path_reg ^/metrics/replica[0-9]+$ }" in lines
    assert "bind" not in metrics.split("backend app\n")[1]


def test_orders_are_those_of_the_runtime_api(tmp_path: Path) -> None:
    proxy = Proxy(tmp_path, 1)
    with answering(tmp_path, "\n") as orders:
        proxy.serve("replica1", 4001)
        proxy.drain("replica2")
        proxy.close("replica2")
    assert orders == [
        "set server app/replica1 addr 127.0.0.1 port 4001",
        "set server app/replica1 health up",
        "set server app/replica1 state ready",
        "set server app/replica2 state drain",
        "set server app/replica2 state maint",
        "shutdown sessions server app/replica2",
    ]


def test_what_has_changed_is_no_refusal(tmp_path: Path) -> None:
    said = "port changed from '1' to '4001' by 'stats socket command'"
    with answering(tmp_path, said):
        assert Proxy(tmp_path, 1).order("set server app/replica1 addr 127.0.0.1 port 4001") == said


def test_it_sees_the_connections_of_the_replicas_and_who_has_failed_the_checks(
    tmp_path: Path,
) -> None:
    with answering(tmp_path, STATISTICS) as orders:
        seen = Proxy(tmp_path, 1).seen()
    assert seen == {
        "replica1": Seen(2),
        "replica2": Seen(1),
        "replica3": Seen(0, is_down=True),
        "replica4": Seen(1),
    }
    assert orders == ["show stat"]


def test_an_order_that_is_refused_says_which_and_why(tmp_path: Path) -> None:
    with (
        answering(tmp_path, "No such server.\n"),
        pytest.raises(ProxyError, match=r"refuses `set server app/x state drain`: No such server"),
    ):
        Proxy(tmp_path, 1).drain("x")


def test_without_haproxy_it_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(ProxyError, match=r"not installed.*apt-get install haproxy"):
        Proxy(tmp_path, 1).start({})


def test_an_haproxy_that_does_not_start_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "haproxy"
    program.write_text("#!/bin/sh\necho cannot bind socket >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr("shutil.which", lambda *_, **__: str(program))
    proxy = Proxy(tmp_path, 1)
    with pytest.raises(ProxyError, match=r"^HAProxy does not start: cannot bind socket$"):
        proxy.start({"replica1": None})
    assert not proxy.is_alive
