"""Cells as a user of the package would write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from rnn_core import Cell, CellOutput, Gate


class Leaky(Cell):
    """A leaky tanh unit with a learnt leak: step equations alone, with a gate."""

    name = "leaky"
    title = "Leaky RNN"
    gates = (Gate("a", "leak"),)
    memory_gate = "a"
    kept_when_open = False
    main_weight = "recurrent"

    def weight_shapes(self, input_size: int, hidden_size: int) -> Mapping[str, tuple[int, ...]]:
        return {
            "inputs": (hidden_size, input_size),
            "recurrent": (hidden_size, hidden_size),
            "leak": (hidden_size,),
        }

    def step(
        self, xp: Any, weights: Mapping[str, Any], x: Any, state: tuple[Any, ...]
    ) -> CellOutput:
        (h,) = state
        a = 0.5 + 0.5 * xp.tanh(weights["leak"] + 0 * h)
        proposed = xp.tanh(x @ weights["inputs"].T + h @ weights["recurrent"].T)
        return CellOutput(((1 - a) * h + a * proposed,), xp.stack([a], 1))


class Linear(Cell):
    """A linear network, h_t = W h_{t-1} + V x_t, whose memory is known exactly."""

    name = "linear"
    title = "Linear"
    main_weight = "recurrent"

    def weight_shapes(self, input_size: int, hidden_size: int) -> Mapping[str, tuple[int, ...]]:
        return {
            "inputs": (hidden_size, input_size),
            "recurrent": (hidden_size, hidden_size),
        }

    def step(
        self, xp: Any, weights: Mapping[str, Any], x: Any, state: tuple[Any, ...]
    ) -> CellOutput:
        h = x @ weights["inputs"].T + state[0] @ weights["recurrent"].T
        return CellOutput((h,), xp.stack([h], 1)[:, :0])


class TwoTraces(Cell):
    """Three state parts: h reads two traces of different decay."""

    name = "two_traces"
    title = "Two traces"
    state_parts = ("h", "fast", "slow")
    main_weight = "weight"

    def weight_shapes(self, input_size: int, hidden_size: int) -> Mapping[str, tuple[int, ...]]:
        return {"weight": (hidden_size, input_size + hidden_size), "mix": (hidden_size,)}

    def step(
        self, xp: Any, weights: Mapping[str, Any], x: Any, state: tuple[Any, ...]
    ) -> CellOutput:
        h, fast, slow = state
        inputs = x.shape[1]
        drive = x @ weights["weight"][:, :inputs].T + h @ weights["weight"][:, inputs:].T
        fast, slow = 0.5 * fast + drive, 0.9 * slow + 0.1 * drive
        h = xp.tanh(fast + weights["mix"] * slow)
        return CellOutput((h, fast, slow), xp.stack([h], 1)[:, :0])


class Reservoir(nn.Module):
    """A fixed random network, as an ordinary module with names of its own."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, 1
        self.into = nn.Parameter(torch.empty(hidden_size, input_size), requires_grad=False)
        self.register_buffer("between", torch.empty(hidden_size, hidden_size))

    def forward(self, inputs: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        h = inputs.new_zeros(len(inputs), self.hidden_size) if state is None else state[0]
        outputs = []
        for x in inputs.unbind(1):
            h = torch.tanh(x @ self.into.T + h @ self.between.T)
            outputs.append(h)
        return torch.stack(outputs, 1), h[None]


class EchoState(Cell):
    """An echo state network: nothing but the readout is trained."""

    name = "echo_state"
    title = "Echo state"
    main_weight = "between"

    def build(self, input_size: int, hidden_size: int, num_layers: int) -> nn.Module:
        if num_layers != 1:
            raise ValueError(f"num_layers must be 1 for echo_state, got {num_layers}. Give 1.")
        return Reservoir(input_size, hidden_size)

    @torch.no_grad()
    def initialise(self, module: nn.Module, config: Any, generator: torch.Generator) -> None:
        assert isinstance(module, Reservoir)
        module.into.uniform_(-1, 1, generator=generator)
        between = module.get_buffer("between")
        between.normal_(0, 0.9 / config.hidden_size**0.5, generator=generator)
