"""A run without a user interface is the trainer's own run, recorded."""

from __future__ import annotations

import threading
from itertools import islice

import numpy as np
import pytest
import torch

import rnn_core
from rnn_core import CELLS, RunConfig, Trainer, evaluate, run
from rnn_core.experiments.comparison import SMOOTHING

WITH_KERNEL = [name for name, cell in CELLS.items() if cell.kernel is not None]


@pytest.mark.parametrize("cell", list(CELLS))
def test_the_curve_is_that_of_the_trainers_steps(cell: str) -> None:
    config = RunConfig(cell=cell, hidden_size=5, clip_norm=0.5, seed=2)
    record = run(config, 30, engine="torch")
    steps = list(islice(Trainer(config).steps(), 30))
    np.testing.assert_array_equal(record.curve.losses, [step.loss for step in steps])
    np.testing.assert_array_equal(record.curve.grad_norms, [step.grad_norm for step in steps])
    assert (len(record), record.engine, record.config) == (30, "torch", config)
    assert not record.diverged
    assert not record.cancelled


@pytest.mark.parametrize("cell", WITH_KERNEL)
def test_the_compiled_engine_records_the_same_steps_across_chunks(cell: str) -> None:
    config = RunConfig(cell=cell, hidden_size=5)
    record = run(config, 600, engine="compiled")
    losses = [step.loss for step in islice(Trainer(config, engine="compiled").steps(), 600)]
    np.testing.assert_array_equal(record.curve.losses, losses)
    assert record.engine == "compiled"


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_a_record_continues_bit_for_bit(engine: str) -> None:
    config = RunConfig(hidden_size=6, seed=4)
    record = run(config, 25, engine=engine)
    trainer = Trainer(config, engine=engine)
    trainer.restore(record.snapshot)
    continued = [step.loss for step in islice(trainer.steps(), 11)]
    whole = run(config, 35, engine=engine).curve.losses
    np.testing.assert_array_equal(continued, whole[24:])


def test_the_online_loss_is_the_mean_of_the_last_losses() -> None:
    record = run(RunConfig(hidden_size=4), 50, engine="torch")
    assert record.online_loss == np.mean(record.curve.losses[-SMOOTHING:])
    short = run(RunConfig(hidden_size=4), 3, engine="torch")
    assert short.online_loss == np.mean(short.curve.losses)


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_the_evaluation_is_that_of_the_last_step(engine: str) -> None:
    config = RunConfig(hidden_size=4)
    record = run(config, 50, engine=engine)
    trainer = Trainer(config, engine=engine)
    trainer.advance(50)
    expected = evaluate(trainer)
    assert record.evaluation.step == 49
    np.testing.assert_array_equal(record.evaluation.carried, expected.carried)
    np.testing.assert_array_equal(record.evaluation.reset, expected.reset)
    floors = {floor.key: floor.value for floor in record.floors}
    assert floors["window_memory"] == pytest.approx(0.1)


def test_the_verdict_rests_on_the_evaluation() -> None:
    record = run(RunConfig(lr=0.005), 1000, engine="compiled")
    assert record.verdict.claim == "carried_memory"
    assert record.verdict.loss == record.evaluation.loss
    slow = RunConfig(window_length=2, points_per_period=200, noise_std=0.5, hidden_size=1)
    record = run(slow, 3000, engine="compiled")
    assert record.online_loss < 0.25
    assert record.verdict.claim == "nothing"
    assert record.verdict.follows_signal


def test_versions_name_what_computed_it() -> None:
    versions = run(RunConfig(hidden_size=2), 1, engine="torch").versions
    assert versions["rnn_core"] == rnn_core.__version__
    assert versions["torch"] == torch.__version__
    assert versions["numpy"] == np.__version__


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_a_run_that_diverges_ends_with_the_loss_that_is_not_finite(engine: str) -> None:
    record = run(RunConfig(optimizer="sgd", lr=10.0, amplitude=10.0), 5_000, engine=engine)
    assert record.diverged
    assert not record.cancelled
    assert len(record) < 5_000
    assert not np.isfinite(record.curve.losses[-1])
    assert np.isfinite(record.curve.losses[:-1]).all()
    assert not record.evaluation.mean < 1e6
    assert record.verdict.claim == "nothing"


def test_a_cancelled_run_gives_what_it_has() -> None:
    cancel = threading.Event()
    cancel.set()
    record = run(RunConfig(hidden_size=3), 2_000, engine="torch", cancel=cancel)
    assert record.cancelled
    assert 1 <= len(record) < 2_000
    assert record.snapshot.index == len(record) - 1


def test_progress_ends_with_all_steps() -> None:
    told: list[tuple[int, int, float]] = []
    record = run(
        RunConfig(hidden_size=3),
        300,
        engine="torch",
        progress=lambda done, total, loss: told.append((done, total, loss)),
    )
    assert told[-1] == (300, 300, record.curve.losses[-1])
    assert [done for done, _total, _loss in told] == sorted(done for done, _total, _loss in told)


def test_what_is_recorded_cannot_be_written_to() -> None:
    record = run(RunConfig(hidden_size=2), 2, engine="torch")
    with pytest.raises(ValueError, match="read-only"):
        record.curve.losses[0] = 0.0


@pytest.mark.parametrize("steps", [0, -1])
def test_a_run_without_steps_is_refused(steps: int) -> None:
    with pytest.raises(ValueError, match=r"steps must be a whole number from 1 to .*, got -?\d"):
        run(RunConfig(), steps)


def test_what_cannot_report_or_cancel_is_refused() -> None:
    with pytest.raises(TypeError, match=r"progress must be a function of three arguments, got 3\."):
        run(RunConfig(), 5, progress=3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"cancel must have a method is_set, got 3\. Try a thr"):
        run(RunConfig(), 5, cancel=3)  # type: ignore[arg-type]


def test_progress_is_told_at_least_once_before_the_end_of_a_long_run() -> None:
    told: list[int] = []
    run(
        RunConfig(hidden_size=3),
        2_000,
        engine="torch",
        progress=lambda done, _total, _loss: told.append(done),
    )
    assert told[0] < 2_000
    assert told[-1] == 2_000
