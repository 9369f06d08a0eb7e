"""The three cells written out: one time step of a layer, its gates and its derivatives.

PyTorch's layers return neither gates nor derivatives of the state, so they are computed here from
the layer's weights, in float64 whatever the run's precision: a gradient that has vanished over a
thousand steps is still a number then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from rnn_core.models import RecurrentModel

Array = NDArray[np.float64]

#: The gates, and the candidate among them, in the order in which PyTorch stacks their weights.
GATES = {"rnn": ("h",), "lstm": ("i", "f", "g", "o"), "gru": ("r", "z", "n")}
_MODES = {"RNN_TANH": "rnn", "LSTM": "lstm", "GRU": "gru"}


class Layer(NamedTuple):
    """Weights of one recurrent layer with G gates, which reads I numbers.

    Args:
        cell: ``"rnn"``, ``"lstm"`` or ``"gru"``.
        w_ih: shape ``(G·H, I)``.
        w_hh: shape ``(G·H, H)``.
        b_ih: shape ``(G·H,)``.
        b_hh: shape ``(G·H,)``.
    """

    cell: str
    w_ih: Array
    w_hh: Array
    b_ih: Array
    b_hh: Array

    @property
    def hidden_size(self) -> int:
        """Hidden units H."""
        return int(self.w_hh.shape[1])

    def by_gate(self, weight: Array) -> Array:
        """A stacked weight as ``(G, H, …)``."""
        return weight.reshape(-1, self.hidden_size, *weight.shape[1:])


class CellOutput(NamedTuple):
    """What one time step made of N states.

    Args:
        h: shape ``(N, H)``.
        c: shape ``(N, H)``; zeros unless the cell is an LSTM.
        gates: in PyTorch's order, shape ``(N, G, H)``; for a plain RNN h itself.
        recalled: of a GRU, what its gate r lets through: ``W_hn h + b_hn``, shape ``(N, H)``;
            otherwise zeros.
    """

    h: Array
    c: Array
    gates: Array
    recalled: Array


class LocalDerivatives(NamedTuple):
    """Derivatives of one time step, unit by unit.

    A gate's drive is what its nonlinearity is applied to: the input's part and the state's part.

    Args:
        h: of the new h by the state's part of every gate's drive, c held, ``(N, G, H)``.
        h_input: of the new h by the input's part, c held, ``(N, G, H)``.
        c: of the new c by the drives, ``(N, G, H)``; zeros unless the cell is an LSTM.
        h_kept: of the new h by the old one, the drives held, ``(N, H)``: a GRU's z.
        c_kept: of the new c by the old one, the drives held, ``(N, H)``: an LSTM's f.
        read: of the new h by the new c, ``(N, H)``.
    """

    h: Array
    h_input: Array
    c: Array
    h_kept: Array
    c_kept: Array
    read: Array


def layers_of(model: RecurrentModel) -> tuple[Layer, ...]:
    """The recurrent layers' weights as they stand, copied, lowest layer first."""
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return tuple(
        Layer(
            _MODES[model.rnn.mode],
            *(as_float64(getattr(model.rnn, f"{name}_l{number}")) for name in names),
        )
        for number in range(model.rnn.num_layers)
    )


def as_float64(values: ArrayLike | Tensor) -> Array:
    """A copy that nobody else holds."""
    if isinstance(values, Tensor):
        values = values.detach().numpy()
    return np.array(values, np.float64)


def cell_step(layer: Layer, from_input: Array, h: Array, c: Array) -> CellOutput:
    """One time step of N states.

    Args:
        layer: the weights.
        from_input: the input's part of the drives, its bias included, ``(N, G·H)``.
        h: shape ``(N, H)``.
        c: shape ``(N, H)``; read by an LSTM only.
    """
    from_state = h @ layer.w_hh.T + layer.b_hh
    shape = len(h), len(GATES[layer.cell]), layer.hidden_size
    by_input, by_state = from_input.reshape(shape), from_state.reshape(shape)  # (N, G, H)
    nothing = np.zeros_like(h)
    if layer.cell == "rnn":
        h = np.tanh(by_input[:, 0] + by_state[:, 0])
        return CellOutput(h, nothing, h[:, None], nothing)
    if layer.cell == "gru":
        opened = _sigmoid(by_input[:, :2] + by_state[:, :2])
        r, z = opened[:, 0], opened[:, 1]
        recalled = by_state[:, 2]
        n = np.tanh(by_input[:, 2] + r * recalled)
        return CellOutput((1 - z) * n + z * h, nothing, np.stack([r, z, n], axis=1), recalled)
    drives = by_input + by_state
    gates = _sigmoid(drives)
    gates[:, 2] = np.tanh(drives[:, 2])
    i, f, g, o = gates.swapaxes(0, 1)
    c = f * c + i * g
    return CellOutput(o * np.tanh(c), c, gates, nothing)


