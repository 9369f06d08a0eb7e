"""What a held-out loss shows of a network's memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rnn_core.arguments import items, number, require
from rnn_core.tasks import Floor, Task
from rnn_core.tasks.base import FloorKey
from rnn_core.training.evaluation import Estimate, Evaluation

#: What is shown. ``"nothing"``: a constant may do as well. ``"window_memory"``: as good as memory
#: inside a window can be. ``"carried_memory"``: better than that, and worse after a reset. Any
#: other: better than the predictors of that floor.
Claim = FloorKey | Literal["nothing"]
# Steps that an online loss averages, at least and at most.
_FEWEST_STEPS, _MOST_STEPS = 20, 200
# A loss within this factor of the floor is at the floor.
_AT = 1.1
# A loss below a floor by less than 2 % shows nothing that a reader would call better, and a
# measured floor may be wrong by as much.
_BELOW = 0.98
# The weights follow the signal when the loss where they were trained is lower by this factor.
_FOLLOWING = 2.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What frozen weights and the state ablation show; no online loss enters the claim.

    Args:
        claim: what is shown.
        floor: the floor that the claim rests on: the lowest one that the whole 95 % interval of
            the held-out loss lies below, by at least 2 %. For ``"nothing"`` the constant one, for
            ``"window_memory"`` that floor; None where the task has none.
        loss: the held-out loss.
        memory_gain: the loss reset less the loss carried; None where the run has no state to
            carry.
        linear: the floor of linear functions, where the loss is below it too; else None.
        online: mean loss of the last steps; None where it was not given.
        follows_signal: whether the weights follow the signal: the online loss, and the held-out
            loss of the windows next to it, are less than half of the held-out loss further ahead.
            The online loss then shows the learning rate at work, not memory.
    """

    claim: Claim
    floor: Floor | None
    loss: Estimate
    memory_gain: Estimate | None
    linear: Floor | None
    online: float | None
    follows_signal: bool

    @property
    def uses_carried_state(self) -> bool:
        """Whether a reset raises the loss: the interval of `memory_gain` lies above 0."""
        return self.memory_gain is not None and self.memory_gain.low > 0


def online_steps(task: Task) -> int:
    """Steps that an online loss averages: whole cycles of the signal, from 20 to 200 steps.

    With fewer, the mean on a slow signal depends on the part of the cycle that was read last.
    """
    cycle = task.windows_per_cycle
    return min(-(-_FEWEST_STEPS // cycle) * cycle, _MOST_STEPS)


def judge(
    evaluation: Evaluation, floors: Sequence[Floor], *, online: float | None = None
) -> Verdict:
    """Compare a held-out loss with the floors, and the carried state with a reset one.

    A floor bounds fixed predictors, so the frozen loss is compared with it. Memory across windows
    is claimed where the loss is below the floor of memory inside a window *and* a reset raises it.

    Args:
        evaluation: of the run, by `evaluate`.
        floors: the task's, `Task.floors`.
        online: mean loss of the last steps; None leaves `Verdict.follows_signal` False.

    Raises:
        TypeError: when an argument is of the wrong kind.
    """
    require("evaluation", evaluation, Evaluation, "an Evaluation", "evaluate(trainer)")
    floors = items("floors", floors, "a sequence of Floors", "trainer.task.floors()")
    for each in floors:
        require("each of the floors", each, Floor, "a Floor", "those of trainer.task.floors()")
    if online is not None:
        online = number("online", online, "the mean of the last losses")
    loss = evaluation.loss
    gain = evaluation.memory_gain if evaluation.carries_state else None
    by_key: dict[FloorKey, Floor] = {floor.key: floor for floor in floors}
    passed = [floor for floor in floors if loss.high < _BELOW * (floor.value - floor.error)]
    claim, floor = _claim(evaluation, by_key, passed, gain)
    return Verdict(
        claim=claim,
        floor=floor,
        loss=loss,
        memory_gain=gain,
        linear=by_key["linear"] if by_key.get("linear") in passed else None,
        online=online,
        follows_signal=online is not None
        and _FOLLOWING * online < loss.low
        and _FOLLOWING * evaluation.near < loss.mean,
    )


def _claim(
    evaluation: Evaluation,
    by_key: dict[FloorKey, Floor],
    passed: list[Floor],
    gain: Estimate | None,
) -> tuple[Claim, Floor | None]:
    constant, window = by_key.get("constant"), by_key.get("window_memory")
    limited = window is not None and window.value > 0 and gain is None
    if limited and window is not None and evaluation.loss.high < _AT * window.value:
        return "window_memory", window
    # On some tasks persistence is worse than a constant, so that beating it alone shows nothing.
    if constant is not None and constant not in passed:
        return "nothing", constant
    if window is not None and window in passed and gain is not None and gain.low > 0:
        return "carried_memory", window
    kinds = [floor for floor in passed if floor.key not in ("linear", "window_memory")]
    if not kinds:
        return "nothing", constant
    # Of equal floors the last: passing both shows more memory.
    lowest = min(reversed(kinds), key=lambda floor: floor.value)
    return lowest.key, lowest
