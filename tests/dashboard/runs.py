"""Live runs that stand at a step, and the results of their views."""

from __future__ import annotations

from typing import Any

import numpy as np

from dashboard.app.playback import Status
from dashboard.charts.base import Chart
from dashboard.run.frame import Frame
from dashboard.run.live_run import LiveRun
from dashboard.run.views.base import Presentation
from dashboard.run.views.cache import CachedResult
from dashboard.run.views.registry import view
from rnn_core import RunConfig, Trainer
from tests.dashboard.clock import Clock


def run_after(
    steps: int, config: RunConfig | None = None, *, engine: str = "torch", clock: Any = None
) -> LiveRun:
    """A paused run for which no time passes."""
    run = LiveRun(config or RunConfig(), clock=clock or Clock(), engine=engine)
    if steps:
        go_on(run, steps)
    return run


def go_on(run: LiveRun, steps: int) -> None:
    """Take this many further steps, and pause; fewer if the run ends."""
    last = run.index + steps
    run.play()
    while run.status is Status.PLAYING and run.index < last:
        run.tick(last - run.index, 10**9)  # as many as fit into a redraw
    run.pause()


def trainer_at(step: int, config: RunConfig) -> Trainer:
    """A trainer that stands at a step."""
    trainer = Trainer(config)
    for taken in trainer.steps():
        if taken.index == step:
            break
    return trainer


def inspect(run: LiveRun, key: str, controls: Any = None, *, preview: bool = False) -> CachedResult:
    """What a view shows; there must be something."""
    cached = run.inspect(view(key), controls, preview=preview)
    assert cached is not None
    return cached


def charts_of(run: LiveRun, key: str, controls: Any = None, *, moving: bool = False) -> list[Chart]:
    """A view's charts of a run, as the page draws them."""
    result, found = inspect(run, key, controls).result, view(key)
    chosen = found.default_controls if controls is None else controls
    return found.charts(result, Presentation(chosen, run.frame().floors, moving))


def assert_same_moment(one: Frame, other: Frame) -> None:
    """Two frames show the same step in the same way."""
    assert one.step == other.step
    assert one.windows == other.windows
    np.testing.assert_array_equal(one.hidden, other.hidden)
    assert one.lr == other.lr
