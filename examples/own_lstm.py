"""Diagnostics of your own `nn.LSTM`: which inputs does it use, and how long do its units hold?

The network is plain PyTorch, trained in a plain loop to repeat a random bit five steps later. The
diagnostics read any module with a recurrent layer `rnn` and a linear readout `out`.
"""

import numpy as np
import torch
from torch import nn

from rnn_core.diagnostics import gates_over_time, saliency

DELAY, LENGTH = 5, 20


class Repeater(nn.Module):
    """An LSTM and a linear readout."""

    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(1, 16, batch_first=True)
        self.out = nn.Linear(16, 1)

    def forward(self, inputs):
        """Predict at every time step."""
        return self.out(self.rnn(inputs)[0])


def sequences(count, generator):
    """Random bits and the same bits `DELAY` steps later, each of shape ``(count, LENGTH, 1)``."""
    bits = 2.0 * torch.randint(0, 2, (count, LENGTH, 1), generator=generator) - 1
    return bits, torch.cat([torch.zeros(count, DELAY, 1), bits[:, :-DELAY]], dim=1)


def main(steps=400):
    """Train the network, then look inside."""
    torch.set_num_threads(1)  # tensors this small gain nothing from more
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    model = Repeater()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(steps):
        inputs, targets = sequences(32, generator)
        loss = nn.functional.mse_loss(model(inputs), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"loss {loss.item():.4f}")

    window = sequences(1, generator)[0][0].numpy()  # (T, 1)
    dependence = saliency(model, window)  # (T, T): of the output at t on the input at s
    for lag in range(DELAY + 3):
        strength = np.diagonal(dependence, -lag).mean()
        print(f"dependence on the input {lag} steps ago: {strength:.2f}")
    half_life = gates_over_time(model, window).half_life[0]
    print(f"half-lives of the units: {half_life.min():.1f} to {half_life.max():.1f} steps")


if __name__ == "__main__":
    main()
