"""Configurations trained on the same windows from the same seeds, and their losses."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from rnn_core.arguments import items, real
from rnn_core.config import RULES, RunConfig
from rnn_core.experiments.held_out import FrozenNetworks, HeldOut
from rnn_core.messages import N_, InvalidType, InvalidValue
from rnn_core.models import parameter_count
from rnn_core.rules import IntRange
from rnn_core.tasks import Task, task_for
from rnn_core.thinned import Thinned
from rnn_core.training.replicas import Replicas, ReplicaStep
from rnn_core.training.verdict import online_steps

#: Steps that a loss is averaged over before it is compared with a threshold, so that a single low
#: value does not count.
SMOOTHING = 20
# Points of a curve at most.
_MOST_POINTS = 400
# `equalise` looks for a common parameter count within this factor of the first contender's: farther
# away the networks would no longer be the kind that was asked for.
_WIDEST_SEARCH = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """The losses of all contenders, thinned.

    Args:
        steps: shape ``(K,)``, ascending; each stands for the steps since the one before it.
        median: over a contender's seeds, at that step, shape ``(C, K)``; nan where fewer than half
            of them are finite.
        low: 10th percentile over the seeds, the lowest of those steps, shape ``(C, K)``.
        high: 90th percentile, the highest of those steps, shape ``(C, K)``.
    """

    steps: NDArray[np.int64]
    median: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


_MOST_SEEDS = IntRange(-(2**31), 10_000)


class _Point(NamedTuple):
    """What is kept of one step, or of several in a row.

    Attributes:
        curves: median, 10th and 90th percentile over the seeds, shape ``(C, 3)``.
        best: lowest smoothed loss of each replica so far, shape ``(C, S)``.
    """

    curves: NDArray[np.float64]
    best: NDArray[np.float64]


class Comparison:
    """C contenders with S seeds each, advanced in lockstep.

    Every contender reads the same windows in the same order, and its n-th replica starts from the
    n-th seed, so the losses of a seed may be compared in pairs.

    Args:
        contenders: their settings. ``seed`` is not read; the settings of the data must be the same
            for all.
        seeds: the number of seeds, counted from 0, or the seeds themselves, each of them once.
        task: as in `Trainer`.
        dtype: as in `Trainer`.
        engine: as in `Trainer`.
        threads: as in `Replicas`.

    Raises:
        TypeError, ValueError: as `Replicas` does, and when ``seeds`` holds no seed, something that
            is not a seed, or a seed twice.

    Example:
        >>> comparison = Comparison([RunConfig(cell="rnn"), RunConfig(cell="gru")], seeds=3)
        >>> step = next(comparison.steps())
        >>> comparison.loss.shape
        (2, 3)
    """

    def __init__(
        self,
        contenders: Sequence[RunConfig],
        seeds: int | Sequence[int],
        *,
        task: Task | None = None,
        dtype: torch.dtype = torch.float32,
        engine: str = "torch",
        threads: int | None = None,
    ) -> None:
        self.contenders = checked_contenders(contenders)
        self.seeds = checked_seeds(seeds)
        self.replicas = Replicas(
            [replace(config, seed=seed) for config in self.contenders for seed in self.seeds],
            task=task,
            dtype=dtype,
            engine=engine,
            threads=threads,
        )
        self.task = self.replicas.task
        self._shape = len(self.contenders), len(self.seeds)
        self.loss: NDArray[np.float64] = np.full(self._shape, np.nan)
        # The last losses of each replica, the latest last, as many as are averaged.
        self._last = np.empty((0, *self._shape))
        self._online_steps = online_steps(self.task)
        self._best = np.full(self._shape, math.inf)
        self._count = 0
        self._points = Thinned(_MOST_POINTS, merge=_joined)

    def steps(self) -> Iterator[ReplicaStep]:
        """Train for as long as steps are asked for, as `Replicas.steps` does."""
        for step in self.replicas.steps():
            self._record(step.loss[:, None])
            yield step

    def advance(self, count: int) -> int:
        """Take ``count`` steps at once: bit for bit the next ``count`` of `steps`, and faster.

        Args:
            count: number of steps, at least 1.

        Returns:
            How many were taken: fewer than ``count`` when the last replica diverges.

        Raises:
            TypeError, ValueError: when ``count`` is not a whole number of at least 1.
        """
        losses = self.replicas.advance(count)
        if losses.size:
            self._record(losses)
        return int(losses.shape[1])

    def set_lr(self, contender: int, lr: float) -> None:
        """Give all replicas of a contender another learning rate, from their next update on.

        Args:
            contender: its place in `contenders`, from 0 to C - 1.
            lr: the learning rate.

        Raises:
            TypeError, ValueError: when there is no such contender, or a config would refuse the
                learning rate.
        """
        contender = IntRange(0, len(self.contenders) - 1).check("contender", contender, 0)
        for n in range(len(self.seeds)):
            self.replicas.set_lr(contender * len(self.seeds) + n, lr)

    def freeze(self, windows: int | None = None) -> FrozenNetworks:
        """Copy all weights and states of the present step, to evaluate them while training goes on.

        Args:
            windows: as in `evaluate`.
        """
        return FrozenNetworks(self.replicas, self.online, max(0, self._count - 1), windows)

    def held_out(self, windows: int | None = None) -> HeldOut:
        """The held-out loss of every network at the present step, as `evaluate` gives it.

        Nothing that follows changes.

        Args:
            windows: as in `evaluate`.
        """
        return self.freeze(windows).result()

    @property
    def parameter_counts(self) -> tuple[int, ...]:
        """Trainable numbers of each contender."""
        return tuple(
            parameter_count(config, self.task.input_size, self.task.output_size)
            for config in self.contenders
        )

    @property
    def alive(self) -> NDArray[np.bool_]:
        """Which replicas have not diverged, shape ``(C, S)``."""
        return self.replicas.alive.reshape(self._shape)

    @property
    def recent(self) -> NDArray[np.float64]:
        """Each replica's mean loss over the last `SMOOTHING` steps, or over fewer at the start.

        Shape ``(C, S)``; infinite where it has diverged.
        """
        return self._mean(SMOOTHING)

    @property
    def online_steps(self) -> int:
        """Steps that `online` averages: whole cycles of the signal, from 20 to 200 steps."""
        return self._online_steps

    @property
    def online(self) -> NDArray[np.float64]:
        """Each replica's mean loss over the last `online_steps` steps, or over fewer at the start.

        On a slow signal, unlike `recent`, it does not depend on the part of the cycle that was read
        last. Shape ``(C, S)``; infinite where it has diverged.
        """
        return self._mean(self.online_steps)

    def _mean(self, steps: int) -> NDArray[np.float64]:
        """Mean of the last losses; infinite where a replica has diverged."""
        if not self._count:
            return np.full(self._shape, np.nan)
        mean: NDArray[np.float64] = self._last[-steps:].mean(axis=0)
        return np.where(self.alive, mean, math.inf)

    @property
    def curves(self) -> Curves:
        """The losses so far, in at most a few hundred points."""
        points = [point.curves for point in self._points.items]
        steps = np.array(self._points.indices, np.int64)
        curves = np.array(points).reshape(len(points), len(self.contenders), 3)  # (K, C, 3)
        median, low, high = np.ascontiguousarray(curves.transpose(2, 1, 0))
        return Curves(steps, median, low, high)

    def steps_until(self, threshold: float) -> NDArray[np.float64]:
        """The first step at which each replica's mean loss of `SMOOTHING` steps was that low.

        Exact for the first few hundred steps, later to one in a few hundred.

        Args:
            threshold: the loss to come down to.

        Returns:
            Shape ``(C, S)``; nan for replicas that have not come down to it.
        """
        if not len(self._points):
            return np.full(self._shape, np.nan)
        reached = np.array([point.best for point in self._points.items]) <= threshold  # (K, C, S)
        first = np.array(self._points.indices)[reached.argmax(axis=0)]
        return np.where(reached.any(axis=0), first, np.nan)

    def _record(self, losses: NDArray[np.floating]) -> None:
        """Note the losses of some steps, at least one, shape ``(N, S)``."""
        new = losses.T.reshape(-1, *self._shape).astype(np.float64)  # (S, C, seeds)
        first, self._count = self._count, self._count + len(new)
        self.loss = new[-1]
        known = np.concatenate([self._last, new])
        best = self._best_after(known, len(new))
        self._best = best[-1]
        # A copy, that does not hold all that was known.
        self._last = known[-max(SMOOTHING, self.online_steps) :].copy()
        for index, point in enumerate(map(_Point, _percentiles(new), best), start=first):
            self._points.add(index, point)

    def _best_after(self, known: NDArray[np.float64], count: int) -> NDArray[np.float64]:
        """The lowest smoothed loss after each of the last ``count`` steps, shape ``(S, C, seeds)``.

        Args:
            known: their losses, and those of the steps before them, as many as there are.
        """
        found = np.full((count, *self._shape), math.inf)
        windows = min(count, len(known) - SMOOTHING + 1)
        if windows > 0:
            read = known[len(known) - windows - SMOOTHING + 1 :]
            # Summed step by step, so that the last bit does not depend on how many are at hand.
            total = read[:windows].copy()
            for later in range(1, SMOOTHING):
                total += read[later : later + windows]
            found[count - windows :] = total / SMOOTHING
        # A replica that has diverged has losses of inf or nan, which `fmin` passes over.
        found[0] = np.fmin(found[0], self._best)
        return np.fmin.accumulate(found, axis=0)


def checked_contenders(contenders: Sequence[RunConfig]) -> tuple[RunConfig, ...]:
    """The contenders as a tuple.

    Raises:
        TypeError: when one is not a RunConfig.
        ValueError: when there is none.
    """
    hint = "[RunConfig()]"
    contenders = items("contenders", contenders, "a sequence of RunConfigs", hint)
    for config in contenders:
        if not isinstance(config, RunConfig):
            raise InvalidType(
                N_("contenders must hold RunConfigs, got {value!r}. Try [RunConfig()]."),
                value=config,
            )
    if not contenders:
        raise InvalidValue(
            N_("contenders must hold at least one RunConfig, got none. Try [RunConfig()].")
        )
    return tuple(contenders)


def checked_seeds(seeds: int | Sequence[int]) -> tuple[int, ...]:
    """The seeds that a number of seeds, or a sequence of seeds, stands for.

    A repeated seed is refused: it gives the same run again, and the runs of a comparison must be
    independent for their number to mean anything.

    Args:
        seeds: the number of seeds, counted from 0, or the seeds themselves.

    Raises:
        TypeError: when this is neither, or a seed is not a whole number.
        ValueError: when there is no seed, a seed is out of range, or one occurs twice.
    """
    if isinstance(seeds, Integral) and not isinstance(seeds, bool):
        # As many as nobody waits for, before a range of them fills the memory.
        each: tuple[int, ...] = tuple(range(_MOST_SEEDS.check("number of seeds", seeds, 8)))
    elif isinstance(seeds, Sequence | np.ndarray) and not _is_single(seeds):
        rule = RULES["seed"]
        assert isinstance(rule, IntRange)
        each = tuple(rule.check("each of the seeds", seed, 0) for seed in seeds)
    else:
        raise InvalidType(
            N_("seeds must be a whole number or a sequence of them, got {value!r}. Try 8."),
            value=seeds,
        )
    if not each:
        raise InvalidValue(
            N_("seeds must give at least one seed, got {value!r}. Try 8."), value=seeds
        )
    if len(set(each)) < len(each):
        twice = next(seed for seed in each if each.count(seed) > 1)
        raise InvalidValue(
            N_("seeds must differ from one another, got {value} twice. Try range(8)."), value=twice
        )
    return each


def _is_single(seeds: object) -> bool:
    """Whether a sequence for Python is none of seeds: a text, or an array of no dimension."""
    return isinstance(seeds, str | bytes) or (isinstance(seeds, np.ndarray) and not seeds.ndim)


def _joined(earlier: _Point, later: _Point) -> _Point:
    """Two neighbours as one: the later step's median, and the range of both."""
    curves = later.curves.copy()
    np.fmin(earlier.curves[:, 1], later.curves[:, 1], out=curves[:, 1])
    np.fmax(earlier.curves[:, 2], later.curves[:, 2], out=curves[:, 2])
    return _Point(curves, later.best.copy())


