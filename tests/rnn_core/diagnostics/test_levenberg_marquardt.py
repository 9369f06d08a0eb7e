from __future__ import annotations

import numpy as np
import pytest

from rnn_core.diagnostics import levenberg_marquardt
from rnn_core.diagnostics.levenberg_marquardt import Autonomous, descend
from rnn_core.diagnostics.unrolled import unroll
from tests.rnn_core.diagnostics.by_torch import CELLS, case, step_jacobian
from tests.rnn_core.diagnostics.maps import autonomous, linear, squashed, with_eigenvalues

NUMBERS = np.random.default_rng(0)
#: The positive solution of h = tanh(2 h).
HELD = 0.9575040240772687


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_the_map_is_the_networks_step_at_a_constant_input(cell: str, layers: int) -> None:
    example = case(cell, layers)
    held = np.array([0.3, -0.2])
    unrolled = unroll(example.model, np.repeat(held[None], 4, axis=0), example.state)
    step = Autonomous(unrolled.layers, held)
    visited = unrolled.whole_states()
    np.testing.assert_allclose(step.step(visited[:-1]), visited[1:], atol=1e-14)
    after, jacobians = step.linearised(visited)
    np.testing.assert_allclose(after[:-1], visited[1:], atol=1e-14)
    for point, jacobian in zip(visited, jacobians, strict=True):
        np.testing.assert_allclose(jacobian, step_jacobian(example.model, held, point), atol=1e-12)


def test_near_a_fixed_point_it_converges_as_newtons_method_does() -> None:
    ended = descend(autonomous(squashed, 2 * np.eye(1)), np.array([[0.9], [1.1], [-0.9]]), 20)
    np.testing.assert_allclose(ended.points[:, 0], [HELD, HELD, -HELD], atol=1e-14)
    assert (ended.speed < 1e-30).all()
    assert (ended.iterations <= 8).all()
    assert (ended.iterations > 2).all()


def test_it_stops_where_q_is_smallest_though_not_zero() -> None:
    # Without a solution of h = tanh(2 h + b) on this side, q has a minimum at 2 (1 - tanh²) = 1.
    step = autonomous(lambda xp, h, w: xp.tanh(2 * h + 1), np.eye(1))
    ended = descend(step, np.array([[-1.0]]), 200)
    lowest = np.arctanh(-np.sqrt(0.5))
    assert ended.points[0, 0] == pytest.approx((lowest - 1) / 2, abs=1e-3)
    assert ended.speed[0] == pytest.approx(0.5 * (-np.sqrt(0.5) - (lowest - 1) / 2) ** 2, rel=1e-4)
    assert ended.iterations[0] < 200


def test_a_start_that_leaves_the_bounds_ends_there() -> None:
    step = autonomous(squashed, 2 * np.eye(1))
    bounds = np.array([-0.5]), np.array([0.5])
    ended = descend(step, np.array([[0.49], [0.1]]), 50, bounds=bounds)
    assert ended.points[0, 0] > 0.5
    assert ended.speed[0] > 1e-3
    assert ended.points[1, 0] == pytest.approx(0, abs=1e-14)


def test_a_start_may_be_kept_in_a_plane() -> None:
    step = autonomous(linear, with_eigenvalues(0.5, 0.2, -0.7))
    normals = NUMBERS.standard_normal((4, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    starts = NUMBERS.standard_normal((4, 3))
    ended = descend(step, starts, 50, normals=normals)
    along = np.sum(normals * starts, axis=1)
    np.testing.assert_allclose(np.sum(normals * ended.points, axis=1), along, atol=1e-10)
    # The minimum of ½ ‖A s‖² with n·s = a is at s = a B n / (n·B n), B being (AᵀA)⁻¹.
    matrix = with_eigenvalues(0.5, 0.2, -0.7) - np.eye(3)
    inverse = np.linalg.inv(matrix.T @ matrix)
    expected = normals @ inverse
    expected *= (along / np.sum(normals * expected, axis=1))[:, None]
    np.testing.assert_allclose(ended.points, expected, atol=1e-6)


def test_starts_do_not_depend_on_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    step = autonomous(squashed, with_eigenvalues(2.0, -1.5, 0.3))
    starts = NUMBERS.standard_normal((7, 3))
    bounds = np.full(3, -5.0), np.full(3, 5.0)
    normals = np.repeat([[1.0, 0.0, 0.0]], 7, axis=0)
    for given in ({}, {"bounds": bounds}, {"normals": normals}):
        together = descend(step, starts, 100, **given)  # type: ignore[arg-type]
        monkeypatch.setattr(levenberg_marquardt, "_NUMBERS", 18)  # two at a time
        in_pairs = descend(step, starts, 100, **given)  # type: ignore[arg-type]
        monkeypatch.undo()
        np.testing.assert_allclose(in_pairs.points, together.points, atol=1e-9)
        assert in_pairs.iterations.shape == (7,)


def test_what_is_not_finite_is_left_where_it_is() -> None:
    step = autonomous(squashed, np.array([[np.inf, 0.0], [0.0, 2.0]]))
    ended = descend(step, np.ones((1, 2)), 10)
    assert np.isnan(ended.speed).all()
    assert ended.iterations.tolist() == [0]
    assert descend(step, np.empty((0, 2)), 10).points.shape == (0, 2)


def test_a_double_root_is_reached_for_as_long_as_q_falls() -> None:
    # q = ½ h⁴ is flat where it is lowest, so that steps grow short long before 10⁻³⁰.
    step = autonomous(lambda xp, h, w: h + h * h, np.eye(1))
    ended = descend(step, np.array([[1.0], [-0.5]]), 400)
    assert (ended.speed <= 1e-30).all()
    assert (np.abs(ended.points) < 1e-7).all()
    assert ((ended.iterations > 20) & (ended.iterations < 400)).all()
    stopped = descend(step, np.array([[1.0]]), 15)
    assert stopped.iterations.tolist() == [15]
    assert stopped.speed[0] > 1e-30
