from __future__ import annotations

from dataclasses import FrozenInstanceError
from itertools import islice

import numpy as np
import pytest
import torch
from torch.nn import functional

from rnn_core import RunConfig, Trainer
from rnn_core.diagnostics import StepContext

CONFIGS = [
    RunConfig(hidden_size=4),
    RunConfig(cell="lstm", hidden_size=4, num_layers=2, batch_size=3),
    RunConfig(cell="gru", hidden_size=4, task="adding", window_length=8, batch_size=2),
    RunConfig(hidden_size=4, task="copy", window_length=30, batch_size=2),
]


def held(config: RunConfig, steps: int = 3) -> tuple[Trainer, StepContext]:
    """A trainer at a step, and the context of that step."""
    trainer = Trainer(config)
    for _ in islice(trainer.steps(), steps):
        pass
    return trainer, trainer.context()


def first_row(state: object) -> object:
    if isinstance(state, tuple):
        return tuple(map(first_row, state))
    return None if state is None else state[:, :1].contiguous()  # type: ignore[index]


@pytest.mark.parametrize("config", CONFIGS)
def test_the_context_gives_the_steps_own_prediction(config: RunConfig) -> None:
    trainer = Trainer(config)
    for step in islice(trainer.steps(), 3):
        context = trainer.context()
        inputs = torch.from_numpy(context.inputs)[None]
        with torch.no_grad():
            prediction, _state = context.model(inputs, first_row(context.state))
        np.testing.assert_allclose(prediction[0].numpy(), step.prediction[0], atol=1e-6)
        np.testing.assert_array_equal(context.inputs, step.inputs[0])
        np.testing.assert_array_equal(context.targets, step.targets[0])


def test_criterion_and_mask_give_the_steps_loss() -> None:
    for config in (RunConfig(hidden_size=4), RunConfig(task="temporal_order", window_length=10)):
        trainer = Trainer(config)
        step = next(trainer.steps())
        context = trainer.context()
        counted = slice(None) if context.loss_mask is None else context.loss_mask
        prediction = torch.from_numpy(step.prediction[0][counted].copy())
        targets = torch.from_numpy(context.targets[counted])
        loss = functional.mse_loss if context.criterion == "mse" else functional.cross_entropy
        assert float(loss(prediction, targets)) == pytest.approx(step.loss, rel=1e-6)


def test_the_shapes_are_those_of_one_row_and_the_state_is_that_of_all() -> None:
    _trainer, context = held(CONFIGS[1])
    assert context.inputs.shape == context.targets.shape == (10, 1)
    assert context.loss_mask is None
    assert isinstance(context.state, tuple)
    assert [part.shape for part in context.state] == [(2, 3, 4)] * 2
    _trainer, masked = held(CONFIGS[2])
    assert masked.loss_mask is not None
    assert (masked.inputs.shape, masked.loss_mask.shape) == ((8, 2), (8,))
    assert masked.loss_mask.tolist() == [False] * 7 + [True]


def test_the_first_window_starts_from_zeros() -> None:
    _trainer, context = held(CONFIGS[0], steps=1)
    assert context.state is None


def test_arrays_are_copies_and_the_model_is_the_running_one() -> None:
    trainer, context = held(CONFIGS[0])
    inputs = context.inputs.copy()
    context.inputs[:] = 7.0
    np.testing.assert_array_equal(trainer.context().inputs, inputs)
    assert context.model is trainer.model


def test_a_context_is_frozen_and_compared_by_identity() -> None:
    trainer, context = held(CONFIGS[0])
    with pytest.raises(FrozenInstanceError):
        context.state = None  # type: ignore[misc]
    assert context == context
    assert context != trainer.context()


@pytest.mark.parametrize("reset", [False, True])
def test_before_the_first_step_there_is_no_context(reset: bool) -> None:
    trainer = Trainer(RunConfig(hidden_size=4))
    if reset:
        next(trainer.steps())
        trainer.reset()
    with pytest.raises(ValueError, match=r"must be asked for after a step, got none yet\. Take"):
        trainer.context()
