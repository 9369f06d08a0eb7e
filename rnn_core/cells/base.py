"""What a recurrent cell is: its module, gates, state parts, equations and derivatives.

Letters: N rows, I inputs of a layer, H hidden units, G gates, P state parts, L layers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from threading import get_ident
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from rnn_core.arguments import real_numbers
from rnn_core.cells.module import RecurrentModule, StepModule, pack, unpack

if TYPE_CHECKING:
    from rnn_core.cells.derivatives import LocalDerivatives
    from rnn_core.config import RunConfig

Array = NDArray[np.float64]
#: A NumPy array or a torch tensor: step equations are written once for both.
Numbers = Any


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate of a cell.

    Args:
        letter: as in the cell's equations.
        name: English name, a gettext message id.
        kind: ``"gate"``, between 0 and 1, or ``"candidate"``, the proposed new content.
    """

    letter: str
    name: str
    kind: Literal["gate", "candidate"] = "gate"


class CellOutput(NamedTuple):
    """The result of one time step for N rows.

    Attributes:
        state: the new state parts, each ``(N, H)``; h first.
        gates: gates and candidates in the order of `Cell.gates`, ``(N, G, H)``.
    """

    state: tuple[Numbers, ...]
    gates: Numbers


class Equation(NamedTuple):
    """One line of a cell's equations, in LaTeX.

    Attributes:
        left: what is computed.
        right: how.
        numbers: the same with numbers for one unit, the result included.
    """

    left: str
    right: str
    numbers: str


class LayerScript(NamedTuple):
    """A cell's layers in Python source, with PyTorch alone.

    Attributes:
        layer: an expression with the interface of ``nn.RNN(batch_first=True)``. It may read
            ``INPUT_SIZE``, ``HIDDEN_SIZE`` and ``NUM_LAYERS``. Its weights are drawn by PyTorch's
            global generator as `Cell.initialise` draws them first.
        initialise: statements that change the weights of ``self.rnn``; empty where none are needed.
        classes: definitions that the expression reads; empty for a layer of PyTorch's own.
    """

    layer: str
    initialise: str = ""
    classes: str = ""


