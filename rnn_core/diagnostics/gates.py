"""Gates over a window: values, saturation, and how long units keep their content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from rnn_core.arguments import real_numbers, refused_value
from rnn_core.cells.base import Array, Cell
from rnn_core.diagnostics.unrolled import unroll
from rnn_core.models import RecurrentModel, State

#: A gate below the first value counts as shut, above the second as open.
SATURATED = (0.1, 0.9)


@dataclass(frozen=True, slots=True, eq=False)
class Gates:
    """The gates of every layer over one row's window.

    Args:
        cell: their cell.
        values: gates, between 0 and 1, and candidates by letter, shape ``(L, T, H)`` each.
        state: the state parts after each time step by name, shape ``(L, T, H)`` each.
        shut: share of the time steps at which a gate is below 0.1, by letter, shape ``(L, H)``.
            Candidates are not gates and have no entry.
        open: share of those at which it is above 0.9, likewise.
        half_life: time steps in which a unit forgets half of its content, shape ``(L, H)``:
            ln 2 / -ln m, where m is the window's mean of the share that is kept, `Cell.memory_gate`
            (an LSTM's f; a GRU's z, as PyTorch computes h = (1 - z) n + z h). 0 where m is 0, inf
            where it is 1. It is exact for a constant gate; what the candidate adds is left out.
            None for a cell without a memory gate.
    """

    cell: Cell
    values: Mapping[str, Array]
    state: Mapping[str, Array]
    shut: Mapping[str, Array]
    open: Mapping[str, Array]
    half_life: Array | None

    @property
    def h(self) -> Array:
        """The hidden state, shape ``(L, T, H)``."""
        return self.state["h"]


def gates_over_time(model: RecurrentModel, inputs: ArrayLike, state: State | None = None) -> Gates:
    """Compute the gates over a window, which PyTorch's modules do not return.

    Args:
        model: with a cell that has gates; read only.
        inputs: the window, shape ``(T, D)``.
        state: state before the window, as `Trainer.state` gives it; its first row is read. None
            stands for zeros.

    Raises:
        ValueError: for a cell without gates, or when a shape does not match.

    Source: saturation as in Karpathy, Johnson and Fei-Fei, "Visualizing and understanding
    recurrent networks" (2015); half-life after Tallec and Ollivier, "Can recurrent neural networks
    warp time?" (2018).
    """
    unrolled = unroll(model, inputs, state)
    cell = unrolled.cell
    if not cell.gates:
        raise ValueError(
            f"model must have a cell with gates, got {cell.name}. {cell.title} has none."
        )
    values = {gate.letter: unrolled.gates[:, :, number] for number, gate in enumerate(cell.gates)}
    real = {gate.letter: values[gate.letter] for gate in cell.gates if gate.kind == "gate"}
    low, high = SATURATED
    parts = unrolled.parts
    kept = _kept(cell, values)
    return Gates(
        cell=cell,
        values=MappingProxyType(values),
        state=MappingProxyType({name: part[:, 1:] for name, part in parts.items()}),
        shut=MappingProxyType({letter: np.mean(v < low, axis=1) for letter, v in real.items()}),
        open=MappingProxyType({letter: np.mean(v > high, axis=1) for letter, v in real.items()}),
        half_life=None if kept is None else half_life(kept.mean(axis=1)),
    )


def _kept(cell: Cell, values: Mapping[str, Array]) -> Array | None:
    """The share of the state that is kept at each time step; None where no gate says so."""
    if cell.memory_gate is None:
        return None
    gate = values[cell.memory_gate]
    return gate if cell.kept_when_open else 1 - gate


def half_life(kept: ArrayLike) -> Array:
    """Time steps until half is left: ln 2 / -ln kept.

    Args:
        kept: share that is kept per time step, from 0 to 1, of any shape; nan gives nan.

    Raises:
        TypeError: when it is not a number or an array of numbers.
        ValueError: when a share lies outside 0 to 1.
    """
    values = real_numbers("kept", kept, "0.5")
    outside = values[(values < 0) | (values > 1)]
    if outside.size:
        raise refused_value("kept", "from 0 to 1", float(outside.flat[0]), "0.5")
    with np.errstate(divide="ignore"):
        rate = -np.log(values)  # inf where nothing is kept
        steps: Array = np.log(2) / np.abs(rate)  # abs: the -0.0 of a gate that keeps all
    return steps
