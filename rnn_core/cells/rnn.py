"""The plain RNN: h_t = tanh(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from rnn_core.cells.base import Array, CellOutput, Equation, Layer, Numbers, number
from rnn_core.cells.derivatives import LocalDerivatives
from rnn_core.cells.stacked import StackedCell, drive, terms
from rnn_core.messages import N_


class RNN(StackedCell):
    """`nn.RNN` with tanh, also known as the Elman network.

    Source: Elman, "Finding structure in time", Cognitive Science 14 (1990).
    """

    name = "rnn"
    title = "RNN"
    summary = N_("tanh units without gates")
    source = "Elman, Finding structure in time, Cognitive Science 14 (1990)"
    kernel = 0
    # Measured with one thread and windows of 10 to 200: PyTorch's RNN is many small operations.
    max_products = 2**21
    module_type = nn.RNN
    nonlinearity = "tanh"

    @property
    def blocks(self) -> tuple[str, ...]:
        """One group of rows, for h itself."""
        return ("h",)

    def step(
        self, xp: Any, weights: Mapping[str, Numbers], x: Numbers, state: tuple[Numbers, ...]
    ) -> CellOutput:
        """One time step of N rows."""
        by_input, by_state = self.drives(weights, x, state[0])
        drives = by_input + by_state
        return CellOutput((self.activate(xp, drives[:, 0]),), drives[:, :0])

    def activate(self, xp: Any, drives: Numbers) -> Numbers:
        """h from its drive, written for ``xp`` either NumPy or torch."""
        return xp.tanh(drives)

    def slope(self, h: Array) -> Array:
        """The derivative of `activate`, from its result."""
        return 1 - h**2

    def applied(self, drive: str) -> str:
        """`activate` in LaTeX."""
        return rf"\tanh({drive})"

    def local_derivatives(
        self, weights: Mapping[str, Array], state: tuple[Array, ...], output: CellOutput
    ) -> LocalDerivatives:
        """Derivatives of `step`, unit by unit."""
        slope = self.slope(output.state[0][:, None])
        return LocalDerivatives(h=slope, h_input=slope)

    def equations(
        self, layer: Layer, x: Array, state: tuple[Array, ...], unit: int
    ) -> tuple[Equation, ...]:
        """The equation in LaTeX, with the numbers of one unit."""
        numbers = terms(self, layer, x, state, unit)
        return (
            Equation(
                "h_t",
                self.applied("W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh}"),
                f"{self.applied(drive(numbers, 'h'))} = {number(numbers['h'])}",
            ),
        )


CELL = RNN()
