"""Stated levels: the tables are printed, and what `rank` claims by chance stays at its level."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from benchmarks.stated_levels import CONTENDERS, NULLS, SEEDS, late_forecasts, verdicts
from rnn_core import rank
from rnn_core.experiments.ranking import SIGNIFICANCE, holm, signed_ranks
from tests.benchmarks.commands import run_quickly

SAMPLES = 1000


def most_by_chance(samples: int) -> int:
    """More claims than these come about once in ten thousand times at the stated level."""
    return int(stats.binom.ppf(1 - 1e-4, samples, SIGNIFICANCE))


def losses(null: str, contenders: int, seeds: int, samples: int = SAMPLES) -> np.ndarray:
    rng = np.random.default_rng([seeds, contenders])
    return np.asarray(NULLS[null](rng, (samples, contenders, seeds)))


@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize("contenders", CONTENDERS)
def test_many_comparisons_at_once_are_judged_as_one_is(null: str, contenders: int) -> None:
    drawn = losses(null, contenders, 11, samples=8)
    claims, covers = verdicts(drawn)
    for n, each in enumerate(drawn):
        tests = rank(each).paired_tests
        assert claims[n] == any(pair.is_significant for pair in tests)
        if covers is not None:
            assert covers[n] == all(
                pair.interval is not None and pair.interval[0] <= 1 <= pair.interval[1]
                for pair in tests
            )


@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize("contenders", CONTENDERS)
def test_where_none_is_better_a_lead_is_claimed_as_seldom_as_stated(
    contenders: int, seeds: int
) -> None:
    claims, covers = verdicts(losses("log-normal", contenders, seeds))
    assert claims.sum() <= most_by_chance(SAMPLES)
    if covers is not None:
        assert (~covers).sum() <= most_by_chance(SAMPLES)


@pytest.mark.parametrize("null", [null for null in NULLS if null != "log-normal"])
@pytest.mark.parametrize("contenders", [2, 6])
def test_whatever_the_distribution_of_the_losses(null: str, contenders: int) -> None:
    samples = 400
    claims, covers = verdicts(losses(null, contenders, 16, samples))
    assert claims.sum() <= most_by_chance(samples)
    if covers is not None:
        assert (~covers).sum() <= most_by_chance(samples)


def test_a_correction_for_the_leader_s_pairs_alone_would_be_noticed() -> None:
    drawn = np.log(losses("log-normal", 6, 32))
    leader = np.median(drawn, axis=2).argmin(axis=1)
    ratios = drawn - drawn[np.arange(SAMPLES), leader][:, None]
    _favour, p_values = signed_ranks(ratios.reshape(-1, 32))
    p_values = p_values.reshape(SAMPLES, 6)
    others = p_values[np.arange(6) != leader[:, None]].reshape(SAMPLES, 5)
    claims = (holm(others) < SIGNIFICANCE).any(axis=1)
    assert claims.sum() > most_by_chance(SAMPLES)


def test_forecasts_are_as_late_as_they_are_said_to_be() -> None:
    made, values, first, horizon = late_forecasts(np.random.default_rng(0), 4000, 2.0)
    rows = np.arange(first, first + len(made))
    agreement = [np.corrcoef(made, values[rows + horizon - late])[0, 1] for late in range(6)]
    assert np.argmax(agreement) == 2


def test_every_table_is_printed() -> None:
    lines = run_quickly("benchmarks.stated_levels").splitlines()
    for null in NULLS:
        rows = [line for line in lines if line.startswith(f"{null:14}")]
        assert [int(row[14:].split()[0]) for row in rows] == list(CONTENDERS)
    assert any(line.startswith("noisy_sine") for line in lines)
    assert lines[-1].split()[0] == "1000"
