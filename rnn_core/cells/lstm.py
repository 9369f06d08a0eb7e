"""The LSTM: gates i, f, o and a candidate g around a cell state c."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from rnn_core.cells.base import Array, CellOutput, Equation, Gate, Layer, Numbers, factor, number
from rnn_core.cells.derivatives import LocalDerivatives
from rnn_core.cells.stacked import StackedCell, gate_equation, sigmoid, terms
from rnn_core.config import RunConfig
from rnn_core.messages import N_


class LSTM(StackedCell):
    """`nn.LSTM`.

    Source: Hochreiter and Schmidhuber, "Long short-term memory", Neural Computation 9 (1997);
    forget gate: Gers, Schmidhuber and Cummins, "Learning to forget" (2000).
    """

    name = "lstm"
    title = "LSTM"
    summary = N_("three gates and a cell state")
    source = (
        "Hochreiter and Schmidhuber, Long short-term memory, Neural Computation 9 (1997); forget "
        "gate: Gers, Schmidhuber and Cummins, Learning to forget, Neural Computation 12 (2000)"
    )
    gates = (
        Gate("i", N_("input gate")),
        Gate("f", N_("forget gate")),
        Gate("g", N_("candidate"), "candidate"),
        Gate("o", N_("output gate")),
    )
    state_parts = ("h", "c")
    memory_gate = "f"
    settings = StackedCell.settings | {"forget_bias"}
    kernel = 1
    # Measured with one thread and windows of 10 to 200: PyTorch's LSTM is one fused operation.
    max_products = 2**17
    module_type = nn.LSTM

    @torch.no_grad()
    def initialise(self, module: nn.Module, config: RunConfig, generator: torch.Generator) -> None:
        """As for all PyTorch cells, and then ``config.forget_bias`` where it is not None."""
        super().initialise(module, config, generator)
        if config.forget_bias is None:
            return
        rows = slice(config.hidden_size, 2 * config.hidden_size)
        for layer in range(config.num_layers):
            # PyTorch adds two biases; one of them carries the value.
            getattr(module, f"bias_ih_l{layer}")[rows] = config.forget_bias
            getattr(module, f"bias_hh_l{layer}")[rows] = 0.0

    def _more_initialise_lines(self, config: RunConfig) -> list[str]:
        """Those of ``config.forget_bias``."""
        if config.forget_bias is None:
            return []
        return [
            f"b_ih[HIDDEN_SIZE : 2 * HIDDEN_SIZE] = {config.forget_bias!r}  # of the forget gate",
            "b_hh[HIDDEN_SIZE : 2 * HIDDEN_SIZE] = 0.0",
        ]

    def step(
        self, xp: Any, weights: Mapping[str, Numbers], x: Numbers, state: tuple[Numbers, ...]
    ) -> CellOutput:
        """One time step of N rows."""
        h, c = state
        by_input, by_state = self.drives(weights, x, h)
        drives = by_input + by_state
        squashed, g = sigmoid(xp, drives), xp.tanh(drives[:, 2])
        i, f, o = squashed[:, 0], squashed[:, 1], squashed[:, 3]
        gates = xp.stack([i, f, g, o], 1)
        c = f * c + i * g
        return CellOutput((self.hidden(xp, gates, (c,)), c), gates)

    def hidden(self, xp: Any, gates: Numbers, parts: tuple[Numbers, ...]) -> Numbers:
        """h = o tanh(c)."""
        return gates[:, 3] * xp.tanh(parts[0])

    def local_derivatives(
        self, weights: Mapping[str, Array], state: tuple[Array, ...], output: CellOutput
    ) -> LocalDerivatives:
        """Derivatives of `step`, unit by unit."""
        c = state[1]
        i, f, g, o = output.gates.swapaxes(0, 1)
        squashed = np.tanh(output.state[1])
        zeros = np.zeros_like(c)
        by_c = np.stack([g * i * (1 - i), c * f * (1 - f), i * (1 - g**2), zeros], axis=1)
        by_h = np.stack([zeros, zeros, zeros, squashed * o * (1 - o)], axis=1)
        return LocalDerivatives(
            h=by_h, h_input=by_h, c=by_c, c_kept=f, h_of_c=o * (1 - squashed**2)
        )

    def equations(
        self, layer: Layer, x: Array, state: tuple[Array, ...], unit: int
    ) -> tuple[Equation, ...]:
        """The equations in LaTeX, with the numbers of one unit."""
        numbers = terms(self, layer, x, state, unit)
        n = {name: number(value) for name, value in numbers.items()}
        return (
            gate_equation(numbers, "i"),
            gate_equation(numbers, "f"),
            gate_equation(numbers, "g", r"\tanh"),
            gate_equation(numbers, "o"),
            Equation(
                "c_t",
                "f_t c_{t-1} + i_t g_t",
                rf"{n['f']} \cdot {factor(numbers['c_before'])}"
                rf" + {n['i']} \cdot {factor(numbers['g'])} = {n['c']}",
            ),
            Equation("h_t", r"o_t \tanh(c_t)", rf"{n['o']} \cdot \tanh({n['c']}) = {n['h']}"),
        )


CELL = LSTM()
