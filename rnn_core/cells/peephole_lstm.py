"""The LSTM with peepholes: its gates see the cell state c as well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from rnn_core.cells.base import (
    Array,
    CellOutput,
    Equation,
    Layer,
    LayerScript,
    Numbers,
    factor,
    number,
)
from rnn_core.cells.derivatives import LocalDerivatives
from rnn_core.cells.lstm import LSTM
from rnn_core.cells.module import StepModule
from rnn_core.cells.stacked import drive, sigmoid, terms
from rnn_core.config import RunConfig
from rnn_core.messages import N_

_SCRIPT = '''
class PeepholeLSTM(nn.Module):
    """An LSTM whose gates see the cell state: i and f the one before, o the new one."""

    def __init__(self, input_size, hidden_size, num_layers):
        super().__init__()
        self.hidden_size, self.num_layers = hidden_size, num_layers
        bound, rows = hidden_size**-0.5, 4 * hidden_size
        for layer in range(num_layers):
            shapes = {
                "weight_ih": (rows, hidden_size if layer else input_size),
                "weight_hh": (rows, hidden_size),
                "bias_ih": (rows,),
                "bias_hh": (rows,),
                "peephole_i": (hidden_size,),
                "peephole_f": (hidden_size,),
                "peephole_o": (hidden_size,),
            }
            for name, shape in shapes.items():
                weight = nn.Parameter(torch.empty(shape).uniform_(-bound, bound))
                self.register_parameter(f"{name}_l{layer}", weight)

    def forward(self, x, state):
        if state is None:
            state = (x.new_zeros(self.num_layers, len(x), self.hidden_size),) * 2
        after = []
        for layer, (h, c) in enumerate(zip(*state)):
            w_ih, w_hh, b_ih, b_hh, p_i, p_f, p_o = (
                getattr(self, f"{name}_l{layer}")
                for name in (
                    "weight_ih", "weight_hh", "bias_ih", "bias_hh",
                    "peephole_i", "peephole_f", "peephole_o",
                )
            )
            outputs = []
            for x_t in x.unbind(1):
                drive = (x_t @ w_ih.T + b_ih) + (h @ w_hh.T + b_hh)
                i, f, g, o = drive.chunk(4, dim=1)
                i, f = torch.sigmoid(i + p_i * c), torch.sigmoid(f + p_f * c)
                c = f * c + i * torch.tanh(g)
                h = torch.sigmoid(o + p_o * c) * torch.tanh(c)
                outputs.append(h)
            x = torch.stack(outputs, 1)
            after.append((h, c))
        return x, tuple(torch.stack(part) for part in zip(*after))
'''


class PeepholeLSTM(LSTM):
    """An LSTM whose gates i and f see c_(t-1), and whose gate o sees c_t, unit by unit.

    The weights are PyTorch's and three vectors of peepholes, ``peephole_i``, ``peephole_f`` and
    ``peephole_o``. All are drawn as PyTorch draws an LSTM's.

    Source: Gers and Schmidhuber, "Recurrent nets that time and count" (2000), and "LSTM recurrent
    networks learn simple context-free and context-sensitive languages" (2001), with tanh for the
    squashing of candidate and cell state.
    """

    name = "peephole_lstm"
    title = "Peephole LSTM"
    summary = N_("an LSTM whose gates see the cell state")
    source = "Gers and Schmidhuber, Recurrent nets that time and count, IJCNN 2000"
    kernel = 4
    # PyTorch has no such module: it goes through the equations one time step at a time.
    max_products = 2**21

    def weight_shapes(self, input_size: int, hidden_size: int) -> Mapping[str, tuple[int, ...]]:
        """PyTorch's four tensors, and the peepholes in the order i, f, o."""
        rows = 4 * hidden_size
        return {
            "weight_ih": (rows, input_size),
            "weight_hh": (rows, hidden_size),
            "bias_ih": (rows,),
            "bias_hh": (rows,),
            "peephole_i": (hidden_size,),
            "peephole_f": (hidden_size,),
            "peephole_o": (hidden_size,),
        }

    def build(self, input_size: int, hidden_size: int, num_layers: int) -> nn.Module:
        """A module that applies `step`."""
        return StepModule(self, input_size, hidden_size, num_layers)

    def script(self, config: RunConfig) -> LayerScript:
        """A class of its own, and what `initialise` changes of it."""
        return LayerScript(
            "PeepholeLSTM(INPUT_SIZE, HIDDEN_SIZE, NUM_LAYERS)",
            self._initialise_script(config),
            _SCRIPT,
        )

    def matches(self, module: nn.Module) -> bool:
        """Whether a module applies this cell's equations."""
        return isinstance(module, StepModule) and module.cell is self

    def parameter_count(self, config: RunConfig, input_size: int) -> int:
        """Trainable numbers: an LSTM's and the peepholes."""
        own = 3 * config.hidden_size * config.num_layers
        return super().parameter_count(config, input_size) + own

    def step(
        self, xp: Any, weights: Mapping[str, Numbers], x: Numbers, state: tuple[Numbers, ...]
    ) -> CellOutput:
        """One time step of N rows."""
        h, before = state
        by_input, by_state = self.drives(weights, x, h)
        drives = by_input + by_state
        i = sigmoid(xp, drives[:, 0] + weights["peephole_i"] * before)
        f = sigmoid(xp, drives[:, 1] + weights["peephole_f"] * before)
        g = xp.tanh(drives[:, 2])
        c = f * before + i * g
        o = sigmoid(xp, drives[:, 3] + weights["peephole_o"] * c)
        gates = xp.stack([i, f, g, o], 1)
        return CellOutput((self.hidden(xp, gates, (c,)), c), gates)

    def local_derivatives(
        self, weights: Mapping[str, Array], state: tuple[Array, ...], output: CellOutput
    ) -> LocalDerivatives:
        """Derivatives of `step`, unit by unit; the peepholes are part of what c does."""
        plain = super().local_derivatives(weights, state, output)
        assert plain.c is not None
        assert plain.c_kept is not None
        assert plain.h_of_c is not None
        through_i = weights["peephole_i"] * plain.c[:, 0]
        through_f = weights["peephole_f"] * plain.c[:, 1]
        return plain._replace(
            c_kept=plain.c_kept + through_i + through_f,
            h_of_c=plain.h_of_c + weights["peephole_o"] * plain.h[:, 3],
        )

    def equations(
        self, layer: Layer, x: Array, state: tuple[Array, ...], unit: int
    ) -> tuple[Equation, ...]:
        """The equations in LaTeX, with the numbers of one unit."""
        numbers = terms(self, layer, x, state, unit)
        i, f, g, o, c, h = super().equations(layer, x, state, unit)
        seen = {
            "i": ("c_{t-1}", numbers["c_before"]),
            "f": ("c_{t-1}", numbers["c_before"]),
            "o": ("c_t", numbers["c"]),
        }
        return tuple(
            each
            if (letter := each.left.removesuffix("_t")) not in seen
            else Equation(
                each.left,
                each.right.removesuffix(")") + rf" \\ &\qquad + w_{{c{letter}}} {seen[letter][0]})",
                rf"\sigma({drive(numbers, letter)}"
                rf" + {factor(float(layer.weights[f'peephole_{letter}'][unit]))} \cdot"
                rf" {factor(seen[letter][1])}) = {number(numbers[letter])}",
            )
            for each in (i, f, g, c, o, h)
        )


CELL = PeepholeLSTM()
