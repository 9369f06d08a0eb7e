from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from rnn_core import TASKS, Evaluation, RunConfig, Trainer, evaluate
from rnn_core.tasks import Floor
from rnn_core.training.verdict import judge

FLOORS = (
    Floor("constant", 0.55, "exact"),
    Floor("memoryless", 0.5, "exact"),
    Floor("window_memory", 0.1, "exact"),
    Floor("carried_memory", 0.0, "exact"),
)


def of(carried: float, reset: float, *, carries: bool = True, noise: float = 0.0) -> Evaluation:
    """An evaluation of 100 windows with these means."""
    bumps = noise * np.resize([1.0, -1.0, 1.0], 100)
    return Evaluation(0, 1, carries, carried + bumps, np.full(100, reset), np.full(100, reset))


@pytest.mark.parametrize(
    ("evaluation", "claim", "floor"),
    [
        (of(0.6, 0.6), "nothing", 0.55),
        (of(0.52, 0.52), "constant", 0.55),
        (of(0.545, 0.545), "nothing", 0.55),  # below it, but by less than 2 %
        (of(0.3, 0.4), "memoryless", 0.5),
        (of(0.05, 0.3), "carried_memory", 0.1),
        (of(0.05, 0.05), "memoryless", 0.5),  # below the floor, but a reset changes nothing
        (of(0.05, 0.04), "memoryless", 0.5),
        (of(0.0, 0.105, carries=False), "window_memory", 0.1),
        (of(0.0, 0.2, carries=False), "memoryless", 0.5),
        (of(0.09, 0.3, noise=0.1), "memoryless", 0.5),  # the interval reaches over the floor
        (of(np.inf, np.inf), "nothing", 0.55),
    ],
)
def test_the_claim_is_the_lowest_floor_that_the_interval_lies_below(
    evaluation: Evaluation, claim: str, floor: float
) -> None:
    verdict = judge(evaluation, FLOORS)
    assert verdict.claim == claim
    assert verdict.floor is not None
    assert verdict.floor.value == floor


def test_a_measured_floor_counts_with_its_error() -> None:
    floors = (Floor("constant", 1.0, "exact"), Floor("memoryless", 0.5, "measured", error=0.02))
    assert judge(of(0.475, 0.475), floors).claim == "constant"
    assert judge(of(0.46, 0.46), floors).claim == "memoryless"


def test_persistence_counts_only_below_the_constant() -> None:
    high = (Floor("persistence", 1.9, "exact"), Floor("constant", 1.0, "exact"))
    assert judge(of(1.5, 1.5), high).claim == "nothing"
    assert judge(of(0.5, 0.5), high).claim == "constant"
    low = (Floor("constant", 1.0, "exact"), Floor("persistence", 0.2, "exact"))
    assert judge(of(0.1, 0.1), low).claim == "persistence"
    assert judge(of(0.5, 0.5), low).claim == "constant"


def test_a_loss_below_the_linear_floor_is_nonlinear_whatever_else_it_shows() -> None:
    floors = (*FLOORS, Floor("linear", 0.2, "measured", error=0.01, lags=20))
    assert judge(of(0.3, 0.3), floors).linear is None
    assert judge(of(0.15, 0.3), floors).linear == floors[-1]
    assert judge(of(0.15, 0.3), floors).claim == "memoryless"


def test_without_floors_nothing_is_shown() -> None:
    verdict = judge(of(0.01, 0.5), ())
    assert verdict.claim == "nothing"
    assert verdict.floor is None
    assert verdict.uses_carried_state


def test_the_gain_is_that_of_runs_that_carry_their_state() -> None:
    assert judge(of(0.05, 0.3), FLOORS).memory_gain == pytest.approx((0.25, 0.25, 0.25))
    assert judge(of(0.05, 0.3, carries=False), FLOORS).memory_gain is None


def test_weights_follow_the_signal_where_only_the_nearest_windows_are_right() -> None:
    carried = np.array([0.01] * 2 + [1.0] * 98)
    evaluation = Evaluation(0, 1, True, carried, carried, carried)
    assert judge(evaluation, FLOORS, online=0.01).follows_signal
    assert not judge(evaluation, FLOORS).follows_signal
    # Lately collapsed: the windows before were right, and the next one is not.
    assert not judge(of(1.0, 1.0), FLOORS, online=0.01).follows_signal
    assert not judge(evaluation, FLOORS, online=0.9).follows_signal


@pytest.mark.parametrize("carry_state", [False, True])
def test_no_memory_is_claimed_where_the_weights_follow_a_slow_signal(carry_state: bool) -> None:
    config = RunConfig(
        window_length=2,
        points_per_period=200,
        noise_std=0.5,
        hidden_size=1,
        carry_state=carry_state,
    )
    for seed in range(3):
        trainer = Trainer(replace(config, seed=seed), engine="compiled")
        online = float(trainer.advance(3000).losses[-200:].mean())
        floors = {floor.key: floor.value for floor in trainer.task.floors()}
        assert online < floors["window_memory"]
        verdict = judge(evaluate(trainer), trainer.task.floors(), online=online)
        assert verdict.claim == "nothing"
        assert verdict.follows_signal


def test_a_delayed_noisy_sine_is_followed_and_not_forecast() -> None:
    settings: dict[str, Any] = {
        "window_length": 5,
        "points_per_period": 200,
        "delay": 50,
        "noise_std": 0.3,
        "lr": 0.02,
    }
    trainer = Trainer(TASKS["noisy_sine"].config(**settings), engine="compiled")
    online = float(trainer.advance(3000).losses[-200:].mean())
    verdict = judge(evaluate(trainer), trainer.task.floors(), online=online)
    assert verdict.claim == "nothing"
    assert verdict.follows_signal
    assert online < 0.1 < verdict.loss.low


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_memory_that_is_carried_is_found_on_the_tutorial_s_task(cell: str) -> None:
    trainer = Trainer(RunConfig(cell=cell, lr=0.005), engine="compiled")
    online = float(trainer.advance(1000).losses[-20:].mean())
    verdict = judge(evaluate(trainer), trainer.task.floors(), online=online)
    assert verdict.claim == "carried_memory"
    assert verdict.uses_carried_state
    assert not verdict.follows_signal


def test_a_run_that_resets_is_judged_by_the_window() -> None:
    trainer = Trainer(RunConfig(carry_state=False, lr=0.005), engine="compiled")
    trainer.advance(3000)
    verdict = judge(evaluate(trainer), trainer.task.floors())
    assert verdict.claim == "window_memory"
    assert verdict.loss.mean == pytest.approx(0.1, abs=0.005)
