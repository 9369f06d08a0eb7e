"""Linear algebra by torch, which keeps to the number of threads that torch was given.

NumPy's would use all cores. On a busy machine its threads wait for each other, and small matrices
take ten to a hundred times as long.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from rnn_core.cells.base import Array


def sorted_eigenvalues(matrices: Array) -> NDArray[np.complex128]:
    """Eigenvalues of finite matrices ``(…, S, S)``, largest modulus first, shape ``(…, S)``."""
    return largest_first(eigenvalues(matrices))


def eigenvalues(matrices: Array) -> NDArray[np.complex128]:
    """Eigenvalues of finite matrices ``(…, S, S)`` in no order, shape ``(…, S)``."""
    values: NDArray[np.complex128] = torch.linalg.eigvals(torch.from_numpy(matrices)).numpy()
    return values


def largest_first(values: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Numbers in the order of their modulus along the last axis."""
    order = np.argsort(-np.abs(values), axis=-1, kind="stable")
    found: NDArray[np.complex128] = np.take_along_axis(values, order, axis=-1)
    return found


def largest_singular_value(matrices: Array) -> Array:
    """The largest singular value of finite matrices ``(…, M, N)``, shape ``(…)``."""
    given = torch.from_numpy(matrices)
    # From AᵀA, which takes a third of the time of a decomposition and loses only small values.
    # Neither overflow nor underflow: numbers are at most 1.
    scale = given.abs().amax((-2, -1), keepdim=True).clamp(min=torch.finfo(given.dtype).tiny)
    scaled = given / scale
    squares = torch.linalg.eigvalsh(scaled.mT @ scaled)[..., -1]
    return _array(squares.clamp(min=0).sqrt() * scale[..., 0, 0])


def orthonormal(matrix: Array) -> tuple[Array, Array]:
    """Q and R of the QR decomposition of a matrix ``(M, N)``."""
    q, r = torch.linalg.qr(torch.from_numpy(matrix))
    return _array(q), _array(r)


def singular_vectors(matrix: Array) -> tuple[Array, Array]:
    """U and Vᵀ of a finite matrix ``(M, N)``, largest singular value first."""
    left, _, right = torch.linalg.svd(torch.from_numpy(matrix), full_matrices=False)
    return _array(left), _array(right)


def column_space(matrix: Array, least: float) -> Array:
    """An orthonormal basis ``(M, p)`` of a finite matrix ``(M, N)``.

    Only directions with singular values above ``least`` belong to it.
    """
    left, sizes, _ = torch.linalg.svd(torch.from_numpy(matrix), full_matrices=False)
    return _array(left[:, sizes > least])


def svd(matrices: Array) -> tuple[Array, Array, Array]:
    """U, the singular values, largest first, and Vᵀ of finite square matrices ``(N, S, S)``."""
    left, values, right = torch.linalg.svd(torch.from_numpy(matrices))
    return _array(left), _array(values), _array(right)


def inverse_norms(matrices: NDArray[np.complex128]) -> Array:
    """The Frobenius norm of the inverses of complex matrices, ``(N, S, S)`` to ``(N,)``.

    It is infinite for a singular matrix.
    """
    inverses, failed = torch.linalg.inv_ex(torch.from_numpy(matrices))
    norms = torch.linalg.matrix_norm(inverses)
    return _array(torch.where((failed == 0) & norms.isfinite(), norms, torch.inf))


def solve(matrices: Array, vectors: Array) -> Array:
    """x of A x = b, for A of shape ``(P, S, S)`` and b of shape ``(P, S)``."""
    return _array(torch.linalg.solve(torch.from_numpy(matrices), torch.from_numpy(vectors)))


def _array(tensor: torch.Tensor) -> Array:
    values: Array = tensor.numpy()
    return values
