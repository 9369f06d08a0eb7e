from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from rnn_core import RunConfig, Trainer
from rnn_core.diagnostics import state_ablation
from rnn_core.models import State
from tests.rnn_core.made_up import MadeUp
from tests.rnn_core.runs import CELLS, first

WINDOWS = 5


def reads(trainer: Trainer, index: int, state: State | None) -> tuple[float, State]:
    """PyTorch's own loss of a window, and the state after it."""
    batch = trainer.task.batch(index)
    with torch.no_grad():
        prediction, after = trainer.model(torch.from_numpy(batch.inputs), state)
    targets = torch.from_numpy(batch.targets)
    loss_mask = torch.from_numpy(
        np.ones(prediction.shape[:2], bool) if batch.loss_mask is None else batch.loss_mask
    )
    measure = nn.functional.mse_loss
    if trainer.task.criterion == "cross_entropy":
        measure = nn.functional.cross_entropy
    return measure(prediction[loss_mask], targets[loss_mask]).item(), after


def run(cell: str, **settings: Any) -> Trainer:
    trainer = Trainer(RunConfig(cell=cell, hidden_size=6, **settings), dtype=torch.float64)
    first(8, trainer)
    return trainer


@pytest.mark.parametrize("task", [None, "classes"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_the_losses_are_those_of_windows_read_one_by_one(
    cell: str, layers: int, task: str | None
) -> None:
    if task is None:
        trainer = run(cell, num_layers=layers, batch_size=3)
    else:
        made = MadeUp("cross_entropy", some_counted=True, output_size=3, input_size=2)
        trainer = Trainer(made.config(cell, num_layers=layers), task=made, dtype=torch.float64)
        first(8, trainer)
    found = state_ablation(
        trainer.model, trainer.task, start=7, windows=WINDOWS, state=trainer.state, shift=2
    )
    state, starts = trainer.state, []
    for k in range(WINDOWS):
        starts.append(state)
        loss, state = reads(trainer, 7 + k, state)
        assert found.carried[k] == pytest.approx(loss, rel=1e-10)
        assert found.reset[k] == pytest.approx(reads(trainer, 7 + k, None)[0], rel=1e-10)
    for k in range(WINDOWS):
        loss, _ = reads(trainer, 7 + k, starts[(k + 2) % WINDOWS])
        assert found.shuffled[k] == pytest.approx(loss, rel=1e-10)


@pytest.mark.parametrize("cell", CELLS)
def test_the_first_carried_window_is_the_step_that_is_held(cell: str) -> None:
    trainer = Trainer(RunConfig(cell=cell))
    step = first(30, trainer)[-1]
    found = state_ablation(trainer.model, trainer.task, start=step.index, state=trainer.state)
    assert found.carried[0] == pytest.approx(step.loss, rel=1e-5)
    assert found.carried.shape == found.reset.shape == found.shuffled.shape == (20,)


@pytest.mark.parametrize("cell", CELLS)
def test_without_a_state_the_first_window_starts_from_zeros(cell: str) -> None:
    trainer = run(cell)
    found = state_ablation(trainer.model, trainer.task)
    assert found.carried[0] == pytest.approx(found.reset[0], rel=1e-12)


def test_a_network_without_memory_notices_nothing() -> None:
    trainer = run("rnn")
    with torch.no_grad():
        trainer.model.rnn.weight_hh_l0.zero_()
    found = state_ablation(trainer.model, trainer.task)
    np.testing.assert_allclose(found.reset, found.carried, rtol=1e-12)
    np.testing.assert_allclose(found.shuffled, found.carried, rtol=1e-12)


def test_a_state_from_a_whole_cycle_later_is_as_good_as_the_own_one() -> None:
    trainer = run("rnn")
    settled = state_ablation(trainer.model, trainer.task, start=40, windows=24)
    cycle = trainer.task.windows_per_cycle
    assert cycle == 2
    found = state_ablation(trainer.model, trainer.task, start=40, windows=24, shift=cycle)
    np.testing.assert_allclose(found.shuffled[12:-2], settled.carried[12:-2], rtol=1e-6)
    assert (np.abs(settled.shuffled / settled.carried - 1)[12:-2] > 0.01).all()


def test_a_network_that_has_learnt_to_carry_falls_to_the_floors_of_those_who_cannot() -> None:
    trainer = Trainer(RunConfig(seed=1))
    step = first(500, trainer)[-1]
    floors = {floor.key: floor.value for floor in trainer.task.floors()}
    found = state_ablation(trainer.model, trainer.task, start=step.index, state=trainer.state)
    assert found.carried.mean() < 0.001
    assert found.reset.mean() > floors["window_memory"]
    assert found.shuffled.mean() > found.reset.mean()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"windows": 1}, r"windows must be at least 2, got 1\. Try 20\."),
        ({"start": -1}, r"start must be at least 0, got -1\. Try 0\."),
        ({"shift": 0}, r"shift must be from 1 to 19, got 0\. Try 1\."),
        ({"windows": 4, "shift": 4}, r"shift must be from 1 to 3, got 4\. Try 1\."),
    ],
)
def test_what_is_outside_its_limits_is_refused(wrong: dict[str, int], message: str) -> None:
    trainer = Trainer(replace(RunConfig(), hidden_size=2))
    with pytest.raises(ValueError, match=message):
        state_ablation(trainer.model, trainer.task, **wrong)
