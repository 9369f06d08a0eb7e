"""Where the numbers of a window are drawn.

Where input and target are single numbers, all signals share one lane. Several numbers have a lane
each, one above the other. Columns of a series
have a lane each, which an input and an output of the same column share. Each symbol has a height of
its own, those of the outputs above those of the inputs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_core import RunConfig, Task
from rnn_core.series import BUNDLED, Parts, Units

# The most points of all lanes together, unless two windows already have more.
_MOST_POINTS = 400
# With answers at a smaller share of the time steps than this, points are drawn instead of a line.
_SPARSE = 0.25
# Height of a lane, as a multiple of its values' range.
_LANE = 1.25
# Number of windows from which the range of values is taken.
_SAMPLED = 8


@dataclass(frozen=True, slots=True)
class WindowLayout:
    """How the windows of a run are drawn. Constant while its data is.

    Args:
        windows: number of windows side by side.
        span: time from one window's beginning to the next one's, in the task's unit.
        spacing: time between two samples.
        length: time steps T.
        inputs: features D.
        outputs: numbers K in a target.
        symbols: whether inputs and targets are one-hot symbols.
        low: smallest number among inputs and targets.
        high: largest number among them.
        radians: whether time is an angle.
        sparse: whether targets count at too few time steps for a line.
        quantity: what the numbers are, with their unit; empty where they have no name.
        standardised: whether the network reads and predicts standardised numbers. They are drawn
            in the unit of ``quantity`` where they have one.
        dated: whether the time of a sample is a text, not a number.
        input_names: columns of a series that the inputs are; empty where they have no names.
        output_names: columns that are forecast, likewise.
        keeps: what `dashboard.charts.kept` has made for a series; None where it is kept for
            everybody.
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
    quantity: str = ""
    standardised: bool = False
    dated: bool = False
    input_names: tuple[str, ...] = ()
    output_names: tuple[str, ...] = ()
    keeps: dict[Any, Any] | None = field(default=None, compare=False, repr=False)

    @property
    def points(self) -> NDArray[np.floating]:
        """Times of a window's samples, from its left edge, shape ``(T,)``."""
        return np.arange(self.length) * self.spacing

    @property
    def is_plain(self) -> bool:
        """Whether all signals share one lane."""
        return self.inputs == self.outputs == 1

    @property
    def lanes(self) -> int:
        """Number of lanes. Inputs and outputs share them if there are as many of each.

        With names, an output shares the lane of the input that has the same one.
        """
        return max(self.inputs, 1 + int(self.output_lanes.max()))

    @property
    def output_lanes(self) -> NDArray[np.intp]:
        """Lane of each number of a target, from 0 at the top, shape ``(K,)``."""
        if not self.output_names:
            return np.arange(self.outputs) + (0 if self.inputs == self.outputs else self.inputs)
        columns = dict.fromkeys((*self.input_names, *self.output_names))
        lanes = {name: lane for lane, name in enumerate(columns)}
        return np.array([lanes[name] for name in self.output_names])

    @property
    def lane_height(self) -> float:
        """Distance between two lanes, in the unit of the values."""
        return _LANE * (self.high - self.low)

    def answered(self, loss_mask: NDArray[np.bool_] | None) -> NDArray[np.intp]:
        """Time steps of the first window at which the target counts, from 0."""
        return np.arange(self.length) if loss_mask is None else np.flatnonzero(loss_mask[0])

    def heights_of_inputs(self, values: NDArray[np.floating]) -> NDArray[np.floating]:
        """Heights of inputs ``(…, T, D)``: shape ``(…, T, D)``, or ``(…, T, 1)`` for symbols."""
        return self._heights(values, 0.0, np.arange(self.inputs))

    def heights_of_outputs(self, values: NDArray[np.floating]) -> NDArray[np.floating]:
        """Heights of targets or predictions ``(…, T, K)``: likewise."""
        return self._heights(values, self.first_output, self.output_lanes)

    def _heights(
        self, values: NDArray[np.floating], first_symbol: float, lanes: NDArray[np.intp]
    ) -> NDArray[np.floating]:
        heights: NDArray[np.floating]
        if self.symbols:
            heights = values.argmax(axis=-1)[..., None] + first_symbol
        else:
            heights = values - self.lane_height * lanes
        return heights

    @property
    def first_output(self) -> float:
        """Height of the outputs' first symbol: one unit is left free above the inputs'."""
        return float(self.inputs + 1)

    @property
    def range(self) -> tuple[float, float]:
        """Lowest and highest height of inputs and targets."""
        if self.symbols:
            return 0.0, self.first_output + self.outputs - 1
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
    units = task.units
    quantity = (units.column or "") if units else ""
    if units:
        low, high = _range(units, in_unit=bool(quantity))
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
        radians=task.time_in_radians,
        quantity=quantity,
        standardised=units is not None and units.standardised,
        dated=units is not None,
        input_names=units.plan.inputs if units else (),
        output_names=units.plan.targets if units else (),
        # A file has another name, because it has an ending.
        keeps=None if units is None or units.series.name in BUNDLED else {},
    )


def _range(units: Units, *, in_unit: bool) -> tuple[float, float]:
    """Lowest and highest number of the whole training part: a slow series leaves that of a few
    windows.

    Args:
        units: of the task.
        in_unit: whether numbers are drawn in the unit of the series, not as the network reads them.
    """
    series, plan = units.series, units.plan
    known = series.values[: Parts.of(len(series), plan).train]
    inputs, targets = (known[:, series.places(names)] for names in (plan.inputs, plan.targets))
    if not in_unit:
        inputs, targets = units.inputs.apply(inputs), units.targets.apply(targets)
    return float(min(inputs.min(), targets.min())), float(max(inputs.max(), targets.max()))


def windows_in_view(windows_per_cycle: int, points: int) -> int:
    """Number of windows side by side: from two to eight, fewer if they have many points.

    Whole cycles where these are short enough: each new window of a periodic signal then replaces
    one of the same phase.

    Args:
        windows_per_cycle: windows until the signal repeats.
        points: points that one window has in all its lanes.
    """
    most = max(2, min(8, _MOST_POINTS // points))
    whole_cycles = [n for n in range(min(4, most), most + 1) if n % windows_per_cycle == 0]
    return whole_cycles[0] if whole_cycles else min(4, most)
