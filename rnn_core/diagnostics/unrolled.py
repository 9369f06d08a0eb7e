"""A window unrolled: every state of the network, and derivatives through all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from numbers import Integral
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike

from rnn_core.arguments import items, refused_type
from rnn_core.cells.base import Array, Cell, CellOutput, Equation, Layer, as_float64, layers_of
from rnn_core.cells.derivatives import Derivatives, derivatives
from rnn_core.cells.module import unpack
from rnn_core.cells.registry import cell_of
from rnn_core.diagnostics.jacobians import step_jacobians
from rnn_core.messages import Brief
from rnn_core.models import RecurrentModel, State


class Unrolled(NamedTuple):
    """One row's window, L layers, P state parts.

    Attributes:
        cell: the network's cell.
        layers: the weights, lowest layer first.
        inputs: shape ``(T, D)``.
        state: the state parts before the window and after each time step, ``(P, L, 1 + T, H)``.
        gates: gates and candidates at each time step, ``(L, T, G, H)``.
        prediction: the readout at every time step, shape ``(T, K)``.
        readout: its weight, shape ``(K, H)``.
    """

    cell: Cell
    layers: tuple[Layer, ...]
    inputs: Array
    state: Array
    gates: Array
    prediction: Array
    readout: Array

    @property
    def h(self) -> Array:
        """The hidden states before the window and after each time step, ``(L, 1 + T, H)``."""
        h: Array = self.state[0]
        return h

    @property
    def parts(self) -> dict[str, Array]:
        """The state by part, ``(L, 1 + T, H)`` each."""
        return dict(zip(self.cell.state_parts, self.state, strict=True))

    def derivatives(self, steps: Sequence[int] | None = None) -> tuple[Derivatives, ...]:
        """The derivatives of the time steps asked for, by layer, rows being time steps.

        Args:
            steps: counted from 0; None for all.
        """
        rows = np.arange(len(self.inputs)) if steps is None else np.array(list(steps), np.intp)
        return tuple(
            derivatives(
                layer,
                self._read_by(number)[rows],
                tuple(part[number, rows] for part in self.state),
                CellOutput(
                    tuple(part[number, 1 + rows] for part in self.state), self.gates[number, rows]
                ),
            )
            for number, layer in enumerate(self.layers)
        )

    def jacobians(self, steps: Sequence[int]) -> Array:
        """`step_jacobians` of the time steps asked for, ``(N, S, S)``."""
        return step_jacobians(self.derivatives(steps))

    def whole_states(self) -> Array:
        """The whole state after each time step, ``(T, S)``; see `step_jacobians`."""
        return np.concatenate([states for part in self.state for states in part[:, 1:]], axis=1)

    def equations(self, step: int, unit: int) -> tuple[Equation, ...]:
        """The top layer's equations in LaTeX with numbers.

        Args:
            step: time step, counted from 0.
            unit: hidden unit, counted from 0.
        """
        return self.cell.equations(
            self.layers[-1],
            self._read_by(len(self.layers) - 1)[step],
            tuple(part[-1, step] for part in self.state),
            unit,
        )

    def _read_by(self, number: int) -> Array:
        """The input of a layer, ``(T, I)``."""
        return self.h[number - 1, 1:] if number else self.inputs


class Adjoint(NamedTuple):
    """Derivatives of n scalars by the states and inputs of one time step.

    Attributes:
        step: the time step; -1 stands for the state that the window starts from.
        sources: the time steps that the n scalars come from, shape ``(n,)``.
        state: of the scalars by each state part, through all that follows from it,
            ``(P, L, n, H)``. Where h is read from another part, that part's includes what it does
            to h.
        inputs: by the input, shape ``(n, D)``. Empty at -1.
    """

    step: int
    sources: np.ndarray
    state: Array
    inputs: Array

    @property
    def h(self) -> Array:
        """By h, ``(L, n, H)``."""
        h: Array = self.state[0]
        return h


@np.errstate(invalid="ignore", over="ignore")  # a diverged run gives nan, without warnings
def unroll(model: RecurrentModel, inputs: ArrayLike, state: State | None) -> Unrolled:
    """Compute a window as the model does, in float64, and keep everything.

    Args:
        model: read only.
        inputs: shape ``(T, D)``.
        state: as PyTorch gives it, ``(L, B, H)`` or a tuple of such parts; the first row of the
            batch is read. None stands for zeros.

    Raises:
        ValueError: when inputs or state do not have the model's shapes.
    """
    cell = cell_of(model)
    layers = layers_of(cell, model.rnn)
    values = check_inputs(inputs, model.rnn.input_size)
    start = start_of(model, state)  # (P, L, H)
    steps, hidden = len(values), model.rnn.hidden_size
    states = np.empty((*start.shape[:2], 1 + steps, hidden))
    states[:, :, 0] = start
    gates = np.empty((len(layers), steps, len(cell.gates), hidden))
    below = values
    for number, layer in enumerate(layers):
        rows = tuple(part[None] for part in start[:, number])
        for t in range(steps):
            output = layer.step(below[t : t + 1], rows)
            rows = output.state
            for part, row in zip(states, rows, strict=True):
                part[number, t + 1] = row[0]
            gates[number, t] = output.gates[0]
        below = states[0, number, 1:]
    readout = as_float64(model.out.weight)
    prediction = below @ readout.T + as_float64(model.out.bias)
    return Unrolled(cell, layers, values, states, gates, prediction, readout)


def backward(unrolled: Unrolled, seeds: Sequence[Array]) -> Iterator[Adjoint]:
    """Carry the derivatives of many scalars back through time, together.

    Args:
        unrolled: the window.
        seeds: for every time step the derivatives, by the top layer's h, of the scalars that read
            it there, ``(n_t, H)``; n_t may be 0.

    Yields:
        The last time step first, and at the end the state that the window starts from.
    """
    at = unrolled.derivatives()
    parts, depth, _length, hidden = unrolled.state.shape
    sources = np.empty(0, np.int64)
    state = np.zeros((parts, depth, 0, hidden))
    for index in reversed(range(len(unrolled.inputs))):
        fresh = np.zeros((parts, depth, len(seeds[index]), hidden))
        fresh[0, -1] = seeds[index]
        sources = np.concatenate([sources, np.full(fresh.shape[2], index)])
        state = np.concatenate([state, fresh], axis=2)
        adjoint, state = _back(at, index, sources, state)
        yield adjoint
    yield Adjoint(-1, sources, state, np.empty((len(sources), 0)))


@np.errstate(invalid="ignore", over="ignore")  # a diverged run gives nan, without warnings
def _back(
    at: Sequence[Derivatives], index: int, sources: np.ndarray, state: Array
) -> tuple[Adjoint, Array]:
    """One time step back: its derivatives, and those by the state before it."""
    before = np.empty_like(state)
    for number in reversed(range(len(at))):
        pulled = at[number].pull(index, tuple(state[:, number]))
        for part, values in enumerate(pulled.after):
            state[part, number] = values
        for part, values in enumerate(pulled.before):
            before[part, number] = values
        if number:
            state[0, number - 1] += pulled.inputs
    return Adjoint(index, sources, state, pulled.inputs), before


@np.errstate(invalid="ignore", over="ignore")  # a diverged run gives nan, without warnings
def through_time(unrolled: Unrolled, read: Array) -> Array:
    """The derivatives of one scalar by every state of the window.

    Args:
        unrolled: the window.
        read: of the scalar by the top layer's h, through what it reads at each time step alone,
            shape ``(T, H)``.

    Returns:
        Through all later time steps as well, shape ``(P, L, 1 + T, H)``; see `Adjoint.state`.
    """
    whole = np.zeros_like(unrolled.state)
    counted = np.flatnonzero(read.any(axis=1))
    last = int(counted[-1]) if len(counted) else -1
    # Layer by layer, so that only one layer's weights are in use at a time.
    for number, at in reversed(list(enumerate(unrolled.derivatives()))):
        below = np.zeros_like(unrolled.h[number - 1, 1:])
        after = tuple(np.zeros((1, part.shape[-1])) for part in whole)
        for index in reversed(range(last + 1)):
            pulled = at.pull(index, (after[0] + read[index], *after[1:]))
            for part, values in zip(whole, pulled.after, strict=True):
                part[number, index + 1] = values[0]
            after = pulled.before
            if number:
                below[index] = pulled.inputs[0]
        for part, values in zip(whole, after, strict=True):
            part[number, 0] = values[0]
        read = below
    return whole


def check_inputs(inputs: ArrayLike, features: int) -> Array:
    """A window's inputs, ``(T, D)``; ValueError for another shape."""
    values = as_float64(inputs, "inputs")
    if values.ndim != 2 or values.shape[1] != features or not len(values):
        raise ValueError(
            f"inputs must have shape (T, {features}), got {values.shape}. "
            "Give one window of one row: trainer.context().inputs."
        )
    return values


