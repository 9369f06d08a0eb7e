"""What a training step costs, known before it is taken."""

from __future__ import annotations

from dataclasses import dataclass

from rnn_core.config import RunConfig
from rnn_core.models import parameter_count
from rnn_core.registry import CELLS
from rnn_core.tasks import Task, task_for

# Forward, every parameter is multiplied and added once a sample; backward twice.
_PER_PARAMETER_AND_SAMPLE = 6
# Per parameter: weight, gradient and two moments of the optimizer, those of the module included.
_BYTES_PER_PARAMETER = 24
# Of a float32.
_BYTES = 4
# Autograd keeps what lies between the equations of a cell as well.
_AUTOGRAD = 3


@dataclass(frozen=True, slots=True)
class StepCost:
    """Time and memory of a training step, machine left aside.

    Args:
        operations: floating-point operations of a step: forward, backward and nothing else.
        bytes: memory of the network, its optimizer and what a step keeps for its backward pass.
    """

    operations: float
    bytes: int

    def __add__(self, other: StepCost) -> StepCost:
        """Both steps, one after the other, of networks that are kept side by side."""
        return StepCost(self.operations + other.operations, self.bytes + other.bytes)

    def __mul__(self, networks: int) -> StepCost:
        """A step of each of several networks of this kind."""
        return StepCost(self.operations * networks, self.bytes * networks)


def step_cost(config: RunConfig, task: Task | None = None) -> StepCost:
    """What a training step of a run costs.

    Operations are six for every parameter and sample, which counts biases like weights and leaves
    out what grows with the state alone (nonlinearities): exact to a few percent from some ten
    hidden units on. Memory is an upper estimate, in float32.

    Args:
        config: the run.
        task: as in `Trainer`.

    Raises:
        TypeError: when ``config`` is not a RunConfig, or ``task`` not a Task.
        ValueError: when the task cannot have these settings.

    Source: six operations per parameter and sample: Kaplan et al., arXiv:2001.08361 (2020),
    section 2.1.

    Example:
        >>> step_cost(RunConfig()).operations
        69180.0
    """
    built = task_for(config, task)
    sizes = built.input_size, built.output_size
    samples = config.batch_size * config.window_length
    # A layer keeps its output, the other parts of its state, and every gate and candidate.
    cell = CELLS[config.cell]
    kept = max(1, len(cell.gates)) + len(cell.state_parts) + 1
    numbers = samples * kept * config.num_layers * config.hidden_size
    if cell.kernel is None:
        numbers *= _AUTOGRAD
    return StepCost(
        operations=step_operations(config, *sizes),
        bytes=_BYTES_PER_PARAMETER * parameter_count(config, *sizes) + _BYTES * numbers,
    )


def step_operations(config: RunConfig, input_size: int, output_size: int) -> float:
    """The operations of `step_cost`, for a task of these sizes.

    Args:
        config: the run.
        input_size: features D of the task.
        output_size: numbers K that it predicts.
    """
    parameters = parameter_count(config, input_size, output_size)
    samples = config.batch_size * config.window_length
    return float(_PER_PARAMETER_AND_SAMPLE * parameters * samples)
