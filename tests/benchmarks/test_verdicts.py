"""Verdicts on memory: every setting and every cell has its row, and no claim is unsupported."""

from __future__ import annotations

from benchmarks.verdicts import CELLS, slow_settings
from tests.benchmarks.commands import numbers, run_quickly


def test_settings_are_slow_and_always_the_same() -> None:
    settings = slow_settings(20)
    assert settings == slow_settings(20)
    assert all(config.window_length * 20 <= config.points_per_period for config in settings)


def test_every_row_is_printed_and_nothing_is_claimed_without_support() -> None:
    lines = run_quickly("benchmarks.verdicts").splitlines()
    assert sum(line.startswith(("sin_to_cos", "noisy_sine")) for line in lines) == 3
    (unsupported,) = [line for line in lines if "includes zero" in line]
    assert numbers(unsupported) == [0]
    for cell in CELLS:
        claims, cost = (line for line in lines if line.split()[:1] == [cell])
        assert "{" in claims
        assert all(value > 0 for value in numbers(cost))
