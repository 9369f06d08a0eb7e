"""The network: a recurrent layer and a linear readout, like the tutorial's class."""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn

from rnn_core.arguments import refused_type, require, whole
from rnn_core.cells import registry as _registered  # noqa: F401  fills CELLS
from rnn_core.cells.base import Cell, on_meta
from rnn_core.cells.module import RecurrentModule, State
from rnn_core.config import RunConfig
from rnn_core.registry import CELLS

# Numbers that go in or come out at one time step; each costs a weight for every hidden unit.
_MOST_FEATURES = 100_000

__all__ = ["RecurrentModel", "State", "parameter_count"]


class RecurrentModel(nn.Module):
    """``rnn``, the recurrent layers, and ``out``, a linear readout of h at every time step.

    The weights of PyTorch's cells are those that PyTorch's own initialisation draws after
    ``torch.manual_seed(config.seed)``, but drawn from a private generator: PyTorch's global one is
    shared by all threads of a process, so another user's network would change this one.

    Args:
        config: cell, hidden_size, num_layers and seed are read, and what the cell's initialisation
            reads.
        input_size: input features D.
        output_size: output features.
        dtype: of the weights. They are drawn in float32 whatever it is, so a float64 run is the
            float32 run with finer rounding.

    Raises:
        TypeError: when ``config`` is not a RunConfig, a size not a whole number, or ``dtype`` not
            a floating dtype of PyTorch.
        ValueError: when a size is below 1 or above 100,000.
    """

    rnn: RecurrentModule
    out: nn.Linear
    cell: Cell

    def __init__(
        self,
        config: RunConfig,
        *,
        input_size: int = 1,
        output_size: int = 1,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__()
        input_size, output_size = _checked(config, input_size, output_size)
        if not isinstance(dtype, torch.dtype) or not dtype.is_floating_point:
            raise refused_type("dtype", "a floating dtype", dtype, "torch.float32")
        self.cell = CELLS[config.cell]
        # On the meta device the constructors draw nothing, so the global generator is left alone.
        module = on_meta(self.cell, input_size, config.hidden_size, config.num_layers)
        self.rnn = cast(RecurrentModule, module)
        self.out = nn.Linear(config.hidden_size, output_size, device="meta", dtype=torch.float32)
        # As `to_empty` does, which would import SymPy, a third of a second, for meta tensors.
        self._apply(  # type: ignore[no-untyped-call]
            lambda weight: torch.empty(weight.shape, dtype=weight.dtype)
        )
        self._initialise(config)
        self.to(dtype)

    @torch.no_grad()
    def _initialise(self, config: RunConfig) -> None:
        generator = torch.Generator().manual_seed(config.seed)
        self.cell.initialise(self.rnn, config, generator)
        # The same call as nn.Linear makes, so that the draws agree to the last bit.
        nn.init.kaiming_uniform_(self.out.weight, a=math.sqrt(5), generator=generator)
        bound = 1 / math.sqrt(config.hidden_size)
        self.out.bias.uniform_(-bound, bound, generator=generator)

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


def parameter_count(config: RunConfig, input_size: int = 1, output_size: int = 1) -> int:
    """Trainable numbers of the model that `RecurrentModel` builds with these arguments.

    Raises:
        TypeError, ValueError: as `RecurrentModel` does.
    """
    input_size, output_size = _checked(config, input_size, output_size)
    cell: Cell = CELLS[config.cell]
    layers = cell.parameter_count(config, input_size)
    return layers + output_size * (config.hidden_size + 1)


def _checked(config: RunConfig, input_size: int, output_size: int) -> tuple[int, int]:
    require("config", config, RunConfig, "a RunConfig", "RunConfig()")
    return (
        whole("input_size", input_size, 1, low=1, high=_MOST_FEATURES),
        whole("output_size", output_size, 1, low=1, high=_MOST_FEATURES),
    )
