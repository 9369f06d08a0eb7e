from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rnn_core.cli import history as module
from rnn_core.cli.history import history_of, until, with_evaluations
from rnn_core.experiments.run import Curve
from rnn_core.io import RunHistory


def curve(first: int, last: int) -> Curve:
    steps = np.arange(first, last + 1.0)
    return Curve(steps / 10, steps / 5)


def test_the_step_that_was_held_is_replaced() -> None:
    before = history_of(curve(0, 9), None, 0, 0.1)
    found = history_of(curve(9, 14), before, 9, 0.1)
    assert found.step.tolist() == list(range(15))
    assert found.loss.tolist() == curve(0, 14).losses.tolist()
    assert found.grad_norm.tolist() == curve(0, 14).grad_norms.tolist()


def test_without_a_history_before_it_begins_where_the_run_goes_on() -> None:
    assert history_of(curve(9, 14), None, 9, 0.1).step.tolist() == list(range(9, 15))


@pytest.mark.parametrize("steps", [99, 100, 101, 250, 5000])
def test_a_long_history_is_thinned_and_keeps_both_ends(
    steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_LOSSES", 100)
    found = history_of(curve(0, steps - 1), None, 0, 0.1)
    assert len(found.step) <= 100
    assert (found.step[0], found.step[-1]) == (0, steps - 1)
    assert found.loss.tolist() == (found.step / 10).tolist()


def test_learning_rates_are_listed_from_the_first_step_that_had_each() -> None:
    def rates(found: RunHistory) -> list[tuple[int, float]]:
        return list(zip(found.lr_step.tolist(), found.lr.tolist(), strict=True))

    before = history_of(curve(0, 9), None, 0, 0.1)
    assert rates(before) == [(0, 0.1)]
    assert rates(history_of(curve(9, 14), before, 9, 0.1)) == [(0, 0.1)]
    assert rates(history_of(curve(9, 14), before, 9, 0.2)) == [(0, 0.1), (9, 0.2)]
    unknown = replace(before, lr_step=np.empty(0, np.int64), lr=np.empty(0))
    assert rates(history_of(curve(9, 14), unknown, 9, 0.2)) == [(0, 0.2)]


def test_evaluations_are_added_in_place_of_those_from_there_on_and_cut_at_a_step() -> None:
    before = RunHistory(
        np.arange(60),
        np.arange(60.0),
        np.ones(60),
        np.array([0, 20, 40]),
        np.arange(9.0).reshape(3, 3),
        np.array([0]),
        np.array([0.1]),
    )
    found = with_evaluations(before, np.array([40, 60]), np.full((2, 3), 7.0))
    assert found.held_out_step.tolist() == [0, 20, 40, 60]
    assert found.held_out[:, 0].tolist() == [0, 3, 7, 7]
    cut = until(found, 40)
    assert cut.step.tolist() == cut.loss.tolist() == list(range(41))
    assert len(cut.grad_norm) == 41
    assert cut.held_out_step.tolist() == [0, 20, 40]
    assert cut.lr_step.tolist() == [0]
    later = replace(
        found,
        lr_step=np.array([0, 41]),
        lr=np.array([0.1, 0.2]),
        clip_step=np.array([0, 30, 60]),
        clip_norm=np.array([1.0, 2.0, np.inf]),
    )
    assert (until(later, 40).rates, until(later, 40).clips) == ({0: 0.1}, {0: 1.0, 30: 2.0})
    nothing = with_evaluations(before, np.empty(0, np.int64), np.empty((0, 3)))
    assert nothing.held_out_step.tolist() == [0, 20, 40]
