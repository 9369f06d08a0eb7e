"""Marginal fixed points, and the lines, rings and surfaces that they form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnn_core.cells.base import Array
from rnn_core.diagnostics.levenberg_marquardt import Autonomous, descend
from rnn_core.diagnostics.linear import inverse_norms, sorted_eigenvalues, svd

#: A point with a smaller speed q = ½‖F(s) - s‖² is a fixed point.
FIXED = 1e-12
#: Points closer than this are one point.
SAME = 1e-3
# An eigenvalue is compared with the unit circle if its modulus is this close to 1. It bounds the
# cost; errors are far smaller.
_CANDIDATE = 0.01
# The speed q of a point at which F(s) - s is rounding is smaller.
_ROUNDING = 1e-24
# Fewer points do not make a continuum.
_FEWEST = 3
# Share of a pair's distance by which a point between them may move when it is corrected.
_NEAR = 0.3
# Iterations in which such a point must reach a fixed point.
_ITERATIONS = 50


class Linearised(NamedTuple):
    """The Jacobian of the step at N points, and its eigenvalues.

    Attributes:
        eigenvalues: largest modulus first, shape ``(N, S)``.
        errors: estimated error of the Jacobian, in the Frobenius norm, shape ``(N,)``.
        marginal: which eigenvalues have modulus 1 within that error, shape ``(N, S)``.
        slope: the smallest singular value of J - 1, shape ``(N,)``.
        kernel: the dimension of the kernel of J - 1, the number of its singular values within that
            error: in so many directions further fixed points may lie, shape ``(N,)``.
    """

    eigenvalues: NDArray[np.complex128]
    errors: Array
    marginal: NDArray[np.bool_]
    slope: Array
    kernel: NDArray[np.int64]

    @property
    def unstable(self) -> NDArray[np.int64]:
        """Number of eigenvalues outside the unit circle by more than the error, ``(N,)``."""
        outside: NDArray[np.int64] = np.sum((np.abs(self.eigenvalues) > 1) & ~self.marginal, axis=1)
        return outside


@dataclass(frozen=True, slots=True, eq=False)
class Continuum:
    """A connected set of fixed points, of which N were found.

    Args:
        points: their places among all points, in order along a line or a ring, shape ``(N,)``.
        kind: ``"line"``, ``"ring"``, or ``"surface"`` if it has two or more dimensions.
        attracting: whether no eigenvalue is outside the unit circle at any of the points.
    """

    points: NDArray[np.int64]
    kind: Literal["line", "ring", "surface"]
    attracting: bool


def linearise(step: Autonomous, points: Array) -> Linearised:
    """Eigenvalues at points that hardly move, and which of them are marginal.

    With the residual r = F(s) - s and Newton's step d from s (at most 1e-3 long), the error of the
    Jacobian J is estimated as the sum of

    - 4 ‖J(s + d) - J(s)‖, since the fixed point itself is about d away: at a double root twice, at
      a triple root three times as far;
    - 2 ‖r‖ / 1e-3, since points closer than 1e-3 are not told apart;
    - ‖J‖ times the machine epsilon of the weights, which are rounded to single precision as a rule;
    - S ‖J‖ times that of double precision, for rounding here.

    An eigenvalue λ is marginal if a matrix within that error of J may have the eigenvalue λ / |λ|
    on the unit circle: if 1 / ‖(J - λ / |λ|)⁻¹‖ is no larger. This is about the distance of λ from
    the unit circle divided by the condition number of λ.

    Args:
        step: the map.
        points: shape ``(N, S)``.

    Source: Trefethen and Embree, "Spectra and Pseudospectra" (2005), chapter 2.
    """
    after, jacobians = step.linearised(points)
    residual = after - points
    size = points.shape[1]
    epsilon = np.finfo(float).eps
    left, values, right = svd(jacobians - np.eye(size))
    norms = np.linalg.norm(jacobians, axis=(1, 2))
    rounding = size * epsilon * norms
    # Along a direction without any slope, Newton's step is not defined.
    usable = values > rounding[:, None]
    along = np.einsum("nsk,ns->nk", left, residual)
    newton = -np.einsum(
        "nks,nk->ns", right, np.where(usable, along / np.where(usable, values, 1), 0)
    )
    length = np.linalg.norm(newton, axis=1, keepdims=True)
    newton *= np.minimum(1, SAME / np.maximum(length, SAME))
    # A step within rounding is none. It might cross the kink of a ReLU.
    newton[length[:, 0] < epsilon * (1 + np.linalg.norm(points, axis=1))] = 0
    there = step.linearised(points + newton)[1]
    errors = (
        4 * np.linalg.norm(there - jacobians, axis=(1, 2))
        + 2 * np.linalg.norm(residual, axis=1) / SAME
        + step.precision * norms
        + rounding
    )
    eigenvalues = sorted_eigenvalues(jacobians)
    modulus = np.abs(eigenvalues)
    off_circle = np.abs(modulus - 1)
    # The inverse's norm is at least one over the distance from an eigenvalue.
    marginal = off_circle <= errors[:, None]
    rows, columns = np.nonzero(~marginal & (off_circle < _CANDIDATE))
    if len(rows):
        on_circle = eigenvalues[rows, columns] / modulus[rows, columns]
        shifted = jacobians[rows] - on_circle[:, None, None] * np.eye(size)
        marginal[rows, columns] = 1 / inverse_norms(shifted) <= errors[rows]
    kernel = np.sum(values <= errors[:, None], axis=1)
    return Linearised(eigenvalues, errors, marginal, values[:, -1], kernel)


def connected(
    step: Autonomous, points: Array, errors: Array, pairs: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether the two points of each pair seem to lie on one continuum.

    Two points on the straight line through them, at a third and at two thirds of the way, are
    corrected by `descend` at right angles to it. The pair is connected if both end at fixed points
    that have moved by less than 0.3 times its distance, and if J - 1 has a kernel there within the
    larger error of the pair.

    Args:
        step: the map.
        points: shape ``(N, S)``.
        errors: of the Jacobian there, as `linearise` gives them, shape ``(N,)``.
        pairs: places of two points each, shape ``(M, 2)``.
    """
    ways = _between(step, points[pairs[:, 0]], points[pairs[:, 1]])
    joined = np.atleast_1d(np.isfinite(ways).all(axis=(1, 2)))
    between = linearise(step, ways[joined].reshape(-1, points.shape[1]))
    # Near the one fixed point of a line that hardly drifts a point's own error is small.
    allowed = np.maximum(between.errors, np.repeat(errors[pairs[joined]].max(axis=1), 2))
    joined[joined] = (between.slope <= allowed).reshape(-1, 2).all(axis=1)
    return joined


