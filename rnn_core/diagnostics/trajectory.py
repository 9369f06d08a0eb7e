"""The trajectory of the hidden state in its plane of greatest variance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from rnn_core.arguments import refused_value, require
from rnn_core.cells.base import Array, as_float64
from rnn_core.diagnostics.linear import singular_vectors
from rnn_core.diagnostics.unrolled import unroll
from rnn_core.models import RecurrentModel, State


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """A plane through the space of hidden states.

    Args:
        centre: the mean state, shape ``(H,)``.
        axes: two orthonormal directions, shape ``(2, H)``. With a single unit the second is zero.
        explained: share of the states' variance along each axis, shape ``(2,)``; 0 if the states
            do not vary.
    """

    centre: Array
    axes: Array
    explained: Array

    def project(self, states: ArrayLike) -> Array:
        """Coordinates in the plane of states of shape ``(…, H)``, shape ``(…, 2)``.

        Raises:
            TypeError: when they are not real numbers.
            ValueError: when they have another number of units.
        """
        values = as_float64(states, "states")
        if values.shape[-1:] != self.centre.shape:
            rule = f"of shape (…, {len(self.centre)})"
            raise refused_value("states", rule, values, "trainer.hidden_states[0]")
        return (values - self.centre) @ self.axes.T


@dataclass(frozen=True, slots=True, eq=False)
class Trajectory:
    """The top layer's hidden state over a window, in a plane.

    Args:
        points: the state before the window and after each time step, shape ``(1 + T, 2)``.
        plane: the plane.
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
    """The top layer's trajectory in the plane of its first two principal components.

    Args:
        model: read only.
        inputs: the window, shape ``(T, D)``.
        state: state before the window, as `Trainer.state` gives it; None stands for zeros.
        before: the previous plane, with which the new axes are aligned.

    Raises:
        ValueError: when a shape does not match.
    """
    visited = unroll(model, inputs, state).h[-1]
    plane = principal_plane(visited, before=before)
    return Trajectory(plane.project(visited), plane)


def principal_plane(states: ArrayLike, *, before: Plane | None = None) -> Plane:
    """The plane that holds most of the states' variance.

    Principal components have no sign, and two of equal variance have no direction, so successive
    planes would flip and spin. The axes are therefore rotated or mirrored within the plane to be as
    close as possible to the previous ones (orthogonal Procrustes); the plane and the variance in it
    stay the same. Without a previous plane, the first axis has the most variance, and the largest
    component of each axis is positive.

    Args:
        states: shape ``(N, H)``, of one or several windows.
        before: the previous plane.

    Raises:
        ValueError: when the shape is not (N, H), a state is not finite, or H has changed.

    Source: Schönemann, "A generalized solution of the orthogonal Procrustes problem",
    Psychometrika 31 (1966).
    """
    if before is not None:
        require("before", before, Plane, "None or a Plane", "what principal_plane() returned")
    values = as_float64(states, "states")
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
    """The axes, rotated within their plane to align with the previous ones."""
    if before.axes.shape != axes.shape:
        raise ValueError(
            f"before must be a plane of {axes.shape[1]} units, got {before.axes.shape[1]}. "
            "Give None to start again."
        )
    left, right = singular_vectors(before.axes @ axes.T)
    turned: Array = left @ right @ axes
    return turned
