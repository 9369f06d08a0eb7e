"""How much of what a sweep has found its settings explain, and how much chance does.

Shares of the variance of the logarithms of all networks' values, the analysis of variance of an
experiment with replicates. The importances of Optuna (fANOVA, PED-ANOVA) take one number a trial;
they cannot tell a setting from the seeds' chance, which is what several seeds are trained for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_core.experiments.sweep.axes import Axis, Span
from rnn_core.experiments.sweep.space import Space
from rnn_core.experiments.sweep.study import SweptPoint

# Logarithms have no zero.
_LEAST = 1e-12
# Groups into which values drawn from an interval are put, as many in each, and the fewest points
# from which shares are estimated.
_GROUPS, _FEWEST = 5, 12


@dataclass(frozen=True, slots=True, eq=False)
class Importance:
    """Shares of the variance of the networks' values, each from 0 to 1; together they are 1.

    Args:
        settings: of each setting that varies, by itself: how far the means at its values are apart.
        together: of what depends on several settings at once; if not ``exact``, also of what
            differs within a group of values.
        seeds: of the seeds of one point; None with one seed, whose chance is in ``together``.
        points: that were counted.
        exact: whether they are all points of a grid; otherwise the shares are estimates.
    """

    settings: Mapping[str, float]
    together: float
    seeds: float | None
    points: int
    exact: bool


def importance(space: Space, points: Sequence[SweptPoint]) -> Importance | None:
    """How much each setting, several together, and the seeds decide.

    Logarithms, since losses differ by factors; an infinite value counts as the highest finite one.
    From each share is taken what chance alone would give it (Kelley's ε²), so that a setting
    without any effect has a share near 0 however many values it has. On a whole grid that is the
    functional analysis of variance (Hooker, KDD 2004); elsewhere each setting's share is estimated
    from the points that there are, first-order Sobol indices of given data (Plischke, Borgonovo
    and Smith, European Journal of Operational Research 226, 2013), values of an interval in
    five groups. It holds for this space and these seeds, and for nothing beyond.

    Args:
        space: of the sweep.
        points: of the sweep; those without a result count for nothing.

    Returns:
        The shares; None for fewer than twelve points that are no whole grid, or if all values are
        equal or infinite.
    """
    done = [each for each in points if each.outcome is not None]
    exact = space.sampler == "grid" and len(done) == space.size
    if len(done) < (2 if exact else _FEWEST):
        return None
    values = _logarithms(done)
    if values is None:
        return None
    count, seeds = values.shape
    means = values.mean(axis=1)
    within = float(((values - means[:, None]) ** 2).sum())
    between = seeds * float(((means - means.mean()) ** 2).sum())
    total = within + between
    if total < 1e-20:
        return None
    chance = within / (count * (seeds - 1)) if seeds > 1 else 0.0
    shares = {}
    for name, axis in space.axes.items():
        groups = _groups(axis, [each.point[name] for each in done], space.sampler == "grid")
        apart, freedom = _between(means, groups)
        apart *= seeds
        rest = count - 1 - freedom
        # Of points drawn at random the other settings are chance, too.
        error = chance if exact else (between - apart) / rest if rest else np.inf
        shares[name] = max(0.0, apart - freedom * error) / total if freedom else 0.0
    explained = max(0.0, between - (count - 1) * chance) / total
    alone = sum(shares.values())
    if alone > explained and not exact:
        # Points chosen by results vary together: what two settings share counts once.
        shares = {name: share * explained / alone for name, share in shares.items()}
        alone = explained
    explained = max(alone, explained)
    return Importance(
        settings=shares,
        together=explained - alone,
        seeds=1 - explained if seeds > 1 else None,
        points=count,
        exact=exact,
    )


def _logarithms(points: Sequence[SweptPoint]) -> NDArray[np.float64] | None:
    """A row for each point, a column for each seed; None if no value is finite."""
    values = np.array([each.outcome.values for each in points if each.outcome is not None])
    finite = values[np.isfinite(values)]
    if not finite.size:
        return None
    found: NDArray[np.float64] = np.log10(
        np.clip(np.where(np.isfinite(values), values, finite.max()), _LEAST, None)
    )
    return found


def _groups(axis: Axis, values: Sequence[Any], grid: bool) -> NDArray[np.int64]:
    """The group of each value: one for each different value, or a fifth of an interval's values."""
    if isinstance(axis, Span) and not grid:
        order = np.argsort(np.argsort(np.asarray(values, float), kind="stable"), kind="stable")
        return order * _GROUPS // len(values)
    numbers: dict[Any, int] = {}
    return np.array([numbers.setdefault(value, len(numbers)) for value in values])


def _between(means: NDArray[np.float64], groups: NDArray[np.int64]) -> tuple[float, int]:
    """Sum of squares between groups, and its degrees of freedom."""
    middle = means.mean()
    each = [means[groups == group] for group in np.unique(groups)]
    return sum(len(some) * float(some.mean() - middle) ** 2 for some in each), len(each) - 1
