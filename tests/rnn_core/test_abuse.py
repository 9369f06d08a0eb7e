"""Every public function given what it cannot take: right, or an error that says what to give."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import json
import math
import os
import pickle
import re
import threading
import traceback
import warnings
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import rnn_core
from rnn_core import (
    CELLS,
    SETTINGS,
    TASKS,
    Batch,
    Comparison,
    Floor,
    FrozenNetworks,
    LossHistory,
    LrSearch,
    MemorySpan,
    RecurrentModel,
    Replicas,
    RunConfig,
    Snapshots,
    Task,
    TaskEntry,
    Trainer,
    diagnostics,
    io,
    series,
)
from rnn_core.training.early_stopping import EarlyStopping

CONFIG = RunConfig(hidden_size=6)
TRAINER = Trainer(CONFIG)
TAKEN = TRAINER.advance(20)
GATED = Trainer(RunConfig(cell="gru", hidden_size=4)).model
AT = TRAINER.context()
EVALUATION = rnn_core.evaluate(TRAINER, 20)
REPLICAS = Replicas([CONFIG, RunConfig(hidden_size=6, seed=1)])
ON_SERIES = Trainer(TASKS["series"].config(hidden_size=4))
WALK = np.random.default_rng(0).normal(size=300).cumsum()
WINDOW = {"model": TRAINER.model, "inputs": AT.inputs, "state": None}


def fresh() -> Trainer:
    return Trainer(CONFIG)


def one_snapshot() -> Snapshots:
    kept = Snapshots()
    kept.add(TRAINER.snapshot())
    return kept


#: Functions by name: each with arguments that it takes.
CALLS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "RunConfig.from_dict": (RunConfig.from_dict, {"settings": {}}),
    "Trainer": (
        Trainer,
        {"config": CONFIG, "task": None, "dtype": torch.float32, "engine": "torch"},
    ),
    "Trainer.advance": (lambda **given: fresh().advance(**given), {"count": 1}),
    "Trainer.lr": (lambda lr: setattr(fresh(), "lr", lr), {"lr": 0.1}),
    "Trainer.engine": (lambda engine: setattr(fresh(), "engine", engine), {"engine": "torch"}),
    "Trainer.predict": (TRAINER.predict, {"inputs": AT.inputs[None], "state": None}),
    "Trainer.restore": (
        lambda **given: fresh().restore(**given),
        {"snapshot": TRAINER.snapshot()},
    ),
    "Replicas": (
        Replicas,
        {"configs": [CONFIG], "task": None, "dtype": torch.float32, "engine": "torch"},
    ),
    "Replicas.set_lr": (REPLICAS.set_lr, {"replica": 0, "lr": 0.1}),
    "Replicas.state": (REPLICAS.state, {"replica": 0}),
    "Replicas.predict": (
        REPLICAS.predict,
        {"replica": 0, "inputs": AT.inputs[None], "state": None},
    ),
    "Comparison": (
        Comparison,
        {"contenders": [CONFIG], "seeds": [1, 2], "task": None, "engine": "torch"},
    ),
    "MemorySpan": (
        MemorySpan,
        {
            "contenders": [RunConfig(task="delayed_recall", hidden_size=4)],
            "seeds": 1,
            "delays": (1, 2),
            "step_budget": 100,
            "share": 0.5,
            "engine": "torch",
        },
    ),
    "LrSearch": (
        LrSearch,
        {
            "contenders": [CONFIG],
            "test_seeds": [1],
            "grid": (0.01, 0.1),
            "seeds": 2,
            "step_budget": 100,
            "windows": None,
        },
    ),
    "FrozenNetworks": (
        FrozenNetworks,
        {"replicas": REPLICAS, "online": np.ones((1, 2)), "step": 1, "windows": None},
    ),
    "lr_grid": (rnn_core.lr_grid, {"centre": 0.02}),
    "equalise": (
        rnn_core.equalise,
        {"contenders": [CONFIG], "tolerance": 0.02, "task": None},
    ),
    "evaluate": (rnn_core.evaluate, {"trainer": TRAINER, "windows": 10}),
    "evaluate_model": (
        rnn_core.evaluate_model,
        {
            "model": TRAINER.model,
            "task": TRAINER.task,
            "start": 0,
            "windows": 10,
            "state": None,
            "carries_state": True,
            "shift": None,
            "predict": None,
        },
    ),
    "Evaluation.estimate": (EVALUATION.estimate, {"values": np.ones(20)}),
    "judge": (rnn_core.judge, {"evaluation": EVALUATION, "floors": (), "online": 0.1}),
    "suggest": (
        rnn_core.suggest,
        {
            "config": CONFIG,
            "step": 5,
            "verdict": None,
            "events": (),
            "streaming": True,
            "seen": (),
            "validates": False,
            "build": rnn_core.build_task,
        },
    ),
    "run": (
        rnn_core.run,
        {
            "config": CONFIG,
            "steps": 1,
            "task": None,
            "engine": "torch",
            "dtype": torch.float32,
            "progress": None,
            "cancel": None,
        },
    ),
    "rank": (rnn_core.rank, {"losses": np.random.default_rng(0).random((2, 8))}),
    "parameter_count": (
        rnn_core.parameter_count,
        {"config": CONFIG, "input_size": 1, "output_size": 1},
    ),
    "RecurrentModel": (
        RecurrentModel,
        {"config": CONFIG, "input_size": 1, "output_size": 1, "dtype": torch.float32},
    ),
    "step_cost": (rnn_core.step_cost, {"config": CONFIG, "task": None}),
    "is_read": (rnn_core.is_read, {"setting": "lr", "config": CONFIG}),
    "build_task": (rnn_core.build_task, {"config": CONFIG}),
    "register_cell": (rnn_core.register_cell, {"cell": CELLS["rnn"]}),
    "register_task": (rnn_core.register_task, {"entry": TASKS["copy"]}),
    "LossHistory": (LossHistory, {"buckets": 300}),
    "LossHistory.append": (
        lambda **given: LossHistory().append(**given),
        {"step": 0, "loss": 0.5},
    ),
    "Snapshots": (Snapshots, {"limit": 10, "stride": 1}),
    "Snapshots.add": (lambda **given: Snapshots().add(**given), {"snapshot": TRAINER.snapshot()}),
    "Snapshots.before": (lambda **given: one_snapshot().before(**given), {"index": 50}),
    "Snapshots.cut": (lambda **given: one_snapshot().cut(**given), {"index": 50}),
    "EarlyStopping": (EarlyStopping, {"patience": 3, "min_delta": 0.0}),
    "EarlyStopping.update": (
        lambda **given: EarlyStopping(3).update(**given),
        {"step": 0, "loss": 0.5},
    ),
    "EarlyStopping.cut": (lambda **given: EarlyStopping(3).cut(**given), {"step": 0}),
    "Floor": (
        Floor,
        {"key": "constant", "value": 1.0, "bound": "exact", "error": 0.0, "lags": None},
    ),
    "find_fixed_points": (
        diagnostics.find_fixed_points,
        {
            **WINDOW,
            "frozen": None,
            "patience": 4,
            "max_starts": 8,
            "max_iterations": 20,
            "noise": 0.5,
            "slow": 1e-5,
            "iterations": 5,
        },
    ),
    "forecast_lag": (
        diagnostics.forecast_lag,
        {"forecast": WALK[100:280], "values": WALK, "first": 100, "horizon": 3, "seed": 0},
    ),
    "forecast_scores": (diagnostics.forecast_scores, {"trainer": ON_SERIES}),
    "free_run": (
        diagnostics.free_run,
        {**WINDOW, "targets": AT.targets, "warmup": 3, "horizon": None, "tolerance": 0.4},
    ),
    "gates_over_time": (diagnostics.gates_over_time, {**WINDOW, "model": GATED}),
    "gradient_by_lag": (
        diagnostics.gradient_by_lag,
        {**WINDOW, "targets": AT.targets, "criterion": "mse", "loss_mask": None},
    ),
    "half_life": (diagnostics.half_life, {"kept": 0.5}),
    "hidden_trajectory": (diagnostics.hidden_trajectory, {**WINDOW, "before": None}),
    "lyapunov": (diagnostics.lyapunov, {**WINDOW, "before": None, "count": None}),
    "memory_capacity": (
        diagnostics.memory_capacity,
        {
            "model": TRAINER.model,
            "max_lag": 5,
            "inputs": "bits",
            "scale": 1.0,
            "read": "h",
            "blocks": 2,
            "samples": 100,
            "washout": 10,
            "seed": 0,
        },
    ),
    "principal_plane": (
        diagnostics.principal_plane,
        {"states": np.random.default_rng(0).random((10, 4)), "before": None},
    ),
    "saliency": (diagnostics.saliency, {**WINDOW, "at": None}),
    "shares_by_lag": (
        diagnostics.shares_by_lag,
        {
            **WINDOW,
            "targets": AT.targets,
            "criterion": "mse",
            "loss_mask": None,
            "max_lag": None,
            "top_layer": False,
        },
    ),
    "step_spectrum": (diagnostics.step_spectrum, {**WINDOW, "at": None}),
    "unroll": (diagnostics.unroll, dict(WINDOW)),
    "weight_matrices": (
        diagnostics.weight_matrices,
        {"model": TRAINER.model, "before": None, "bins": 30},
    ),
    "weight_spectrum": (
        diagnostics.weight_spectrum,
        {"model": TRAINER.model, "letters": None},
    ),
    "copy_parameters": (diagnostics.copy_parameters, {"model": TRAINER.model}),
    "dissect_update": (diagnostics.dissect_update, {"trainer": TRAINER}),
    "bundled_series": (series.bundled_series, {"name": next(iter(series.BUNDLED))}),
    "Harmonic": (series.Harmonic, {"period": 10.0, "amplitude": 1.0, "phase": 0.0}),
    "waveform": (
        series.waveform,
        {"harmonics": [series.Harmonic(20)], "rows": 100, "noise_std": 0.0, "seed": 0},
    ),
    "Series": (
        series.Series,
        {
            "values": WALK[:20, None],
            "columns": ("level",),
            "name": "walk",
            "times": None,
            "source": "",
        },
    ),
    "SeriesPlan": (
        series.SeriesPlan,
        {
            "inputs": ("level",),
            "targets": ("level",),
            "validation": 0.15,
            "test": 0.15,
            "standardise": True,
        },
    ),
    "Parts": (series.Parts, {"train": 10, "validation": 15, "rows": 20}),
    "python_script": (
        io.python_script,
        {"config": CONFIG, "steps": 5, "task": None, "rates": {}, "clips": {}},
    ),
    "jupyter_notebook": (
        io.jupyter_notebook,
        {"config": CONFIG, "steps": 5, "task": None, "rates": {}, "clips": {}},
    ),
    "load_checkpoint": (io.load_checkpoint, {"data": io.save_checkpoint(TRAINER)}),
    "save_checkpoint": (
        io.save_checkpoint,
        {"trainer": TRAINER, "history": None, "start": None, "stopping": None, "best": None},
    ),
    "save_weights": (io.save_weights, {"trainer": TRAINER}),
    "set_weights": (
        lambda **given: io.set_weights(**{"trainer": fresh(), **given}),
        {"weights": dict(TRAINER.model.named_parameters())},
    ),
    "onnx_step": (io.onnx_step, {"trainer": TRAINER}),
}


class Nothing:
    """Fits nowhere."""

    def __repr__(self) -> str:
        raise RuntimeError("It cannot even be shown.")


def tensors() -> dict[str, Any]:
    state = torch.zeros(1, 1, 6)
    return {
        "a tensor": torch.ones(10, 1),
        "no values": torch.empty((10, 1), device="meta"),
        "bfloat16": torch.ones((10, 1), dtype=torch.bfloat16),
        "with gradients": torch.ones((10, 1), requires_grad=True),
        "a state of other layers": torch.zeros(2, 1, 6),
        "a state on meta": state.to("meta"),
        "a state of nan": torch.full((1, 1, 6), math.nan),
        "a state in half precision": state.half(),
        "a state of whole numbers": state.int(),
        "two states": (state, state),
    }


#: What nobody would give, and what somebody would.
GIVEN: dict[str, Any] = {
    "None": None,
    "True": True,
    "text": "abc",
    "long text": "x" * 100_000,
    "markup": "![x](http://a.invalid/b.png)\x00\u202e",
    "bytes": b"x",
    "-1": -1,
    "0": 0,
    "huge": 10**30,
    "beyond digits": 10**5000,
    "1.5": 1.5,
    "nan": math.nan,
    "inf": math.inf,
    "NumPy's 3": np.int64(3),
    "NumPy's 0.5": np.float32(0.5),
    "NumPy's True": np.bool_(True),
    "nothing": Nothing(),
    "[1, 2]": [1, 2],
    "[]": [],
    "ragged": [[1.0], [1.0, 2.0]],
    "{}": {},
    "1j": 1j,
    "0-d": np.array(2.0),
    "empty": np.empty(0),
    "objects": np.array([object()]),
    "array of nan": np.full((10, 1), math.nan),
    "complex": np.ones((10, 1), complex),
    "float16": np.ones((10, 1), np.float16),
    "whole numbers": np.ones((10, 1), int),
    "texts": np.array(["a"]),
    "big-endian": np.ones((10, 1)).astype(">f8"),
    "dates": np.array(["2020-01-01"], "datetime64[D]"),
    "strided": np.ones((20, 2))[::2, ::2],
    "read-only": np.broadcast_to(1.0, (10, 1)),
    "three axes": np.ones((1, 10, 1)),
    "wide": np.ones((10, 3)),
    "no rows": np.empty((0, 1)),
    "no marks": np.zeros(10, bool),
    "a set": {1},
    "a class": RunConfig,
    "a generator": (each for each in ()),
    **tensors(),
}
# What says that a value was looked at, and what to give instead.
HOUSE = re.compile(
    r"must|Unknown |has shape|Choose|Try |There is no snapshot|needs? |empty|at least|cannot|"
    r"is the sum of"
)
ARGUMENTS = [(name, argument) for name, (_call, given) in CALLS.items() for argument in given]


#: Arguments that are called: a class can be, whatever it makes of it.
CALLED = ("predict", "progress", "build")


def outcome(call: Callable[..., Any], given: dict[str, Any]) -> tuple[str | None, str]:
    """What a call says when it refuses, and in which file; None when it does not.

    Anything but a refusal passes through.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            call(**given)
    except (TypeError, ValueError, LookupError) as problem:
        return str(problem), traceback.extract_tb(problem.__traceback__)[-1].filename
    return None, ""


