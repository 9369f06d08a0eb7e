"""The choice of the default seed: the rule, and that all seeds are in the ranking."""

from __future__ import annotations

import numpy as np

from benchmarks.first_seed import median_seed, ranked
from tests.benchmarks.commands import numbers, run_quickly


def test_the_lower_median_is_chosen() -> None:
    assert ranked([7, 8, 9], np.array([0.3, 0.1, 0.2])) == [8, 9, 7]
    assert median_seed([7, 8, 9], np.array([0.3, 0.1, 0.2])) == 9
    assert median_seed(range(4), np.array([0.4, 0.3, 0.2, 0.1])) == 2
    assert median_seed(range(100), np.arange(100.0)) == 49


def test_seeds_are_listed_from_the_lowest_loss_to_the_highest() -> None:
    _title, _head, *rows, last = run_quickly("benchmarks.first_seed").splitlines()
    ranks, seeds, losses, _single = zip(*map(numbers, rows), strict=True)
    assert ranks == (1, 2, 3, 4, 5)
    assert sorted(seeds) == [0, 1, 2, 3, 4]
    assert list(losses) == sorted(losses)
    assert last == f"median seed {seeds[2]:g}, RunConfig().seed 13"
