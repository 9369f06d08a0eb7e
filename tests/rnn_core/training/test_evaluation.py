from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from rnn_core import TASKS, Evaluation, RunConfig, Trainer, evaluate, evaluate_model
from rnn_core.models import State
from rnn_core.training import evaluation as module
from tests.rnn_core.made_up import MadeUp
from tests.rnn_core.runs import CELLS, first, losses, weights

WINDOWS = 5
#: The weights follow this slow signal: each window holds 1/100 of its period.
SLOW = RunConfig(window_length=2, points_per_period=200, noise_std=0.5, hidden_size=1)


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


@pytest.mark.parametrize("task", ["numbers", "classes"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_the_losses_are_those_of_windows_read_one_by_one(cell: str, layers: int, task: str) -> None:
    made = MadeUp(input_size=2)
    if task == "classes":
        made = MadeUp("cross_entropy", some_counted=True, output_size=3, input_size=2)
    trainer = Trainer(made.config(cell, num_layers=layers), task=made, dtype=torch.float64)
    first(8, trainer)
    found = evaluate_model(
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
def test_the_first_window_is_the_step_that_is_held(cell: str) -> None:
    trainer = Trainer(RunConfig(cell=cell))
    step = first(30, trainer)[-1]
    found = evaluate(trainer)
    assert found.step == step.index == trainer.index
    assert found.carried[0] == pytest.approx(step.loss, rel=1e-5)
    assert found.near == pytest.approx(found.carried[:2].mean())


def test_before_the_first_step_the_untrained_network_is_evaluated() -> None:
    trainer = Trainer(RunConfig())
    assert trainer.index is None
    found = evaluate(trainer, 6)
    assert found.step == 0
    assert found.carried[0] == pytest.approx(found.reset[0], rel=1e-6)
    assert found.carried[0] == pytest.approx(first(1, trainer)[0].loss, rel=1e-6)


@pytest.mark.parametrize("task", ["sin_to_cos", "noisy_sine", "lorenz", "delayed_recall", "adding"])
@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_nothing_that_follows_changes(engine: str, task: str) -> None:
    config = TASKS[task].config(hidden_size=4)
    undisturbed = Trainer(config, engine=engine)
    evaluated = Trainer(config, engine=engine)
    expected = losses(first(60, undisturbed))
    found = []
    random = torch.get_rng_state()
    for step in evaluated.steps():
        found.append(step.loss)
        if step.index in (0, 7, 30):
            evaluate(evaluated)
        if step.index == 59:
            break
    assert found == expected
    assert all(map(torch.equal, weights(evaluated), weights(undisturbed)))
    assert torch.equal(random, torch.get_rng_state())


def test_the_own_loss_is_carried_or_reset_as_in_training() -> None:
    carrying, resetting = run("rnn"), run("rnn", carry_state=False)
    found = evaluate(carrying)
    assert found.carries_state
    assert found.losses is found.carried
    found = evaluate(resetting)
    assert not found.carries_state
    assert found.losses is found.reset
    assert not evaluate(Trainer(TASKS["parity"].config()), 4).carries_state


def test_of_overlapping_rows_only_the_one_furthest_ahead_is_read() -> None:
    """Window k + 1 of row 0 is window k of row 1, on which the weights have been trained."""
    trainer = run("rnn", batch_size=3, noise_std=0.3)
    found = evaluate(trainer, 4)
    state = trainer.state[:, 2:]
    for k in range(4):
        batch = trainer.task.batch(7 + k)
        with torch.no_grad():
            prediction, state = trainer.model(torch.from_numpy(batch.inputs[2:]), state)
        error = prediction.numpy() - batch.targets[2:]
        assert found.carried[k] == pytest.approx(np.mean(error**2), rel=1e-10)


def test_many_rows_are_read_in_part() -> None:
    made = MadeUp(batch_size=8, window_length=5)
    trainer = Trainer(made.config("rnn"), task=made, dtype=torch.float64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_SAMPLES", 45)  # three rows of three windows
        found = evaluate(trainer, 3)
    batch = made.batch(0)
    with torch.no_grad():
        prediction, _state = trainer.model(torch.from_numpy(batch.inputs[5:]))
    error = prediction.numpy() - batch.targets[5:]
    assert found.carried[0] == pytest.approx(np.mean(error**2), rel=1e-10)


def test_rows_that_alone_count_a_window_are_read() -> None:
    made = MadeUp(some_counted=True, batch_size=8, window_length=5)
    trainer = Trainer(made.config("rnn"), task=made, dtype=torch.float64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_SAMPLES", 1)
        found = evaluate(trainer, 20)
    assert np.isfinite(found.carried).all()


@pytest.mark.parametrize(
    ("settings", "windows"),
    [
        ({}, 100),  # 50 cycles of two windows
        ({"window_length": 2, "points_per_period": 200}, 600),  # three cycles of 200
        ({"window_length": 2, "points_per_period": 200, "frequency": 0.1}, 2000),  # 4000 time steps
        ({"window_length": 1000, "points_per_period": 200}, 10),
        ({"window_length": 200, "frequency": 1.3}, 20),  # less than a cycle of 2000 windows
    ],
)
def test_whole_cycles_are_read_as_far_as_time_allows(
    settings: dict[str, Any], windows: int
) -> None:
    trainer = Trainer(RunConfig(hidden_size=1, **settings))
    found = evaluate(trainer)
    assert len(found.losses) == windows
    assert found.is_whole_cycles == (windows >= trainer.task.windows_per_cycle)


def test_a_network_without_memory_notices_nothing() -> None:
    trainer = run("rnn")
    with torch.no_grad():
        trainer.model.rnn.weight_hh_l0.zero_()
    found = evaluate(trainer)
    np.testing.assert_allclose(found.reset, found.carried, rtol=1e-12)
    np.testing.assert_allclose(found.shuffled, found.carried, rtol=1e-12)
    assert found.memory_gain.mean == pytest.approx(0, abs=1e-12)


def test_a_state_from_a_whole_cycle_later_is_as_good_as_the_own_one() -> None:
    trainer = run("rnn")
    settled = evaluate_model(trainer.model, trainer.task, start=40, windows=24)
    assert settled.cycle == 2
    found = evaluate_model(trainer.model, trainer.task, start=40, windows=24, shift=2)
    np.testing.assert_allclose(found.shuffled[12:-2], settled.carried[12:-2], rtol=1e-6)
    assert (np.abs(settled.shuffled / settled.carried - 1)[12:-2] > 0.01).all()


@pytest.mark.parametrize("cell", CELLS)
def test_a_network_that_has_learnt_to_carry_loses_by_a_reset(cell: str) -> None:
    # So few steps that rounding, which differs between processors, cannot have grown.
    trainer = Trainer(RunConfig(cell=cell, lr=0.002, seed=1), engine="compiled")
    trainer.advance(200)
    floors = {floor.key: floor.value for floor in trainer.task.floors()}
    found = evaluate(trainer)
    assert found.loss.high < 0.02
    assert found.reset.mean() > floors["window_memory"]
    assert found.shuffled.mean() > found.reset.mean()
    assert found.memory_gain.low > 0.09


@pytest.mark.parametrize("carry_state", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_weights_that_follow_a_slow_signal_are_worthless_further_ahead(
    seed: int, carry_state: bool
) -> None:
    """The online loss is far below the lower bound of 0.25, the held-out loss far above it."""
    trainer = Trainer(replace(SLOW, seed=seed, carry_state=carry_state), engine="compiled")
    online = trainer.advance(3000).losses[-200:].mean()
    found = evaluate(trainer)
    assert online < 0.05
    assert found.near < 0.05
    assert found.loss.low > 0.25


def test_an_interval_is_that_of_student_s_t_over_the_means_of_whole_cycles() -> None:
    values = np.random.default_rng(0).standard_normal(60)
    found = made_of(values, cycle=6).estimate(values)  # ten blocks of one cycle
    blocks = values.reshape(10, 6).mean(axis=1)
    low, high = stats.t.interval(0.95, 9, blocks.mean(), stats.sem(blocks))
    assert found.mean == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-4)
    found = made_of(values[:18], cycle=6).estimate(values[:18])  # three cycles
    blocks = values[:18].reshape(3, 6).mean(axis=1)
    low, high = stats.t.interval(0.95, 2, blocks.mean(), stats.sem(blocks))
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-4)


@pytest.mark.parametrize("cycle", [1, 4])
def test_an_interval_covers_the_mean_as_often_as_it_says(cycle: int) -> None:
    """Windows of a random process, on top of a pattern that repeats every cycle."""
    numbers = np.random.default_rng(1)
    runs = numbers.standard_exponential((2000, 100)) + np.resize(np.arange(cycle), 100)
    truth = 1 + (cycle - 1) / 2
    intervals = np.array([made_of(values, cycle=cycle).interval for values in runs])
    covered = np.mean((intervals[:, 0] <= truth) & (truth <= intervals[:, 1]))
    assert 0.93 < covered < 0.97


def test_what_repeats_exactly_is_known_exactly() -> None:
    values = np.resize([1.0, 3.0], 40)
    assert made_of(values, cycle=2).loss == (2, 2, 2)


def test_a_loss_that_is_not_finite_has_no_interval() -> None:
    values = np.array([1.0] * 19 + [np.inf])
    found = made_of(values)
    assert found.mean == np.inf
    assert np.isnan(found.interval).all()


def made_of(values: np.ndarray, cycle: int = 1) -> Evaluation:
    return Evaluation(0, cycle, True, values, values, values)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"windows": 1}, r"windows must be a whole number from 2 to 100000, got 1\."),
        ({"start": -1}, r"start must be at least 0, got -1\. Try 0\."),
        ({"shift": 0, "windows": 20}, r"shift must be a whole number from 1 to 19, got 0\."),
        ({"windows": 4, "shift": 4}, r"shift must be a whole number from 1 to 3, got 4\."),
    ],
)
def test_what_is_outside_its_limits_is_refused(wrong: dict[str, int], message: str) -> None:
    trainer = Trainer(RunConfig(hidden_size=2))
    with pytest.raises(ValueError, match=message):
        evaluate_model(trainer.model, trainer.task, **wrong)


