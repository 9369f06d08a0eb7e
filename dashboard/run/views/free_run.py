"""A free run: how the network continues the signal by itself, and how fast its error grows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import altair as alt
import numpy as np
from numpy.typing import NDArray

from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.charts import palette
from dashboard.charts.arrow import Table, words
from dashboard.charts.base import (
    CANVAS,
    GUIDE,
    HEIGHT,
    Chart,
    Spec,
    layer,
    same,
    specification,
    title_legend,
)
from dashboard.charts.loss_axes import LOSS_LABELS
from dashboard.charts.signals import signal_colour, signal_names
from dashboard.run.views import cost
from dashboard.run.views.base import Presentation, View, ViewInput
from rnn_core import RunConfig, Task
from rnn_core.diagnostics import FreeRun, free_run

#: Relative error up to which a forecast counts as valid.
TOLERANCE = 0.4
# Length of a free run, at least: time steps, and windows.
_STEPS, _WINDOWS = 200, 2
# A logarithmic axis has no place for zero, nor a chart for what has blown up.
_LEAST, _MOST = 1e-3, 1e3

_SIGNALS = Table(at=int, value=float, signal=str)
_ERROR = Table(at=int, error=float)
_FREE = Table(begin=float, end=float)
_TOLERANCE = Table(error=float)


@dataclass(frozen=True, slots=True)
class FreeRunControls:
    """What the reader has chosen.

    Args:
        feed_back: whether predictions are fed back as inputs, where the task allows it.
        frequency: of the wave after warm-up; None leaves it unchanged.
        amplitude: likewise.
    """

    feed_back: bool = True
    frequency: float | None = None
    amplitude: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class FreeRunResult:
    """A free run after warm-up.

    Args:
        run: inputs, predictions and errors; None where every window is a sequence of its own.
        targets: shape ``(N, K)``.
        warmup: time steps of warm-up, with the signal as input.
        fed_back: whether predictions were the inputs after warm-up.
        window_length: time steps of a window.
    """

    run: FreeRun | None
    targets: NDArray[np.floating]
    warmup: int
    fed_back: bool
    window_length: int


class FreeRunView(View[FreeRunResult, FreeRunControls]):
    """The signal and the network's own continuation of it, and the error."""

    key = "free"
    default_controls = FreeRunControls()
    panel = "dashboard.run.views.free_run_panel"
    controls_change_result = True

    @property
    def title(self) -> str:
        """Its name on screen."""
        return _("free run")

    def compute(self, given: ViewInput[FreeRunResult, FreeRunControls]) -> FreeRunResult:
        """Warm up on the newest windows, then run freely, with frozen weights."""
        trainer, controls = given.trainer, given.controls
        config, task = trainer.config, trainer.task
        length = config.window_length
        if not task.streaming:
            return FreeRunResult(None, np.empty((0, task.output_size)), 0, False, length)
        fed_back = task.horizon is not None and controls.feed_back
        warmup, free = _warm_up_windows(config, task), _free_windows(config)
        first = given.step + warmup
        after = task if fed_back else _changed(task, controls, first)
        batches = [task.batch(given.step + n) for n in range(warmup)]
        batches += [after.batch(first + n) for n in range(free)]
        targets = np.concatenate([batch.targets[0] for batch in batches])
        run = free_run(
            trainer.model,
            np.concatenate([batch.inputs[0] for batch in batches]),
            targets,
            trainer.state,
            warmup=warmup * length,
            horizon=task.horizon if fed_back else None,
            tolerance=TOLERANCE,
        )
        return FreeRunResult(run, targets, warmup * length, fed_back, length)

    def operations(self, config: RunConfig, task: Task, *, paused: bool) -> float:
        """The warm-up and the free run, time step by time step."""
        if not task.streaming:
            return 0.0
        return (_warm_up_windows(config, task) + _free_windows(config)) * cost.forward(config, task)

    def charts(self, result: FreeRunResult, shown: Presentation[FreeRunControls]) -> list[Chart]:
        """Two charts, where the signal goes on after the window."""
        if result.run is None:
            return []
        return [_signals(result, result.run), _error(result, result.run)]

    def numbers(self, result: FreeRunResult) -> str:
        """Valid time steps of a forecast, or the error before and after warm-up."""
        run = result.run
        if run is None:
            return _(
                "Every window of this task is a sequence of its own, so there is nothing to "
                "continue. Choose a wave, a forecast or another endless signal as the **task**."
            )
        steps = len(result.targets) - result.warmup
        if not result.fed_back:
            before, after = (
                float(np.sqrt(np.mean(part**2)))
                for part in (run.error[: result.warmup], run.error[result.warmup :])
            )
            return _(
                "Relative error {before:.0%} during warm-up, {after:.0%} over the {steps} time "
                "steps after it."
            ).format(before=before, after=after, steps=steps)
        if run.valid_steps == steps:
            return _(
                "With its own predictions as inputs, the relative error stays below "
                "{tolerance:.0%} to the end, {steps} time steps."
            ).format(steps=steps, tolerance=TOLERANCE)
        return _(
            "With its own predictions as inputs, the relative error stays below {tolerance:.0%} "
            "for **{valid_steps} time steps** ({windows:.1f} windows)."
        ).format(
            valid_steps=run.valid_steps,
            windows=run.valid_steps / result.window_length,
            tolerance=TOLERANCE,
        )

    def how_to_read(self) -> str:
        """How to read signals and error."""
        return _(
            "Before the shaded part the network reads the signal (warm-up). In the shaded part it "
            "reads its own predictions if they are fed back, else the signal (teacher forcing); "
            "its state is never reset, and nothing is trained. Right: the error relative to the "
            "target's standard deviation; at 1 a prediction is no better than the mean. Healthy: "
            "an error that rises late and slowly. On a chaotic signal every error grows quickly."
        )


