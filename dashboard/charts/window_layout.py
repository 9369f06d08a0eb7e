"""Where the numbers of a window stand in a picture.

Signals share one lane where input and target are single numbers. Several numbers have a lane each,
one above the other; symbols are places on a ladder, those heard below and the answers above.
Knows nothing of Streamlit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnn_core import RunConfig, Task
from rnn_core.tasks import SETTINGS

# Points of all lanes in view at most, if two windows can be had with fewer.
_MOST_POINTS = 400
# Answers at fewer of a window's time steps make no line.
_SPARSE = 0.25
# A lane is so much higher than what is in it.
_LANE = 1.25
# The values of so many windows say how high a lane has to be.
_SAMPLED = 8


@dataclass(frozen=True, slots=True)
class WindowLayout:
    """How the windows of a run are drawn; the same for as long as its data is.

    Args:
        windows: how many there is room for, side by side.
        span: width of one, in the task's unit of time.
        spacing: time between two points.
        length: time steps T.
        inputs: numbers D that come in at a time step.
        outputs: numbers K that are wanted.
        symbols: they stand for symbols, one of which is right.
        low: least number among inputs and targets.
        high: greatest number among them.
        radians: whether time is an angle.
        sparse: whether answers are wanted at few time steps, too few for a line.
    """

    windows: int
    span: float
    spacing: float
    length: int
    inputs: int
    outputs: int
    symbols: bool
    low: float
    high: float
    radians: bool
    sparse: bool

    @property
    def points(self) -> NDArray[np.floating]:
        """Where the points of a window lie, from its left edge on, shape ``(T,)``."""
        return np.arange(self.length) * self.spacing

    @property
    def is_plain(self) -> bool:
        """Whether all signals share one lane."""
        return self.inputs == self.outputs == 1

    @property
    def lanes(self) -> int:
        """How many lanes there are, of signals; inputs and outputs share them if they can."""
        return self.inputs if self.inputs == self.outputs else self.inputs + self.outputs

    @property
    def lane_height(self) -> float:
        """Distance of two lanes, in the numbers' unit."""
        return _LANE * (self.high - self.low)

    def answered(self, loss_mask: NDArray[np.bool_] | None) -> NDArray[np.intp]:
        """Time steps of the first window at which an answer is wanted, from 0."""
        return np.arange(self.length) if loss_mask is None else np.flatnonzero(loss_mask[0])

    def heights_of_inputs(self, values: NDArray[np.floating]) -> NDArray[np.floating]:
        """Where inputs ``(…, T, D)`` stand: ``(…, T, D)``, or ``(…, T, 1)`` for symbols."""
        return self._heights(values, 0.0, 0)

    def heights_of_outputs(self, values: NDArray[np.floating]) -> NDArray[np.floating]:
        """Where targets or predictions ``(…, T, K)`` stand: likewise."""
        return self._heights(values, self.first_answer, self.lanes - self.outputs)

    def _heights(
        self, values: NDArray[np.floating], first_symbol: float, first_lane: int
    ) -> NDArray[np.floating]:
        heights: NDArray[np.floating]
        if self.symbols:
            heights = values.argmax(axis=-1)[..., None] + first_symbol
        else:
            heights = values - self.lane_height * (np.arange(values.shape[-1]) + first_lane)
        return heights

    @property
    def first_answer(self) -> float:
        """Height of the first symbol among the answers: one step above the inputs'."""
        return float(self.inputs + 1)

    @property
    def range(self) -> tuple[float, float]:
        """Lowest and highest place that inputs and targets take."""
        if self.symbols:
            return 0.0, self.first_answer + self.outputs - 1
        return self.low - self.lane_height * (self.lanes - 1), self.high


def window_layout(task: Task, config: RunConfig) -> WindowLayout:
    """The layout for the windows of a run."""
    length = config.window_length
    batches = [task.batch(index) for index in range(_SAMPLED)]
    values = np.concatenate(
        [batch.inputs.ravel() for batch in batches]
        + [
            batch.targets[slice(None) if batch.loss_mask is None else batch.loss_mask].ravel()
            for batch in batches
        ]
    )
    low, high = float(values.min()), float(values.max())
    if high == low:
        low, high = low - 1, high + 1
    return WindowLayout(
        windows=windows_in_view(
            task.windows_per_cycle,
            length * (1 if task.criterion == "cross_entropy" else task.output_size),
        ),
        span=task.span,
        spacing=float(batches[0].time[0, 1] - batches[0].time[0, 0]),
        length=length,
        inputs=task.input_size,
        outputs=task.output_size,
        symbols=task.criterion == "cross_entropy",
        low=low,
        high=high,
        sparse=any(
            batch.loss_mask is not None and batch.loss_mask.mean() < _SPARSE for batch in batches
        ),
        radians="points_per_period" in SETTINGS[config.task],
    )


def windows_in_view(windows_per_cycle: int, points: int) -> int:
    """How many windows a picture holds: whole cycles where these are short, so that a wave swept
    across it stands still; fewer of windows with many points."""
    most = max(2, min(8, _MOST_POINTS // points))
    whole_cycles = [n for n in range(min(4, most), most + 1) if n % windows_per_cycle == 0]
    return whole_cycles[0] if whole_cycles else min(4, most)
