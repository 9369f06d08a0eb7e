"""Derivatives of one layer's time step: in closed form for stacked gates, otherwise by autograd."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

if TYPE_CHECKING:
    from rnn_core.cells.base import CellOutput, Layer

Array = NDArray[np.float64]

#: One row for all scalars, or one for each.
Rows = int | NDArray[np.int64]

# Numbers that autograd may hold at a time while it works out Jacobians: 64 MB.
_NUMBERS = 8_000_000
# Numbers of Jacobians that each layer keeps: 8 MB.
_KEPT = 1_000_000
# With no more state numbers than this the Jacobians of many rows take less time than their products
# with vectors, one by one.
_SMALL = 96


class LocalDerivatives(NamedTuple):
    """Derivatives of one time step, unit by unit, of a cell in PyTorch's layout.

    A gate's drive is what its nonlinearity is applied to: the input's part and the state's part.

    Attributes:
        h: of the new h by the state's part of every gate's drive, c held, ``(N, G, H)``.
        h_input: of the new h by the input's part, c held, ``(N, G, H)``.
        c: of the new c by the drives, ``(N, G, H)``; None for a cell without c.
        h_kept: of the new h by the old one, the drives held, ``(N, H)``; None where it is 0.
        c_kept: of the new c by the old one, the drives held, ``(N, H)``; None without c.
        h_of_c: of the new h by the new c, ``(N, H)``; None without c.
    """

    h: Array
    h_input: Array
    c: Array | None = None
    h_kept: Array | None = None
    c_kept: Array | None = None
    h_of_c: Array | None = None


class Pulled(NamedTuple):
    """Derivatives of n scalars, carried back over one time step.

    Attributes:
        after: by the state parts after the step, each ``(n, H)``. Where h is read from another
            part, that part's includes what it does to h.
        before: by the state parts before the step, each ``(n, H)``.
        inputs: by the layer's input, ``(n, I)``.
        weight: of the scalars' sum, by the cell's main weight as used at these time steps; None
            unless asked for. Of each scalar alone it would be n times as much.
    """

    after: tuple[Array, ...]
    before: tuple[Array, ...]
    inputs: Array
    weight: Array | None


class Derivatives(Protocol):
    """Derivatives of one time step of N rows of a layer; S = P·H numbers are its state."""

    def jacobians(self) -> tuple[Array, Array]:
        """Of the new state by the old one and by the input, ``(N, S, S)`` and ``(N, S, I)``.

        The state's parts stand one after another.
        """
        ...

    def pull(self, rows: Rows, after: tuple[Array, ...], *, with_weight: bool = False) -> Pulled:
        """Carry derivatives by the new state back to what it was computed from.

        Args:
            rows: the row that all scalars read, or one for each of them, shape ``(n,)``.
            after: derivatives of n scalars by the new state parts, each ``(n, H)``.
            with_weight: whether to work out that by the cell's main weight too.
        """
        ...

    def push(self, row: int, before: tuple[Array, ...], inputs: Array | None) -> tuple[Array, ...]:
        """Carry n changes of what one row is computed from on to its new state.

        Args:
            row: which row.
            before: changes of the old state parts, each ``(n, H)``.
            inputs: of the layer's input, ``(n, I)``; None for none.

        Returns:
            Of the new state parts, each ``(n, H)``.
        """
        ...


def derivatives(
    layer: Layer, x: Array, state: tuple[Array, ...], output: CellOutput
) -> Derivatives:
    """The derivatives of a step of N rows.

    Args:
        layer: the weights.
        x: the layer's input, ``(N, I)``.
        state: the state parts before the step, each ``(N, H)``.
        output: what ``layer.step(x, state)`` gave.
    """
    closed_form = layer.cell.local_derivatives
    if closed_form is None:
        return _ByAutograd(layer, x, state)
    return _ClosedForm(layer, closed_form(layer.weights, state, output), state[0])


class _ClosedForm:
    """From the derivatives unit by unit and the weights in PyTorch's layout."""

    def __init__(self, layer: Layer, local: LocalDerivatives, h: Array) -> None:
        self._layer, self._local, self._h = layer, local, h
        self._w_ih, self._w_hh = layer.weights["weight_ih"], layer.weights["weight_hh"]

    def jacobians(self) -> tuple[Array, Array]:
        local, layer, hidden = self._local, self._layer, self._layer.hidden_size
        w_hh, w_ih = layer.by_block(self._w_hh), layer.by_block(self._w_ih)
        by_h = np.einsum("ngh,ghk->nhk", local.h, w_hh)
        by_input = np.einsum("ngh,ghk->nhk", local.h_input, w_ih)
        diagonal = np.arange(hidden)
        if local.h_kept is not None:
            by_h[:, diagonal, diagonal] += local.h_kept
        if local.c is None:
            return by_h, by_input
        assert local.c_kept is not None
        assert local.h_of_c is not None
        c_by_h = np.einsum("ngh,ghk->nhk", local.c, w_hh)
        c_by_input = np.einsum("ngh,ghk->nhk", local.c, w_ih)
        h_of_c = local.h_of_c[:, :, None]
        whole = np.zeros((len(by_h), 2 * hidden, 2 * hidden))
        whole[:, :hidden, :hidden] = by_h + h_of_c * c_by_h
        whole[:, hidden:, :hidden] = c_by_h
        whole[:, diagonal, hidden + diagonal] = local.h_of_c * local.c_kept
        whole[:, hidden + diagonal, hidden + diagonal] = local.c_kept
        return whole, np.concatenate([by_input + h_of_c * c_by_input, c_by_input], axis=1)

    def pull(self, rows: Rows, after: tuple[Array, ...], *, with_weight: bool = False) -> Pulled:
        local, h = self._local, after[0]
        drive, input_drive = local.h[rows] * h[:, None], local.h_input[rows] * h[:, None]
        before_c: tuple[Array, ...] = ()
        if local.c is not None:
            assert local.c_kept is not None
            assert local.h_of_c is not None
            c = after[1] + local.h_of_c[rows] * h
            by_c = local.c[rows] * c[:, None]
            drive, input_drive = drive + by_c, input_drive + by_c
            after, before_c = (h, c), (local.c_kept[rows] * c,)
        drive, input_drive = (
            part.reshape(len(h), len(self._w_hh)) for part in (drive, input_drive)
        )
        before_h = product(drive, self._w_hh)
        if local.h_kept is not None:
            before_h += local.h_kept[rows] * h
        weight = None
        if with_weight:
            read = np.broadcast_to(self._h[rows], h.shape)
            weight = product(drive.T, read.copy())
        return Pulled(after, (before_h, *before_c), product(input_drive, self._w_ih), weight)

    def push(self, row: int, before: tuple[Array, ...], inputs: Array | None) -> tuple[Array, ...]:
        local, layer, h = self._local, self._layer, before[0]
        shape = len(h), -1, layer.hidden_size
        drive = product(h, self._w_hh.T).reshape(shape)
        by_input = None if inputs is None else product(inputs, self._w_ih.T).reshape(shape)
        after_h = np.einsum("gh,ngh->nh", local.h[row], drive)
        if by_input is not None:
            after_h += np.einsum("gh,ngh->nh", local.h_input[row], by_input)
        if local.h_kept is not None:
            after_h += local.h_kept[row] * h
        if local.c is None:
            return (after_h,)
        assert local.c_kept is not None
        assert local.h_of_c is not None
        both = drive if by_input is None else drive + by_input
        after_c = np.einsum("gh,ngh->nh", local.c[row], both) + local.c_kept[row] * before[1]
        return after_h + local.h_of_c[row] * after_c, after_c