@pytest.mark.parametrize("name", CALLS)
def test_the_arguments_of_the_table_are_taken(name: str) -> None:
    call, given = CALLS[name]
    call(**given)


@pytest.mark.parametrize(("name", "argument"), ARGUMENTS)
def test_whatever_is_given_it_is_taken_or_refused_in_words(name: str, argument: str) -> None:
    call, given = CALLS[name]
    for label, value in GIVEN.items():
        if label == "a class" and argument in CALLED:
            continue
        said, place = outcome(call, {**given, argument: value})
        if said is not None:
            assert "rnn_core" in place, f"{argument} = {label}: {said} in {place}"
            assert HOUSE.search(said), f"{argument} = {label}: {said}"
            assert len(said) < 3_000, f"{argument} = {label}"


@pytest.mark.parametrize(("name", "argument"), ARGUMENTS)
def test_what_fits_nowhere_is_refused_by_the_name_of_the_argument(name: str, argument: str) -> None:
    call, given = CALLS[name]
    with pytest.raises((TypeError, ValueError)) as caught:
        call(**{**given, argument: Nothing()})
    said = str(caught.value)
    # Of these the message says what they are, not how the parameter is called.
    other = {"test_seeds", "setting", "data", "name", "entry"}
    assert argument.rstrip("s") in said or argument in other, said


