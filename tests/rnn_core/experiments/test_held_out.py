from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch

from rnn_core import Comparison, RunConfig, Trainer, evaluate, judge
from tests.rnn_core.made_up import MadeUp

BASE = RunConfig(hidden_size=4)
CONTENDERS = (BASE, replace(BASE, cell="lstm", num_layers=2), replace(BASE, carry_state=False))
SEEDS = (3, 1)


def after(steps: int, engine: str = "torch", **more: object) -> Comparison:
    comparison = Comparison(CONTENDERS, SEEDS, engine=engine, **more)  # type: ignore[arg-type]
    for _step in islice(comparison.steps(), steps):
        pass
    return comparison


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_every_network_is_evaluated_as_that_of_its_trainer(engine: str) -> None:
    comparison = after(30, engine)
    found = comparison.held_out(windows=12)
    assert found.step == 29
    np.testing.assert_array_equal(found.online, comparison.online)
    for number, config in enumerate(CONTENDERS):
        for place, seed in enumerate(SEEDS):
            trainer = Trainer(replace(config, seed=seed), engine=engine)
            for _step in islice(trainer.steps(), 30):
                pass
            alone = evaluate(trainer, 12)
            own = found.evaluations[number][place]
            assert own is not None
            np.testing.assert_array_equal(own.carried, alone.carried)
            np.testing.assert_array_equal(own.reset, alone.reset)
            np.testing.assert_array_equal(own.shuffled, alone.shuffled)
            assert own.carries_state == config.carry_state
            assert found.losses[number, place] == alone.mean


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_training_between_two_evaluations_changes_neither(engine: str) -> None:
    held, undisturbed = after(30, engine), after(30, engine)
    frozen = held.freeze(windows=12)
    expected = undisturbed.held_out(windows=12)
    steps, plain = held.steps(), undisturbed.steps()
    while not frozen.done:
        frozen.evaluate_next()
        one, other = next(steps), next(plain)
        np.testing.assert_array_equal(one.loss, other.loss)
        np.testing.assert_array_equal(one.grad_norm, other.grad_norm)
        np.testing.assert_array_equal(one.prediction, other.prediction)
    result = frozen.result()
    assert result.step == expected.step == 29
    np.testing.assert_array_equal(result.losses, expected.losses)
    assert held.held_out(windows=12).losses[0, 0] != expected.losses[0, 0]


def test_nothing_that_follows_changes() -> None:
    asked, plain = after(20), after(20)
    torch.manual_seed(1)
    asked.held_out(windows=5)
    for one, other in zip(islice(asked.steps(), 20), plain.steps(), strict=False):
        asked.held_out(windows=3)
        np.testing.assert_array_equal(one.loss, other.loss)
        np.testing.assert_array_equal(one.grad_norm, other.grad_norm)


def test_before_the_first_step_the_untrained_networks_are_evaluated() -> None:
    found = Comparison(CONTENDERS, SEEDS).held_out(windows=6)
    assert found.step == 0
    assert found.losses[1, 0] == evaluate(Trainer(replace(CONTENDERS[1], seed=3)), 6).mean
    assert np.isnan(found.online).all()


def test_a_diverged_network_is_not_evaluated_and_worse_than_any() -> None:
    wild = replace(BASE, optimizer="sgd", lr=10.0, momentum=0.99)
    comparison = Comparison([wild, BASE], SEEDS)
    for _step in islice(comparison.steps(), 300):
        pass
    found = comparison.held_out(windows=5)
    assert np.isinf(found.losses[0]).all()
    assert found.evaluations[0] == (None, None)
    assert np.isfinite(found.losses[1]).all()


def test_a_task_that_is_handed_over_is_read_in_its_precision() -> None:
    task = MadeUp(input_size=3, output_size=2)
    config = task.config("gru", hidden_size=5)
    comparison = Comparison([config], 1, task=task, dtype=torch.float64)
    for _step in islice(comparison.steps(), 4):
        pass
    trainer = Trainer(replace(config, seed=0), task=task, dtype=torch.float64)
    for _step in islice(trainer.steps(), 4):
        pass
    assert comparison.held_out(4).losses[0, 0] == evaluate(trainer, 4).mean


def test_who_follows_the_signal_is_judged_as_for_a_trainer() -> None:
    # Half a percent of the period in a window: the weights follow, unless they hardly move.
    slow = RunConfig(window_length=2, points_per_period=200, noise_std=0.5, hidden_size=4)
    comparison = Comparison([slow, replace(slow, lr=1e-9)], 3, engine="compiled")
    for _step in islice(comparison.steps(), 400):
        pass
    found = comparison.held_out()
    assert found.follows_signal.tolist() == [[True] * 3, [False] * 3]
    for number, place in np.ndindex(2, 3):
        own = found.evaluations[number][place]
        assert own is not None
        verdict = judge(own, comparison.task.floors(), online=comparison.online[number, place])
        assert verdict.follows_signal == found.follows_signal[number, place]
