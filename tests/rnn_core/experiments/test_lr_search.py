from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from rnn_core import Comparison, LrChoice, LrSearch, RunConfig, Trainer, evaluate, lr_grid, rank
from rnn_core.experiments.lr_search import tuning_seeds
from tests.rnn_core.made_up import MadeUp

BASE = RunConfig(hidden_size=4)
GRID = (0.005, 0.05)


def search(**more: object) -> LrSearch:
    contenders = [BASE, replace(BASE, cell="gru")]
    settings = {"test_seeds": 2, "grid": GRID, "seeds": 3, "step_budget": 25, "windows": 10, **more}
    return LrSearch(contenders, **settings)  # type: ignore[arg-type]


def finished(lr_search: LrSearch) -> LrSearch:
    for _step in lr_search.steps():
        pass
    return lr_search


def held_out(contenders: Sequence[RunConfig], seeds: Sequence[int], steps: int) -> np.ndarray:
    comparison = Comparison(contenders, seeds, engine="compiled")
    for _step in islice(comparison.steps(), steps):
        pass
    return comparison.held_out(40).losses


def trained(config: RunConfig, steps: int) -> Trainer:
    trainer = Trainer(config)
    trainer.advance(steps)
    return trainer


def test_every_run_is_that_of_its_trainer_and_the_lowest_median_is_chosen() -> None:
    done = finished(search())
    assert done.seeds == (2, 3, 4)
    assert done.runs == 2 * 2 * 3
    for config, choice, tuned in zip(done.contenders, done.choices, done.tuned, strict=True):
        alone = [
            [
                evaluate(trained(replace(config, lr=lr, seed=seed), 25), 10).mean
                for seed in done.seeds
            ]
            for lr in GRID
        ]
        np.testing.assert_array_equal(choice.losses, alone)
        best = int(np.median(alone, axis=1).argmin())
        assert (choice.place, choice.lr) == (best, GRID[best])
        assert tuned == replace(config, lr=GRID[best])


def test_it_can_be_left_and_continued_and_ends_with_its_evaluations() -> None:
    whole, parts = finished(search(seeds=1)), search(seeds=1)
    first = list(islice(parts.steps(), 7))
    assert [(step.index, step.evaluated) for step in first] == [(k, 0) for k in range(7)]
    # Until the end, choices go by the online losses.
    np.testing.assert_array_equal(first[-1].recent, [choice.losses for choice in parts.choices])
    assert not parts.done
    rest = [(step.index, step.evaluated) for step in parts.steps()]
    assert rest == [(k, 0) for k in range(7, 25)] + [(24, n) for n in range(1, 5)]
    assert (parts.progress, parts.done) == (1, True)
    assert list(parts.steps()) == []
    for one, other in zip(whole.choices, parts.choices, strict=True):
        np.testing.assert_array_equal(one.losses, other.losses)


def test_a_shared_rate_gives_the_wrong_winner_and_tuning_the_right_one() -> None:
    # At 0.001 the GRU has learnt little after 100 steps; at a rate of its own it is ahead.
    contenders = [RunConfig(cell=cell, hidden_size=16, lr=0.001) for cell in ("rnn", "gru")]
    test_seeds, steps = range(12), 100
    (shared,) = rank(held_out(contenders, test_seeds, steps)).paired_tests
    assert (shared.leader, shared.is_significant) == (0, True)
    search = LrSearch(
        contenders, test_seeds, grid=lr_grid(0.01), step_budget=steps, engine="compiled"
    )
    tuned = finished(search).tuned
    assert 0.001 < tuned[0].lr < tuned[1].lr < 0.1
    (own,) = rank(held_out(tuned, test_seeds, steps)).paired_tests
    assert (own.leader, own.is_significant) == (1, True)


def test_most_runs_diverged_is_worse_than_any_loss() -> None:
    wild = replace(BASE, optimizer="sgd", momentum=0.99)
    done = finished(LrSearch([wild], 1, grid=(0.001, 10.0), seeds=2, step_budget=300))
    (choice,) = done.choices
    assert np.isinf(choice.medians[1])
    assert choice.lr == 0.001
    done = LrSearch([wild], 1, grid=(9.0, 10.0), seeds=2, step_budget=300)
    assert list(done.steps())[-1].index < 299
    assert done.progress == 1
    assert done.choices[0].lr == 9.0


@pytest.mark.parametrize(
    ("medians", "lr", "at_edge"),
    [
        ([3, 2, 1], 0.3, True),
        ([1, 2, 3], 0.1, True),
        ([3, 1, 1], 0.2, False),
        ([math.inf, 5, math.nan], 0.2, False),
    ],
)
def test_a_choice_at_the_edge_of_the_grid_is_known(
    medians: list[float], lr: float, at_edge: bool
) -> None:
    choice = LrChoice((0.1, 0.2, 0.3), np.array(medians)[:, None] * [1.0, 1.0, 1.0])
    assert (choice.lr, choice.at_edge) == (lr, at_edge)


def test_a_task_that_is_handed_over_is_read() -> None:
    task = MadeUp(input_size=3, output_size=2)
    done = LrSearch([task.config("rnn")], 1, grid=GRID, seeds=1, step_budget=20, task=task)
    assert next(done.steps()).recent.shape == (1, 2, 1)


@pytest.mark.parametrize(
    ("centre", "grid"),
    [
        (0.02, (0.002, 0.0063, 0.02, 0.063, 0.2)),
        (0.0123, (0.0012, 0.0039, 0.0123, 0.039, 0.12)),
        (10.0, (1.0, 3.2, 10.0)),
    ],
)
def test_a_grid_has_two_decades_around_its_centre(centre: float, grid: tuple[float, ...]) -> None:
    assert lr_grid(centre) == grid


@pytest.mark.parametrize(
    ("test_seeds", "seeds"),
    [
        (range(8), (8, 9, 10)),
        ((5, 2), (6, 7, 8)),
        ((2**31 - 2,), (2**31 - 1, 0, 1)),
        ((2**31 - 1, 0, 1), (2, 3, 4)),
    ],
)
def test_the_seeds_of_the_search_follow_the_tests(
    test_seeds: Sequence[int], seeds: tuple[int, ...]
) -> None:
    assert tuning_seeds(test_seeds, 3) == seeds
    assert not set(seeds) & set(test_seeds)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"seeds": (7, 1)}, "seeds must not be those of the test, got 1"),
        ({"grid": (0.1,)}, "grid must be at least two learning rates"),
        ({"grid": (0.1, 0.1)}, "each higher than the one before"),
        ({"grid": (0.0, 0.1)}, "each learning rate of the grid must be a positive number"),
        ({"step_budget": 19}, "step_budget must be a whole number from 20"),
        ({"seeds": 0}, "seeds must give at least one seed"),
    ],
)
def test_what_cannot_be_searched_is_refused(more: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        search(**more)
