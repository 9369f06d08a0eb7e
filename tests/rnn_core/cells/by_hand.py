"""What the tests of the single cells share."""

from __future__ import annotations

import re

import numpy as np
import torch

from rnn_core import RecurrentModel, RunConfig
from rnn_core.cells.base import Cell, Equation, Layer, layers_of

NUMBERS = np.random.default_rng(3)


def layer_of(cell: Cell, inputs: int = 2, hidden: int = 3) -> tuple[Layer, RecurrentModel]:
    """A layer with large weights, and the model that it is the layer of."""
    config = RunConfig(cell=cell.name, hidden_size=hidden)
    model = RecurrentModel(config, input_size=inputs, dtype=torch.float64)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter *= 3
    (layer,) = layers_of(cell, model.rnn)
    return layer, model


def one_unit(cell: Cell, value: float) -> Layer:
    """A layer of one unit whose weights all have one value."""
    model = RecurrentModel(RunConfig(cell=cell.name, hidden_size=1), dtype=torch.float64)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(value)
    (layer,) = layers_of(cell, model.rnn)
    return layer


def assert_equations(found: tuple[Equation, ...], expected: dict[str, float]) -> None:
    """Left sides, and the result that each ends with."""
    assert [equation.left for equation in found] == list(expected)
    for equation in found:
        result = re.fullmatch(r".*= (-?\d+\.\d\d)", equation.numbers)
        assert result, equation
        assert abs(float(result[1]) - expected[equation.left]) < 0.0051
