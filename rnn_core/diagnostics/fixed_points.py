"""Fixed and slow points: states that stay, or hardly move, at a constant input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rnn_core.cells.base import Array, Layer, as_float64
from rnn_core.cells.derivatives import Derivatives, derivatives
from rnn_core.diagnostics.jacobians import step_jacobians
from rnn_core.diagnostics.linear import product, solve, sorted_eigenvalues
from rnn_core.diagnostics.unrolled import unroll
from rnn_core.models import RecurrentModel, State

#: A point with a smaller speed q = ½‖F(s) - s‖² is a fixed point.
FIXED = 1e-12
# Points closer than this are merged, as in FixedPointFinder.
_SAME = 1e-3
# Damping of the Levenberg-Marquardt method: initial value and range.
_DAMPING, _LEAST, _MOST = 1e-2, 1e-12, 1e12
# Size of the Jacobians of the starts that are moved together: 32 MB.
_NUMBERS = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class FixedPoints:
    """N points, the slowest first; S is the size of the whole state.

    Args:
        points: the whole state, h of every layer and then every other state part, ``(N, S)``.
        top: the top layer's h, shape ``(N, H)``, to be projected into a trajectory's plane.
        speed: q = ½‖F(s) - s‖², shape ``(N,)``.
        fixed: whether q is below 1e-12; the others are slow points, shape ``(N,)``.
        eigenvalues: of the step's Jacobian at the point, largest modulus first, ``(N, S)``.
        unstable: number of eigenvalues outside the unit circle, shape ``(N,)``.
        found_by: number of starts that ended at the point, shape ``(N,)``.
        iterations: number of iterations of the search.
    """

    points: Array
    top: Array
    speed: Array
    fixed: NDArray[np.bool_]
    eigenvalues: NDArray[np.complex128]
    unstable: NDArray[np.int64]
    found_by: NDArray[np.int64]
    iterations: int

    @property
    def kinds(self) -> tuple[str, ...]:
        """Of each point ``"stable"``, ``"saddle"``, or ``"unstable"`` in every direction."""
        size = self.points.shape[1]
        return tuple(
            "stable" if n == 0 else "unstable" if n == size else "saddle" for n in self.unstable
        )


def find_fixed_points(
    model: RecurrentModel,
    inputs: ArrayLike,
    state: State | None = None,
    *,
    frozen: ArrayLike | None = None,
    starts: int = 256,
    noise: float = 0.5,
    slow: float = 1e-5,
    iterations: int = 200,
) -> FixedPoints:
    """Search for fixed and slow points, starting from states that the network visits.

    From each start the Levenberg-Marquardt method minimises q(s) = ½‖F(s) - s‖²: it takes gradient
    steps far from a minimum and Newton steps near one. Points within 1e-3 of each other are merged.
    Points further from the mean start than three times the furthest start are dropped. The cost
    grows with starts · S³.

    Args:
        model: read only.
        inputs: the time steps whose states are the starts, shape ``(T, D)``. Several windows may be
            joined; more starts find more points.
        state: state before the first time step, as `Trainer.state` gives it; None stands for zeros.
        frozen: the constant input, shape ``(D,)``; None stands for zeros.
        starts: number of starts, at least 1: visited states with noise added.
        noise: standard deviation of that noise, at least 0. Without noise, saddles are often
            missed, since no run stays near them. The noise has a fixed seed: equal arguments give
            equal points.
        slow: largest q that is returned.
        iterations: largest number of iterations.

    Returns:
        The points; none when none is slow enough or the weights are not finite.

    Raises:
        ValueError: when a shape does not match or a number is outside its limits.

    Source: Sussillo and Barak, "Opening the black box", Neural Computation 25 (2013); merging and
    the limit as in Golub and Sussillo's FixedPointFinder. Moré, "The Levenberg-Marquardt algorithm"
    (1978).
    """
    _check(starts=starts, noise=noise, slow=slow, iterations=iterations)
    unrolled = unroll(model, inputs, state)
    held = np.zeros(unrolled.inputs.shape[1]) if frozen is None else as_float64(frozen)
    if held.shape != unrolled.inputs.shape[1:]:
        raise ValueError(
            f"frozen must have shape {unrolled.inputs.shape[1:]}, got {held.shape}. "
            "Give one number for each feature."
        )
    visited = unrolled.whole_states()
    chosen = visited[np.linspace(0, len(visited) - 1, min(starts, len(visited))).astype(int)]
    begin = np.resize(chosen, (starts, visited.shape[1]))
    begin = begin + noise * np.random.default_rng(0).standard_normal(begin.shape)
    together = max(1, _NUMBERS // begin.shape[1] ** 2)
    ends = [
        _descend(unrolled.layers, held, begin[first : first + together], iterations)
        for first in range(0, starts, together)
    ]
    ended, speed = (np.concatenate([end[part] for end in ends]) for part in (0, 1))
    with np.errstate(invalid="ignore"):
        centre = begin.mean(axis=0)
        near = _distance(ended, centre) <= 3 * _distance(begin, centre).max()
        kept = near & (speed <= slow)
    return _described(unrolled.layers, held, ended[kept], speed[kept], max(end[2] for end in ends))


def _descend(
    layers: Sequence[Layer], held: Array, begin: Array, iterations: int
) -> tuple[Array, Array, int]:
    """The end point of each start, its q, and the number of iterations."""
    points = begin.copy()
    speed, slope, bend = _derivatives(layers, held, points)
    damping = np.full(len(points), _DAMPING)
    active = np.isfinite(speed)
    done = 0
    while done < iterations and active.any():
        done += 1
        tried = np.flatnonzero(active)
        # Relative to the curvature, so that the damping does not depend on the weights' scale.
        scale = damping[tried] * np.maximum(np.trace(bend[tried], axis1=1, axis2=2), _LEAST)
        damped = bend[tried] + scale[:, None, None] * np.eye(points.shape[1])
        there = points[tried] - solve(damped, slope[tried])
        found = _derivatives(layers, held, there)
        better = found[0] < speed[tried]
        won = tried[better]
        points[won] = there[better]
        speed[won], slope[won], bend[won] = (values[better] for values in found)
        damping[tried] *= np.where(better, 0.1, 10.0)
        damping = np.maximum(damping, _LEAST)
        # Converged, or at a minimum of q that is not a fixed point: no step is an improvement.
        active &= (speed > 1e-30) & (damping < _MOST)
    return points, speed, done


def _derivatives(layers: Sequence[Layer], held: Array, points: Array) -> tuple[Array, Array, Array]:
    """q, its gradient, and its Gauss-Newton curvature, ``(P, S, S)``."""
    after, at = _step(layers, held, points)
    miss = after - points
    slope = step_jacobians(at) - np.eye(points.shape[1])
    turned = slope.swapaxes(1, 2)
    # Saturated units give a finite state and a nan derivative where a weight is infinite.
    finite = np.isfinite(slope).all(axis=(1, 2))
    return (
        np.where(finite, 0.5 * np.sum(miss**2, axis=1), np.nan),
        np.einsum("psk,ps->pk", slope, miss),
        product(turned, slope),
    )


def _step(
    layers: Sequence[Layer], held: Array, points: Array
) -> tuple[Array, tuple[Derivatives, ...]]:
    """F of P whole states at a constant input, and the derivatives of every layer."""
    depth, hidden = len(layers), layers[0].hidden_size
    kinds = points.shape[1] // (depth * hidden)
    before = points.reshape(len(points), kinds, depth, hidden)
    after = np.empty_like(before)
    below = np.broadcast_to(held, (len(points), len(held)))
    at = []
    for number, layer in enumerate(layers):
        state = tuple(before[:, part, number] for part in range(kinds))
        output = layer.step(below, state)
        at.append(derivatives(layer, below, state, output))
        for part, values in enumerate(output.state):
            after[:, part, number] = values
        below = output.state[0]
    return after.reshape(points.shape), tuple(at)


def _described(
    layers: Sequence[Layer], held: Array, points: Array, speed: Array, iterations: int
) -> FixedPoints:
    """Merge points that coincide, slowest first, and classify them."""
    order = np.argsort(speed, kind="stable")
    points, speed = points[order], speed[order]
    unique: list[int] = []
    found_by: list[int] = []
    for number, point in enumerate(points):
        distances = _distance(points[unique], point)
        if len(unique) and distances.min() < _SAME:
            found_by[int(distances.argmin())] += 1
        else:
            unique.append(number)
            found_by.append(1)
    points, speed = points[unique], speed[unique]
    values = sorted_eigenvalues(step_jacobians(_step(layers, held, points)[1]))
    depth, hidden = len(layers), layers[0].hidden_size
    return FixedPoints(
        points=points,
        top=points[:, (depth - 1) * hidden : depth * hidden],
        speed=speed,
        fixed=speed < FIXED,
        eigenvalues=values,
        unstable=np.sum(np.abs(values) > 1, axis=1),
        found_by=np.array(found_by, np.int64),
        iterations=iterations,
    )


def _distance(points: Array, centre: Array) -> Array:
    distances: Array = np.linalg.norm(points - centre, axis=1)
    return distances


def _check(starts: int, noise: float, slow: float, iterations: int) -> None:
    if starts < 1:
        raise ValueError(f"starts must be at least 1, got {starts}. Try 256.")
    if not 0 <= noise < np.inf:
        raise ValueError(f"noise must be at least 0, got {noise}. Try 0.5.")
    if not slow > 0:
        raise ValueError(f"slow must be a positive number, got {slow}. Try 1e-5.")
    if iterations < 1:
        raise ValueError(f"iterations must be at least 1, got {iterations}. Try 200.")
