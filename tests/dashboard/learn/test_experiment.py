from __future__ import annotations

import numpy as np
import pytest

from dashboard.learn.experiment import Runs
from rnn_core import RunConfig, Trainer, evaluate
from tests.dashboard.runs import run_after


def test_a_run_holds_the_step_that_the_live_run_shows() -> None:
    trained = Runs(3, "torch").train(RunConfig(seed=9), 20)
    live = run_after(20, RunConfig(seed=3)).frame()
    assert trained.trainer.index == live.step.index == 20
    assert len(trained.losses) == 21
    assert trained.losses[-1] == live.step.loss
    assert live.verdict is not None
    assert trained.held_out == live.verdict.loss.mean


def test_the_verdict_is_the_held_out_one_with_the_recent_online_loss() -> None:
    trained = Runs(0, "torch").train(RunConfig(), 30)
    assert trained.verdict.loss == evaluate(trained.trainer).loss
    assert trained.verdict.online == pytest.approx(trained.losses.mean())
    assert trained.floors["memoryless"].value == pytest.approx(0.55)


def test_the_learning_rate_can_change_on_the_way() -> None:
    trained = Runs(0, "torch").train(RunConfig(), 30, lr_later=(10, 0.001))
    trainer = Trainer(RunConfig(seed=0))
    losses = []
    for step in trainer.steps():
        losses.append(step.loss)
        if step.index == 10:
            trainer.lr = 0.001
        if step.index == 30:
            break
    np.testing.assert_array_equal(trained.losses, losses)


def test_a_network_is_prepared_before_its_first_step() -> None:
    def fix(trainer: Trainer) -> None:
        for parameter in trainer.model.parameters():
            parameter.requires_grad_(False)
        trainer.model.out.bias.requires_grad_(True)

    trained = Runs(0, "torch").train(RunConfig(), 5, prepare=fix)
    for name, parameter in trained.trainer.model.named_parameters():
        same = parameter.equal(dict(Trainer(RunConfig(seed=0)).model.named_parameters())[name])
        assert same == (name != "out.bias")


def test_seeds_follow_the_readers_and_wrap_around() -> None:
    assert Runs(4).seeds(3) == (4, 5, 6)
    highest = 2**31 - 1
    seeds = Runs(highest).seeds(2)
    assert seeds == (highest, 0)
    assert [RunConfig(seed=seed).seed for seed in seeds] == list(seeds)


def test_a_run_that_diverges_ends_there() -> None:
    config = RunConfig(optimizer="sgd", lr=10.0)
    trained = Runs(0, "torch").train(config, 400)
    assert not np.isfinite(trained.losses[-1])
    assert len(trained.losses) < 401
