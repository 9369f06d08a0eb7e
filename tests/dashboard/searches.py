"""Searches for learning rates for tests: no time passes, and the reference engine trains."""

from __future__ import annotations

from dashboard.compare.contenders import PRESETS, contenders
from dashboard.compare.lr_search.live_search import LiveSearch
from rnn_core import RunConfig

BASE = RunConfig(hidden_size=4)
STEPS = 20


def search(base: RunConfig = BASE, preset: str = "carry") -> LiveSearch:
    """Two contenders, five rates, three seeds: thirty networks."""
    chosen = contenders(base, PRESETS[preset](base))
    return LiveSearch(chosen, range(2), 0.02, STEPS, clock=lambda: 0.0, engine="torch")


def finished(live: LiveSearch) -> LiveSearch:
    live.play()
    while not live.done:
        live.tick(None, 1)
    return live
