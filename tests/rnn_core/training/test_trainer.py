from __future__ import annotations

import random
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from rnn_core import OPTIMIZERS, RunConfig, Step, Trainer
from rnn_core.cells.module import unpack
from tests.rnn_core.runs import CELLS, first, gradients, losses, weights, window

# --- the same run every time --------------------------------------------------------------


@pytest.mark.parametrize(
    "config",
    [
        RunConfig(),
        RunConfig(cell="lstm", forget_bias=1.0, clip_norm=0.5),
        RunConfig(cell="gru", num_layers=2, batch_size=3, optimizer="rmsprop", lr=0.003),
        RunConfig(noise_std=0.2, carry_state=False, optimizer="sgd"),
    ],
)
def test_equal_configs_give_equal_steps(config: RunConfig) -> None:
    assert first(30, Trainer(config)) == first(30, Trainer(replace(config)))


@pytest.mark.parametrize("cell", CELLS)
def test_another_seed_gives_another_network_for_the_same_windows(cell: str) -> None:
    here = next(Trainer(RunConfig(cell=cell, seed=0)).steps())
    there = next(Trainer(RunConfig(cell=cell, seed=1)).steps())
    assert here != there
    np.testing.assert_array_equal(here.inputs, there.inputs)
    assert (here.prediction != there.prediction).all()


def test_another_data_seed_gives_the_same_network_other_windows() -> None:
    config = RunConfig(noise_std=0.2)
    here, there = Trainer(config), Trainer(replace(config, data_seed=1))
    for ours, theirs in zip(weights(here), weights(there), strict=True):
        assert torch.equal(ours, theirs)
    assert next(here.steps()) != next(there.steps())


def test_other_threads_that_draw_random_numbers_change_nothing() -> None:
    config = RunConfig(noise_std=0.1)
    expected = first(30, Trainer(config))
    stop = threading.Event()

    def draw() -> None:
        while not stop.is_set():
            torch.manual_seed(0)
            torch.rand(10)
            np.random.seed(0)
            np.random.rand(10)
            random.random()

    threads = [threading.Thread(target=draw) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        assert first(30, Trainer(config)) == expected
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_runs_side_by_side_in_threads_do_not_touch_each_other() -> None:
    configs = [RunConfig(cell=cell, seed=seed) for cell in CELLS for seed in (0, 1)]
    expected = [first(30, Trainer(config)) for config in configs]
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(lambda config: first(30, Trainer(config)), configs)) == expected


def test_building_and_training_leave_the_global_generators_alone() -> None:
    torchs, numpys, pythons = torch.get_rng_state(), np.random.get_state(), random.getstate()
    trainer = Trainer(RunConfig(noise_std=0.1, clip_norm=1.0))
    first(5, trainer)
    trainer.reset()
    assert torch.equal(torch.get_rng_state(), torchs)
    np.testing.assert_equal(np.random.get_state(), numpys)
    assert random.getstate() == pythons


@pytest.mark.parametrize("cell", CELLS)
def test_a_run_whose_loop_was_left_goes_on_as_if_it_never_had_been(cell: str) -> None:
    expected = first(20, Trainer(RunConfig(cell=cell)))
    trainer = Trainer(RunConfig(cell=cell))
    steps = []
    for step in trainer.steps():
        steps.append(step)
        if step.index == 6:
            break
    for step in trainer.steps():
        steps.append(step)
        break
    steps += first(12, trainer)
    assert steps == expected


def test_two_loops_over_one_trainer_share_its_run() -> None:
    trainer = Trainer(RunConfig())
    left, right = trainer.steps(), trainer.steps()
    steps = [next(left), next(right), next(right), next(left)]
    assert steps == first(4, Trainer(RunConfig()))


# --- what is done between steps -----------------------------------------------------------


def look_inside(trainer: Trainer, step: Step) -> None:
    inputs = window(step.inputs).requires_grad_()
    prediction, _state = trainer.model(inputs, trainer.state)
    prediction.square().sum().backward()
    trainer.hidden_states.sum()


def lose_the_gradients(trainer: Trainer, _step: Step) -> None:
    trainer.model.zero_grad()


def zero_the_gradients(trainer: Trainer, _step: Step) -> None:
    trainer.model.zero_grad(set_to_none=False)


def spoil_the_gradients(trainer: Trainer, _step: Step) -> None:
    for parameter in trainer.model.parameters():
        assert parameter.grad is not None
        parameter.grad.fill_(torch.nan)


def clip_the_gradients(trainer: Trainer, _step: Step) -> None:
    nn.utils.clip_grad_norm_(trainer.model.parameters(), 1e-3)


def seed_everything(_trainer: Trainer, step: Step) -> None:
    torch.manual_seed(step.index)
    np.random.seed(step.index)
    random.seed(step.index)