def local_derivatives(layer: Layer, moved: CellOutput, h: Array, c: Array) -> LocalDerivatives:
    """Derivatives of `cell_step` where it has led from (h, c) to ``moved``; N rows at once."""
    nothing = np.zeros_like(h)
    none = np.zeros_like(moved.gates)
    if layer.cell == "rnn":
        steep = 1 - moved.gates**2
        return LocalDerivatives(steep, steep, none, nothing, nothing, nothing)
    if layer.cell == "gru":
        r, z, n = moved.gates.swapaxes(0, 1)
        by_n = (1 - z) * (1 - n**2)
        by_r, by_z = by_n * moved.recalled * r * (1 - r), (h - n) * z * (1 - z)
        return LocalDerivatives(
            np.stack([by_r, by_z, by_n * r], axis=1),
            np.stack([by_r, by_z, by_n], axis=1),
            none,
            z,
            nothing,
            nothing,
        )
    i, f, g, o = moved.gates.swapaxes(0, 1)
    shown = np.tanh(moved.c)
    of_c = np.stack([g * i * (1 - i), c * f * (1 - f), i * (1 - g**2), nothing], axis=1)
    of_h = np.stack([nothing, nothing, nothing, shown * o * (1 - o)], axis=1)
    return LocalDerivatives(of_h, of_h, of_c, nothing, f, o * (1 - shown**2))


def jacobians(layer: Layer, at: LocalDerivatives) -> tuple[Array, Array]:
    """Derivatives of the layer's new state by its old one and by its input.

    The state is h, and (h, c) one after the other for an LSTM: S numbers, H or 2H.

    Returns:
        Shapes ``(N, S, S)`` and ``(N, S, I)``.
    """
    hidden, lstm = layer.hidden_size, layer.cell == "lstm"
    by_h = np.einsum("ngh,ghk->nhk", at.h, layer.by_gate(layer.w_hh))
    by_input = np.einsum("ngh,ghk->nhk", at.h_input, layer.by_gate(layer.w_ih))
    diagonal = np.arange(hidden)
    by_h[:, diagonal, diagonal] += at.h_kept
    if not lstm:
        return by_h, by_input
    c_by_h = np.einsum("ngh,ghk->nhk", at.c, layer.by_gate(layer.w_hh))
    c_by_input = np.einsum("ngh,ghk->nhk", at.c, layer.by_gate(layer.w_ih))
    read = at.read[:, :, None]
    whole = np.zeros((len(by_h), 2 * hidden, 2 * hidden))
    whole[:, :hidden, :hidden] = by_h + read * c_by_h
    whole[:, hidden:, :hidden] = c_by_h
    whole[:, diagonal, hidden + diagonal] = at.read * at.c_kept
    whole[:, hidden + diagonal, hidden + diagonal] = at.c_kept
    return whole, np.concatenate([by_input + read * c_by_input, c_by_input], axis=1)


@np.errstate(invalid="ignore", over="ignore")  # what has diverged gives nan, silently
def step_jacobians(layers: Sequence[Layer], at: Sequence[LocalDerivatives]) -> Array:
    """Derivative of the whole state after a time step by the whole state before it.

    The whole state is laid out as PyTorch's: h of every layer, then for an LSTM c of every layer;
    S = L·H or 2·L·H numbers. A layer reads the new h of the one below, so the derivatives of that
    one take part.

    Args:
        layers: the weights, lowest layer first.
        at: of every layer the derivatives of N time steps.

    Returns:
        Shape ``(N, S, S)``.
    """
    if len(layers) == 1:
        return jacobians(layers[0], at[0])[0]
    hidden, depth = layers[0].hidden_size, len(layers)
    parts = 2 if layers[0].cell == "lstm" else 1
    places = [
        np.concatenate(
            [np.arange(hidden) + hidden * (part * depth + number) for part in range(parts)]
        )
        for number in range(depth)
    ]
    size = parts * depth * hidden
    whole = np.zeros((len(at[0].read), size, size))
    for number, layer in enumerate(layers):
        by_state, by_input = jacobians(layer, at[number])
        if number:
            below = places[number - 1][:hidden]  # its new h
            whole[:, places[number]] = by_input @ whole[:, below]
        whole[:, places[number][:, None], places[number]] = by_state
    return whole


def _sigmoid(values: Array) -> Array:
    """1 / (1 + e⁻ˣ), without overflow."""
    return 0.5 + 0.5 * np.tanh(0.5 * values)
