"""What every task gives: batches by number, and exact floors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

FloorKey = Literal[
    "constant",
    "time_only",
    "memoryless",
    "last_marker",
    "persistence",
    "window_memory",
    "carried_memory",
]
#: What the loss of a step is, by PyTorch's name for it.
Criterion = Literal["mse", "cross_entropy"]


@dataclass(frozen=True, slots=True)
class Batch:
    """The windows of one step.

    Args:
        time: the instants of the samples, shape ``(B, T)``, in float64 and the task's own unit.
        inputs: shape ``(B, T, D)``.
        targets: shape ``(B, T, K)``; a class among K is 1 in its place and 0 in the others.
        loss_mask: which time steps the loss is the mean over, shape ``(B, T)``; None for all. At
            least one is; what stands in ``targets`` at the others has no meaning.
    """

    time: NDArray[np.float64]
    inputs: NDArray[np.floating]
    targets: NDArray[np.floating]
    loss_mask: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class Floor:
    """The smallest mean loss of a kind of predictor: the number that gives a loss its meaning.

    A loss below it cannot have come from that kind of predictor.

    Args:
        key: the kind of predictor. ``"constant"``: one answer for all; ``"time_only"``: knows how
            much of the sequence has gone by, and nothing of what was in it; ``"memoryless"``: any
            function of the present input alone; ``"last_marker"``: of all marked inputs knows the
            last one only; ``"persistence"``: says of the future what the input is now;
            ``"window_memory"``: anything that sees the window so far but starts it knowing
            nothing; ``"carried_memory"``: anything that remembers the windows before as well.
        value: the task's loss, averaged over the whole run.
        bound: ``"exact"`` when some such predictor reaches the value; ``"lower"`` when none goes
            below it but noise may keep all of them above; ``"measured"`` when no formula is known
            and the value is an average over a long stretch of the signal, right to a hundredth.
    """

    key: FloorKey
    value: float
    bound: Literal["exact", "lower", "measured"]


class Task(Protocol):
    """Windows by number. Batch k is the same whenever and however often it is asked for.

    Attributes:
        input_size: features D.
        output_size: numbers K that are wanted at every time step, or classes to choose from.
        criterion: the loss at one time step: ``"mse"``, the mean over K of the squared error, or
            ``"cross_entropy"`` of the softmax over K, in nats.
        streaming: whether each window goes on where the one before ended. Otherwise every window
            is a sequence of its own, and every network starts it from zeros.
        horizon: so many samples after it was wanted a target comes in as input, as in a forecast;
            None where targets never come in.
    """

    input_size: int
    output_size: int
    criterion: Criterion
    streaming: bool
    horizon: int | None

    @property
    def span(self) -> float:
        """Time from the beginning of one window to that of the next, in the task's own unit."""
        ...

    @property
    def windows_per_cycle(self) -> int:
        """After so many windows the signal is where it began; 1 where it never repeats."""
        ...

    def batch(self, index: int, dtype: type[np.floating] = np.float64) -> Batch:
        """The windows of step ``index``, counted from 0, with inputs and targets in ``dtype``."""
        ...

    def accuracy(self, batch: Batch, prediction: NDArray[np.floating]) -> float | None:
        """Share of the answers that are right; None where none can be.

        An answer is one counted time step, unless the task says otherwise.

        Args:
            prediction: shape ``(B, T, K)``; of classes, any numbers that grow with the belief.
        """
        ...

    def floors(self) -> tuple[Floor, ...]:
        """The floors, highest first."""
        ...
