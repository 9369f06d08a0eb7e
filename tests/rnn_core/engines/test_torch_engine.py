"""The trainer beside the tutorial, written here as the tutorial writes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rnn_core import RunConfig, Trainer
from tests.rnn_core.runs import CELLS, first, losses, weights


class LoopedNetwork(nn.Module):
    """The tutorial's class: the readout goes over the time steps one by one."""

    def __init__(self, cell: str, num_layers: int = 1) -> None:
        super().__init__()
        self.rnn = CELLS[cell](
            input_size=1, hidden_size=32, num_layers=num_layers, batch_first=True
        )
        self.out = nn.Linear(32, 1)

    def forward(self, x: Tensor, h_state: Any) -> tuple[Tensor, Any]:
        r_out, h_state = self.rnn(x, h_state)
        outs = []
        for time_step in range(r_out.size(1)):
            outs.append(self.out(r_out[:, time_step, :]))
        return torch.stack(outs, dim=1), h_state


class FlattenedNetwork(LoopedNetwork):
    """The tutorial's shorter form: all time steps through the readout at once."""

    def forward(self, x: Tensor, h_state: Any) -> tuple[Tensor, Any]:
        r_out, h_state = self.rnn(x, h_state)
        outs = self.out(r_out.reshape(-1, 32))
        return outs.reshape(x.size(0), x.size(1), 1), h_state


def of_the_tutorial(trainer: Trainer, form: type[LoopedNetwork] = LoopedNetwork) -> LoopedNetwork:
    """The tutorial's network with the weights that the trainer has now."""
    network = form(trainer.config.cell, trainer.config.num_layers).to(trainer.dtype)
    network.load_state_dict(trainer.model.state_dict())
    return network


def tutorial_losses(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    steps: int,
    dtype: type[np.floating] = np.float64,
    *,
    rows: int = 1,
    carry: bool = True,
    before_update: Callable[[], object] = lambda: None,
) -> list[float]:
    """The tutorial's loop. Row b of several is a loop of its own that began b windows later."""
    loss_func = nn.MSELoss()
    h_state: Any = None
    found = []
    for step in range(steps):
        points = np.array(
            [
                np.linspace(k * np.pi, (k + 1) * np.pi, 10, dtype=dtype)
                for k in range(step, step + rows)
            ]
        )
        x = torch.from_numpy(np.sin(points)[:, :, np.newaxis])
        y = torch.from_numpy(np.cos(points)[:, :, np.newaxis])
        prediction, h_state = network(x, h_state)
        if not carry:
            h_state = None
        elif isinstance(h_state, tuple):
            h_state = tuple(h.data for h in h_state)
        else:
            h_state = h_state.data
        loss = loss_func(prediction, y)
        optimizer.zero_grad()
        loss.backward()
        before_update()
        optimizer.step()
        found.append(loss.item())
    return found


@pytest.mark.parametrize("form", [LoopedNetwork, FlattenedNetwork])
@pytest.mark.parametrize("cell", CELLS)
def test_in_float64_the_first_hundred_losses_are_the_tutorials(
    cell: str, form: type[LoopedNetwork]
) -> None:
    trainer = Trainer(RunConfig(cell=cell), dtype=torch.float64)
    network = of_the_tutorial(trainer, form)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
    steps = first(100, trainer)
    assert [step.index for step in steps] == list(range(100))
    np.testing.assert_allclose(
        losses(steps), tutorial_losses(network, optimizer, 100), rtol=1e-10, atol=0
    )


@pytest.mark.parametrize("form", [LoopedNetwork, FlattenedNetwork])
@pytest.mark.parametrize("cell", CELLS)
def test_in_float32_the_first_fifty_losses_are_the_tutorials(
    cell: str, form: type[LoopedNetwork]
) -> None:
    trainer = Trainer(RunConfig(cell=cell))
    network = of_the_tutorial(trainer, form)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
    expected = tutorial_losses(network, optimizer, 50, np.float32)
    np.testing.assert_allclose(losses(first(50, trainer)), expected, rtol=1e-4, atol=0)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(
    ("settings", "build"),
    [
        ({"optimizer": "adam", "lr": 0.005}, lambda p: torch.optim.Adam(p, lr=0.005)),
        (
            {"optimizer": "sgd", "lr": 0.05, "momentum": 0.8},
            lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.8),
        ),
        (
            {"optimizer": "sgd", "lr": 0.1, "momentum": 0.0},
            lambda p: torch.optim.SGD(p, lr=0.1),
        ),
        ({"optimizer": "rmsprop", "lr": 0.003}, lambda p: torch.optim.RMSprop(p, lr=0.003)),
    ],
    ids=["adam", "sgd with momentum", "sgd", "rmsprop"],
)
def test_every_optimizer_is_torchs(cell: str, settings: dict[str, Any], build: Any) -> None:
    trainer = Trainer(RunConfig(cell=cell, **settings), dtype=torch.float64)
    network = of_the_tutorial(trainer)
    expected = tutorial_losses(network, build(network.parameters()), 40)
    np.testing.assert_allclose(losses(first(40, trainer)), expected, rtol=1e-10, atol=0)


