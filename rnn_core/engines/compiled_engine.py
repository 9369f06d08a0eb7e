"""Compiled loops on the memory of PyTorch's own tensors.

The parameters of a model lie one after another in one vector, and so do their gradients and the
optimizer's state; the tensors of the model and of the optimizer are views of these vectors. The
model stays a plain PyTorch module with a plain optimizer at every step, and the kernels of
`rnn_core.engines.kernels` see plain arrays. Runs of one shape share the arrays, a row each.

Tensors can be moved behind our back: ``model.share_memory()`` moves the storage of the vectors,
``p.data = …`` and ``load_state_dict(assign=True)`` take a parameter out of them. Every step
therefore begins by comparing addresses and settings with those of the step before. What has
changed is adopted, or refused where the kernels cannot compute it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import accumulate, chain, compress, groupby
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from rnn_core.cells.module import pack, unpack
from rnn_core.config import RunConfig
from rnn_core.engines import kernels
from rnn_core.engines.base import (
    Evaluation,
    Predict,
    TrainingState,
    changed_too_late,
    follow_parameters,
    plain,
    trainable,
    views_of,
)
from rnn_core.messages import N_, InvalidValue
from rnn_core.models import RecurrentModel, State
from rnn_core.registry import CELLS, OPTIMIZERS
from rnn_core.tasks import Batch
from rnn_core.tasks.stack import BatchStack

_CRITERIA = {"mse": kernels.MSE, "cross_entropy": kernels.CROSS_ENTROPY}
_TRAIN: Any = kernels.train
_PREDICT: Any = kernels.predict
_STEM = Path(kernels.__file__).stem
_log = logging.getLogger(__name__)
# What the kernels read where every time step counts.
_NO_MASK = np.empty((0, 0, 0), bool)


def shape_of(config: RunConfig) -> tuple[object, ...]:
    """The settings that runs must share to be trained by one call; all others may differ."""
    return (
        config.cell,
        config.optimizer,
        config.num_layers,
        config.hidden_size,
        config.batch_size,
        config.window_length,
    )


class BatchedRuns:
    """Runs of one shape, trained in lockstep by one call that releases the interpreter's lock.

    Args:
        runs: runs with equal `shape_of` and criterion, at any step; run n has row n of every array.
    """

    @torch.no_grad()
    def __init__(self, runs: Sequence[TrainingState]) -> None:
        self._runs = list(runs)
        config = runs[0].config
        self._kind = (
            CELLS[config.cell].kernel,
            _CRITERIA[runs[0].criterion],
            getattr(kernels, str(OPTIMIZERS[config.optimizer].kernel)),
        )
        parameters = list(runs[0].model.parameters())
        dtype = parameters[0].dtype
        size = sum(parameter.numel() for parameter in parameters)
        self._vector, self._gradient, self._shown, self._first, self._second = (
            torch.zeros(len(runs), size, dtype=dtype) for _ in range(5)
        )
        self._counts = torch.zeros(len(runs), len(parameters))
        # Those that tensors of the model or the optimizer are views of: users may move them.
        self._exposed = (self._vector, self._shown, self._first, self._second, self._counts)
        self._settings = np.zeros((len(runs), 4))
        # Begin and end of each run of trained parameters in a row; those left over are empty.
        self._trained = np.zeros((len(runs), len(parameters), 2), np.int64)
        np_dtype = self._vector.numpy().dtype
        layers, batch, hidden = config.num_layers, config.batch_size, config.hidden_size
        # The states of every layer: before the window, then after each time step.
        states = (len(runs), layers, 1 + config.window_length, batch, hidden)
        self._h, self._c = np.zeros(states, np_dtype), np.zeros(states, np_dtype)
        #: Of every run: loss, gradient norm, and two flags of the kernel.
        self.result = np.zeros((len(runs), 4), np_dtype)
        self._losses, self._norms = (np.empty((len(runs), 1), np_dtype) for _ in range(2))
        # The rows that were advanced here: the past of the others is still in their run.
        self._advanced = np.zeros(len(runs), bool)
        self._bound: list[_Bound] = []
        self._bound += [self._adopt(row, run) for row, run in enumerate(runs)]
        self._take_arrays()

    def advance(self, batch: Batch, prediction: NDArray[np.floating], begin: int, end: int) -> None:
        """One step of the runs from ``begin`` to ``end``; several threads may share a step.

        Args:
            batch: the window, as `Engine.advance` reads it.
            prediction: of all runs, shape ``(N, B, T, K)``; rows begin to end - 1 are written.
            begin: first row.
            end: row after the last.

        Raises:
            ValueError: when a model or an optimizer was changed to what the kernels cannot compute.
        """
        self._train(
            plain(batch.inputs)[None],
            plain(batch.targets)[None],
            None if batch.loss_mask is None else plain(batch.loss_mask)[None],
            prediction,
            self._losses,
            self._norms,
            begin,
            end,
        )

    def advance_many(
        self, windows: BatchStack, begin: int = 0, end: int | None = None
    ) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """Several steps in one call; several threads may share them, each with its own runs.

        Args:
            windows: S of them.
            begin: first run.
            end: run after the last; None for all.

        Returns:
            Losses and gradient norms of these n runs, each ``(n, S)``. A run that diverges keeps
            its last ones.

        Raises:
            ValueError: as `advance`.
        """
        steps, *shape = windows.targets.shape
        runs, dtype = len(self._runs), windows.targets.dtype
        part = slice(begin, runs if end is None else end)
        losses, norms = (np.empty((runs, steps), dtype) for _ in range(2))
        self._train(
            plain(windows.inputs),
            plain(windows.targets),
            None if windows.loss_mask is None else plain(windows.loss_mask),
            np.empty((runs, *shape), dtype),
            losses,
            norms,
            part.start,
            part.stop,
        )
        return losses[part], norms[part]

    def _train(
        self,
        inputs: NDArray[np.generic],
        targets: NDArray[np.generic],
        loss_mask: NDArray[np.generic] | None,
        prediction: NDArray[np.floating],
        losses: NDArray[np.floating],
        norms: NDArray[np.floating],
        begin: int,
        end: int,
    ) -> None:
        for row in range(begin, end):
            self._follow(row)
            self._settings[row, kernels.LR] = self._bound[row].group["lr"]
        _run_kernel(
            _TRAIN,
            *self._kind,
            begin,
            end,
            inputs,
            targets,
            _NO_MASK if loss_mask is None else loss_mask,
            self._settings,
            self._trained,
            *self._arrays,
            prediction,
            self.result,
            losses,
            norms,
        )
        self._advanced[begin:end] = True

    def predict(
        self, row: int, inputs: NDArray[np.floating], state: State | None = None
    ) -> tuple[NDArray[np.floating], State]:
        """What a run predicts with its present weights, as `Engine.predict` says."""
        self._follow(row)
        return _predict(self._runs[row].model, self._arrays[0][row], inputs, state)

    def show_gradients(self, row: int) -> None:
        """Set the ``.grad`` of a run's parameters to the gradient of its last window."""
        for parameter, gradient in self._bound[row].gradients:
            parameter.grad = gradient

    def state(self, row: int) -> TrainingState:
        """The state of a run."""
        run = self._runs[row]
        if self._advanced[row]:
            parts = len(CELLS[run.config.cell].state_parts)
            bound = self._bound[row]
            views = views_of(self._gradient[row], bound.parameters)
            run.gradients = tuple(view.clone() for view in compress(views, bound.trains))
            run.grad_norm = float(self.result[row, kernels.GRAD_NORM])
            carried = self.result[row, kernels.CARRIED] != 0
            run.state = _state(self._h[row, :, 0], self._c[row, :, 0], parts) if carried else None
            run.next_state = _state(self._h[row, :, -1], self._c[row, :, -1], parts)
            run.hidden_states = self.hidden_states(row)
        return run

    def hidden_states(self, row: int) -> NDArray[np.floating]:
        """A run's h_t of the top layer over the last window, shape ``(B, T, H)``; read-only."""
        if not self._advanced[row]:
            return self._runs[row].hidden_states
        values: NDArray[np.floating] = self._h[row, -1, 1:].swapaxes(0, 1).copy()
        values.flags.writeable = False
        return values

    def _follow(self, row: int) -> None:
        """Adopt what has changed since the last call."""
        if list(map(_ADDRESS, self._exposed)) != self._addresses:
            self._take_arrays()
        if not self._bound[row].is_unchanged():
            self._adopt_changes(row)

    def _take_arrays(self) -> None:
        """The arrays of the vectors, wherever their storage lies now."""
        for tensor in self._exposed:
            if tensor.untyped_storage().nbytes() < tensor.numel() * tensor.element_size():
                raise InvalidValue(
                    N_(
                        "The storage of the model and the optimizer must keep its size, got one "
                        "of {nbytes} bytes. Build a new Trainer."
                    ),
                    nbytes=tensor.untyped_storage().nbytes(),
                )
        self._arrays = (
            *(part.numpy() for part in (self._vector, self._gradient, self._shown)),
            *(part.numpy() for part in (self._first, self._second, self._counts)),
            *(self._h, self._c),
        )
        self._addresses = list(map(_ADDRESS, self._exposed))
        # Where a storage has moved, so have all parameters.
        for row, bound in enumerate(self._bound):
            if all(map(_lies_at, bound.parameters, views_of(self._vector[row], bound.parameters))):
                bound.note_addresses()

    def _adopt(self, row: int, run: TrainingState) -> _Bound:
        """Lay a run over our memory, to go on where it stands."""
        config, parameters = run.config, list(run.model.parameters())
        self._settings[row] = (
            config.lr,
            config.momentum,
            config.clip_norm or 0.0,
            run.carry_state,
        )
        if run.gradients:
            if len(run.gradients) != len(trainable(run.model)):
                raise changed_too_late(len(run.gradients), len(trainable(run.model)))
            views = compress(views_of(self._gradient[row], parameters), map(_TRAINS, parameters))
            for gradient, view in zip(run.gradients, views, strict=True):
                view.copy_(gradient)
        self.result[row, kernels.GRAD_NORM] = run.grad_norm
        self.result[row, kernels.HAS_READ] = kernels.NOTHING
        if run.gradients:
            self.result[row, kernels.HAS_READ] = kernels.A_WINDOW
        elif run.next_state is not None:
            self.result[row, kernels.HAS_READ] = kernels.A_STATE
        if isinstance(run.next_state, tuple):
            h, c = run.next_state
            self._h[row, :, -1], self._c[row, :, -1] = h.numpy(), c.numpy()
        elif run.next_state is not None:
            self._h[row, :, -1] = run.next_state.numpy()
        return self._adopt_tensors(row, run)

    def _adopt_tensors(self, row: int, run: TrainingState) -> _Bound:
        """Make the tensors of a run's model and optimizer views of our vectors."""
        parameters = list(run.model.parameters())
        views = views_of(self._vector[row], parameters)
        moved = [
            # A copy, since it may be another view of our own memory, such as a transpose.
            (parameter, view, parameter.detach().clone())
            for parameter, view in zip(parameters, views, strict=True)
            if not _lies_at(parameter, view)
        ]
        for parameter, view, values in moved:
            view.copy_(values)
            parameter.data = view
        follow_parameters(run.optimizer, run.model)
        trains = list(map(_TRAINS, parameters))
        self._trained[row] = 0
        for index, span in enumerate(_spans(parameters, trains)):
            self._trained[row, index] = span
        optimizer = OPTIMIZERS[run.config.optimizer]
        first, second = (views_of(part[row], parameters) for part in (self._first, self._second))
        # PyTorch keeps no buffer for an SGD without momentum.
        stateless = "momentum" in optimizer.settings and run.config.momentum == 0
        kept = [] if stateless else [index for index, own in enumerate(trains) if own]
        for index in kept:
            parameter = parameters[index]
            state = run.optimizer.state[parameter]
            if optimizer.kernel != "SGD":
                count = self._counts[row, index]
                _move(state.get("step", 0.0), count)
                state["step"] = count
            for name, view in zip(optimizer.moments, (first[index], second[index]), strict=True):
                if name is not None:
                    _move(state.get(name), view)
                    state[name] = view
        for parameter, own in zip(parameters, trains, strict=True):
            # Made above while the parameter was trained; PyTorch has none before the first update.
            if not own and _is_zero(run.optimizer.state.get(parameter, {})):
                run.optimizer.state.pop(parameter, None)
        if kept:  # The kernels read the first count, whether or not it is of a trained parameter.
            self._counts[row, 0] = self._counts[row, kept[0]]
        shown = zip(parameters, views_of(self._shown[row], parameters), strict=True)
        return _Bound(run, parameters, list(compress(shown, trains)))

    def _adopt_changes(self, row: int) -> None:
        """Go on from tensors that were replaced.

        Raises:
            ValueError: when the kernels cannot compute what the run has become.
        """
        self._bound[row].refuse_unknown(self.result[row, kernels.HAS_READ] == kernels.A_WINDOW)
        with torch.inference_mode(False), torch.no_grad():
            self._bound[row] = self._adopt_tensors(row, self._runs[row])


