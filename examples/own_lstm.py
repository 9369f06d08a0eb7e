"""Diagnostics of your own `nn.LSTM`: which inputs does it use, and how long do its units hold?

The network is plain PyTorch, trained in a plain loop to repeat a random bit five steps later. For
the diagnostics its weights are loaded into a `RecurrentModel`: a recurrent layer and a readout.
"""

import numpy as np
import torch
from torch import nn

from rnn_core import RecurrentModel, RunConfig
from rnn_core.diagnostics import gates_over_time, saliency

DELAY, LENGTH, UNITS = 5, 20, 16


def sequences(count: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Random bits and the same bits `DELAY` steps later, each of shape ``(count, LENGTH, 1)``."""
    bits = 2.0 * torch.randint(0, 2, (count, LENGTH, 1), generator=generator) - 1
    return bits, torch.cat([torch.zeros(count, DELAY, 1), bits[:, :-DELAY]], dim=1)


def train(lstm: nn.LSTM, readout: nn.Linear, generator: torch.Generator, steps: int) -> float:
    """An ordinary training loop; gives the last loss."""
    optimizer = torch.optim.Adam([*lstm.parameters(), *readout.parameters()], lr=0.01)
    for _ in range(steps):
        inputs, targets = sequences(32, generator)
        loss = nn.functional.mse_loss(readout(lstm(inputs)[0]), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


def main(steps: int = 400) -> None:
    """Train, then look inside."""
    torch.set_num_threads(1)  # tensors this small gain nothing from more
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    lstm, readout = nn.LSTM(1, UNITS, batch_first=True), nn.Linear(UNITS, 1)
    print(f"loss {train(lstm, readout, generator, steps):.3f}")

    model = RecurrentModel(RunConfig(cell="lstm", hidden_size=UNITS))
    model.rnn.load_state_dict(lstm.state_dict())
    model.out.load_state_dict(readout.state_dict())

    inputs = sequences(1, generator)[0][0].numpy()  # (T, 1)
    dependence = saliency(model, inputs)  # (T, T): of the output at t on the input at s
    for lag in range(DELAY + 3):
        print(
            f"dependence on the input {lag} steps ago: {np.diagonal(dependence, -lag).mean():.2f}"
        )
    half_life = gates_over_time(model, inputs).half_life[0]
    print(f"half-lives of the units: {np.min(half_life):.1f} to {np.max(half_life):.1f} steps")


if __name__ == "__main__":
    main()