VIEW = FreeRunView()


def _warm_up_windows(config: RunConfig, task: Task) -> int:
    """Windows that the network reads first."""
    return math.ceil((task.horizon or 1) / config.window_length)


def _free_windows(config: RunConfig) -> int:
    """Windows of the free run."""
    return max(_WINDOWS, math.ceil(_STEPS / config.window_length))


def _changed(task: Task, controls: FreeRunControls, window: int) -> Task:
    """The task with another wave, which continues the old one at the start of a window."""
    if not task.can_change_wave:
        return task
    return task.with_wave(window, frequency=controls.frequency, amplitude=controls.amplitude)


def _signals(result: FreeRunResult, run: FreeRun) -> Chart:
    """Input, target and prediction; of several features the first."""
    at = _time_steps(result)
    # Predictions that blow up are cut off, so that the target stays legible.
    low, high = float(result.targets[:, 0].min()), float(result.targets[:, 0].max())
    room = 1.5 * (high - low)
    values = np.concatenate([run.inputs[:, 0], result.targets[:, 0], run.prediction[:, 0]])
    shown = np.clip(np.nan_to_num(values, nan=high + room), low - room, high + room)
    return Chart(
        _signals_spec(current_language(), int(at[0]), int(at[-1])),
        {
            "signals": _SIGNALS.rows(np.tile(at, 3), shown, words(tuple(signal_names()), len(at))),
            "free": _free(at),
        },
        _("Lines of input, target and prediction; shaded after warm-up."),
    )


def _error(result: FreeRunResult, run: FreeRun) -> Chart:
    """The relative error at every time step, on a logarithmic axis."""
    at = _time_steps(result)
    error = np.clip(np.nan_to_num(run.error, nan=_MOST), _LEAST, _MOST)
    return Chart(
        _error_spec(current_language(), int(at[0]), int(at[-1])),
        {
            "error": _ERROR.rows(at, error),
            "free": _free(at),
            "tolerance": _TOLERANCE.rows([TOLERANCE]),
        },
        _("Line of the error at every time step; shaded after warm-up."),
    )


def _time_steps(result: FreeRunResult) -> np.ndarray:
    """The last one of the warm-up is 0."""
    return np.arange(len(result.targets)) + 1 - result.warmup


def _free(at: np.ndarray) -> bytes:
    return _FREE.rows([0.5], [float(at[-1])])


def _x(first: int, last: int) -> alt.X:
    return alt.X(
        "at:Q",
        title=_("time steps after warm-up"),
        scale=alt.Scale(domain=[first, last], nice=False),
        axis=alt.Axis(format="d", grid=False, tickMinStep=1),
    )


def _shade(x: alt.X) -> alt.Chart:
    shade: alt.Chart = (
        layer("free")
        .mark_rect(opacity=0.12)
        .encode(x=alt.X("begin:Q", title=x["title"], scale=x["scale"]), x2="end:Q", color=GUIDE)
    )
    return shade


@lru_cache(maxsize=32)
def _signals_spec(language: str, first: int, last: int) -> Spec:
    x = _x(first, last)
    lines = (
        layer("signals")
        .mark_line(strokeWidth=1.6)
        .encode(
            x=x,
            y=alt.Y("value:Q", title=_("value"), axis=alt.Axis(format=".3~g")),
            color=signal_colour(signal_names(), title_legend(signal_names(), 70)),
        )
    )
    chart = alt.layer(_shade(x), lines).resolve_scale(color="independent")
    return specification(chart.properties(title=_("Free run"), height=HEIGHT, usermeta=CANVAS))


@lru_cache(maxsize=32)
def _error_spec(language: str, first: int, last: int) -> Spec:
    x = _x(first, last)
    y = alt.Y(
        "error:Q",
        title=_("error / standard deviation"),
        scale=alt.Scale(type="log", domain=alt.DomainUnionWith(unionWith=[0.01, 2])),
        axis=LOSS_LABELS,
    )
    line = (
        layer("error")
        .mark_line(strokeWidth=1.6)
        .encode(
            x=x,
            y=y,
            color=alt.value(palette.PREDICTION),
        )
    )
    hover = (
        layer("error")
        .mark_point(opacity=0.001, filled=True, size=60)
        .encode(
            x=same(x),
            y=same(y),
            tooltip=[
                alt.Tooltip("at:Q", title=_("time step")),
                alt.Tooltip("error:Q", title=_("error"), format=".3g"),
            ],
        )
    )
    rule = layer("tolerance").mark_rule(strokeDash=[5, 4]).encode(y=same(y), color=GUIDE)
    chart = alt.layer(_shade(x), rule, line, hover)
    return specification(
        chart.properties(
            title=_("Error (valid below the dashed line)"), height=HEIGHT, usermeta=CANVAS
        )
    )
