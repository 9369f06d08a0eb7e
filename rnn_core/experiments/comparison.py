"""Contenders trained on the same windows from the same seeds, and what can be said of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from rnn_core.config import RULES, RunConfig
from rnn_core.models import parameter_count
from rnn_core.rules import IntRange
from rnn_core.tasks import build_task
from rnn_core.training.replicas import Replicas, ReplicaStep

#: Losses are averaged over so many steps before a threshold is held to them: one may be lucky.
SMOOTHING = 20
# Points of a curve at most; a longer run keeps every second one, again and again.
_MOST_POINTS = 400
# A wider search for equal sizes would compare networks of another kind than those asked for.
_WIDEST_SEARCH = 4.0


@dataclass(frozen=True, slots=True)
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


class Comparison:
    """C contenders with S seeds each, advanced in lockstep.

    Every contender meets the same windows in the same order, and its n-th replica starts from the
    n-th seed, so that losses of one seed may be compared pair by pair.

    Args:
        contenders: their settings; ``seed`` is not read, and all must have the same data.
        seeds: how many seeds, counted from 0, or which.
        dtype: as in `Trainer`.
        engine: as in `Trainer`.

    Raises:
        TypeError, ValueError: as `Replicas` does, and when there is no seed.

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
        dtype: torch.dtype = torch.float32,
        engine: str = "torch",
    ) -> None:
        self.contenders = tuple(contenders)
        self.seeds = tuple(range(seeds)) if isinstance(seeds, int) else tuple(seeds)
        if not self.seeds:
            raise ValueError(f"seeds must give at least one seed, got {seeds!r}. Try 8.")
        self.replicas = Replicas(
            [replace(config, seed=seed) for config in self.contenders for seed in self.seeds],
            dtype=dtype,
            engine=engine,
        )
        self.task = self.replicas.task
        self._shape = len(self.contenders), len(self.seeds)
        self.loss: NDArray[np.float64] = np.full(self._shape, np.nan)
        # The last losses of each replica, in a ring, and their sum over the ring.
        self._ring = np.full((SMOOTHING, *self._shape), np.nan)
        self._best = np.full(self._shape, math.inf)
        self._count = 0
        self._stride = 1
        self._length = 0
        self._steps = np.empty(_MOST_POINTS, np.int64)
        self._curves = np.empty((3, len(self.contenders), _MOST_POINTS))  # median, low, high
        self._bests = np.empty((*self._shape, _MOST_POINTS))

    def steps(self) -> Iterator[ReplicaStep]:
        """Train for as long as steps are asked for, as `Replicas.steps` does."""
        for step in self.replicas.steps():
            self._record(step)
            yield step

    def set_lr(self, contender: int, lr: float) -> None:
        """Give all replicas of a contender another learning rate for the updates to come."""
        for n in range(len(self.seeds)):
            self.replicas.set_lr(contender * len(self.seeds) + n, lr)

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
        """Each replica's mean loss over the last `SMOOTHING` steps, or as many as there were.

        Shape ``(C, S)``; infinite where it has diverged.
        """
        ring = self._ring[: min(self._count, SMOOTHING)]
        mean: NDArray[np.float64] = ring.mean(axis=0) if len(ring) else np.full(self._shape, np.nan)
        return np.where(self.alive, mean, math.inf) if self._count else mean

    @property
    def curves(self) -> Curves:
        """What has become of the losses so far."""
        n = self._length
        median, low, high = self._curves[:, :, :n].copy()
        return Curves(self._steps[:n].copy(), median, low, high)

    def steps_until(self, threshold: float) -> NDArray[np.float64]:
        """The first step at which each replica's mean loss of `SMOOTHING` steps was that low.

        Exact for the first few hundred steps, later to one in a few hundred.

        Args:
            threshold: the loss to come down to.

        Returns:
            Shape ``(C, S)``; nan for those that have not come so far.
        """
        reached = self._bests[:, :, : self._length] <= threshold  # (C, S, K)
        if not self._length:
            return np.full(self._shape, np.nan)
        first = self._steps[reached.argmax(axis=2)]
        return np.where(reached.any(axis=2), first, np.nan)

    def _record(self, step: ReplicaStep) -> None:
        self.loss = step.loss.reshape(self._shape).astype(np.float64)
        self._ring[self._count % SMOOTHING] = self.loss
        self._count += 1
        if self._count >= SMOOTHING:
            # A diverged replica's ring holds inf or nan, which is no minimum.
            np.fmin(self._best, self._ring.mean(axis=0), out=self._best)
        median, low, high = _percentiles(self.loss)
        if self._length and self._steps[self._length - 1] // self._stride == (
            step.index // self._stride
        ):
            n = self._length - 1
            low = np.fmin(low, self._curves[1, :, n])
            high = np.fmax(high, self._curves[2, :, n])
        else:
            if self._length == _MOST_POINTS:
                self._thin_out()
            n = self._length
            self._length += 1
        self._steps[n] = step.index
        self._curves[:, :, n] = median, low, high
        self._bests[:, :, n] = self._best

    def _thin_out(self) -> None:
        """Neighbours become one: the later step's median, and the range of both."""
        half = _MOST_POINTS // 2
        curves = self._curves
        self._steps[:half] = self._steps[1::2]
        self._bests[:, :, :half] = self._bests[:, :, 1::2]
        curves[0, :, :half] = curves[0, :, 1::2]
        curves[1, :, :half] = np.fmin(curves[1, :, 0::2], curves[1, :, 1::2])
        curves[2, :, :half] = np.fmax(curves[2, :, 0::2], curves[2, :, 1::2])
        self._stride *= 2
        self._length = half


def _percentiles(loss: NDArray[np.float64]) -> NDArray[np.float64]:
    """Median, 10th and 90th percentile over the seeds, shape ``(3, C)``; of finite numbers only.

    Interpolated linearly, like NumPy's default, at a fraction of its cost. A replica without a
    finite loss counts as worse than any other.
    """
    ordered = np.sort(np.where(np.isfinite(loss), loss, math.inf), axis=1)  # (C, S)
    places = np.array([0.5, 0.1, 0.9]) * (loss.shape[1] - 1)
    below = places.astype(np.intp)
    above = np.minimum(below + 1, loss.shape[1] - 1)
    with np.errstate(invalid="ignore"):  # inf - inf where neighbours have both diverged
        values = ordered[:, below] + (places - below) * (ordered[:, above] - ordered[:, below])
    return np.where(np.isfinite(values), values, np.nan).T


def equalise(contenders: Sequence[RunConfig], tolerance: float = 0.02) -> tuple[RunConfig, ...]:
    """The contenders with hidden sizes that give them all about the same number of parameters.

    An LSTM has four times the weights of an RNN with as many units. The common number is the one
    nearest to the first contender's own at which the largest count is within ``tolerance`` of the
    smallest; where there is none, the one with the smallest gap.

    Args:
        contenders: at least one; all read the same task.
        tolerance: the largest count may be so much larger than the smallest, as a share of it.

    Raises:
        ValueError: when there is no contender.
    """
    if not contenders:
        raise ValueError("contenders must hold at least one RunConfig, got none.")
    task = build_task(contenders[0])
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
    # First of all the gap, as far as it matters; then how far from what was asked for.
    best = np.lexsort((np.abs(np.log(targets / wanted)), np.maximum(gap, tolerance)))[0]
    return tuple(
        replace(config, hidden_size=int(sizes[place[best]]))
        for config, place in zip(contenders, nearest, strict=True)
    )
