"""The ReLU RNN: h_t = max(0, W_ih x_t + b_ih + W_hh h_(t-1) + b_hh)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnn_core.cells.base import Array, CellOutput, Equation, Layer, Numbers, number
from rnn_core.cells.derivatives import LocalDerivatives
from rnn_core.cells.rnn import RNN
from rnn_core.cells.stacked import drive, terms
from rnn_core.messages import N_


class ReLURNN(RNN):
    """`nn.RNN` with ``nonlinearity="relu"``. Its state has no upper limit.

    Source: Le, Jaitly and Hinton, "A simple way to initialize recurrent networks of rectified
    linear units" (2015), arXiv:1504.00941.
    """

    name = "rnn_relu"
    title = "ReLU RNN"
    summary = N_("rectified linear units without gates")
    rectified = True
    kernel = 3
    nonlinearity = "relu"

    def step(
        self, xp: Any, weights: Mapping[str, Numbers], x: Numbers, state: tuple[Numbers, ...]
    ) -> CellOutput:
        """One time step of N rows."""
        by_input, by_state = self.drives(weights, x, state[0])
        drives = by_input + by_state
        # As PyTorch: the derivative at 0 is 0, and nan stays nan.
        return CellOutput((xp.where(drives <= 0, 0.0, drives)[:, 0],), drives[:, :0])

    def local_derivatives(
        self, weights: Mapping[str, Array], state: tuple[Array, ...], output: CellOutput
    ) -> LocalDerivatives:
        """Derivatives of `step`, unit by unit."""
        slope = (output.state[0][:, None] > 0).astype(float)
        return LocalDerivatives(h=slope, h_input=slope)

    def equations(
        self, layer: Layer, x: Array, state: tuple[Array, ...], unit: int
    ) -> tuple[Equation, ...]:
        """The equation in LaTeX, with the numbers of one unit."""
        numbers = terms(self, layer, x, state, unit)
        return (
            Equation(
                "h_t",
                r"\max(0, W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh})",
                rf"\max(0, {drive(numbers, 'h')}) = {number(numbers['h'])}",
            ),
        )


CELL = ReLURNN()
