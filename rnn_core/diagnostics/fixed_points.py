"""Fixed and slow points: where the state stays, or hardly moves, while the input is frozen."""

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

#: Slower than this, a point counts as fixed: q = ½‖F(s) - s‖².
FIXED = 1e-12
# Points that are closer than this are one, as in FixedPointFinder.
_SAME = 1e-3
# The damping of Levenberg and Marquardt: at first, and its range.
_DAMPING, _LEAST, _MOST = 1e-2, 1e-12, 1e12
# How large the Jacobians of the starts that are moved together may be: 32 MB.
_NUMBERS = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class FixedPoints:
    """N points, the slowest first; S is the size of the whole state.

    Args:
        points: h of every layer, then for an LSTM c of every layer, shape ``(N, S)``.
        top: the top layer's h there, shape ``(N, H)``: what a trajectory's plane can show.
        speed: q = ½‖F(s) - s‖², shape ``(N,)``.
        fixed: whether q is below 1e-12; the others are slow points, shape ``(N,)``.
        eigenvalues: of the step's Jacobian there, largest modulus first, shape ``(N, S)``.
        unstable: how many of them lie outside the unit circle, shape ``(N,)``.
        found_by: how many of the starts ended there, shape ``(N,)``.
        iterations: how many the search took.
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
        """``"stable"``, ``"saddle"``, or ``"unstable"`` in every direction, by point."""
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
    """Search for fixed and slow points from states that the network visits.

    From each start q(s) = ½‖F(s) - s‖² is lowered by the method of Levenberg and Marquardt, which
    takes gradient steps where q is far from a parabola and Newton's close to a minimum, many
    starts together, in float64. Points within 1e-3 of each other are one. Those that have run off,
    further from the starts' mean than three times the furthest start, are left out. The work
    grows with starts · S³.

    Args:
        model: read only.
        inputs: the time steps along which starts are gathered, shape ``(T, D)``; the more, the
            better: several windows may be joined.
        state: what they start from, as `Trainer.state` gives it; None stands for zeros.
        frozen: the input while the state is to stay, shape ``(D,)``; None for zeros.
        starts: how many, at least 1: visited states, in turn, with noise added.
        noise: its standard deviation, at least 0. Without it saddles, which no run stays near, are
            often missed. It is drawn from a generator of its own: equal arguments give equal
            points.
        slow: largest q that is still given.
        iterations: the most that are made.

    Returns:
        The points, none when nothing is slow enough or the weights are not finite.

    Raises:
        ValueError: when a shape is another one or a number is outside its limits.

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
    """Where each start ends, its q, and the iterations made."""
    points = begin.copy()
    speed, slope, bend = _derivatives(layers, held, points)
    damping = np.full(len(points), _DAMPING)
    active = np.isfinite(speed)
    done = 0
    while done < iterations and active.any():
        done += 1
        tried = np.flatnonzero(active)
        # Relative to the curvature, so that it means the same for large weights and small.
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
        # At rest, or at a minimum of q that is no fixed point: no step, however short, is better.
        active &= (speed > 1e-30) & (damping < _MOST)
    return points, speed, done


def _derivatives(layers: Sequence[Layer], held: Array, points: Array) -> tuple[Array, Array, Array]:
    """q, its gradient, and its curvature as Gauss and Newton take it, ``(P, S, S)``."""
    after, at = _step(layers, held, points)
    miss = after - points
    slope = step_jacobians(at) - np.eye(points.shape[1])
    turned = slope.swapaxes(1, 2)
    return (
        0.5 * np.sum(miss**2, axis=1),
        np.einsum("psk,ps->pk", slope, miss),
        product(turned, slope),
    )


def _step(
    layers: Sequence[Layer], held: Array, points: Array
) -> tuple[Array, tuple[Derivatives, ...]]:
    """F of P whole states at a frozen input, and the derivatives of every layer."""
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
    """Merge what is one point, slowest first, and classify."""
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