def train_another_network(trainer: Trainer, _step: Step) -> None:
    first(2, Trainer(replace(trainer.config, seed=9)))


def ask_for_other_batches(trainer: Trainer, step: Step) -> None:
    trainer.task.batch(step.index + 50, np.float32)
    trainer.task.batch(0, np.float32)


@pytest.mark.parametrize(
    "disturb",
    [
        look_inside,
        lose_the_gradients,
        zero_the_gradients,
        spoil_the_gradients,
        clip_the_gradients,
        seed_everything,
        train_another_network,
        ask_for_other_batches,
    ],
)
@pytest.mark.parametrize("cell", CELLS)
def test_a_diagnostic_between_steps_changes_nothing(
    cell: str, disturb: Callable[[Trainer, Step], None]
) -> None:
    config = RunConfig(cell=cell, clip_norm=0.5, noise_std=0.1)
    expected = first(10, Trainer(config))
    trainer = Trainer(config)
    steps = []
    for step in islice(trainer.steps(), 10):
        disturb(trainer, step)
        steps.append(step)
    assert steps == expected


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_the_callers_grad_mode_does_not_matter(cell: str, mode: Any) -> None:
    expected = first(9, Trainer(RunConfig(cell=cell)))
    with mode():
        trainer = Trainer(RunConfig(cell=cell))
        inside = first(3, trainer)
    outside = first(3, trainer)
    with mode():
        steps = inside + outside + first(3, trainer)
        trainer.reset()
        again = first(9, trainer)
    assert steps == expected
    assert again == expected


# --- reset --------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("cell", CELLS)
def test_reset_gives_the_same_run_again_whatever_happened(cell: str, optimizer: str) -> None:
    trainer = Trainer(RunConfig(cell=cell, optimizer=optimizer, lr=0.01, noise_std=0.1))
    expected = first(12, trainer)
    trainer.lr = 0.5
    first(5, trainer)
    trainer.reset()
    assert trainer.lr == 0.01
    assert trainer.state is None
    assert trainer.hidden_states.shape == (1, 0, 32)
    assert first(12, trainer) == expected


def test_a_loop_goes_on_from_the_beginning_after_a_reset() -> None:
    trainer = Trainer(RunConfig())
    loop = trainer.steps()
    expected = [next(loop), next(loop)]
    trainer.reset()
    assert [next(loop), next(loop)] == expected


# --- the learning rate --------------------------------------------------------------------


@pytest.mark.parametrize("cell", CELLS)
def test_a_changed_learning_rate_takes_effect_at_the_next_step(cell: str) -> None:
    config = RunConfig(cell=cell, optimizer="sgd", momentum=0.0, lr=0.1)
    untouched = first(6, Trainer(config, dtype=torch.float64))
    trainer = Trainer(config, dtype=torch.float64)
    assert first(4, trainer) == untouched[:4]
    old, gradient = weights(trainer), gradients(trainer)
    trainer.lr = 0.25
    # Nothing moves until the next step is asked for.
    torch.testing.assert_close(weights(trainer), old, rtol=0, atol=0)
    after = first(1, trainer)[0]
    expected = [w - 0.25 * g for w, g in zip(old, gradient, strict=True)]
    torch.testing.assert_close(weights(trainer), expected, rtol=0, atol=1e-15)
    assert after.index == untouched[4].index
    assert after != untouched[4]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_learning_rate_set_before_the_first_step_is_that_of_the_whole_run(optimizer: str) -> None:
    trainer = Trainer(RunConfig(optimizer=optimizer, lr=0.02))
    trainer.lr = 0.003
    assert first(10, trainer) == first(10, Trainer(RunConfig(optimizer=optimizer, lr=0.003)))


def test_setting_the_learning_rate_it_has_changes_nothing() -> None:
    trainer = Trainer(RunConfig())
    steps = first(3, trainer)
    trainer.lr = trainer.lr
    assert steps + first(3, trainer) == first(6, Trainer(RunConfig()))


def test_a_learning_rate_of_numpy_becomes_a_plain_float() -> None:
    trainer = Trainer(RunConfig())
    trainer.lr = np.float64(0.5)
    assert (trainer.lr, type(trainer.lr)) == (0.5, float)
    assert trainer.config.lr == 0.02


@pytest.mark.parametrize(
    ("value", "error", "sentence"),
    [
        (-1, ValueError, "lr must be a positive number, got -1. Try 0.02."),
        (0.0, ValueError, "lr must be a positive number, got 0.0. Try 0.02."),
        (11, ValueError, "lr must be a positive number up to 10, got 11. Try 0.02."),
        ("fast", TypeError, "lr must be a positive number, got 'fast'. Try 0.02."),
    ],
)
def test_a_wrong_learning_rate_is_refused_and_the_old_one_kept(
    value: Any, error: type[Exception], sentence: str
) -> None:
    trainer = Trainer(RunConfig())
    steps = first(3, trainer)
    with pytest.raises(error, match=f"^{re.escape(sentence)}$"):
        trainer.lr = value
    assert trainer.lr == 0.02
    assert steps + first(3, trainer) == first(6, Trainer(RunConfig()))


