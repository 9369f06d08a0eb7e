"""The held-out loss: frozen weights on windows ahead of the training stream.

The loss of a step is an online one: each update follows the window before it. On a slow signal the
weights themselves track the target, and the online loss falls below the floor of any fixed
predictor. The held-out loss freezes the weights and reads on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from numbers import Integral
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from rnn_core.arguments import (
    real_numbers,
    refused_value,
    require,
    require_callable,
    require_state,
)
from rnn_core.cells.base import Array, as_float64
from rnn_core.cells.module import pack, unpack
from rnn_core.cells.registry import cell_of
from rnn_core.engines import KINDS, Predict
from rnn_core.messages import N_, InvalidValue
from rnn_core.models import RecurrentModel, State
from rnn_core.rules import Flag, IntRange
from rnn_core.tasks import Task
from rnn_core.tasks.stack import BatchStack, stacked
from rnn_core.training.losses import losses
from rnn_core.training.trainer import NUMPY_DTYPES, Trainer

# Windows by default: at least, and time steps at most in a row. Three cycles of the slowest wave
# with two samples a window would be 12,000 steps; one of them fits.
_WINDOWS, _FEWEST, _TIME_STEPS, _CYCLES = 100, 10, 4000, 3
# Samples at most, over all rows of the batch; further rows are left out.
_SAMPLES = 40_000
# Floating-point operations at most, but for the fewest windows: some training steps of the largest
# network. Every sample is read three times, and every parameter then multiplied and added.
_OPERATIONS, _PER_PARAMETER_AND_SAMPLE = 2e10, 6
# Blocks of the batch means, at most, and t's quantile 0.975 by degrees of freedom.
_BLOCKS = 10
_T = (math.nan, 12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622)
# The windows next to the training stream, as a share of all, that `Evaluation.near` averages.
_NEAR = 0.02

# Windows are counted in 64 bits.
_LAST = 2**53

_COUNT = IntRange(2, 100_000)


class Estimate(NamedTuple):
    """A mean and its 95 % confidence interval.

    Attributes:
        mean: over all windows.
        low: lower end.
        high: upper end.
    """

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """The loss of frozen weights on N windows in a row, under three initial states; ``(N,)`` each.

    If the network does not use the state that crosses windows, all three losses agree. If it does,
    a reset raises the loss, and another window's state often raises it more. Where every window is
    a sequence of its own (`Task.streaming` is False), training resets the state, and a carried
    state comes from an unrelated window.

    Intervals are those of batch means: the windows are divided into at most ten blocks of whole
    cycles of the signal, or of equal length where it does not repeat soon enough, and Student's t
    is applied to the means of the blocks. They hold as far as blocks are independent. On the tasks
    here they cover the long-run mean in 90 to 100 of 100 stretches but for two: the loss on parity,
    88, and on Mackey-Glass the memory gain, 26, since windows begin at slowly moving places of an
    oscillation (``python -m benchmarks.stated_levels``).

    Args:
        step: the step whose weights were evaluated; window ``step`` is the first one read.
        cycle: windows after which the signal repeats; 1 where it never does.
        carries_state: whether the run itself carries the state between windows.
        carried: every window starts from the final state of the window before.
        reset: every window starts from zeros.
        shuffled: every window starts from the initial state of a distant window.

    Source: batch means: Law and Kelton, "Simulation Modeling and Analysis", chapter 9.
    """

    step: int
    cycle: int
    carries_state: bool
    carried: Array
    reset: Array
    shuffled: Array

    @property
    def losses(self) -> Array:
        """The losses with the state treated as in training, shape ``(N,)``."""
        return self.carried if self.carries_state else self.reset

    @property
    def loss(self) -> Estimate:
        """The held-out loss."""
        return self.estimate(self.losses)

    @property
    def mean(self) -> float:
        """The held-out loss, without its interval."""
        return float(np.mean(self.losses))

    @property
    def interval(self) -> tuple[float, float]:
        """95 % confidence interval of the held-out loss; nan where a loss is not finite."""
        _mean, low, high = self.loss
        return low, high

    @property
    def memory_gain(self) -> Estimate:
        """What the carried state is worth: the loss reset less the loss carried, paired."""
        with np.errstate(invalid="ignore"):  # a diverged run
            return self.estimate(self.reset - self.carried)

    @property
    def near(self) -> float:
        """Mean loss of the first windows, which lie next to the training stream.

        Weights that follow the signal do well there and worse further ahead.
        """
        return float(np.mean(self.losses[: max(1, round(_NEAR * len(self.losses)))]))

    @property
    def is_whole_cycles(self) -> bool:
        """Whether the windows cover the signal: at least one whole cycle, or it never repeats."""
        return len(self.losses) >= self.cycle

    @np.errstate(invalid="ignore", over="ignore")  # a diverged run gives nan, without warnings
    def estimate(self, values: Array) -> Estimate:
        """The mean of one value for each window, with its interval.

        Args:
            values: shape ``(N,)``.

        Raises:
            TypeError: when they are not real numbers.
            ValueError: when they are not as many as the windows.
        """
        values = real_numbers("values", values, "evaluation.losses")
        if values.shape != self.carried.shape:
            rule = f"one number for each of the {len(self.carried)} windows"
            raise refused_value("values", rule, values, "evaluation.losses")
        whole = len(values) // self.cycle
        size = self.cycle if whole >= _CYCLES else 1
        parts = np.array_split(values[: len(values) // size * size].reshape(-1, size), _BLOCKS)
        blocks = np.array([part.mean() for part in parts if len(part)])
        mean, count = float(np.mean(values)), len(blocks)
        if not np.isfinite(blocks).all():
            return Estimate(mean, math.nan, math.nan)
        margin = _T[count - 1] * float(blocks.std(ddof=1)) / math.sqrt(count)
        return Estimate(mean, mean - margin, mean + margin)


def evaluate(trainer: Trainer, windows: int | None = None) -> Evaluation:
    """Evaluate a run's present weights on the next windows, without training on them.

    While step k is held, the windows are k, k + 1, …: the weights have been trained on none of
    them. (A clean periodic signal brings earlier windows again.) Where the rows of a batch read
    overlapping windows, only the last row, the one furthest ahead, is read. Where the task keeps
    windows that are never trained on, `Task.held_out`, those are read instead, from zeros and after
    the ones that warm up the state. Nothing that follows changes.

    Args:
        trainer: at any step; its weights may also be those of a finished run.
        windows: number N of windows, from 2. None: at least 100 and three cycles of the signal,
            as far as 4,000 time steps suffice, and never fewer than 10. Networks of more than
            800,000 parameters read fewer time steps.

    Raises:
        TypeError, ValueError: when ``windows`` is not a whole number from 2 to 100,000, or
            ``trainer`` not a Trainer.

    Example:
        >>> from rnn_core import RunConfig
        >>> trainer = Trainer(RunConfig(lr=0.005))
        >>> taken = trainer.advance(600)
        >>> evaluation = evaluate(trainer)
        >>> bool(evaluation.carried.mean() < 0.1 < evaluation.reset.mean())
        True
    """
    require("trainer", trainer, Trainer, "a Trainer", "Trainer(RunConfig())")
    return evaluate_model(
        trainer.model,
        trainer.task,
        start=trainer.present,
        windows=windows,
        state=trainer.state,
        carries_state=trainer.config.carry_state and trainer.task.streaming,
        predict=trainer.predict,
    )


def evaluate_model(
    model: RecurrentModel,
    task: Task,
    *,
    start: int = 0,
    windows: int | None = None,
    state: State | None = None,
    carries_state: bool = True,
    shift: int | None = None,
    predict: Predict | None = None,
) -> Evaluation:
    """Evaluate any network on consecutive windows of a task.

    Args:
        model: read only.
        task: source of the windows.
        start: index of the first window, from 0.
        windows: as in `evaluate`.
        state: initial state of the first window when it is carried, for all rows of the batch;
            None stands for zeros.
        carries_state: whether the carried losses or the reset ones count as the network's own.
        shift: distance between the windows whose states are exchanged, modulo N, from 1 to N - 1;
            None for half a cycle, or half of all windows where the signal never repeats. At a
            whole cycle every window gets a state close to its own.
        predict: what computes in place of calling the model, such as `Trainer.predict`, which is
            faster on the compiled engine.

    Raises:
        TypeError: when an argument is of the wrong kind.
        ValueError: when a number is outside its limits, or the state has another shape.
    """
    cell_of(model)  # or it is none
    require("task", task, Task, "a Task", "trainer.task")
    Flag().check("carries_state", carries_state, True)
    if predict is not None:
        require_callable("predict", predict, "None or a function", "trainer.predict")
    require("start", start, Integral, "a whole number of at least 0", "0")
    if isinstance(start, bool) or not 0 <= start <= _LAST:
        raise InvalidValue(N_("start must be at least 0, got {value}. Try 0."), value=start)
    held_out = task.held_out
    if held_out is not None:
        found = evaluate_model(
            model,
            held_out,
            windows=held_out.windows if windows is None else held_out.warm_up + windows,
            carries_state=carries_state,
            shift=shift,
            predict=predict,
        )
        counted = slice(held_out.warm_up, None)
        return replace(
            found,
            step=start,
            carried=found.carried[counted],
            reset=found.reset[counted],
            shuffled=found.shuffled[counted],
        )
    dtype = NUMPY_DTYPES[model.out.weight.dtype]
    samples = most_samples(sum(each.numel() for each in model.parameters()))
    if windows is None:
        # Of the first window that is read: to go back to window 0 would compute a stream anew.
        length = int(task.batch(start).time.shape[1])
        windows = default_windows(task, length, samples)
    windows = int(_COUNT.check("windows", windows, _WINDOWS))
    if shift is None:
        half = task.windows_per_cycle // 2 or windows // 2
        shift = half if half < windows else windows // 2
    shift = IntRange(1, windows - 1).check("shift", shift, 1)
    read = stacked(task, start, windows, dtype)
    rows = _rows(task, read, samples)
    inputs = np.ascontiguousarray(read.inputs[:, rows])  # (N, B, T, D)
    layers, hidden = model.rnn.num_layers, model.rnn.hidden_size
    require_state(state, len(cell_of(model).state_parts), layers, hidden, read.inputs.shape[1])
    if state is not None:
        state = pack([part[:, rows].to(model.out.weight.dtype) for part in unpack(state)])
    predict = predict or KINDS["torch"].predictor(model)
    predictions, starts = [], []
    for window in inputs:
        starts.append(_zeros(model, len(window)) if state is None else state)
        prediction, state = predict(window, starts[-1])
        predictions.append(prediction)
    swapped = [starts[(k + shift) % windows] for k in range(windows)]
    together = inputs.reshape(-1, *inputs.shape[2:])  # (N·B, T, D)
    reset, _ = predict(together, None)
    shuffled, _ = predict(together, _side_by_side(swapped))
    shape = (*inputs.shape[:3], -1)
    return Evaluation(
        step=start,
        cycle=task.windows_per_cycle,
        carries_state=carries_state,
        carried=_window_losses(np.stack(predictions), read, rows, task),
        reset=_window_losses(reset.reshape(shape), read, rows, task),
        shuffled=_window_losses(shuffled.reshape(shape), read, rows, task),
    )


def most_samples(parameters: int) -> int:
    """Samples that are read at most, over all rows.

    Args:
        parameters: of the network.
    """
    return min(_SAMPLES, int(_OPERATIONS / (_PER_PARAMETER_AND_SAMPLE * parameters)))


def default_windows(task: Task, length: int, samples: int) -> int:
    """At least 100 windows and three cycles as far as time allows, in whole cycles if possible.

    Args:
        task: source of the windows.
        length: time steps of a window.
        samples: as `most_samples` gives them.
    """
    cycle = task.windows_per_cycle
    windows = min(max(_WINDOWS, _CYCLES * cycle), max(_FEWEST, min(_TIME_STEPS, samples) // length))
    return windows - windows % cycle if cycle <= windows else windows


def rows_read(task: Task, rows: int, time_steps: int, samples: int) -> int:
    """How many of the rows are read, the last ones of a batch.

    Args:
        task: source of the windows.
        rows: of a batch.
        time_steps: of all windows together.
        samples: as `most_samples` gives them.
    """
    return 1 if task.rows_overlap else min(rows, max(1, samples // time_steps))


def _rows(task: Task, read: BatchStack, samples: int) -> slice:
    """The rows of the batch that are read."""
    windows, rows, length = read.inputs.shape[:3]
    kept = slice(rows - rows_read(task, rows, windows * length, samples), rows)
    if task.rows_overlap:
        return kept
    if read.loss_mask is not None and not read.loss_mask[:, kept].any(axis=(1, 2)).all():
        return slice(0, rows)  # some window counts other rows only
    return kept


def _zeros(model: RecurrentModel, rows: int) -> State:
    shape = model.rnn.num_layers, rows, model.rnn.hidden_size
    zeros = torch.zeros(shape, dtype=model.out.weight.dtype)
    return pack([zeros] * len(cell_of(model).state_parts))


def _side_by_side(states: list[State]) -> State:
    """N states of B rows as one state of N·B rows."""
    parts = zip(*(unpack(state) for state in states), strict=True)
    return pack([torch.cat(part, dim=1) for part in parts])


def _window_losses(
    prediction: NDArray[np.floating], read: BatchStack, rows: slice, task: Task
) -> Array:
    """The loss of each window, over its rows and counted time steps, shape ``(N,)``."""
    each = losses(as_float64(prediction), as_float64(read.targets[:, rows]), task.criterion)
    if read.loss_mask is None:
        found: Array = each.mean(axis=(1, 2))
        return found
    mask: NDArray[np.bool_] = read.loss_mask[:, rows]
    counted: Array = np.where(mask, each, 0.0).sum(axis=(1, 2)) / mask.sum(axis=(1, 2))
    return counted
