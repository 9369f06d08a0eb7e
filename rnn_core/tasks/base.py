"""What every task gives: batches by number, and exact floors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

FloorKey = Literal["constant", "memoryless", "window_memory", "carried_memory"]


@dataclass(frozen=True, slots=True)
class Batch:
    """The windows of one step.

    Args:
        time: the instants of the samples, shape ``(B, T)``, in float64 and the task's own unit.
        inputs: shape ``(B, T, D)``.
        targets: shape ``(B, T, D)``, with the target's own D.
    """

    time: NDArray[np.float64]
    inputs: NDArray[np.floating]
    targets: NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Floor:
    """The smallest mean loss of a kind of predictor: the number that gives a loss its meaning.

    A loss below it cannot have come from that kind of predictor.

    Args:
        key: the kind of predictor. ``"constant"``: one number for all; ``"memoryless"``: any
            function of the present input alone; ``"window_memory"``: anything that sees the
            window so far but starts it knowing nothing; ``"carried_memory"``: anything that
            remembers the windows before as well.
        value: mean squared error, averaged over the whole run.
        bound: ``"exact"`` when some such predictor reaches the value, ``"lower"`` when none goes
            below it but noise may keep all of them above.
    """

    key: FloorKey
    value: float
    bound: Literal["exact", "lower"]


class Task(Protocol):
    """A stream of windows. Batch k is the same whenever and however often it is asked for."""

    input_size: int
    output_size: int

    @property
    def span(self) -> float:
        """Time that one window covers, in the task's own unit."""
        ...

    @property
    def windows_per_cycle(self) -> int:
        """After so many windows the signal is where it began; 1 where it never repeats."""
        ...

    def batch(self, index: int, dtype: type[np.floating] = np.float64) -> Batch:
        """The windows of step ``index``, counted from 0, with inputs and targets in ``dtype``."""
        ...

    def floors(self) -> tuple[Floor, ...]:
        """The floors, highest first."""
        ...