class _ByAutograd:
    """From the cell's step equations, or its module, by `torch.func`."""

    # Callers may stand in no_grad or inference_mode.
    @torch.inference_mode(False)
    def __init__(self, layer: Layer, x: Array, state: tuple[Array, ...]) -> None:
        self._layer = layer
        self._weights = {name: _tensor(value) for name, value in layer.weights.items()}
        self._x, self._state = _tensor(x), tuple(_tensor(part) for part in state)
        # Of some rows, from the first of them on.
        self._first, self._jacobians = 0, (np.empty((0, 0, 0)), np.empty((0, 0, 0)))

    @torch.inference_mode(False)
    @torch.enable_grad()
    def jacobians(self) -> tuple[Array, Array]:
        rows, hidden, parts = len(self._x), self._layer.hidden_size, len(self._state)
        size = parts * hidden
        pull = _vjp(self._step(), self._x, *self._state)
        # One scalar for every number of the new state, the same in all rows: (S, P, N, H).
        scalars = torch.eye(size, dtype=torch.float64).view(size, parts, 1, hidden)
        scalars = scalars.expand(size, parts, rows, hidden)
        blocks = 4 * max(1, len(self._layer.cell.blocks))
        together = max(1, _NUMBERS // max(1, rows * hidden * parts * blocks))
        by_input, *by_state = torch.func.vmap(pull, chunk_size=together)(scalars.unbind(1))
        whole = torch.stack(by_state, 2)  # (S, N, P, H)
        return (
            _array(whole.transpose(0, 1).reshape(rows, size, size)),
            _array(by_input.transpose(0, 1)),
        )

    @torch.inference_mode(False)
    @torch.enable_grad()
    def pull(self, rows: Rows, after: tuple[Array, ...], *, with_weight: bool = False) -> Pulled:
        # Each scalar has a row of its own, so that one backward pass gives all of them apart, and
        # the weight's derivative is that of their sum.
        count = len(after[0])
        chosen = np.broadcast_to(rows, count)
        x, *state = (part[chosen.copy()].requires_grad_() for part in (self._x, *self._state))
        name = self._layer.cell.main_weight
        given = (self._weights[name].detach().requires_grad_(),) if with_weight else ()
        if not count:  # modules take no empty batch
            weight = np.zeros(self._weights[name].shape) if with_weight else None
            return Pulled(after, after, np.empty((0, x.shape[1])), weight)
        new = self._step(name)(x, *state, *given)
        by_input, *others = _gradients(new, (x, *state, *given), after)
        return Pulled(
            self._with_own_h(x, tuple(state), after),
            tuple(others[: len(state)]),
            by_input,
            others[-1] if with_weight else None,
        )

    @torch.inference_mode(False)
    @torch.enable_grad()
    def push(self, row: int, before: tuple[Array, ...], inputs: Array | None) -> tuple[Array, ...]:
        count, hidden = len(before[0]), self._layer.hidden_size
        if len(before) * hidden <= _SMALL:
            by_state, by_input = self._near(row)
            moved = product(np.concatenate(before, axis=1), by_state.T)
            if inputs is not None:
                moved = moved + product(inputs, by_input.T)
            return tuple(np.split(moved, len(before), axis=1))
        at = tuple(part[row].repeat(count, 1).requires_grad_() for part in (self._x, *self._state))
        changes = (np.zeros(at[0].shape) if inputs is None else inputs, *before)
        # What carries derivatives back is linear in them: its own derivative carries changes on.
        new = self._step()(*at)
        seeds = tuple(torch.zeros_like(part, requires_grad=True) for part in new)
        back = torch.autograd.grad(new, at, seeds, create_graph=True, materialize_grads=True)
        return _gradients(back, seeds, changes)

    def _near(self, row: int) -> tuple[Array, Array]:
        """A row's Jacobians, found together with those of the rows that come after it."""
        if not 0 <= row - self._first < len(self._jacobians[0]):
            size = len(self._state) * self._layer.hidden_size
            together = max(1, _KEPT // (size * (size + self._x.shape[1])))
            chosen = slice(row, row + together)
            some = copy(self)
            some._x, some._state = self._x[chosen], tuple(part[chosen] for part in self._state)
            self._first, self._jacobians = row, some.jacobians()
        by_state, by_input = self._jacobians
        return by_state[row - self._first], by_input[row - self._first]

    def _step(self, weight: str = "") -> Callable[..., tuple[Tensor, ...]]:
        """The new state parts from the input, the old ones, and where given the named weight."""
        cell, parts = self._layer.cell, len(self._state)

        def step(x: Tensor, *given: Tensor) -> tuple[Tensor, ...]:
            state, weights = given[:parts], self._weights
            if given[parts:]:
                weights = {**weights, weight: given[parts]}
            if cell.step is None:
                return self._layer.call_module(weights, x, state)
            found: tuple[Tensor, ...] = tuple(cell.step(torch, weights, x, state).state)
            return found

        return step

    def _with_own_h(
        self, x: Tensor, state: tuple[Tensor, ...], after: tuple[Array, ...]
    ) -> tuple[Array, ...]:
        """Derivatives by the new parts, what each of them does to h included."""
        cell = self._layer.cell
        if cell.hidden is None or cell.step is None:
            return after
        with torch.no_grad():
            output = cell.step(torch, self._weights, x, state)
        parts = tuple(part.requires_grad_() for part in output.state[1:])
        own = _gradients((cell.hidden(torch, output.gates, parts),), parts, after[:1])
        return after[0], *(part + by_h for part, by_h in zip(after[1:], own, strict=True))


def _gradients(
    of: tuple[Tensor, ...], by: tuple[Tensor, ...], after: tuple[Array, ...]
) -> tuple[Array, ...]:
    """Derivatives by the outputs to derivatives by the arguments; 0 where nothing is read."""
    # What a part does not depend on has no graph: a cell may hand a state on as it is.
    pairs = [(part, _tensor(by_part)) for part, by_part in zip(of, after, strict=True)]
    tracked = [pair for pair in pairs if pair[0].requires_grad]
    outputs, seeds = zip(*tracked, strict=True) if tracked else ((), ())
    found = (
        torch.autograd.grad(outputs, by, seeds, allow_unused=True) if tracked else [None] * len(by)
    )
    return tuple(
        np.zeros(part.shape) if each is None else _array(each)
        for part, each in zip(by, found, strict=True)
    )


def _vjp(function: Callable[..., Any], *at: Tensor) -> Callable[[Any], tuple[Tensor, ...]]:
    """Derivatives by the outputs of a function to derivatives by its arguments."""
    back: Callable[[Any], tuple[Tensor, ...]] = torch.func.vjp(function, *at)[1]
    return back


def _tensor(values: Array) -> Tensor:
    return torch.tensor(values)


def _array(values: Tensor) -> Array:
    found: Array = values.detach().numpy()
    return found


def product(left: Array, right: Array) -> Array:
    """``left @ right`` by torch, which keeps to its number of threads."""
    return _array(torch.from_numpy(left) @ torch.from_numpy(right))
