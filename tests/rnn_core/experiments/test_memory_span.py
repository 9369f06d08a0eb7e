from __future__ import annotations

import re
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch

from rnn_core import MemorySpan, Replicas, RunConfig, SpanStep, Trainer
from rnn_core.experiments.comparison import SMOOTHING

QUICK = RunConfig(cell="rnn", hidden_size=16, batch_size=8, lr=0.01)
# Too slow to learn anything in the steps it gets.
STUCK = replace(QUICK, lr=1e-9)
WILD = replace(QUICK, optimizer="sgd", lr=10.0)


def finished(span: MemorySpan) -> list[SpanStep]:
    return list(span.steps())


def assert_same(one: list[SpanStep], other: list[SpanStep]) -> None:
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        assert (a.delay, a.index, a.active) == (b.delay, b.index, b.active)
        np.testing.assert_array_equal(a.loss, b.loss)
        np.testing.assert_array_equal(a.recent, b.recent)
        np.testing.assert_array_equal(a.passed, b.passed)


def test_a_contender_that_learns_goes_on_and_one_that_does_not_stops_at_the_first_delay() -> None:
    span = MemorySpan([STUCK, QUICK], delays=[1, 2], step_budget=80, engine="compiled")
    assert (span.active, span.spans, span.done) == ((0, 1), (0, 0), False)
    steps = finished(span)
    assert span.spans == (0, 2)
    assert (span.active, span.done) == ((1,), True)
    stuck, quick = span.results
    assert [(result.delay, result.passed) for result in stuck] == [(1, 0)]
    assert [(result.delay, result.passed) for result in quick] == [(1, 3), (2, 3)]
    assert np.isnan(stuck[0].steps).all()
    first = [step for step in steps if step.delay == 1]
    assert [step.index for step in first] == list(range(80))  # the stuck one used up the budget
    assert all(step.active == (0, 1) for step in first)
    assert {step.active for step in steps if step.delay == 2} == {(1,)}
    assert list(span.steps()) == []


def test_steps_have_a_row_for_each_active_contender_and_a_column_for_each_seed() -> None:
    span = MemorySpan([QUICK, replace(QUICK, cell="gru")], [4, 7], delays=[2], engine="compiled")
    for step in islice(span.steps(), 30):
        assert step.active == (0, 1)
        for values in (step.loss, step.recent, step.passed):
            assert values.shape == (2, 2)
        assert step.threshold.shape == (2,)
    assert span.seeds == (4, 7)


def test_a_step_does_not_change_later() -> None:
    span = MemorySpan([QUICK], delays=[1], engine="compiled")
    first = next(span.steps())
    loss, recent = first.loss.copy(), first.recent.copy()
    finished(span)
    np.testing.assert_array_equal(first.loss, loss)
    np.testing.assert_array_equal(first.recent, recent)
    assert not first.passed.any()


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_at_each_delay_the_networks_are_those_of_trainers_with_its_settings(engine: str) -> None:
    contenders = [QUICK, replace(QUICK, cell="lstm", forget_bias=1.0)]
    span = MemorySpan(contenders, 2, delays=[6], step_budget=25, engine=engine)
    steps = finished(span)
    config = replace(QUICK, task="delayed_recall", delay=6, window_length=24)
    for place, contender in enumerate(contenders):
        same_data = replace(config, cell=contender.cell, forget_bias=contender.forget_bias)
        for seed in range(2):
            trainer = Trainer(replace(same_data, seed=seed), engine=engine)
            alone = [step.loss for step in islice(trainer.steps(), 25)]
            assert [step.loss[place, seed] for step in steps] == alone


def test_steps_needed_are_those_of_replicas_trained_apart() -> None:
    span = MemorySpan([QUICK], delays=[3], engine="compiled")
    steps = finished(span)
    config = replace(QUICK, task="delayed_recall", delay=3, window_length=20)
    replicas = Replicas([replace(config, seed=seed) for seed in range(3)], engine="compiled")
    taken = islice(replicas.steps(), len(steps))
    losses = np.array([step.loss for step in taken], np.float64)  # (K, S)
    windows = np.lib.stride_tricks.sliding_window_view(losses, SMOOTHING, axis=0)
    first = (windows.mean(axis=2) <= 0.5).argmax(axis=0) + SMOOTHING - 1
    np.testing.assert_array_equal(span.results[0][0].steps, first)
    assert len(steps) == first.max() + 1  # the delay ends with the last to pass


def test_a_contender_that_has_passed_stops_training_while_others_go_on() -> None:
    span = MemorySpan([QUICK, STUCK], 1, delays=[1], step_budget=120, engine="compiled")
    steps = finished(span)
    needed = int(span.results[0][0].steps[0])
    assert needed < 119
    assert {step.loss[0, 0] for step in steps[needed:]} == {steps[needed].loss[0, 0]}
    assert len({step.loss[1, 0] for step in steps}) == 120


