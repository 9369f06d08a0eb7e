"""What PyTorch's cells share: the weights of all gates stacked in four tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import nn

from rnn_core.cells.base import Array, Cell, Equation, Layer, LayerScript, Numbers, number
from rnn_core.config import RunConfig

#: Standard deviation of the input weights beside an identity as the recurrent matrix.
IDENTITY_INPUT_STD = 0.001


class StackedCell(Cell):
    """A cell in PyTorch's layout: weight_ih ``(G·H, I)``, weight_hh ``(G·H, H)``, two biases.

    Attributes:
        module_type: PyTorch's class.
        nonlinearity: of an `nn.RNN`; None for the other classes.
    """

    settings = frozenset({"initialisation", "single_bias"})
    module_type: ClassVar[type[nn.RNN] | type[nn.LSTM] | type[nn.GRU]]
    nonlinearity: ClassVar[str | None] = None

    def build(self, input_size: int, hidden_size: int, num_layers: int) -> nn.Module:
        """PyTorch's own module."""
        more = {"nonlinearity": self.nonlinearity} if self.nonlinearity else {}
        module: nn.Module = self.module_type(
            input_size, hidden_size, num_layers, batch_first=True, **more
        )
        return module

    @torch.no_grad()
    def initialise(self, module: nn.Module, config: RunConfig, generator: torch.Generator) -> None:
        """The initial weights that ``config.initialisation`` and ``config.single_bias`` say.

        ``"orthogonal"``: the recurrent matrix of each gate is orthogonal, a random rotation or
        reflection, which keeps the length of a state; all else is as PyTorch draws it.
        ``"identity"``: the recurrent matrix of each gate is the identity, biases are 0, and the
        input weights are normal with standard deviation 0.001.

        Source: Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning
        in deep linear neural networks" (2014), for orthogonal matrices; Le, Jaitly and Hinton, "A
        simple way to initialize recurrent networks of rectified linear units" (2015),
        arXiv:1504.00941, for the identity (there with ReLU units, and with a normal readout).
        """
        super().initialise(module, config, generator)
        for layer in range(config.num_layers):
            w_ih, w_hh, b_ih, b_hh = (
                getattr(module, f"{name}_l{layer}")
                for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            )
            recurrent = w_hh.view(len(self.blocks), config.hidden_size, config.hidden_size)
            if config.initialisation == "orthogonal":
                for matrix in recurrent:
                    nn.init.orthogonal_(matrix, generator=generator)
            elif config.initialisation == "identity":
                recurrent.copy_(torch.eye(config.hidden_size))
                w_ih.normal_(0.0, IDENTITY_INPUT_STD, generator=generator)
                b_ih.zero_()
                b_hh.zero_()
            if config.single_bias:
                b_hh.requires_grad_(False).zero_()

    def script(self, config: RunConfig) -> LayerScript:
        """PyTorch's own layer, and what `initialise` changes of it."""
        more = f', nonlinearity="{self.nonlinearity}"' if self.nonlinearity == "relu" else ""
        return LayerScript(
            f"nn.{self.module_type.__name__}"
            f"(INPUT_SIZE, HIDDEN_SIZE, NUM_LAYERS, batch_first=True{more})",
            self._initialise_script(config),
        )

    def _initialise_script(self, config: RunConfig) -> str:
        """`initialise` in Python source, without what PyTorch draws anyway."""
        lines = []
        if config.initialisation == "orthogonal":
            lines += [
                "for matrix in w_hh.split(HIDDEN_SIZE):  # the recurrent matrix of each gate",
                "    nn.init.orthogonal_(matrix)",
            ]
        elif config.initialisation == "identity":
            lines += [
                "for matrix in w_hh.split(HIDDEN_SIZE):  # the recurrent matrix of each gate",
                "    nn.init.eye_(matrix)",
                f"nn.init.normal_(w_ih, 0.0, {IDENTITY_INPUT_STD})",
                "nn.init.zeros_(b_ih)",
                "nn.init.zeros_(b_hh)",
            ]
        if config.single_bias:
            lines += ["b_hh.requires_grad_(False).zero_()  # one bias in place of PyTorch's two"]
        lines += self._more_initialise_lines(config)
        if not lines:
            return ""
        weights = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        names = ("w_ih", "w_hh", "b_ih", "b_hh")
        read = [
            f'{name} = getattr(self.rnn, f"{weight}_l{{layer}}")'
            for name, weight in zip(names, weights, strict=True)
            if any(name in line for line in lines)
        ]
        body = "\n".join(f"        {line}" for line in (*read, *lines))
        return f"with torch.no_grad():\n    for layer in range(NUM_LAYERS):\n{body}"

    def _more_initialise_lines(self, config: RunConfig) -> list[str]:
        """Further lines for each layer, which read w_ih, w_hh, b_ih and b_hh."""
        return []

    def parameter_count(self, config: RunConfig, input_size: int) -> int:
        """Trainable numbers: for each gate the weights of input and state, and the biases."""
        hidden, later = config.hidden_size, config.num_layers - 1
        biases = 1 if config.single_bias else 2
        one = (input_size + hidden + biases) + later * (2 * hidden + biases)
        return len(self.blocks) * hidden * one

    def matches(self, module: nn.Module) -> bool:
        """Whether a module is of PyTorch's class, in the form that `build` gives it."""
        return (
            type(module) is self.module_type
            and module.batch_first
            and module.bias
            and not module.bidirectional
            and not module.proj_size
            and getattr(module, "nonlinearity", None) == self.nonlinearity
        )

    def drives(
        self, weights: Mapping[str, Numbers], x: Numbers, h: Numbers
    ) -> tuple[Numbers, Numbers]:
        """The input's part and the state's part of every gate's drive, each ``(N, G, H)``.

        A gate's drive is what its nonlinearity is applied to.
        """
        shape = -1, len(self.blocks), h.shape[1]  # -1: a number would fix the rows of an export
        by_input = x @ weights["weight_ih"].T + weights["bias_ih"]
        by_state = h @ weights["weight_hh"].T + weights["bias_hh"]
        return by_input.reshape(shape), by_state.reshape(shape)


