"""A window unrolled: every state that the network visits, and derivatives through all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from rnn_core.diagnostics.cells import (
    GATES,
    Array,
    CellOutput,
    Layer,
    LocalDerivatives,
    as_float64,
    cell_step,
    layers_of,
    local_derivatives,
    step_jacobians,
)
from rnn_core.models import RecurrentModel, State


class Unrolled(NamedTuple):
    """One row's window, L layers.

    Args:
        layers: the weights, lowest layer first.
        inputs: shape ``(T, D)``.
        h: the states before the window and after each time step, ``(L, 1 + T, H)``.
        c: likewise, ``(L, 1 + T, H)``; zeros unless the cell is an LSTM.
        moved: what each time step gave, by layer, rows being time steps.
        prediction: the readout at every time step, shape ``(T, K)``.
        readout: its weight, shape ``(K, H)``.
    """

    layers: tuple[Layer, ...]
    inputs: Array
    h: Array
    c: Array
    moved: tuple[CellOutput, ...]
    prediction: Array
    readout: Array

    @property
    def cell(self) -> str:
        """``"rnn"``, ``"lstm"`` or ``"gru"``."""
        return self.layers[0].cell

    def local_derivatives(self) -> tuple[LocalDerivatives, ...]:
        """The derivatives of every time step, by layer, rows being time steps."""
        return tuple(
            local_derivatives(layer, moved, h[:-1], c[:-1])
            for layer, moved, h, c in zip(self.layers, self.moved, self.h, self.c, strict=True)
        )

    def jacobians(self, steps: Sequence[int]) -> Array:
        """`step_jacobians` of the time steps asked for, ``(N, S, S)``."""
        chosen = list(steps)
        at = [
            LocalDerivatives(*(slope[chosen] for slope in local_derivatives))
            for local_derivatives in self.local_derivatives()
        ]
        return step_jacobians(self.layers, at)

    def states(self) -> Array:
        """The whole state after each time step, ``(T, S)``; see `step_jacobians`."""
        parts = [self.h[:, 1:], self.c[:, 1:]] if self.cell == "lstm" else [self.h[:, 1:]]
        return np.concatenate([states for part in parts for states in part], axis=1)


class Adjoint(NamedTuple):
    """Derivatives of n scalars by what the network did at one time step.

    Args:
        step: the time step; -1 stands for the state that the window starts from.
        sources: the time steps that the n scalars come from, shape ``(n,)``.
        h: of the scalars by h, through all that follows from it, ``(L, n, H)``.
        c: by c, likewise, its own h included, ``(L, n, H)``; zeros unless the cell is an LSTM.
        drives: by the state's part of the gates' drives, ``(L, n, G·H)``. Empty at -1.
        inputs: by the input, shape ``(n, D)``. Empty at -1.
    """

    step: int
    sources: np.ndarray
    h: Array
    c: Array
    drives: Array
    inputs: Array


@np.errstate(invalid="ignore", over="ignore")  # what has diverged gives nan, silently
def unroll(model: RecurrentModel, inputs: ArrayLike, state: State | None) -> Unrolled:
    """Read a window as the model does, and keep everything.

    Args:
        model: read only.
        inputs: shape ``(T, D)``.
        state: as PyTorch gives it, ``(L, B, H)`` or a pair (h, c) of them; the first row of the
            batch is read. None stands for zeros.

    Raises:
        ValueError: when inputs or state do not have the model's shapes.
    """
    layers = layers_of(model)
    values = check_inputs(inputs, model.rnn.input_size)
    start_h, start_c = start_of(model, state)
    size = len(layers), 1 + len(values), layers[0].hidden_size
    h, c = np.empty(size), np.zeros(size)
    h[:, 0], c[:, 0] = start_h, start_c
    moved, below = [], values
    for number, layer in enumerate(layers):
        moved.append(_through(layer, below, h[number], c[number]))
        below = h[number, 1:]
    readout = as_float64(model.out.weight)
    prediction = below @ readout.T + as_float64(model.out.bias)
    return Unrolled(layers, values, h, c, tuple(moved), prediction, readout)


def backward(
    unrolled: Unrolled, seeds: Sequence[Array], max_lag: int | None = None
) -> Iterator[Adjoint]:
    """Carry the derivatives of many scalars back through time, together.

    Args:
        unrolled: the window.
        seeds: for every time step the derivatives, by the top layer's h, of the scalars that read
            it there, ``(n_t, H)``; n_t may be 0.
        max_lag: scalars are left behind after so many time steps; None follows them to the start.

    Yields:
        The last time step first, and at the end the state that the window starts from.
    """
    layers, at = unrolled.layers, unrolled.local_derivatives()
    hidden = layers[0].hidden_size
    sources = np.empty(0, np.int64)
    h = np.zeros((len(layers), 0, hidden))
    c = h.copy()
    for index in reversed(range(len(unrolled.inputs))):
        kept = slice(0 if max_lag is None else int(np.sum(sources - index > max_lag)), None)
        fresh = np.zeros((len(layers), len(seeds[index]), hidden))
        sources = np.concatenate([sources[kept], np.full(fresh.shape[1], index)])
        c = np.concatenate([c[:, kept], fresh], axis=1)
        fresh[-1] = seeds[index]
        h = np.concatenate([h[:, kept], fresh], axis=1)
        adjoint, h, c = _back(layers, at, index, sources, h, c)
        yield adjoint
    nothing = np.empty((len(layers), len(sources), 0))
    yield Adjoint(-1, sources, h, c, nothing, nothing[0])


@np.errstate(invalid="ignore", over="ignore")  # what has diverged gives nan, silently
def _back(
    layers: Sequence[Layer],
    at: Sequence[LocalDerivatives],
    index: int,
    sources: np.ndarray,
    h: Array,
    c: Array,
) -> tuple[Adjoint, Array, Array]:
    """One time step back: its derivatives, and those by the h and c before it."""
    drives, before_h, before_c = [], np.empty_like(h), np.empty_like(c)
    for number in reversed(range(len(layers))):
        layer, there = layers[number], LocalDerivatives(*(slope[index] for slope in at[number]))
        c[number] += there.read * h[number]
        of_h, of_c = h[number][:, None], c[number][:, None]  # (n, 1, H)
        by_c = there.c * of_c
        shape = len(sources), len(layer.w_hh)  # (n, G·H)
        drive = (there.h * of_h + by_c).reshape(shape)
        input_drive = (there.h_input * of_h + by_c).reshape(shape)
        before_h[number] = drive @ layer.w_hh + there.h_kept * h[number]
        before_c[number] = there.c_kept * c[number]
        below = input_drive @ layer.w_ih
        if number:
            h[number - 1] += below
        drives.append(drive)
    return Adjoint(index, sources, h, c, np.stack(drives[::-1]), below), before_h, before_c


def _through(layer: Layer, inputs: Array, h: Array, c: Array) -> CellOutput:
    """One layer over all time steps; h and c, ``(1 + T, H)``, are filled in after the first."""
    from_input = inputs @ layer.w_ih.T + layer.b_ih
    steps = len(inputs)
    gates = np.empty((steps, len(GATES[layer.cell]), layer.hidden_size))
    recalled = np.empty((steps, layer.hidden_size))
    for t in range(steps):
        now, then = slice(t, t + 1), slice(t + 1, t + 2)
        h[then], c[then], gates[now], recalled[now] = cell_step(
            layer, from_input[now], h[now], c[now]
        )
    return CellOutput(h[1:], c[1:], gates, recalled)


def check_inputs(inputs: ArrayLike, features: int) -> Array:
    """A window's inputs, ``(T, D)``; ValueError for another shape."""
    values = as_float64(inputs)
    if values.ndim != 2 or values.shape[1] != features or not len(values):
        raise ValueError(
            f"inputs must have shape (T, {features}), got {values.shape}. "
            "Give one window of one row: trainer.context().inputs."
        )
    return values


def start_of(model: RecurrentModel, state: State | None) -> tuple[Array, Array]:
    """The first row's h and c, each ``(L, H)``."""
    rnn = model.rnn
    zeros = np.zeros((rnn.num_layers, rnn.hidden_size))
    if state is None:
        return zeros, zeros
    if isinstance(state, tuple) != (rnn.mode == "LSTM"):
        raise ValueError(
            f"state must be {'a pair (h, c)' if rnn.mode == 'LSTM' else 'one tensor h'} for "
            f"{rnn.mode}, got {type(state).__name__}. Give trainer.state."
        )
    found = [part.detach().numpy() for part in (state if isinstance(state, tuple) else (state,))]
    for part in found:
        if part.ndim != 3 or (part.shape[0], part.shape[2]) != zeros.shape or not part.shape[1]:
            raise ValueError(
                f"state must have shape ({zeros.shape[0]}, B, {zeros.shape[1]}), got "
                f"{part.shape}. Give trainer.state."
            )
    first = [as_float64(part[:, 0]) for part in found]
    return first[0], first[1] if len(first) == 2 else zeros
