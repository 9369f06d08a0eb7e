"""The tutorial's network and training loop, as written there.

Source: PyTorch-Tutorial by Morvan Zhou, "403 RNN regressor",
https://github.com/MorvanZhou/PyTorch-Tutorial
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import numpy as np
import torch
from torch import Tensor, nn

#: PyTorch's recurrent layers. JAX's step and the kernels exist for the same three.
CELLS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class TutorialNetwork(nn.Module):
    """The tutorial's class, including its loop over time steps."""

    def __init__(self, cell: str) -> None:
        super().__init__()
        self.rnn = CELLS[cell](input_size=1, hidden_size=32, num_layers=1, batch_first=True)
        self.out = nn.Linear(32, 1)

    def forward(self, x: Tensor, h_state: object) -> tuple[Tensor, object]:
        """Predict the windows."""
        r_out, h_state = self.rnn(x, h_state)
        outs = [self.out(r_out[:, time_step, :]) for time_step in range(r_out.size(1))]
        return torch.stack(outs, dim=1), h_state


def tutorial_losses(
    network: TutorialNetwork, time_steps: int = 10, batch_size: int = 1
) -> Iterator[float]:
    """Train as the tutorial does; an endless iterator of the losses that it prints.

    Args:
        time_steps: the tutorial's TIME_STEP; a window always spans half a period.
        batch_size: the tutorial's is 1. Row b reads b windows ahead, as in `rnn_core`.
    """
    dtype = network.out.weight.detach().numpy().dtype
    optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
    loss_func = nn.MSELoss()
    h_state = None
    ahead = (np.pi * np.arange(batch_size, dtype=dtype))[:, np.newaxis]
    for step in count():
        points = np.linspace(step * np.pi, (step + 1) * np.pi, time_steps, dtype=dtype) + ahead
        x = torch.from_numpy(np.sin(points)[:, :, np.newaxis])
        y = torch.from_numpy(np.cos(points)[:, :, np.newaxis])
        prediction, h_state = network(x, h_state)
        h_state = tuple(h.data for h in h_state) if isinstance(h_state, tuple) else h_state.data
        loss = loss_func(prediction, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss.item()
