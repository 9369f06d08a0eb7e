"""Memory span tests, played live, for tests: no time passes."""

from __future__ import annotations

from dashboard.compare.contenders import PRESETS, contenders
from dashboard.compare.memory_span.live_span import LiveSpan
from rnn_core import RunConfig

BASE = RunConfig(task="delayed_recall", hidden_size=8, batch_size=8, lr=0.02)


def span(
    base: RunConfig = BASE, preset: str = "carry", seeds: int = 2, engine: str = "torch"
) -> LiveSpan:
    chosen = contenders(base, PRESETS[preset](base))
    return LiveSpan(chosen, seeds, clock=lambda: 0.0, engine=engine)


def after(steps: int, live: LiveSpan) -> LiveSpan:
    live.play()
    live.tick(steps, 10**6)
    live.pause()
    return live


def measured() -> LiveSpan:
    """A test whose first delay has ended, with every memory capacity measured."""
    live = span(engine="compiled")
    while live.frame().latest.delay == 1:
        live.step_once()
    live.measure(1.0)
    return live
