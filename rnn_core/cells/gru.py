"""The GRU: gates r and z and a candidate n. In PyTorch's convention z keeps the state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from torch import nn

from rnn_core.cells.base import Array, CellOutput, Equation, Gate, Layer, Numbers, factor, number
from rnn_core.cells.derivatives import LocalDerivatives
from rnn_core.cells.stacked import StackedCell, gate_equation, sigmoid, terms
from rnn_core.messages import N_


class GRU(StackedCell):
    """`nn.GRU`.

    Source: Cho et al., "Learning phrase representations using RNN encoder-decoder for statistical
    machine translation" (2014), in PyTorch's form, where r acts after the matrix product.
    """

    name = "gru"
    title = "GRU"
    summary = N_("two gates")
    source = (
        "Cho et al., Learning phrase representations using RNN encoder-decoder for statistical "
        "machine translation, EMNLP 2014, arXiv:1406.1078"
    )
    gates = (
        Gate("r", N_("reset gate")),
        Gate("z", N_("update gate")),
        Gate("n", N_("candidate"), "candidate"),
    )
    memory_gate = "z"
    kernel = 2
    # Measured with one thread and windows of 10 to 200: PyTorch's GRU is many small operations.
    max_products = 2**21
    module_type = nn.GRU

    def step(
        self, xp: Any, weights: Mapping[str, Numbers], x: Numbers, state: tuple[Numbers, ...]
    ) -> CellOutput:
        """One time step of N rows."""
        (h,) = state
        by_input, by_state = self.drives(weights, x, h)
        squashed = sigmoid(xp, by_input[:, :2] + by_state[:, :2])
        r, z = squashed[:, 0], squashed[:, 1]
        n = xp.tanh(by_input[:, 2] + r * by_state[:, 2])
        return CellOutput(((1 - z) * n + z * h,), xp.stack([r, z, n], 1))

    def local_derivatives(
        self, weights: Mapping[str, Array], state: tuple[Array, ...], output: CellOutput
    ) -> LocalDerivatives:
        """Derivatives of `step`, unit by unit."""
        (h,) = state
        r, z, n = output.gates.swapaxes(0, 1)
        candidate = slice(2 * h.shape[1], None)
        from_state = h @ weights["weight_hh"][candidate].T + weights["bias_hh"][candidate]
        by_n = (1 - z) * (1 - n**2)
        by_r, by_z = by_n * from_state * r * (1 - r), (h - n) * z * (1 - z)
        return LocalDerivatives(
            h=np.stack([by_r, by_z, by_n * r], axis=1),
            h_input=np.stack([by_r, by_z, by_n], axis=1),
            h_kept=z,
        )

    def equations(
        self, layer: Layer, x: Array, state: tuple[Array, ...], unit: int
    ) -> tuple[Equation, ...]:
        """The equations in LaTeX, with the numbers of one unit."""
        numbers = terms(self, layer, x, state, unit)
        n = {name: number(value) for name, value in numbers.items()}
        return (
            gate_equation(numbers, "r"),
            gate_equation(numbers, "z"),
            Equation(
                "n_t",
                r"\tanh(W_{in} x_t + b_{in} \\ &\qquad + r_t (W_{hn} h_{t-1} + b_{hn}))",
                rf"\tanh({n['n_x']} + {n['r']} \cdot {factor(numbers['n_h'])}) = {n['n']}",
            ),
            Equation(
                "h_t",
                "(1 - z_t) n_t + z_t h_{t-1}",
                rf"{number(1 - numbers['z'])} \cdot {factor(numbers['n'])}"
                rf" + {n['z']} \cdot {factor(numbers['h_before'])} = {n['h']}",
            ),
        )


CELL = GRU()
