"""Which of several contenders is ahead, and whether the seeds can show it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: A difference that chance alone would make more seldom than this counts as shown.
SIGNIFICANCE = 0.05
_RESAMPLES = 2_000


@dataclass(frozen=True, slots=True)
class PairedTest:
    """The leader against one other, seed by seed.

    Args:
        leader: index of the contender with the lowest median.
        other: index of the other.
        wins: seeds on which the leader's loss is the lower one.
        seeds: how many there are.
        ratio: median over the seeds of the other's loss over the leader's; inf where the other
            has diverged on most.
        interval: 95 % bootstrap interval of that ratio; None where it cannot be had, for want of
            seeds or of finite losses.
        p_value: of the Wilcoxon signed-rank test, two-sided, of the logarithms' differences,
            times the number of duels still to be decided (Holm 1979), 1 at most.
    """

    leader: int
    other: int
    wins: int
    seeds: int
    ratio: float
    interval: tuple[float, float] | None
    p_value: float

    @property
    def is_shown(self) -> bool:
        """Whether chance is an unlikely reason."""
        return self.p_value < SIGNIFICANCE


@dataclass(frozen=True, slots=True)
class Ranking:
    """Contenders in order, and the first one's lead.

    Args:
        order: indices of the contenders by median loss, lowest first.
        paired_tests: the leader against every other, in that order.
        seeds_needed: with fewer, no outcome whatever would count as shown.
    """

    order: tuple[int, ...]
    paired_tests: tuple[PairedTest, ...]
    seeds_needed: int


def rank(losses: ArrayLike) -> Ranking:
    """Order contenders by the median of their losses and test the leader against each other one.

    The test is paired: all contenders have the same seeds and have read the same windows.

    Args:
        losses: shape ``(C, S)``; a diverged replica's is inf or nan, which is worse than any.

    Raises:
        ValueError: when there are not at least two contenders and one seed.

    Source: Wilcoxon 1945; Holm 1979; Efron and Tibshirani 1993 (percentile bootstrap).
    """
    values = np.asarray(losses, np.float64)
    if values.ndim != 2 or values.shape[0] < 2 or values.shape[1] < 1:
        raise ValueError(
            "losses must have shape (contenders, seeds) with at least two contenders and one "
            f"seed, got {values.shape}."
        )
    # A loss of exactly zero has no logarithm; the smallest number stands for it.
    values = np.where(np.isfinite(values), np.maximum(values, np.finfo(np.float64).tiny), math.inf)
    order = tuple(np.argsort(np.median(values, axis=1), kind="stable").tolist())
    leader, others = order[0], order[1:]
    p_values = _holm([_signed_rank(values[leader], values[other]) for other in others])
    paired_tests = tuple(
        _paired_test(values, leader, other, p) for other, p in zip(others, p_values, strict=True)
    )
    # The smallest p value that S seeds can give is 2 / 2^S.
    needed = math.ceil(math.log2(2 * len(others) / SIGNIFICANCE))
    return Ranking(order, paired_tests, needed)


def _paired_test(
    values: NDArray[np.float64], leader: int, other: int, p_value: float
) -> PairedTest:
    ours, theirs = values[leader], values[other]
    with np.errstate(invalid="ignore"):
        logs = np.log(theirs) - np.log(ours)  # nan where both have diverged
    middle = np.median(np.where(np.isnan(logs), 0.0, logs))
    return PairedTest(
        leader=leader,
        other=other,
        wins=int(np.sum(ours < theirs)),
        seeds=len(ours),
        ratio=float(np.exp(middle)),
        interval=_interval(logs),
        p_value=p_value,
    )


def _interval(logs: NDArray[np.float64]) -> tuple[float, float] | None:
    """95 % interval of the median ratio whose logarithms these are."""
    if len(logs) < 3 or not np.isfinite(logs).all():
        return None
    from scipy import stats

    # The same losses give the same interval: a verdict must not flicker.
    found = stats.bootstrap(
        (logs,), np.median, n_resamples=_RESAMPLES, method="percentile", rng=0
    ).confidence_interval
    return float(np.exp(found.low)), float(np.exp(found.high))


def _signed_rank(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> float:
    """p value of the Wilcoxon signed-rank test on the logarithms."""
    # SciPy takes half a second to import, which only a comparison should wait for.
    from scipy import stats

    with np.errstate(invalid="ignore"):
        logs = np.log(theirs) - np.log(ours)
    finite = np.abs(logs[np.isfinite(logs)])
    beyond = 2 * finite.max(initial=1.0)
    # Ranks are all that counts: a divergence is a difference larger than any other.
    logs = np.nan_to_num(logs, nan=0.0, posinf=beyond, neginf=-beyond)
    if not logs.any():
        return 1.0
    return float(stats.wilcoxon(logs).pvalue)


def _holm(p_values: list[float]) -> list[float]:
    """Each p value, raised by how many questions were asked at once."""
    adjusted = [1.0] * len(p_values)
    highest = 0.0
    for tried, place in enumerate(np.argsort(p_values)):
        highest = max(highest, (len(p_values) - tried) * p_values[place])
        adjusted[place] = min(1.0, highest)
    return adjusted
