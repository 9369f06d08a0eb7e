"""The trainer beside the tutorial, written here as the tutorial writes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rnn_core import RunConfig, Trainer

CELLS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class LoopedNetwork(nn.Module):
    """The tutorial's class: one linear call per time step, outputs stacked."""

    def __init__(self, cell: str, num_layers: int = 1) -> None:
        super().__init__()
        self.rnn = CELLS[cell](1, 32, num_layers=num_layers, batch_first=True)
        self.out = nn.Linear(32, 1)

    def forward(self, x: Tensor, h_state: Any) -> tuple[Tensor, Any]:
        r_out, h_state = self.rnn(x, h_state)
        outs = [self.out(r_out[:, time_step, :]) for time_step in range(r_out.size(1))]
        return torch.stack(outs, dim=1), h_state


class FlattenedNetwork(LoopedNetwork):
    """The tutorial's shorter form: all time steps through the linear layer at once."""

    def forward(self, x: Tensor, h_state: Any) -> tuple[Tensor, Any]:
        r_out, h_state = self.rnn(x, h_state)
        outs = self.out(r_out.reshape(-1, 32))
        return outs.reshape(-1, x.size(1), 1), h_state


def tutorial_losses(
    network: nn.Module,
    steps: int,
    dtype: type[np.floating],
    optimizer: torch.optim.Optimizer | None = None,
    *,
    carry: bool = True,
    before_step: Callable[[], object] = lambda: None,
) -> list[float]:
    optimizer = optimizer or torch.optim.Adam(network.parameters(), lr=0.02)
    loss_func = nn.MSELoss()
    h_state: Any = None
    losses = []
    for step in range(steps):
        start, end = step * np.pi, (step + 1) * np.pi
        points = np.linspace(start, end, 10, dtype=dtype, endpoint=True)
        x = torch.from_numpy(np.sin(points)[np.newaxis, :, np.newaxis])
        y = torch.from_numpy(np.cos(points)[np.newaxis, :, np.newaxis])
        prediction, h_state = network(x, h_state)
        h_state = tuple(h.data for h in h_state) if isinstance(h_state, tuple) else h_state.data
        if not carry:
            h_state = None
        loss = loss_func(prediction, y)
        optimizer.zero_grad()
        loss.backward()
        before_step()
        optimizer.step()
        losses.append(loss.item())
    return losses


def trainer_losses(trainer: Trainer, steps: int) -> list[float]:
    return [step.loss for step, _ in zip(trainer.steps(), range(steps), strict=False)]


def with_the_trainers_weights(network: nn.Module, trainer: Trainer) -> nn.Module:
    network = network.to(trainer.dtype)
    network.load_state_dict(trainer.model.state_dict())
    return network


@pytest.mark.parametrize("form", [LoopedNetwork, FlattenedNetwork])
@pytest.mark.parametrize("cell", CELLS)
def test_float64_losses_are_the_tutorials(cell: str, form: type[LoopedNetwork]) -> None:
    trainer = Trainer(RunConfig(cell=cell), dtype=torch.float64)
    network = with_the_trainers_weights(form(cell), trainer)
    expected = tutorial_losses(network, 100, np.float64)
    np.testing.assert_allclose(trainer_losses(trainer, 100), expected, rtol=1e-10)


@pytest.mark.parametrize("form", [LoopedNetwork, FlattenedNetwork])
@pytest.mark.parametrize("cell", CELLS)
def test_float32_losses_are_the_tutorials(cell: str, form: type[LoopedNetwork]) -> None:
    trainer = Trainer(RunConfig(cell=cell))
    network = with_the_trainers_weights(form(cell), trainer)
    expected = tutorial_losses(network, 50, np.float32)
    np.testing.assert_allclose(trainer_losses(trainer, 50), expected, rtol=1e-4)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(
    ("settings", "build"),
    [
        (
            {"optimizer": "sgd", "lr": 0.05, "momentum": 0.8},
            lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.8),
        ),
        ({"optimizer": "rmsprop", "lr": 0.003}, lambda p: torch.optim.RMSprop(p, lr=0.003)),
        ({"optimizer": "adam", "lr": 0.005}, lambda p: torch.optim.Adam(p, lr=0.005)),
    ],
)
def test_every_optimizer_is_torchs(cell: str, settings: dict[str, Any], build: Any) -> None:
    trainer = Trainer(RunConfig(cell=cell, **settings), dtype=torch.float64)
    network = with_the_trainers_weights(LoopedNetwork(cell), trainer)
    expected = tutorial_losses(network, 40, np.float64, build(network.parameters()))
    np.testing.assert_allclose(trainer_losses(trainer, 40), expected, rtol=1e-9)


def test_clipping_is_torchs_and_bites() -> None:
    trainer = Trainer(RunConfig(clip_norm=0.3), dtype=torch.float64)
    network = with_the_trainers_weights(LoopedNetwork("rnn"), trainer)
    norms: list[float] = []

    def clip() -> None:
        norms.append(nn.utils.clip_grad_norm_(network.parameters(), 0.3).item())

    expected = tutorial_losses(network, 40, np.float64, before_step=clip)
    steps = [step for step, _ in zip(trainer.steps(), range(40), strict=False)]
    np.testing.assert_allclose([step.loss for step in steps], expected, rtol=1e-9)
    np.testing.assert_allclose([step.grad_norm for step in steps], norms, rtol=1e-9)
    assert max(norms) > 0.3


@pytest.mark.parametrize("cell", CELLS)
def test_a_state_that_is_not_carried_starts_every_window_from_zeros(cell: str) -> None:
    trainer = Trainer(RunConfig(cell=cell, carry_state=False), dtype=torch.float64)
    network = with_the_trainers_weights(LoopedNetwork(cell), trainer)
    expected = tutorial_losses(network, 40, np.float64, carry=False)
    np.testing.assert_allclose(trainer_losses(trainer, 40), expected, rtol=1e-9)


@pytest.mark.parametrize("cell", CELLS)
def test_stacked_layers_are_torchs(cell: str) -> None:
    trainer = Trainer(RunConfig(cell=cell, num_layers=2), dtype=torch.float64)
    network = with_the_trainers_weights(LoopedNetwork(cell, num_layers=2), trainer)
    expected = tutorial_losses(network, 30, np.float64)
    np.testing.assert_allclose(trainer_losses(trainer, 30), expected, rtol=1e-9)


def test_a_batch_is_the_windows_that_follow_one_another() -> None:
    trainer = Trainer(RunConfig(batch_size=3, carry_state=False), dtype=torch.float64)
    step = next(trainer.steps())
    singles = [
        step.loss
        for step, _ in zip(
            Trainer(RunConfig(carry_state=False, lr=1e-30), dtype=torch.float64).steps(),
            range(3),
            strict=False,
        )
    ]
    assert step.loss == pytest.approx(np.mean(singles), rel=1e-12)
