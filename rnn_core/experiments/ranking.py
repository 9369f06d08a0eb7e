"""Order contenders by their losses and test whether the leader's lead is significant."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from types import ModuleType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rnn_core.arguments import real_numbers
from rnn_core.messages import N_, InvalidValue

#: Significance level of the paired tests, after Holm's correction.
SIGNIFICANCE = 0.05
# Up to so many differences the test is exact; SciPy's normal approximation serves for more.
_MOST_EXACT = 50


@dataclass(frozen=True, slots=True)
class PairedTest:
    """The leader against one other contender, paired by seed.

    Args:
        leader: index of the contender with the lowest median loss.
        other: index of the other contender.
        wins: number of seeds on which the leader's loss is lower.
        seeds: number of seeds.
        ratio: median over the seeds of the other's loss divided by the leader's; inf when the
            other has diverged on most seeds.
        interval: 95 % confidence interval of the median ratio; see `rank`. None when the seeds are
            too few for that coverage, or when a loss is not finite.
        extremes: lowest and highest ratio over the seeds; 1 where both have diverged.
        p_value: two-sided p value of the Wilcoxon signed-rank test on the differences of the
            logarithms, after Holm's correction for all pairs of contenders. 1 where the signed
            ranks do not favour the leader, whatever its median.
    """

    leader: int
    other: int
    wins: int
    seeds: int
    ratio: float
    interval: tuple[float, float] | None
    extremes: tuple[float, float]
    p_value: float

    @property
    def is_significant(self) -> bool:
        """Whether the p value is below `SIGNIFICANCE`."""
        return self.p_value < SIGNIFICANCE


@dataclass(frozen=True, slots=True)
class Ranking:
    """Contenders in order, and tests of the leader's lead.

    Args:
        order: indices of the contenders by median loss, lowest first.
        paired_tests: the leader against each other contender, in that order.
        seeds_needed: the smallest number of seeds with which a paired test can be significant, and
            with which there are intervals.
    """

    order: tuple[int, ...]
    paired_tests: tuple[PairedTest, ...]
    seeds_needed: int


def rank(losses: ArrayLike) -> Ranking:
    """Order contenders by median loss, and test the leader against each other contender.

    The tests are paired: column s holds the losses of runs that started from the same seed and
    read the same windows. The p values hold only if all columns come from distinct seeds. Copies
    of one run would count as independent evidence; `Comparison` refuses repeated seeds.

    The leader is chosen by the same losses, so that any pair may be the one that is looked at.
    Holm's correction therefore counts all C (C - 1) / 2 pairs: where no contender is better than
    another, some lead is called significant in at most 5 % of comparisons. With a correction for
    the C - 1 pairs of the leader it would be up to 9 % of six contenders. The test is exact, with
    ties and divergences too, if no contender is better in the sense that their losses could be
    exchanged on any seed. That is more than equal medians: among contenders with equal medians, but
    losses that are skewed in different ways, it finds a lead in up to 15 % of comparisons with 32
    seeds (``python -m benchmarks.stated_levels``).

    An interval lies between two order statistics of the ratios. It covers their median whatever
    the distribution of the ratios, which need not be symmetric. All intervals of a ranking cover
    together in at least 95 % of comparisons, since each has the level 1 - 0.05 / (C (C - 1) / 2).
    The fewest seeds that reach it are six of two contenders and ten of six. The percentile
    bootstrap of the median, with a nominal level of 95 %, covers 92 % at eight seeds and 75 % at
    three.

    Args:
        losses: shape ``(C, S)``, C contenders with S seeds. An inf or nan, the loss of a run that
            diverged, counts as larger than any other.

    Raises:
        TypeError: when the losses are not real numbers.
        ValueError: when there are fewer than two contenders, or no seeds.

    Source: Wilcoxon 1945; Holm 1979; all pairs of learners over the same data: García and Herrera,
    "An extension on statistical comparisons of classifiers over multiple data sets for all
    pairwise comparisons", JMLR 9 (2008); Conover, "Practical Nonparametric Statistics" (1999),
    section 3.2 (confidence interval of a quantile).
    """
    values = real_numbers("losses", losses, "the losses of a Comparison")
    if values.ndim != 2 or values.shape[0] < 2 or values.shape[1] < 1:
        raise InvalidValue(
            N_(
                "losses must have shape (contenders, seeds) with at least two contenders and one "
                "seed, got {shape}. Try the losses of a Comparison."
            ),
            shape=values.shape,
        )
    # A loss of zero has no logarithm: the smallest normal number replaces it.
    values = np.where(np.isfinite(values), np.maximum(values, np.finfo(np.float64).tiny), math.inf)
    order = tuple(np.argsort(np.median(values, axis=1), kind="stable").tolist())
    leader, others = order[0], order[1:]
    pairs = list(combinations(range(len(values)), 2))
    favour, p_values = signed_ranks(_log_ratios(values, pairs))
    adjusted = holm(p_values)
    paired_tests = []
    for other in others:
        place = pairs.index((min(leader, other), max(leader, other)))
        leads = favour[place] > 0 if leader < other else favour[place] < 0
        p = float(adjusted[place]) if leads else 1.0
        paired_tests.append(_paired_test(values, leader, other, p))
    # The smallest p value with S seeds is 2 / 2^S, and Holm multiplies it by the number of pairs.
    needed = math.ceil(math.log2(2 * len(pairs) / SIGNIFICANCE))
    return Ranking(order, tuple(paired_tests), needed)


def _paired_test(
    values: NDArray[np.float64], leader: int, other: int, p_value: float
) -> PairedTest:
    ours, theirs = values[leader], values[other]
    (logs,) = _log_ratios(values, [(leader, other)])
    ties = np.where(np.isnan(logs), 0.0, logs)
    return PairedTest(
        leader=leader,
        other=other,
        wins=int(np.sum(ours < theirs)),
        seeds=len(ours),
        ratio=float(np.exp(np.median(ties))),
        interval=_interval(logs, len(values)),
        extremes=(float(np.exp(ties.min())), float(np.exp(ties.max()))),
        p_value=p_value,
    )


def _log_ratios(values: NDArray[np.float64], pairs: list[tuple[int, int]]) -> NDArray[np.float64]:
    """Logarithm of the second's loss by the first's, shape ``(pairs, S)``.

    Infinite where one of them has diverged, nan where both have.
    """
    logs = np.log(values)
    first, second = np.array(pairs).T
    with np.errstate(invalid="ignore"):
        found: NDArray[np.float64] = logs[second] - logs[first]
    return found


def _interval(logs: NDArray[np.float64], contenders: int) -> tuple[float, float] | None:
    """Interval of the median ratio, from the ratios' logarithms; None where there is none."""
    place = interval_place(len(logs), contenders)
    if place is None or not np.isfinite(logs).all():
        return None
    ordered = np.sort(logs)
    return float(np.exp(ordered[place])), float(np.exp(ordered[-1 - place]))