# Adam hardly hears the size of a gradient; SGD follows it.
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("cell", CELLS)
def test_clipping_is_torchs_and_the_norm_is_that_before_it(cell: str, optimizer: str) -> None:
    config = RunConfig(cell=cell, optimizer=optimizer, clip_norm=0.3, seed=0)
    trainer = Trainer(config, dtype=torch.float64)
    network = of_the_tutorial(trainer)
    norms: list[float] = []

    def clip() -> None:
        norms.append(nn.utils.clip_grad_norm_(network.parameters(), 0.3).item())

    theirs: torch.optim.Optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
    if optimizer == "sgd":
        theirs = torch.optim.SGD(network.parameters(), lr=0.02, momentum=0.9)
    expected = tutorial_losses(network, theirs, 40, before_update=clip)
    steps = first(40, trainer)
    np.testing.assert_allclose(losses(steps), expected, rtol=1e-10, atol=0)
    np.testing.assert_allclose([step.grad_norm for step in steps], norms, rtol=1e-9, atol=0)
    assert min(norms) < 0.3 < max(norms)


@pytest.mark.parametrize("cell", CELLS)
def test_a_state_that_is_not_carried_starts_every_window_from_zeros(cell: str) -> None:
    trainer = Trainer(RunConfig(cell=cell, carry_state=False), dtype=torch.float64)
    network = of_the_tutorial(trainer)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
    expected = tutorial_losses(network, optimizer, 40, carry=False)
    np.testing.assert_allclose(losses(first(40, trainer)), expected, rtol=1e-10, atol=0)


@pytest.mark.parametrize("cell", CELLS)
def test_stacked_layers_are_torchs(cell: str) -> None:
    trainer = Trainer(RunConfig(cell=cell, num_layers=2), dtype=torch.float64)
    network = of_the_tutorial(trainer)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
    expected = tutorial_losses(network, optimizer, 40)
    np.testing.assert_allclose(losses(first(40, trainer)), expected, rtol=1e-10, atol=0)


@pytest.mark.parametrize("carry", [True, False])
@pytest.mark.parametrize("cell", CELLS)
def test_every_row_of_a_batch_is_a_stream_with_a_state_of_its_own(cell: str, carry: bool) -> None:
    config = RunConfig(cell=cell, batch_size=3, carry_state=carry)
    trainer = Trainer(config, dtype=torch.float64)
    network = of_the_tutorial(trainer)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
    expected = tutorial_losses(network, optimizer, 30, rows=3, carry=carry)
    np.testing.assert_allclose(losses(first(30, trainer)), expected, rtol=1e-10, atol=0)


@pytest.mark.parametrize("engine", ["torch", "compiled"])
@pytest.mark.parametrize("cell", CELLS)
def test_with_one_bias_the_losses_are_those_of_the_tutorials_loop(cell: str, engine: str) -> None:
    config = RunConfig(cell=cell, single_bias=True, clip_norm=0.5)
    trainer = Trainer(config, dtype=torch.float64, engine=engine)
    network = of_the_tutorial(trainer)
    trained = [each for name, each in network.named_parameters() if "bias_hh" not in name]
    expected = tutorial_losses(
        network,
        torch.optim.Adam(trained, lr=0.02),
        40,
        before_update=lambda: nn.utils.clip_grad_norm_(trained, 0.5),
    )
    np.testing.assert_allclose(losses(first(40, trainer)), expected, rtol=1e-9, atol=0)


def test_a_network_with_fixed_recurrent_weights_trains_its_readout_alone() -> None:
    trainer = Trainer(RunConfig(), dtype=torch.float64)
    for parameter in trainer.model.rnn.parameters():
        parameter.requires_grad_(False)
    before = weights(trainer)
    found = losses(first(60, trainer))
    after = weights(trainer)
    fixed = len(list(trainer.model.rnn.parameters()))
    for old, new in zip(before[:fixed], after[:fixed], strict=True):
        assert torch.equal(old, new)
    assert not torch.equal(before[-1], after[-1])
    assert np.mean(found[-10:]) < np.mean(found[:10])
    assert trainer.parameter_count == 33
    # Two runs that are alike but for the way of taking steps.
    again = Trainer(RunConfig(), dtype=torch.float64)
    for parameter in again.model.rnn.parameters():
        parameter.requires_grad_(False)
    assert again.advance(60).losses.tolist() == found
    assert again.snapshot().weights.numel() == sum(weight.numel() for weight in after)


def test_weights_that_all_are_fixed_stay() -> None:
    trainer = Trainer(RunConfig())
    trainer.model.requires_grad_(False)
    before = weights(trainer)
    assert [step.grad_norm for step in first(3, trainer)] == [0, 0, 0]
    assert trainer.advance(2).grad_norms.tolist() == [0, 0]
    for old, new in zip(before, weights(trainer), strict=True):
        assert torch.equal(old, new)


def test_a_gradient_whose_parameter_was_fixed_meanwhile_is_refused() -> None:
    trainer = Trainer(RunConfig())
    first(3, trainer)
    trainer.model.out.requires_grad_(False)
    with pytest.raises(ValueError, match="The 6 parameters that have a gradient must require"):
        next(trainer.steps())


def test_parameters_that_replace_others_are_trained() -> None:
    trainer, expected = Trainer(RunConfig()), losses(first(12, Trainer(RunConfig())))
    found = losses(first(6, trainer))
    values = {name: value.clone() for name, value in trainer.model.state_dict().items()}
    trainer.model.load_state_dict(values, assign=True)
    assert found + losses(first(6, trainer)) == expected