def sigmoid(xp: Any, values: Numbers) -> Numbers:
    """1 / (1 + e⁻ˣ), without overflow."""
    return 0.5 + 0.5 * xp.tanh(0.5 * values)


def terms(
    cell: StackedCell, layer: Layer, x: Array, state: tuple[Array, ...], unit: int
) -> dict[str, float]:
    """The numbers in a cell's equations: ``f_x`` and ``f_h`` of each gate's drive, ``f`` itself.

    ``h_before`` and ``h``, and likewise for other parts, are the state before and after.
    """
    rows = tuple(part[None] for part in state)
    by_input, by_state = cell.drives(layer.weights, x[None], rows[0])
    output = layer.step(x[None], rows)
    found: dict[str, float] = {}
    for index, letter in enumerate(cell.blocks):
        found[f"{letter}_x"] = by_input[0, index, unit]
        found[f"{letter}_h"] = by_state[0, index, unit]
    for index, gate in enumerate(cell.gates):
        found[gate.letter] = output.gates[0, index, unit]
    for part, before, after in zip(cell.state_parts, rows, output.state, strict=True):
        found[f"{part}_before"], found[part] = before[0, unit], after[0, unit]
    return found


def drive(numbers: Mapping[str, float], letter: str) -> str:
    """The input's part and the state's part, with numbers."""
    return f"{number(numbers[f'{letter}_x'])} {numbers[f'{letter}_h']:+.2f}"


def gate_equation(numbers: Mapping[str, float], letter: str, squash: str = r"\sigma") -> Equation:
    """A gate that reads input and state alike."""
    return Equation(
        f"{letter}_t",
        rf"{squash}(W_{{i{letter}}} x_t + b_{{i{letter}}} + W_{{h{letter}}} h_{{t-1}}"
        rf" + b_{{h{letter}}})",
        rf"{squash}({drive(numbers, letter)}) = {number(numbers[letter])}",
    )
