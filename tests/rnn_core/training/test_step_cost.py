from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from rnn_core import (
    CELLS,
    TASKS,
    RunConfig,
    StepCost,
    Trainer,
    build_task,
    parameter_count,
    step_cost,
)
from rnn_core.cells.module import StepModule


def counted_by_torch(config: RunConfig) -> int:
    """Operations of the matrix products of a step."""
    trainer = Trainer(config)
    task = trainer.task
    inputs = torch.from_numpy(np.array(task.batch(0, np.float32).inputs))
    with FlopCounterMode(display=False) as counter:
        trainer.model(inputs)[0].sum().backward()
    return counter.get_total_flops()


# The counter does not see into PyTorch's own cells, which are one operation to it.
VISIBLE = [name for name, cell in CELLS.items() if isinstance(cell.build(1, 4, 1), StepModule)]


@pytest.mark.parametrize("cell", VISIBLE)
def test_operations_are_those_that_torch_counts(cell: str) -> None:
    config = RunConfig(cell=cell, hidden_size=48, num_layers=2, window_length=12, batch_size=3)
    # torch leaves out biases, and the derivative by the input of the first layer.
    assert step_cost(config).operations == pytest.approx(counted_by_torch(config), rel=0.06)


def test_the_tutorials_step_by_hand() -> None:
    # Ten samples; W_hh 32·32, W_ih 32, two biases of 32, and a readout of 32 weights and a bias.
    cost = step_cost(RunConfig())
    assert cost.operations == 6 * 10 * (32 * 32 + 32 + 2 * 32 + 33)
    # 24 bytes a parameter; per sample the output, the state and the candidate of 32 units.
    assert cost.bytes == 24 * 1153 + 4 * 10 * 3 * 32
    # Without a kernel, autograd keeps three times as much: two gates, the state and the output.
    made = RunConfig(cell="min_gru")
    assert step_cost(made).bytes == 24 * parameter_count(made) + 3 * 4 * 10 * 4 * 32


@pytest.mark.parametrize("task", TASKS)
def test_samples_are_those_of_the_tasks_own_windows(task: str) -> None:
    config = replace(TASKS[task].config(), hidden_size=8)
    trainer = Trainer(config)
    rows, length, size = trainer.task.batch(0).inputs.shape
    parameters = parameter_count(config, size, trainer.task.output_size)
    assert step_cost(config).operations == 6 * parameters * rows * length


def test_a_task_of_ones_own_decides_the_size() -> None:
    config = TASKS["copy"].config()
    own = build_task(config)
    assert step_cost(config, own) == step_cost(config)
    one_number = step_cost(replace(config, task="sin_to_cos"))
    assert step_cost(replace(config, task="sin_to_cos"), own) == step_cost(config) != one_number


def test_costs_add_up() -> None:
    one, other = StepCost(10.0, 3), StepCost(1.0, 2)
    assert one + other == StepCost(11.0, 5)
    assert one * 4 == StepCost(40.0, 12)
    big = RunConfig(cell="gru", hidden_size=256, num_layers=4, window_length=200, batch_size=64)
    assert step_cost(big).operations > 1e11


def test_impossible_settings_are_refused_as_the_task_refuses_them() -> None:
    with pytest.raises(ValueError, match="window_length must be at least 21"):
        step_cost(RunConfig(task="copy", window_length=2))