_ADDRESS: Callable[[Tensor], int] = Tensor.data_ptr
_STRIDE: Callable[[Tensor], tuple[int, ...]] = Tensor.stride
_TRAINS: Callable[[Tensor], bool] = attrgetter("requires_grad")
# Entries of a parameter group that may change: the kernels read the learning rate at every step.
_FREE = ("params", "lr")


class _Bound:
    """The tensors and settings that a run was bound with, to be compared at every step.

    Comparisons run in C: this costs two microseconds a step and a run.
    """

    def __init__(
        self,
        run: TrainingState,
        parameters: list[nn.Parameter],
        gradients: list[tuple[nn.Parameter, Tensor]],
    ) -> None:
        self._run = run
        self.parameters = parameters
        self.gradients = gradients
        self.trains = list(map(_TRAINS, parameters))
        self._names = [name for name, _parameter in run.model.named_parameters()]
        self._shapes = [parameter.shape for parameter in parameters]
        self._dtype = parameters[0].dtype
        # nn.Module keeps its submodules and parameters in these dicts.
        self._modules = dict(run.model._modules)
        self._holders: list[dict[str, Any]] = [
            module._parameters for module in run.model.modules() if module._parameters
        ]
        self.note_addresses()
        self._strides = list(map(_STRIDE, parameters))
        self.group = run.optimizer.param_groups[0]
        self._optimized = list(self.group["params"])
        self._fixed = {name: value for name, value in self.group.items() if name not in _FREE}
        self._read_fixed = itemgetter(*self._fixed)
        self._fixed_values = tuple(self._fixed.values())
        self._state = run.optimizer.state
        self._states: list[dict[str, Any]] = list(self._state.values())
        self._state_copies = [dict(state) for state in self._states]

    def note_addresses(self) -> None:
        """Take the parameters' present addresses as known."""
        self._addresses = list(map(_ADDRESS, self.parameters))

    def is_unchanged(self) -> bool:
        """Whether the kernels may go on as they are."""
        run = self._run
        groups, state = run.optimizer.param_groups, run.optimizer.state
        now = list(chain.from_iterable(map(dict.values, self._holders)))
        try:
            return (
                list(map(_ADDRESS, now)) == self._addresses
                and list(map(_STRIDE, now)) == self._strides
                and list(map(_TRAINS, now)) == self.trains
                and run.model._modules == self._modules
                and len(groups) == 1
                and groups[0] is self.group
                and bool(self._read_fixed(self.group) == self._fixed_values)
                and self.group["params"] == self._optimized
                and state is self._state
                and list(state.values()) == self._states
                and self._states == self._state_copies
            )
        except (RuntimeError, KeyError):
            # Tensors are compared by identity, and by value only where they were replaced, which
            # fails for more than one number. A missing entry is a change as well.
            return False

    def refuse_unknown(self, update_is_due: bool) -> None:
        """Raise ValueError when the run has become what the kernels cannot compute."""
        run = self._run
        named = dict(run.model.named_parameters())
        if list(named) != self._names:
            raise InvalidValue(
                N_(
                    "The model must keep its parameters for the compiled engine, got {names}. "
                    "Build a new Trainer."
                ),
                names=", ".join(named),
            )
        for (name, parameter), shape in zip(named.items(), self._shapes, strict=True):
            for what, wanted, got in (
                ("dtype", self._dtype, parameter.dtype),
                ("shape", tuple(shape), tuple(parameter.shape)),
                ("device", "cpu", parameter.device.type),
            ):
                if wanted != got:
                    raise InvalidValue(
                        N_(
                            "The {what} of {name} must stay {wanted} for the compiled engine, got "
                            "{got}. Change it back, or build a new Trainer."
                        ),
                        what=what,
                        name=name,
                        wanted=wanted,
                        got=got,
                    )
        if update_is_due and list(map(_TRAINS, named.values())) != self.trains:
            raise changed_too_late(sum(self.trains), len(trainable(run.model)))
        groups = run.optimizer.param_groups
        trained = len(trainable(run.model))
        if len(groups) != 1 or len(groups[0]["params"]) not in (trained, len(named)):
            raise InvalidValue(
                N_(
                    "The optimizer must have one group with all trained parameters for the "
                    "compiled engine, got {count} groups. Set the trainer's engine to 'torch'."
                ),
                count=len(groups),
            )
        for entry, value in self._fixed.items():
            found = groups[0].get(entry)
            if found != value:
                raise InvalidValue(
                    N_(
                        "The optimizer's {name} must stay {wanted} for the compiled engine, got "
                        "{got}. Change it back, or set the trainer's engine to 'torch'."
                    ),
                    name=entry,
                    wanted=value,
                    got=found,
                )