@pytest.mark.parametrize("cell", CELLS)
def test_the_compiled_engine_evaluates_as_torch_does(cell: str) -> None:
    config = RunConfig(cell=cell, num_layers=2, noise_std=0.1, batch_size=3)
    trainer = Trainer(config, dtype=torch.float64, engine="compiled")
    first(8, trainer)
    found = evaluate(trainer, 30)
    expected = evaluate_model(trainer.model, trainer.task, start=7, windows=30, state=trainer.state)
    for name in ("carried", "reset", "shuffled"):
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), rtol=1e-10)


def test_a_large_network_reads_fewer_windows_and_rows() -> None:
    config = RunConfig(
        task="delayed_recall",
        cell="lstm",
        hidden_size=256,
        num_layers=4,
        window_length=100,
        batch_size=16,
    )
    trainer = Trainer(config)
    samples = int(2e10 / (6 * trainer.parameter_count))
    read: list[int] = []

    def counted(inputs: np.ndarray, state: State | None) -> tuple[np.ndarray, State]:
        read.append(inputs.shape[0] * inputs.shape[1])
        zeros = torch.zeros(4, len(inputs), 256)
        return np.zeros((*inputs.shape[:2], 1), np.float32), (zeros, zeros)

    found = evaluate_model(trainer.model, trainer.task, predict=counted)
    assert len(found.carried) == samples // 100 == 18
    assert sum(read) == 3 * 18 * 100  # one row, under three initial states