@lru_cache(maxsize=256)
def interval_place(seeds: int, contenders: int) -> int | None:
    """Where the interval of a median begins among the ordered ratios, and from their end, ends.

    Args:
        seeds: number of ratios.
        contenders: of the ranking, which has an interval for any pair.

    Returns:
        A place from 0; None where even the lowest and the highest ratio cover too seldom.
    """
    missed = SIGNIFICANCE / math.comb(contenders, 2) / 2  # on either side, at most
    binomial = _scipy_stats().binom(seeds, 0.5)
    # The lower end lies above the median when at most `place` of the ratios are below it.
    places = int(np.sum(binomial.cdf(np.arange(seeds // 2 + 1)) <= missed))
    return places - 1 if places else None


def signed_ranks(
    logs: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wilcoxon's signed-rank test of samples of differences; those of 0 are left out.

    Exact up to 50 differences, with ties too: the p value is the share of all ways to choose the
    signs that have a rank sum as far from the middle. SciPy's is exact without ties alone.

    Args:
        logs: N samples, shape ``(N, S)``. An infinite difference counts as larger than any finite
            one, a nan as 0.

    Returns:
        How far the rank sum of positive differences exceeds that of negative ones, and the
        two-sided p values, each of shape ``(N,)``.
    """
    stats = _scipy_stats()
    differences = np.where(np.isnan(logs), 0.0, logs)
    sizes = np.abs(differences)
    counted = sizes > 0
    # Ranks of those that are counted: the zeros, which rank lowest, are taken off. Twice the
    # ranks, which are whole numbers with ties too.
    zeros = np.sum(~counted, axis=1, keepdims=True)
    ranks = np.where(counted, 2 * (stats.rankdata(sizes, axis=1) - zeros), 0).astype(np.int64)
    favour = np.sum(np.sign(differences) * ranks, axis=1)
    above = np.sum(np.where(differences > 0, ranks, 0), axis=1)
    below = np.sum(ranks, axis=1) - above
    exact = counted.sum(axis=1) <= _MOST_EXACT
    ordered = np.sort(ranks, axis=1)
    p_values = np.empty(len(logs))
    for n in range(len(logs)):
        if exact[n]:
            p_values[n] = _rank_sum_shares(ordered[n].tobytes())[min(above[n], below[n])]
        else:
            finite = sizes[n][np.isfinite(sizes[n])]
            far = 2 * finite.max(initial=1.0)
            limited = np.clip(differences[n], -far, far)
            p_values[n] = stats.wilcoxon(limited, method="asymptotic").pvalue
    return favour / 2, p_values


@lru_cache(maxsize=64)
def _rank_sum_shares(ranks: bytes) -> NDArray[np.float64]:
    """Share of all signs with a rank sum at most this, or at least as far on the other side.

    Args:
        ranks: ascending 64-bit integers; zeros among them change nothing.
    """
    counted = [each for each in np.frombuffer(ranks, np.int64).tolist() if each]
    shares = np.zeros(sum(counted) + 1)
    shares[0] = 1.0
    reached = 0
    for each in counted:
        shares[: reached + 1] /= 2
        shares[each : reached + each + 1] += shares[: reached + 1].copy()
        reached += each
    return np.asarray(np.minimum(1.0, 2 * np.cumsum(shares)))


def _scipy_stats() -> ModuleType:
    """SciPy's tests, imported when first used: it takes half a second, and it is optional."""
    try:
        from scipy import stats
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "rank needs SciPy, which is not installed. Install it, or rnn-playground[stats]."
        ) from error
    module: ModuleType = stats
    return module


def holm(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The p values after Holm's step-down correction for multiple tests.

    Args:
        p_values: of one family along the last axis.
    """
    count = p_values.shape[-1]
    order = np.argsort(p_values, axis=-1)
    ordered = np.take_along_axis(p_values, order, axis=-1) * np.arange(count, 0, -1)
    adjusted = np.empty_like(p_values)
    stepped = np.minimum(1.0, np.maximum.accumulate(ordered, axis=-1))
    np.put_along_axis(adjusted, order, stepped, axis=-1)
    return adjusted
