"""What a view costs, known before anything is computed. Knows nothing of Streamlit.

Costs are in floating-point operations, weighted so that `PER_SECOND` of them take a second on one
core: an operation of a product with a single vector counts more than one of two large matrices, and
a call of Python or PyTorch counts as many as would take its time. ``benchmarks/view_cost.py``
compares them with what is measured.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

from dashboard.app.limits import highest
from dashboard.run.views.base import View
from rnn_core import RunConfig, Task, build_task
from rnn_core.config import RULES
from rnn_core.models import parameter_count
from rnn_core.registry import CELLS
from rnn_core.rules import IntRange
from rnn_core.training.evaluation import default_windows, most_samples, rows_read
from rnn_core.training.step_cost import step_operations

#: Operations in a second of one core.
PER_SECOND = 1e10
#: A view costs at most so many at rest, and so many between two redraws of a run that plays.
AT_REST, MOVING = 1.0 * PER_SECOND, 0.1 * PER_SECOND

# With no more state numbers autograd works out whole Jacobians; see `rnn_core.cells.derivatives`.
_SMALL = 96
# Settings that costs grow with, in the order in which they are named to the reader.
_SETTINGS = ("hidden_size", "num_layers", "window_length", "batch_size")
# How much an operation counts: of a product with a vector, and of large matrices in float32.
_BY_VECTOR, _BY_MATRIX = 1.3, 0.2
# One layer's time step: in NumPy, with so many for each gate; back; and both in PyTorch.
_STEP, _GATE, _BACK = 1e5, 3e4, 3e5
_STEP_IN_TORCH, _BACK_IN_TORCH = 1.5e6, 3e6
# Copying a run, number by number of its weights, with its optimizer.
_COPY = 400


def fits(view: View[Any, Any], config: RunConfig, task: Task, *, moving: bool) -> bool:
    """Whether a view may be computed.

    Args:
        view: which.
        config: the run's settings.
        task: the run's.
        moving: whether the run plays.
    """
    return view.operations(config, task, paused=not moving) <= (MOVING if moving else AT_REST)


def nearest(view: View[Any, Any], config: RunConfig, task: Task) -> dict[str, int]:
    """For each setting the largest value with which a view is shown at rest, the others unchanged.

    A setting that would not help by itself is left out.
    """
    found = {name: _largest(view, config, task, name) for name in _SETTINGS}
    return {name: value for name, value in found.items() if value is not None}


def _largest(view: View[Any, Any], config: RunConfig, task: Task, name: str) -> int | None:
    rule = RULES[name]
    assert isinstance(rule, IntRange)

    def is_shown(value: int) -> bool:
        return fits(view, _with(config, name, value), task, moving=False)

    found = highest(is_shown, rule.low, getattr(config, name) - 1)
    return None if found is None or not _suits(_with(config, name, found), task) else found


def _with(config: RunConfig, name: str, value: int) -> RunConfig:
    changed: dict[str, Any] = {name: value}
    return replace(config, **changed)


def _suits(config: RunConfig, task: Task) -> bool:
    """Whether the task can have these settings; a series, which is not in them, is not asked."""
    try:
        return task.units is not None or build_task(config) is not None
    except ValueError:
        return False


# --- what views are made of ---------------------------------------------------------------------


@lru_cache(maxsize=1024)
def weights(config: RunConfig, features: int) -> int:
    """Numbers in the weights of the recurrent layers."""
    return parameter_count(config, features, 1) - config.hidden_size - 1


def layer_steps(config: RunConfig) -> int:
    """Time steps of a window, of all layers together."""
    return config.window_length * config.num_layers


def state_size(config: RunConfig) -> int:
    """Numbers in the whole state."""
    return len(CELLS[config.cell].state_parts) * config.num_layers * config.hidden_size


def uses_autograd(config: RunConfig) -> bool:
    """Whether derivatives come from autograd."""
    return CELLS[config.cell].local_derivatives is None


def forward(config: RunConfig, task: Task) -> float:
    """One row's window, time step by time step, in double precision."""
    products = 2 * weights(config, task.input_size) * config.window_length
    call = _STEP + _GATE * len(CELLS[config.cell].blocks)
    return _BY_VECTOR * products + call * layer_steps(config)


def backward(config: RunConfig, task: Task) -> float:
    """One scalar back through a window."""
    products = 2 * weights(config, task.input_size) * config.window_length
    call = _BACK_IN_TORCH if uses_autograd(config) else _BACK
    return _BY_VECTOR * products + call * layer_steps(config)


def training_step(config: RunConfig, task: Task) -> float:
    """A training step of the whole batch."""
    call = _STEP_IN_TORCH if CELLS[config.cell].kernel is None else 0.0
    products = step_operations(config, task.input_size, task.output_size)
    return _BY_MATRIX * products + call * layer_steps(config)


def copied_run(config: RunConfig, task: Task) -> float:
    """A copy of a run, to be trained apart from it."""
    return _COPY * weights(config, task.input_size)


def predictions(config: RunConfig, task: Task, samples: int) -> float:
    """The predictions of many samples by the run's engine."""
    call = _STEP if CELLS[config.cell].kernel is None else 0.0
    return samples * (_BY_MATRIX * 2 * weights(config, task.input_size) + call * config.num_layers)


def evaluation(config: RunConfig, task: Task) -> float:
    """A held-out evaluation, which reads its windows three times."""
    windows, rows = evaluated(config, task)
    length = config.window_length
    samples = windows * length
    # Windows whose state is carried come one after another; the others all at once.
    call = 3.5 * _STEP if CELLS[config.cell].kernel is None else 0.0
    calls = call * config.num_layers * (samples + 2 * length)
    return _BY_MATRIX * 6 * weights(config, task.input_size) * samples * rows + calls


def evaluated(config: RunConfig, task: Task) -> tuple[int, int]:
    """Windows that `rnn_core.evaluate` reads, and rows of each, in most tasks exactly."""
    if task.held_out is not None:
        return task.held_out.windows, 1
    samples = most_samples(parameter_count(config, task.input_size, task.output_size))
    windows = default_windows(task, config.window_length, samples)
    time_steps = windows * config.window_length
    return windows, rows_read(task, config.batch_size, time_steps, samples)


def pushes(config: RunConfig) -> float:
    """Calls that carry a few directions on along a window."""
    hidden = len(CELLS[config.cell].state_parts) * config.hidden_size
    if not uses_autograd(config):
        return 6e5 * layer_steps(config)
    if hidden > _SMALL:
        return 7e6 * layer_steps(config)
    return layer_steps(config) * (3e5 + 5.0 * hidden**3)
