"""What a sweep judges a point by, one number for each seed: lower is better."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnn_core.experiments.comparison import Comparison
from rnn_core.messages import N_
from rnn_core.registry import Registry


@dataclass(frozen=True, slots=True, eq=False)
class Objective:
    """One number for each seed of a point.

    Args:
        name: in a space.
        label: on screen, for translation.
        measure: the numbers, shape ``(S,)``, from the comparison of one contender at its last step
            and the threshold of the space; inf for a network that has diverged or not come there.
        needs_threshold: whether a space must name a threshold.
    """

    name: str
    label: str
    measure: Callable[[Comparison, float], NDArray[np.float64]]
    needs_threshold: bool = False


def _held_out(comparison: Comparison, _threshold: float) -> NDArray[np.float64]:
    losses: NDArray[np.float64] = comparison.held_out().losses[0]
    return losses


def _online(comparison: Comparison, _threshold: float) -> NDArray[np.float64]:
    losses: NDArray[np.float64] = comparison.online[0]
    return losses


def _steps_until(comparison: Comparison, threshold: float) -> NDArray[np.float64]:
    steps: NDArray[np.float64] = comparison.steps_until(threshold)[0]
    return np.where(np.isnan(steps), np.inf, steps)


#: All objectives by name.
OBJECTIVES: Registry[Objective] = Registry("objective")
for _each in (
    # On a series of one's own the held-out rows are those of the validation part.
    Objective("held_out_loss", N_("held-out loss of the last weights"), _held_out),
    Objective("online_loss", N_("mean loss of the last training steps"), _online),
    Objective(
        "steps_to_threshold",
        N_("steps until the mean loss of 20 steps is at the threshold"),
        _steps_until,
        needs_threshold=True,
    ),
):
    OBJECTIVES.register(_each)
