from __future__ import annotations

import math
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from statsmodels.stats.multitest import multipletests

from rnn_core import rank
from rnn_core.experiments.ranking import signed_ranks

OURS = np.array([0.010, 0.012, 0.009, 0.011, 0.013, 0.008, 0.010, 0.015])


def test_contenders_are_ordered_by_their_medians() -> None:
    ranking = rank([3 * OURS, OURS, 2 * OURS])
    assert ranking.order == (1, 2, 0)
    assert [(pair.leader, pair.other) for pair in ranking.paired_tests] == [(1, 2), (1, 0)]
    assert [pair.wins for pair in ranking.paired_tests] == [8, 8]
    assert [pair.ratio for pair in ranking.paired_tests] == pytest.approx([2, 3])


def test_of_one_pair_the_p_value_is_wilcoxons() -> None:
    theirs = OURS * np.array([1.5, 0.9, 2.0, 1.2, 1.4, 3.0, 0.95, 1.1])
    (pair,) = rank([OURS, theirs]).paired_tests
    expected = stats.wilcoxon(np.log(theirs) - np.log(OURS)).pvalue
    assert pair.p_value == pytest.approx(expected)
    assert pair.wins == 6


def test_every_seed_won_has_the_smallest_p_value_there_is() -> None:
    (pair,) = rank([OURS, OURS * np.linspace(1.1, 2, 8)]).paired_tests
    assert pair.p_value == pytest.approx(2 / 2**8)
    assert pair.is_significant


def test_all_pairs_are_corrected_after_holm() -> None:
    clear, unclear = OURS * np.linspace(1.5, 2, 8), OURS * np.array([1.2, 0.9] * 4)
    losses = [OURS, clear, unclear]
    pairs = {
        (one, other): stats.wilcoxon(np.log(losses[other]) - np.log(losses[one])).pvalue
        for one, other in ((0, 1), (0, 2), (1, 2))
    }
    expected = dict(zip(pairs, multipletests(list(pairs.values()), method="holm")[1], strict=True))
    found = {pair.other: pair.p_value for pair in rank(losses).paired_tests}
    assert found == pytest.approx({1: expected[0, 1], 2: expected[0, 2]})
    assert found[1] == pytest.approx(3 * pairs[0, 1])  # the smallest of three


@pytest.mark.parametrize(("contenders", "seeds"), [(2, 6), (3, 7), (4, 8), (5, 9), (6, 10)])
def test_with_fewer_seeds_nothing_could_be_shown(contenders: int, seeds: int) -> None:
    losses = np.outer(np.arange(1, contenders + 1), np.linspace(1, 1.3, 12))
    assert rank(losses).seeds_needed == seeds
    assert not any(pair.is_significant for pair in rank(losses[:, : seeds - 1]).paired_tests)
    assert all(pair.is_significant for pair in rank(losses[:, :seeds]).paired_tests)


def test_a_leader_by_its_median_that_loses_on_most_seeds_has_no_lead() -> None:
    # The other is lower on nine seeds of ten, but its median is higher.
    ours = np.array([1.0, 1.1, 1.2, 1.3, 1.4, 2.0, 2.1, 2.2, 2.3, 2.4])
    theirs = np.array([0.9, 1.0, 1.1, 1.2, 3.0, 1.9, 2.0, 2.05, 2.1, 2.15])
    ranking = rank([ours, theirs])
    assert ranking.order == (0, 1)
    (pair,) = ranking.paired_tests
    assert stats.wilcoxon(np.log(theirs) - np.log(ours)).pvalue < 0.2
    assert (pair.wins, pair.p_value, pair.is_significant) == (1, 1.0, False)


@pytest.mark.parametrize("levels", [2, 3, 8])
def test_with_ties_the_test_is_exact(levels: int) -> None:
    rng = np.random.default_rng(levels)
    for _sample in range(3):
        differences = rng.integers(-levels, levels + 1, size=9).astype(float)
        differences[0] = 1.0
        _favour, p_values = signed_ranks(differences[None])
        # All ways to choose the signs, as SciPy tries them where there are ties.
        assert p_values[0] == pytest.approx(stats.wilcoxon(differences, method="auto").pvalue)


def test_of_many_seeds_scipys_approximation_serves() -> None:
    differences = np.random.default_rng(0).normal(0.2, 1, size=(2, 60))
    differences[1, :5] = np.inf
    favour, p_values = signed_ranks(differences)
    assert p_values[0] == pytest.approx(stats.wilcoxon(differences[0], method="asymptotic").pvalue)
    assert 0 < p_values[1] < p_values[0]
    assert (favour > 0).all()


def test_a_divergence_is_worse_than_any_loss() -> None:
    theirs = OURS / 10
    theirs[:6] = [math.inf, math.nan, math.inf, math.inf, math.inf, math.inf]
    ranking = rank([theirs, OURS])
    assert ranking.order == (1, 0)
    (pair,) = ranking.paired_tests
    assert (pair.wins, pair.ratio, pair.interval) == (6, math.inf, None)
    both = rank([np.full(8, math.inf), np.full(8, math.nan)])
    assert both.paired_tests[0].p_value == 1


def test_equal_losses_show_nothing() -> None:
    (pair,) = rank([OURS, OURS]).paired_tests
    assert (pair.p_value, pair.ratio, pair.wins) == (1, 1, 0)
    zeros = rank([np.zeros(8), np.zeros(8)])
    assert zeros.paired_tests[0].ratio == 1


def test_one_seed_gives_an_order_and_nothing_more() -> None:
    ranking = rank([[2.0], [1.0]])
    assert ranking.order == (1, 0)
    assert ranking.paired_tests[0].interval is None
    assert not ranking.paired_tests[0].is_significant


