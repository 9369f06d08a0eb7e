"""The Jacobian of a whole time step, through all layers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rnn_core.cells.base import Array
from rnn_core.cells.derivatives import Derivatives


@np.errstate(invalid="ignore", over="ignore")  # a diverged run gives nan, without warnings
def step_jacobians(layers: Sequence[Derivatives]) -> Array:
    """Derivative of the whole state after a time step by the whole state before it.

    The whole state is laid out as PyTorch's: h of every layer, then every other state part of every
    layer; S = P·L·H numbers for P parts. A layer reads the new h of the one below, whose
    derivatives take part.

    Args:
        layers: the derivatives of N time steps of each layer, lowest first.

    Returns:
        Shape ``(N, S, S)``.
    """
    found = [layer.jacobians() for layer in layers]
    if len(found) == 1:
        return found[0][0]
    hidden, depth = found[1][1].shape[2], len(found)
    rows, parts = len(found[0][0]), found[0][0].shape[1] // hidden
    places = [
        np.concatenate(
            [np.arange(hidden) + hidden * (part * depth + number) for part in range(parts)]
        )
        for number in range(depth)
    ]
    size = parts * depth * hidden
    whole = np.zeros((rows, size, size))
    for number, (by_state, by_input) in enumerate(found):
        if number:
            below = places[number - 1][:hidden]  # its new h
            whole[:, places[number]] = by_input @ whole[:, below]
        whole[:, places[number][:, None], places[number]] = by_state
    return whole
