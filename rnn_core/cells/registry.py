"""The cells, one line each, in the order in which interfaces list them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from torch import nn

from rnn_core.arguments import refused_type
from rnn_core.cells.base import Cell, on_meta
from rnn_core.registry import CELLS

#: The module of each cell, which names its cell ``CELL``.
MODULES = (
    "rnn_core.cells.rnn",
    "rnn_core.cells.lstm",
    "rnn_core.cells.gru",
    "rnn_core.cells.rnn_relu",
    "rnn_core.cells.peephole_lstm",
    "rnn_core.cells.min_gru",
)
for _module in MODULES:
    CELLS.register(import_module(_module).CELL)


def register_cell(cell: Cell) -> Cell:
    """Make a cell available under its name, as ``RunConfig(cell=…)``.

    Args:
        cell: an instance of a subclass of `rnn_core.cells.base.Cell`.

    Returns:
        The cell itself.

    Raises:
        TypeError: when it is not a cell.
        ValueError: when its name is taken or not an identifier, or its parts do not fit together.
    """
    if not isinstance(cell, Cell):
        rule = "an instance of rnn_core.cells.base.Cell"
        raise refused_type("cell", rule, cell, "one of a subclass of Cell")
    _check(cell)
    CELLS.register(cell)
    return cell


def cell_of(model: Any) -> Cell:
    """The cell of a model: the one it was built with, or the one whose module it has.

    Args:
        model: a `RecurrentModel`, or any module with a recurrent layer ``rnn``.

    Raises:
        TypeError: when it is no such module.
        ValueError: when no cell has such a module.
    """
    if not isinstance(getattr(model, "rnn", None), nn.Module) or isinstance(model, type):
        raise refused_type("model", "a RecurrentModel", model, "trainer.model")
    own = getattr(model, "cell", None)
    if isinstance(own, Cell):
        return own
    cell: Cell
    for cell in CELLS.values():
        if cell.matches(model.rnn):
            return cell
    raise ValueError(
        f"model.rnn must be the module of a registered cell, got {model.rnn!r}. "
        "Register a cell for it with rnn_core.register_cell, or give the model an attribute cell."
    )


def _check(cell: Cell) -> None:
    """Refuse a cell whose parts do not fit together, before a run or a view fails on it."""
    for attribute in ("name", "title"):
        if not isinstance(getattr(cell, attribute, None), str):
            raise TypeError(f"A cell must have a {attribute}, got {cell!r}. Give it a string.")
    if not cell.state_parts or cell.state_parts[0] != "h":
        raise ValueError(
            f"state_parts of cell {cell.name!r} must begin with 'h', got {cell.state_parts!r}."
        )
    letters = [gate.letter for gate in cell.gates]
    if cell.memory_gate is not None and cell.memory_gate not in letters:
        raise ValueError(
            f"memory_gate of cell {cell.name!r} must be one of its gates {letters}, "
            f"got {cell.memory_gate!r}."
        )
    if cell.gates and cell.step is None:
        raise ValueError(f"Cell {cell.name!r} has gates and must have a step that gives them.")
    module: nn.Module = on_meta(cell, 1, 1, 1)
    for attribute in ("input_size", "hidden_size", "num_layers"):
        if getattr(module, attribute, None) != 1:
            raise ValueError(
                f"The module of cell {cell.name!r} must have the attribute {attribute} that it "
                f"was built with, got {getattr(module, attribute, None)!r}."
            )
    names = [name.removesuffix("_l0") for name in module.state_dict()]
    if cell.main_weight not in names:
        raise ValueError(
            f"main_weight of cell {cell.name!r} must be one of its weights {names}, "
            f"got {cell.main_weight!r}."
        )
