"""The training step beside the tutorial's loop: time as a ratio, and how far the losses differ.

Run with ``python -m benchmarks.training_step``; ``make bench`` does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter

import numpy as np
import torch
from torch import Tensor, nn

from rnn_core import CELLS, RunConfig, Step, Trainer
from rnn_core.engines import prepare_compiled

STEPS = 1000
REPEATS = 3
#: A batch of long windows, of which so many steps are timed.
LARGE = {"window_length": 200, "batch_size": 32, "points_per_period": 20}
LARGE_STEPS = 40


class TutorialNetwork(nn.Module):
    """The tutorial's class, its loop over time steps included."""

    def __init__(self, cell: str) -> None:
        super().__init__()
        self.rnn = CELLS[cell](input_size=1, hidden_size=32, num_layers=1, batch_first=True)
        self.out = nn.Linear(32, 1)

    def forward(self, x: Tensor, h_state: object) -> tuple[Tensor, object]:
        """Predict one window."""
        r_out, h_state = self.rnn(x, h_state)
        outs = [self.out(r_out[:, time_step, :]) for time_step in range(r_out.size(1))]
        return torch.stack(outs, dim=1), h_state


def tutorial_losses(network: TutorialNetwork, steps: int) -> list[float]:
    """Train as the tutorial does and give the losses it would print."""
    dtype = network.out.weight.detach().numpy().dtype
    optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
    loss_func = nn.MSELoss()
    h_state = None
    losses = []
    for step in range(steps):
        points = np.linspace(step * np.pi, (step + 1) * np.pi, 10, dtype=dtype)
        x = torch.from_numpy(np.sin(points)[np.newaxis, :, np.newaxis])
        y = torch.from_numpy(np.cos(points)[np.newaxis, :, np.newaxis])
        prediction, h_state = network(x, h_state)
        h_state = tuple(h.data for h in h_state) if isinstance(h_state, tuple) else h_state.data
        loss = loss_func(prediction, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def trainer_losses(trainer: Trainer, steps: int) -> list[float]:
    """The losses of the first so many steps."""
    return [step.loss for step, _ in zip(trainer.steps(), range(steps), strict=False)]


def largest_difference(cell: str, engine: str, dtype: torch.dtype, steps: int) -> float:
    """Largest relative difference of the losses from the tutorial's, from equal weights."""
    trainer = Trainer(RunConfig(cell=cell), dtype=dtype, engine=engine)
    network = TutorialNetwork(cell).to(dtype)
    network.load_state_dict(trainer.model.state_dict())
    theirs = np.array(tutorial_losses(network, steps))
    return float(np.max(np.abs(np.array(trainer_losses(trainer, steps)) - theirs) / theirs))


def microseconds_per_step(run: Callable[[], object]) -> float:
    """Fastest of a few repeats: what the machine can do when left alone."""
    times = []
    for _ in range(REPEATS):
        began = perf_counter()
        run()
        times.append((perf_counter() - began) / STEPS * 1e6)
    return min(times)


def fastest_large_step(steps: list[Iterator[Step]]) -> list[float]:
    """Milliseconds of each run's fastest step; they take turns, so that all meet the same noise."""
    fastest = [float("inf")] * len(steps)
    for _ in range(LARGE_STEPS):
        for n, run in enumerate(steps):
            began = perf_counter()
            next(run)
            fastest[n] = min(fastest[n], (perf_counter() - began) * 1e3)
    return fastest


def main() -> None:
    """Print the table."""
    torch.set_num_threads(1)
    prepare_compiled().join()
    print(f"torch {torch.__version__}, one thread, H = 32, T = 10, batch 1, {STEPS} steps")
    print("                 steps in the time        largest relative difference of the loss")
    print("cell  engine     of one of the tutorial's   float64, 100 steps    float32, 50 steps")
    for cell in CELLS:
        tutorial = microseconds_per_step(
            lambda cell=cell: tutorial_losses(TutorialNetwork(cell), STEPS)
        )
        for engine in ("torch", "compiled"):
            ours = microseconds_per_step(
                lambda cell=cell, engine=engine: trainer_losses(
                    Trainer(RunConfig(cell=cell), engine=engine), STEPS
                )
            )
            print(
                f"{cell:5} {engine:9}  {tutorial / ours:5.1f}  "
                f"({tutorial:4.0f} / {ours:4.0f} µs)     "
                f"{largest_difference(cell, engine, torch.float64, 100):.1e}               "
                f"{largest_difference(cell, engine, torch.float32, 50):.1e}"
            )
    print("\nT = 200, batch 32: ms a step, torch / compiled")
    for cell in CELLS:
        config = RunConfig(cell=cell, **LARGE)
        runs = [Trainer(config, engine=engine).steps() for engine in ("torch", "compiled")]
        print(f"{cell:5} " + " / ".join(f"{taken:5.1f}" for taken in fastest_large_step(runs)))


if __name__ == "__main__":
    main()