def test_every_public_function_is_in_the_table() -> None:
    called = {name.partition(".")[0] for name in CALLS}
    # What others return, and what people write themselves.
    results = {
        name
        for module in (rnn_core, diagnostics, io, series)
        for name in module.__all__
        if inspect.isclass(getattr(module, name)) and name not in called
    }
    others = {"RunConfig", "Task", "Cell", "Batch", "TaskEntry", "Setting", "Events", "Units"}
    functions = {
        name
        for module in (rnn_core, diagnostics, io, series)
        for name in module.__all__
        if inspect.isfunction(getattr(module, name))
    }
    assert functions <= called
    for name in results - others:
        thing = next(
            getattr(module, name)
            for module in (rnn_core, diagnostics, io, series)
            if hasattr(module, name)
        )
        assert dataclasses.is_dataclass(thing) or issubclass(thing, tuple), name


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_refuses_what_is_not_its_kind(name: str) -> None:
    for label, value in GIVEN.items():
        said, _place = outcome(RunConfig, {name: value})
        if said is None:
            kept = getattr(RunConfig(**{name: value}), name)
            assert type(kept) in (int, float, str, bool, type(None)), label
        else:
            assert said.startswith((f"{name} must be", f"Unknown {name}")), label
            assert len(said) < 3_000, label