def time_steps(at: Sequence[int] | None, length: int, first: int) -> list[int]:
    """The time steps of a window that are wanted, as they were given.

    Args:
        at: counted from 0, or from the end when negative; None for all.
        length: T.
        first: the lowest that is allowed: 0, or -T where they may count from the end.

    Raises:
        TypeError: when one is not a whole number.
        ValueError: when one is outside the window.
    """
    if at is None:
        return list(range(length))
    rule = f"time steps from 0 to {length - 1}"
    found = items("at", at, rule, f"[{max(first, -1)}]")
    for index in found:
        if isinstance(index, bool) or not isinstance(index, Integral):
            raise refused_type("at", rule, index, f"[{max(first, -1)}]")
        if not first <= int(index) < length:
            raise ValueError(f"at must be {rule}, got {Brief(index)!r}. Try {max(first, -1)}.")
    return [int(index) for index in found]


def start_of(model: RecurrentModel, state: State | None) -> Array:
    """The first row's state parts, ``(P, L, H)``."""
    cell, rnn = cell_of(model), model.rnn
    names = cell.state_parts
    zeros = np.zeros((len(names), rnn.num_layers, rnn.hidden_size))
    if state is None:
        return zeros
    for given in unpack(state):
        if not isinstance(given, torch.Tensor) or given.is_meta or not given.is_floating_point():
            rule = "None or real tensors (L, B, H)"
            raise refused_type("state", rule, state, "trainer.state")
    found = [as_float64(given, "state") for given in unpack(state)]
    if isinstance(state, tuple) != (len(names) > 1) or len(found) != len(names):
        wanted = f"a tuple ({', '.join(names)})" if len(names) > 1 else f"one tensor {names[0]}"
        raise ValueError(
            f"state must be {wanted} for {cell.title}, got {type(state).__name__}. "
            "Give trainer.state."
        )
    for part in found:
        if part.ndim != 3 or (part.shape[0], part.shape[2]) != zeros.shape[1:] or not part.shape[1]:
            raise ValueError(
                f"state must have shape ({zeros.shape[1]}, B, {zeros.shape[2]}), got "
                f"{part.shape}. Give trainer.state."
            )
    return np.stack([part[:, 0] for part in found])
