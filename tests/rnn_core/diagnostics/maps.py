"""Maps whose fixed points are known, as time steps of a cell, and networks that keep a state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import torch

from rnn_core import RecurrentModel, RunConfig
from rnn_core.cells.base import Array, Cell, CellOutput, Layer
from rnn_core.diagnostics.levenberg_marquardt import Autonomous


class MapCell(Cell):
    """A cell whose state follows a map of its own: h' = map(xp, h, weight_hh) + W x."""

    title = "map"

    def __init__(self, name: str, function: Callable[[Any, Any, Any], Any]) -> None:
        self.name = name  # type: ignore[misc]
        self._function = function

    def weight_shapes(self, input_size: int, hidden_size: int) -> Mapping[str, tuple[int, ...]]:
        return {"weight_hh": (hidden_size, hidden_size), "weight_ih": (hidden_size, input_size)}

    def step(  # type: ignore[override]
        self, xp: Any, weights: Mapping[str, Any], x: Any, state: tuple[Any, ...]
    ) -> CellOutput:
        (h,) = state
        after = self._function(xp, h, weights["weight_hh"]) + x @ weights["weight_ih"].T
        return CellOutput((after,), h[:, None][:, :0])


def autonomous(function: Callable[[Any, Any, Any], Any], matrix: Array) -> Autonomous:
    """The map at zero input."""
    size = len(matrix)
    weights = MappingProxyType({"weight_hh": matrix, "weight_ih": np.zeros((size, 1))})
    return Autonomous((Layer(MapCell("map", function), weights, 1, size),), np.zeros(1))


def linear(xp: Any, h: Any, matrix: Any) -> Any:
    """h' = W h."""
    return h @ matrix.T


def squashed(xp: Any, h: Any, matrix: Any) -> Any:
    """h' = tanh(W h)."""
    return xp.tanh(h @ matrix.T)


def rectified(xp: Any, h: Any, matrix: Any) -> Any:
    """h' = max(W h, 0)."""
    return xp.maximum(h @ matrix.T, 0 * h)


def ring(xp: Any, h: Any, matrix: Any) -> Any:
    """In the plane of the first two columns of an orthogonal matrix the radius r becomes
    r (1/2 + 1 / (1 + r²)): the circle r = 1 is fixed and attracts. The rest decays.
    """
    turned = h @ matrix
    plane, rest = turned[:, :2], turned[:, 2:]
    radius = 1 / 2 + 1 / (1 + (plane**2).sum(1))
    concatenate = np.concatenate if xp is np else xp.cat
    return concatenate([plane * radius[:, None], 0.3 * rest], 1) @ matrix.T


def orthogonal(size: int) -> Array:
    """An orthogonal matrix."""
    matrix: Array = np.linalg.qr(np.random.default_rng(1).standard_normal((size, size)))[0]
    return matrix


def with_eigenvalues(*values: float, normal: bool = True) -> Array:
    """A matrix with these eigenvalues whose eigenvectors point anywhere."""
    size = len(values)
    basis = orthogonal(size)
    if not normal:
        basis = basis @ (np.eye(size) + 3 * np.triu(np.ones((size, size)), 1))
    matrix: Array = basis @ np.diag(values) @ np.linalg.inv(basis)
    return matrix


def keeper(cell: str, kept: int) -> RecurrentModel:
    """An LSTM or a GRU of which some units keep what they hold, at zero input, exactly."""
    model = RecurrentModel(RunConfig(cell=cell, hidden_size=4), dtype=torch.float64)
    with torch.no_grad():
        for parameter in model.rnn.parameters():
            parameter *= 0.5
        gates = model.rnn.bias_ih_l0.view(-1, 4)
        gates[1, :kept] = 100.0  # f of an LSTM, z of a GRU: open; 1 - 1 / (1 + e^100) is 1
        if cell == "lstm":
            gates[0, :kept] = -100.0  # i: shut, but where the input opens it
            model.rnn.weight_ih_l0[:kept] = 200.0
        else:
            model.rnn.weight_ih_l0[4 : 4 + kept] = -200.0
    return model
