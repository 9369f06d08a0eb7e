"""Where a run stood: what it takes to go back to a step and on from there, bit for bit."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import Any

import torch
from torch import Tensor

from rnn_core.arguments import require, whole
from rnn_core.config import RunConfig
from rnn_core.messages import Brief
from rnn_core.models import State
from rnn_core.thinned import Thinned


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """A run while a step is held. `Trainer.restore` takes up the run there.

    Args:
        index: the step; its own update is not yet applied.
        loss: its loss.
        lr: the learning rate of that update.
        trained: of every parameter, whether training changes it.
        weights: of all parameters, one after another, shape ``(P,)``.
        optimizer: PyTorch's state of the optimiser, as its ``state_dict`` gives it.
        state: what the step's window starts from; None stands for zeros.
        config: the run's settings.
        task: `rnn_core.tasks.Task.identity` of the run's task.
    """

    index: int
    loss: float
    lr: float
    trained: tuple[bool, ...]
    weights: Tensor
    optimizer: dict[str, Any]
    state: State | None
    config: RunConfig
    task: str

    @property
    def nbytes(self) -> int:
        """Memory that its numbers take, in bytes."""
        return _nbytes((self.weights, self.optimizer, self.state))


class Snapshots:
    """The snapshots of a run of any length, in bounded memory.

    Step 0 is always among them. They lie evenly: every n-th step, where n doubles whenever there
    are too many. What lies between is had by training on from the one before.

    Args:
        limit: the most that are kept, at least 2.
        stride: n to begin with, at least 1.

    Raises:
        TypeError: when one of them is not a whole number.
        ValueError: when the limit is below 2 or the stride below 1.
    """

    def __init__(self, limit: int = 160, stride: int = 1) -> None:
        whole("limit", limit, 160, low=2)
        whole("stride", stride, 1, low=1)
        self._kept: Thinned[Snapshot] = Thinned(limit, stride)

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def stride(self) -> int:
        """Every so many steps a snapshot is kept."""
        return self._kept.stride

    def wants(self, index: int) -> bool:
        """Whether a snapshot of this step would be kept."""
        return self._kept.wants(index)

    def add(self, snapshot: Snapshot) -> None:
        """Keep a snapshot, if it is wanted; steps come in their order.

        Raises:
            TypeError: when it is not a snapshot.
            ValueError: when it is not later than those before.
        """
        require("snapshot", snapshot, Snapshot, "a Snapshot", "trainer.snapshot()")
        last = self._kept.indices[-1] if len(self) else -1
        if snapshot.index <= last:
            raise ValueError(
                f"snapshot must be later than step {last}, got step {snapshot.index}. "
                "Cut what lies behind it first."
            )
        self._kept.add(snapshot.index, snapshot)

    def before(self, index: int) -> Snapshot:
        """The latest snapshot that is not later than a step.

        Raises:
            LookupError: when there is none.
        """
        require("index", index, Integral, "a whole number", "a step that was taken")
        try:
            _index, snapshot = self._kept.before(index)
        except LookupError:
            raise LookupError(
                f"There is no snapshot of step {Brief(index)!r} or of one before it."
            ) from None
        return snapshot

    def cut(self, index: int) -> None:
        """Forget what is later than a step."""
        require("index", index, Integral, "a whole number", "a step that was taken")
        self._kept.cut(index)


def copied(value: Any) -> Any:
    """Nested tensors, copied; all else as it is."""
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, dict):
        return {key: copied(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(copied(each) for each in value)
    return value


def flat(parameters: list[torch.nn.Parameter]) -> Tensor:
    """All numbers of the parameters, one after another; a copy."""
    return torch.cat([parameter.detach().reshape(-1) for parameter in parameters])


def _nbytes(value: Any) -> int:
    if isinstance(value, Tensor):
        return value.numel() * value.element_size()
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return sum(_nbytes(each) for each in value)
    return 0