# --- what was wrong without a word ----------------------------------------------------------------


def test_an_unknown_criterion_is_not_taken_for_cross_entropy() -> None:
    with pytest.raises(
        ValueError, match=r"Unknown criterion 'l1'\. Choose from: cross_entropy, mse"
    ):
        diagnostics.shares_by_lag(**WINDOW, targets=AT.targets, criterion="l1")  # type: ignore[arg-type]


def test_a_text_is_not_taken_for_its_letters() -> None:
    with pytest.raises(TypeError, match="inputs must be a tuple of names of columns, got 'ab'"):
        series.SeriesPlan(inputs="ab", targets=("a",))  # type: ignore[arg-type]


@pytest.mark.parametrize("engine", ["torch", "compiled"])
@pytest.mark.parametrize(
    ("inputs", "state", "refused"),
    [
        (np.ones((1, 10, 0)), None, "inputs must be of shape"),
        (np.ones((1, 10, 2)), None, "inputs must be of shape"),
        (np.ones((10, 1)), None, "inputs must be of shape"),
        (np.ones((3, 10, 1)), torch.ones(1, 1, 1), "state must be a tensor"),
        (np.ones((3, 10, 1)), torch.ones(1, 1, 6), "state must be a tensor"),
        (np.ones((1, 10, 1)), (torch.ones(1, 1, 6),), "state must be a tensor"),
    ],
)
def test_windows_of_another_shape_are_not_read(
    engine: str, inputs: np.ndarray, state: Any, refused: str
) -> None:
    trainer = Trainer(CONFIG, engine=engine)
    with pytest.raises(ValueError, match=refused):
        trainer.predict(inputs, state)


