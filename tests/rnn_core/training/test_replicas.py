"""Replicas beside the trainers that they stand for."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch

from rnn_core import Replicas, ReplicaStep, RunConfig, Trainer
from rnn_core.training import replicas as replica_module
from tests.rnn_core.made_up import MadeUp
from tests.rnn_core.runs import CELLS

CONTENDERS = [
    RunConfig(cell="rnn", hidden_size=5),
    RunConfig(cell="lstm", hidden_size=5, clip_norm=0.1, forget_bias=1.0),
    RunConfig(cell="gru", hidden_size=4, num_layers=2, optimizer="rmsprop", lr=0.001),
    RunConfig(cell="rnn", hidden_size=5, lr=0.005, seed=3),
    RunConfig(cell="lstm", hidden_size=5, carry_state=False),
    RunConfig(cell="rnn", hidden_size=5, optimizer="sgd", momentum=0.5, lr=0.01),
]
MANY = [RunConfig(cell=cell, seed=seed) for seed in range(30) for cell in ("rnn", "gru")]


def taken(count: int, replicas: Replicas) -> list[ReplicaStep]:
    return list(islice(replicas.steps(), count))


@pytest.mark.parametrize("engine", ["torch", "compiled"])
@pytest.mark.parametrize("batch_size", [1, 3])
def test_each_replica_is_its_trainers_run_bit_for_bit(engine: str, batch_size: int) -> None:
    configs = [replace(config, batch_size=batch_size) for config in CONTENDERS]
    replicas = Replicas(configs, engine=engine)
    steps = taken(12, replicas)
    for n, config in enumerate(configs):
        trainer = Trainer(config, engine=engine)
        for ours, theirs in zip(steps, trainer.steps(), strict=False):
            assert ours.index == theirs.index
            assert ours.loss[n] == theirs.loss
            assert ours.grad_norm[n] == theirs.grad_norm
            np.testing.assert_array_equal(ours.prediction[n], theirs.prediction)
            np.testing.assert_array_equal(ours.inputs, theirs.inputs)
            np.testing.assert_array_equal(ours.targets, theirs.targets)
            np.testing.assert_array_equal(ours.time, theirs.time)
            if theirs.index == 11:
                break
        for ours, theirs in zip(
            replicas.models[n].parameters(), trainer.model.parameters(), strict=True
        ):
            torch.testing.assert_close(ours, theirs, rtol=0, atol=0)
        np.testing.assert_array_equal(replicas.state(n).hidden_states, trainer.hidden_states)


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_many_steps_at_once_are_those_one_by_one(engine: str) -> None:
    replicas = Replicas(CONTENDERS, engine=engine)
    steps = taken(21, Replicas(CONTENDERS, engine=engine))
    expected = np.stack([step.loss for step in steps], axis=1)
    found = replicas.advance(7)
    between = taken(3, replicas)
    found = np.concatenate(
        [found, *(step.loss[:, None] for step in between), replicas.advance(11)], axis=1
    )
    np.testing.assert_array_equal(found, expected)
    assert [step.index for step in between] == [7, 8, 9]
    assert between[1].grad_norm.tolist() == steps[8].grad_norm.tolist()
    assert taken(1, replicas)[0].index == 21


@pytest.mark.parametrize("engine", ["torch", "compiled"])
@pytest.mark.parametrize("whole_call", [True, False])
def test_many_steps_at_once_go_on_as_far_as_a_replica_lives(engine: str, whole_call: bool) -> None:
    wild = RunConfig(hidden_size=5, optimizer="sgd", lr=5.0)
    calm, other = replace(wild, lr=0.01), replace(wild, seed=1)
    expected = taken(60, Replicas([calm, wild], engine=engine))
    replicas = Replicas([calm, wild], engine=engine)
    found = (
        replicas.advance(60) if whole_call else np.hstack([replicas.advance(1) for _ in range(60)])
    )
    np.testing.assert_array_equal(found, np.stack([step.loss for step in expected], axis=1))
    assert replicas.alive.tolist() == [True, False]
    last = taken(500, Replicas([wild, other], engine=engine))
    replicas = Replicas([wild, other], engine=engine)
    found = replicas.advance(500)
    np.testing.assert_array_equal(found, np.stack([step.loss for step in last], axis=1))
    assert not replicas.alive.any()
    assert replicas.advance(3).shape == (2, 0)
    assert taken(1, replicas) == []


def test_a_task_from_outside_is_asked_for_one_batch_after_another() -> None:
    config = MadeUp().config("rnn")
    found = Replicas([config], task=MadeUp()).advance(5)
    expected = taken(5, Replicas([config], task=MadeUp()))
    assert found[0].tolist() == [step.loss[0] for step in expected]


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_one_thread_is_enough_where_others_have_the_cores(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_over: list[object] = []

    class Pool:
        def submit(self, *work: object) -> Late:
            handed_over.append(work)
            return Late()

    monkeypatch.setattr(replica_module, "_other_cores", Pool)
    replicas = Replicas(MANY, engine="compiled", threads=threads)
    losses = replicas.advance(60)
    assert bool(handed_over) == (threads > 1)
    taken(5, replicas)
    assert len(handed_over) in ((0,) if threads == 1 else (7, 8))
    for n in (0, 59):
        alone = Trainer(MANY[n], engine="compiled").advance(60).losses
        np.testing.assert_array_equal(losses[n], alone)


class Late:
    """Work that no thread has begun."""

    def cancel(self) -> bool:
        return True


def test_threads_are_a_number() -> None:
    with pytest.raises(ValueError, match=r"threads must be a whole number from 1 to .*, got 0\."):
        Replicas([RunConfig()], threads=0)
    with pytest.raises(TypeError, match="threads must be a whole number"):
        Replicas([RunConfig()], threads="all")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="count must be a whole number"):
        Replicas([RunConfig()]).advance(0)


def test_so_many_that_two_threads_share_them_are_still_each_their_own() -> None:
    replicas = Replicas(MANY, engine="compiled")
    assert replicas._work * 10 > 200_000  # or nothing would be shared
    last = taken(15, replicas)[-1]
    for n in (0, 1, 29, 30, 58, 59):
        step = list(islice(Trainer(MANY[n], engine="compiled").steps(), 15))[-1]
        assert last.loss[n] == step.loss
        np.testing.assert_array_equal(last.prediction[n], step.prediction)


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_one_that_diverges_stops_and_the_others_go_on(engine: str) -> None:
    wild = RunConfig(hidden_size=5, optimizer="sgd", lr=5.0)
    calm = replace(wild, lr=0.01)
    replicas = Replicas([calm, wild], engine=engine)
    steps = taken(150, replicas)
    assert replicas.alive.tolist() == [True, False]
    end = next(step.index for step in steps if not np.isfinite(step.loss[1]))
    assert all(np.isfinite(step.loss[1]) for step in steps[:end])
    assert not any(np.isfinite(step.loss[1]) for step in steps[end:])
    assert np.isnan(steps[-1].prediction[1]).all()
    alone = list(islice(Trainer(calm, engine=engine).steps(), 150))
    assert [step.loss[0] for step in steps] == [step.loss for step in alone]


def test_when_all_have_diverged_the_steps_end() -> None:
    wild = RunConfig(hidden_size=5, optimizer="sgd", lr=5.0)
    steps = taken(500, Replicas([wild, replace(wild, seed=1)]))
    assert len(steps) < 500
    assert not np.isfinite(steps[-1].loss).any()


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_reset_gives_the_same_steps_again(engine: str) -> None:
    replicas = Replicas(CONTENDERS, engine=engine)
    before = taken(6, replicas)
    replicas.reset()
    again = taken(6, replicas)
    for old, new in zip(before, again, strict=True):
        assert old.index == new.index
        np.testing.assert_array_equal(old.loss, new.loss)
        np.testing.assert_array_equal(old.prediction, new.prediction)


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_a_learning_rate_changes_for_one_replica_alone(engine: str) -> None:
    config = RunConfig(hidden_size=5)
    replicas = Replicas([config, config], engine=engine)
    trainer = Trainer(config, engine=engine)
    list(islice(trainer.steps(), 3))
    taken(3, replicas)
    replicas.set_lr(1, 0.3)
    trainer.lr = 0.3
    changed = taken(4, replicas)[-1].loss
    assert changed[1] == list(islice(trainer.steps(), 4))[-1].loss
    assert changed[0] != changed[1]
    with pytest.raises(ValueError, match="lr must be"):
        replicas.set_lr(0, -1)


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_weights_overwritten_before_the_first_step_are_those_that_are_trained(engine: str) -> None:
    configs = [RunConfig(cell=cell, hidden_size=5, seed=seed) for cell in CELLS for seed in (0, 1)]
    replicas = Replicas(configs, engine=engine)
    others = Replicas([replace(config, seed=config.seed + 7) for config in configs], engine=engine)
    for ours, theirs in zip(replicas.models, others.models, strict=True):
        ours.load_state_dict(theirs.state_dict())
    for ours, theirs in zip(taken(10, replicas), taken(10, others), strict=True):
        np.testing.assert_array_equal(ours.loss, theirs.loss)
        np.testing.assert_array_equal(ours.prediction, theirs.prediction)


def test_what_is_given_cannot_be_changed_and_does_not_change_later() -> None:
    replicas = Replicas(CONTENDERS, engine="compiled")
    (step,) = taken(1, replicas)
    loss, prediction = step.loss.copy(), step.prediction.copy()
    taken(3, replicas)
    np.testing.assert_array_equal(step.loss, loss)
    np.testing.assert_array_equal(step.prediction, prediction)
    with pytest.raises(ValueError, match="read-only"):
        step.prediction[0] = 0


def test_replicas_that_would_read_different_windows_are_refused() -> None:
    sentence = (
        "window_length must be the same for all replicas, since they read the same windows, "
        "got 10 and 20. Train the others separately."
    )
    with pytest.raises(ValueError, match=re.escape(sentence)):
        Replicas([RunConfig(), RunConfig(window_length=20)])
    with pytest.raises(ValueError, match="configs must hold at least one RunConfig, got none"):
        Replicas([])
    with pytest.raises(TypeError, match="configs must hold RunConfigs, got 'rnn'"):
        Replicas(["rnn"])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="Unknown engine 'jax'"):
        Replicas([RunConfig()], engine="jax")
    with pytest.raises(ValueError, match=re.escape("dtype must be torch.float32 or")):
        Replicas([RunConfig()], dtype=torch.float16)


@pytest.mark.parametrize("replica", [-1, 2])
def test_a_replica_that_does_not_exist_is_refused(replica: int) -> None:
    replicas = Replicas([RunConfig(), RunConfig(seed=1)])
    sentence = f"replica must be a whole number from 0 to 1, got {replica}. Try 0."
    with pytest.raises(ValueError, match=re.escape(sentence)):
        replicas.state(replica)
    with pytest.raises(ValueError, match=re.escape(sentence)):
        replicas.set_lr(replica, 0.5)
    assert [run.optimizer.param_groups[0]["lr"] for run in map(replicas.state, range(2))] == [
        0.02,
        0.02,
    ]


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_a_replica_predicts_as_its_trainer_and_goes_on_unchanged(engine: str) -> None:
    configs = [
        RunConfig(cell=cell, hidden_size=5, seed=seed)
        for cell in ("gru", "lstm")
        for seed in (1, 2)
    ]
    replicas, alone = Replicas(configs, engine=engine), Replicas(configs, engine=engine)
    trainers = [Trainer(config, engine=engine) for config in configs]
    inputs = np.random.default_rng(0).standard_normal((2, 6, 1))
    for step, other in islice(zip(replicas.steps(), alone.steps(), strict=True), 6):
        np.testing.assert_array_equal(step.loss, other.loss)
        for n, trainer in enumerate(trainers):
            next(trainer.steps())
            found, state = replicas.predict(n, inputs)
            expected, after = trainer.predict(inputs)
            np.testing.assert_array_equal(found, expected)
            found, _state = replicas.predict(n, inputs, state)
            np.testing.assert_array_equal(found, trainer.predict(inputs, after)[0])
    with pytest.raises(ValueError, match="replica must be a whole number from 0 to 3, got 4"):
        replicas.predict(4, inputs)
