"""Early stopping: end a run once the validation loss no longer falls."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass

from rnn_core.arguments import number, require
from rnn_core.rules import FloatRange, IntRange

#: Steps from one evaluation for early stopping to the next, by default. Evaluations at fixed steps
#: make a run stop at the same step on a slow machine and on a fast one.
EVALUATE_EVERY = 20
#: How many evaluations in a row may pass without an improvement.
PATIENCE = IntRange(1, 10_000)
_STEP = IntRange(-1, 10**12)
_CUT = IntRange(-(10**12), 10**12)
_MIN_DELTA = FloatRange(0.0, math.inf)


@dataclass(frozen=True, slots=True)
class StoppingMemory:
    """Where early stopping stands, for a run that goes on later.

    Args:
        patience: as in `EarlyStopping`.
        best_step: the step of the last improvement; None before the first.
        best_loss: its loss; infinite before the first.
        waited: evaluations in a row without an improvement.
        last_step: the step of the last evaluation; -1 before the first.

    Raises:
        TypeError, ValueError: when a number is outside its limits, or they do not fit each other.
    """

    patience: int
    best_step: int | None
    best_loss: float
    waited: int
    last_step: int

    def __post_init__(self) -> None:
        PATIENCE.check("patience", self.patience, 20)
        _STEP.check("last_step", self.last_step, 0)
        _STEP.check("waited", self.waited, 0)
        if self.best_step is None:
            fits = self.best_loss == math.inf and (self.waited > 0) <= (self.last_step >= 0)
        else:
            _STEP.check("best_step", self.best_step, 0)
            fits = 0 <= self.best_step <= self.last_step and math.isfinite(self.best_loss)
        if not fits or self.waited < 0:
            raise ValueError("best_step, best_loss, waited and last_step do not fit each other.")


class EarlyStopping:
    """Watches the losses of evaluations, and says when to stop.

    An evaluation is an improvement when its loss is lower than the best before it by more than
    ``min_delta``. ``patience`` evaluations in a row without one: `stopped` is True. The first
    evaluation is an improvement if its loss is finite; a loss that is not finite never is one. Who
    asks restores the weights of `best_step`.

    Args:
        patience: evaluations in a row without an improvement, from 1 to 10,000; may be changed.
        min_delta: what an improvement must exceed, at least 0, in the unit of the loss.

    Raises:
        TypeError, ValueError: when a number is outside its limits.

    Source: as the callback ``EarlyStopping`` of Keras and of Lightning; Prechelt, "Early stopping -
    but when?", Neural Networks: Tricks of the Trade (1998).

    Example:
        >>> stopping = EarlyStopping(patience=2)
        >>> for step, loss in [(0, 0.9), (20, 0.5), (40, 0.6), (60, 0.5)]:
        ...     improved = stopping.update(step, loss)
        >>> stopping.stopped, stopping.best_step, stopping.best_loss
        (True, 20, 0.5)
    """

    def __init__(self, patience: int, min_delta: float = 0.0) -> None:
        self.patience = patience
        self._min_delta = _MIN_DELTA.check("min_delta", min_delta, 0.0)
        self._steps, self._losses = array("q"), array("d")
        # What was known before the first of these evaluations.
        self._known = StoppingMemory(self.patience, None, math.inf, 0, -1)
        self._best_step, self._best_loss, self._waited = _standing(self._known)
        # Evaluations up to this step count for nothing any more: they were waited for.
        self._since = -1

    @classmethod
    def resumed(
        cls, memory: StoppingMemory, patience: int | None = None, min_delta: float = 0.0
    ) -> EarlyStopping:
        """Go on as if there had been no interruption.

        Args:
            memory: where the run stood.
            patience: None for that of then.
            min_delta: as in the constructor.

        Raises:
            TypeError: when it is not such a memory.
        """
        require("memory", memory, StoppingMemory, "a StoppingMemory", "stopping.memory")
        made = cls(memory.patience if patience is None else patience, min_delta)
        made._known = memory
        made._best_step, made._best_loss, made._waited = _standing(memory)
        return made

    @property
    def memory(self) -> StoppingMemory:
        """What it takes to go on later, with `resumed`."""
        return StoppingMemory(
            self.patience, self._best_step, self._best_loss, self._waited, self.last_step
        )

    @property
    def memory_at_best(self) -> StoppingMemory:
        """`memory` as it was at the best step; that of a beginning where there is none."""
        step = -1 if self._best_step is None else self._best_step
        return StoppingMemory(self.patience, self._best_step, self._best_loss, 0, step)

    @property
    def patience(self) -> int:
        """Evaluations in a row without an improvement after which `stopped` is True."""
        return self._patience

    @patience.setter
    def patience(self, patience: int) -> None:
        self._patience = PATIENCE.check("patience", patience, 20)

    @property
    def best_step(self) -> int | None:
        """The step of the last improvement; None before the first."""
        return self._best_step

    @property
    def best_loss(self) -> float:
        """The loss of the last improvement; infinite before the first."""
        return self._best_loss

    @property
    def waited(self) -> int:
        """Evaluations in a row without an improvement so far."""
        return self._waited

    @property
    def stopped(self) -> bool:
        """Whether patience has run out."""
        return self._waited >= self._patience

    @property
    def last_step(self) -> int:
        """The step of the last evaluation; -1 before the first."""
        return self._steps[-1] if self._steps else self._known.last_step

    def update(self, step: int, loss: float) -> bool:
        """Note an evaluation; return whether it is an improvement.

        Args:
            step: of the weights that were evaluated, above those before.
            loss: the validation loss.

        Raises:
            TypeError: when the step is not a whole number, or the loss not a number.
            ValueError: when the step is not later than the last one.
        """
        _STEP.check("step", step, 0)
        loss = number("loss", loss, "a validation loss")
        if step <= self.last_step:
            raise ValueError(
                f"step must be at least {self.last_step + 1}, got {step!r}. Add evaluations in "
                "ascending order."
            )
        self._steps.append(step)
        self._losses.append(loss)
        return self._judge(step, loss)

    def wait_again(self) -> None:
        """Wait with full patience from the last evaluation on, for a run that goes on after all.

        The best step stays the best.
        """
        self._since, self._waited = self.last_step, 0

    def cut(self, step: int) -> None:
        """Forget the evaluations later than a step, for a run that goes on from there.

        Where that is before a resumed run went on, nothing is known any more.
        """
        _CUT.check("step", step, 0)
        if step < self._known.last_step:
            self._known = StoppingMemory(self.patience, None, math.inf, 0, -1)
        known = [pair for pair in zip(self._steps, self._losses, strict=True) if pair[0] <= step]
        self._steps = array("q", (each for each, _loss in known))
        self._losses = array("d", (loss for _step, loss in known))
        self._since = min(self._since, step)
        self._best_step, self._best_loss, self._waited = _standing(self._known)
        for each, loss in known:
            self._judge(each, loss)

    def _judge(self, step: int, loss: float) -> bool:
        improved = math.isfinite(loss) and loss < self._best_loss - self._min_delta
        if improved:
            self._best_step, self._best_loss, self._waited = step, loss, 0
        elif step > self._since:
            self._waited += 1
        return improved


def _standing(memory: StoppingMemory) -> tuple[int | None, float, int]:
    return memory.best_step, memory.best_loss, memory.waited
