from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rnn_core.diagnostics import hidden_trajectory, principal_plane
from tests.rnn_core.diagnostics.by_torch import CELLS, HIDDEN, LENGTH, case

TURN = np.linspace(0, 2 * np.pi, 40, endpoint=False)


def ellipse(wide: float, high: float, phase: float = 0.0, units: int = 5) -> np.ndarray:
    """An ellipse in a plane of its own among ``units`` dimensions, away from the origin."""
    frame = np.linalg.qr(np.random.default_rng(1).standard_normal((units, 2)))[0]
    round_ = np.stack([wide * np.cos(TURN + phase), high * np.sin(TURN + phase)], axis=1)
    return round_ @ frame.T + np.arange(units)


def test_what_lies_in_a_plane_is_seen_whole() -> None:
    states = ellipse(3.0, 1.0)
    plane = principal_plane(states)
    np.testing.assert_allclose(plane.explained, [0.9, 0.1], rtol=1e-10)
    seen = plane.project(states)
    np.testing.assert_allclose(seen.std(axis=0), [3 / np.sqrt(2), 1 / np.sqrt(2)], rtol=1e-10)
    np.testing.assert_allclose(plane.centre + seen @ plane.axes, states, atol=1e-10)


@given(st.integers(0, 10_000), st.integers(2, 12), st.integers(1, 8))
def test_the_axes_are_the_leading_eigenvectors_of_the_covariance(
    seed: int, count: int, units: int
) -> None:
    states = np.random.default_rng(seed).standard_normal((count, units))
    plane = principal_plane(states)
    variances = np.sort(np.linalg.eigvalsh(np.cov(states.T, bias=True).reshape(units, units)))
    leading = np.zeros(2)
    leading[: min(2, units)] = variances[::-1][:2]
    np.testing.assert_allclose(plane.explained * variances.sum(), leading, atol=1e-12)
    expected = np.eye(2) if min(count, units) > 1 else np.diag([1.0, 0.0])
    np.testing.assert_allclose(plane.axes @ plane.axes.T, expected, atol=1e-10)


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_alignment_keeps_plane_distances_and_what_both_axes_explain(one: int, two: int) -> None:
    states = np.random.default_rng(one).standard_normal((9, 4))
    before = principal_plane(np.random.default_rng(two).standard_normal((9, 4)))
    free, turned = principal_plane(states), principal_plane(states, before=before)
    np.testing.assert_allclose(turned.axes @ turned.axes.T, np.eye(2), atol=1e-10)
    np.testing.assert_allclose(turned.axes.T @ turned.axes, free.axes.T @ free.axes, atol=1e-8)
    assert turned.explained.sum() == pytest.approx(free.explained.sum())
    # Nothing that keeps the plane is nearer to the picture before.
    gap = np.linalg.norm(turned.axes - before.axes)
    for angle in TURN:
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        for mirror in (1, -1):
            other = turn @ np.diag([1, mirror]) @ free.axes
            assert gap <= np.linalg.norm(other - before.axes) + 1e-9


def test_a_picture_that_has_not_changed_does_not_turn() -> None:
    states = ellipse(3.0, 1.0)
    plane = principal_plane(states)
    again = principal_plane(states, before=plane)
    np.testing.assert_allclose(again.axes, plane.axes, atol=1e-12)
    np.testing.assert_allclose(again.explained, plane.explained)


def test_a_mirrored_picture_is_turned_back() -> None:
    states = ellipse(3.0, 1.0)
    plane = principal_plane(states)
    for signs in ([-1, 1], [1, -1], [-1, -1]):
        mirrored = type(plane)(plane.centre, np.diag(signs) @ plane.axes, plane.explained)
        found = principal_plane(states, before=mirrored)
        np.testing.assert_allclose(found.axes, mirrored.axes, atol=1e-12)


def test_a_circle_whose_axes_are_arbitrary_stands_still_in_a_replay() -> None:
    plane = principal_plane(ellipse(1.001, 1.0))
    begin = plane.axes
    for frame in range(1, 20):
        # The longer axis turns with every frame, as noise would turn it.
        wide, high = (1.001, 1.0) if frame % 2 else (1.0, 1.001)
        plane = principal_plane(ellipse(wide, high, phase=0.1 * frame), before=plane)
    np.testing.assert_allclose(plane.axes, begin, atol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_the_path_is_the_top_layers_with_the_state_before_the_window(cell: str) -> None:
    example = case(cell)
    found = hidden_trajectory(example.model, example.inputs, example.state)
    h = example.state[0] if isinstance(example.state, tuple) else example.state
    with torch.no_grad():
        output, _ = example.model.rnn(torch.from_numpy(example.inputs)[None], example.state)
    states = torch.cat([h[-1], output[0]]).numpy()
    assert states.shape == (1 + LENGTH, HIDDEN)
    np.testing.assert_allclose(found.points, found.plane.project(states), atol=1e-12)
    again = hidden_trajectory(example.model, example.inputs, example.state, before=found.plane)
    np.testing.assert_allclose(again.points, found.points, atol=1e-12)


def test_what_does_not_move_explains_nothing() -> None:
    plane = principal_plane(np.ones((4, 3)))
    np.testing.assert_array_equal(plane.explained, [0, 0])
    np.testing.assert_array_equal(plane.project(np.ones(3)), [0, 0])


def test_what_is_no_cloud_of_states_is_refused() -> None:
    for wrong in (np.ones(3), np.empty((0, 3)), np.full((2, 2), np.nan)):
        with pytest.raises(ValueError, match=r"states must be finite and of shape \(N, H\)"):
            principal_plane(wrong)
    with pytest.raises(ValueError, match=r"before must be a plane of 3 units, got 5\. Give None"):
        principal_plane(np.eye(3), before=principal_plane(ellipse(2.0, 1.0)))
