"""Loss and gradient norm of a run's steps as columns, in bounded memory."""

from __future__ import annotations

import math
from array import array

import numpy as np
from numpy.typing import NDArray


class StepLog:
    """Numbers of every step; once there are ``limit``, of every second, then of every fourth.

    Args:
        limit: the most steps that are kept, at least 2; each takes 24 bytes.

    Raises:
        ValueError: when the limit is below 2.

    Example:
        >>> log = StepLog(limit=3)
        >>> for step in range(5):
        ...     log.add(step, 1 / (step + 1), 0.5)
        >>> log.columns()[0]
        array([0, 2, 4])
    """

    def __init__(self, limit: int = 2**17) -> None:
        if limit < 2:
            raise ValueError(f"limit must be at least 2, got {limit!r}. Try 1000.")
        self._limit = limit
        self._every = 1
        self._steps, self._losses, self._norms = array("q"), array("d"), array("d")

    def __len__(self) -> int:
        """Steps kept."""
        return len(self._steps)

    @property
    def every(self) -> int:
        """Kept are the steps that are multiples of this."""
        return self._every

    def add(self, step: int, loss: float, grad_norm: float) -> None:
        """Keep the numbers of a step; one whose loss is not finite is left out.

        Args:
            step: its number, above those before.
            loss: on its window.
            grad_norm: Euclidean norm of its gradient, before clipping.

        Raises:
            ValueError: when the step is not later than the last one.
        """
        last = self._steps[-1] if self._steps else -1
        if step <= last:
            raise ValueError(
                f"step must be at least {last + 1}, got {step!r}. Add steps in ascending order."
            )
        if step % self._every or not math.isfinite(loss):
            return
        while len(self._steps) >= self._limit:
            self._every *= 2
            self._keep(np.asarray(self._steps) % self._every == 0)
        if step % self._every == 0:
            self._steps.append(step)
            self._losses.append(loss)
            self._norms.append(grad_norm)

    def cut(self, step: int) -> None:
        """Forget what is later than a step."""
        self._keep(np.asarray(self._steps) <= step)

    def columns(self) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """Steps, ascending, their losses and their gradient norms; three arrays ``(N,)``."""
        return (
            np.array(self._steps, np.int64),
            np.array(self._losses, np.float64),
            np.array(self._norms, np.float64),
        )

    def _keep(self, mask: NDArray[np.bool_]) -> None:
        steps, losses, norms = (column[mask] for column in self.columns())
        self._steps = array("q", steps.tobytes())
        self._losses = array("d", losses.tobytes())
        self._norms = array("d", norms.tobytes())
