"""Comparisons for tests: no time passes, and the reference engine trains."""

from __future__ import annotations

from dashboard.compare.contenders import PRESETS, contenders
from dashboard.compare.live_comparison import LiveComparison
from rnn_core import RunConfig


def comparison(
    base: RunConfig | None = None, preset: str = "cells", seeds: int = 3, first_seed: int = 0
) -> LiveComparison:
    base = base or RunConfig(hidden_size=4)
    chosen = contenders(base, PRESETS[preset](base))
    return LiveComparison(chosen, seeds, first_seed, clock=lambda: 0.0, engine="torch")


def after(steps: int, live: LiveComparison) -> LiveComparison:
    if steps:
        live.play()
        live.tick(steps, 10**6)
        live.pause()
    return live
