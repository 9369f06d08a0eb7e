from __future__ import annotations

import math
import re
from typing import Any

import pytest

from rnn_core.training.early_stopping import EVALUATE_EVERY, EarlyStopping, StoppingMemory


def fed(losses: list[float], patience: int, min_delta: float = 0.0) -> tuple[EarlyStopping, int]:
    """Early stopping fed until it stops, and the number of evaluations that it took."""
    stopping = EarlyStopping(patience, min_delta)
    for number, loss in enumerate(losses):
        stopping.update(number * EVALUATE_EVERY, loss)
        if stopping.stopped:
            return stopping, number + 1
    return stopping, len(losses)


# Evaluations after which Keras 3 and Lightning 2 stop on the same losses, and the best one of them.
@pytest.mark.parametrize(
    ("losses", "patience", "min_delta", "taken", "best"),
    [
        ([5, 4, 3, 2, 1], 1, 0.0, 5, 4),
        ([5, 4, 6, 3, 2], 1, 0.0, 3, 1),
        ([5, 4, 6, 3, 7, 8, 9], 2, 0.0, 6, 3),
        ([5, 5, 5, 5], 2, 0.0, 3, 0),
        ([5, 4.9, 4.8, 4.7], 2, 0.15, 4, 2),
        ([5, 4.95, 4.9, 4.85], 2, 0.5, 3, 0),
        ([5, 4, math.nan, math.inf, 3], 2, 0.0, 4, 1),
    ],
)
def test_it_stops_as_the_callbacks_of_keras_and_lightning_do(
    losses: list[float], patience: int, min_delta: float, taken: int, best: int
) -> None:
    stopping, evaluations = fed(losses, patience, min_delta)
    assert evaluations == taken
    assert stopping.best_step == best * EVALUATE_EVERY
    assert stopping.best_loss == losses[best]


def test_min_delta_must_be_exceeded() -> None:
    stopping = EarlyStopping(3, 0.5)
    assert [stopping.update(n, loss) for n, loss in enumerate([2, 1.5, 1.25])] == [
        True,
        False,
        True,
    ]


def test_losses_that_are_not_finite_never_improve() -> None:
    stopping, taken = fed([math.nan, math.nan, math.inf], 3)
    assert (taken, stopping.best_step, stopping.best_loss) == (3, None, math.inf)


def test_a_run_that_goes_on_is_waited_for_as_long_again() -> None:
    stopping, _taken = fed([1, 2, 3], 2)
    assert stopping.stopped
    stopping.wait_again()
    assert (stopping.waited, stopping.best_step) == (0, 0)
    stopping.update(60, 3)
    assert not stopping.stopped
    stopping.update(80, 2)
    assert (stopping.stopped, stopping.best_step) == (True, 0)


def test_after_a_cut_it_is_as_it_was_at_that_step() -> None:
    losses = [5, 4, 6, 3, 7, 8]
    stopping, _taken = fed(losses, 9)
    stopping.cut(2 * EVALUATE_EVERY + 5)
    assert (stopping.last_step, stopping.best_step, stopping.waited) == (40, 20, 1)
    stopping.update(46, 3.5)
    assert (stopping.best_step, stopping.best_loss) == (46, 3.5)
    stopping.cut(-1)
    assert (stopping.last_step, stopping.best_step, stopping.waited) == (-1, None, 0)


def test_a_cut_keeps_what_was_waited_again_for() -> None:
    stopping, _taken = fed([1, 2, 3], 2)
    stopping.wait_again()
    stopping.update(60, 3)
    stopping.cut(50)
    assert (stopping.waited, stopping.stopped) == (0, False)


def test_patience_may_change() -> None:
    stopping, _taken = fed([1, 2, 3], 5)
    stopping.patience = 2
    assert stopping.stopped


def test_impossible_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="patience must be a whole number from 1 to 10000, got 0"):
        EarlyStopping(0)
    with pytest.raises(ValueError, match="min_delta must be a number from 0"):
        EarlyStopping(3, -1)
    stopping = EarlyStopping(3)
    stopping.update(20, 1.0)
    with pytest.raises(ValueError, match="step must be at least 21, got 20"):
        stopping.update(20, 1.0)


