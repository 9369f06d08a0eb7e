"""Fixed and slow points: states that stay, or hardly move, at a constant input."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from rnn_core.arguments import number as real
from rnn_core.arguments import require
from rnn_core.cells.base import Array, as_float64
from rnn_core.diagnostics.continua import FIXED, SAME, Continuum, find_continua, linearise
from rnn_core.diagnostics.levenberg_marquardt import Autonomous, Descent, descend
from rnn_core.diagnostics.unrolled import unroll
from rnn_core.messages import Brief
from rnn_core.models import RecurrentModel, State

# Starts in a batch at most, and starts · S: a batch of a large network must not take long, either.
_BATCH, _NUMBERS = 64, 4096
# Time steps by which a state is run on towards what attracts it.
_SETTLE = 100
# Bounds of the search: the box of the states that occur, so many times as wide.
_WIDE = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class FixedPoints:
    """N points, the slowest first; S is the size of the whole state.

    Args:
        points: the whole state, h of every layer and then every other state part, ``(N, S)``.
        top: the top layer's h, shape ``(N, H)``, to be projected into a trajectory's plane.
        speed: q = ½‖F(s) - s‖², shape ``(N,)``.
        fixed: whether q is below 1e-12; the others are slow points, shape ``(N,)``.
        eigenvalues: of the step's Jacobian at the point, largest modulus first, ``(N, S)``.
        errors: estimated error of that Jacobian, as `linearise` explains, shape ``(N,)``.
        marginal: number of eigenvalues of modulus 1 within that error, shape ``(N,)``.
        unstable: number of the other eigenvalues outside the unit circle, shape ``(N,)``.
        continua: lines, rings and surfaces that the marginal points form.
        found_by: number of starts that ended at the point, shape ``(N,)``.
        starts: number of starts used.
        since_new: number of starts since the one that last found a new fixed point.
        complete: whether the search stopped because enough starts found nothing new. If False a
            bound stopped it, and the points may be incomplete.
        iterations: number of iterations of all starts.
    """

    points: Array
    top: Array
    speed: Array
    fixed: NDArray[np.bool_]
    eigenvalues: NDArray[np.complex128]
    errors: Array
    marginal: NDArray[np.int64]
    unstable: NDArray[np.int64]
    continua: tuple[Continuum, ...]
    found_by: NDArray[np.int64]
    starts: int
    since_new: int
    complete: bool
    iterations: int

    @property
    def kinds(self) -> tuple[str, ...]:
        """Of each point its kind.

        ``"slow"`` if it is no fixed point. ``"marginal"`` if an eigenvalue has modulus 1 within its
        error: the linearisation does not tell whether the point is stable. Otherwise ``"stable"``,
        ``"saddle"``, or ``"unstable"`` in every direction.
        """
        size = self.points.shape[1]
        return tuple(
            "slow"
            if not fixed
            else "marginal"
            if marginal
            else "stable"
            if not unstable
            else "unstable"
            if unstable == size
            else "saddle"
            for fixed, marginal, unstable in zip(
                self.fixed, self.marginal, self.unstable, strict=True
            )
        )

    @property
    def isolated(self) -> NDArray[np.bool_]:
        """Whether a point is a fixed point that belongs to no continuum, shape ``(N,)``."""
        alone = self.fixed.copy()
        for continuum in self.continua:
            alone[continuum.points] = False
        return alone


def find_fixed_points(
    model: RecurrentModel,
    inputs: ArrayLike,
    state: State | None = None,
    *,
    frozen: ArrayLike | None = None,
    patience: int = 512,
    max_starts: int = 8192,
    max_iterations: int | None = None,
    noise: float = 0.5,
    slow: float = 1e-5,
    iterations: int = 200,
) -> FixedPoints:
    """Search for fixed and slow points until further starts find no new fixed point.

    From each start the Levenberg-Marquardt method minimises q(s) = ½‖F(s) - s‖²: see `descend`.
    Points within 1e-3 of each other are one point. A quarter of the starts each are

    - states that the network visits, with noise;
    - such states and random ones after 100 time steps at the constant input, which are near what
      attracts them;
    - points on the lines through two fixed points found before, midway, between or beyond them:
      saddles lie between stable points;
    - visited states and fixed points mirrored at the origin, and random points of the box that
      visited states and isolated fixed points span, widened by the noise.

    No search of this kind can show that there are no further points; the result says how many
    starts it took and how many of them came after the last new point. Of marginal points, which may
    form a line, only those of one batch are new. Slow and marginal points outside that box
    are dropped: a cell that keeps its state is slow at every large state.

    Args:
        model: read only.
        inputs: the time steps whose states are starts, shape ``(T, D)``.
        state: state before the first time step, as `Trainer.state` gives it; None stands for zeros.
        frozen: the constant input, shape ``(D,)``; None stands for zeros.
        patience: the search stops after so many starts without a new fixed point, at least 1.
        max_starts: upper bound of the number of starts, at least 1.
        max_iterations: no further batch of starts, 64 at most, begins after so many iterations of
            all starts together, at least 1; None: no bound. For large S the time is about
            proportional to iterations · S³. Unlike a bound in seconds it gives equal points each
            time.
        noise: standard deviation of the noise, at least 0. It has a fixed seed: equal arguments
            give equal points.
        slow: largest q that is returned.
        iterations: largest number of iterations of one start.

    Returns:
        The points; none when none is slow enough or the weights are not finite.

    Raises:
        TypeError: when an argument is of the wrong kind.
        ValueError: when a shape does not match or a number is outside its limits.

    Source: Sussillo and Barak, "Opening the black box", Neural Computation 25 (2013); merging as in
    Golub and Sussillo's FixedPointFinder.
    """
    _check(patience, max_starts, max_iterations, noise, slow, iterations)
    slow = real("slow", slow, "1e-5")  # an int may be beyond all floats
    unrolled = unroll(model, inputs, state)
    held = np.zeros(unrolled.inputs.shape[1]) if frozen is None else as_float64(frozen, "frozen")
    if held.shape != unrolled.inputs.shape[1:]:
        raise ValueError(
            f"frozen must have shape {unrolled.inputs.shape[1:]}, got {held.shape}. "
            "Give one number for each feature."
        )
    precision = torch.finfo(next(model.rnn.parameters()).dtype).eps
    step = Autonomous(unrolled.layers, held, precision)
    visited = unrolled.whole_states()
    known = _Known(step, visited, noise)
    batch = max(4, min(_BATCH, _NUMBERS // visited.shape[1]))
    ends: list[Descent] = []
    used = since_new = done = 0
    while since_new < patience and used < max_starts and done < (max_iterations or np.inf):
        begin = known.starts(min(batch, max_starts - used, patience - since_new))
        ended = descend(step, begin, iterations, bounds=known.box(_WIDE))
        new = known.add(ended)
        used += len(begin)
        done += int(ended.iterations.sum())
        since_new = since_new + len(begin) if new is None else len(begin) - 1 - new
        ends.append(ended)
    points, speed, found_by = _merged(ends, slow)
    inside, fixed = known.inside(points), speed < FIXED
    at = linearise(step, points[fixed])
    inside[fixed] |= at.kernel == 0
    points, speed, found_by = points[inside], speed[inside], found_by[inside]
    at = linearise(step, points)
    continua, drifting = find_continua(step, points, speed, at)
    depth, hidden = len(unrolled.layers), unrolled.layers[0].hidden_size
    return FixedPoints(
        points=points,
        top=points[:, (depth - 1) * hidden : depth * hidden],
        speed=speed,
        fixed=(speed < FIXED) & ~drifting,
        eigenvalues=at.eigenvalues,
        errors=at.errors,
        marginal=at.marginal.sum(axis=1),
        unstable=at.unstable,
        continua=continua,
        found_by=found_by,
        starts=used,
        since_new=since_new,
        complete=since_new >= patience,
        iterations=done,
    )


class _Known:
    """The fixed points found so far, and starts that are drawn with their help."""

    def __init__(self, step: Autonomous, visited: Array, noise: float) -> None:
        self._step, self._noise = step, noise
        self._random = np.random.default_rng(0)
        self._points = np.empty((0, visited.shape[1]))
        self._marginal = False
        finite = visited[np.isfinite(visited).all(axis=1)]
        self._visited = finite if len(finite) else np.zeros((1, visited.shape[1]))
        self._isolated = self._points

    def box(self, wide: float = 1.0) -> tuple[Array, Array]:
        """Lowest and highest values of the states that occur, widened by the noise.

        Marginal points do not count: the box would grow along a line without end.

        Args:
            wide: a factor by which the box is widened further.
        """
        occur = np.concatenate([self._visited, self._isolated])
        low, high = occur.min(axis=0) - self._noise, occur.max(axis=0) + self._noise
        more = (wide - 1) / 2 * (high - low)
        return low - more, high + more

    def inside(self, points: Array) -> NDArray[np.bool_]:
        """Which points are in the box."""
        low, high = self.box()
        return np.atleast_1d(((points >= low) & (points <= high)).all(axis=1))

    def starts(self, count: int) -> Array:
        """A batch of starts, a quarter of each kind."""
        quarters = [len(part) for part in np.array_split(np.arange(count), 4)]
        noisy, settled, between, others = quarters
        mirrored = others // 2
        return np.concatenate(
            [
                self._near_visited(noisy),
                self._settled(settled),
                self._between(between),
                -self._near_visited(mirrored, self._points),
                self._anywhere(others - mirrored),
            ]
        )

    def add(self, ended: Descent) -> int | None:
        """Take in the fixed points at which a batch ended.

        Returns:
            The place of the last start that found a new one; None if none did.
        """
        places: list[int] = []
        points = self._points
        for place in np.flatnonzero(ended.speed < FIXED):
            point = ended.points[place]
            if not len(points) or _distance(points, point).min() >= SAME:
                places.append(int(place))
                points = np.concatenate([points, point[None]])
        if not places:
            return None
        first = len(self._points)
        marginal = linearise(self._step, points[first:]).kernel > 0
        kept = ~marginal | self.inside(points[first:])
        # On a line there is always one more.
        new = np.array(places)[kept & (~marginal | (not self._marginal))]
        self._marginal |= bool((marginal & kept).any())
        self._points = np.concatenate([self._points, points[first:][kept]])
        self._isolated = np.concatenate([self._isolated, points[first:][~marginal]])
        return max(new.tolist(), default=None)

    def _near_visited(self, count: int, more: Array | None = None) -> Array:
        """States that the network visits, or others, with noise."""
        among = self._visited if more is None else np.concatenate([self._visited, more])
        chosen = among[self._random.integers(0, len(among), count)]
        return chosen + self._noise * self._random.standard_normal(chosen.shape)

    def _settled(self, count: int) -> Array:
        """States after some time at the constant input."""
        states = np.concatenate(
            [self._near_visited(count // 2), self._anywhere(count - count // 2)]
        )
        for _ in range(_SETTLE):
            states = self._step.step(states)
        return states

    def _between(self, count: int) -> Array:
        """Points on the lines through two fixed points, half of them midway."""
        if len(self._points) < 2:
            return self._anywhere(count)
        one = self._random.integers(0, len(self._points), count)
        other = self._random.integers(0, len(self._points) - 1, count)
        other += other >= one
        share = self._random.uniform(-0.5, 1.5, (count, 1))
        share[::2] = 0.5
        return self._points[one] + share * (self._points[other] - self._points[one])

    def _anywhere(self, count: int) -> Array:
        """Random points of the box."""
        return self._random.uniform(*self.box(), (count, self._visited.shape[1]))


def _merged(ends: list[Descent], slow: float) -> tuple[Array, Array, NDArray[np.int64]]:
    """Points that are apart from each other, the slowest first, with q and number of starts."""
    points, speed = (np.concatenate([end[part] for end in ends]) for part in (0, 1))
    kept = speed <= slow
    points, speed = points[kept], speed[kept]
    unique: list[int] = []
    found_by: list[int] = []
    for number in np.argsort(speed, kind="stable"):
        distances = _distance(points[unique], points[number])
        if len(unique) and distances.min() < SAME:
            found_by[int(distances.argmin())] += 1
        else:
            unique.append(int(number))
            found_by.append(1)
    return points[unique], speed[unique], np.array(found_by, np.int64)


def _distance(points: Array, centre: Array) -> Array:
    with np.errstate(invalid="ignore", over="ignore"):
        distances: Array = np.linalg.norm(points - centre, axis=1)
    return distances


def _check(
    patience: int,
    max_starts: int,
    max_iterations: int | None,
    noise: float,
    slow: float,
    iterations: int,
) -> None:
    for name, count, example in (
        ("patience", patience, 512),
        ("max_starts", max_starts, 8192),
        ("max_iterations", 1 if max_iterations is None else max_iterations, 20_000),
        ("iterations", iterations, 200),
    ):
        require(name, count, Integral, "a whole number of at least 1", str(example))
        if isinstance(count, bool) or count < 1:
            raise ValueError(f"{name} must be at least 1, got {Brief(count)!r}. Try {example}.")
    if not 0 <= real("noise", noise, "0.5") < np.inf:
        raise ValueError(f"noise must be at least 0, got {Brief(noise)!r}. Try 0.5.")
    if not real("slow", slow, "1e-5") > 0:
        raise ValueError(f"slow must be a positive number, got {Brief(slow)!r}. Try 1e-5.")