def test_windows_of_any_real_dtype_are_read_alike() -> None:
    expected, _state = TRAINER.predict(np.ones((1, 10, 1), np.float32))
    for given in (np.ones((1, 10, 1), int), torch.ones(1, 10, 1).bfloat16(), [[[1]] * 10]):
        np.testing.assert_array_equal(TRAINER.predict(given)[0], expected)  # type: ignore[arg-type]


def test_more_seeds_than_anyone_waits_for_are_refused_before_they_are_made() -> None:
    with pytest.raises(ValueError, match=r"number of seeds must be .* to 10000"):
        Comparison([CONFIG], seeds=10**12)


@pytest.mark.parametrize("engine", ["torch", "compiled"])
@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({"index": -1}, "index of snapshot must be a whole number"),
        ({"index": "a"}, "index of snapshot must be a whole number"),
        ({"lr": -1.0}, "lr must be a positive number"),
        ({"config": None}, "config of snapshot must be a RunConfig"),
        ({"trained": (True,)}, "same number of parameters, 6, got 1"),
        ({"optimizer": {}}, "optimizer of snapshot must be the state of adam"),
        ({"state": torch.zeros(2, 2, 2)}, "state must be a tensor"),
        ({"weights": torch.zeros(3)}, "same number of weights"),
        ({"weights": None}, "weights of snapshot must be a tensor"),
    ],
)
def test_a_foreign_snapshot_leaves_the_run_where_it_is(
    engine: str, changed: dict[str, Any], refused: str
) -> None:
    trainer, expected = Trainer(CONFIG, engine=engine), Trainer(CONFIG, engine=engine)
    trainer.advance(3)
    snapshot = dataclasses.replace(trainer.snapshot(), **changed)
    with pytest.raises((TypeError, ValueError), match=refused):
        trainer.restore(snapshot)
    np.testing.assert_array_equal(trainer.advance(3).losses, expected.advance(6).losses[3:])


