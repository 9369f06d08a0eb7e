"""A learning rate for each contender, from one grid, on seeds that the test does not use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray

from rnn_core.config import RULES, RunConfig
from rnn_core.experiments.comparison import (
    SMOOTHING,
    Comparison,
    checked_contenders,
    checked_seeds,
)
from rnn_core.messages import N_, InvalidValue
from rnn_core.rules import FloatRange, IntRange
from rnn_core.tasks import Task
from rnn_core.training.replicas import ReplicaStep

#: Steps of each run by default.
STEP_BUDGET = 1000
#: Seeds of each learning rate by default.
TUNING_SEEDS = 3
# Learning rates of a grid, and the distance between neighbours: four steps make two decades.
_GRID_SIZE, _GRID_RATIO = 5, 10**0.5
_STEPS = IntRange(SMOOTHING, 1_000_000)


@dataclass(frozen=True, slots=True, eq=False)
class LrChoice:
    """The learning rate of one contender.

    Args:
        grid: the G learning rates that were tried, ascending.
        losses: of each run, shape ``(G, S)``; inf where it has diverged.
    """

    grid: tuple[float, ...]
    losses: NDArray[np.float64]

    @property
    def medians(self) -> NDArray[np.float64]:
        """Median loss over the seeds at each learning rate, shape ``(G,)``."""
        medians: NDArray[np.float64] = np.median(self.losses, axis=1)
        return medians

    @property
    def place(self) -> int:
        """Place of the lowest median in `grid`: the first of equals, 0 if most runs diverged."""
        return int(np.argmin(np.nan_to_num(self.medians, nan=np.inf)))

    @property
    def lr(self) -> float:
        """The learning rate with the lowest median loss."""
        return self.grid[self.place]

    @property
    def at_edge(self) -> bool:
        """Whether it is the lowest or highest of the grid, so that one beyond may be better."""
        return self.place in (0, len(self.grid) - 1)


class LrSearch:
    """Trains each contender at each learning rate of a grid, all in lockstep.

    A learning rate that suits one cell can be too small or too large for another, and a comparison
    at one shared rate then shows which cell the rate suits. Here every contender is given the rate
    of its lowest median loss, out of the same grid and with the same budget: G · S runs of
    ``step_budget`` steps. The seeds are not those of the test, so that the losses of the
    comparison that follows are not those by which a rate was chosen.

    A budget much shorter than the comparison favours large learning rates.

    Args:
        contenders: C settings, as in `Comparison`; their ``lr`` is not read.
        test_seeds: the seeds of the comparison to come, as in `Comparison`.
        grid: G learning rates to try, at least two, ascending.
        seeds: the number S of seeds, which follow the test's, or the seeds themselves; none may be
            one of the test's.
        step_budget: steps of each run, from 20 to 1,000,000.
        task: as in `Trainer`.
        dtype: as in `Trainer`.
        engine: as in `Trainer`.

    Raises:
        TypeError, ValueError: as `Comparison` does, and when the grid is not ascending or holds
            what a config would refuse as its lr, or when a seed is one of the test's.

    Example:
        >>> contenders = [RunConfig(cell="rnn"), RunConfig(cell="gru")]
        >>> search = LrSearch(contenders, test_seeds=8, grid=(0.005, 0.02), step_budget=20)
        >>> for step in search.steps():
        ...     pass
        >>> comparison = Comparison(search.tuned, seeds=8)
    """

    def __init__(
        self,
        contenders: Sequence[RunConfig],
        test_seeds: int | Sequence[int],
        *,
        grid: Sequence[float] | None = None,
        seeds: int | Sequence[int] = TUNING_SEEDS,
        step_budget: int = STEP_BUDGET,
        task: Task | None = None,
        dtype: torch.dtype = torch.float32,
        engine: str = "torch",
    ) -> None:
        self.contenders = checked_contenders(contenders)
        self.grid = _checked_grid(lr_grid() if grid is None else grid)
        self.seeds = _checked_seeds(seeds, checked_seeds(test_seeds))
        self.step_budget = _STEPS.check("step_budget", step_budget, STEP_BUDGET)
        self._comparison = Comparison(
            [replace(config, lr=lr) for config in self.contenders for lr in self.grid],
            self.seeds,
            task=task,
            dtype=dtype,
            engine=engine,
        )
        self._steps = self._comparison.steps()
        self._taken = 0
        self._ended = False

    @property
    def runs(self) -> int:
        """Number of networks trained: contenders times learning rates times seeds."""
        return len(self.contenders) * len(self.grid) * len(self.seeds)

    @property
    def taken(self) -> int:
        """Steps taken so far."""
        return self._taken

    @property
    def done(self) -> bool:
        """Whether the budget is spent, or every network has diverged."""
        return self._ended or self._taken == self.step_budget

    def steps(self) -> Iterator[ReplicaStep]:
        """Train for as long as steps are asked for.

        A loop that was left is continued by calling ``steps()`` again.

        Yields:
            Steps of all runs, as `Replicas.steps` gives them, until `done`.
        """
        while not self.done:
            step = next(self._steps, None)
            if step is None:
                self._ended = True
                return
            self._taken += 1
            yield step

    @property
    def choices(self) -> tuple[LrChoice, ...]:
        """The choice for each contender, by the losses so far; final once `done`."""
        shape = len(self.contenders), len(self.grid), len(self.seeds)
        losses = self._comparison.recent.reshape(shape)
        return tuple(LrChoice(self.grid, own) for own in losses)

    @property
    def tuned(self) -> tuple[RunConfig, ...]:
        """The contenders, each with its own learning rate."""
        return tuple(
            replace(config, lr=choice.lr)
            for config, choice in zip(self.contenders, self.choices, strict=True)
        )


def lr_grid(centre: float = 0.02) -> tuple[float, ...]:
    """Five learning rates over two decades around one of them, to two digits.

    Args:
        centre: the middle one. Rates above the highest that a config allows are left out.

    Raises:
        TypeError, ValueError: when a config would refuse ``centre`` as its lr.

    Example:
        >>> lr_grid(0.02)
        (0.002, 0.0063, 0.02, 0.063, 0.2)
    """
    rule = RULES["lr"]
    assert isinstance(rule, FloatRange)
    centre = rule.check("centre", centre, 0.02)
    middle = _GRID_SIZE // 2
    rates = [
        centre if n == middle else float(f"{centre * _GRID_RATIO ** (n - middle):.2g}")
        for n in range(_GRID_SIZE)
    ]
    return tuple(rate for rate in rates if rule.low < rate <= rule.high)


def tuning_seeds(test_seeds: Sequence[int], count: int = TUNING_SEEDS) -> tuple[int, ...]:
    """The ``count`` seeds that follow those of a test; from 0 on where there are no more.

    Args:
        test_seeds: the seeds of the test.
        count: how many are wanted.
    """
    rule = RULES["seed"]
    assert isinstance(rule, IntRange)
    taken, last = set(test_seeds), max(test_seeds)
    found: list[int] = []
    for seed in (*range(last + 1, min(last + count, rule.high) + 1), *range(len(taken) + count)):
        if len(found) < count and seed not in taken:
            taken.add(seed)
            found.append(seed)
    return tuple(found)


def _checked_seeds(seeds: int | Sequence[int], test_seeds: tuple[int, ...]) -> tuple[int, ...]:
    own = checked_seeds(seeds)
    if not isinstance(seeds, Sequence | np.ndarray):
        return tuning_seeds(test_seeds, len(own))
    shared = sorted(set(own) & set(test_seeds))
    if shared:
        raise InvalidValue(
            N_(
                "seeds must not be those of the test, got {value}. Try a number of seeds: those "
                "that follow the test's are used."
            ),
            value=shared[0],
        )
    return own


def _checked_grid(grid: Sequence[float]) -> tuple[float, ...]:
    rule = RULES["lr"]
    assert isinstance(rule, FloatRange)
    rates = tuple(rule.check("each learning rate of the grid", rate, 0.02) for rate in grid)
    if len(rates) < 2 or any(low >= high for low, high in pairwise(rates)):
        raise InvalidValue(
            N_(
                "grid must be at least two learning rates, each higher than the one before, got "
                "{value!r}. Try (0.005, 0.02, 0.08)."
            ),
            value=rates,
        )
    return rates
