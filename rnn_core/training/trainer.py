"""Training, one step at a time: the generator that everything else drives."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from time import perf_counter
from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from rnn_core.config import RunConfig
from rnn_core.engines import TrainingState, build_engine, choose_engine
from rnn_core.models import RecurrentModel, State
from rnn_core.registry import OPTIMIZERS
from rnn_core.tasks import Task, task_for
from rnn_core.tasks.base import check_batch
from rnn_core.training.snapshots import Snapshot, copied, flat
from rnn_core.training.step import Step, read_only
from rnn_core.training.step_context import StepContext

#: NumPy's name of each precision that a run may have.
NUMPY_DTYPES: Mapping[torch.dtype, type[np.floating]] = MappingProxyType(
    {torch.float32: np.float32, torch.float64: np.float64}
)


class Trainer:
    """A run: task, model and optimiser, built from a config and advanced by asking for steps.

    The config decides every number: two trainers with equal configs give equal steps, whatever
    other threads do meanwhile.

    Args:
        config: the settings of the run.
        task: what to train on, in place of the task that ``config.task`` names. Its batches must
            have the config's ``batch_size`` and ``window_length``.
        dtype: torch.float32, or torch.float64 for checks.
        engine: ``"torch"``, the reference; ``"compiled"``, many times faster, which compiles for
            some seconds on the first use on a machine; ``"auto"``, the faster of the two that is
            ready now, so that nothing waits.

    Raises:
        TypeError: when ``config`` is not a RunConfig, or ``task`` not a Task.
        ValueError: when ``dtype`` or ``engine`` is another one, or the task's batches have another
            shape.

    Example:
        >>> trainer = Trainer(RunConfig(seed=1))
        >>> for step in trainer.steps():
        ...     if step.index == 2:
        ...         break
        >>> step.prediction.shape
        (1, 10, 1)
    """

    def __init__(
        self,
        config: RunConfig,
        *,
        task: Task | None = None,
        dtype: torch.dtype = torch.float32,
        engine: str = "torch",
    ) -> None:
        if not isinstance(config, RunConfig):
            raise TypeError(f"config must be a RunConfig, got {config!r}. Try RunConfig().")
        check_dtype(dtype)
        self.config = config
        self.dtype = dtype
        self.task = task_for(config, task)
        self._is_own_task = task is not None
        self._engine_name = choose_engine(engine, config, dtype)
        self.reset()

    def reset(self) -> None:
        """Go back to step 0: the next step is the first again, bit for bit, at ``config.lr``."""
        with torch.inference_mode(False):
            run = new_run(self.config, self.task, self.dtype)
            self._engine = build_engine(self._engine_name, run)
        self.model, self.optimizer = run.model, run.optimizer
        self._parameters = list(self.model.parameters())
        self._lr = self.config.lr
        self._index = 0
        self._loss = math.nan
        self._diverged = False

    def steps(self) -> Iterator[Step]:
        """Train for as long as steps are asked for.

        Each step is given after its backward pass and before its update; the update is applied
        when the next step is asked for. So while a step is held, ``model`` holds the weights, and
        its parameters' ``.grad`` the unclipped gradients, that belong to it. They may be read at
        leisure: nothing that happens to ``.grad`` or to torch's random numbers changes what
        follows. A ``.grad`` may be overwritten by the next step: copy what is to be kept. A loop
        that was left is continued by calling ``steps()`` again.

        Yields:
            Steps without end, but for this: a loss that is not finite is given as the last step.
        """
        while not self._diverged:
            yield self._advance()

    @property
    def engine(self) -> str:
        """What computes the steps: ``"torch"`` or ``"compiled"``.

        May be set between any two steps; weights, optimiser and state go on where they are. The
        engines agree up to rounding, so steps after a change are no longer bit for bit those of
        a run without it.

        Raises:
            ValueError: when set to an engine that does not exist.
        """
        return self._engine_name

    @engine.setter
    def engine(self, name: str) -> None:
        chosen = choose_engine(name, self.config, self.dtype)
        if chosen != self._engine_name:
            with torch.inference_mode(False):
                self._engine = build_engine(chosen, self._engine.state())
            self._engine_name = chosen

    @property
    def lr(self) -> float:
        """Learning rate of the next update; may be set at any time.

        Raises:
            TypeError, ValueError: when set to what a config would refuse as its lr.
        """
        return self._lr

    @lr.setter
    def lr(self, value: float) -> None:
        # The config's own check, so that there is one rule for a learning rate.
        self._lr = replace(self.config, lr=value).lr
        for group in self.optimizer.param_groups:
            group["lr"] = self._lr

    @property
    def diverged(self) -> bool:
        """Whether the run has ended with a loss that is not finite."""
        return self._diverged

    @property
    def parameter_count(self) -> int:
        """Trainable numbers in the model."""
        return sum(parameter.numel() for parameter in trainable(self.model))

    @property
    def state(self) -> State | None:
        """What the present step's window started from, detached; None stands for zeros.

        ``(num_layers, B, H)``, or a pair (h, c) of them for an LSTM.
        """
        return self._engine.state().state

    @property
    def hidden_states(self) -> NDArray[np.floating]:
        """The top layer's h_t over the present step's window, shape ``(B, T, H)``; read-only.

        Empty, ``(B, 0, H)``, before the first step.
        """
        return self._engine.hidden_states()

    def context(self) -> StepContext:
        """What the present step was computed from, for `rnn_core.diagnostics`.

        Asking changes nothing that follows.

        Raises:
            ValueError: before the first step.
        """
        if self._index == 0:
            raise ValueError(
                "moment must be asked for after a step, got none yet. Take one from steps() first."
            )
        # A task gives the same batch whenever it is asked, so that no step need keep its own.
        batch = self.task.batch(self._index - 1, NUMPY_DTYPES[self.dtype])
        return StepContext(
            model=self.model,
            inputs=batch.inputs[0].copy(),
            targets=batch.targets[0].copy(),
            loss_mask=None if batch.loss_mask is None else batch.loss_mask[0].copy(),
            criterion=self.task.criterion,
            state=self.state,
        )

    def snapshot(self) -> Snapshot:
        """Where the run stands while a step is held. Asking changes nothing that follows.

        Raises:
            ValueError: before the first step.
        """
        if self._index == 0:
            raise ValueError(
                "snapshot must be asked for after a step, got none yet. Take one from steps() "
                "first."
            )
        return Snapshot(
            index=self._index - 1,
            loss=self._loss,
            lr=self._lr,
            weights=flat(self._parameters),
            optimizer=copied(self.optimizer.state_dict()),
            state=copied(self.state),
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Go back, or on, to a snapshot: the next step is the snapshot's own again, bit for bit.

        So are all that follow, with the engine and the learning rates of then. `model` and
        `optimizer` are others than before.

        Args:
            snapshot: of a run with the same config but for its ``lr``.

        Raises:
            ValueError: when it has another number of weights.
        """
        count = sum(parameter.numel() for parameter in self._parameters)
        if snapshot.weights.numel() != count:
            raise ValueError(
                f"snapshot must have the run's {count} weights, got {snapshot.weights.numel()}. "
                "Restore it in a Trainer with the config it was taken with."
            )
        with torch.inference_mode(False), torch.no_grad():
            run = new_run(self.config, self.task, self.dtype)
            parameters = list(run.model.parameters())
            parts = torch.split(snapshot.weights, [parameter.numel() for parameter in parameters])
            for parameter, part in zip(parameters, parts, strict=True):
                parameter.copy_(part.view_as(parameter))
            run.optimizer.load_state_dict(copied(snapshot.optimizer))
            run.next_state = copied(snapshot.state)
            self._engine = build_engine(self._engine_name, run)
        self.model, self.optimizer = run.model, run.optimizer
        self._parameters = parameters
        self._index = snapshot.index
        self._loss = snapshot.loss
        self._diverged = False
        self.lr = snapshot.lr

    def fork(self) -> Trainer:
        """A second trainer at the same place: its next step is the one that is held, bit for bit.

        It goes its own way: nothing that it does changes this one. The two share the task, so
        only one thread may advance them.

        Raises:
            ValueError: before the first step.
        """
        snapshot = self.snapshot()
        other = copy.copy(self)
        other.restore(snapshot)  # which gives it a model, an optimiser and an engine of its own
        return other

    def _advance(self) -> Step:
        started = perf_counter()
        dtype = NUMPY_DTYPES[self.dtype]
        batch = self.task.batch(self._index, dtype)
        if self._is_own_task:
            check_batch(batch, self.task, self.config, dtype)
        loss, grad_norm, prediction = self._engine.advance(batch)
        self._loss = loss
        self._diverged = not math.isfinite(loss)
        step = Step(
            index=self._index,
            loss=loss,
            accuracy=self.task.accuracy(batch, prediction),
            grad_norm=grad_norm,
            seconds=perf_counter() - started,
            time=read_only(batch.time),
            inputs=read_only(batch.inputs),
            targets=read_only(batch.targets),
            loss_mask=None if batch.loss_mask is None else read_only(batch.loss_mask),
            prediction=read_only(prediction),
        )
        self._index += 1
        return step


def trainable(model: nn.Module) -> list[nn.Parameter]:
    """The parameters that training changes; a model may hold others."""
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def new_run(config: RunConfig, task: Task, dtype: torch.dtype) -> TrainingState:
    """Model and optimiser of a config, untrained."""
    model = RecurrentModel(
        config, input_size=task.input_size, output_size=task.output_size, dtype=dtype
    )
    return TrainingState(
        config,
        model,
        OPTIMIZERS[config.optimizer].build(trainable(model), config),
        task.criterion,
        # Windows that do not follow one another have no state to hand on.
        carry_state=config.carry_state and task.streaming,
    )


def check_dtype(dtype: torch.dtype) -> None:
    """Raise ValueError when no run can have this precision."""
    if dtype not in NUMPY_DTYPES:
        raise ValueError(
            f"dtype must be torch.float32 or torch.float64, got {dtype!r}. Try torch.float32."
        )
