"""Early stopping: end a run once the validation loss no longer falls."""

from __future__ import annotations

import math
from array import array

from rnn_core.rules import FloatRange, IntRange

#: Steps from one evaluation for early stopping to the next, by default. Evaluations at fixed steps
#: make a run stop at the same step on a slow machine and on a fast one.
EVALUATE_EVERY = 20
#: How many evaluations in a row may pass without an improvement.
PATIENCE = IntRange(1, 10_000)
_MIN_DELTA = FloatRange(0.0, math.inf)


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
        self._best_step: int | None = None
        self._best_loss = math.inf
        self._waited = 0
        # Evaluations up to this step count for nothing any more: they were waited for.
        self._since = -1

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
        return self._steps[-1] if self._steps else -1

    def update(self, step: int, loss: float) -> bool:
        """Note an evaluation; return whether it is an improvement.

        Args:
            step: of the weights that were evaluated, above those before.
            loss: the validation loss.

        Raises:
            ValueError: when the step is not later than the last one.
        """
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
        """Forget the evaluations later than a step, for a run that goes on from there."""
        known = [pair for pair in zip(self._steps, self._losses, strict=True) if pair[0] <= step]
        self._steps = array("q", (each for each, _loss in known))
        self._losses = array("d", (loss for _step, loss in known))
        self._since = min(self._since, step)
        self._best_step, self._best_loss, self._waited = None, math.inf, 0
        for each, loss in known:
            self._judge(each, loss)

    def _judge(self, step: int, loss: float) -> bool:
        improved = math.isfinite(loss) and loss < self._best_loss - self._min_delta
        if improved:
            self._best_step, self._best_loss, self._waited = step, loss, 0
        elif step > self._since:
            self._waited += 1
        return improved