def test_with_a_reset_state_the_floor_is_that_of_memory_inside_a_window() -> None:
    forgetful = replace(QUICK, carry_state=False)
    span = MemorySpan([QUICK, forgetful], delays=[1, 8], share=0.8, engine="compiled")
    first = next(span.steps())
    # Windows of 20 steps: one target in twenty lies beyond the border.
    np.testing.assert_allclose(first.threshold, [0.2, 0.2 + 0.8 * 1 / 20])
    later = next(step for step in span.steps() if step.delay == 8)
    np.testing.assert_allclose(later.threshold, [0.2, 0.2 + 0.8 * 8 / 32])
    assert span.spans == (1, 1)


def test_more_than_half_of_the_seeds_must_pass() -> None:
    span = MemorySpan([QUICK], 4, delays=[6, 7], engine="compiled")
    finished(span)
    needed = np.sort(span.results[0][0].steps)
    assert needed[1] < needed[2]  # or the two budgets below would be the same
    for budget, stays in ((int(needed[1]) + 1, False), (int(needed[2]) + 1, True)):
        short = MemorySpan([QUICK], 4, delays=[6, 7], step_budget=budget, engine="compiled")
        steps = list(islice(short.steps(), budget))
        assert {step.delay for step in steps} == {6}
        assert short.active == ((0,) if stays else ())
        assert short.spans == (6 if stays else 0,)
        assert short.done is not stays


def test_the_networks_that_passed_are_kept_as_they_were_when_their_delay_ended() -> None:
    span = MemorySpan([QUICK, STUCK], [4, 7], delays=[2, 3], step_budget=80, engine="compiled")
    assert span.networks == (None, None)
    steps = finished(span)
    kept, none = span.networks
    assert none is None
    assert kept is not None
    assert (kept.delay, kept.seeds) == (3, (4, 7))
    taken = sum(step.delay == 3 for step in steps)
    config = replace(QUICK, task="delayed_recall", delay=3, window_length=20)
    for seed, model in zip(kept.seeds, kept.models, strict=True):
        trainer = Trainer(replace(config, seed=seed), engine="compiled")
        for _step in islice(trainer.steps(), taken):
            pass
        for name, value in trainer.model.state_dict().items():
            assert torch.equal(value, model.state_dict()[name])
    span.reset()
    assert span.networks == (None, None)


def test_networks_that_failed_are_not_kept() -> None:
    whole = MemorySpan([QUICK], 4, delays=[6], engine="compiled")
    finished(whole)
    needed = whole.results[0][0].steps
    budget = int(np.sort(needed)[2]) + 1  # three of four pass
    span = MemorySpan([QUICK], 4, delays=[6], step_budget=budget, engine="compiled")
    finished(span)
    (kept,) = span.networks
    assert kept is not None
    assert kept.seeds == tuple(np.flatnonzero(needed < budget))
    assert len(kept.models) == 3


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_the_engine_of_every_network_that_trains_is_named(engine: str) -> None:
    span = MemorySpan([QUICK, STUCK], 2, delays=[1, 2], step_budget=60, engine=engine)
    assert span.engines == ()
    for step in islice(span.steps(), 61):
        assert span.engines == (engine,) * 2 * len(step.active)


def test_a_diverged_network_has_not_passed_and_ends_its_delay_early() -> None:
    span = MemorySpan([WILD], delays=[1, 2], step_budget=3000, engine="compiled")
    steps = finished(span)
    assert len(steps) < 3000
    assert np.isinf(steps[-1].recent).all()
    assert not steps[-1].passed.any()
    assert span.spans == (0,)
    assert span.active == ()


def test_reset_gives_the_same_steps_again() -> None:
    contenders = [QUICK, replace(QUICK, cell="gru")]
    span = MemorySpan(contenders, 2, delays=[1, 2], engine="compiled")
    steps = finished(span)
    assert_same(steps, finished(MemorySpan(contenders, 2, delays=[1, 2], engine="compiled")))
    span.reset()
    assert (span.active, span.spans, span.results) == ((0, 1), (0, 0), ((), ()))
    assert_same(steps, finished(span))


def test_an_interruption_changes_no_step() -> None:
    contenders = [QUICK, STUCK]
    whole = MemorySpan(contenders, 2, delays=[1, 2], step_budget=60, engine="compiled")
    steps = finished(whole)
    span = MemorySpan(contenders, 2, delays=[1, 2], step_budget=60, engine="compiled")
    # Within a delay, at its last step, and one step at a time.
    parts = [list(islice(span.steps(), count)) for count in (7, 53, 1, 1, 5, 1000)]
    assert [part[-1].index for part in parts[:5]] == [6, 59, 0, 1, 6]
    assert_same(steps, [step for part in parts for step in part])
    assert span.spans == whole.spans == (2, 0)