# --- endings and refusals -----------------------------------------------------------------


def test_a_loss_that_is_not_finite_is_the_last_step_and_reset_begins_anew() -> None:
    trainer = Trainer(RunConfig(optimizer="sgd", lr=1.0))
    loop = trainer.steps()
    steps = list(islice(loop, 200))
    assert 1 < len(steps) < 200
    assert [step.is_finite for step in steps] == [True] * (len(steps) - 1) + [False]
    assert np.isfinite(losses(steps)).tolist() == [step.is_finite for step in steps]
    assert trainer.diverged
    assert list(loop) == []
    assert list(trainer.steps()) == []
    trainer.reset()
    assert not trainer.diverged
    assert list(islice(trainer.steps(), 200)) == steps


def test_a_run_that_learns_has_not_diverged() -> None:
    trainer = Trainer(RunConfig())
    steps = first(20, trainer)
    assert [step.is_finite for step in steps] == [True] * 20
    assert trainer.diverged is False


@pytest.mark.parametrize("config", [None, {"cell": "gru"}, RunConfig])
def test_what_is_no_config_is_refused(config: Any) -> None:
    sentence = f"config must be a RunConfig, got {config!r}. Try RunConfig()."
    with pytest.raises(TypeError, match=f"^{re.escape(sentence)}$"):
        Trainer(config)


@pytest.mark.parametrize("dtype", [torch.float16, torch.int64, "float32", None])
def test_a_precision_that_it_does_not_train_in_is_refused(dtype: Any) -> None:
    sentence = f"dtype must be torch.float32 or torch.float64, got {dtype!r}. Try torch.float32."
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        Trainer(RunConfig(), dtype=dtype)


ENGINE_REFUSAL = (
    "Unknown engine 'compild'. Choose from: auto, compiled, torch. Did you mean 'compiled'?"
)


def test_an_engine_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(ENGINE_REFUSAL)}$"):
        Trainer(RunConfig(), engine="compild")


def test_a_refused_engine_leaves_the_run_as_it_is() -> None:
    trainer = Trainer(RunConfig())
    steps = first(3, trainer)
    with pytest.raises(ValueError, match=f"^{re.escape(ENGINE_REFUSAL)}$"):
        trainer.engine = "compild"
    assert trainer.engine == "torch"
    assert steps + first(3, trainer) == first(6, Trainer(RunConfig()))


# --- what it learns -----------------------------------------------------------------------


def test_without_carried_state_it_settles_just_above_the_floor_of_window_memory() -> None:
    steps = first(400, Trainer(RunConfig(carry_state=False)))
    assert 0.0995 <= np.mean(losses(steps[-50:])) <= 0.105


def test_with_carried_state_it_gets_well_below_the_floor_of_window_memory() -> None:
    assert min(losses(first(400, Trainer(RunConfig())))) < 0.05


# --- many steps at once ---------------------------------------------------------------------------

ADVANCED = [
    RunConfig(cell=cell, optimizer=optimizer, lr=0.005, hidden_size=5, **settings)
    for cell in ("rnn", "lstm", "gru")
    for optimizer in ("adam", "sgd", "rmsprop")
    for settings in (
        {},
        {"num_layers": 2, "clip_norm": 0.2, "batch_size": 3},
        {"carry_state": False, "momentum": 0.0},
        {"task": "adding", "window_length": 8, "batch_size": 2},
        {"task": "copy", "window_length": 24},
    )
]