class CompiledEngine:
    """One run, trained by the kernels.

    Args:
        run: the run, at any step.
    """

    def __init__(self, run: TrainingState) -> None:
        self._batched = BatchedRuns([run])

    def advance(self, batch: Batch) -> Evaluation:
        """Apply the update that is due, then evaluate a window: forward, loss, gradient."""
        prediction = np.empty_like(batch.targets)
        self._batched.advance(batch, prediction[None], 0, 1)
        self._batched.show_gradients(0)
        loss, grad_norm = self._batched.result[0, :2].tolist()
        return Evaluation(loss, grad_norm, prediction)

    def advance_many(
        self, windows: BatchStack
    ) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """Losses and gradient norms of several steps, up to a loss that is not finite."""
        losses, norms = self._batched.advance_many(windows)
        self._batched.show_gradients(0)
        ends = np.flatnonzero(~np.isfinite(losses[0]))
        count = ends[0] + 1 if len(ends) else len(losses[0])
        return losses[0, :count], norms[0, :count]

    def predict(
        self, inputs: NDArray[np.floating], state: State | None = None
    ) -> tuple[NDArray[np.floating], State]:
        """What the network predicts with its present weights."""
        return self._batched.predict(0, inputs, state)

    def state(self) -> TrainingState:
        """The state of the run."""
        return self._batched.state(0)

    def hidden_states(self) -> NDArray[np.floating]:
        """The top layer's h_t over the last window, shape ``(B, T, H)``; read-only."""
        return self._batched.hidden_states(0)


