from __future__ import annotations

import threading

import numpy as np
import pytest

from rnn_core import TASKS, RunConfig, Trainer, evaluate
from rnn_core.experiments.early_stopped import advance_validated
from rnn_core.training.early_stopping import EVALUATE_EVERY, EarlyStopping

CONFIG = TASKS["series"].config(hidden_size=6, lr=0.05)


def test_it_stops_by_the_losses_of_a_plain_run_and_keeps_the_best_step() -> None:
    trainer = Trainer(CONFIG)
    found = advance_validated(trainer, 2_000, EarlyStopping(4))
    plain, expected = Trainer(CONFIG), []
    for step in found.steps:
        plain.advance(int(step) - (-1 if plain.index is None else plain.index))
        expected.append(evaluate(plain).mean)
    np.testing.assert_array_equal(found.losses[:, 0], expected)
    np.testing.assert_array_equal(found.steps, EVALUATE_EVERY * np.arange(len(expected)))
    best = int(np.argmin(expected))
    assert best == len(expected) - 1 - 4
    assert found.best is not None
    assert found.best.index == found.steps[best]
    assert trainer.index == found.steps[-1] == len(found.curve.losses) - 1 < 1_999
    np.testing.assert_array_equal(
        found.curve.losses, Trainer(CONFIG).advance(len(found.curve.losses)).losses
    )
    trainer.restore(found.best)
    trainer.advance(1)
    assert evaluate(trainer).mean == min(expected)


def test_it_goes_on_from_any_step_and_evaluates_at_the_same_ones() -> None:
    trainer = Trainer(CONFIG)
    trainer.advance(33)
    told = []
    found = advance_validated(
        trainer, 50, EarlyStopping(99), progress=lambda *more: told.append(more)
    )
    np.testing.assert_array_equal(found.steps, [40, 60, 80])
    assert told == [(done, 50, found.curve.losses[done - 1]) for done in (8, 28, 48, 50)]
    assert trainer.index == 82


def test_a_cancelled_run_ends_after_the_steps_under_way() -> None:
    cancel = threading.Event()
    cancel.set()
    assert len(advance_validated(Trainer(CONFIG), 99, EarlyStopping(9), cancel=cancel).curve.losses)
    cancelled = advance_validated(Trainer(CONFIG), 99, EarlyStopping(9), cancel=cancel)
    assert len(cancelled.curve.losses) < 99


def test_a_diverged_run_ends() -> None:
    config = TASKS["series"].config(optimizer="sgd", lr=10.0, cell="rnn_relu", hidden_size=6)
    found = advance_validated(Trainer(config), 500, EarlyStopping(99))
    assert not np.isfinite(found.curve.losses[-1])


def test_a_task_without_a_validation_part_is_refused() -> None:
    with pytest.raises(ValueError, match="Early stopping needs a task with a validation part"):
        advance_validated(Trainer(RunConfig()), 5, EarlyStopping(3))
