"""The ReLU RNN: h_t = max(0, W_ih x_t + b_ih + W_hh h_(t-1) + b_hh)."""

from __future__ import annotations

from typing import Any

from rnn_core.cells.base import Array, Numbers
from rnn_core.cells.rnn import RNN
from rnn_core.messages import N_


class ReLURNN(RNN):
    """`nn.RNN` with ``nonlinearity="relu"``. Its state has no upper limit.

    Source: Le, Jaitly and Hinton, "A simple way to initialize recurrent networks of rectified
    linear units" (2015), arXiv:1504.00941.
    """

    name = "rnn_relu"
    title = "ReLU RNN"
    summary = N_("rectified linear units without gates")
    source = (
        "Le, Jaitly and Hinton, A simple way to initialize recurrent networks of rectified linear "
        "units, arXiv:1504.00941 (2015)"
    )
    rectified = True
    kernel = 3
    nonlinearity = "relu"

    def activate(self, xp: Any, drives: Numbers) -> Numbers:
        """h from its drive, as PyTorch: nan stays nan."""
        return xp.where(drives <= 0, 0.0, drives)

    def slope(self, h: Array) -> Array:
        """The derivative of `activate`, from its result; at 0 it is 0, as in PyTorch."""
        return (h > 0).astype(float)

    def applied(self, drive: str) -> str:
        """`activate` in LaTeX."""
        return rf"\max(0, {drive})"


CELL = ReLURNN()
