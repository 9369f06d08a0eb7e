"""What every engine offers, and the state of a run that they hand to each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from rnn_core.config import RunConfig
from rnn_core.messages import N_, InvalidValue, Message
from rnn_core.models import RecurrentModel, State
from rnn_core.tasks import Batch, Criterion
from rnn_core.tasks.stack import BatchStack

#: Windows and initial state to prediction and state after, as `Engine.predict`.
Predict = Callable[[NDArray[np.floating], State | None], tuple[NDArray[np.floating], State]]
AnyNumber = TypeVar("AnyNumber", bound=np.generic)


class Evaluation(NamedTuple):
    """The results of one window.

    Attributes:
        loss: the task's loss.
        grad_norm: Euclidean norm of the whole gradient, before clipping.
        prediction: shape ``(B, T, K)``.
    """

    loss: float
    grad_norm: float
    prediction: NDArray[np.floating]


@dataclass(eq=False)
class TrainingState:
    """All that an engine needs to continue a run, in PyTorch's own objects.

    One engine's state may be handed to another, so a run can change engines between any two steps.

    Args:
        config: the settings.
        model: weights, changed in place.
        optimizer: its state, changed in place, is the same for every engine.
        criterion: the loss at one time step; a window's loss is the mean over the time steps of
            the loss mask.
        carry_state: whether a window starts from the state in which the one before ended.
        gradients: gradient of the last window by every trainable parameter, not yet applied;
            empty before the first window.
        grad_norm: its norm.
        state: initial state of the last window; None stands for zeros.
        next_state: final state of the last window.

    Attributes:
        hidden_states: h_t of the top layer over the last window, ``(B, T, H)``, read-only; before
            the first window ``(B, 0, H)``.
    """

    config: RunConfig
    model: RecurrentModel
    optimizer: torch.optim.Optimizer
    criterion: Criterion
    carry_state: bool
    gradients: tuple[Tensor, ...] = ()
    grad_norm: float = 0.0
    state: State | None = None
    next_state: State | None = None
    hidden_states: NDArray[np.floating] = field(init=False)

    def __post_init__(self) -> None:
        dtype = self.model.out.weight.detach().numpy().dtype
        self.hidden_states = np.empty((self.config.batch_size, 0, self.config.hidden_size), dtype)


class Engine(Protocol):
    """Computes one window after another."""

    def advance(self, batch: Batch) -> Evaluation:
        """Apply the update that is due, then evaluate a window: forward, loss, gradient.

        Args:
            batch: with inputs and targets in the model's dtype.
        """
        ...

    def advance_many(
        self, windows: BatchStack
    ) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """Several steps, bit for bit those of `advance`.

        Args:
            windows: S of them, with inputs and targets in the model's dtype.

        Returns:
            Losses and gradient norms, each ``(S,)``; shorter when a loss is not finite, which is
            then the last.
        """
        ...

    def predict(
        self, inputs: NDArray[np.floating], state: State | None = None
    ) -> tuple[NDArray[np.floating], State]:
        """What the network predicts with its present weights; changes nothing that follows.

        Args:
            inputs: windows of any number and length, ``(B, T, D)``, in the model's dtype.
            state: what they start from, each part ``(L, B, H)``; None stands for zeros.

        Returns:
            The prediction, ``(B, T, K)``, and the state after the windows.
        """
        ...

    def state(self) -> TrainingState:
        """The state of the run."""
        ...

    def hidden_states(self) -> NDArray[np.floating]:
        """The top layer's h_t over the last window, shape ``(B, T, H)``; not changed later."""
        ...


class EngineKind(Protocol):
    """One kind of engine, before anything is trained.

    Attributes:
        name: as `Trainer` is given it.
    """

    name: str

    def supports(self, config: RunConfig, dtype: torch.dtype) -> Message | None:
        """Why the engine cannot train a run; None when it can.

        Args:
            config: the settings of the run.
            dtype: of the weights.
        """
        ...

    def build(self, run: TrainingState) -> Engine:
        """An engine that continues a run."""
        ...

    def predictor(self, model: RecurrentModel) -> Predict:
        """Predictions of a network without a run, with the weights that it has now.

        Args:
            model: one that the engine supports; not to be changed while it predicts.
        """
        ...


def plain(values: NDArray[AnyNumber]) -> NDArray[AnyNumber]:
    """A contiguous, writable array with these values: what the kernels and PyTorch take."""
    return values if values.flags.carray else np.array(values, order="C")


def trainable(model: nn.Module) -> list[nn.Parameter]:
    """The parameters that training changes; a model may hold others."""
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def changed_too_late(count: int, got: int) -> InvalidValue:
    """The error when parameters were fixed or released while an update was due.

    Args:
        count: of the parameters with a gradient that is not yet applied.
        got: of those that require gradients now.
    """
    return InvalidValue(
        N_(
            "The {count} parameters that have a gradient must require gradients until it is "
            "applied, got {got} that do. Change requires_grad before the first step."
        ),
        count=count,
        got=got,
    )


def views_of(vector: Tensor, parameters: Sequence[nn.Parameter]) -> list[Tensor]:
    """The shapes of parameters that stand one after another, laid over a vector.

    Args:
        vector: as many numbers as the parameters have.
        parameters: their shapes are read.
    """
    parts = torch.split(vector, [parameter.numel() for parameter in parameters])
    return [part.view_as(parameter) for part, parameter in zip(parts, parameters, strict=True)]


def follow_parameters(optimizer: torch.optim.Optimizer, model: nn.Module) -> None:
    """Make an optimizer continue with parameters that have replaced its own, in order.

    ``load_state_dict(assign=True)`` puts new parameters into a model, of which an optimizer does
    not hear. Its state for each old parameter passes to the new one.

    Args:
        optimizer: of the trained parameters, or of all where some were fixed after it was built.
        model: whose parameters it changes.
    """
    own = optimizer.param_groups[0]["params"]
    known = [each for each in (trainable(model), list(model.parameters())) if len(each) == len(own)]
    if len(optimizer.param_groups) > 1 or not known:
        return
    for place, (old, new) in enumerate(zip(list(own), known[0], strict=True)):
        if old is not new:
            own[place] = new
            if old in optimizer.state:
                optimizer.state[new] = optimizer.state.pop(old)