def test_results_include_the_present_delay() -> None:
    span = MemorySpan([QUICK, STUCK], 1, delays=[1, 2], step_budget=120, engine="compiled")
    for step in span.steps():
        results = span.results
        assert results[0][-1].delay == step.delay
        assert bool(results[0][-1].passed) == step.passed[0, 0]
        if step.passed[0, 0]:
            break
    assert span.spans == (1, 0)
    assert span.active == (0, 1)  # the delay has not ended
    assert np.isnan(results[1][0].steps).all()


def test_settings_that_are_not_read_may_differ_between_contenders() -> None:
    others = replace(QUICK, task="flip_flop", delay=9, window_length=64, seed=5)
    span = MemorySpan([QUICK, others], 2, delays=[1], step_budget=30, engine="compiled")
    for step in span.steps():
        np.testing.assert_array_equal(step.loss[0], step.loss[1])


def test_settings_that_cannot_be_are_refused() -> None:
    with pytest.raises(TypeError, match="contenders must hold RunConfigs, got 'gru'"):
        MemorySpan(["gru"])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="contenders must hold at least one RunConfig, got none"):
        MemorySpan([])
    with pytest.raises(ValueError, match="seeds must give at least one seed, got 0"):
        MemorySpan([QUICK], 0)
    with pytest.raises(ValueError, match="seeds must differ from one another, got 5 twice"):
        MemorySpan([QUICK], [5] * 3)
    with pytest.raises(ValueError, match="data_seed must be the same for all replicas"):
        MemorySpan([QUICK, replace(QUICK, data_seed=1)])
    sentence = (
        "delays must be at least one, each longer than the one before, got (1, 3, 3). "
        "Try (1, 2, 4, 8)."
    )
    with pytest.raises(ValueError, match=re.escape(sentence)):
        MemorySpan([QUICK], delays=(1, 3, 3))
    with pytest.raises(ValueError, match="delays must be at least one"):
        MemorySpan([QUICK], delays=())
    with pytest.raises(ValueError, match="each of the delays must be a whole number from 1 to 100"):
        MemorySpan([QUICK], delays=(1, 101))
    with pytest.raises(TypeError, match="each of the delays must be a whole number"):
        MemorySpan([QUICK], delays=(1.5,))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="step_budget must be a whole number from 20 to"):
        MemorySpan([QUICK], step_budget=19)
    with pytest.raises(ValueError, match="share must be a positive number, got 0"):
        MemorySpan([QUICK], share=0)
    with pytest.raises(ValueError, match=r"share must be a positive number up to 1, got 1\.1"):
        MemorySpan([QUICK], share=1.1)
    with pytest.raises(ValueError, match="Unknown engine 'jax'"):
        MemorySpan([QUICK], engine="jax")


def test_a_learning_rate_changes_for_the_updates_to_come_at_this_delay_and_the_next() -> None:
    span = MemorySpan([QUICK, QUICK], 1, delays=[1, 2], step_budget=20, engine="compiled")
    steps = [next(span.steps()) for _ in range(3)]
    span.set_lr(1, 0.5)
    steps += finished(span)
    assert [contender.lr for contender in span.contenders] == [0.01, 0.5]
    same = [bool(step.loss[0, 0] == step.loss[1, 0]) for step in steps if len(step.active) == 2]
    assert same[:3] == [True] * 3  # the update of the third step is the first with another rate
    assert not any(same[3:5])
    with pytest.raises(ValueError, match="lr must be a positive number"):
        span.set_lr(0, -1)


def test_a_learning_rate_set_before_the_first_step_is_the_contenders_own() -> None:
    changed = MemorySpan([QUICK], 2, delays=[1, 2], step_budget=60, engine="compiled")
    changed.set_lr(0, 0.02)
    own = replace(QUICK, lr=0.02)
    assert_same(
        finished(changed),
        finished(MemorySpan([own], 2, delays=[1, 2], step_budget=60, engine="compiled")),
    )


@pytest.mark.parametrize("contender", [-1, 2])
def test_the_learning_rate_of_a_contender_that_does_not_exist_is_refused(contender: int) -> None:
    span = MemorySpan([QUICK, STUCK], 1, delays=[1])
    sentence = f"contender must be a whole number from 0 to 1, got {contender}. Try 0."
    with pytest.raises(ValueError, match=re.escape(sentence)):
        span.set_lr(contender, 0.5)
    assert [config.lr for config in span.contenders] == [QUICK.lr, STUCK.lr]