def test_moments_of_another_shape_are_no_state_of_the_optimizer() -> None:
    snapshot = TRAINER.snapshot()
    snapshot.optimizer["state"][0]["exp_avg"] = torch.zeros(3)
    with pytest.raises(ValueError, match="optimizer of snapshot must be the state of adam"):
        fresh().restore(snapshot)


# --- tasks that misbehave -------------------------------------------------------------------------


class Odd(Task):
    """A task that keeps its promise as long as it is told to.

    Args:
        late: what it gives from step 2 on.
    """

    def __init__(self, late: Callable[[type], Any]) -> None:
        self.late = late

    def batch(self, index: int, dtype: type[np.floating] = np.float64) -> Batch:
        found = self.late(dtype) if index >= 2 else given(dtype)
        return found  # type: ignore[no-any-return]


def given(dtype: type, **changed: Any) -> Batch:
    ones = np.ones((1, 10, 1), dtype)
    return dataclasses.replace(Batch(np.zeros((1, 10)), ones, ones), **changed)


@pytest.mark.parametrize("engine", ["torch", "compiled"])
@pytest.mark.parametrize(
    ("late", "refused"),
    [
        (lambda dtype: None, r"batch\(\) must return a Batch, got None"),
        (lambda dtype: given(dtype, inputs=np.ones((1, 10, 2), dtype)), "inputs of a batch must"),
        (lambda dtype: given(dtype, targets=np.ones((1, 9, 1), dtype)), "targets of a batch must"),
        (lambda dtype: given(np.float16), "inputs of a batch must be float32"),
        (lambda dtype: given(dtype, inputs=[[[1.0]] * 10]), "inputs of a batch must be a NumPy"),
        (lambda dtype: given(dtype, inputs=torch.ones(1, 10, 1)), "must be a NumPy array"),
        (lambda dtype: given(dtype, loss_mask=np.ones((1, 10), int)), "must be booleans"),
        (lambda dtype: given(dtype, loss_mask=np.zeros((1, 10), bool)), "at least one True"),
    ],
)
def test_a_task_that_breaks_its_promise_later_is_found_out(
    engine: str, late: Callable[[type], Any], refused: str
) -> None:
    trainer = Trainer(CONFIG, task=Odd(late), engine=engine)
    with pytest.raises((TypeError, ValueError), match=refused):
        trainer.advance(4)
    with pytest.raises((TypeError, ValueError), match=refused):
        list(islice(trainer.steps(), 4))


@pytest.mark.parametrize(
    ("attribute", "value", "refused"),
    [
        ("criterion", "l1", "Unknown criterion of task 'l1'"),
        ("input_size", "a", "input_size of task must be a whole number"),
        ("output_size", 0, "output_size of task must be a whole number"),
    ],
)
def test_what_a_task_says_of_itself_is_checked(attribute: str, value: Any, refused: str) -> None:
    task = Odd(given)
    setattr(task, attribute, value)
    with pytest.raises((TypeError, ValueError), match=refused):
        Trainer(CONFIG, task=task)