def flat_predictor(model: RecurrentModel) -> Predict:
    """Predictions of a network, from a copy of its weights."""
    vector = torch.cat([parameter.detach().reshape(-1) for parameter in model.parameters()])
    return partial(_predict, model, vector.numpy())


def _predict(
    model: RecurrentModel,
    vector: NDArray[np.floating],
    inputs: NDArray[np.floating],
    state: State | None,
) -> tuple[NDArray[np.floating], State]:
    batch, length, _features = inputs.shape
    cell, layers, hidden = model.cell, model.rnn.num_layers, model.rnn.hidden_size
    h, c = np.zeros((2, layers, batch, hidden), inputs.dtype)
    for part, given in zip((h, c), () if state is None else unpack(state), strict=False):
        part[:] = given.detach().numpy()
    prediction = np.empty((batch, length, model.out.out_features), inputs.dtype)
    _run_kernel(_PREDICT, cell.kernel, plain(inputs), vector, h, c, prediction)
    parts = [torch.from_numpy(part) for part in (h, c)]
    return prediction, pack(parts[: len(cell.state_parts)])


def _run_kernel(kernel: Any, *arguments: Any) -> None:
    """Call a kernel; where its file in Numba's cache is damaged, compile it anew."""
    known = len(kernel.overloads)
    try:
        kernel(*arguments)
    except Exception:
        # Loading fails before anything is trained. An error of a loaded kernel is a real one.
        if len(kernel.overloads) > known or not _delete_cache():
            raise
        kernel(*arguments)


