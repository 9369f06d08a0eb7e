"""The run that views show, as far as they use it."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dashboard.app.playback import Status
from dashboard.charts.window_layout import WindowLayout
from dashboard.run.views.base import View
from dashboard.run.views.cache import CachedResult
from rnn_core import Floor, RunConfig, Step, Task
from rnn_core.tasks import ForecastColumn


class ViewedFrame(Protocol):
    """What is on screen beside the view; see `Frame` of `dashboard.run.live_run`."""

    @property
    def step(self) -> Step:
        """The step on screen."""

    @property
    def hidden(self) -> tuple[NDArray[np.floating], ...]:
        """Hidden states of the top layer over the windows in view, ``(T, H)`` each."""

    @property
    def layout(self) -> WindowLayout:
        """How windows are arranged."""

    @property
    def floors(self) -> tuple[Floor, ...]:
        """The task's floors."""

    @property
    def config(self) -> RunConfig:
        """The run's settings."""

    @property
    def streaming(self) -> bool:
        """Whether each window continues the one before."""

    @property
    def horizon(self) -> int | None:
        """Samples after which a target becomes an input; None if it never does."""

    @property
    def forecast_columns(self) -> tuple[ForecastColumn, ...]:
        """The targets that come in later as inputs."""

    @property
    def can_change_wave(self) -> bool:
        """Whether the task's wave can continue with another frequency without a jump."""

    @property
    def moving(self) -> bool:
        """Whether the frame is about to be replaced."""


class ViewedRun(Protocol):
    """A run that can be inspected and stepped; see `LiveRun` of `dashboard.run.live_run`."""

    @property
    def status(self) -> Status:
        """What the player is doing."""

    @property
    def task(self) -> Task:
        """What it is trained on."""

    @property
    def idle(self) -> bool:
        """Whether nobody has touched the page for a long while."""

    @property
    def index(self) -> int:
        """The newest step."""

    def frame(self) -> ViewedFrame:
        """The frame on screen."""

    def can_inspect(self, view: View[Any, Any]) -> bool:
        """Whether `inspect` has a result."""

    def inspect(
        self, view: View[Any, Any], controls: Any = None, *, preview: bool = False
    ) -> CachedResult | None:
        """The result of a view at the step on screen."""

    def last_result(self, view: View[Any, Any]) -> CachedResult | None:
        """What `inspect` gave last, if that was this view; nothing is computed."""

    def step_once(self) -> None:
        """Pause, and take exactly one step."""

    def look_back(self, index: int | None) -> None:
        """Show an earlier step."""
