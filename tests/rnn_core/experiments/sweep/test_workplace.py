"""Names of workers."""

from __future__ import annotations

import subprocess
import sys

import pytest

from rnn_core.experiments.sweep.workplace import has_ended, worker_name


def test_a_process_that_is_there_has_not_ended_and_one_that_was_there_has() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    name = worker_name(process.pid)
    assert not has_ended(name)
    process.communicate(b"\n")
    assert has_ended(name)
    assert not has_ended(worker_name())


@pytest.mark.parametrize("name", ["", "elsewhere:1", "a", ":3"])
def test_nothing_is_known_of_other_machines(name: str) -> None:
    assert not has_ended(name)
    assert not has_ended(worker_name() + "x")


def test_a_number_that_no_process_can_have_is_no_error() -> None:
    assert not has_ended(worker_name(10**30))
