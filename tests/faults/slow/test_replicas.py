"""Two replicas behind the real HAProxy: one is killed, a new version is rolled out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.e2e.app import Server, TrainPage, free_port, serve_replicas

ROOT = Path(__file__).parents[3]
#: Milliseconds within which a visitor has landed on another replica.
LANDED = 10_000


def read(url: str) -> str:
    """What is there."""
    with urlopen(url, timeout=10) as answer:
        return str(answer.read().decode())


def replicas(server: Server) -> set[int]:
    """The processes of the app."""
    found = set()
    for child in psutil.Process(server.pid).children():
        with suppress(psutil.Error):  # it has just ended
            if "streamlit" in child.cmdline():
                found.add(child.pid)
    return found


def is_connected(pid: int) -> bool:
    """Whether a replica has a connection."""
    return any(each.status == "ESTABLISHED" for each in psutil.Process(pid).net_connections())


def replica_of(server: Server, context: BrowserContext) -> int:
    """Where a visitor's cookie leads, before any replica was exchanged."""
    (cookie,) = [each for each in context.cookies() if each["name"] == "replica"]
    return sorted(replicas(server))[int(cookie["value"].removeprefix("replica")) - 1]


def test_haproxy_starts_where_few_files_may_be_open(tmp_path: Path) -> None:
    start = (
        "import resource, sys; from pathlib import Path; from dashboard.serve.haproxy import Proxy;"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256));"
        "proxy = Proxy(Path(sys.argv[1]), int(sys.argv[2])); proxy.start({'replica1': None});"
        "print(proxy.is_alive); proxy.stop()"
    )
    done = subprocess.run(
        [sys.executable, "-c", start, tmp_path, str(free_port())],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_visitors_of_a_replica_that_was_killed_land_on_another_and_run_it_again(
    browser: Browser,
) -> None:
    port = free_port()
    with serve_replicas(2, f"--metrics={port}") as server:
        window = browser.new_context(locale="en-US").new_page()
        window.set_default_timeout(30_000)
        train = TrainPage(window).open(server.url + "/?hidden_size=8&pace=5")
        train.press("run")
        train.wait_for_step(100)
        (cookie,) = [each for each in window.context.cookies() if each["name"] == "replica"]
        killed = replica_of(server, window.context)
        counted = read(f"http://127.0.0.1:{port}/metrics/{cookie['value']}")
        counts = dict(line.split() for line in counted.splitlines() if line.startswith("rnn_"))
        assert counts["rnn_playground_sessions"] == "1.0"
        assert float(counts["rnn_playground_training_steps_total"]) >= 100
        assert float(counts["rnn_playground_redraws_total"]) >= 20  # of five steps
        assert "haproxy_server_status" in read(f"http://127.0.0.1:{port}/metrics")
        with pytest.raises(HTTPError, match="404"):
            read(server.url + "/metrics")
        assert read(server.url + "/healthz") == "ok"
        others = replicas(server) - {killed}
        os.kill(killed, signal.SIGKILL)
        began = time.monotonic()
        expect(train.key("lost")).to_contain_text("was lost at step", timeout=LANDED)
        print(f"told of the loss after {time.monotonic() - began:.1f} s")
        expect(train.key("hidden_size")).to_contain_text("8")
        train.expect_step(0)
        (other,) = others
        assert is_connected(other)
        (moved,) = [each for each in window.context.cookies() if each["name"] == "replica"]
        assert {cookie["value"], moved["value"]} == {"replica1", "replica2"}
        assert window.url.endswith("?hidden_size=8&pace=5")
        train.key("again").get_by_role("button").click()
        expect(train.key("verdict")).to_contain_text("Run again to step")
        train.expect_to_rest()
        expect(train.key("lost")).to_have_count(0)
        # The one that was killed is back, and nobody is sent away for that.
        deadline = time.monotonic() + 60
        while len(replicas(server)) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        train.press("run")
        train.wait_for_step(int(train.number("step")) + 50)
        assert "Traceback" not in server.log.read_text()
        everything = psutil.Process(server.pid).children(recursive=True)
    window.context.close()
    assert not any(child.is_running() for child in everything)


def test_visitors_of_a_replica_that_hangs_go_on_in_another_and_it_is_started_again(
    browser: Browser,
) -> None:
    with serve_replicas(2) as server:
        window = browser.new_context(locale="en-US").new_page()
        window.set_default_timeout(30_000)
        train = TrainPage(window).open(server.url + "/?hidden_size=8&pace=5")
        train.press("run")
        train.wait_for_step(100)
        hung = replica_of(server, window.context)
        before = replicas(server)
        os.kill(hung, signal.SIGSTOP)
        # Three checks, which are given up after ten seconds each.
        expect(train.key("lost")).to_contain_text("was lost at step", timeout=60_000)
        train.press("run")
        train.wait_for_step(20)
        deadline = time.monotonic() + 120
        while hung in replicas(server) or len(replicas(server)) < 2:
            assert time.monotonic() < deadline, server.log.read_text()
            time.sleep(0.1)
        assert len(replicas(server) & before) == 1  # the other one was not touched
        at = int(train.number("step"))
        train.wait_for_step(at + 20)
    window.context.close()


def test_a_new_version_is_rolled_out_while_a_visitor_plays_on(browser: Browser) -> None:
    with serve_replicas(2, "--gone=2") as server:
        first, second = browser.new_context(locale="en-US"), browser.new_context(locale="en-US")
        for context in (first, second):
            context.set_default_timeout(30_000)
        train = TrainPage(first.new_page()).open(server.url)
        train.press("run")
        train.wait_for_step(20)
        old = replicas(server)
        mine = replica_of(server, first)
        os.kill(server.pid, signal.SIGHUP)
        deadline = time.monotonic() + 60
        while "The new replicas serve" not in server.log.read_text():
            assert time.monotonic() < deadline, server.log.read_text()
            time.sleep(0.1)
        while len(replicas(server)) > 3:  # the one without visitors ends soon
            assert time.monotonic() < deadline, server.log.read_text()
            time.sleep(0.1)
        new = replicas(server) - old
        at = int(train.number("step"))
        train.wait_for_step(at + 20)  # plays on, in the old version
        later = TrainPage(second.new_page()).open(server.url)  # begins in the new one
        assert any(map(is_connected, new))
        first.close()
        while mine in replicas(server):
            assert time.monotonic() < deadline + 60, server.log.read_text()
            time.sleep(0.1)
        assert replicas(server) == new
        later.press("run")
        later.wait_for_step(20)
        assert "though" not in server.log.read_text()
    second.close()


def test_a_teacher_and_a_pupil_on_two_replicas_are_in_one_room(browser: Browser) -> None:
    with serve_replicas(2) as server:
        contexts = [browser.new_context(locale="en-US") for _visitor in range(2)]
        for context in contexts:
            context.set_default_timeout(30_000)
        board = contexts[0].new_page()
        board.goto(server.url + "/board")
        board.locator(".st-key-open_room button").click()
        expect(board.get_by_text("Nobody has joined yet.")).to_be_visible()
        link = board.locator(".st-key-invite_alone code").inner_text()
        assert link.startswith(server.url + "/?room=")  # the address of HAProxy, not of a replica
        pupil = TrainPage(contexts[1].new_page()).open(link)
        assert replica_of(server, contexts[0]) != replica_of(server, contexts[1])
        name = pupil.page.locator(".st-key-invitation_row input")
        name.fill("Ada")
        name.press("Enter")
        expect(name).to_have_count(0)
        expect(board.get_by_text("In the room: 1")).to_be_visible()
        pupil.press("run")
        expect(board.get_by_text("training: 1")).to_be_visible()
        pupil.wait_for_step(40)
        # Her replica is killed: she lands on the other, in the same seat.
        os.kill(replica_of(server, contexts[1]), signal.SIGKILL)
        expect(pupil.key("lost")).to_contain_text("was lost at step", timeout=LANDED)
        pupil.press("step")
        expect(board.get_by_text("paused: 1")).to_be_visible(timeout=LANDED)
        expect(board.get_by_text("In the room: 1")).to_be_visible()
        assert "Traceback" not in server.log.read_text()
    for context in contexts:
        context.close()
