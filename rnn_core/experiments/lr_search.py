"""A learning rate for each contender, from one grid, on seeds that the test does not use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray

from rnn_core.arguments import items, whole
from rnn_core.config import RULES, RunConfig
from rnn_core.experiments.comparison import (
    SMOOTHING,
    Comparison,
    checked_contenders,
    checked_seeds,
)
from rnn_core.experiments.held_out import FrozenNetworks
from rnn_core.messages import N_, InvalidValue
from rnn_core.rules import FloatRange, IntRange
from rnn_core.tasks import Task

#: Steps of each run by default.
STEP_BUDGET = 1000
#: Seeds of each learning rate by default.
TUNING_SEEDS = 3
# Learning rates of a grid, and the distance between neighbours: four steps make two decades.
_GRID_SIZE, _GRID_RATIO = 5, 10**0.5
_STEPS = IntRange(SMOOTHING, 1_000_000)


@dataclass(frozen=True, slots=True, eq=False)
class LrStep:
    """One step of all runs, or once the budget is spent, the evaluation of one of them.

    Args:
        index: updates done so far; 0 is the untrained networks.
        recent: mean online loss over the last `SMOOTHING` steps of each run, or over fewer at the
            start, shape ``(C, G, S)``; inf where it has diverged.
        evaluated: how many networks have been evaluated.
    """

    index: int
    recent: NDArray[np.float64]
    evaluated: int


@dataclass(frozen=True, slots=True, eq=False)
class LrChoice:
    """The learning rate of one contender.

    Args:
        grid: the G learning rates that were tried, ascending.
        losses: held-out loss of each run, shape ``(G, S)``; inf where it has diverged.
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
    of its lowest median held-out loss, out of the same grid and with the same budget: G · S runs
    of ``step_budget`` steps. The seeds are not those of the test, so that the losses of the
    comparison that follows are not those by which a rate was chosen. The windows are the same.

    A budget much shorter than the comparison favours large learning rates.

    Args:
        contenders: C settings, as in `Comparison`; their ``lr`` is not read.
        test_seeds: the seeds of the comparison to come, as in `Comparison`.
        grid: G learning rates to try, at least two, ascending.
        seeds: the number S of seeds, which follow the test's, or the seeds themselves; none may be
            one of the test's.
        step_budget: steps of each run, from 20 to 1,000,000.
        windows: as in `evaluate`.
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
        windows: int | None = None,
        task: Task | None = None,
        dtype: torch.dtype = torch.float32,
        engine: str = "torch",
    ) -> None:
        self.contenders = checked_contenders(contenders)
        self.grid = _checked_grid(lr_grid() if grid is None else grid)
        self.seeds = _checked_seeds(seeds, checked_seeds(test_seeds))
        self.step_budget = _STEPS.check("step_budget", step_budget, STEP_BUDGET)
        if windows is not None:
            whole("windows", windows, 100, low=2, high=100_000)
        self._windows = windows
        self._comparison = Comparison(
            [replace(config, lr=lr) for config in self.contenders for lr in self.grid],
            self.seeds,
            task=task,
            dtype=dtype,
            engine=engine,
        )
        self._steps = self._comparison.steps()
        self._taken = 0
        self._frozen: FrozenNetworks | None = None

    @property
    def task(self) -> Task:
        """What the networks are trained on."""
        return self._comparison.task

    @property
    def engines(self) -> tuple[str, ...]:
        """What trains each network, ``"torch"`` or ``"compiled"``."""
        return self._comparison.replicas.engines

    @property
    def runs(self) -> int:
        """Number of networks trained: contenders times learning rates times seeds."""
        return len(self.contenders) * len(self.grid) * len(self.seeds)

    @property
    def done(self) -> bool:
        """Whether all networks have been trained and evaluated."""
        return self._frozen is not None and self._frozen.done

    @property
    def progress(self) -> float:
        """Share of the steps and evaluations that are done, from 0 to 1."""
        if self.done:
            return 1.0
        evaluated = 0 if self._frozen is None else self._frozen.evaluated
        return (self._taken + evaluated) / (self.step_budget + self.runs)

    def steps(self) -> Iterator[LrStep]:
        """Train all runs in lockstep, then evaluate them one by one.

        A loop that was left is continued by calling ``steps()`` again.

        Yields:
            ``step_budget`` steps, or fewer if every network diverges, and one more for each
            network.
        """
        while not self.done:
            if self._frozen is None and (
                self._taken == self.step_budget or next(self._steps, None) is None
            ):
                self._frozen = self._comparison.freeze(self._windows)
            if self._frozen is None:
                self._taken += 1
            else:
                self._frozen.evaluate_next()
            yield LrStep(
                index=max(0, self._taken - 1),
                recent=self._by_rate(self._comparison.recent),
                evaluated=0 if self._frozen is None else self._frozen.evaluated,
            )

    @property
    def choices(self) -> tuple[LrChoice, ...]:
        """The choice for each contender; before the end, by the online losses so far."""
        if self._frozen is not None and self._frozen.done:
            losses = self._frozen.result().losses
        else:
            losses = self._comparison.recent
        return tuple(LrChoice(self.grid, own) for own in self._by_rate(losses))

    def _by_rate(self, losses: NDArray[np.float64]) -> NDArray[np.float64]:
        return losses.reshape(len(self.contenders), len(self.grid), len(self.seeds))

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
    grid = items("grid", grid, "a sequence of learning rates", "(0.005, 0.02, 0.08)")
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
