"""The tutorial's example: it learns past the floor of a memory that ends with the window."""

from __future__ import annotations

import re

import pytest

from examples import tutorial


def test_the_loss_falls_below_the_window_memory_floor(capsys: pytest.CaptureFixture[str]) -> None:
    tutorial.main()
    said = capsys.readouterr().out
    steps = [int(step) for step in re.findall(r"^step (\d+): loss", said, re.MULTILINE)]
    assert steps == [0, 100, 200, 300, 400]
    assert float(re.findall(r"last 20 losses: ([\d.]+)", said)[0]) < 0.1
    assert said.splitlines()[-4:] == [
        "constant 0.55: beaten",
        "memoryless 0.55: beaten",
        "window_memory 0.10: beaten",
        "carried_memory 0.00: not beaten",
    ]