class Cell:
    """A recurrent cell. Subclass it, and register an instance with `rnn_core.register_cell`.

    A subclass needs a name, a title, and either `weight_shapes` and `step`, from which the module
    is made, or a `build` of its own. Everything else has a default; derivatives that are not given
    in closed form come from autograd.

    Attributes:
        name: what a config calls the cell; letters, digits and underscores.
        title: its usual spelling: ``"LSTM"``.
        summary: a few words on it, a gettext message id.
        source: reference for the cell; empty where there is none.
        gates: gates and candidates, in the order of `CellOutput.gates`. Needs `step`.
        state_parts: names of the state's parts: ``("h",)``, or ``("h", "c")``. The output is h.
        memory_gate: letter of the gate that says how much of the state is kept; None without one.
        kept_when_open: whether that gate keeps the state when it is open; False when shut.
        rectified: whether h is 0 or above without limit; a unit at 0 passes no gradient.
        settings: `RunConfig` fields that only some cells read, of which this cell reads.
        kernel: the cell's number in `rnn_core.engines.kernels`; None without a compiled kernel.
        max_products: largest batch_size · hidden_size² for which the compiled engine is faster.
        main_weight: name, without the layer's suffix, of the weight that connects time steps. Its
            gradient is itemised by lag, and the weight map shows it.
        blocks: names of the groups of H rows in each weight, top to bottom. By default the gates'
            letters.
        step: the equations of one time step, ``step(xp, weights, x, state) -> CellOutput``, written
            for ``xp`` either NumPy or torch: weights by name, x of shape ``(N, I)``, state parts
            ``(N, H)``. None: the module itself is called one time step at a time.
        hidden: h from the gates and the other new state parts, ``hidden(xp, gates, parts) -> h``,
            for cells whose h is read from another part. None otherwise.
        local_derivatives: `rnn_core.cells.derivatives.LocalDerivatives` in closed form,
            ``local_derivatives(weights, state, output)``. None: autograd.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str] = ""
    source: ClassVar[str] = ""
    gates: ClassVar[tuple[Gate, ...]] = ()
    state_parts: ClassVar[tuple[str, ...]] = ("h",)
    memory_gate: ClassVar[str | None] = None
    kept_when_open: ClassVar[bool] = True
    rectified: ClassVar[bool] = False
    settings: ClassVar[frozenset[str]] = frozenset()
    kernel: ClassVar[int | None] = None
    max_products: ClassVar[int] = 0
    main_weight: ClassVar[str] = "weight_hh"

    step: (
        Callable[[Any, Mapping[str, Numbers], Numbers, tuple[Numbers, ...]], CellOutput] | None
    ) = None
    hidden: Callable[[Any, Numbers, tuple[Numbers, ...]], Numbers] | None = None
    local_derivatives: (
        Callable[[Mapping[str, Array], tuple[Array, ...], CellOutput], LocalDerivatives] | None
    ) = None

    def __repr__(self) -> str:
        return f"<cell {self.name}>"

    @property
    def blocks(self) -> tuple[str, ...]:
        """Names of the groups of H rows in each weight, top to bottom."""
        return tuple(gate.letter for gate in self.gates)

    # --- module and weights -------------------------------------------------------------------

    def weight_shapes(self, input_size: int, hidden_size: int) -> Mapping[str, tuple[int, ...]]:
        """Shapes of one layer's weights by name, in the order in which they are drawn.

        Not needed by a cell with a `build` of its own.
        """
        raise NotImplementedError(f"Cell {self.name!r} needs weight_shapes and step, or build.")

    def build(self, input_size: int, hidden_size: int, num_layers: int) -> nn.Module:
        """The recurrent layers, with the interface of ``nn.RNN(batch_first=True)``.

        ``module(x, state) -> (output, state)`` with x of shape ``(B, T, I)``, output ``(B, T, H)``
        and state PyTorch's: a tensor ``(L, B, H)``, or a tuple of them, one for each state part;
        None stands for zeros. Attributes: input_size, hidden_size, num_layers. The weights of layer
        k are named ``…_lk``; with one layer any names will do.

        It is called on PyTorch's meta device, where constructors draw no random numbers and values
        are lost: `initialise` fills in everything.
        """
        return StepModule(self, input_size, hidden_size, num_layers)

    @torch.no_grad()
    def initialise(self, module: nn.Module, config: RunConfig, generator: torch.Generator) -> None:
        """Draw the initial weights: uniform in ±1/√H, as PyTorch does for its recurrent layers.

        Args:
            module: what `build` gave, in float32.
            config: the run's settings.
            generator: source of all random numbers.
        """
        bound = 1 / math.sqrt(config.hidden_size)
        for parameter in module.parameters():
            parameter.uniform_(-bound, bound, generator=generator)

    def parameter_count(self, config: RunConfig, input_size: int) -> int:
        """Trainable numbers in the module that `build` and `initialise` give for a config.

        To be overridden by a cell whose `initialise` fixes weights.
        """
        return _parameter_count(self, input_size, config.hidden_size, config.num_layers)

    def script(self, config: RunConfig) -> LayerScript | None:
        """The layers of a config in Python source; None, the default, where that is not given."""
        return None

    def matches(self, module: nn.Module) -> bool:
        """Whether a module that was built elsewhere computes what this cell does."""
        return isinstance(module, StepModule) and module.cell is self

    # --- reading one time step ----------------------------------------------------------------

    def equations(
        self, layer: Layer, x: Array, state: tuple[Array, ...], unit: int
    ) -> tuple[Equation, ...]:
        """The equations of one time step in LaTeX, with the numbers of one unit.

        Args:
            layer: the weights.
            x: the layer's input, shape ``(I,)``.
            state: the state parts before the step, each ``(H,)``.
            unit: hidden unit, counted from 0.
        """
        output = layer.step(x[None], tuple(part[None] for part in state))
        return tuple(
            Equation(
                f"{part}_t",
                rf"\text{{{self.title}}}(x_t, "
                + ", ".join(f"{before}_{{t-1}}" for before in self.state_parts)
                + ")",
                number(float(values[0, unit])),
            )
            for part, values in zip(self.state_parts, output.state, strict=True)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One recurrent layer with its weights, in float64.

    Args:
        cell: its cell.
        weights: by name, without the layer's suffix.
        input_size: I.
        hidden_size: H.
    """

    cell: Cell
    weights: Mapping[str, Array]
    input_size: int
    hidden_size: int

    def step(self, x: Array, state: tuple[Array, ...]) -> CellOutput:
        """One time step of N rows: x ``(N, I)``, state parts ``(N, H)``."""
        if self.cell.step is not None:
            return self.cell.step(np, self.weights, x, state)
        with torch.no_grad():
            parts = self.call_module(
                {name: torch.tensor(value) for name, value in self.weights.items()},
                torch.tensor(x),
                tuple(torch.tensor(part) for part in state),
            )
        # A module does not return its gates.
        unknown = np.full((len(x), len(self.cell.gates), self.hidden_size), np.nan)
        return CellOutput(tuple(part.numpy() for part in parts), unknown)

    def call_module(
        self, weights: Mapping[str, Tensor], x: Tensor, state: tuple[Tensor, ...]
    ) -> tuple[Tensor, ...]:
        """The state parts after one time step of N rows, computed by the cell's own module."""
        module = _one_layer(self.cell, self.input_size, self.hidden_size, get_ident())
        names = module.state_dict().keys()
        given = {name: weights[name.removesuffix("_l0")] for name in names}
        _output, after = torch.func.functional_call(
            module, given, (x[:, None].contiguous(), pack([part[None] for part in state]))
        )
        return tuple(part[0] for part in unpack(after))

    def by_block(self, weight: Array) -> Array:
        """A stacked weight as ``(blocks, H, …)``."""
        return weight.reshape(-1, self.hidden_size, *weight.shape[1:])


