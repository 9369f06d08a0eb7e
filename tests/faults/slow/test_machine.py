"""A machine that fails the server: disk, caches and memory; and neighbours that diverge."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import threading
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

from benchmarks.websocket_session import Session
from tests.e2e.app import Server, serve

# Where kernels are kept may be anything but the cache of the other tests.
KERNELS = "kernels.*"
# Seconds in which a machine that others use compiles all kernels.
COMPILED = 240
# Bytes that the server may hold.
MEMORY = 1.5e9


async def play(
    server: Server, query: str = "hidden_size=8&pace=5", seconds: float = 4.0
) -> Session:
    """A visitor who presses Run; what they saw in some seconds."""
    session = Session(server.url, query)
    await asyncio.wait_for(session.open(), 60)
    await asyncio.wait_for(session.click(), 60)
    session.forget()
    await asyncio.sleep(seconds)
    session.stop()
    await session.close()
    return session


def expect_to_play(server: Server) -> None:
    """The page opens and trains, and the log has no traceback."""
    session = asyncio.run(play(server))
    assert "exception" not in session.died
    assert session.redraws >= 4
    assert session.step > session.first_step
    urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=10).close()
    said = server.log.read_text()
    assert "Traceback" not in said, said[said.find("Traceback") :][:3_000]


@pytest.fixture
def nowhere(tmp_path: Path) -> dict[str, str]:
    """No folder of the server's own can be written to: below a file nobody can make one."""
    file = tmp_path / "file"
    file.touch()
    below = str(file / "x")
    return dict.fromkeys(
        ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "XDG_DATA_HOME", "MPLCONFIGDIR"), below
    ) | {"HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"}


def test_without_a_folder_to_write_to_the_page_opens_and_trains(nowhere: dict[str, str]) -> None:
    with serve(environment=nowhere) as server:
        expect_to_play(server)


@pytest.fixture
def full() -> tuple[str, ...]:
    """A command that starts a program for which every file is full after 64 kB.

    The kernel refuses a longer one as it refuses a file on a full disk; of all that the server
    writes, its log alone is shorter.
    """
    prlimit = shutil.which("prlimit")
    assert prlimit is not None, "prlimit is part of util-linux"
    return (prlimit, "--fsize=65536")


def test_on_a_full_disk_the_page_opens_and_trains(tmp_path: Path, full: tuple[str, ...]) -> None:
    environment = {"NUMBA_CACHE_DIR": str(tmp_path / "kernels"), "TMPDIR": str(tmp_path)}
    with serve(environment=environment, prefix=full) as server:
        expect_to_play(server)
        time.sleep(45)  # the first kernels are compiled, and cannot be kept
        expect_to_play(server)


# Imported by Python when it starts: every two seconds the time of day jumps by two days.
JUMPING_CLOCK = """
import time
real, began = time.time, time.monotonic()
time.time = lambda: real() + (86_400 if (time.monotonic() - began) % 4 < 2 else -86_400)
"""


def test_a_clock_that_jumps_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(JUMPING_CLOCK)
    with serve(environment={"PYTHONPATH": str(tmp_path)}) as server:
        session = asyncio.run(play(server, seconds=12.0))
        assert not session.died or session.died == "socket closed"  # by the visitor, at the end
        assert session.is_playing
        assert session.longest_silence < 5
        expect_to_play(server)


def test_a_compilation_that_was_killed_and_a_cache_of_garbage_are_made_again(
    tmp_path: Path,
) -> None:
    environment = {"NUMBA_CACHE_DIR": str(tmp_path)}
    with serve(environment=environment) as server:
        expect_to_play(server)
        deadline = time.monotonic() + COMPILED
        while not list(tmp_path.rglob(f"{KERNELS}.nbc")) and time.monotonic() < deadline:
            time.sleep(0.2)
        os.kill(server.pid, signal.SIGKILL)
    kept = [*tmp_path.rglob(f"{KERNELS}.nb?")]
    assert kept
    for file in kept[::2]:
        file.write_bytes(b"garbage")
    for file in kept[1::2]:
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with serve(environment=environment) as server:
        expect_to_play(server)
        deadline = time.monotonic() + COMPILED
        while time.monotonic() < deadline:
            whole = [file for file in kept if file.exists() and file.read_bytes() != b"garbage"]
            if len(whole) == len(kept):
                break
            time.sleep(1)
        expect_to_play(server)


def test_the_largest_networks_of_eight_visitors_fit_into_a_gigabyte_and_a_half() -> None:
    large = "task=adding&hidden_size=256&num_layers=4&batch_size=8&cell=lstm"

    async def together(server: Server) -> list[Session]:
        visitors = [play(server, large, 20.0) for _ in range(8)]
        return await asyncio.gather(*visitors, play(server, seconds=20.0))

    peak, done = 0, threading.Event()

    def watch(process: psutil.Process) -> None:
        nonlocal peak
        while not done.wait(0.1):
            peak = max(peak, process.memory_info().rss)

    with serve() as server:
        watcher = threading.Thread(target=watch, args=(psutil.Process(server.pid),))
        watcher.start()
        try:
            *visitors, small = asyncio.run(together(server))
        finally:
            done.set()
            watcher.join()
        for session in (*visitors, small):
            assert "exception" not in session.died
            assert session.step > session.first_step
        expect_to_play(server)
    assert peak < MEMORY, f"{peak / 1e6:.0f} MB"


def test_a_neighbour_that_diverges_changes_nothing_for_others(server: Server) -> None:
    async def together() -> list[Session]:
        return await asyncio.gather(
            play(server, "optimizer=sgd&lr=1&pace=5"),
            play(server, "hidden_size=8&pace=5", 6.0),
            play(server, "optimizer=sgd&lr=1&pace=5&seed=3"),
        )

    first, other, second = asyncio.run(together())
    for diverged in (first, second):
        assert not diverged.is_playing
        assert "exception" not in diverged.died
    assert "exception" not in other.died
    assert other.is_playing
    assert other.redraws >= 10