def _between(step: Autonomous, one: Array, other: Array) -> Array:
    """Fixed points at a third and two thirds of the way of P pairs, ``(P, 2, S)``; nan for none."""
    way = other - one
    begin = np.stack([one + way / 3, one + 2 * way / 3], axis=1)
    apart = np.linalg.norm(way, axis=1)[:, None]
    normals = np.repeat(way / apart, 2, axis=0)
    ended = descend(step, begin.reshape(-1, one.shape[1]), _ITERATIONS, normals=normals)
    points, fixed = ended.points.reshape(begin.shape), ended.speed.reshape(-1, 2) < FIXED
    near = np.linalg.norm(points - begin, axis=2) < _NEAR * apart
    found: Array = np.where((fixed & near)[:, :, None], points, np.nan)
    return found


def find_continua(
    step: Autonomous, points: Array, speed: Array, at: Linearised
) -> tuple[tuple[Continuum, ...], NDArray[np.bool_]]:
    """The continua that fixed points form, and points that turn out to drift.

    Fixed points are candidates if J - 1 has a kernel there. Neighbours in the candidates' minimum
    spanning tree are joined if they are `connected`. Three joined points or more are a continuum.
    Its dimension is the median dimension of the kernels. A continuum of dimension 1 is a ring if
    fixed points lie between its ends as well and its ends are the points that are closest to them.

    On a continuum no fixed point is isolated. If one with an empty kernel is connected with such a
    set, and the speed in the set is more than rounding, its points drift, slowly.

    Args:
        step: the map.
        points: shape ``(N, S)``.
        speed: q there, shape ``(N,)``.
        at: what `linearise` gives for them.

    Returns:
        The continua, that with the most points first, and which points drift, shape ``(N,)``.
    """
    fixed, drifting = speed < FIXED, np.zeros(len(points), np.bool_)
    places = np.flatnonzero(fixed & (at.kernel > 0))
    if len(places) < _FEWEST:
        return (), drifting
    isolated = points[fixed & (at.kernel == 0)]
    edges = spanning_tree(points[places])
    edges = edges[connected(step, points[places], at.errors[places], edges)]
    found = []
    for members in _components(len(places), edges):
        if len(members) < _FEWEST:
            continue
        if np.median(speed[places[members]]) > _ROUNDING and _any_connected(
            step, isolated, points[places[members]]
        ):
            drifting[places[members]] = True
            continue
        flat = np.median(at.kernel[places[members]]) < 2
        if flat:
            members = _in_order(points[places], members, edges)
        among = places[members]
        kind: Literal["line", "ring", "surface"] = "surface"
        if flat:
            kind = "ring" if _closes(step, points[among]) else "line"
        found.append(Continuum(among, kind, not at.unstable[among].any()))
    return tuple(sorted(found, key=lambda each: -len(each.points))), drifting


