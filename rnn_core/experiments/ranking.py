"""Order contenders by their losses and test whether the leader's lead is significant."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import ModuleType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rnn_core.arguments import real_numbers
from rnn_core.messages import N_, InvalidValue

#: Significance level of the paired tests, after Holm's correction.
SIGNIFICANCE = 0.05


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
            logarithms, after Holm's correction for the number of contenders.
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

    An interval lies between two order statistics of the ratios. Its coverage is at least 95 %,
    whatever the distribution of the ratios, which need not be symmetric. The leader is chosen by
    the same losses, so each interval has the level 1 - 0.05 / (C - 1). With two contenders the
    fewest seeds that reach it are six. The percentile bootstrap of the median, with a nominal
    level of 95 %, covers 92 % at eight seeds and 75 % at three.

    Args:
        losses: shape ``(C, S)``, C contenders with S seeds. An inf or nan, the loss of a run that
            diverged, counts as larger than any other.

    Raises:
        TypeError: when the losses are not real numbers.
        ValueError: when there are fewer than two contenders, or no seeds.

    Source: Wilcoxon 1945; Holm 1979; Conover, "Practical Nonparametric Statistics" (1999), section
    3.2 (confidence interval of a quantile).
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
    p_values = _holm([_signed_rank(values[leader], values[other]) for other in others])
    paired_tests = tuple(
        _paired_test(values, leader, other, p) for other, p in zip(others, p_values, strict=True)
    )
    # The smallest p value with S seeds is 2 / 2^S, and Holm multiplies it by the number of tests.
    needed = math.ceil(math.log2(2 * len(others) / SIGNIFICANCE))
    return Ranking(order, paired_tests, needed)


def _paired_test(
    values: NDArray[np.float64], leader: int, other: int, p_value: float
) -> PairedTest:
    ours, theirs = values[leader], values[other]
    with np.errstate(invalid="ignore"):
        logs = np.log(theirs) - np.log(ours)  # nan where both have diverged
    ties = np.where(np.isnan(logs), 0.0, logs)
    return PairedTest(
        leader=leader,
        other=other,
        wins=int(np.sum(ours < theirs)),
        seeds=len(ours),
        ratio=float(np.exp(np.median(ties))),
        interval=_interval(logs, 1 - SIGNIFICANCE / (len(values) - 1)),
        extremes=(float(np.exp(ties.min())), float(np.exp(ties.max()))),
        p_value=p_value,
    )


def _interval(logs: NDArray[np.float64], level: float) -> tuple[float, float] | None:
    """Interval of the median ratio with at least this coverage, from the ratios' logarithms."""
    if not np.isfinite(logs).all():
        return None
    test = _scipy_stats().quantile_test(logs, q=0.0, p=0.5)
    found = test.confidence_interval(level)  # nan where no two of so few values reach the level
    return None if np.isnan(found.low) else (float(np.exp(found.low)), float(np.exp(found.high)))


def _signed_rank(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> float:
    """p value of the Wilcoxon signed-rank test on the logarithms."""
    stats = _scipy_stats()
    with np.errstate(invalid="ignore"):
        logs = np.log(theirs) - np.log(ours)
    finite = np.abs(logs[np.isfinite(logs)])
    beyond = 2 * finite.max(initial=1.0)
    # The test uses ranks alone: a divergence becomes the largest difference.
    logs = np.nan_to_num(logs, nan=0.0, posinf=beyond, neginf=-beyond)
    if not logs.any():
        return 1.0
    return float(stats.wilcoxon(logs).pvalue)


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


def _holm(p_values: list[float]) -> list[float]:
    """The p values after Holm's step-down correction for multiple tests."""
    adjusted = [1.0] * len(p_values)
    highest = 0.0
    for rejected, place in enumerate(np.argsort(p_values)):
        highest = max(highest, (len(p_values) - rejected) * p_values[place])
        adjusted[place] = min(1.0, highest)
    return adjusted
