from __future__ import annotations

import numpy as np
import pytest

from rnn_core.diagnostics import continua
from rnn_core.diagnostics.continua import connected, find_continua, linearise, spanning_tree
from rnn_core.diagnostics.levenberg_marquardt import Autonomous
from tests.rnn_core.diagnostics.maps import (
    autonomous,
    linear,
    orthogonal,
    rectified,
    ring,
    squashed,
    with_eigenvalues,
)

NUMBERS = np.random.default_rng(0)
FAR = (0.5, -0.2, 0.1)


def found_on(step: Autonomous, points: np.ndarray) -> tuple:
    """What is found of these points."""
    speed = 0.5 * np.sum((step.step(points) - points) ** 2, axis=1)
    return find_continua(step, points, speed, linearise(step, points))


def fixed_along(matrix: np.ndarray, directions: int, count: int) -> np.ndarray:
    """Random fixed points of a linear map, in the span of its first eigenvectors."""
    values, vectors = np.linalg.eig(matrix)
    kernel = np.real(vectors[:, np.argsort(np.abs(values - 1))[:directions]])
    return NUMBERS.uniform(-1, 1, (count, directions)) @ kernel.T


# --- marginal eigenvalues -------------------------------------------------------------------------


@pytest.mark.parametrize("normal", [True, False])
@pytest.mark.parametrize("value", [1.0, -1.0])
def test_an_eigenvalue_of_modulus_one_is_marginal_up_to_rounding(
    value: float, normal: bool
) -> None:
    matrix = with_eigenvalues(value, *FAR, normal=normal)
    at = linearise(autonomous(linear, matrix), np.zeros((1, 4)))
    assert at.marginal.tolist() == [[True, False, False, False]]
    assert at.kernel.tolist() == [1 if value == 1 else 0]
    assert at.unstable.tolist() == [0]
    np.testing.assert_allclose(at.eigenvalues[0], [value, *FAR], atol=1e-12)


def test_an_eigenvalue_that_close_needs_no_inverse(monkeypatch: pytest.MonkeyPatch) -> None:
    # A network that begins with identity matrices has H of them at each of hundreds of points.
    monkeypatch.setattr(continua, "inverse_norms", None)
    at = linearise(autonomous(rectified, np.eye(32)), NUMBERS.uniform(0.1, 1, (100, 32)))
    assert at.marginal.all()
    assert (at.kernel == 32).all()


def test_a_rotation_is_marginal_but_has_no_kernel() -> None:
    at = linearise(autonomous(linear, np.array([[0.6, -0.8], [0.8, 0.6]])), np.zeros((1, 2)))
    assert at.marginal.all()
    assert at.kernel.tolist() == [0]


@pytest.mark.parametrize("apart", [1e-12, -1e-12, 1e-9, -1e-9, 1e-3, -1e-3])
def test_next_to_one_an_eigenvalue_is_told_from_it(apart: float) -> None:
    at = linearise(autonomous(linear, with_eigenvalues(1 + apart, *FAR)), np.zeros((1, 4)))
    assert not at.marginal.any()
    assert at.unstable.tolist() == [int(apart > 0)]


def test_the_worse_the_condition_of_an_eigenvalue_the_wider_the_margin() -> None:
    # An error e of the lower left entry moves the eigenvalue by about 1e10 e.
    matrix = np.array([[1 + 1e-7, 1e10], [0.0, 0.0]])
    at = linearise(autonomous(linear, matrix), np.zeros((1, 2)))
    assert at.errors[0] * 1e10 > 1e-7
    assert at.marginal.tolist() == [[True, False]]
    assert not linearise(autonomous(linear, matrix * [1, 1e-10]), np.zeros((1, 2))).marginal.any()


@pytest.mark.parametrize("distance", [1e-4, 1e-6])
@pytest.mark.parametrize("power", [2, 3])
def test_near_a_multiple_root_the_error_covers_the_distance_of_the_eigenvalue(
    power: int, distance: float
) -> None:
    # h' = h - h²: at the fixed point 0 the eigenvalue is 1; at h it is 1 - 2 h.
    step = autonomous(lambda xp, h, w: h - h**power, np.eye(1))
    at = linearise(step, np.array([[distance]]))
    off = power * distance ** (power - 1)
    assert abs(at.eigenvalues[0, 0] - 1) == pytest.approx(off, rel=1e-3)
    assert off < at.errors[0] < 10 * off + 3 * distance**power / 1e-3
    assert at.marginal.all()


def test_a_residual_widens_the_margin_since_it_hides_a_slope() -> None:
    step = autonomous(linear, (1 - 1e-7) * np.eye(1))
    at = linearise(step, np.array([[0.0], [1e-4], [1.0]]))
    np.testing.assert_allclose(at.errors, [0, 2e-8, 2e-4], rtol=1e-3, atol=1e-15)
    assert at.marginal[:, 0].tolist() == [False, False, True]


# --- continua -------------------------------------------------------------------------------------


@pytest.mark.parametrize("normal", [True, False])
def test_the_fixed_points_of_an_integrator_are_one_line_in_order(normal: bool) -> None:
    matrix = with_eigenvalues(1.0, *FAR, normal=normal)
    points = fixed_along(matrix, 1, 231)
    (line,), drifting = found_on(autonomous(linear, matrix), points)
    assert (line.kind, line.attracting, len(line.points)) == ("line", True, 231)
    assert not drifting.any()
    # Along the line each coordinate goes one way.
    steps = np.diff(points[line.points], axis=0)
    assert (np.sign(steps) == np.sign(steps[0])).all()


