"""The same networks unrolled step by step with PyTorch, so that autograd can check the views."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from rnn_core import RecurrentModel, RunConfig
from rnn_core.models import State

CELLS = ("rnn", "lstm", "gru", "rnn_relu", "peephole_lstm")
FEATURES, OUTPUTS, HIDDEN, LENGTH = 2, 3, 4, 6


@dataclass
class Case:
    """A small network in float64, one window and a state to begin with."""

    model: RecurrentModel
    inputs: np.ndarray
    state: State
    targets: np.ndarray


def case(cell: str, layers: int = 2, seed: int = 0, scale: float = 2.0) -> Case:
    config = RunConfig(cell=cell, hidden_size=HIDDEN, num_layers=layers, seed=seed)
    model = RecurrentModel(config, input_size=FEATURES, output_size=OUTPUTS, dtype=torch.float64)
    numbers = np.random.default_rng((seed, layers))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter *= scale  # so that nothing is nearly linear
    h, c = (torch.from_numpy(numbers.standard_normal((layers, 1, HIDDEN))) for _ in range(2))
    return Case(
        model,
        numbers.standard_normal((LENGTH, FEATURES)),
        (h, c) if cell.endswith("lstm") else h,
        np.eye(OUTPUTS)[numbers.integers(0, OUTPUTS, LENGTH)],
    )


@dataclass
class Nodes:
    """What autograd may be asked about; by layer, and by time step where there is one."""

    inputs: Tensor
    recurrent: list[list[Tensor]]
    h: list[list[Tensor]]
    c: list[list[Tensor]]
    prediction: Tensor


def unrolled(case: Case) -> Nodes:
    """The window with weights of its own at every time step; h[l][0] is where it starts."""
    model, depth = case.model, case.model.rnn.num_layers
    inputs = torch.from_numpy(case.inputs).requires_grad_()
    parts = case.state if isinstance(case.state, tuple) else (case.state, case.state)
    h, c = (
        [[part[layer].detach().clone().requires_grad_()] for layer in range(depth)]
        for part in parts
    )
    recurrent: list[list[Tensor]] = [[] for _ in range(depth)]
    prediction = []
    for x in inputs:
        below = x[None]
        for layer in range(depth):
            own = getattr(model.rnn, f"weight_hh_l{layer}").detach().clone().requires_grad_()
            recurrent[layer].append(own)
            now = _step(model.rnn, layer, below, h[layer][-1], c[layer][-1], own)
            h[layer].append(now[0])
            c[layer].append(now[1])
            below = now[0]
        prediction.append(model.out(below)[0])
    return Nodes(inputs, recurrent, h, c, torch.stack(prediction))


def _step(
    rnn: nn.Module, layer: int, below: Tensor, h: Tensor, c: Tensor, own: Tensor
) -> tuple[Tensor, Tensor]:
    w_ih, b_ih, b_hh = (
        getattr(rnn, f"{name}_l{layer}").detach() for name in ("weight_ih", "bias_ih", "bias_hh")
    )
    if isinstance(rnn, nn.GRU):
        return torch.gru_cell(below, h, w_ih, own, b_ih, b_hh), c
    if isinstance(rnn, nn.RNN):
        cell = torch.rnn_relu_cell if rnn.nonlinearity == "relu" else torch.rnn_tanh_cell
        return cell(below, h, w_ih, own, b_ih, b_hh), c
    # Not torch.lstm_cell: it hides that h is read from the new c.
    i, f, g, o = (below @ w_ih.T + b_ih + h @ own.T + b_hh).chunk(4, dim=1)
    p_i, p_f, p_o = (
        torch.zeros(()) if isinstance(rnn, nn.LSTM) else getattr(rnn, f"{name}_l{layer}").detach()
        for name in ("peephole_i", "peephole_f", "peephole_o")
    )
    c = (f + p_f * c).sigmoid() * c + (i + p_i * c).sigmoid() * g.tanh()
    return (o + p_o * c).sigmoid() * c.tanh(), c


def step_jacobian(model: RecurrentModel, x: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """∂(state after)/∂(state before) of PyTorch's own layer; states are flat, h before c."""
    shape = model.rnn.num_layers, 1, model.rnn.hidden_size
    given = torch.from_numpy(np.array(x))[None, None]

    def step(flat: Tensor) -> Tensor:
        parts = flat.view(-1, *shape)
        state = tuple(parts) if len(parts) > 1 else parts[0]
        after = model.rnn(given, state)[1]
        return torch.cat([part.flatten() for part in after]) if len(parts) > 1 else after.flatten()

    return torch.autograd.functional.jacobian(step, torch.from_numpy(np.array(whole))).numpy()


def visited(case: Case) -> np.ndarray:
    """The whole state before the window and after each time step, ``(1 + T, S)``."""
    found, state = [], case.state
    with torch.no_grad():
        for x in [None, *torch.from_numpy(case.inputs)]:
            if x is not None:
                state = case.model.rnn(x[None, None], state)[1]
            parts = state if isinstance(state, tuple) else (state,)
            found.append(torch.cat([part.flatten() for part in parts]).numpy())
    return np.stack(found)