LOSSES = [5, 4, 6, 3, math.nan, 7, 8, 2.5, 9, 9, 9, 9]


@pytest.mark.parametrize("taken", range(9))
def test_a_resumed_run_stops_as_one_without_an_interruption(taken: int) -> None:
    whole, evaluations = fed(LOSSES, 4)
    first, _taken = fed(LOSSES[:taken], 4)
    again = EarlyStopping.resumed(first.memory)
    for number in range(taken, evaluations):
        assert not again.stopped
        again.update(number * EVALUATE_EVERY, LOSSES[number])
    assert again.memory == whole.memory
    assert again.stopped


def test_a_branch_of_a_resumed_run_keeps_what_was_known_before_it() -> None:
    again = EarlyStopping.resumed(fed(LOSSES[:3], 9)[0].memory, 5)
    assert again.patience == 5
    for number in range(3, 8):
        again.update(number * EVALUATE_EVERY, LOSSES[number])
    again.cut(5 * EVALUATE_EVERY)
    assert again.memory == fed(LOSSES[:6], 5)[0].memory
    again.cut(2 * EVALUATE_EVERY)
    assert (again.best_step, again.waited) == (EVALUATE_EVERY, 1)
    again.cut(EVALUATE_EVERY)
    assert again.memory == StoppingMemory(5, None, math.inf, 0, -1)


def test_at_the_best_step_nothing_has_been_waited_for() -> None:
    stopping, _taken = fed(LOSSES, 4)
    assert stopping.memory_at_best == fed(LOSSES[:8], 4)[0].memory
    assert fed([], 4)[0].memory_at_best == fed([], 4)[0].memory


@pytest.mark.parametrize(
    "changed",
    [
        {"patience": 0},
        {"best_step": 70},
        {"best_step": -1},
        {"best_step": None},
        {"best_loss": math.nan},
        {"best_loss": math.inf},
        {"waited": -1},
        {"waited": 1.5},
        {"last_step": -1},
    ],
)
def test_a_memory_that_cannot_be_is_refused(changed: dict[str, object]) -> None:
    memory = {"patience": 3, "best_step": 40, "best_loss": 0.5, "waited": 1, "last_step": 60}
    StoppingMemory(**memory)  # type: ignore[arg-type]
    with pytest.raises((ValueError, TypeError)):
        StoppingMemory(**memory | changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"patience": 1.5}, "patience must be a whole number from 1 to 10000, got 1.5. Try 20."),
        ({"last_step": "a"}, "last_step must be a whole number from -1 to"),
        ({"last_step": 1.5}, "got 1.5. Try 0."),
        ({"waited": None}, "waited must be a whole number from -1 to"),
        ({"waited": 0.5}, "got 0.5. Try 0."),
        ({"best_step": "20"}, "best_step must be a whole number from -1 to"),
        ({"best_step": 20.5}, "got 20.5. Try 0."),
        ({"best_step": 41}, "do not fit each other"),
        ({"best_step": -1}, "do not fit each other"),
        ({"best_loss": math.nan}, "do not fit each other"),
        ({"best_loss": math.inf}, "do not fit each other"),
        ({"waited": -1}, "do not fit each other"),
        ({"best_step": None}, "do not fit each other"),
        ({"best_step": None, "best_loss": math.inf, "last_step": -1}, "do not fit each other"),
    ],
)
def test_what_early_stopping_cannot_be_is_refused(changed: dict[str, Any], said: str) -> None:
    sound: dict[str, Any] = {
        "patience": 20, "best_step": 20, "best_loss": 0.5, "waited": 1, "last_step": 40
    }  # fmt: skip
    for values in ({}, {"best_step": 40}, {"best_step": 0}, {"waited": 0}):
        StoppingMemory(**{**sound, **values})
    StoppingMemory(20, None, math.inf, 0, -1)
    StoppingMemory(20, None, math.inf, 0, 0)
    with pytest.raises((TypeError, ValueError), match=re.escape(said)):
        StoppingMemory(**{**sound, **changed})
