"""The floors of the tutorial's task."""

from __future__ import annotations

import pytest

from benchmarks.reproduce import tutorial_floors
from rnn_core import RunConfig, build_task


def test_a_network_without_memory_stands_exactly_on_its_floor() -> None:
    floor = {f.key: f.value for f in build_task(RunConfig()).floors()}["memoryless"]
    for seed in (0, 1):
        assert tutorial_floors.without_memory(seed) == pytest.approx(floor, abs=1e-6)
