"""Minimising q(s) = ½‖F(s) - s‖², where F is a time step at a constant input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnn_core.cells.base import Array, Layer
from rnn_core.cells.derivatives import derivatives, product
from rnn_core.diagnostics.jacobians import step_jacobians
from rnn_core.diagnostics.linear import solve

# Damping, relative to the curvature: initial value and range.
_DAMPING, _LEAST, _MOST = 1e-2, 1e-12, 1e12
# A smaller q is rounding.
_ZERO = 1e-30
# A start that has not lowered q by this share in so many iterations has ended.
_SHARE, _PACE = 0.02, 10
# Size of the Jacobians of the starts that are moved together: 32 MB.
_NUMBERS = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Autonomous:
    """A network's time step at a constant input, as a map F of whole states to whole states.

    Args:
        layers: the weights, lowest layer first.
        held: the input, shape ``(D,)``.
        precision: the machine epsilon of the numbers that the weights are stored in.
    """

    layers: Sequence[Layer]
    held: Array
    precision: float = float(np.finfo(np.float64).eps)

    def step(self, points: Array) -> Array:
        """F of P whole states, shape ``(P, S)``."""
        return self._run(points, with_jacobians=False)[0]

    def linearised(self, points: Array) -> tuple[Array, Array]:
        """F of P whole states and its Jacobian there, shapes ``(P, S)`` and ``(P, S, S)``."""
        return self._run(points, with_jacobians=True)

    # Far from the states that occur a gate may overflow. Such a point is not accepted.
    @np.errstate(invalid="ignore", over="ignore")
    def _run(self, points: Array, *, with_jacobians: bool) -> tuple[Array, Array]:
        depth, hidden = len(self.layers), self.layers[0].hidden_size
        kinds = points.shape[1] // (depth * hidden)
        before = points.reshape(len(points), kinds, depth, hidden)
        after = np.empty_like(before)
        below = np.broadcast_to(self.held, (len(points), len(self.held)))
        at = []
        for number, layer in enumerate(self.layers):
            state = tuple(before[:, part, number] for part in range(kinds))
            output = layer.step(below, state)
            if with_jacobians:
                at.append(derivatives(layer, below, state, output))
            for part, values in enumerate(output.state):
                after[:, part, number] = values
            below = output.state[0]
        whole = step_jacobians(at) if with_jacobians else np.empty(0)
        return after.reshape(points.shape), whole


class Descent(NamedTuple):
    """Where P starts ended.

    Attributes:
        points: shape ``(P, S)``.
        speed: q there, shape ``(P,)``; nan for a start whose q or Jacobian is not finite.
        iterations: number of iterations of each start, shape ``(P,)``.
    """

    points: Array
    speed: Array
    iterations: NDArray[np.int64]


def descend(
    step: Autonomous,
    starts: Array,
    iterations: int,
    *,
    bounds: tuple[Array, Array] | None = None,
    normals: Array | None = None,
) -> Descent:
    """Minimise q from each start by the Levenberg-Marquardt method.

    Gradient steps far from a minimum become Newton steps near one. A start ends when q is 0 up to
    rounding, when no step lowers q, or when q has fallen by less than 2 % in 10 iterations.

    Args:
        step: the map.
        starts: shape ``(P, S)``.
        iterations: largest number of iterations.
        bounds: lowest and highest value of each number of a state, shape ``(S,)`` each; a start
            that leaves them ends there. None: no bounds.
        normals: unit vectors, ``(P, S)``; each start stays in the plane through it that is normal
            to its vector. None: starts go anywhere.

    Source: Moré, "The Levenberg-Marquardt algorithm" (1978).
    """
    together = max(1, _NUMBERS // starts.shape[1] ** 2)
    parts = [
        _descend(step, starts[rows], iterations, bounds, None if normals is None else normals[rows])
        for rows in (slice(n, n + together) for n in range(0, max(1, len(starts)), together))
    ]
    return Descent(*(np.concatenate(values) for values in zip(*parts, strict=True)))


def _descend(
    step: Autonomous,
    starts: Array,
    iterations: int,
    bounds: tuple[Array, Array] | None,
    normals: Array | None,
) -> Descent:
    size = starts.shape[1]
    ended = Descent(starts.copy(), np.full(len(starts), np.nan), np.zeros(len(starts), np.int64))
    rows = np.arange(len(starts))
    points = ended.points.copy()
    speed, slope, bend = _derivatives(step, points, normals)
    damping = np.full(len(rows), _DAMPING)
    earlier = speed.copy()
    diagonal = np.arange(size)
    for done in range(iterations + 1):
        # At a minimum of q that is not a fixed point no step is an improvement.
        active = (speed > _ZERO) & (damping < _MOST) & (done < iterations)
        if done and done % _PACE == 0:
            active &= speed < (1 - _SHARE) * earlier
            earlier = speed.copy()
        if bounds is not None:
            active &= ((points >= bounds[0]) & (points <= bounds[1])).all(axis=1)
        if not active.all():
            over = rows[~active]
            ended.points[over], ended.speed[over] = points[~active], speed[~active]
            ended.iterations[over] = done
            rows, points, speed, slope = rows[active], points[active], speed[active], slope[active]
            bend, damping, earlier = bend[active], damping[active], earlier[active]
            normals = None if normals is None else normals[active]
            if not len(rows):
                break
        # Relative to the curvature, so that the damping does not depend on the weights' scale; in a
        # valley of one dimension there is none.
        scale = damping * np.maximum(np.trace(bend, axis1=1, axis2=2), 1)
        damped = bend.copy()
        damped[:, diagonal, diagonal] += scale[:, None]
        there = points - solve(damped, slope)
        found = _derivatives(step, there, normals)
        better = found[0] < speed
        points[better] = there[better]
        speed[better], slope[better], bend[better] = (values[better] for values in found)
        damping = np.maximum(damping * np.where(better, 0.1, 10.0), _LEAST)
    return ended


@np.errstate(invalid="ignore", over="ignore")  # an infinite weight gives nan, without warnings
def _derivatives(
    step: Autonomous, points: Array, normals: Array | None
) -> tuple[Array, Array, Array]:
    """q, its gradient, and its Gauss-Newton curvature, ``(P, S, S)``."""
    after, jacobians = step.linearised(points)
    miss = after - points
    diagonal = np.arange(points.shape[1])
    jacobians[:, diagonal, diagonal] -= 1
    # Saturated units give a finite state and a nan derivative where a weight is infinite.
    finite = np.isfinite(jacobians).all(axis=(1, 2)) & np.isfinite(miss).all(axis=1)
    speed = np.where(finite, 0.5 * np.sum(miss**2, axis=1), np.nan)
    if normals is not None:
        along = np.einsum("psk,pk->ps", jacobians, normals)
        jacobians -= along[:, :, None] * normals[:, None]
    turned = jacobians.swapaxes(1, 2)
    bend = product(turned, jacobians)
    if normals is not None:
        bend += normals[:, :, None] * normals[:, None]
    return speed, product(turned, miss[:, :, None])[:, :, 0], bend