def test_a_line_that_repels_is_none_that_attracts() -> None:
    matrix = with_eigenvalues(1.0, 1.5, 0.3)
    (line,), _ = found_on(autonomous(linear, matrix), fixed_along(matrix, 1, 20))
    assert (line.kind, line.attracting) == ("line", False)


def test_two_directions_are_a_surface() -> None:
    matrix = with_eigenvalues(1.0, 1.0, 0.3)
    (surface,), _ = found_on(autonomous(linear, matrix), fixed_along(matrix, 2, 50))
    assert (surface.kind, len(surface.points)) == ("surface", 50)


@pytest.mark.parametrize("count", [8, 100])
def test_a_ring_closes(count: int) -> None:
    matrix = orthogonal(5)
    angles = np.arange(count) * 2 * np.pi / count + NUMBERS.uniform(0, 0.3 / count, count)
    points = np.stack([np.cos(angles), np.sin(angles)], 1) @ matrix[:, :2].T
    points = np.concatenate([np.zeros((1, 5)), NUMBERS.permutation(points)])
    (found,), _ = found_on(autonomous(ring, matrix), points)
    assert (found.kind, found.attracting) == ("ring", True)
    # The unstable point in its middle is not on it.
    assert sorted(found.points) == list(range(1, count + 1))


def test_an_arc_of_the_ring_is_a_line() -> None:
    matrix = orthogonal(3)
    angles = NUMBERS.uniform(0, np.pi, 30)
    points = np.stack([np.cos(angles), np.sin(angles)], 1) @ matrix[:, :2].T
    (found,), _ = found_on(autonomous(ring, matrix), points)
    assert found.kind == "line"


def test_two_lines_are_two_even_with_a_third_between_them() -> None:
    # Unit 1 keeps its state, unit 2 has fixed points at 0 and ±1: h' = (3 h - h³) / 2.
    step = autonomous(lambda xp, h, w: h * w[0] + (3 * h - h**3) / 2 * w[1], np.eye(2))
    points = np.stack([NUMBERS.uniform(-1, 1, 40), np.repeat([-1.0, 1.0], 20)], axis=1)
    lines, _ = found_on(step, points)
    assert [len(line.points) for line in lines] == [20, 20]
    assert len({*points[lines[0].points, 1]}) == 1


def test_the_end_of_a_half_line_is_a_kink() -> None:
    points = np.zeros((20, 3))
    points[1:, 0] = NUMBERS.uniform(0, 2, 19)
    (line,), drifting = found_on(autonomous(rectified, np.diag([1.0, 0.5, 0.2])), points)
    assert sorted(line.points) == list(range(1, 20))
    assert not drifting.any()


def test_stable_points_are_no_line() -> None:
    switches = np.array([[0.9575040240772687], [0.0], [-0.9575040240772687]])
    assert found_on(autonomous(squashed, 2 * np.eye(1)), switches)[0] == ()


def test_marginal_points_apart_from_each_other_are_no_line() -> None:
    # h' = h - h³ (h² - 1)² has the eigenvalue 1 at each of its three fixed points.
    step = autonomous(lambda xp, h, w: h - h**3 * (h**2 - 1) ** 2, np.eye(1))
    points = np.array([[-1.0], [0.0], [1.0]])
    assert linearise(step, points).kernel.tolist() == [1, 1, 1]
    assert found_on(step, points)[0] == ()
    pairs = np.array([[0, 1], [1, 2], [0, 2]])
    assert not connected(step, points, np.full(3, 0.1), pairs).any()


def test_a_line_with_an_isolated_point_on_it_drifts() -> None:
    step = autonomous(linear, with_eigenvalues(1 - 1e-7, *FAR))
    direction = fixed_along(with_eigenvalues(1.0, *FAR), 1, 1)[0]
    direction /= np.linalg.norm(direction)
    points = np.linspace(0, 1, 31)[:, None] * direction
    found, drifting = found_on(step, points)
    assert found == ()
    assert drifting.tolist() == [False] + [True] * 30
    # Without that point there is nothing to tell it from a line.
    found, drifting = found_on(step, np.concatenate([points[1:], -points[1:]]))
    assert [(each.kind, len(each.points)) for each in found] == [("line", 60)]
    assert not drifting.any()


# --- the spanning tree ----------------------------------------------------------------------------


def test_the_spanning_tree_is_the_shortest() -> None:
    points = np.array([[0.0, 0.0], [3.0, 0.0], [1.0, 0.0], [1.0, 1.5]])
    edges = {tuple(sorted(edge)) for edge in spanning_tree(points).tolist()}
    assert edges == {(0, 2), (1, 2), (2, 3)}
    assert spanning_tree(points[:1]).shape == (0, 2)


def test_the_spanning_tree_of_random_points_has_scipys_length() -> None:
    sparse = pytest.importorskip("scipy.sparse.csgraph")
    points = NUMBERS.standard_normal((40, 3))
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    edges = spanning_tree(points)
    assert distances[edges[:, 0], edges[:, 1]].sum() == pytest.approx(
        sparse.minimum_spanning_tree(distances).sum()
    )