def test_a_registered_task_from_elsewhere_is_checked_like_one_that_is_given() -> None:
    entries = {
        "builds_no_task": lambda config: 5,
        "builds_wide_batches": lambda config: Odd(
            lambda dtype: given(dtype, inputs=np.ones((1, 10, 3), dtype))
        ),
    }
    for name, build in entries.items():
        entry = TaskEntry(name=name, title="", description="", build=build)  # type: ignore[arg-type]
        rnn_core.register_task(entry)
    try:
        with pytest.raises(TypeError, match="task must be a Task, got 5"):
            Trainer(RunConfig(task="builds_no_task"))
        with pytest.raises(ValueError, match="inputs of a batch must have shape"):
            Trainer(RunConfig(task="builds_wide_batches"), engine="compiled").advance(4)
    finally:
        for name in entries:
            del TASKS._items[name]


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_arrays_of_a_task_may_lie_in_memory_as_they_like(engine: str) -> None:
    strange = Odd(
        lambda dtype: given(
            dtype,
            inputs=np.broadcast_to(np.ones(1, dtype), (1, 10, 1)),
            targets=np.ones((1, 20, 1), dtype)[:, ::2],
        )
    )
    trainer, expected = (
        Trainer(CONFIG, task=task, engine=engine) for task in (strange, Odd(given))
    )
    np.testing.assert_array_equal(trainer.advance(5).losses, expected.advance(5).losses)


# --- generators, threads, copies, processes -------------------------------------------------------


def test_a_generator_that_was_closed_or_thrown_into_leaves_a_run_that_goes_on() -> None:
    trainer = fresh()
    steps = trainer.steps()
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    assert list(steps) == []
    steps = trainer.steps()
    next(steps)
    with pytest.raises(KeyError):
        steps.throw(KeyError())  # type: ignore[attr-defined]
    assert next(trainer.steps()).index == 2
    expected = fresh().advance(6).losses
    np.testing.assert_array_equal(trainer.advance(3).losses, expected[3:])


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_threads_that_share_a_trainer_take_turns(engine: str) -> None:
    trainer, taken = Trainer(CONFIG, engine=engine), {}

    def take() -> None:
        for step in islice(trainer.steps(), 100):
            taken[step.index] = step.loss
        lower = trainer.advance(50)
        taken.update(enumerate(lower.losses, lower.first))

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    losses = Trainer(CONFIG, engine=engine).advance(300).losses
    assert taken == pytest.approx(dict(enumerate(losses)))


def test_threads_with_trainers_of_their_own_do_not_disturb_each_other() -> None:
    engines = ("torch", "compiled")
    found: dict[tuple[str, int], np.ndarray] = {}

    def train(engine: str, seed: int) -> None:
        own = Trainer(dataclasses.replace(CONFIG, seed=seed), engine=engine)
        found[engine, seed] = own.advance(100).losses

    pairs = [(engine, seed) for engine in engines for seed in range(2)]
    threads = [threading.Thread(target=train, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for engine, seed in pairs:
        alone = Trainer(dataclasses.replace(CONFIG, seed=seed), engine=engine)
        np.testing.assert_array_equal(found[engine, seed], alone.advance(100).losses)


def by_pickle(thing: Any) -> Any:
    return pickle.loads(pickle.dumps(thing))


@pytest.mark.parametrize("engine", ["torch", "compiled"])
@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, by_pickle, Trainer.fork])
def test_a_copy_of_a_run_is_independent_of_it(engine: str, again: Callable[[Any], Any]) -> None:
    trainer, expected = Trainer(CONFIG, engine=engine), Trainer(CONFIG, engine=engine)
    trainer.advance(5)
    losses = expected.advance(15).losses
    other = again(trainer)
    first = 4 if again is Trainer.fork else 5  # whose next step is the one that is held
    np.testing.assert_array_equal(other.advance(10).losses, losses[first : first + 10])
    np.testing.assert_array_equal(trainer.advance(10).losses, losses[5:])
    if again is not Trainer.fork:
        many = Replicas([CONFIG, RunConfig(cell="gru", hidden_size=4)], engine=engine)
        next(many.steps())
        step = next(again(many).steps())
        np.testing.assert_array_equal(step.loss, next(many.steps()).loss)


