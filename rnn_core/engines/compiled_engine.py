"""Compiled loops on the torch model's own memory.

The parameters are laid one after another into one vector, and so are their gradients and the
optimiser's state; the model's and the optimiser's tensors become views of these vectors. So the
model stays a plain PyTorch module with a plain optimiser at every step, and the kernels of
`rnn_core.engines.kernels` see plain arrays.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnn_core.engines import kernels
from rnn_core.engines.base import Evaluation, Run
from rnn_core.models import State

_CELLS = {"rnn": kernels.RNN, "lstm": kernels.LSTM, "gru": kernels.GRU}
_OPTIMIZERS = {"adam": kernels.ADAM, "sgd": kernels.SGD, "rmsprop": kernels.RMSPROP}
_GATES = {"rnn": 1, "lstm": 4, "gru": 3}
#: What PyTorch calls the optimiser's moments: first and second.
_MOMENTS: dict[str, tuple[str | None, str | None]] = {
    "adam": ("exp_avg", "exp_avg_sq"),
    "sgd": ("momentum_buffer", None),
    "rmsprop": (None, "square_avg"),
}


class CompiledEngine:
    """Trains with compiled kernels, the interpreter's lock released.

    Args:
        run: where to begin or go on.
    """

    @torch.no_grad()
    def __init__(self, run: Run) -> None:
        self._run = run
        config = run.config
        self._parameters = list(run.model.parameters())
        dtype = self._parameters[0].dtype
        size = sum(parameter.numel() for parameter in self._parameters)
        self._vector, self._gradient, self._shown, self._first, self._second = (
            torch.zeros(size, dtype=dtype) for _ in range(5)
        )
        self._counts = torch.zeros(len(self._parameters))
        self._shown_views = self._views(self._shown)
        self._adopt_parameters()
        self._adopt_optimizer()
        for gradient, view in zip(run.gradients, self._views(self._gradient), strict=False):
            view.copy_(gradient)

        layers, batch, steps = config.num_layers, config.batch_size, config.window_length
        hidden, gates = config.hidden_size, _GATES[config.cell] * config.hidden_size
        np_dtype = self._vector.numpy().dtype

        def room(*shape: int) -> NDArray[np.floating]:
            return np.zeros(shape, np_dtype)

        self._h0, self._c0 = room(layers, batch, hidden), room(layers, batch, hidden)
        self._h, self._c = (room(layers, batch, steps, hidden) for _ in range(2))
        self._gates, self._from_h = (room(layers, batch, steps, gates) for _ in range(2))
        self._d_out, self._d_gates = room(2, batch, steps, hidden), room(2, gates)
        # A window has been read: its update is due, and its last state may be carried.
        self._has_read = run.next_state is not None
        if run.next_state is not None:
            self._keep(run.next_state, self._h[:, :, -1], self._c[:, :, -1])
        self._arrays = (
            *(part.numpy() for part in (self._vector, self._gradient, self._shown)),
            *(part.numpy() for part in (self._first, self._second, self._counts)),
        )
        self._rooms = (self._h, self._c, self._gates, self._from_h, self._d_out, self._d_gates)
        self._evaluated = False  # by this engine
        self._carried = False  # into the last window

    def advance(self, inputs: NDArray[np.floating], targets: NDArray[np.floating]) -> Evaluation:
        """Apply the update that is due, then read a window: forward, loss, gradient."""
        config = self._run.config
        prediction = np.empty_like(targets)
        self._carried = config.carry_state and self._has_read
        loss, norm = kernels.training_step(
            _CELLS[config.cell],
            _OPTIMIZERS[config.optimizer],
            self._has_read,
            self._carried,
            inputs,
            targets,
            self._h0,
            self._c0,
            *self._arrays,
            self._run.optimizer.param_groups[0]["lr"],
            config.momentum,
            config.clip_norm or 0.0,
            self._run.grad_norm,
            *self._rooms,
            prediction,
        )
        self._has_read = self._evaluated = True
        loss, norm = float(loss), float(norm)
        self._run.grad_norm = norm
        for parameter, view in zip(self._parameters, self._shown_views, strict=True):
            parameter.grad = view
        return Evaluation(loss, norm, prediction)

    def run(self) -> Run:
        """Where the run stands."""
        run = self._run
        if self._evaluated:
            run.gradients = tuple(view.clone() for view in self._views(self._gradient))
            run.state = self._state(self._h0, self._c0) if self._carried else None
            run.next_state = self._state(self._h[:, :, -1], self._c[:, :, -1])
            run.hidden_states = self.hidden_states()
        return run

    def hidden_states(self) -> NDArray[np.floating]:
        """The top layer's h_t over the last window, shape ``(B, T, H)``; read-only."""
        if not self._evaluated:
            return self._run.hidden_states
        values: NDArray[np.floating] = self._h[-1].copy()
        values.flags.writeable = False
        return values

    def _views(self, vector: Tensor) -> list[Tensor]:
        """The parameters' shapes, laid over a vector."""
        sizes = [parameter.numel() for parameter in self._parameters]
        parts = torch.split(vector, sizes)
        return [
            part.view_as(parameter) for part, parameter in zip(parts, self._parameters, strict=True)
        ]

    def _adopt_parameters(self) -> None:
        for parameter, view in zip(self._parameters, self._views(self._vector), strict=True):
            view.copy_(parameter)
            parameter.data = view

    def _adopt_optimizer(self) -> None:
        """Lay the optimiser's state, or PyTorch's initial one, over our vectors."""
        name = self._run.config.optimizer
        if name == "sgd" and self._run.config.momentum == 0:
            return  # PyTorch keeps no buffer then
        names = _MOMENTS[name]
        views = [self._views(self._first), self._views(self._second)]
        for index, parameter in enumerate(self._parameters):
            state = self._run.optimizer.state[parameter]
            if name != "sgd":
                count = self._counts[index]
                count.copy_(torch.as_tensor(state.get("step", 0.0)))
                state["step"] = count
            for moment, view in zip(names, views, strict=True):
                if moment is not None:
                    if state.get(moment) is not None:
                        view[index].copy_(state[moment])
                    state[moment] = view[index]

    @staticmethod
    def _keep(state: State, h: NDArray[np.floating], c: NDArray[np.floating]) -> None:
        if isinstance(state, tuple):
            h[:], c[:] = state[0].numpy(), state[1].numpy()
        else:
            h[:] = state.numpy()

    def _state(self, h: NDArray[np.floating], c: NDArray[np.floating]) -> State:
        hidden = torch.from_numpy(h.copy())
        return (hidden, torch.from_numpy(c.copy())) if self._run.config.cell == "lstm" else hidden
