"""What the gates do over a window: their values, how often they are stuck, how long units hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from rnn_core.diagnostics.cells import GATES, Array
from rnn_core.diagnostics.unrolled import Unrolled, unroll
from rnn_core.models import RecurrentModel, State

#: A gate below the first is shut, above the second open.
SATURATED = (0.1, 0.9)
# What says how much of a unit is kept for the next time step.
_KEEPS = {"lstm": "f", "gru": "z"}
_CANDIDATES = ("g", "n")


@dataclass(frozen=True, slots=True, eq=False)
class Gates:
    """The gates of every layer over one row's window.

    Args:
        cell: ``"lstm"`` or ``"gru"``.
        values: by PyTorch's letter, shape ``(L, T, H)``. LSTM: i, f, o between 0 and 1, and the
            candidate g between -1 and 1. GRU: r and z between 0 and 1, and the candidate n.
        h: the hidden state, shape ``(L, T, H)``.
        c: the cell state of an LSTM, shape ``(L, T, H)``; None for a GRU.
        shut: share of the time steps at which a gate is below 0.1, by letter, shape ``(L, H)``.
            The candidates are no gates and have no entry.
        open: share of those at which it is above 0.9, likewise.
        half_life: time steps in which a unit forgets half of what it holds, shape ``(L, H)``:
            ln 2 / -ln m, where m is the mean over the window of f, or of a GRU's z, which in
            PyTorch's convention h = (1 - z) n + z h keeps. 0 where m is 0, inf where it is 1. It
            is exact for a gate that does not move; what n or g brings in again is left out.
    """

    cell: str
    values: Mapping[str, Array]
    h: Array
    c: Array | None
    shut: Mapping[str, Array]
    open: Mapping[str, Array]
    half_life: Array


def gates_over_time(model: RecurrentModel, inputs: ArrayLike, state: State | None = None) -> Gates:
    """Recompute the gates of a window, which PyTorch does not give.

    Args:
        model: with LSTM or GRU cells; read only.
        inputs: the window, shape ``(T, D)``.
        state: what the window starts from, as `Trainer.state` gives it; its first row is read.
            None stands for zeros.

    Raises:
        ValueError: for a plain RNN, which has no gates, or when a shape is another one.

    Source: saturation as in Karpathy, Johnson and Fei-Fei, "Visualizing and understanding
    recurrent networks" (2015); half-life after Tallec and Ollivier, "Can recurrent neural networks
    warp time?" (2018).
    """
    unrolled = unroll(model, inputs, state)
    if unrolled.cell == "rnn":
        raise ValueError("cell must be lstm or gru, got rnn. A plain RNN has no gates.")
    values = _by_letter(unrolled)
    real = {letter: value for letter, value in values.items() if letter not in _CANDIDATES}
    low, high = SATURATED
    return Gates(
        cell=unrolled.cell,
        values=MappingProxyType(values),
        h=unrolled.h[:, 1:],
        c=unrolled.c[:, 1:] if unrolled.cell == "lstm" else None,
        shut=MappingProxyType({letter: np.mean(v < low, axis=1) for letter, v in real.items()}),
        open=MappingProxyType({letter: np.mean(v > high, axis=1) for letter, v in real.items()}),
        half_life=half_life(values[_KEEPS[unrolled.cell]].mean(axis=1)),
    )


def half_life(kept: ArrayLike) -> Array:
    """Time steps after which ``kept`` to their power is a half: ln 2 / -ln kept.

    Args:
        kept: what is left after one time step, from 0 to 1, of any shape.
    """
    with np.errstate(divide="ignore"):
        rate = -np.log(np.asarray(kept, np.float64))  # inf where nothing is kept
        steps: Array = np.log(2) / np.abs(rate)  # abs: the -0.0 of a gate that keeps all
    return steps


def _by_letter(unrolled: Unrolled) -> dict[str, Array]:
    stacked = np.stack([moved.gates for moved in unrolled.moved])  # (L, T, G, H)
    return {letter: stacked[:, :, gate] for gate, letter in enumerate(GATES[unrolled.cell])}
