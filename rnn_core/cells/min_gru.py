"""The minGRU: one gate z and a linear candidate n, neither of which reads the state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnn_core.cells.base import (
    Array,
    Cell,
    CellOutput,
    Equation,
    Gate,
    Layer,
    LayerScript,
    Numbers,
    factor,
    number,
)
from rnn_core.cells.stacked import sigmoid
from rnn_core.config import RunConfig
from rnn_core.messages import N_

_SCRIPT = '''
class MinGRU(nn.Module):
    """One gate z and a candidate n, neither of which reads the state."""

    def __init__(self, input_size, hidden_size, num_layers):
        super().__init__()
        self.hidden_size, self.num_layers = hidden_size, num_layers
        bound, rows = hidden_size**-0.5, 2 * hidden_size
        for layer in range(num_layers):
            shapes = {"weight_ih": (rows, hidden_size if layer else input_size), "bias_ih": (rows,)}
            for name, shape in shapes.items():
                weight = nn.Parameter(torch.empty(shape).uniform_(-bound, bound))
                self.register_parameter(f"{name}_l{layer}", weight)

    def forward(self, x, state):
        if state is None:
            state = x.new_zeros(self.num_layers, len(x), self.hidden_size)
        after = []
        for layer, h in enumerate(state):
            weight, bias = getattr(self, f"weight_ih_l{layer}"), getattr(self, f"bias_ih_l{layer}")
            outputs = []
            for x_t in x.unbind(1):
                z, n = (x_t @ weight.T + bias).chunk(2, dim=1)
                z = torch.sigmoid(z)
                h = (1 - z) * h + z * n
                outputs.append(h)
            x = torch.stack(outputs, 1)
            after.append(h)
        return x, torch.stack(after)
'''


class MinGRU(Cell):
    """z = σ(W_z x + b_z), n = W_n x + b_n, h = (1 - z) h + z n.

    A network of one layer is linear in its state; memory is what z leaves of it.

    Source: Feng, Tung, Ahmed, Bengio and Hajimirsadeghi, "Were RNNs all we needed?" (2024),
    arXiv:2410.01201.
    """

    name = "min_gru"
    title = "minGRU"
    summary = N_("one gate, which reads the input alone")
    source = "Feng et al., Were RNNs all we needed?, arXiv:2410.01201 (2024)"
    gates = (
        Gate("z", N_("update gate")),
        Gate("n", N_("candidate"), "candidate"),
    )
    memory_gate = "z"
    kept_when_open = False
    main_weight = "weight_ih"

    def weight_shapes(self, input_size: int, hidden_size: int) -> Mapping[str, tuple[int, ...]]:
        """Gate and candidate, stacked as PyTorch stacks gates."""
        return {"weight_ih": (2 * hidden_size, input_size), "bias_ih": (2 * hidden_size,)}

    def parameter_count(self, config: RunConfig, input_size: int) -> int:
        """Trainable numbers, without building the module."""
        hidden, later = config.hidden_size, config.num_layers - 1
        return 2 * hidden * ((input_size + 1) + later * (hidden + 1))

    def script(self, config: RunConfig) -> LayerScript:
        """A class of its own."""
        return LayerScript("MinGRU(INPUT_SIZE, HIDDEN_SIZE, NUM_LAYERS)", classes=_SCRIPT)

    def step(
        self, xp: Any, weights: Mapping[str, Numbers], x: Numbers, state: tuple[Numbers, ...]
    ) -> CellOutput:
        """One time step of N rows."""
        (h,) = state
        drives = x @ weights["weight_ih"].T + weights["bias_ih"]
        z, n = sigmoid(xp, drives[:, : h.shape[1]]), drives[:, h.shape[1] :]
        return CellOutput(((1 - z) * h + z * n,), xp.stack([z, n], 1))

    def equations(
        self, layer: Layer, x: Array, state: tuple[Array, ...], unit: int
    ) -> tuple[Equation, ...]:
        """The equations in LaTeX, with the numbers of one unit."""
        output = layer.step(x[None], tuple(part[None] for part in state))
        z, n = (float(value) for value in output.gates[0, :, unit])
        drive = (layer.weights["weight_ih"] @ x + layer.weights["bias_ih"])[unit]
        before, after = float(state[0][unit]), float(output.state[0][0, unit])
        return (
            Equation("z_t", r"\sigma(W_z x_t + b_z)", rf"\sigma({number(drive)}) = {number(z)}"),
            Equation("n_t", "W_n x_t + b_n", number(n)),
            Equation(
                "h_t",
                "(1 - z_t) h_{t-1} + z_t n_t",
                rf"{number(1 - z)} \cdot {factor(before)} + {number(z)} \cdot {factor(n)}"
                rf" = {number(after)}",
            ),
        )


CELL = MinGRU()
