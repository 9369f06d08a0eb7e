from __future__ import annotations

import numpy as np

from rnn_core.diagnostics.linear import (
    column_space,
    inverse_norms,
    largest_singular_value,
    orthonormal,
    singular_vectors,
    solve,
    sorted_eigenvalues,
    svd,
)

NUMBERS = np.random.default_rng(0)
MATRICES = NUMBERS.standard_normal((3, 4, 4))


def test_eigenvalues_stand_by_modulus() -> None:
    np.testing.assert_allclose(sorted_eigenvalues(np.diag([0.5, -3.0, 2.0])), [-3.0, 2.0, 0.5])
    found = sorted_eigenvalues(MATRICES)
    moduli = np.abs(found)
    assert (np.diff(moduli, axis=-1) <= 0).all()
    np.testing.assert_allclose(moduli.prod(axis=1), np.abs(np.linalg.det(MATRICES)), rtol=1e-10)


def test_the_largest_singular_value_is_the_norm_of_the_matrix() -> None:
    expected = [np.linalg.norm(matrix, 2) for matrix in MATRICES]
    np.testing.assert_allclose(largest_singular_value(MATRICES), expected, rtol=1e-12)


def test_q_and_r_make_the_matrix_again() -> None:
    q, r = orthonormal(MATRICES[0][:, :2])
    np.testing.assert_allclose(q @ r, MATRICES[0][:, :2], rtol=1e-12)
    np.testing.assert_allclose(q.T @ q, np.eye(2), atol=1e-12)
    assert r[1, 0] == 0


def test_singular_vectors_are_orthonormal_and_stand_by_singular_value() -> None:
    left, right = singular_vectors(np.array([[0.0, 1.0], [3.0, 0.0]]))
    np.testing.assert_allclose(np.abs(left), [[0, 1], [1, 0]], atol=1e-12)
    np.testing.assert_allclose(np.abs(right), [[1, 0], [0, 1]], atol=1e-12)


def test_a_column_space_leaves_out_directions_below_the_limit() -> None:
    tall = NUMBERS.standard_normal((9, 2)) @ NUMBERS.standard_normal((2, 4))
    noisy = tall + 1e-9 * NUMBERS.standard_normal((9, 4))
    basis = column_space(noisy, 1e-6)
    assert basis.shape == (9, 2)
    np.testing.assert_allclose(basis.T @ basis, np.eye(2), atol=1e-12)
    np.testing.assert_allclose(basis @ (basis.T @ tall), tall, atol=1e-7)
    assert column_space(noisy, 0.0).shape == (9, 4)
    assert column_space(np.zeros((9, 4)), 0.0).shape == (9, 0)


def test_a_singular_value_decomposition_makes_the_matrices_again() -> None:
    left, values, right = svd(MATRICES)
    np.testing.assert_allclose(left * values[:, None] @ right, MATRICES, atol=1e-12)
    assert (np.diff(values, axis=1) <= 0).all()


def test_the_norm_of_an_inverse_is_infinite_where_there_is_none() -> None:
    matrices = np.concatenate([MATRICES + 0.5j * np.eye(4), np.zeros((1, 4, 4))])
    expected = [np.linalg.norm(np.linalg.inv(matrix)) for matrix in matrices[:-1]]
    np.testing.assert_allclose(inverse_norms(matrices), [*expected, np.inf], rtol=1e-10)


def test_solutions_solve_their_systems() -> None:
    vectors = NUMBERS.standard_normal((3, 4))
    found = solve(MATRICES, vectors)
    np.testing.assert_allclose(np.einsum("psk,pk->ps", MATRICES, found), vectors, rtol=1e-8)
