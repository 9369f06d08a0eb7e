"""Training, one step at a time: the generator that everything else drives."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from time import perf_counter
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rnn_core.arguments import real_numbers, refused_value, require, require_state, whole
from rnn_core.cells.module import pack, unpack
from rnn_core.cells.registry import cell_of
from rnn_core.config import RunConfig
from rnn_core.engines import TrainingState, build_engine, choose_engine, why_torch
from rnn_core.engines.base import trainable, views_of
from rnn_core.messages import N_, InvalidValue, Message
from rnn_core.models import RecurrentModel, State
from rnn_core.registry import OPTIMIZERS
from rnn_core.rules import IntRange
from rnn_core.tasks import Batch, Task, task_for
from rnn_core.tasks.base import check_batch, is_foreign
from rnn_core.tasks.stack import BatchStack, stack, stacked
from rnn_core.training.snapshots import Snapshot, copied, flat
from rnn_core.training.step import Step, StepRange, read_only
from rnn_core.training.step_context import StepContext
from rnn_core.training.turns import TakesTurns

#: NumPy's name of each precision that a run may have.
NUMPY_DTYPES: Mapping[torch.dtype, type[np.floating]] = MappingProxyType(
    {torch.float32: np.float32, torch.float64: np.float64}
)
#: Settings that a run may change where it branches off: `Trainer.restore` takes snapshots of runs
#: that differ in them.
BRANCH_SETTINGS = ("lr", "clip_norm")
# Bounds of one call into an engine: steps, and multiplications, some 20 ms of them.
_MOST_STEPS = 256
_MOST_PRODUCTS = 2**26


class Trainer(TakesTurns):
    """A run: task, model and optimiser, built from a config and advanced by asking for steps.

    The config decides every number: two trainers with equal configs give equal steps, whatever
    other threads do meanwhile. Threads may share a trainer: they take turns, and each step is
    given to one of them. A trainer can be pickled; a copy of it is independent of it.

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
        ValueError: when ``dtype`` or ``engine`` is another one, when the engine cannot train this
            run, or when the task's batches have another shape.

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
        super().__init__()
        require("config", config, RunConfig, "a RunConfig", "RunConfig()")
        check_dtype(dtype)
        self.config = config
        self.dtype = dtype
        self.task = task_for(config, task)
        self._is_own_task = task is not None or is_foreign(self.task)
        self._wanted = engine
        self._engine_name = choose_engine(engine, config, dtype)
        self.reset()

    def reset(self) -> None:
        """Go back to step 0: the next step is the first again, bit for bit, at ``config.lr``."""
        with self._turn:
            with torch.inference_mode(False):
                run = new_run(self.config, self.task, self.dtype)
                self._build_engine(self._engine_name, run)
            self.model, self.optimizer = run.model, run.optimizer
            self._lr = self.config.lr
            self._index = 0
            self._is_restored = False
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
        while (step := self._advance()) is not None:
            yield step

    def advance(self, count: int) -> StepRange:
        """Take ``count`` steps at once: bit for bit the next ``count`` of `steps`, and faster.

        The compiled engine takes many steps in one call. Afterwards the last step is held, as it
        is when it comes from `steps`; both can be mixed freely.

        Args:
            count: number of steps, at least 1.

        Returns:
            Losses and gradient norms. Fewer than ``count`` when the run diverges; none when it has
            diverged before.

        Raises:
            TypeError, ValueError: when ``count`` is not a whole number of at least 1.
        """
        count = IntRange(1, 2**31 - 1).check("count", count, 100)
        with self._turn:
            return self._take(count)

    def _take(self, count: int) -> StepRange:
        first, losses, norms = self._index, [np.empty(0)], [np.empty(0)]
        while not self._diverged and self._index < first + count:
            chunk = min(steps_per_call(self.config, [self.model]), first + count - self._index)
            windows = self._windows(chunk)
            loss, norm = self._engine.advance_many(windows)
            self._index += len(loss)
            self._is_restored = False
            self._loss = float(loss[-1])
            self._diverged = not math.isfinite(self._loss)
            losses.append(loss.astype(float))
            norms.append(norm.astype(float))
        return StepRange(
            first=first,
            losses=read_only(np.concatenate(losses)),
            grad_norms=read_only(np.concatenate(norms)),
            diverged=self._diverged,
        )

    def _windows(self, count: int) -> BatchStack:
        """The batches of the next steps."""
        if self._is_own_task:
            return stack([self._batch(self._index + n) for n in range(count)])
        return stacked(self.task, self._index, count, NUMPY_DTYPES[self.dtype])

    def _batch(self, index: int) -> Batch:
        """The batch of a step, checked where the task comes from outside the package."""
        dtype = NUMPY_DTYPES[self.dtype]
        batch = self.task.batch(index, dtype)
        if self._is_own_task:
            check_batch(batch, self.task, self.config, dtype)
        return batch

    @property
    def engine(self) -> str:
        """What computes the steps: ``"torch"`` or ``"compiled"``.

        May be set between any two steps; weights, optimizer and state continue from where they
        are. The engines agree up to rounding, so steps after a change are no longer bit for bit
        those of a run without it.

        Raises:
            ValueError: when set to an engine that does not exist, or that cannot train the run.
        """
        return self._engine_name

    @engine.setter
    def engine(self, name: str) -> None:
        chosen = choose_engine(name, self.config, self.dtype)
        with self._turn:
            self._wanted = name
            if chosen != self._engine_name:
                with torch.inference_mode(False):
                    self._build_engine(chosen, self._engine.state())

    @property
    def engine_reason(self) -> Message | None:
        """Why PyTorch trains, for the reader; None when the compiled engine does.

        ``str()`` of it is English; `rnn_core.messages.translate` gives another language.
        """
        if self._engine_name == "compiled":
            return None
        if self._wanted == "torch":
            return Message(N_("PyTorch was asked for"))
        reason = why_torch(self.config, self.dtype)
        return reason or Message(N_("the compiled engine was not ready when the run began"))

    def _build_engine(self, name: str, run: TrainingState) -> None:
        """Go on where a run stands."""
        self._engine, self._engine_name = build_engine(name, run), name

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
    def index(self) -> int | None:
        """Index of the step that was taken last; None before the first.

        It is held until the next one is asked for, or `restore` goes elsewhere.
        """
        return self._index - 1 if self._index else None

    @property
    def present(self) -> int:
        """Index of the step that the weights belong to, before its update.

        That is the step that is held; where none is, the next one: 0 at first, and a snapshot's own
        step after `restore`.
        """
        return self._index if self._is_restored else max(0, self._index - 1)

    @property
    def _is_anywhere(self) -> bool:
        """Whether a step is held, or was restored."""
        return self._index > 0 or self._is_restored

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
        run = self._engine.state()
        return run.next_state if self._is_restored else run.state

    @property
    def hidden_states(self) -> NDArray[np.floating]:
        """The top layer's h_t over the present step's window, shape ``(B, T, H)``; read-only.

        Empty, ``(B, 0, H)``, before the first step.
        """
        return self._engine.hidden_states()

    def predict(
        self, inputs: NDArray[np.floating], state: State | None = None
    ) -> tuple[NDArray[np.floating], State]:
        """What the network predicts with the weights of the present step.

        Like calling `model`, but by the run's engine, and much faster on the compiled one. Nothing
        that follows changes; the update that is due is not applied.

        Args:
            inputs: windows of any number and length, ``(B, T, D)``.
            state: what they start from, each part ``(num_layers, B, H)``; None stands for zeros.

        Returns:
            The prediction, ``(B, T, K)``, and the state after the windows.

        Raises:
            TypeError: when inputs or state are not real numbers.
            ValueError: when they have another shape.
        """
        given = checked_windows(self.model, inputs, state, self.dtype)
        with self._turn:
            return self._engine.predict(*given)

    def context(self) -> StepContext:
        """What the present step was computed from, for `rnn_core.diagnostics`.

        Asking changes nothing that follows. After `restore` it is the snapshot's step.

        Raises:
            ValueError: before the first step.
        """
        if not self._is_anywhere:
            raise ValueError(
                "context must be asked for after a step, got none yet. Take one from steps() first."
            )
        # A task gives the same batch whenever it is asked, so that no step need keep its own.
        batch = self.task.batch(self.present, NUMPY_DTYPES[self.dtype])
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

        After `restore` that is where the restored snapshot was.

        Raises:
            ValueError: before the first step.
        """
        if not self._is_anywhere:
            raise ValueError(
                "snapshot must be asked for after a step, got none yet. Take one from steps() "
                "first."
            )
        with self._turn:
            return Snapshot(
                index=self.present,
                loss=self._loss,
                lr=self._lr,
                trained=tuple(parameter.requires_grad for parameter in self.model.parameters()),
                weights=flat(list(self.model.parameters())),
                optimizer=copied(self.optimizer.state_dict()),
                state=copied(self.state),
                config=self.config,
                task=self.task.identity,
            )

    def restore(self, snapshot: Snapshot) -> None:
        """Go back, or on, to a snapshot: the next step is the snapshot's own again, bit for bit.

        So are all that follow, with the engine and the learning rates of then, if `clip_norm` is
        the same too. With another, the run branches off: it is the snapshot's up to that step, and
        its gradients are clipped from there on. `model` and `optimizer` are others than before.

        Args:
            snapshot: of a run with the same config but for `BRANCH_SETTINGS`, on the same task and
                in the same precision.

        Raises:
            TypeError: when it is not a snapshot.
            ValueError: when it is of another run; the first setting that differs is named. The run
                stays where it is.
        """
        self._check_snapshot(snapshot)
        with self._turn:
            self._restore(snapshot)

    def _restore(self, snapshot: Snapshot) -> None:
        with torch.inference_mode(False), torch.no_grad():
            run = new_run(self.config, self.task, self.dtype)
            parameters = list(run.model.parameters())
            views = views_of(snapshot.weights, parameters)
            for parameter, view, trained in zip(parameters, views, snapshot.trained, strict=True):
                parameter.copy_(view)
                parameter.requires_grad_(trained)
            _load(run.optimizer, snapshot)
            run.next_state = copied(snapshot.state)
            self._build_engine(self._engine_name, run)
        self.model, self.optimizer = run.model, run.optimizer
        self._index = snapshot.index
        self._is_restored = True
        self._loss = snapshot.loss
        self._diverged = False
        self.lr = snapshot.lr

    def _check_snapshot(self, snapshot: Snapshot) -> None:
        require("snapshot", snapshot, Snapshot, "a Snapshot", "trainer.snapshot()")
        require("config of snapshot", snapshot.config, RunConfig, "a RunConfig", "RunConfig()")
        require("weights of snapshot", snapshot.weights, torch.Tensor, "a tensor", "another one")
        whole("index of snapshot", snapshot.index, 0, high=2**62)
        replace(self.config, lr=snapshot.lr)
        numbers = sum(parameter.numel() for parameter in self.model.parameters())
        pairs: list[tuple[str, object, object]] = [
            (field.name, getattr(self.config, field.name), getattr(snapshot.config, field.name))
            for field in fields(self.config)
            if field.name not in BRANCH_SETTINGS
        ]
        pairs += [
            ("task", self.task.identity, snapshot.task),
            ("dtype", self.dtype, snapshot.weights.dtype),
            ("number of weights", numbers, snapshot.weights.numel()),
            ("number of parameters", len(list(self.model.parameters())), len(snapshot.trained)),
        ]
        for name, own, other in pairs:
            if own != other:
                raise InvalidValue(
                    N_(
                        "snapshot must be of a run with the same {name}, {own}, got {other}. "
                        "Restore it in a Trainer with the config it was taken with."
                    ),
                    name=name,
                    own=own,
                    other=other,
                )
        self._check_state(snapshot.state, self.config.batch_size)

    def _check_state(self, state: State | None, rows: int) -> None:
        rnn = self.model.rnn
        require_state(
            state, len(cell_of(self.model).state_parts), rnn.num_layers, rnn.hidden_size, rows
        )

    def fork(self) -> Trainer:
        """A second trainer at the same place: its next step is the one that is held, bit for bit.

        It goes its own way: nothing that it does changes this one. The two share the task, so
        only one thread may advance them.

        Raises:
            ValueError: before the first step.
        """
        snapshot = self.snapshot()
        other = Trainer.__new__(type(self))
        other.__setstate__(self.__getstate__())
        other.restore(snapshot)  # which gives it a model, an optimiser and an engine of its own
        return other

    def _advance(self) -> Step | None:
        """The next step; None after the last."""
        with self._turn:
            return None if self._diverged else self._next()

    def _next(self) -> Step:
        started = perf_counter()
        batch = self._batch(self._index)
        loss, grad_norm, prediction = self._engine.advance(batch)
        self._is_restored = False
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


def steps_per_call(config: RunConfig, models: Sequence[RecurrentModel]) -> int:
    """Steps to give to an engine at once, so that a call stays short.

    A call cannot be interrupted, and the windows of all its steps are in memory together.

    Args:
        config: of the data.
        models: all that are trained by the call.
    """
    samples = config.batch_size * config.window_length
    weights = sum(parameter.numel() for model in models for parameter in model.parameters())
    return max(1, min(_MOST_STEPS, _MOST_PRODUCTS // (samples * weights)))


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
    if not isinstance(dtype, torch.dtype) or dtype not in NUMPY_DTYPES:
        raise refused_value("dtype", "torch.float32 or torch.float64", dtype, "torch.float32")


def checked_windows(
    model: RecurrentModel, inputs: Any, state: State | None, dtype: torch.dtype
) -> tuple[NDArray[np.floating], State | None]:
    """Windows and the state before them, as an engine predicts from them.

    Args:
        model: what reads them.
        inputs: shape ``(B, T, D)``.
        state: each part ``(L, B, H)``; None stands for zeros.
        dtype: in which they are wanted.

    Raises:
        TypeError: when they are not real numbers.
        ValueError: when they have another shape.
    """
    wanted, features = NUMPY_DTYPES[dtype], model.rnn.input_size
    values: NDArray[np.floating] = inputs
    suggestion = "trainer.context().inputs[None]"
    if not isinstance(inputs, np.ndarray) or inputs.dtype != wanted:
        values = real_numbers("inputs", inputs, suggestion).astype(wanted)
    if values.ndim != 3 or values.shape[2] != features or not values.size:
        raise refused_value("inputs", f"of shape (B, T, {features})", values, suggestion)
    rnn, parts = model.rnn, len(cell_of(model).state_parts)
    require_state(state, parts, rnn.num_layers, rnn.hidden_size, len(values))
    if state is None:
        return values, None
    return values, pack([part.to(dtype) for part in unpack(state)])


def _load(optimizer: torch.optim.Optimizer, snapshot: Snapshot) -> None:
    """Give an optimizer the state of a snapshot.

    Raises:
        ValueError: when it is the state of another one.
    """
    try:
        optimizer.load_state_dict(copied(snapshot.optimizer))
        fits = all(
            not isinstance(each, torch.Tensor) or not each.ndim or each.shape == parameter.shape
            for parameter, known in optimizer.state.items()
            for each in known.values()
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        fits = False
    if not fits:
        raise ValueError(
            f"optimizer of snapshot must be the state of {snapshot.config.optimizer} on the "
            "snapshot's weights, got another one. Try the optimizer of another snapshot."
        )
