from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from rnn_core import RunConfig, Trainer
from rnn_core.diagnostics import Update, dissect_update
from tests.rnn_core.diagnostics.by_torch import CELLS, Case, unrolled
from tests.rnn_core.runs import first

NAMES = ["rnn.weight_ih_l0", "rnn.weight_hh_l0", "rnn.bias_ih_l0", "rnn.bias_hh_l0"]


def held(config: RunConfig, steps: int = 3, engine: str = "torch") -> Trainer:
    trainer = Trainer(config, dtype=torch.float64, engine=engine)
    first(steps, trainer)
    return trainer


def whole_norm(update: Update) -> float:
    return float(np.sqrt(sum(part.gradient**2 for part in update.parameters.values())))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("task", ["sin_to_cos", "temporal_order"])
def test_the_way_back_through_time_is_autograds(cell: str, task: str) -> None:
    config = RunConfig(task=task, cell=cell, hidden_size=4, num_layers=2, window_length=12)
    trainer = held(config)
    found, at = dissect_update(trainer), trainer.context()
    zeros = torch.zeros(2, 1, 4, dtype=torch.float64)
    start = (
        at.state if at.state is not None else ((zeros, zeros) if cell.endswith("lstm") else zeros)
    )
    nodes = unrolled(Case(at.model, at.inputs, start, at.targets))
    loss_mask = torch.from_numpy(np.ones(12, bool) if at.loss_mask is None else at.loss_mask)
    kind = nn.functional.mse_loss if at.criterion == "mse" else nn.functional.cross_entropy
    loss = kind(nodes.prediction[loss_mask], torch.from_numpy(at.targets)[loss_mask])
    assert found.loss == pytest.approx(loss.item(), rel=1e-12)
    for layer in range(2):
        expected = torch.autograd.grad(loss, nodes.h[layer], retain_graph=True)
        np.testing.assert_allclose(
            found.hidden[layer], torch.stack(expected)[:, 0], rtol=1e-9, atol=1e-15
        )
    # The last time step's state is read by nothing but its own prediction.
    np.testing.assert_allclose(found.hidden[-1, -1], found.read[-1], rtol=1e-12)


def test_the_losses_are_those_of_the_counted_time_steps() -> None:
    trainer = held(RunConfig(task="delayed_recall", window_length=30, hidden_size=4, delay=3))
    (step,) = first(1, trainer)
    found = dissect_update(trainer)
    loss_mask = np.ones(30, bool) if step.loss_mask is None else step.loss_mask[0]
    error = (step.prediction - step.targets)[0, :, 0]
    np.testing.assert_allclose(found.losses[loss_mask], error[loss_mask] ** 2, rtol=1e-9)
    assert np.isnan(found.losses[~loss_mask]).all()
    assert found.loss == pytest.approx(step.loss, rel=1e-12)


@pytest.mark.parametrize("engine", ["torch", "compiled"])
@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
def test_the_change_is_the_one_that_comes(engine: str, optimizer: str) -> None:
    trainer = held(RunConfig(hidden_size=5, optimizer=optimizer, batch_size=2), engine=engine)
    trainer.lr = 0.003
    found = dissect_update(trainer)
    before = {name: weight.detach().clone() for name, weight in trainer.model.named_parameters()}
    gradients = {name: weight.grad for name, weight in trainer.model.named_parameters()}
    norms = {name: float(torch.linalg.norm(part)) for name, part in gradients.items()}  # type: ignore[arg-type]
    first(1, trainer)
    assert list(found.parameters) == [*NAMES, "out.weight", "out.bias"]
    for name, after in trainer.model.named_parameters():
        weight, gradient, change = found.parameters[name]
        assert weight == pytest.approx(float(torch.linalg.norm(before[name])), rel=1e-12)
        assert gradient == pytest.approx(norms[name], rel=1e-9)
        difference = float(torch.linalg.norm(after.detach() - before[name]))
        assert change == pytest.approx(difference, rel=1e-9)
    assert whole_norm(found) == pytest.approx(found.grad_norm, rel=1e-9)
    assert found.lr == 0.003


@pytest.mark.parametrize("clip_norm", [0.05, 50.0, None])
def test_plain_descent_goes_by_the_learning_rate_along_the_clipped_gradient(
    clip_norm: float | None,
) -> None:
    config = RunConfig(optimizer="sgd", momentum=0.0, lr=0.1, clip_norm=clip_norm)
    found = dissect_update(held(config, steps=1))
    factor = found.clip_factor
    if clip_norm is None:
        assert factor is None
    elif clip_norm == 0.05:
        assert factor == pytest.approx(0.05 / found.grad_norm, rel=1e-4)
        assert factor < 1
    else:
        assert factor == 1.0
    for part in found.parameters.values():
        assert part.change == pytest.approx(0.1 * (factor or 1.0) * part.gradient, rel=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_the_state_handed_on_is_what_the_next_window_starts_from(cell: str) -> None:
    trainer = held(RunConfig(cell=cell, hidden_size=3, num_layers=2))
    found = dissect_update(trainer)
    first(1, trainer)
    state = trainer.state
    parts = state if isinstance(state, tuple) else (state,)
    assert found.handed_on is not None
    assert len(found.handed_on) == len(parts) == (2 if cell.endswith("lstm") else 1)
    for mine, theirs in zip(found.handed_on, parts, strict=True):
        assert theirs is not None
        np.testing.assert_array_equal(mine, theirs[:, 0])
    np.testing.assert_allclose(found.handed_on[0], found.unrolled.h[:, -1], rtol=1e-9)


def test_without_carrying_nothing_is_handed_on() -> None:
    assert dissect_update(held(RunConfig(carry_state=False))).handed_on is None


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_looking_and_forking_change_nothing_that_follows(engine: str) -> None:
    config = RunConfig(cell="lstm", hidden_size=4, batch_size=2)
    looked_at, left_alone = Trainer(config, engine=engine), Trainer(config, engine=engine)
    first(3, looked_at)
    first(3, left_alone)
    fork = looked_at.fork()
    fork.lr = 1.0
    first(5, fork)
    dissect_update(looked_at)
    assert first(5, looked_at) == first(5, left_alone)
    assert looked_at.lr == config.lr


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_a_fork_goes_on_with_the_step_that_is_held(engine: str) -> None:
    trainer = Trainer(RunConfig(cell="gru", hidden_size=4), engine=engine)
    (held_step,) = first(4, trainer)[-1:]
    trainer.lr = 0.001
    forked = first(4, trainer.fork())
    assert forked == [held_step, *first(3, trainer)]


def test_there_is_no_update_to_take_apart_before_the_first_step() -> None:
    with pytest.raises(ValueError, match="context must be asked for after a step, got none yet"):
        dissect_update(Trainer(RunConfig()))
    with pytest.raises(ValueError, match="snapshot must be asked for after a step, got none yet"):
        Trainer(RunConfig()).fork()


def test_nor_when_the_run_has_diverged() -> None:
    trainer = Trainer(RunConfig(optimizer="sgd", lr=10.0, momentum=0.99, amplitude=10.0))
    first(200, trainer)
    assert trainer.diverged
    with pytest.raises(ValueError, match="trainer must have a next update, got a run that has"):
        dissect_update(trainer)