def spanning_tree(points: Array) -> NDArray[np.int64]:
    """The edges of the minimum spanning tree of N points, shape ``(N - 1, 2)``.

    Source: Prim, "Shortest connection networks and some generalizations" (1957).
    """
    edges = np.empty((len(points) - 1, 2), np.int64)
    parent = np.zeros(len(points), np.int64)
    distance = np.linalg.norm(points - points[0], axis=1)
    distance[0] = np.inf
    outside = np.arange(len(points)) > 0
    for number in range(len(edges)):
        new = int(np.where(outside, distance, np.inf).argmin())
        edges[number] = parent[new], new
        outside[new] = False
        there = np.linalg.norm(points - points[new], axis=1)
        closer = there < distance
        distance[closer], parent[closer] = there[closer], new
    return edges


def _components(count: int, edges: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """The members of each tree of a forest."""
    label = np.arange(count)
    for one, other in edges:
        label[label == label[other]] = label[one]
    return [np.flatnonzero(label == each) for each in np.unique(label)]


def _in_order(
    points: Array, members: NDArray[np.int64], edges: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The members of a tree, by their distance along it from one of its ends."""
    neighbours: dict[int, list[int]] = {int(member): [] for member in members}
    for one, other in edges.tolist():
        if one in neighbours:
            neighbours[one].append(other)
            neighbours[other].append(one)

    def distances(start: int) -> dict[int, float]:
        found, left = {start: 0.0}, [start]
        while left:
            here = left.pop()
            for there in neighbours[here]:
                if there not in found:
                    found[there] = found[here] + float(np.linalg.norm(points[here] - points[there]))
                    left.append(there)
        return found

    anywhere = distances(int(members[0]))
    along = distances(max(anywhere, key=anywhere.__getitem__))
    return np.array(sorted(along, key=along.__getitem__), np.int64)


def _any_connected(step: Autonomous, isolated: Array, members: Array) -> bool:
    """Whether fixed points lie between an isolated one and the nearest point of a set."""
    nearest = [np.linalg.norm(members - point, axis=1).argmin() for point in isolated]
    ways = _between(step, isolated, members[nearest])
    return bool(np.isfinite(ways).all(axis=(1, 2)).any())


def _closes(step: Autonomous, ordered: Array) -> bool:
    """Whether a line's ends are neighbours, so that it is a ring."""
    ways = _between(step, ordered[:1], ordered[-1:])[0]
    distance = np.linalg.norm(ordered[:, None] - ways, axis=2).min(axis=1)
    return bool(distance[1:-1].min() > distance[[0, -1]].max())
