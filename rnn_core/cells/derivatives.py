"""Derivatives of one layer's time step: in closed form for stacked gates, otherwise by autograd."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

if TYPE_CHECKING:
    from rnn_core.cells.base import CellOutput, Layer

Array = NDArray[np.float64]

# Numbers that autograd may hold at a time while it works out Jacobians: 64 MB.
_NUMBERS = 8_000_000


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
    """Derivatives of n scalars, carried back over one time step of one row.

    Attributes:
        after: by the state parts after the step, each ``(n, H)``. Where h is read from another
            part, that part's includes what it does to h.
        before: by the state parts before the step, each ``(n, H)``.
        inputs: by the layer's input, ``(n, I)``.
        weight: by the cell's main weight as used at this step, ``(n, …)``; None unless asked for.
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

    def pull(self, row: int, after: tuple[Array, ...], *, with_weight: bool = False) -> Pulled:
        """Carry derivatives by the new state of one row back to what it was computed from.

        Args:
            row: which row.
            after: derivatives of n scalars by the new state parts, each ``(n, H)``.
            with_weight: whether to work out those by the cell's main weight too.
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

    def pull(self, row: int, after: tuple[Array, ...], *, with_weight: bool = False) -> Pulled:
        local, h = self._local, after[0]
        drive, input_drive = local.h[row] * h[:, None], local.h_input[row] * h[:, None]
        before_c: tuple[Array, ...] = ()
        if local.c is not None:
            assert local.c_kept is not None
            assert local.h_of_c is not None
            c = after[1] + local.h_of_c[row] * h
            by_c = local.c[row] * c[:, None]
            drive, input_drive = drive + by_c, input_drive + by_c
            after, before_c = (h, c), (local.c_kept[row] * c,)
        drive, input_drive = (
            part.reshape(len(h), len(self._w_hh)) for part in (drive, input_drive)
        )
        before_h = drive @ self._w_hh
        if local.h_kept is not None:
            before_h += local.h_kept[row] * h
        weight = drive[:, :, None] * self._h[row] if with_weight else None
        return Pulled(after, (before_h, *before_c), input_drive @ self._w_ih, weight)


class _ByAutograd:
    """From the cell's step equations, or its module, by `torch.func`."""

    # Callers may stand in no_grad or inference_mode.
    @torch.inference_mode(False)
    def __init__(self, layer: Layer, x: Array, state: tuple[Array, ...]) -> None:
        self._layer = layer
        self._weights = {name: _tensor(value) for name, value in layer.weights.items()}
        self._x, self._state = _tensor(x), tuple(_tensor(part) for part in state)

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
    def pull(self, row: int, after: tuple[Array, ...], *, with_weight: bool = False) -> Pulled:
        at = slice(row, row + 1)
        x, state = self._x[at], tuple(part[at] for part in self._state)
        name = self._layer.cell.main_weight
        given = (self._weights[name],) if with_weight else ()
        back = _vjp(self._step(name), x, *state, *given)
        scalars = tuple(_tensor(part)[:, None] for part in after)  # (n, 1, H)
        if not len(after[0]):  # vmap takes no empty batch
            weight = np.empty((0, *self._weights[name].shape)) if with_weight else None
            return Pulled(after, after, np.empty((0, x.shape[1])), weight)
        by_input, *others = torch.func.vmap(back)(scalars)
        before, weights = others[: len(state)], others[len(state) :]
        return Pulled(
            self._with_own_h(x, state, after),
            tuple(_array(part[:, 0]) for part in before),
            _array(by_input[:, 0]),
            _array(weights[0]) if with_weight else None,
        )

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
        hidden = cell.hidden
        output = cell.step(torch, self._weights, x, state)
        back = _vjp(lambda *parts: hidden(torch, output.gates, parts), *output.state[1:])
        own = torch.func.vmap(back)(_tensor(after[0])[:, None])
        others = (part + _array(by_h[:, 0]) for part, by_h in zip(after[1:], own, strict=True))
        return after[0], *others


def _vjp(function: Callable[..., Any], *at: Tensor) -> Callable[[Any], tuple[Tensor, ...]]:
    """Derivatives by the outputs of a function to derivatives by its arguments."""
    back: Callable[[Any], tuple[Tensor, ...]] = torch.func.vjp(function, *at)[1]
    return back


def _tensor(values: Array) -> Tensor:
    return torch.tensor(values)


def _array(values: Tensor) -> Array:
    found: Array = values.detach().numpy()
    return found
