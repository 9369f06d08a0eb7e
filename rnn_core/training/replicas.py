"""Many runs at once, in lockstep on the same windows: what a fair comparison is made of."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from functools import lru_cache
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from rnn_core.arguments import items
from rnn_core.config import SETTINGS, RunConfig
from rnn_core.cores import cores
from rnn_core.engines import Engine, TrainingState, build_engine, choose_engine
from rnn_core.messages import N_, InvalidType, InvalidValue
from rnn_core.models import RecurrentModel, State
from rnn_core.rules import IntRange
from rnn_core.tasks import Batch, Task, task_for
from rnn_core.tasks.base import check_batch, is_foreign
from rnn_core.tasks.stack import BatchStack, stacked
from rnn_core.tasks.stack import stack as stack_of
from rnn_core.training.step import read_only
from rnn_core.training.trainer import (
    NUMPY_DTYPES,
    check_dtype,
    checked_windows,
    new_run,
    steps_per_call,
)
from rnn_core.training.turns import TakesTurns

if TYPE_CHECKING:
    from rnn_core.engines.compiled_engine import BatchedRuns

#: What may differ between replicas: the network and its training, but not the data.
MAY_DIFFER = frozenset(name for name, setting in SETTINGS.items() if setting.group != "data")
# Multiplications from which the work is shared with a second thread: handing it over takes some
# 50 µs.
_LEAST_WORK = 200_000
_THREADS = IntRange(1, 1024)


@dataclass(frozen=True, slots=True, eq=False)
class ReplicaStep:
    """What N networks predict for window ``index``, each after ``index`` updates of its own.

    Args:
        index: updates done so far; 0 is the untrained networks.
        loss: the task's loss of each, shape ``(N,)``. A replica whose loss is not finite is no
            longer trained and keeps that loss.
        accuracy: share of right answers of each, shape ``(N,)``, nan for one that is no longer
            trained; None where the task defines none.
        grad_norm: norm of each whole gradient, before clipping, shape ``(N,)``.
        seconds: time it took to compute.
        time: when the samples were taken, shape ``(B, T)``. Read-only, like all arrays below.
        inputs: shape ``(B, T, D)``.
        targets: shape ``(B, T, K)``; undefined where ``loss_mask`` is False.
        loss_mask: the time steps that the loss is averaged over, shape ``(B, T)``; None for all.
        prediction: shape ``(N, B, T, K)``.
    """

    index: int
    loss: NDArray[np.floating]
    accuracy: NDArray[np.floating] | None
    grad_norm: NDArray[np.floating]
    seconds: float
    time: NDArray[np.floating]
    inputs: NDArray[np.floating]
    targets: NDArray[np.floating]
    loss_mask: NDArray[np.bool_] | None
    prediction: NDArray[np.floating]


class Replicas(TakesTurns):
    """N runs that read the same windows in the same order, advanced together.

    Each is the run that a `Trainer` with its config and engine would give, bit for bit.

    Args:
        configs: the settings of each run. They may differ in the network and in its training
            (`MAY_DIFFER`), but not in the data.
        task: as in `Trainer`.
        dtype: torch.float32, or torch.float64 for checks.
        engine: as in `Trainer`. PyTorch's replicas run one after another on the calling thread.
        threads: that compiled replicas may run on, at least 1; more than two are not used. None
            for as many as this process has cores. The results are the same.

    Raises:
        TypeError: when ``configs`` holds anything but RunConfigs, or ``threads`` is no whole
            number.
        ValueError: when there are none, when they read different data, or when ``dtype``,
            ``engine`` or ``threads`` is another one.

    Example:
        >>> replicas = Replicas([RunConfig(cell=cell, seed=1) for cell in ("rnn", "lstm", "gru")])
        >>> step = next(replicas.steps())
        >>> step.loss.shape, step.prediction.shape
        ((3,), (3, 1, 10, 1))
    """

    def __init__(
        self,
        configs: Sequence[RunConfig],
        *,
        task: Task | None = None,
        dtype: torch.dtype = torch.float32,
        engine: str = "torch",
        threads: int | None = None,
    ) -> None:
        super().__init__()
        self.configs = items("configs", configs, "a sequence of RunConfigs", "[RunConfig()]")
        _check_configs(self.configs)
        check_dtype(dtype)
        self.dtype = dtype
        self.task = task_for(self.configs[0], task)
        self._is_own_task = task is not None or is_foreign(self.task)
        self.engines = tuple(choose_engine(engine, config, dtype) for config in self.configs)
        self._threads = cores() if threads is None else _THREADS.check("threads", threads, 1)
        self.reset()

    def __len__(self) -> int:
        """How many there are, N."""
        return len(self.configs)

    def reset(self) -> None:
        """Go back to step 0: the next step is the first again, bit for bit."""
        with self._turn:
            self._begin()

    def _begin(self) -> None:
        with torch.inference_mode(False):
            self._runs = [new_run(config, self.task, self.dtype) for config in self.configs]
            self._singles: dict[int, Engine] = {
                n: build_engine("torch", run)
                for n, run in enumerate(self._runs)
                if self.engines[n] == "torch"
            }
            self._stacks = self._build_stacks()
        # Multiplications per sample of a window, roughly: the parameters that can be shared out.
        self._work = sum(
            parameter.numel()
            for rows, _stack in self._stacks
            for n in rows
            for parameter in self._runs[n].model.parameters()
            if len(rows) > 1
        )
        self._steps_per_call = steps_per_call(self.configs[0], self.models)
        self._index = 0
        self._alive = np.ones(len(self), bool)
        self._loss = np.empty(len(self))
        self._grad_norm = np.empty(len(self))

    def _build_stacks(self) -> list[tuple[list[int], BatchedRuns]]:
        """The compiled runs, those of one shape together, each stack with its runs' places."""
        if "compiled" not in self.engines:
            return []
        # As in `build_engine`: only those who use it should wait for Numba.
        from rnn_core.engines.compiled_engine import BatchedRuns, shape_of

        places: dict[tuple[object, ...], list[int]] = {}
        for n, config in enumerate(self.configs):
            if self.engines[n] == "compiled":
                places.setdefault(shape_of(config), []).append(n)
        return [(rows, BatchedRuns([self._runs[n] for n in rows])) for rows in places.values()]

    @property
    def models(self) -> tuple[RecurrentModel, ...]:
        """The networks, with the weights that belong to the present step."""
        return tuple(run.model for run in self._runs)

    @property
    def alive(self) -> NDArray[np.bool_]:
        """Which replicas have not diverged, shape ``(N,)``."""
        return self._alive.copy()

    def set_lr(self, replica: int, lr: float) -> None:
        """Give a replica's next update another learning rate.

        Args:
            replica: its place in `configs`, from 0 to N - 1.
            lr: the learning rate.

        Raises:
            TypeError, ValueError: when there is no such replica, or a config would refuse the
                learning rate.
        """
        checked = RunConfig(lr=lr).lr
        for group in self._runs[self._place(replica)].optimizer.param_groups:
            group["lr"] = checked

    def state(self, replica: int) -> TrainingState:
        """Where a replica stands: model, optimiser, gradients, states.

        Raises:
            TypeError, ValueError: when there is no such replica.
        """
        replica = self._place(replica)
        if replica in self._singles:
            return self._singles[replica].state()
        stack, row = self._stack_of(replica)
        return stack.state(row)

    def predict(
        self, replica: int, inputs: NDArray[np.floating], state: State | None = None
    ) -> tuple[NDArray[np.floating], State]:
        """What a replica predicts with the weights of the present step, as `Trainer.predict`.

        Raises:
            TypeError, ValueError: when there is no such replica, and as `Trainer.predict` does.
        """
        replica = self._place(replica)
        given = checked_windows(self._runs[replica].model, inputs, state, self.dtype)
        with self._turn:
            if replica in self._singles:
                return self._singles[replica].predict(*given)
            stack, row = self._stack_of(replica)
            return stack.predict(row, *given)

    def _stack_of(self, replica: int) -> tuple[BatchedRuns, int]:
        """The stack that a compiled replica is trained in, and its row."""
        rows, stack = next(each for each in self._stacks if replica in each[0])
        return stack, rows.index(replica)

    def _place(self, replica: int) -> int:
        return IntRange(0, len(self) - 1).check("replica", replica, 0)

    def steps(self) -> Iterator[ReplicaStep]:
        """Train for as long as steps are asked for, as `Trainer.steps` does.

        Yields:
            Steps without end, but for this: the one at which the last replica diverges is the last.
        """
        while (step := self._advance()) is not None:
            yield step

    def advance(self, count: int) -> NDArray[np.float64]:
        """Take ``count`` steps at once: bit for bit the next ``count`` of `steps`, and faster.

        The compiled engine takes many steps in one call. Both can be mixed freely.

        Args:
            count: number of steps, at least 1.

        Returns:
            The losses, shape ``(N, S)``. S is ``count``, or less when the last replica diverges: at
            step S. A replica that has diverged keeps its loss.

        Raises:
            TypeError, ValueError: when ``count`` is not a whole number of at least 1.
        """
        count = IntRange(1, 2**31 - 1).check("count", count, 100)
        taken = [np.empty((len(self), 0))]
        with self._turn:
            while count and self._alive.any():
                chunk = min(count, self._steps_per_call)
                taken.append(self._take(chunk))
                count -= chunk
        return np.concatenate(taken, axis=1)

    def _take(self, count: int) -> NDArray[np.float64]:
        """Losses of the next steps, up to that at which the last replica diverges."""
        windows = self._windows(count)
        losses = np.repeat(self._loss[:, None], count, axis=1)
        norms = np.repeat(self._grad_norm[:, None], count, axis=1)
        for n, engine in self._singles.items():
            if self._alive[n]:
                for kept, given in zip((losses, norms), engine.advance_many(windows), strict=True):
                    kept[n, : len(given)], kept[n, len(given) :] = given, given[-1]

        def train(second_half: bool, share: bool) -> None:
            for rows, stack, part in self._parts(second_half, share):
                if rows:
                    losses[rows], norms[rows] = stack.advance_many(windows, *part)

        self._on_two_threads(train, windows.targets[..., 0].size)
        ends = np.flatnonzero(~np.isfinite(losses).any(axis=0))
        done = int(ends[0]) + 1 if len(ends) else count
        self._loss, self._grad_norm = losses[:, done - 1].copy(), norms[:, done - 1].copy()
        self._alive = np.isfinite(self._loss)
        self._index += done
        return losses[:, :done]

    def _windows(self, count: int) -> BatchStack:
        """The batches of the next steps."""
        dtype, indices = NUMPY_DTYPES[self.dtype], range(self._index, self._index + count)
        if not self._is_own_task:
            return stacked(self.task, self._index, count, dtype)
        return stack_of([self._batch(index) for index in indices])

    def _batch(self, index: int) -> Batch:
        """The batch of a step, checked where the task comes from outside the package."""
        dtype = NUMPY_DTYPES[self.dtype]
        batch = self.task.batch(index, dtype)
        if self._is_own_task:
            check_batch(batch, self.task, self.configs[0], dtype)
        return batch

    def _advance(self) -> ReplicaStep | None:
        """The next step; None after the last."""
        with self._turn:
            return self._next() if self._alive.any() else None

    def _next(self) -> ReplicaStep:
        started = perf_counter()
        batch = self._batch(self._index)
        prediction = np.full((len(self), *batch.targets.shape), np.nan, batch.targets.dtype)
        for n, engine in self._singles.items():
            if self._alive[n]:
                given = engine.advance(batch)
                self._loss[n], self._grad_norm[n], prediction[n] = given
        self._advance_stacks(batch, prediction)
        accuracy = self._accuracy(batch, prediction)
        self._alive = np.isfinite(self._loss)
        step = ReplicaStep(
            index=self._index,
            loss=self._loss.copy(),
            accuracy=accuracy,
            grad_norm=self._grad_norm.copy(),
            seconds=perf_counter() - started,
            time=read_only(batch.time),
            inputs=read_only(batch.inputs),
            targets=read_only(batch.targets),
            loss_mask=None if batch.loss_mask is None else read_only(batch.loss_mask),
            prediction=read_only(prediction),
        )
        self._index += 1
        return step

    def _accuracy(
        self, batch: Batch, prediction: NDArray[np.floating]
    ) -> NDArray[np.floating] | None:
        """Of each replica that was still trained."""
        found = [
            self.task.accuracy(batch, own) if alive else math.nan
            for own, alive in zip(prediction, self._alive, strict=True)
        ]
        return None if None in found else np.array(found, float)

    def _advance_stacks(self, batch: Batch, prediction: NDArray[np.floating]) -> None:
        """Every stack's step."""
        shape, dtype = batch.targets.shape, batch.targets.dtype
        own = [np.empty((len(rows), *shape), dtype) for rows, _stack in self._stacks]

        def train(second_half: bool, share: bool) -> None:
            parts = self._parts(second_half, share)
            for (_rows, stack, part), room in zip(parts, own, strict=True):
                stack.advance(batch, room, *part)

        self._on_two_threads(train, shape[0] * shape[1])
        for (rows, stack), room in zip(self._stacks, own, strict=True):
            prediction[rows] = room
            self._loss[rows], self._grad_norm[rows] = stack.result[:, 0], stack.result[:, 1]

    def _parts(
        self, second_half: bool, share: bool
    ) -> Iterator[tuple[list[int], BatchedRuns, tuple[int, int]]]:
        """What one thread trains of each stack: the replicas' places, and its rows from and to."""
        for rows, stack in self._stacks:
            middle = len(rows) // 2 if share else len(rows)
            part = (middle, len(rows)) if second_half else (0, middle)
            yield rows[slice(*part)], stack, part

    def _on_two_threads(self, train: Callable[[bool, bool], None], samples: int) -> None:
        """Train half of each stack on a second thread, if that is worth it.

        Args:
            train: takes whether this is the second half, and whether there are two.
            samples: of all windows that are read.
        """
        if self._threads < 2 or self._work * samples < _LEAST_WORK:
            train(False, False)
            return
        other = _other_cores().submit(train, True, True)
        train(False, True)
        if other.cancel():  # all other cores are busy, and it has not begun
            train(True, True)
        else:
            other.result()


@lru_cache(maxsize=1)
def _other_cores() -> ThreadPoolExecutor:
    """Threads for the second halves, shared by all `Replicas` of the process."""
    return ThreadPoolExecutor(max(1, cores() - 1), thread_name_prefix="replicas")


def _check_configs(configs: tuple[RunConfig, ...]) -> None:
    if not configs:
        raise InvalidValue(
            N_("configs must hold at least one RunConfig, got none. Try [RunConfig()].")
        )
    for config in configs:
        if not isinstance(config, RunConfig):
            raise InvalidType(
                N_("configs must hold RunConfigs, got {value!r}. Try [RunConfig()]."), value=config
            )
    for field in fields(RunConfig):
        values = list(dict.fromkeys(getattr(config, field.name) for config in configs))
        if field.name not in MAY_DIFFER and len(values) > 1:
            raise InvalidValue(
                N_(
                    "{name} must be the same for all replicas, since they read the same windows, "
                    "got {one!r} and {other!r}. Train the others separately."
                ),
                name=field.name,
                one=values[0],
                other=values[1],
            )
