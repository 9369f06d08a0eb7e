"""Eigenvalues of the recurrent weights and of the step, and Lyapunov exponents along a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rnn_core.cells.base import Array, layers_of
from rnn_core.cells.registry import cell_of
from rnn_core.diagnostics.linear import (
    largest_singular_value,
    orthonormal,
    product,
    sorted_eigenvalues,
)
from rnn_core.diagnostics.unrolled import unroll
from rnn_core.models import RecurrentModel, State

# Jacobians in memory at a time: of large networks each has millions of numbers.
_TOGETHER = 16


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """Of one square matrix, or of N of them.

    Args:
        eigenvalues: complex, largest modulus first, shape ``(…, S)``.
        radius: the largest modulus, shape ``(…)``.
        stretch: the largest singular value, shape ``(…)``: by how much one step can lengthen a
            difference, which no modulus tells. All are nan where the matrix is not finite.
    """

    eigenvalues: NDArray[np.complex128]
    radius: Array
    stretch: Array


@dataclass(frozen=True, slots=True, eq=False)
class Lyapunov:
    """Mean rates at which small differences between states grow, over all windows so far.

    Args:
        exponents: per time step, in nats, largest first in the long run, shape ``(K,)``. Above 0
            differences grow and the run is chaotic; -inf where a direction has collapsed.
        steps: time steps that they are the mean over.
        frame: orthonormal directions after the last time step, shape ``(S, K)``.
    """

    exponents: Array
    steps: int
    frame: Array


def weight_spectrum(model: RecurrentModel) -> Mapping[str, Spectrum]:
    """Spectra of W_hh, gate by gate: the H×H blocks by PyTorch's letter, ``"h"`` for an RNN.

    Of a plain RNN they say much: gradients must vanish where the stretch is below 1, and can
    explode only where it is above 1. Of LSTM and GRU a block is only how the old h takes part in
    one gate; `step_spectrum` has what a time step does as a whole.

    Returns:
        Letter to spectrum; each has the layers in front, ``(L, H)``, ``(L,)`` and ``(L,)``.

    Source: Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks"
    (2013).
    """
    cell = cell_of(model)
    layers = layers_of(cell, model.rnn)
    hidden = model.rnn.hidden_size
    weights = [layer.weights.get("weight_hh") for layer in layers]
    if any(w is None or w.shape != (len(cell.blocks) * hidden, hidden) for w in weights):
        return MappingProxyType({})
    blocks = np.stack([w.reshape(-1, hidden, hidden) for w in weights if w is not None])
    return MappingProxyType(
        {letter: _spectrum(blocks[:, index]) for index, letter in enumerate(cell.blocks)}
    )


def step_spectrum(
    model: RecurrentModel,
    inputs: ArrayLike,
    state: State | None = None,
    *,
    at: Sequence[int] | None = None,
) -> Spectrum:
    """Spectra of the step's Jacobian, ∂(state after)/∂(state before), where the run has been.

    The state is h of every layer, and for an LSTM c of every layer after them.

    Args:
        model: read only.
        inputs: the window, shape ``(T, D)``.
        state: what it starts from, as `Trainer.state` gives it; None stands for zeros.
        at: the time steps asked for, counted from 0, or from the end when negative; None for all.
            Eigenvalues of large networks take long: a few steps may do.

    Returns:
        Shapes ``(N, S)``, ``(N,)`` and ``(N,)`` for N time steps and S = L·H, or 2·L·H.

    Raises:
        ValueError: when a shape is another one or a time step is outside the window.
    """
    unrolled = unroll(model, inputs, state)
    length = len(unrolled.inputs)
    chosen = list(range(length) if at is None else at)
    for index in chosen:
        if not -length <= index < length:
            raise ValueError(f"at must be time steps from 0 to {length - 1}, got {index}. Try -1.")
    return _spectrum(unrolled.jacobians([index % length for index in chosen]))


def lyapunov(
    model: RecurrentModel,
    inputs: ArrayLike,
    state: State | None = None,
    *,
    before: Lyapunov | None = None,
    count: int | None = None,
) -> Lyapunov:
    """Lyapunov exponents along a window, or along many, window by window.

    Directions are carried through each step's Jacobian and made orthonormal again by QR; the
    logarithms of R's diagonal are averaged. While a network learns its weights change between
    windows, and the exponents are those of the whole run; begin anew for those of one network.

    Args:
        model: read only.
        inputs: the window, shape ``(T, D)``.
        state: what it starts from, as `Trainer.state` gives it; None stands for zeros.
        before: what the window before gave; None begins anew with directions along the axes.
        count: how many exponents K, when beginning anew; None for all S.

    Raises:
        ValueError: when a shape is another one, or count is not between 1 and S.

    Source: Benettin et al., "Lyapunov characteristic exponents for smooth dynamical systems",
    Meccanica 15 (1980); Vogt et al., "On Lyapunov exponents for RNNs" (2022).
    """
    unrolled = unroll(model, inputs, state)
    size = unrolled.whole_states().shape[1]
    if before is None:
        before = _begin(size, size if count is None else count)
    if len(before.frame) != size:
        raise ValueError(
            f"before must have a frame for {size} state variables, got {len(before.frame)}. "
            "Give None to begin anew."
        )
    frame, total = before.frame, before.exponents * before.steps
    length = len(unrolled.inputs)
    for begin in range(0, length, _TOGETHER):
        for step in unrolled.jacobians(range(begin, min(begin + _TOGETHER, length))):
            frame, stretched = orthonormal(product(step, frame))
            with np.errstate(divide="ignore"):
                total = total + np.log(np.abs(np.diagonal(stretched)))
    done = before.steps + length
    return Lyapunov(total / done, done, frame)


def _begin(size: int, count: int) -> Lyapunov:
    if not 1 <= count <= size:
        raise ValueError(f"count must be from 1 to {size}, got {count}. Give None for all.")
    return Lyapunov(np.zeros(count), 0, np.eye(size)[:, :count])


def _spectrum(matrices: Array) -> Spectrum:
    """Of matrices of shape ``(…, S, S)``; nan for those that are not finite."""
    finite = np.asarray(np.isfinite(matrices).all(axis=(-2, -1)))
    safe = np.where(finite[..., None, None], matrices, 0.0)
    found = sorted_eigenvalues(safe)
    found[~finite] = np.nan
    stretch = np.where(finite, largest_singular_value(safe), np.nan)
    return Spectrum(found, np.abs(found[..., 0]), stretch)
