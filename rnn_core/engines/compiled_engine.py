"""Compiled loops on the torch models' own memory.

The parameters of a model are laid one after another into one vector, and so are their gradients
and the optimiser's state; the model's and the optimiser's tensors become views of these vectors.
So the model stays a plain PyTorch module with a plain optimiser at every step, and the kernels of
`rnn_core.engines.kernels` see plain arrays. Runs of one shape stand in a stack, a row each.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from rnn_core.config import RunConfig
from rnn_core.engines import kernels
from rnn_core.engines.base import Evaluation, TrainingState
from rnn_core.models import State
from rnn_core.registry import CELLS
from rnn_core.tasks import Batch

_CRITERIA = {"mse": kernels.MSE, "cross_entropy": kernels.CROSS_ENTROPY}
_OPTIMIZERS = {"adam": kernels.ADAM, "sgd": kernels.SGD, "rmsprop": kernels.RMSPROP}
#: What PyTorch calls the optimiser's moments: first and second.
_MOMENTS: dict[str, tuple[str | None, str | None]] = {
    "adam": ("exp_avg", "exp_avg_sq"),
    "sgd": ("momentum_buffer", None),
    "rmsprop": (None, "square_avg"),
}
# What the kernels read where every time step counts.
_NO_MASK = np.empty((0, 0), bool)


def shape_of(config: RunConfig) -> tuple[object, ...]:
    """What runs must have in common to stand in one stack; all else may differ."""
    return (
        config.cell,
        config.optimizer,
        config.num_layers,
        config.hidden_size,
        config.batch_size,
        config.window_length,
    )


def kernel_of(config: RunConfig) -> int:
    """The kernels' number of a config's cell.

    Raises:
        ValueError: when there is no kernel for it.
    """
    kernel: int | None = CELLS[config.cell].kernel
    if kernel is None:
        raise ValueError(
            f"engine must be 'torch' or 'auto' for cell {config.cell!r}, which has no compiled "
            "kernel, got 'compiled'. Try 'auto'."
        )
    return kernel


class BatchedRuns:
    """Runs of one shape, trained in lockstep by one call, the interpreter's lock released.

    Args:
        runs: where to begin or go on, all by one criterion; a row of every array each.
    """

    @torch.no_grad()
    def __init__(self, runs: Sequence[TrainingState]) -> None:
        self._runs = list(runs)
        config = runs[0].config
        self._kind = (
            kernel_of(config),
            _CRITERIA[runs[0].criterion],
            _OPTIMIZERS[config.optimizer],
        )
        parameters = list(runs[0].model.parameters())
        dtype = parameters[0].dtype
        size = sum(parameter.numel() for parameter in parameters)
        self._vector, self._gradient, self._shown, self._first, self._second = (
            torch.zeros(len(runs), size, dtype=dtype) for _ in range(5)
        )
        self._counts = torch.zeros(len(runs), len(parameters))
        self._settings = np.zeros((len(runs), 4))
        np_dtype = self._vector.numpy().dtype
        layers, batch, hidden = config.num_layers, config.batch_size, config.hidden_size
        # The states of every layer: before the window, then after each time step.
        states = (len(runs), layers, 1 + config.window_length, batch, hidden)
        self._h, self._c = np.zeros(states, np_dtype), np.zeros(states, np_dtype)
        #: Of every run: loss, gradient norm, and two marks of the kernel's.
        self.result = np.zeros((len(runs), 4), np_dtype)
        # Which rows this stack itself has advanced: of others, the run still knows all.
        self._advanced = np.zeros(len(runs), bool)
        for row, run in enumerate(runs):
            self._adopt(row, run)
        self._arrays = (
            *(part.numpy() for part in (self._vector, self._gradient, self._shown)),
            *(part.numpy() for part in (self._first, self._second, self._counts)),
            *(self._h, self._c),
        )

    def advance(self, batch: Batch, prediction: NDArray[np.floating], begin: int, end: int) -> None:
        """One step of the runs from ``begin`` to ``end``; several threads may share a step.

        Args:
            batch: the window, as `Engine.advance` reads it.
            prediction: of all runs, shape ``(N, B, T, K)``; the rows from begin to end are written.
        """
        for row in range(begin, end):
            self._settings[row, kernels.LR] = self._runs[row].optimizer.param_groups[0]["lr"]
        kernels.train(
            *self._kind,
            begin,
            end,
            _plain(batch.inputs),
            _plain(batch.targets),
            _NO_MASK if batch.loss_mask is None else _plain(batch.loss_mask),
            self._settings,
            *self._arrays,
            prediction,
            self.result,
        )
        self._advanced[begin:end] = True

    def shown_gradients(self, row: int) -> list[tuple[nn.Parameter, Tensor]]:
        """Each parameter of a run with the gradient of its last window, to look at: a view."""
        parameters = list(self._runs[row].model.parameters())
        return list(zip(parameters, _views(self._shown[row], parameters), strict=True))

    def state(self, row: int) -> TrainingState:
        """Where a run stands."""
        run = self._runs[row]
        if self._advanced[row]:
            parts = len(CELLS[run.config.cell].state_parts)
            views = _views(self._gradient[row], list(run.model.parameters()))
            run.gradients = tuple(view.clone() for view in views)
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

    def _adopt(self, row: int, run: TrainingState) -> None:
        """Lay a run over our memory, to go on where it stands."""
        config, parameters = run.config, list(run.model.parameters())
        self._settings[row] = (
            config.lr,
            config.momentum,
            config.clip_norm or 0.0,
            run.carry_state,
        )
        for parameter, view in zip(parameters, _views(self._vector[row], parameters), strict=True):
            view.copy_(parameter)
            parameter.data = view
        self._adopt_optimizer(row, run, parameters)
        for gradient, view in zip(
            run.gradients, _views(self._gradient[row], parameters), strict=False
        ):
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

    def _adopt_optimizer(
        self, row: int, run: TrainingState, parameters: list[nn.Parameter]
    ) -> None:
        """Lay the optimiser's state, or PyTorch's initial one, over our vectors."""
        name = run.config.optimizer
        if name == "sgd" and run.config.momentum == 0:
            return  # PyTorch keeps no buffer then
        views = [_views(self._first[row], parameters), _views(self._second[row], parameters)]
        for index, parameter in enumerate(parameters):
            state = run.optimizer.state[parameter]
            if name != "sgd":
                count = self._counts[row, index]
                count.copy_(torch.as_tensor(state.get("step", 0.0)))
                state["step"] = count
            for context, view in zip(_MOMENTS[name], views, strict=True):
                if context is not None:
                    if state.get(context) is not None:
                        view[index].copy_(state[context])
                    state[context] = view[index]


class CompiledEngine:
    """A stack of one run.

    Args:
        run: where to begin or go on.
    """

    def __init__(self, run: TrainingState) -> None:
        self._stack = BatchedRuns([run])
        self._shown = self._stack.shown_gradients(0)

    def advance(self, batch: Batch) -> Evaluation:
        """Apply the update that is due, then read a window: forward, loss, gradient."""
        prediction = np.empty_like(batch.targets)
        self._stack.advance(batch, prediction[None], 0, 1)
        for parameter, gradient in self._shown:
            parameter.grad = gradient
        loss, grad_norm = self._stack.result[0, :2].tolist()
        return Evaluation(loss, grad_norm, prediction)

    def state(self) -> TrainingState:
        """Where the run stands."""
        return self._stack.state(0)

    def hidden_states(self) -> NDArray[np.floating]:
        """The top layer's h_t over the last window, shape ``(B, T, H)``; read-only."""
        return self._stack.hidden_states(0)


def _plain(values: NDArray[np.generic]) -> NDArray[np.generic]:
    """A plain array in memory: for a view or what is read-only, kernels would be compiled anew."""
    return values if values.flags.carray else np.array(values, order="C")


def _views(vector: Tensor, parameters: list[nn.Parameter]) -> list[Tensor]:
    """The parameters' shapes, laid over a vector."""
    parts = torch.split(vector, [parameter.numel() for parameter in parameters])
    return [part.view_as(parameter) for part, parameter in zip(parts, parameters, strict=True)]


def _state(h: NDArray[np.floating], c: NDArray[np.floating], parts: int) -> State:
    hidden = torch.from_numpy(h.copy())
    return (hidden, torch.from_numpy(c.copy())) if parts == 2 else hidden
