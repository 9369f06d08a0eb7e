"""The runs that decide a lesson's question: those on screen, trained again bit for bit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rnn_core import RULES, Evaluation, Floor, RunConfig, Trainer, Verdict, evaluate, judge
from rnn_core.rules import IntRange

#: Changes a network before its first step, for example by fixing some of its weights.
Prepare = Callable[[Trainer], None]

# Steps that the online loss of a verdict averages.
_ONLINE = 200


@dataclass(frozen=True, eq=False)
class Trained:
    """A run at one step, and how it got there.

    Args:
        trainer: holds the step; read only.
        losses: of steps 0 to that one, float64.
    """

    trainer: Trainer
    losses: NDArray[np.float64]

    @cached_property
    def evaluation(self) -> Evaluation:
        """The held-out loss of the step's weights."""
        return evaluate(self.trainer)

    @property
    def held_out(self) -> float:
        """The mean of `evaluation`."""
        return self.evaluation.mean

    @cached_property
    def floors(self) -> dict[str, Floor]:
        """The task's floors by key."""
        return {floor.key: floor for floor in self.trainer.task.floors()}

    @property
    def verdict(self) -> Verdict:
        """What the held-out loss shows."""
        online = float(np.mean(self.losses[-_ONLINE:]))
        return judge(self.evaluation, tuple(self.floors.values()), online=online)


class Runs:
    """Trains the runs of a lesson.

    Args:
        seed: the reader's seed.
        engine: as in `Trainer`.
    """

    def __init__(self, seed: int, engine: str = "auto") -> None:
        self.seed = seed
        self.engine = engine

    def seeds(self, count: int) -> tuple[int, ...]:
        """The reader's seed and those that follow it."""
        rule = RULES["seed"]
        assert isinstance(rule, IntRange)
        size = rule.high - rule.low + 1
        return tuple(rule.low + (self.seed - rule.low + n) % size for n in range(count))

    def train(
        self,
        config: RunConfig,
        steps: int,
        *,
        prepare: Prepare | None = None,
        lr_later: tuple[int, float] | None = None,
        seed: int | None = None,
    ) -> Trained:
        """A run that holds step ``steps``, or the one at which it diverged.

        Args:
            config: the settings, but for the seed.
            steps: updates.
            prepare: called before the first step.
            lr_later: a step, not after ``steps``, and the learning rate of its update and of
                those that follow; None keeps that of the settings.
            seed: of the initial weights; None for the reader's.
        """
        own = replace(config, seed=self.seed if seed is None else seed)
        trainer = Trainer(own, engine=self.engine)
        if prepare is not None:
            prepare(trainer)
        losses = []
        if lr_later is not None:
            change, lr = lr_later
            losses.append(trainer.advance(change + 1).losses)
            trainer.lr = lr
        left = steps + 1 - sum(map(len, losses))
        if left:
            losses.append(trainer.advance(left).losses)
        return Trained(trainer, np.concatenate(losses))