@pytest.mark.parametrize("name", list(TASKS))
def test_a_run_on_any_task_can_be_pickled(name: str) -> None:
    trainer = Trainer(TASKS[name].config(hidden_size=2))
    trainer.advance(1)
    np.testing.assert_array_equal(by_pickle(trainer).advance(1).losses, trainer.advance(1).losses)


def test_results_can_be_pickled_and_copied() -> None:
    record = rnn_core.run(CONFIG, 3, engine="torch")
    gates = diagnostics.gates_over_time(GATED, AT.inputs)
    for again in (copy.deepcopy, by_pickle):
        found = again(record)
        assert found.versions == record.versions
        np.testing.assert_array_equal(found.curve.losses, record.curve.losses)
        assert again(gates).values.keys() == gates.values.keys()
    with pytest.raises(TypeError, match="does not support item assignment"):
        by_pickle(record).versions["torch"] = "0"


@pytest.fixture
def child() -> Callable[[Callable[[], bytes]], bytes]:
    """Runs a function in a forked process and returns what it gives."""

    def run(function: Callable[[], bytes]) -> bytes:
        read, write = os.pipe()
        with warnings.catch_warnings():
            # That the process has threads is the point.
            warnings.simplefilter("ignore", DeprecationWarning)
            process = os.fork()
        if not process:
            try:
                os.write(write, function())
            finally:
                os._exit(0)
        os.waitpid(process, 0)
        os.close(write)
        with os.fdopen(read, "rb") as pipe:
            return pipe.read()

    return run


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_a_forked_process_goes_on_alone(
    engine: str, child: Callable[[Callable[[], bytes]], bytes]
) -> None:
    trainer = Trainer(CONFIG, engine=engine)
    trainer.advance(5)
    found = np.frombuffer(child(lambda: trainer.advance(5).losses.tobytes()))
    np.testing.assert_array_equal(found, trainer.advance(5).losses)


def test_a_process_sees_the_shared_weights_of_a_compiled_run(
    child: Callable[[Callable[[], bytes]], bytes],
) -> None:
    trainer = Trainer(CONFIG, engine="compiled")
    trainer.advance(3)
    trainer.model.share_memory()
    losses = trainer.advance(3).losses
    weight = trainer.model.out.weight.detach().numpy()
    found = child(lambda: trainer.model.out.weight.detach().numpy().tobytes())
    np.testing.assert_array_equal(np.frombuffer(found, np.float32), weight.ravel())
    assert trainer.model.out.weight.is_shared()
    expected = Trainer(CONFIG, engine="compiled").advance(6).losses
    np.testing.assert_array_equal(losses, expected[3:])


REFUSALS = Path(__file__).with_name("refusals.json")


def test_the_limits_and_suggestions_of_refusals_are_those_that_were_read() -> None:
    """After a change, read them and write them anew: ``REFUSALS=new pytest …``."""
    found: dict[str, dict[str, str]] = {}
    for name, argument in ARGUMENTS:
        call, given = CALLS[name]
        said = {
            label: outcome(call, {**given, argument: GIVEN[label]})[0]
            for label in ("None", "-1", "0", "huge", "nan", "text")
        }
        found[f"{name}({argument})"] = {
            label: text[:300] for label, text in said.items() if text is not None
        }
    text = json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    if os.environ.get("REFUSALS") == "new":
        REFUSALS.write_text(text, encoding="utf-8")
    known = json.loads(REFUSALS.read_text(encoding="utf-8"))
    assert found.keys() == known.keys()
    for call_of, said_now in found.items():
        assert said_now == known[call_of], call_of
