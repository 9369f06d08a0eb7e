"""Sweeps whose workers are killed, whose database goes away, whose storage is full."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rnn_core.experiments.sweep import Space, Sweep, run_point
from tests.faults.database import Database, database

# Points of about two seconds each.
SPACE = Space(
    axes={"cell": ["rnn", "gru"], "lr": [0.01, 0.02, 0.03]},
    settings={"hidden_size": 4},
    steps=1500,
    seeds=2,
    objective="online_loss",
    engine="torch",
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Database]:
    with database(tmp_path / "postgres") as running:
        yield running


@pytest.fixture
def sweep(server: Database) -> Iterator[Sweep]:
    with Sweep.create(SPACE, server.address, "a") as made:
        yield made


@contextmanager
def workers(count: int, storage: str) -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that work on the sweep; none outlives the block."""
    command = [sys.executable, "-m", "rnn_core", "sweep", "worker"]
    command += ["--storage", storage, "--study", "a"]
    processes = [
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        for _ in range(count)
    ]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def wait_until(done: object, patience: float = 120.0) -> None:
    """Wait until a call returns something true."""
    assert callable(done)
    until = time.monotonic() + patience
    while not done():
        assert time.monotonic() < until
        time.sleep(0.2)


def check(sweep: Sweep) -> None:
    """Every point is done once, and has the result that it has without any fault."""
    points = sweep.points()
    assert [each.state for each in points] == ["done"] * 6
    assert [each.point for each in points] == list(SPACE.points() or ())
    for each in points[::5]:
        assert each.outcome
        assert each.outcome.values == run_point(SPACE, SPACE.config(each.point)).values


def test_a_worker_that_is_killed_loses_nothing(server: Database, sweep: Sweep) -> None:
    with workers(2, server.address) as (victim, other):
        wait_until(lambda: sweep.progress().running == 2)
        os.kill(victim.pid, signal.SIGKILL)
        said, errors = other.communicate(timeout=180)
        assert (other.returncode, errors) == (0, "")
        assert int(said.split()[0]) >= 4
    check(sweep)


def test_a_database_that_is_started_again_loses_nothing(server: Database, sweep: Sweep) -> None:
    with workers(2, server.address) as processes:
        wait_until(lambda: sweep.progress().done >= 1)
        server.stop()
        time.sleep(3)
        server.start()
        for process in processes:
            _said, errors = process.communicate(timeout=180)
            assert (process.returncode, errors) == (0, "")
    check(sweep)


def test_a_worker_that_joins_is_used_within_seconds(server: Database, sweep: Sweep) -> None:
    with workers(1, server.address):
        wait_until(lambda: sweep.progress().running == 1)
        with workers(1, server.address):
            wait_until(lambda: sweep.progress().running == 2, patience=60)
    # Nobody has told the storage that both were killed; a third worker finds out.
    with workers(1, server.address) as (last,):
        said, _errors = last.communicate(timeout=240)
        assert int(said.split()[0]) >= 2
    check(sweep)


def test_ctrl_c_gives_back_what_is_under_way(server: Database, sweep: Sweep) -> None:
    with workers(1, server.address) as (process,):
        wait_until(lambda: sweep.progress().running == 1)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        assert process.returncode == 130
    progress = sweep.progress()
    assert progress.running == progress.failed == 0


def test_a_storage_that_is_full_is_told_in_one_sentence(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(small)]
    if subprocess.run(mount, stderr=subprocess.DEVNULL).returncode:
        pytest.fail("This test mounts a small disk, which takes root.")
    try:
        toml = tmp_path / "a.toml"
        toml.write_text(
            'steps = 20\nengine = "torch"\nobjective = "online_loss"\n'
            "[axes]\nhidden_size = " + str(list(range(1, 101)))
        )
        command = [sys.executable, "-m", "rnn_core", "sweep", str(toml), "--workers", "1"]
        done = subprocess.run(
            [*command, "--storage", str(small / "a.journal")],
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert done.returncode == 2
        assert "No space left on device" in done.stderr
        assert "Traceback" not in done.stderr
    finally:
        subprocess.run(["umount", str(small)], check=True)
