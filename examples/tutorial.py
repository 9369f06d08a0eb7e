"""The PyTorch regression tutorial: predict cos t from sin t, ten points at a time.

The default `RunConfig` is the tutorial's run: an RNN with 32 units, Adam at 0.02, and a hidden
state that is carried from window to window. Floors are exact: a mean loss below one of them cannot
come from a predictor of that kind.
"""

from itertools import islice
from statistics import mean

import torch

from rnn_core import RunConfig, Trainer


def main(steps=400):
    """Train, and compare the loss with the floors."""
    torch.set_num_threads(1)  # tensors this small gain nothing from more
    trainer = Trainer(RunConfig())
    losses = []
    for step in islice(trainer.steps(), steps + 1):
        losses.append(step.loss)
        if step.index % 100 == 0:
            print(f"step {step.index}: loss {step.loss:.4f}, gradient norm {step.grad_norm:.3f}")
    recent = mean(losses[-20:])
    print(f"mean of the last 20 losses: {recent:.4f}")
    for floor in trainer.task.floors():
        verdict = "beaten" if recent < floor.value else "not beaten"
        print(f"{floor.key} {floor.value:.2f}: {verdict}")


if __name__ == "__main__":
    main()