def layers_of(cell: Cell, module: nn.Module) -> tuple[Layer, ...]:
    """The recurrent layers' weights and buffers as they stand, copied, lowest layer first.

    Raises:
        ValueError: when the weights of several layers are not named as `Cell.build` asks.
    """
    known: RecurrentModule = module  # type: ignore[assignment]
    found: list[dict[str, Array]] = [{} for _ in range(known.num_layers)]
    for name, value in module.state_dict().items():
        plain, mark, number = name.rpartition("_l")
        if mark and number.isdecimal() and int(number) < known.num_layers:
            found[int(number)][plain] = as_float64(value)
        elif known.num_layers == 1:
            found[0][name] = as_float64(value)
        else:
            raise ValueError(
                f"The weights of cell {cell.name!r} must be named after their layer, such as "
                f"weight_l0, got {name!r}. Rename it, or use one layer."
            )
    return tuple(
        Layer(
            cell,
            MappingProxyType(weights),
            known.hidden_size if index else known.input_size,
            known.hidden_size,
        )
        for index, weights in enumerate(found)
    )


def as_float64(values: ArrayLike | Tensor, name: str = "values") -> Array:
    """A copy in float64.

    Args:
        values: real numbers of any shape.
        name: of the parameter that they were given for.

    Raises:
        TypeError: when they are not real numbers.
    """
    return real_numbers(name, values, "an array of float64")


def number(value: float) -> str:
    """A number in an equation."""
    return f"{value:.2f}" if math.isfinite(value) else r"\text{nan}"


def factor(value: float) -> str:
    """A number that follows an operator."""
    return f"({number(value)})" if value < 0 else number(value)


def on_meta(cell: Cell, input_size: int, hidden_size: int, num_layers: int) -> nn.Module:
    """The cell's module in float32, without values and without drawing random numbers."""
    with torch.device("meta"):
        return cell.build(input_size, hidden_size, num_layers).to(torch.float32)


# One for each thread: while a module is called, the weights are put into it.
@lru_cache(maxsize=64)
def _one_layer(cell: Cell, input_size: int, hidden_size: int, _thread: int) -> nn.Module:
    return on_meta(cell, input_size, hidden_size, 1)


@lru_cache(maxsize=4096)
def _parameter_count(cell: Cell, input_size: int, hidden_size: int, num_layers: int) -> int:
    module = on_meta(cell, input_size, hidden_size, num_layers)
    return sum(weight.numel() for weight in module.parameters() if weight.requires_grad)