@pytest.mark.parametrize("engine", ["torch", "compiled"])
@pytest.mark.parametrize(
    "config",
    ADVANCED,
    ids=lambda config: f"{config.cell}-{config.optimizer}-{config.task}-{config.batch_size}",
)
def test_many_steps_at_once_are_the_steps_bit_for_bit(config: RunConfig, engine: str) -> None:
    expected = list(islice(Trainer(config, engine=engine).steps(), 15))
    trainer = Trainer(config, engine=engine)
    losses, norms = [], []
    for count in (3, 0, 4, 0, 0, 5):
        if count:
            found = trainer.advance(count)
            assert (found.first, len(found), found.diverged) == (len(losses), count, False)
            losses += found.losses.tolist()
            norms += found.grad_norms.tolist()
        else:
            step = next(trainer.steps())
            assert step == expected[len(losses)]
            losses.append(step.loss)
            norms.append(step.grad_norm)
    assert losses == [step.loss for step in expected]
    assert norms == [step.grad_norm for step in expected]


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_after_many_steps_the_last_is_held(engine: str) -> None:
    one, many = (Trainer(RunConfig(cell="lstm"), engine=engine) for _ in range(2))
    list(islice(one.steps(), 300))
    found = many.advance(300)
    assert found.losses.dtype == np.float64
    assert not found.losses.flags.writeable
    for own, other in zip(one.model.parameters(), many.model.parameters(), strict=True):
        assert torch.equal(own, other)
        assert own.grad is not None
        assert other.grad is not None
        assert torch.equal(own.grad, other.grad)
    np.testing.assert_array_equal(one.hidden_states, many.hidden_states)
    assert one.snapshot().loss == many.snapshot().loss
    assert one.snapshot().index == many.snapshot().index == 299
    np.testing.assert_array_equal(one.context().inputs, many.context().inputs)


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_many_steps_end_where_the_run_diverges(engine: str) -> None:
    config = RunConfig(optimizer="sgd", lr=1.0)
    expected = [step.loss for step in Trainer(config, engine=engine).steps()]
    trainer = Trainer(config, engine=engine)
    found = trainer.advance(len(expected) + 50)
    assert found.diverged
    assert trainer.diverged
    np.testing.assert_array_equal(found.losses, expected)
    after = trainer.advance(5)
    assert (len(after), after.first, after.diverged) == (0, len(expected), True)


@pytest.mark.parametrize("count", [0, -1])
def test_a_number_of_steps_below_one_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="count must be"):
        Trainer(RunConfig()).advance(count)
    with pytest.raises(TypeError, match="count must be"):
        Trainer(RunConfig()).advance(2.5)  # type: ignore[arg-type]


# --- predictions without training -----------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("engine", ["torch", "compiled"])
@pytest.mark.parametrize("cell", CELLS)
def test_a_prediction_is_the_models(
    cell: str, engine: str, layers: int, dtype: torch.dtype
) -> None:
    config = RunConfig(cell=cell, num_layers=layers, hidden_size=6, lr=0.01)
    trainer = Trainer(config, engine=engine, dtype=dtype)
    first(12, trainer)
    numbers = np.random.default_rng(1)
    state = None
    # Longer and more windows than a training step has; they are longer than the kernel keeps.
    for batch, length in ((3, 5), (3, 1), (3, 2000), (1, 4)):
        inputs = numbers.standard_normal((batch, length, 1))
        state = None if batch == 1 else state
        found, after = trainer.predict(inputs, state)
        with torch.no_grad():
            expected, theirs = trainer.model(torch.tensor(inputs, dtype=dtype), state)
        tolerance = 1e-12 if dtype == torch.float64 else 1e-5
        assert found.dtype == expected.numpy().dtype
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
        for one, other in zip(unpack(after), unpack(theirs), strict=True):
            assert one.shape == (layers, batch, 6)
            np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)
        state = theirs


@pytest.mark.parametrize("engine", ["torch", "compiled"])
@pytest.mark.parametrize("cell", CELLS)
def test_predicting_changes_nothing_that_follows(cell: str, engine: str) -> None:
    config = RunConfig(cell=cell, clip_norm=0.5, batch_size=2)
    expected = first(12, Trainer(config, engine=engine))
    trainer = Trainer(config, engine=engine)
    trainer.predict(np.ones((1, 3, 1)))  # before the first step, too
    steps = []
    for step in islice(trainer.steps(), 12):
        held = [*weights(trainer), *gradients(trainer), torch.tensor(trainer.hidden_states)]
        state = trainer.state
        found, after = trainer.predict(step.inputs, state)
        np.testing.assert_allclose(found, step.prediction, rtol=1e-4, atol=1e-5)
        trainer.predict(np.full((4, 7, 1), 3.0), None)
        unpack(after)[0].fill_(7.0)
        found[:] = 5.0
        now = [*weights(trainer), *gradients(trainer), torch.tensor(trainer.hidden_states)]
        assert all(torch.equal(one, other) for one, other in zip(now, held, strict=True))
        steps.append(step)
    assert steps == expected


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_a_prediction_is_made_with_the_weights_as_they_stand(engine: str) -> None:
    trainer = Trainer(RunConfig(hidden_size=5), engine=engine)
    step = first(3, trainer)[-1]
    with torch.no_grad():
        trainer.model.out.weight.zero_()
        trainer.model.out.bias.fill_(0.25)
    assert set(trainer.predict(step.inputs)[0].ravel()) == {0.25}
    values = {name: value + 0.25 for name, value in trainer.model.state_dict().items()}
    values["out.weight"] = torch.zeros(1, 5)
    trainer.model.load_state_dict(values, assign=True)
    assert set(trainer.predict(step.inputs)[0].ravel()) == {0.5}
