"""What a task outside the package needs, and what becomes of a wrong one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from rnn_core import (
    RULES,
    TASKS,
    Batch,
    Comparison,
    Floor,
    Replicas,
    RunConfig,
    Task,
    TaskEntry,
    Trainer,
    build_task,
    is_read,
    register_task,
)
from tests.rnn_core.runs import first, losses


class Echo(Task):
    """Repeat the sign of one step ago."""

    def __init__(self, config: RunConfig) -> None:
        self.config = config

    def batch(self, index: int, dtype: type[np.floating] = np.float64) -> Batch:
        shape = self.config.batch_size, self.config.window_length + 1
        signs = np.random.default_rng((self.config.data_seed, index)).choice([-1.0, 1.0], shape)
        signs = signs[:, :, None].astype(dtype)
        time = np.tile(0.5 * np.arange(self.config.window_length), (self.config.batch_size, 1))
        return Batch(time, signs[:, 1:], signs[:, :-1])


ECHO = TaskEntry(
    name="echo",
    title="Echo",
    description="Input: random signs. Target: the sign of one step ago.",
    build=Echo,
    settings=("data_seed",),
    defaults={"window_length": 6, "lr": 0.1},
)


@pytest.fixture
def echo() -> Iterator[TaskEntry]:
    """A task that is registered for one test."""
    yield register_task(ECHO)
    TASKS._items.pop("echo")


# --- defaults -----------------------------------------------------------------------------


def test_a_task_needs_a_batch_only() -> None:
    task = Echo(RunConfig(window_length=6))
    assert (task.input_size, task.output_size, task.criterion) == (1, 1, "mse")
    assert (task.streaming, task.horizon, task.windows_per_cycle) == (False, None, 1)
    assert task.span == 3.0
    assert task.floors() == ()
    batch = task.batch(0)
    assert task.accuracy(batch, batch.targets) is None
    assert not task.time_in_radians
    with pytest.raises(TypeError, match="abstract"):
        Task()  # type: ignore[abstract]


def test_a_task_without_a_wave_refuses_to_change_it() -> None:
    task = Echo(RunConfig())
    assert not task.can_change_wave
    with pytest.raises(NotImplementedError, match="Echo has no wave that can be changed"):
        task.with_wave(3, frequency=2.0)


@pytest.mark.parametrize("name", [name for name in TASKS if name != "echo"])
def test_a_changed_wave_goes_on_in_phase_where_there_is_one(name: str) -> None:
    config = TASKS[name].config(noise_std=0.0)
    task = build_task(config)
    assert task.can_change_wave == (name in {"sin_to_cos", "square_wave", "noisy_sine"})
    if not task.can_change_wave:
        return
    same, other = task.with_wave(3), task.with_wave(3, frequency=2.0, amplitude=3.0)
    np.testing.assert_allclose(same.batch(3).inputs, task.batch(3).inputs, atol=1e-12)
    if name != "square_wave":
        ours, theirs = other.batch(3).inputs[0, 0], task.batch(3).inputs[0, 0]
        np.testing.assert_allclose(ours, 3 * theirs, atol=1e-9)
    expected = build_task(replace(config, frequency=2.0))
    assert other.windows_per_cycle == expected.windows_per_cycle


# --- floors -------------------------------------------------------------------------------


def test_a_measured_floor_states_its_error_and_a_linear_one_its_lags() -> None:
    floor = Floor("linear", 0.01, "measured", error=0.001, lags=20)
    assert (floor.error, floor.lags) == (0.001, 20)
    assert (Floor("constant", 1.0, "exact").error, Floor("constant", 1.0, "exact").lags) == (
        0.0,
        None,
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("constant", 1.0, "measured"), r"^error of a floor must be .*, got 0\.0 and .*'measured'"),
        (("constant", 1.0, "exact", 0.1), r"^error of a floor must be .*, got 0\.1 and .*'exact'"),
        (("linear", 1.0, "exact"), r"^lags of a floor must be .*, got None and key='linear'"),
        (("linear", 1.0, "exact", 0.0, 0), r"^lags of a floor must be .*, got 0 and key='linear'"),
        (("constant", 1.0, "lower", 0.0, 2), r"^lags of a floor must be .*, got 2 and key='con"),
    ],
)
def test_a_floor_whose_error_or_lags_do_not_fit_its_kind_is_refused(
    arguments: tuple[Any, ...], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        Floor(*arguments)


# --- a task handed to a run ---------------------------------------------------------------


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_a_task_is_handed_to_a_trainer_replicas_and_a_comparison(engine: str) -> None:
    config = RunConfig(window_length=6, hidden_size=4, batch_size=2, seed=0)
    task = Echo(config)
    trainer = Trainer(config, task=task, engine=engine)
    assert trainer.task is task
    steps = first(5, trainer)
    np.testing.assert_array_equal(steps[3].inputs, task.batch(3, np.float32).inputs)
    replicas = Replicas([config, replace(config, seed=1)], task=task, engine=engine)
    assert replicas.task is task
    found = [step.loss[0] for step, _ in zip(replicas.steps(), range(5), strict=False)]
    assert found == losses(steps)
    comparison = Comparison([config], 2, task=task, engine=engine)
    next(comparison.steps())
    assert comparison.task is task
    assert comparison.loss[0, 0] == steps[0].loss


def test_a_task_that_is_handed_over_is_learnt() -> None:
    config = RunConfig(window_length=6, hidden_size=8, batch_size=8, lr=0.02)
    found = losses(first(150, Trainer(config, task=Echo(config))))
    # The first target of a window is a coin toss: the floor of window memory is 1/6.
    assert np.mean(found[-20:]) < 0.25


@pytest.mark.parametrize("task", ["echo", Echo, ECHO, 3])
def test_what_is_no_task_is_refused(task: Any) -> None:
    sentence = r"^task must be a Task, got .*\. Make an object"
    with pytest.raises(TypeError, match=sentence):
        Trainer(RunConfig(), task=task)
    with pytest.raises(TypeError, match=sentence):
        Replicas([RunConfig()], task=task)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"window_length": 7}, r"^time of a batch must have shape \(1, 6\), got \(1, 7\)\. Match"),
        ({"batch_size": 2}, r"^time of a batch must have shape \(1, 6\), got \(2, 6\)\. Match"),
    ],
)
def test_batches_of_another_shape_than_the_configs_are_refused(
    changed: dict[str, Any], sentence: str
) -> None:
    config = RunConfig(window_length=6)
    with pytest.raises(ValueError, match=sentence):
        Trainer(config, task=Echo(replace(config, **changed)))


class Late(Echo):
    """Goes wrong at the third batch."""

    wrong: Any = None

    def batch(self, index: int, dtype: type[np.floating] = np.float64) -> Batch:
        good = super().batch(index, dtype)
        return self.wrong(good) if index == 2 else good


@pytest.mark.parametrize("engine", ["torch", "compiled"])
@pytest.mark.parametrize(
    ("wrong", "error", "sentence"),
    [
        (
            lambda b: replace(b, inputs=np.zeros((1, 6, 3), np.float32)),
            ValueError,
            r"^inputs of a batch must have shape \(1, 6, 1\), got \(1, 6, 3\)",
        ),
        (
            lambda b: replace(b, targets=b.targets[..., 0]),
            ValueError,
            r"^targets of a batch must have shape \(1, 6, 1\), got \(1, 6\)",
        ),
        (
            lambda b: replace(b, loss_mask=np.ones(6, bool)),
            ValueError,
            r"^loss_mask of a batch must have shape \(1, 6\), got \(6,\)",
        ),
        (
            lambda b: replace(b, inputs=b.inputs.astype(float)),
            ValueError,
            r"^inputs of a batch must be float32 where batch\(\) is asked for it, got float64",
        ),
        (lambda b: (b.inputs, b.targets), TypeError, r"^batch\(\) must return a Batch, got \("),
    ],
)
def test_a_later_batch_of_another_shape_is_refused_before_an_engine_reads_it(
    wrong: Any, error: type[Exception], sentence: str, engine: str
) -> None:
    config = RunConfig(window_length=6)
    for run in (
        Trainer(config, task=(late := Late(config)), engine=engine),
        Replicas([config], task=late, engine=engine),
    ):
        late.wrong = wrong
        steps = run.steps()
        next(steps)
        next(steps)
        with pytest.raises(error, match=sentence):
            next(steps)


# --- a task that is registered ------------------------------------------------------------


def test_a_registered_task_is_a_name_in_a_config(echo: TaskEntry) -> None:
    config = echo.config(hidden_size=4)
    assert (config.task, config.window_length, config.lr) == ("echo", 6, 0.1)
    assert isinstance(build_task(config), Echo)
    assert "echo" in RULES["task"].options  # type: ignore[union-attr]
    assert is_read("data_seed", config)
    assert not is_read("frequency", config)
    assert losses(first(3, Trainer(config))) == losses(first(3, Trainer(config, task=Echo(config))))
    assert Trainer(config, dtype=torch.float64).task.span == 3.0


def test_an_unregistered_name_is_unknown() -> None:
    with pytest.raises(ValueError, match=r"^Unknown task 'echo'\. Choose from: adding, "):
        RunConfig(task="echo")


def test_a_name_that_is_taken_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^The name of a task must be new, got 'adding'"):
        register_task(replace(ECHO, name="adding"))


def test_what_is_no_entry_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^entry must be a TaskEntry, got <class .*Echo'>"):
        register_task(Echo)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "error", "sentence"),
    [
        ({"settings": ("delay", "lr")}, ValueError, r"^Unknown setting 'lr'\. Choose from: amp"),
        ({"defaults": {"windowlength": 3}}, ValueError, r"'window_length'\?$"),
        ({"defaults": {"lr": -1}}, ValueError, r"^lr must be a positive number, got -1\."),
        ({"defaults": {"lr": "fast"}}, TypeError, r"^lr must be a positive number, got 'fast'"),
    ],
)
def test_an_entry_with_a_wrong_setting_is_refused(
    changed: dict[str, Any], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        register_task(replace(ECHO, **changed))
    assert "echo" not in TASKS


def test_an_entry_cannot_be_changed_through_what_it_was_made_from() -> None:
    defaults = {"lr": 0.5}
    entry = replace(ECHO, defaults=defaults)
    defaults["lr"] = 3.0
    assert entry.defaults["lr"] == 0.5
    assert entry.settings == ("window_length", "batch_size", "data_seed")


def test_a_floor_may_be_of_a_kind_of_ones_own_with_a_proper_name() -> None:
    assert Floor("moving_average", 0.2, "exact").key == "moving_average"  # type: ignore[arg-type]
    sentence = "key must be a name of letters, digits and underscores, got 'a b'. Try 'constant'."
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        Floor("a b", 0.2, "exact")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^key must be a name, got 3\. Try 'constant'\.$"):
        Floor(3, 0.2, "exact")  # type: ignore[arg-type]
