from __future__ import annotations

import math

import pytest

from rnn_core.training.step_log import StepLog


def _filled(count: int, limit: int) -> StepLog:
    log = StepLog(limit)
    for step in range(count):
        log.add(step, step / 2, float(step))
    return log


def test_every_step_is_kept_while_there_is_room() -> None:
    steps, losses, norms = _filled(10, 10).columns()
    assert steps.tolist() == list(range(10))
    assert losses.tolist() == [step / 2 for step in range(10)]
    assert norms.tolist() == [float(step) for step in range(10)]


@pytest.mark.parametrize("count", [11, 99, 1000])
def test_then_evenly_spaced_ones(count: int) -> None:
    log = _filled(count, 10)
    steps, losses, _norms = log.columns()
    assert 5 <= len(log) <= 10
    assert steps.tolist() == list(range(0, count, log.every))
    assert losses.tolist() == [step / 2 for step in steps]


def test_what_is_cut_may_come_again() -> None:
    log = _filled(50, 10)
    log.cut(20)
    assert max(log.columns()[0]) <= 20
    for step in range(21, 40):
        log.add(step, 7.0, 1.0)
    steps, losses, _norms = log.columns()
    assert (losses[steps > 20] == 7.0).all()
    assert steps.tolist() == list(range(0, 40, log.every))


def test_a_loss_that_is_not_finite_is_left_out_and_no_step_comes_twice() -> None:
    log = _filled(3, 10)
    log.add(3, math.inf, 1.0)
    assert len(log) == 3
    with pytest.raises(ValueError, match="step must be at least 3, got 2"):
        log.add(2, 0.0, 0.0)
    with pytest.raises(ValueError, match="limit must be at least 2, got 1"):
        StepLog(1)
