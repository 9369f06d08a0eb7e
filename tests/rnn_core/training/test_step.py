"""What a step holds, and that it belongs together."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
import torch
from torch import nn

from rnn_core import RunConfig, Trainer
from tests.rnn_core.runs import CELLS, first, gradients, weights, window

# --- what a step holds --------------------------------------------------------------------


@pytest.mark.parametrize("batch_size", [1, 3])
@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_loss_gradients_state_and_weights_of_a_step_belong_together(
    cell: str, num_layers: int, batch_size: int
) -> None:
    # So tight a clip would show if .grad were what the optimiser sees.
    config = RunConfig(cell=cell, num_layers=num_layers, batch_size=batch_size, clip_norm=0.01)
    trainer = Trainer(config, dtype=torch.float64)
    step = first(6, trainer)[-1]
    prediction, _state = trainer.model(window(step.inputs), trainer.state)
    loss = nn.functional.mse_loss(prediction, window(step.targets))
    expected = torch.autograd.grad(loss, list(trainer.model.parameters()))
    assert step.loss == pytest.approx(loss.item(), rel=1e-12)
    torch.testing.assert_close(gradients(trainer), list(expected), rtol=1e-10, atol=1e-15)
    norm = torch.cat([gradient.ravel() for gradient in expected]).norm().item()
    assert step.grad_norm == pytest.approx(norm, rel=1e-10)
    torch.testing.assert_close(window(step.prediction), prediction.detach(), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("batch_size", [1, 3])
@pytest.mark.parametrize("cell", CELLS)
def test_hidden_states_through_the_readout_are_the_prediction(
    cell: str, batch_size: int, dtype: torch.dtype
) -> None:
    config = RunConfig(cell=cell, num_layers=2, batch_size=batch_size, hidden_size=5)
    trainer = Trainer(config, dtype=dtype)
    step = first(4, trainer)[-1]
    assert trainer.hidden_states.shape == (batch_size, 10, 5)
    with torch.no_grad():
        read_out = trainer.model.out(torch.from_numpy(trainer.hidden_states.copy()))
    torch.testing.assert_close(read_out, window(step.prediction))


@pytest.mark.parametrize("batch_size", [1, 3])
def test_the_loss_is_the_mean_squared_error_of_prediction_and_targets(batch_size: int) -> None:
    trainer = Trainer(RunConfig(batch_size=batch_size, noise_std=0.2), dtype=torch.float64)
    step = first(3, trainer)[-1]
    expected = np.mean((step.prediction - step.targets) ** 2)
    assert step.loss == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("k", [0, 1, 5])
def test_step_k_covers_window_k_with_both_ends(k: int) -> None:
    step = first(k + 1, Trainer(RunConfig()))[-1]
    assert step.index == k
    time = np.linspace(k * np.pi, (k + 1) * np.pi, 10)[None]
    np.testing.assert_allclose(step.time, time, rtol=1e-15)
    np.testing.assert_allclose(step.inputs, np.sin(time)[:, :, None], atol=1e-6)
    np.testing.assert_allclose(step.targets, np.cos(time)[:, :, None], atol=1e-6)


def test_step_0_is_the_untrained_network_and_every_later_step_an_updated_one() -> None:
    trainer = Trainer(RunConfig())
    untrained = weights(trainer)
    steps = trainer.steps()
    next(steps)
    torch.testing.assert_close(weights(trainer), untrained, rtol=0, atol=0)
    next(steps)
    for old, new in zip(untrained, weights(trainer), strict=True):
        assert (old != new).any()


@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_a_carried_state_is_where_the_last_window_ended(cell: str, num_layers: int) -> None:
    config = RunConfig(cell=cell, num_layers=num_layers, batch_size=2)
    trainer = Trainer(config, dtype=torch.float64)
    assert trainer.state is None
    step = first(1, trainer)[0]
    assert trainer.state is None
    with torch.no_grad():
        _output, end = trainer.model.rnn(window(step.inputs))
    first(1, trainer)
    state = trainer.state
    torch.testing.assert_close(state, end, rtol=1e-12, atol=1e-15)
    # State crosses windows, gradients never do.
    parts = state if isinstance(state, tuple) else (state,)
    assert [part.requires_grad for part in parts if part is not None] == [False] * len(parts)


@pytest.mark.parametrize("cell", CELLS)
def test_a_state_that_is_not_carried_is_none(cell: str) -> None:
    trainer = Trainer(RunConfig(cell=cell, carry_state=False))
    first(3, trainer)
    assert trainer.state is None


@pytest.mark.parametrize("engine", ["torch", "compiled"])
@pytest.mark.parametrize("batch_size", [1, 4])
@pytest.mark.parametrize(
    ("name", "features"),
    [("time", ()), ("inputs", (1,)), ("targets", (1,)), ("prediction", (1,))],
)
def test_an_array_of_a_step_has_all_its_axes_and_cannot_be_written(
    name: str, features: tuple[int, ...], batch_size: int, engine: str
) -> None:
    step = next(Trainer(RunConfig(batch_size=batch_size), engine=engine).steps())
    array = getattr(step, name)
    assert array.shape == (batch_size, 10, *features)
    with pytest.raises(ValueError, match="read-only"):
        array[...] = 0


def test_hidden_states_cannot_be_written_and_there_are_none_before_the_first_step() -> None:
    trainer = Trainer(RunConfig(batch_size=2, num_layers=3, hidden_size=4))
    assert trainer.hidden_states.shape == (2, 0, 4)
    first(1, trainer)
    with pytest.raises(ValueError, match="read-only"):
        trainer.hidden_states[...] = 0


@pytest.mark.parametrize(
    ("dtype", "expected"), [(torch.float32, np.float32), (torch.float64, np.float64)]
)
def test_everything_but_time_is_in_the_precision_of_the_run(
    dtype: torch.dtype, expected: type[np.floating]
) -> None:
    trainer = Trainer(RunConfig(), dtype=dtype)
    step = first(1, trainer)[0]
    assert {array.dtype for array in (step.inputs, step.targets, step.prediction)} == {
        np.dtype(expected)
    }
    assert step.time.dtype == np.float64
    assert trainer.hidden_states.dtype == expected
    assert {weight.dtype for weight in weights(trainer)} == {dtype}


def test_a_step_keeps_its_numbers_when_the_run_goes_on() -> None:
    trainer = Trainer(RunConfig())
    held = first(1, trainer)[0]
    arrays = held.time, held.inputs, held.targets, held.prediction
    copies = [array.copy() for array in arrays]
    hidden, copied = trainer.hidden_states, trainer.hidden_states.copy()
    first(170, trainer)
    for array, copy in zip(arrays, copies, strict=True):
        np.testing.assert_array_equal(array, copy)
    np.testing.assert_array_equal(hidden, copied)


@pytest.mark.parametrize("name", ["index", "loss", "grad_norm"])
def test_steps_with_another_number_are_different(name: str) -> None:
    step = next(Trainer(RunConfig()).steps())
    assert replace(step, **{name: getattr(step, name) + 1}) != step


@pytest.mark.parametrize("name", ["time", "inputs", "targets", "prediction"])
def test_steps_with_another_array_are_different(name: str) -> None:
    step = next(Trainer(RunConfig()).steps())
    nearly = getattr(step, name).copy()
    nearly[-1] = np.nextafter(nearly[-1], 9)
    assert replace(step, **{name: nearly}) != step


def test_steps_are_equal_whatever_time_they_took() -> None:
    step = next(Trainer(RunConfig()).steps())
    assert replace(step, seconds=99.0) == step
    assert step != "a step"


def test_the_same_nan_in_two_steps_makes_them_no_different() -> None:
    step = next(Trainer(RunConfig()).steps())
    spoilt = {"loss": np.nan, "prediction": np.full((1, 10, 1), np.nan)}
    assert replace(step, **spoilt) == replace(step, **spoilt)
    assert replace(step, **spoilt) != step


def test_a_step_cannot_be_changed_or_hashed() -> None:
    step = next(Trainer(RunConfig()).steps())
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'loss'"):
        step.loss = 0.0  # type: ignore[misc]
    with pytest.raises(TypeError, match="unhashable type: 'Step'"):
        hash(step)


# Input and recurrent weights and two biases for every gate; readout and its bias.
@pytest.mark.parametrize(("cell", "gates"), [("rnn", 1), ("lstm", 4), ("gru", 3)])
def test_parameters_are_counted(cell: str, gates: int) -> None:
    one = Trainer(RunConfig(cell=cell, hidden_size=32))
    two = Trainer(RunConfig(cell=cell, hidden_size=8, num_layers=2))
    assert one.parameter_count == gates * (32 + 32 * 32 + 64) + 33
    assert two.parameter_count == gates * (8 + 64 + 16 + 64 + 64 + 16) + 9