def _delete_cache() -> int:
    """Delete the kernels' files in Numba's cache, and return how many there were."""
    folder = _TRAIN.stats.cache_path
    files = [] if folder is None else [*Path(folder).glob(f"{_STEM}.*.nb[ic]")]
    for file in files:
        file.unlink(missing_ok=True)
    if files:
        _log.warning("Numba's cache in %s is damaged; the kernels are compiled anew.", folder)
    return len(files)


def _is_zero(state: Mapping[str, Any]) -> bool:
    """Whether a parameter's optimizer state is that of before the first update."""
    return not any(bool(torch.as_tensor(value).any()) for value in state.values())


def _spans(parameters: list[nn.Parameter], trains: list[bool]) -> list[tuple[int, int]]:
    """Begin and end of each run of trained parameters in their vector."""
    ends = list(accumulate((parameter.numel() for parameter in parameters), initial=0))
    spans = []
    for own, group in groupby(range(len(parameters)), key=trains.__getitem__):
        indices = list(group)
        if own:
            spans.append((ends[indices[0]], ends[indices[-1] + 1]))
    return spans


def _lies_at(value: Tensor, view: Tensor) -> bool:
    """Whether a tensor is the same memory in the same shape."""
    return value.dtype == view.dtype and bool(value.is_set_to(view))


def _move(value: Tensor | float | None, view: Tensor) -> None:
    """Copy an entry of the optimizer's state to our vectors; None is PyTorch's initial zero."""
    if value is None:
        view.zero_()
    elif not (isinstance(value, Tensor) and _lies_at(value, view)):
        view.copy_(torch.as_tensor(value).clone())


def _state(h: NDArray[np.floating], c: NDArray[np.floating], parts: int) -> State:
    hidden = torch.from_numpy(h.copy())
    return (hidden, torch.from_numpy(c.copy())) if parts == 2 else hidden
