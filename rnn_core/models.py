"""The network: PyTorch's recurrent layer and a linear readout, like the tutorial's class."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

import torch
from torch import Tensor, nn

from rnn_core.config import RunConfig

#: PyTorch's recurrent layers, by the name a config gives them.
CELLS: Mapping[str, type[nn.RNN] | type[nn.LSTM] | type[nn.GRU]] = MappingProxyType(
    {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
)

#: What a recurrent layer carries: h of shape ``(num_layers, B, H)``, and for an LSTM (h, c).
State = Tensor | tuple[Tensor, Tensor]


class RecurrentModel(nn.Module):
    """``rnn``, a recurrent layer, and ``out``, a linear readout of its output at every time step.

    The weights are those that PyTorch's own initialisation draws after
    ``torch.manual_seed(config.seed)``, but drawn from a private generator: PyTorch's global one is
    shared by all threads of a process, so another user's network would change this one.

    Args:
        config: cell, hidden_size, num_layers, forget_bias and seed are read.
        input_size: input features D.
        output_size: output features.
        dtype: of the weights. They are drawn in float32 whatever it is, so a float64 run is the
            float32 run with finer rounding.
    """

    rnn: nn.RNN | nn.LSTM | nn.GRU
    out: nn.Linear

    def __init__(
        self,
        config: RunConfig,
        *,
        input_size: int = 1,
        output_size: int = 1,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__()
        # On the meta device the constructors draw nothing, so the global generator is left alone.
        self.rnn = CELLS[config.cell](
            input_size,
            config.hidden_size,
            num_layers=config.num_layers,
            batch_first=True,
            device="meta",
            dtype=torch.float32,
        )
        self.out = nn.Linear(config.hidden_size, output_size, device="meta", dtype=torch.float32)
        self.to_empty(device="cpu")
        self._initialise(config)
        self.to(dtype)

    @torch.no_grad()
    def _initialise(self, config: RunConfig) -> None:
        generator = torch.Generator().manual_seed(config.seed)
        bound = 1 / math.sqrt(config.hidden_size)
        for parameter in self.rnn.parameters():
            parameter.uniform_(-bound, bound, generator=generator)
        # The same call as nn.Linear makes, so that the draws agree to the last bit.
        nn.init.kaiming_uniform_(self.out.weight, a=math.sqrt(5), generator=generator)
        self.out.bias.uniform_(-bound, bound, generator=generator)
        if config.cell == "lstm" and config.forget_bias is not None:
            gate = slice(config.hidden_size, 2 * config.hidden_size)  # PyTorch's order: i, f, g, o
            for layer in range(config.num_layers):
                # PyTorch adds two biases; one of them carries the value.
                getattr(self.rnn, f"bias_ih_l{layer}")[gate] = config.forget_bias
                getattr(self.rnn, f"bias_hh_l{layer}")[gate] = 0.0

    def forward(self, inputs: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Read a window and predict at every time step.

        Args:
            inputs: shape ``(B, T, D)``.
            state: what the window starts from; None starts from zeros.

        Returns:
            The prediction, shape ``(B, T, output_size)``, and the state after the window.
        """
        output, state = self.rnn(inputs, state)  # (B, T, H)
        return self.out(output), state


# Gates, the candidate among them, that PyTorch stacks in each weight of a cell.
_GATES: Mapping[str, int] = MappingProxyType({"rnn": 1, "lstm": 4, "gru": 3})


def parameter_count(config: RunConfig, input_size: int = 1, output_size: int = 1) -> int:
    """Trainable numbers of the model that `RecurrentModel` builds with these arguments."""
    hidden, gates = config.hidden_size, _GATES[config.cell]
    later = config.num_layers - 1
    # Each gate: weights of input and state, and PyTorch's two biases.
    layers = gates * hidden * ((input_size + hidden + 2) + later * (2 * hidden + 2))
    return layers + output_size * (hidden + 1)
