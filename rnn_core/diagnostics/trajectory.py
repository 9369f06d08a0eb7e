"""The path of the hidden state, seen in its plane of greatest variance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from rnn_core.cells.base import Array, as_float64
from rnn_core.diagnostics.linear import singular_vectors
from rnn_core.diagnostics.unrolled import unroll
from rnn_core.models import RecurrentModel, State


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """A plane through the space of hidden states.

    Args:
        centre: the mean state, shape ``(H,)``.
        axes: two orthonormal directions, shape ``(2, H)``. A single unit has no second one: zeros.
        explained: share of the states' variance along each axis, shape ``(2,)``; 0 where the
            states do not vary.
    """

    centre: Array
    axes: Array
    explained: Array

    def project(self, states: ArrayLike) -> Array:
        """Where states of shape ``(…, H)`` lie in the plane, shape ``(…, 2)``."""
        return (as_float64(states) - self.centre) @ self.axes.T


@dataclass(frozen=True, slots=True, eq=False)
class Trajectory:
    """The top layer's hidden state over a window, in a plane.

    Args:
        points: the state before the window and after each time step, shape ``(1 + T, 2)``.
        plane: which plane.
    """

    points: Array
    plane: Plane


def hidden_trajectory(
    model: RecurrentModel,
    inputs: ArrayLike,
    state: State | None = None,
    *,
    before: Plane | None = None,
) -> Trajectory:
    """The top layer's path through the plane of its own first two principal components.

    Args:
        model: read only.
        inputs: the window, shape ``(T, D)``.
        state: what it starts from, as `Trainer.state` gives it; None stands for zeros.
        before: the plane of the picture before, which the new axes are turned towards.

    Raises:
        ValueError: when a shape is another one.
    """
    visited = unroll(model, inputs, state).h[-1]
    plane = principal_plane(visited, before=before)
    return Trajectory(plane.project(visited), plane)


def principal_plane(states: ArrayLike, *, before: Plane | None = None) -> Plane:
    """The plane that most of the states' variance lies in.

    Principal components have no sign, and two of equal variance no direction either, so a film of
    them flips and spins. Within the plane, the axes are therefore turned, or mirrored, to be as
    close as they can to those of the picture before (orthogonal Procrustes); the plane itself,
    and what both axes explain together, stay the same. Without a picture before, the first axis
    has the most variance, and on each the largest component is positive.

    Args:
        states: shape ``(N, H)``, as many windows together as are to be shown.
        before: the plane of the picture before.

    Raises:
        ValueError: when states are not of that shape, are not all finite, or H has changed.

    Source: Schönemann, "A generalized solution of the orthogonal Procrustes problem",
    Psychometrika 31 (1966).
    """
    values = as_float64(states)
    if values.ndim != 2 or not values.size or not np.isfinite(values).all():
        raise ValueError(
            f"states must be finite and of shape (N, H), got {values.shape}. "
            "Give trainer.hidden_states[0]."
        )
    centre = values.mean(axis=0)
    centred = values - centre
    found = singular_vectors(centred)[1][:2]
    axes = np.zeros((2, values.shape[1]))
    axes[: len(found)] = found
    axes = _upright(axes) if before is None else _turned(axes, before)
    whole = np.sum(centred**2)
    along = np.sum((centred @ axes.T) ** 2, axis=0)
    return Plane(centre, axes, along / whole if whole > 0 else np.zeros(2))


def _upright(axes: Array) -> Array:
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1)
    return axes * np.where(largest < 0, -1.0, 1.0)


def _turned(axes: Array, before: Plane) -> Array:
    """The axes, turned within their plane towards those before."""
    if before.axes.shape != axes.shape:
        raise ValueError(
            f"before must be a plane of {axes.shape[1]} units, got {before.axes.shape[1]}. "
            "Give None to begin anew."
        )
    left, right = singular_vectors(before.axes @ axes.T)
    turned: Array = left @ right @ axes
    return turned
