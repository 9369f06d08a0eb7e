"""A cell of your own: the minimal gated unit, which has one gate for both reset and update.

f = σ(W_f x + U_f h + b_f),  n = tanh(W_n x + U_n (f · h) + b_n),  h' = (1 - f) h + f n

Shapes and one time step are enough: the module, the training, every view and the comparison follow.
`step` is called with torch while training and with NumPy by the diagnostics.

Source: Zhou, Wu, Zhang and Zhou, "Minimal gated unit for recurrent neural networks" (2016),
arXiv:1603.09420.
"""

from itertools import islice

import torch

from rnn_core import Cell, CellOutput, Gate, RunConfig, Trainer, register_cell
from rnn_core.diagnostics import gates_over_time


class MinimalGatedUnit(Cell):
    """One gate f and a candidate n."""

    name, title = "mgu", "MGU"
    gates = (Gate("f", "forget gate"), Gate("n", "candidate", "candidate"))
    memory_gate, kept_when_open = "f", False  # f = 0 keeps the state

    def weight_shapes(self, input_size, hidden_size):
        """Both gates stacked, f first."""
        rows = 2 * hidden_size
        return {"weight_ih": (rows, input_size), "weight_hh": (rows, hidden_size), "bias": (rows,)}

    def step(self, xp, weights, x, state):
        """One time step of N rows."""
        (h,) = state  # (N, H)
        units = h.shape[1]
        by_input = x @ weights["weight_ih"].T + weights["bias"]
        u_f, u_n = weights["weight_hh"][:units], weights["weight_hh"][units:]
        f = 1 / (1 + xp.exp(-(by_input[:, :units] + h @ u_f.T)))
        n = xp.tanh(by_input[:, units:] + (f * h) @ u_n.T)
        return CellOutput(((1 - f) * h + f * n,), xp.stack([f, n], 1))


def main(steps=400):
    """Register the cell, train it like any other, and look at its gate."""
    torch.set_num_threads(1)  # tensors this small gain nothing from more
    register_cell(MinimalGatedUnit())
    trainer = Trainer(RunConfig(cell="mgu"))
    losses = [step.loss for step in islice(trainer.steps(), steps + 1)]
    print(f"mean of the last 20 losses: {sum(losses[-20:]) / 20:.4f}")
    context = trainer.context()
    gates = gates_over_time(context.model, context.inputs, context.state)
    forget, half_life = gates.values["f"][0], gates.half_life[0]  # (T, H), (H,)
    print(f"forget gate between {forget.min():.2f} and {forget.max():.2f}")
    print(f"half-lives of the units: {half_life.min():.1f} to {half_life.max():.1f} steps")


if __name__ == "__main__":
    main()
