"""Eigenvalues of the recurrent weights and of a time step, and Lyapunov exponents."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rnn_core.arguments import items, refused_type, refused_value, require
from rnn_core.cells.base import Array, layers_of
from rnn_core.cells.registry import cell_of
from rnn_core.diagnostics.jacobians import layer_blocks, push_directions
from rnn_core.diagnostics.linear import (
    eigenvalues,
    largest_first,
    largest_singular_value,
    orthonormal,
)
from rnn_core.diagnostics.unrolled import time_steps, unroll
from rnn_core.messages import Brief
from rnn_core.models import RecurrentModel, State


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """Spectrum of one square matrix, or of N of them. All nan where a matrix is not finite.

    Args:
        eigenvalues: complex, largest modulus first, shape ``(…, S)``.
        radius: spectral radius, the largest modulus, shape ``(…)``.
        stretch: largest singular value, shape ``(…)``: the largest factor by which one step can
            lengthen a difference. It may exceed the spectral radius.
    """

    eigenvalues: NDArray[np.complex128]
    radius: Array
    stretch: Array


@dataclass(frozen=True, slots=True, eq=False)
class Lyapunov:
    """Mean rates at which small differences between states grow, over all windows so far.

    Args:
        exponents: per time step, in nats, largest first after many steps, shape ``(K,)``. Above 0
            differences grow and the run is chaotic; -inf where a direction has collapsed.
        steps: number of time steps in the mean.
        frame: orthonormal directions after the last time step, shape ``(S, K)``.
    """

    exponents: Array
    steps: int
    frame: Array


def weight_spectrum(
    model: RecurrentModel, letters: Collection[str] | None = None
) -> Mapping[str, Spectrum]:
    """Spectra of W_hh, gate by gate: the H×H blocks by letter, ``"h"`` for a plain RNN.

    In a plain RNN gradients must vanish if the stretch is below 1, and can explode only if it is
    above 1. In a cell with gates a block says only how the old h enters one gate; `step_spectrum`
    describes the time step as a whole.

    Args:
        model: read only.
        letters: of the blocks that are wanted; None for all. Others are left out.

    Returns:
        Letter to spectrum, with layers as the first axis: ``(L, H)``, ``(L,)`` and ``(L,)``. Empty
        for a cell without such blocks.

    Source: Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks"
    (2013).
    """
    cell = cell_of(model)
    if letters is not None:
        hint = "('h',)"
        letters = items("letters", letters, "None or a collection of letters", hint)
        for letter in letters:
            require("each of the letters", letter, str, "a letter", hint)
    layers = layers_of(cell, model.rnn)
    hidden = model.rnn.hidden_size
    weights = [layer.weights.get("weight_hh") for layer in layers]
    if any(w is None or w.shape != (len(cell.blocks) * hidden, hidden) for w in weights):
        return MappingProxyType({})
    blocks = np.stack([w.reshape(-1, hidden, hidden) for w in weights if w is not None])
    return MappingProxyType(
        {
            letter: _spectrum(blocks[:, index])
            for index, letter in enumerate(cell.blocks)
            if letters is None or letter in letters
        }
    )


def step_spectrum(
    model: RecurrentModel,
    inputs: ArrayLike,
    state: State | None = None,
    *,
    at: Sequence[int] | None = None,
) -> Spectrum:
    """Spectra of the step's Jacobian, ∂(state after)/∂(state before), along a window.

    The state is h of every layer, then every other state part of every layer.

    Args:
        model: read only.
        inputs: the window, shape ``(T, D)``.
        state: state before the window, as `Trainer.state` gives it; None stands for zeros.
        at: time steps, counted from 0, or from the end when negative; None for all. Eigenvalues of
            large networks are slow: choose a few steps.

    Returns:
        Shapes ``(N, S)``, ``(N,)`` and ``(N,)`` for N time steps and S = P·L·H, P state parts.

    Raises:
        TypeError: when an argument is of the wrong kind.
        ValueError: when a shape does not match or a time step is outside the window.
    """
    unrolled = unroll(model, inputs, state)
    length = len(unrolled.inputs)
    chosen = time_steps(at, length, first=-length)
    if not chosen:
        raise refused_value("at", "at least one time step", at, "[-1]")
    jacobians = unrolled.jacobians([index % length for index in chosen])
    blocks = layer_blocks(jacobians, len(unrolled.layers), unrolled.h.shape[-1])
    return _spectrum(jacobians, blocks)


def lyapunov(
    model: RecurrentModel,
    inputs: ArrayLike,
    state: State | None = None,
    *,
    before: Lyapunov | None = None,
    count: int | None = None,
) -> Lyapunov:
    """Lyapunov exponents along a window, or along several, one call for each.

    Directions are multiplied by each step's Jacobian and made orthonormal again by QR; the
    logarithms of R's diagonal are averaged. If the weights change between windows, as in training,
    the exponents are those of the whole sequence of networks. Start again for those of one network.

    Args:
        model: read only.
        inputs: the window, shape ``(T, D)``.
        state: state before the window, as `Trainer.state` gives it; None stands for zeros.
        before: the result of the previous window; None starts with directions along the axes.
        count: number of exponents K at the start; None for all S. Ignored with ``before``.

    Raises:
        TypeError: when an argument is of the wrong kind.
        ValueError: when a shape does not match, or count is not between 1 and S.

    Source: Benettin et al., "Lyapunov characteristic exponents for smooth dynamical systems",
    Meccanica 15 (1980); Vogt et al., "On Lyapunov exponents for RNNs" (2022).
    """
    unrolled = unroll(model, inputs, state)
    size = unrolled.whole_states().shape[1]
    if before is not None:
        require("before", before, Lyapunov, "None or a Lyapunov", "what lyapunov() returned")
    if count is not None and before is None:
        require("count", count, Integral, f"from 1 to {size}", "None for all")
        if isinstance(count, bool):
            raise refused_type("count", f"from 1 to {size}", count, "None for all")
    if before is None:
        before = _begin(size, size if count is None else count)
    if len(before.frame) != size:
        raise ValueError(
            f"before must have a frame for {size} state variables, got {len(before.frame)}. "
            "Give None to start again."
        )
    frame, total = before.frame, before.exponents * before.steps
    length = len(unrolled.inputs)
    at = unrolled.derivatives()
    for index in range(length):
        frame, stretched = orthonormal(push_directions(at, index, frame, model.rnn.hidden_size))
        with np.errstate(divide="ignore"):
            total = total + np.log(np.abs(np.diagonal(stretched)))
    done = before.steps + length
    return Lyapunov(total / done, done, frame)


def _begin(size: int, count: int) -> Lyapunov:
    if not 1 <= count <= size:
        raise ValueError(
            f"count must be from 1 to {size}, got {Brief(count)!r}. Give None for all."
        )
    return Lyapunov(np.zeros(count), 0, np.eye(size)[:, :count])


def _spectrum(matrices: Array, blocks: Array | None = None) -> Spectrum:
    """The spectra of matrices of shape ``(…, S, S)``; nan for those that are not finite.

    Args:
        matrices: the matrices.
        blocks: smaller ones that have the same eigenvalues between them, ``(…, L, S/L, S/L)``;
            None where none are known.
    """
    finite = np.asarray(np.isfinite(matrices).all(axis=(-2, -1)))
    safe = np.where(finite[..., None, None], matrices, 0.0)
    if blocks is None:
        found = eigenvalues(safe)
    else:
        found = eigenvalues(np.where(finite[..., None, None, None], blocks, 0.0))
        found = found.reshape(*finite.shape, -1)
    found = largest_first(found)
    found[~finite] = np.nan
    stretch = np.where(finite, largest_singular_value(safe), np.nan)
    return Spectrum(found, np.abs(found[..., 0]), stretch)
