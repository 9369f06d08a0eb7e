from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch

from rnn_core import CELLS, RunConfig, Step, Trainer


def first(count: int, trainer: Trainer) -> list[Step]:
    return list(islice(trainer.steps(), count))


def weights(trainer: Trainer) -> list[torch.Tensor]:
    return [parameter.detach().clone() for parameter in trainer.model.parameters()]


# --- determinism ------------------------------------------------------------------------


@pytest.mark.parametrize("cell", CELLS)
def test_equal_configs_give_equal_steps_and_other_seeds_others(cell: str) -> None:
    config = RunConfig(cell=cell, noise_std=0.1)
    steps = first(30, Trainer(config))
    assert steps == first(30, Trainer(config))
    assert steps[0] != first(1, Trainer(replace(config, seed=1)))[0]
    assert steps[0] != first(1, Trainer(replace(config, noise_seed=1)))[0]


def test_other_threads_that_draw_random_numbers_change_nothing() -> None:
    expected = first(30, Trainer(RunConfig(noise_std=0.1)))
    stop = threading.Event()

    def draw() -> None:
        while not stop.is_set():
            torch.manual_seed(0)
            torch.rand(10)
            np.random.seed(0)
            np.random.rand(10)

    threads = [threading.Thread(target=draw) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        assert first(30, Trainer(RunConfig(noise_std=0.1))) == expected
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_training_leaves_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    first(5, Trainer(RunConfig(noise_std=0.1)))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_loop_that_was_left_is_continued_as_if_it_never_had_been() -> None:
    expected = first(20, Trainer(RunConfig()))
    trainer = Trainer(RunConfig())
    steps = first(7, trainer) + first(1, trainer) + first(12, trainer)
    assert steps == expected


def meddle(trainer: Trainer, step: Step) -> None:
    """What diagnostics do, and then some."""
    inputs = torch.as_tensor(np.array(step.inputs)).reshape(1, -1, 1)
    prediction, _state = trainer.model(inputs, trainer.state)
    prediction.square().sum().backward()
    trainer.model.zero_grad()
    torch.manual_seed(step.index)
    trainer.model.eval()
    trainer.hidden_states.sum()


def lose_the_gradients(trainer: Trainer, _step: Step) -> None:
    for parameter in trainer.model.parameters():
        parameter.grad = None


def spoil_the_gradients(trainer: Trainer, _step: Step) -> None:
    for parameter in trainer.model.parameters():
        assert parameter.grad is not None
        parameter.grad.fill_(torch.nan)


@pytest.mark.parametrize("disturb", [meddle, lose_the_gradients, spoil_the_gradients])
@pytest.mark.parametrize("cell", CELLS)
def test_a_diagnostic_between_steps_changes_nothing(
    cell: str, disturb: Callable[[Trainer, Step], None]
) -> None:
    config = RunConfig(cell=cell, clip_norm=0.5)
    expected = first(10, Trainer(config))
    trainer = Trainer(config)
    steps = []
    for step in islice(trainer.steps(), 10):
        disturb(trainer, step)
        steps.append(step)
    assert steps == expected


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_the_callers_grad_mode_does_not_matter(mode: Any) -> None:
    expected = first(5, Trainer(RunConfig()))
    with mode():
        assert first(5, Trainer(RunConfig())) == expected


def test_reset_gives_the_same_run_again_whatever_happened() -> None:
    trainer = Trainer(RunConfig(cell="lstm"))
    expected = first(12, trainer)
    trainer.lr = 0.5
    first(5, trainer)
    trainer.reset()
    assert trainer.lr == 0.02
    assert first(12, trainer) == expected


# --- the learning rate ------------------------------------------------------------------


def test_a_changed_learning_rate_takes_effect_at_the_next_update() -> None:
    config = RunConfig(optimizer="sgd", momentum=0.0, lr=0.1)
    untouched, trainer = Trainer(config), Trainer(config)
    assert first(4, trainer) == first(4, untouched)
    before = weights(trainer)
    gradients = [parameter.grad.clone() for parameter in trainer.model.parameters()]
    trainer.lr = 0.25
    next(trainer.steps())
    for old, gradient, new in zip(before, gradients, weights(trainer), strict=True):
        torch.testing.assert_close(new, old - 0.25 * gradient)


def test_a_wrong_learning_rate_is_refused_and_the_old_one_kept() -> None:
    trainer = Trainer(RunConfig())
    sentence = "lr must be a positive number, got -1.0. Try 0.02."
    with pytest.raises(ValueError, match=re.escape(sentence)):
        trainer.lr = -1.0
    assert trainer.lr == 0.02


# --- what a step holds ------------------------------------------------------------------


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("batch_size", [1, 3])
def test_loss_gradients_state_and_weights_of_a_step_belong_together(
    cell: str, batch_size: int
) -> None:
    config = RunConfig(cell=cell, batch_size=batch_size, clip_norm=0.01)
    trainer = Trainer(config, dtype=torch.float64)
    step = first(6, trainer)[-1]
    inputs = torch.as_tensor(np.array(step.inputs)).reshape(batch_size, 10, 1)
    targets = torch.as_tensor(np.array(step.targets)).reshape(batch_size, 10, 1)
    prediction, _state = trainer.model(inputs, trainer.state)
    loss = (prediction - targets).square().mean()
    gradients = torch.autograd.grad(loss, list(trainer.model.parameters()))
    assert loss.item() == pytest.approx(step.loss, rel=1e-12)
    for parameter, gradient in zip(trainer.model.parameters(), gradients, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, rtol=1e-9, atol=1e-14)
    squares = sum(gradient.square().sum().item() for gradient in gradients)
    assert step.grad_norm == pytest.approx(squares**0.5, rel=1e-9)
    np.testing.assert_allclose(
        step.prediction.reshape(-1), prediction.detach().numpy().reshape(-1), rtol=1e-12
    )
    hidden = torch.as_tensor(trainer.hidden_states.copy())
    torch.testing.assert_close(trainer.model.out(hidden), prediction)


def test_step_k_looks_at_window_k_with_both_ends() -> None:
    for step in first(4, Trainer(RunConfig())):
        k = step.index
        np.testing.assert_allclose(step.time, np.linspace(k * np.pi, (k + 1) * np.pi, 10))
        np.testing.assert_allclose(step.inputs, np.sin(step.time), atol=1e-6)
        np.testing.assert_allclose(step.targets, np.cos(step.time), atol=1e-6)
        assert step.loss == pytest.approx(np.mean((step.prediction - step.targets) ** 2), rel=1e-5)


@pytest.mark.parametrize(("batch_size", "shape"), [(1, (10,)), (4, (4, 10))])
def test_a_steps_arrays_are_small_and_cannot_be_written(
    batch_size: int, shape: tuple[int, ...]
) -> None:
    step = next(Trainer(RunConfig(batch_size=batch_size)).steps())
    for array in (step.time, step.inputs, step.targets, step.prediction):
        assert array.shape == shape
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_hidden_states_are_those_of_the_top_layer_and_none_before_the_first_step() -> None:
    trainer = Trainer(RunConfig(batch_size=2, num_layers=3, hidden_size=4))
    assert trainer.hidden_states.shape == (2, 0, 4)
    assert trainer.state is None
    next(trainer.steps())
    assert trainer.hidden_states.shape == (2, 10, 4)


def test_a_carried_state_is_the_last_windows_end_and_a_reset_one_is_none() -> None:
    carried, reset = Trainer(RunConfig()), Trainer(RunConfig(carry_state=False))
    first(1, carried)
    end = carried.hidden_states[0, -1].copy()
    first(1, carried)
    assert isinstance(carried.state, torch.Tensor)
    assert not carried.state.requires_grad
    np.testing.assert_array_equal(carried.state[0, 0], end)
    first(3, reset)
    assert reset.state is None


def test_steps_compare_by_everything_but_their_seconds() -> None:
    step = next(Trainer(RunConfig()).steps())
    assert replace(step, seconds=99.0) == step
    assert replace(step, loss=0.0) != step
    assert step != "a step"
    with pytest.raises(TypeError, match="unhashable"):
        hash(step)


def test_parameters_are_counted() -> None:
    # Input and recurrent weights, two biases, readout and its bias.
    assert Trainer(RunConfig()).parameter_count == 32 + 32 * 32 + 2 * 32 + 32 + 1


# --- endings and refusals ---------------------------------------------------------------


def test_a_loss_that_is_not_finite_is_the_last_step_and_reset_begins_anew() -> None:
    trainer = Trainer(RunConfig(optimizer="sgd", lr=1.0))
    steps = list(islice(trainer.steps(), 200))
    assert len(steps) < 200
    assert [step.is_finite for step in steps] == [True] * (len(steps) - 1) + [False]
    assert trainer.diverged
    assert list(trainer.steps()) == []
    trainer.reset()
    assert not trainer.diverged
    assert next(trainer.steps()) == steps[0]


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        (
            {"config": {"cell": "gru"}},
            TypeError,
            "config must be a RunConfig, got {'cell': 'gru'}. Try RunConfig().",
        ),
        (
            {"config": RunConfig(), "dtype": torch.float16},
            ValueError,
            "dtype must be torch.float32 or torch.float64, got torch.float16. Try torch.float32.",
        ),
    ],
)
def test_a_trainer_refuses_what_it_cannot_train(
    arguments: dict[str, Any], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=re.escape(sentence)):
        Trainer(**arguments)


# --- what it learns ---------------------------------------------------------------------


def test_carried_memory_beats_the_reset_floor_and_reset_memory_settles_on_it() -> None:
    carried = [step.loss for step in first(130, Trainer(RunConfig()))]
    assert np.mean(carried[60:100]) < 0.05
    reset = [step.loss for step in first(400, Trainer(RunConfig(carry_state=False)))]
    assert 0.099 < np.mean(reset[-50:]) < 0.105
