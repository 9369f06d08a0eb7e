"""A point, trained and judged."""

from __future__ import annotations

import json
import math
import threading
from dataclasses import replace

import numpy as np
import pytest

from rnn_core import Comparison
from rnn_core.experiments.sweep import Outcome, Space, run_point, trial
from rnn_core.experiments.sweep.trial import CURVE_POINTS, Interrupted

SPACE = Space(axes={"hidden_size": [4]}, steps=60, seeds=3, objective="online_loss", engine="torch")
CONFIG = SPACE.config({"hidden_size": 4})


def test_a_point_is_the_comparison_of_one_contender_with_these_seeds() -> None:
    outcome = run_point(SPACE, CONFIG)
    comparison = Comparison([CONFIG], (0, 1, 2))
    steps = comparison.steps()
    for _ in range(60):
        next(steps)
    assert outcome.values == tuple(comparison.online[0].tolist())
    assert outcome.value == np.median(comparison.online[0])
    assert (outcome.steps, outcome.diverged, outcome.engine) == (60, 0, "torch")
    assert (outcome.hidden_size, outcome.parameters) == (4, comparison.parameter_counts[0])


def test_the_curve_goes_from_the_first_to_the_last_step_and_is_short() -> None:
    steps, median, low, high = run_point(SPACE, CONFIG).curve
    assert (steps[0], steps[-1]) == (0, 59)
    assert len(steps) <= CURVE_POINTS
    assert list(steps) == sorted(set(steps))
    assert all(a <= b <= c for a, b, c in zip(low, median, high, strict=True))


def test_the_loss_is_reported_at_every_tenth_of_the_steps_but_the_last() -> None:
    told: list[tuple[int, float]] = []
    run_point(SPACE, CONFIG, report=lambda step, value: told.append((step, value)))
    assert [step for step, _value in told] == [6, 12, 18, 24, 30, 36, 42, 48, 54]
    assert all(value > 0 for _step, value in told)


def test_a_wish_to_end_is_followed_before_the_end() -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Interrupted):
        run_point(SPACE, CONFIG, cancel=cancel)


def test_the_wish_is_looked_for_between_two_calls() -> None:
    space = replace(SPACE, steps=100_000)
    looks = 0

    class Soon:
        def is_set(self) -> bool:
            nonlocal looks
            looks += 1
            return looks == 4

    with pytest.raises(Interrupted):
        run_point(space, CONFIG, cancel=Soon())
    assert looks == 4


def test_threads_and_calls_do_not_show_in_what_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    space = replace(SPACE, engine="compiled", steps=333, threshold=0.1)
    config, found = space.config({"hidden_size": 4}), []
    for threads, first, seconds in ((1, 16, 0.1), (2, 1, 1e-9), (None, 500, 9.0)):
        monkeypatch.setattr(trial, "_FIRST_CHUNK", first)
        monkeypatch.setattr(trial, "_CHUNK_SECONDS", seconds)
        told: list[tuple[int, float]] = []
        outcome = run_point(
            space, config, threads=threads, report=lambda *given, told=told: told.append(given)
        )
        found.append((replace(outcome, seconds=0.0), told))
    assert found[0] == found[1] == found[2]
    assert [step for step, _loss in found[0][1]] == [33, 66, 99, 133, 166, 199, 233, 266, 299]


def test_networks_that_diverge_are_a_result() -> None:
    space = Space(
        axes={"lr": [10.0]}, settings={"optimizer": "sgd", "hidden_size": 4}, steps=2000, seeds=2
    )
    outcome = run_point(space, space.config({"lr": 10.0}))
    assert outcome.value == math.inf
    assert outcome.diverged == 2
    assert outcome.steps < 2000


def test_an_outcome_survives_json_with_its_infinities() -> None:
    outcome = Outcome(
        values=(0.5, math.inf),
        steps=3,
        diverged=1,
        parameters=7,
        hidden_size=4,
        curve=((0.0, 1.0), (0.5, math.nan)),
        seconds=1.5,
        engine="torch",
    )
    again = Outcome.from_dict(json.loads(json.dumps(outcome.to_dict(), allow_nan=False)))
    assert again.values == outcome.values
    assert math.isnan(again.curve[1][1])
    assert again.value == math.inf