def places(seeds: int, contenders: int) -> tuple[int, int]:
    """The two order statistics, from 0, that an interval lies between."""
    losses = np.ones((contenders, seeds))
    losses[1:] = np.exp(np.arange(seeds) / seeds + 0.1)
    interval = rank(losses).paired_tests[0].interval
    assert interval is not None
    low, high = (seeds * (np.log(interval) - 0.1)).round().astype(int)
    return int(low), int(high)


#: Logarithms of ratios with median 0: symmetric, skewed, and with tails so heavy that there is no
#: mean.
RATIOS = {
    "log-normal": lambda rng, shape: rng.normal(0, 1, shape),
    "skewed": lambda rng, shape: rng.exponential(1, shape) - math.log(2),
    "heavy tails": lambda rng, shape: rng.standard_cauchy(shape),
}
SAMPLES = 20_000
#: Three standard errors of a share of 95 % in so many samples.
TOLERANCE = 3 * math.sqrt(0.95 * 0.05 / SAMPLES)


@pytest.mark.parametrize("seeds", [6, 8, 12, 20])
@pytest.mark.parametrize("ratios", RATIOS)
def test_an_interval_covers_the_median_as_often_as_it_claims(ratios: str, seeds: int) -> None:
    logs = np.sort(RATIOS[ratios](np.random.default_rng(seeds), (SAMPLES, seeds)), axis=1)
    low, high = places(seeds, contenders=2)
    for each in logs[:3]:  # the places are those of any sample
        interval = rank([np.ones(seeds), np.exp(each)]).paired_tests[0].interval
        leads = np.median(each) >= 0
        expected = np.exp([each[low], each[high]] if leads else [-each[high], -each[low]])
        assert interval == pytest.approx(tuple(expected))
    coverage = np.mean((logs[:, low] <= 0) & (logs[:, high] >= 0))
    assert coverage >= 0.95 - TOLERANCE
    exact = 1 - 2 * stats.binom.cdf(low, seeds, 0.5)
    assert coverage == pytest.approx(exact, abs=TOLERANCE)
    # The next narrower interval would not do.
    assert 1 - 2 * stats.binom.cdf(low + 1, seeds, 0.5) < 0.95
    # SciPy has the same.
    found = stats.quantile_test(logs[0], q=0.0, p=0.5).confidence_interval(0.95)
    assert (found.low, found.high) == (logs[0, low], logs[0, high])


@pytest.mark.parametrize(("contenders", "seeds"), [(3, 8), (4, 12), (6, 10), (6, 20)])
def test_it_covers_as_often_though_the_leader_is_chosen_by_the_same_losses(
    contenders: int, seeds: int
) -> None:
    # All contenders are equally good, so the one that comes out lowest is so by chance.
    logs = np.random.default_rng(seeds).normal(0, 1, (SAMPLES // 2, contenders, seeds))
    leader = np.median(logs, axis=2).argmin(axis=1)
    ratios = np.sort(logs - logs[np.arange(len(logs)), leader, None], axis=2)
    low, high = places(seeds, contenders)
    covers = (ratios[..., low] <= 0) & (ratios[..., high] >= 0)
    assert covers.all(axis=1).mean() >= 0.95 - TOLERANCE  # together


@pytest.mark.parametrize(("contenders", "needed"), [(2, 6), (3, 7), (6, 10)])
def test_with_fewer_seeds_there_is_no_interval_but_the_range(contenders: int, needed: int) -> None:
    losses = np.outer(np.arange(1, contenders + 1), np.linspace(1, 1.3, needed))
    losses[1:] *= np.linspace(1, 1.5, needed)
    for pair in rank(losses).paired_tests:
        assert pair.interval is not None
    for seeds in range(1, needed):
        for pair in rank(losses[:, :seeds]).paired_tests:
            ratios = losses[pair.other, :seeds] / losses[0, :seeds]
            assert pair.interval is None
            assert pair.extremes == pytest.approx((ratios.min(), ratios.max()))


def test_a_divergence_makes_the_range_infinite() -> None:
    theirs = 2 * OURS
    theirs[3] = math.nan
    (pair,) = rank([OURS, theirs]).paired_tests
    assert (pair.interval, pair.extremes) == (None, (pytest.approx(2), math.inf))


@given(
    arrays(np.float64, (3, 9), elements=st.floats(1e-6, 10.0)),
    st.floats(0.01, 100.0),
)
@settings(max_examples=8, deadline=None)
def test_a_common_factor_changes_nothing(losses: np.ndarray, factor: float) -> None:
    one, other = rank(losses), rank(losses)
    assert one == other  # a verdict does not flicker
    for pair in one.paired_tests:
        assert 0 <= pair.p_value <= 1
        assert pair.interval is not None
        low, high = pair.interval
        assert low <= pair.ratio * (1 + 1e-9)
        assert pair.ratio <= high * (1 + 1e-9)
    # A power of two, so that no rounding makes or breaks a tie.
    scaled = rank(losses * 2.0 ** round(math.log2(factor)))
    assert scaled.order == one.order
    assert [pair.wins for pair in scaled.paired_tests] == [pair.wins for pair in one.paired_tests]


@pytest.mark.parametrize("losses", [[1.0, 2.0], [[1.0, 2.0]], np.zeros((2, 0))])
def test_what_cannot_be_ranked_is_refused(losses: object) -> None:
    with pytest.raises(ValueError, match="at least two contenders and one seed"):
        rank(losses)  # type: ignore[arg-type]


def test_without_scipy_ranking_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(ModuleNotFoundError, match=r"rank needs SciPy.*rnn-playground\[stats\]"):
        rank([[1.0, 2.0], [3.0, 4.0]])