def _percentiles(loss: NDArray[np.float64]) -> NDArray[np.float64]:
    """Median, 10th and 90th percentile over the seeds; nan where not finite.

    Interpolated linearly, like NumPy's default, at a fraction of its cost. A loss that is not
    finite counts as larger than any other.

    Args:
        loss: shape ``(S, C, seeds)``.

    Returns:
        Shape ``(S, C, 3)``.
    """
    ordered = np.sort(np.where(np.isfinite(loss), loss, math.inf), axis=-1)
    places = np.array([0.5, 0.1, 0.9]) * (loss.shape[-1] - 1)
    below = places.astype(np.intp)
    above = np.minimum(below + 1, loss.shape[-1] - 1)
    with np.errstate(invalid="ignore"):  # inf - inf where neighbours have both diverged
        low, high = ordered[..., below], ordered[..., above]
        values: NDArray[np.float64] = low + (places - below) * (high - low)
    return np.where(np.isfinite(values), values, np.nan)


def equalise(
    contenders: Sequence[RunConfig], tolerance: float = 0.02, *, task: Task | None = None
) -> tuple[RunConfig, ...]:
    """The contenders with hidden sizes that give them all about the same number of parameters.

    An LSTM has four times the weights of an RNN with as many units. The common number is the one
    nearest to the first contender's own at which the largest count is within ``tolerance`` of the
    smallest; where there is none, the one with the smallest gap.

    Args:
        contenders: at least one; all read the same task.
        tolerance: by how much the largest count may exceed the smallest, as a share of it.
        task: as in `Trainer`; its features and outputs count as parameters.

    Raises:
        TypeError: when a contender is not a RunConfig, or the tolerance not a number.
        ValueError: when there is no contender, the tolerance is negative, or contenders
            read different tasks.
    """
    contenders = checked_contenders(contenders)
    real("tolerance", tolerance, 0.02, 0.0)
    tasks = list(dict.fromkeys(config.task for config in contenders))
    if len(tasks) > 1:
        raise InvalidValue(
            N_(
                "contenders must read the same task, got {one!r} and {other!r}. "
                "Equalise those of each task separately."
            ),
            one=tasks[0],
            other=tasks[1],
        )
    task = task_for(contenders[0], task)
    rule = RULES["hidden_size"]
    assert isinstance(rule, IntRange)
    sizes = range(rule.low, rule.high + 1)
    counts = [
        np.array(
            [
                parameter_count(
                    replace(config, hidden_size=size), task.input_size, task.output_size
                )
                for size in sizes
            ]
        )
        for config in contenders
    ]
    wanted = counts[0][contenders[0].hidden_size - 1]
    targets = np.unique(np.concatenate(counts))
    targets = targets[(targets > wanted / _WIDEST_SEARCH) & (targets < wanted * _WIDEST_SEARCH)]
    nearest = [np.abs(count[:, None] - targets).argmin(axis=0) for count in counts]
    got = np.array([count[place] for count, place in zip(counts, nearest, strict=True)])
    gap = got.max(axis=0) / got.min(axis=0) - 1
    # By the gap, where it exceeds the tolerance; then by the distance from what was asked for.
    best = np.lexsort((np.abs(np.log(targets / wanted)), np.maximum(gap, tolerance)))[0]
    return tuple(
        replace(config, hidden_size=int(sizes[place[best]]))
        for config, place in zip(contenders, nearest, strict=True)
    )
