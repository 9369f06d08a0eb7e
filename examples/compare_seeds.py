"""A comparison over seeds: is it worth carrying the hidden state from window to window?

One run proves little, because the seed decides much. Here two configurations train from the same
seeds on the same windows, and a paired test says whether the difference is significant. Needs SciPy
(the extra `[stats]`).
"""

from itertools import islice

import numpy as np
import torch

from rnn_core import Comparison, RunConfig, rank


def main(steps=200, seeds=8):
    """Train all replicas in lockstep and print the ranking."""
    torch.set_num_threads(1)  # tensors this small gain nothing from more
    contenders = {
        "carried": RunConfig(cell="lstm"),
        "reset": RunConfig(cell="lstm", carry_state=False),
    }
    names = list(contenders)
    comparison = Comparison(list(contenders.values()), seeds)
    for _step in islice(comparison.steps(), steps + 1):
        pass
    losses = comparison.held_out().losses  # (contenders, seeds): frozen weights, new windows
    for name, row in zip(names, losses, strict=True):
        print(f"{name}: median loss {np.median(row):.4f}, from {row.min():.4f} to {row.max():.4f}")
    ranking = rank(losses)
    for test in ranking.paired_tests:
        verdict = "significant" if test.is_significant else "not significant"
        print(
            f"{names[test.leader]} has the lower loss on {test.wins} of {test.seeds} seeds; "
            f"p = {test.p_value:.3f}, {verdict}"
        )
    print(f"fewer than {ranking.seeds_needed} seeds cannot give a significant difference")


if __name__ == "__main__":
    main()
