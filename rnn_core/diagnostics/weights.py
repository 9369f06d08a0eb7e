"""The weights as matrices, their distribution, and the size of their updates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from torch import nn

from rnn_core.arguments import require
from rnn_core.cells.base import Array, Cell, as_float64
from rnn_core.cells.registry import cell_of
from rnn_core.messages import Brief
from rnn_core.models import RecurrentModel

# Finer than any screen.
_MOST_BINS = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Weight:
    """One parameter of the model.

    Args:
        name: PyTorch's, such as ``"rnn.weight_hh_l0"``.
        values: a copy, as a matrix; a bias of n numbers has shape ``(n, 1)``.
        gates: which gate each group of H rows belongs to, top to bottom; empty where rows are not
            grouped by gates, as in the readout.
        is_main: whether it is its layer's main weight, `Cell.main_weight`: W_hh of PyTorch's cells.
        counts: histogram, shape ``(bins,)``.
        edges: edges of its bins, shape ``(bins + 1,)``, symmetric about 0. Weights that are not
            finite are in no bin.
        update_ratio: ‖w - w before‖ / ‖w before‖, Euclidean norms; None without earlier weights,
            inf for a weight that was zero. About 1e-3 is usual; much more means the learning rate
            is too high.
    """

    name: str
    values: Array
    gates: tuple[str, ...]
    is_main: bool
    counts: NDArray[np.int64]
    edges: Array
    update_ratio: float | None


def weight_matrices(
    model: RecurrentModel, *, before: Mapping[str, Array] | None = None, bins: int = 30
) -> Mapping[str, Weight]:
    """Every parameter by name.

    The update ratio is measured on the weights, so it holds for any optimizer, momentum and
    clipping.

    Args:
        model: read only.
        before: `copy_parameters` of an earlier step.
        bins: bins of each histogram, at least 1.

    Raises:
        TypeError: when an argument is of the wrong kind.
        ValueError: when bins is below 1, or ``before`` belongs to another model.

    Source: ratio and its usual size: Karpathy, notes of Stanford's course CS231n.
    """
    require("bins", bins, Integral, "a whole number from 1 to 10000", "30")
    if isinstance(bins, bool) or not 1 <= bins <= _MOST_BINS:
        raise ValueError(f"bins must be at least 1, got {Brief(bins)!r}. Try 30.")
    now = copy_parameters(model)
    if before is not None:
        require("before", before, Mapping, "None or a mapping", "copy_parameters(model)")
        shapes = {name: np.shape(values) for name, values in before.items()}
        if shapes != {name: values.shape for name, values in now.items()}:
            raise ValueError(
                f"before must have the model's weights, got {Brief(list(before))!r}. "
                "Give copy_parameters(model) of an earlier step."
            )
    cell = cell_of(model)
    return MappingProxyType(
        {
            name: _weight(
                name,
                values,
                _blocks(cell, name, values, model.rnn.hidden_size),
                _is_main(cell, name),
                bins,
                None if before is None else before[name],
            )
            for name, values in now.items()
        }
    )


def copy_parameters(model: RecurrentModel) -> Mapping[str, Array]:
    """A copy of all parameters by name, in float64, in PyTorch's shapes.

    Raises:
        TypeError: when it is not a model, or one on the meta device.
    """
    require("model", model, nn.Module, "a RecurrentModel", "trainer.model")
    return MappingProxyType(
        {name: as_float64(parameter, name) for name, parameter in model.named_parameters()}
    )


def _blocks(cell: Cell, name: str, values: Array, hidden: int) -> tuple[str, ...]:
    """The groups of H rows in one parameter."""
    stacked = name.startswith("rnn.") and values.shape[:1] == (len(cell.blocks) * hidden,)
    return cell.blocks if stacked else ()


def _is_main(cell: Cell, name: str) -> bool:
    """Whether it is the cell's main weight in some layer."""
    plain, mark, number = name.removeprefix("rnn.").rpartition("_l")
    own = plain if mark and number.isdecimal() else name.removeprefix("rnn.")
    return name.startswith("rnn.") and own == cell.main_weight


def _weight(
    name: str,
    values: Array,
    gates: tuple[str, ...],
    is_main: bool,
    bins: int,
    before: Array | None,
) -> Weight:
    finite = values[np.isfinite(values)]
    reach = float(np.abs(finite).max(initial=0.0)) or 1.0
    counts, edges = np.histogram(finite, bins, (-reach, reach))
    ratio = None if before is None else _ratio(values, before)
    matrix = values.reshape(len(values) if values.ndim else 1, -1)
    return Weight(name, matrix, gates, is_main, counts, edges, ratio)


@np.errstate(invalid="ignore", over="ignore")  # a diverged run gives nan, without warnings
def _ratio(values: Array, before: Array) -> float:
    moved, size = (float(np.sqrt(np.sum(part**2))) for part in (values - before, before))
    if size == 0:
        return 0.0 if moved == 0 else float("inf")
    return moved / size
