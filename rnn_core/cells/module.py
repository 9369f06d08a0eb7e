"""The interface of a recurrent module, and a module made from a cell's step equations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from rnn_core.cells.base import Cell

#: The state of recurrent layers as PyTorch has it: h of shape ``(L, B, H)``, or a tuple of such
#: parts; an LSTM's is (h, c).
State = Tensor | tuple[Tensor, ...]


class RecurrentModule(nn.Module):
    """What diagnostics and engines read of any recurrent module; `nn.RNN` has all of it.

    Args:
        input_size: I.
        hidden_size: H.
        num_layers: L.
    """

    def __init__(self, input_size: int, hidden_size: int, num_layers: int) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers


class StepModule(RecurrentModule):
    """Layers that apply a cell's step equations at one time step after another.

    Parameters are named as PyTorch names them: ``weight_ih_l0``.

    Args:
        cell: with `step` and `weight_shapes`.
        input_size: I.
        hidden_size: H.
        num_layers: L.
    """

    def __init__(self, cell: Cell, input_size: int, hidden_size: int, num_layers: int) -> None:
        super().__init__(input_size, hidden_size, num_layers)
        self.cell = cell
        self._names: list[tuple[str, ...]] = []
        for layer in range(num_layers):
            shapes = cell.weight_shapes(hidden_size if layer else input_size, hidden_size)
            self._names.append(tuple(shapes))
            for name, shape in shapes.items():
                self.register_parameter(f"{name}_l{layer}", nn.Parameter(torch.empty(shape)))

    def forward(self, inputs: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Read a window.

        Args:
            inputs: shape ``(B, T, I)``.
            state: what the window starts from; None stands for zeros.

        Returns:
            h of the top layer, ``(B, T, H)``, and the state after the window.
        """
        assert self.cell.step is not None
        if state is None:
            zeros = inputs.new_zeros(self.num_layers, len(inputs), self.hidden_size)
            state = pack([zeros] * len(self.cell.state_parts))
        before = unpack(state)
        below = inputs.unbind(1)
        after = []
        for layer in range(self.num_layers):
            weights = self._weights(layer)
            parts = tuple(part[layer] for part in before)
            outputs = []
            for x in below:
                parts = self.cell.step(torch, weights, x, parts).state
                outputs.append(parts[0])
            below = tuple(outputs)
            after.append(parts)
        return torch.stack(below, 1), pack([torch.stack(part) for part in zip(*after, strict=True)])

    def _weights(self, layer: int) -> Mapping[str, Tensor]:
        return {name: getattr(self, f"{name}_l{layer}") for name in self._names[layer]}


def pack(parts: Sequence[Tensor]) -> State:
    """State parts as PyTorch has them: one tensor, or a tuple of several."""
    return parts[0] if len(parts) == 1 else tuple(parts)


def unpack(state: State) -> tuple[Tensor, ...]:
    """The parts of a state."""
    return state if isinstance(state, tuple) else (state,)
