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


@np.errstate(invalid="ignore", over="ignore")  # a diverged run gives nan, without warnings
def push_directions(
    layers: Sequence[Derivatives], row: int, directions: Array, hidden: int
) -> Array:
    """A step's Jacobian times directions, without the Jacobian.

    Args:
        layers: the derivatives of N time steps of each layer, lowest first.
        row: which of the time steps.
        directions: changes of the whole state before it, laid out as in `step_jacobians`, shape
            ``(S, K)``.
        hidden: H.

    Returns:
        Of the whole state after it, shape ``(S, K)``.
    """
    size, count = directions.shape
    before = directions.T.reshape(count, -1, len(layers), hidden)
    after = np.empty_like(before)
    below = None
    for number, layer in enumerate(layers):
        parts = tuple(before[:, :, number].swapaxes(0, 1).copy())
        moved = layer.push(row, parts, below)
        after[:, :, number] = np.stack(moved, axis=1)
        below = moved[0]
    return after.reshape(count, size).T.copy()


def layer_blocks(jacobian: Array, layers: int, hidden: int) -> Array:
    """The derivatives of each layer's state by its own state before: the blocks on the diagonal.

    A layer reads those below it and none above, so a step's eigenvalues are those of its blocks.

    Args:
        jacobian: as `step_jacobians` gives it, shape ``(…, S, S)``.
        layers: L.
        hidden: H.

    Returns:
        Shape ``(…, L, P·H, P·H)``.
    """
    size = jacobian.shape[-1]
    places = np.arange(size).reshape(-1, layers, hidden)
    rows = [places[:, number].ravel() for number in range(layers)]
    return np.stack([jacobian[..., own[:, None], own] for own in rows], axis=-3)
